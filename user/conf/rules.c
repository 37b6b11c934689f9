// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The filter section: its keys, its rules, and what makes a rule sound. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "filter.h"

/* ---- rules ------------------------------------------------------------ */

/* Is every protocol of the rule one of these? No protocol: `none`. */
static bool proto_among(const struct sl_rule_conf *rule, const uint8_t *set,
			size_t n, bool none)
{
	const struct sl_range *item;
	size_t i, j;

	if (!rule->proto.n)
		return none;
	for (i = 0; i < rule->proto.n; i++) {
		item = &rule->proto.item[i];
		if (item->negated || item->low != item->high)
			return false;
		for (j = 0; j < n && item->low != set[j]; j++)
			continue;
		if (j == n)
			return false;
	}
	return true;
}

static void need_proto(struct reader *r, const struct node *node,
		       const char *key, const char *protos)
{
	const struct node *at = node_get(node, key);

	if (at)
		fault(r, at, "%s: needs proto %s", key, protos);
}

static void name_rule(struct reader *r, const struct node *node,
		      struct sl_rule_conf *rule)
{
	const struct sl_rule_conf *rules = r->conf->filter.rules;
	const struct node *at = node_get(node, "name");
	size_t i, index = (size_t)(rule - rules);

	if (!*rule->name)
		snprintf(rule->name, sizeof(rule->name), "rule-%zu", index + 1);
	for (i = 0; i < index; i++)
		if (!strcmp(rules[i].name, rule->name))
			fault(r, at ? at : node,
			      "name %s: given twice: rule %zu has it too",
			      rule->name, i + 1);
}

static void finish_rule(struct reader *r, const struct node *node, void *object)
{
	static const uint8_t tcp[] = { IPPROTO_TCP };
	static const uint8_t icmp[] = { IPPROTO_ICMP, IPPROTO_ICMPV6 };
	static const uint8_t ports[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };
	struct sl_rule_conf *rule = object;

	name_rule(r, node, rule);
	if (rule->n_flags && !proto_among(rule, tcp, 1, false))
		need_proto(r, node, "flags", "tcp");
	if (rule->icmp_type.n && !proto_among(rule, icmp, 2, false))
		need_proto(r, node, "icmp_type", "icmp or icmpv6");
	if (rule->sport.n && !proto_among(rule, ports, 3, true))
		need_proto(r, node, "sport", "tcp, udp or sctp, or none");
	if (rule->dport.n && !proto_among(rule, ports, 3, true))
		need_proto(r, node, "dport", "tcp, udp or sctp, or none");
}

static const struct sl_rule_conf rule_default = {
	.rate = { .length = 32, .length6 = 128 },
};

static const void *rule_defaults(const void *object)
{
	(void)object;
	return &rule_default;
}

static const char *const no_yes[] = { "false", "true", NULL };

#define RULE(member) \
	.quiet = true, .not_empty = true, FIELD(struct sl_rule_conf, member)
