/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* rule list: the rules as words, and what they counted. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include <sluice/scope.h>

#include "cli.h"

static const struct column columns[] = {
	{ "number", "N", COL_NUMBER, 0 },
	{ "name", "RULE", COL_TEXT, 0 },
	{ "packets", "PACKETS", COL_NUMBER, 0 },
	{ "bytes", "BYTES", COL_BYTES, 0 },
	{ "action", "ACTION", COL_TEXT, 0 },
	{ "match", "MATCH", COL_TEXT, 0 },
};

static const char *const actions[] = {
	[SL_DO_PASS] = "pass", [SL_DO_DROP] = "drop", [SL_DO_COUNT] = "count",
	[SL_DO_REDIRECT] = "redirect", [SL_DO_CPU] = "cpu",
};

/* The words of one match, put one after the other. */
struct words {
	FILE *to;
	size_t n;
};

static void begin(struct words *w, const char *key)
{
	fprintf(w->to, "%s%s ", w->n++ ? "; " : "", key);
}

static void put_addresses(struct words *w, const char *key,
			  const struct sl_address_item *item, size_t n)
{
	char text[CONF_PREFIX_TEXT];

	if (n)
		begin(w, key);
	for (size_t i = 0; i < n; i++)
		fprintf(w->to, "%s%s%s", i ? "," : "", item[i].negated ? "!" : "",
			item[i].set[0] ? item[i].set :
			conf_prefix_text(&item[i].prefix, text));
}

static void put_ranges(struct words *w, const char *key,
		       const struct sl_ranges *ranges)
{
	if (ranges->n)
		begin(w, key);
	for (size_t i = 0; i < ranges->n; i++) {
		const struct sl_range *r = &ranges->item[i];

		fprintf(w->to, "%s%s%u", i ? "," : "", r->negated ? "!" : "", r->low);
		if (r->high != r->low)
			fprintf(w->to, "-%u", r->high);
	}
}

static const char *proto_name(uint32_t proto)
{
	switch (proto) {
	case IPPROTO_ICMP: return "icmp";
	case IPPROTO_TCP: return "tcp";
	case IPPROTO_UDP: return "udp";
	case IPPROTO_ICMPV6: return "icmpv6";
	case IPPROTO_SCTP: return "sctp";
	default: return NULL;
	}
}

static void put_protos(struct words *w, const struct sl_ranges *protos)
{
	const struct sl_range *r = protos->item;

	if (protos->n == 1 && r->low == r->high && proto_name(r->low)) {
		begin(w, "proto");
		fprintf(w->to, "%s%s", r->negated ? "!" : "", proto_name(r->low));
	} else {
		put_ranges(w, "proto", protos);
	}
}

static void put_flag_names(FILE *to, uint8_t flags)
{
	static const char names[8][4] = {
		"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr",
	};
	int n = 0;

	for (int bit = 0; bit < 8; bit++)
		if (flags & 1 << bit)
			fprintf(to, "%s%s", n++ ? "," : "", names[bit]);
	if (!n)
		fputs("none", to);
}

static void put_flags(struct words *w, const struct sl_rule_conf *rule)
{
	for (size_t i = 0; i < rule->n_flags; i++) {
		begin(w, "flags");
		fputs(rule->flags[i].negated ? "!" : "", w->to);
		put_flag_names(w->to, rule->flags[i].set);
		fputc('/', w->to);
		put_flag_names(w->to, rule->flags[i].mask);
	}
}

static void put_fragment(struct words *w, uint8_t fragment)
{
	static const char *const names[] = { "no", "first", "later" };
	int n = 0;

	if (!fragment)
		return;
	begin(w, "fragment");
	for (int bit = 0; bit < 3; bit++)
		if (fragment & 1 << bit)
			fprintf(w->to, "%s%s", n++ ? "," : "", names[bit]);
}

static void put_rate(struct words *w, const struct sl_rate *rate)
{
	static const char *const per[] = { "source", "destination", "rule" };

	if (!rate->given)
		return;
	begin(w, "over");
	fprintf(w->to, "%llu%s/s per %s", (unsigned long long)rate->per_second,
		rate->bits ? "bit" : "", per[rate->per]);
	if (rate->per != SL_PER_RULE)
		fprintf(w->to, "/%u,/%u", rate->length, rate->length6);
}

/* "drop", "redirect:eth1", "drop (dry run)". */
static void action_text(const struct sl_rule_conf *rule, char text[80])
{
	snprintf(text, 80, "%s%s%.32s%s", actions[rule->action],
		 rule->target ? ":" : "", rule->target ? rule->target : "",
		 rule->dry_run ? " (dry run)" : "");
}

/* malloc'd; "" matches every packet. */
static char *match_text(const struct sl_rule_conf *rule)
{
	struct words w = { 0 };
	size_t length;
	char *text = NULL;

	w.to = open_memstream(&text, &length);
	if (!w.to)
		return NULL;
	if (rule->family) {
		begin(&w, "family");
		fprintf(w.to, "%u", rule->family);
	}
	put_addresses(&w, "from", rule->from, rule->n_from);
	put_addresses(&w, "to", rule->to, rule->n_to);
	put_protos(&w, &rule->proto);
	put_ranges(&w, "sport", &rule->sport);
	put_ranges(&w, "dport", &rule->dport);
	put_flags(&w, rule);
	put_ranges(&w, "icmp_type", &rule->icmp_type);
	put_ranges(&w, "vlan", &rule->vlan);
	put_ranges(&w, "length", &rule->length);
	put_ranges(&w, "ttl", &rule->ttl);
	put_fragment(&w, rule->fragment);
	put_rate(&w, &rule->rate);
	fclose(w.to);
	return text;
}

static json_t *row_of(const struct sl_rule_conf *rule, size_t number, const struct sl_stats *stats)
{
	struct sl_rule_count count = stats_rule(stats, rule->name);
	autofree char *match = match_text(rule);
	char action[80];

	action_text(rule, action);
	return json_pack("{s:I,s:s,s:s,s:s,s:I,s:I}",
			 "number", (json_int_t)number, "name", rule->name,
			 "match", match ? match : "",
			 "action", action,
			 "packets", (json_int_t)count.packets,
			 "bytes", (json_int_t)count.bytes);
}

int cmd_rule_list(struct cli *cli)
{
	json_t *list = json_array();
	struct look look;
	int end = look_open(cli, &look);

	for (size_t i = 0; !end && i < look.conf->filter.n_rules; i++)
		json_array_append_new(list, row_of(&look.conf->filter.rules[i], i + 1, look.stats));
	if (!end) {
		output_member(cli->out, "policy", json_string(look.conf->filter.policy_drop ? "drop" : "pass"));
		output_table(cli->out, "rules", json_incref(list), columns,
			     sizeof(columns) / sizeof(columns[0]));
		output_line(cli->out, "policy %s", look.conf->filter.policy_drop ? "drop" : "pass");
	}
	json_decref(list);
	look_close(&look);
	return end;
}