#define RULE_ARRAY(member) \
	.quiet = true, .not_empty = true, \
	ARRAY(struct sl_rule_conf, member, n_##member)

static const struct key rule_keys[] = {
	{ "name", .type = &type_name, RULE(name) },
	{ "from", .type = &type_items, RULE_ARRAY(from) },
	{ "to", .type = &type_items, RULE_ARRAY(to) },
	{ "proto", .type = &type_protocols, RULE(proto), .high = 255 },
	{ "sport", .type = &type_ranges, RULE(sport), .high = 65535 },
	{ "dport", .type = &type_ranges, RULE(dport), .high = 65535 },
	{ "flags", .type = &type_flags, RULE_ARRAY(flags) },
	{ "icmp_type", .type = &type_ranges, RULE(icmp_type), .high = 255 },
	{ "vlan", .type = &type_ranges, RULE(vlan), .low = 1, .high = 4094 },
	{ "length", .type = &type_ranges, RULE(length), .high = 65535,
	  .comparison = true },
	{ "ttl", .type = &type_ranges, RULE(ttl), .high = 255,
	  .comparison = true },
	{ "fragment", .type = &type_fragment, RULE(fragment) },
	{ "family", .type = &type_family, RULE(family) },
	{ "rate", KEY_GROUP, .schema = &schema_rate, RULE(rate) },
	{ "sample", .type = &type_sample, RULE(sample), .low = 1,
	  .high = 1000000000 },
	{ "dry_run", .type = &type_choice, RULE(dry_run), .words = no_yes },
	{ "action", .type = &type_action, FIELD(struct sl_rule_conf, action),
	  .required = true },
};

const struct schema schema_rule = {
	.noun = "rule", KEYS(rule_keys), .size = sizeof(struct sl_rule_conf),
	.defaults = rule_defaults, .finish = finish_rule,
};

/* ---- the filter ------------------------------------------------------- */

/* The default of non_ip follows the policy. */
static const void *filter_defaults(const void *object)
{
	static const struct sl_filter_conf pass = {
		.ip_options = SL_OPTIONS_DROP_SOURCE_ROUTE,
		.essential = true, .established = true,
	}, drop = {
		.ip_options = SL_OPTIONS_DROP_SOURCE_ROUTE,
		.essential = true, .established = true, .non_ip_drop = true,
	};
	const struct sl_filter_conf *filter = object;

	return filter && filter->policy_drop ? &drop : &pass;
}

static const char *const pass_drop[] = { "pass", "drop", NULL };
static const char *const options[] = {
	[SL_OPTIONS_PASS] = "pass",
	[SL_OPTIONS_DROP_SOURCE_ROUTE] = "drop_source_route",
	[SL_OPTIONS_DROP] = "drop", NULL,
};

#define FILTER(member) FIELD(struct sl_filter_conf, member)
#define PORTS(member) \
	FILTER(member), .low = 1, .high = 65535, .no_negation = true

static const struct key management_keys[] = {
	{ "from", .type = &type_prefixes, .quiet = true,
	  ARRAY(struct sl_filter_conf, management, n_management) },
	{ "tcp", .type = &type_ranges, PORTS(management_tcp) },
	{ "udp", .type = &type_ranges, PORTS(management_udp) },
};

/* A list with something in it, sound or not. */
static bool is_said(const struct node *node, const char *key)
{
	const struct node *at = node_get(node, key);

	return at && !at->null && (at->kind != NODE_LIST || at->first);
}

static void finish_management(struct reader *r, const struct node *node,
			      void *object)
{
	const struct sl_filter_conf *filter = object;
	bool ports = filter->management_tcp.n || filter->management_udp.n;

	if (node_get(node, "from") && !ports && !is_said(node, "tcp") &&
	    !is_said(node, "udp"))
		fault(r, node, "management: no ports: expected tcp or udp");
	if (ports && !node_get(node, "from"))
		fault(r, node, "management: from whom: expected from");
}

static const struct schema schema_management = {
	.noun = "management", KEYS(management_keys),
	.defaults = filter_defaults, .finish = finish_management,
};

static const struct key replies_keys[] = {
	{ "udp", .type = &type_ranges, PORTS(replies_udp) },
};

static const struct schema schema_replies = {
	.noun = "replies", KEYS(replies_keys), .defaults = filter_defaults,
};

static void finish_filter(struct reader *r, const struct node *node,
			  void *object)
{
	struct sl_filter_conf *filter = object;

	if (!node_get(node, "non_ip"))
		filter->non_ip_drop = filter->policy_drop;
	filter->non_ip_given = filter->non_ip_drop != filter->policy_drop;
	if (filter->policy_drop && !filter->replies_udp.n)
		caution(r, node_get(node, "policy"),
			"policy drop without replies: this host's own DNS and NTP get no answers: expected such as replies: {udp: [53, 123]}");
	if (filter->non_ip_drop && !(filter->policy_drop && filter->essential))
		caution(r, node_get(node, node_get(node, "non_ip") ? "non_ip" : "essential"),
			"non_ip drop drops ARP as well, and IPv4 neighbours are not found: expected non_ip: pass, or policy drop with essential");
}

static const struct key filter_keys[] = {
	{ "policy", .type = &type_choice, FILTER(policy_drop), .words = pass_drop },
	{ "dry_run", .type = &type_choice, FILTER(dry_run), .words = no_yes },
	{ "martians", .type = &type_choice, FILTER(martians_drop), .words = pass_drop },
	{ "ip_options", .type = &type_choice, FILTER(ip_options), .words = options },
	{ "tcp_anomalies", .type = &type_choice, FILTER(anomalies_drop), .words = pass_drop },
	{ "verify_checksum", .type = &type_choice, FILTER(verify_checksum), .words = no_yes },
	{ "management", KEY_GROUP, .schema = &schema_management },
	{ "non_ip", .type = &type_choice, FILTER(non_ip_drop), .words = pass_drop },
	{ "essential", .type = &type_choice, FILTER(essential), .words = no_yes },
	{ "established", .type = &type_choice, FILTER(established), .words = no_yes },
	{ "replies", KEY_GROUP, .schema = &schema_replies },
	{ "fragment_later", .type = &type_choice, FILTER(fragment_later_drop), .words = pass_drop },
	{ "rules", KEY_LIST, .schema = &schema_rule,
	  ARRAY(struct sl_filter_conf, rules, n_rules), .most = SL_RULES_MAX },
};

const struct schema schema_filter = {
	.noun = "filter", KEYS(filter_keys), .block = true,
	.size = sizeof(struct sl_filter_conf),
	.defaults = filter_defaults, .finish = finish_filter,
};
