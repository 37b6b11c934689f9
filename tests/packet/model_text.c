/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The model's filter as a configuration file. */
#include <arpa/inet.h>

#include "tests/packet/model.h"

static const char *comma(size_t i)
{
	return i ? ", " : "";
}

void model_prefix_text(FILE *out, const struct m_prefix *p)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(p->addr.family == 4 ? AF_INET : AF_INET6, p->addr.octet, text, sizeof(text));
	fprintf(out, "%s/%u", text, p->length);
}

static void put_prefixes(FILE *out, const char *key, const struct m_prefix *p, size_t n)
{
	fprintf(out, "%s: [", key);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "%s\"", comma(i));
		model_prefix_text(out, &p[i]);
		fputs("\"", out);
	}
	fputs("]", out);
}

static void put_ranges(FILE *out, const char *key, const struct m_ranges *r)
{
	if (!r->n)
		return;
	fprintf(out, "%s: [", key);
	for (size_t i = 0; i < r->n; i++) {
		const struct m_range *one = &r->range[i];

		fprintf(out, "%s\"%s%u", comma(i), one->negated ? "!" : "", one->low);
		if (one->high != one->low)
			fprintf(out, "-%u", one->high);
		fputs("\"", out);
	}
	fputs("]", out);
}

static void put_items(FILE *out, const char *key, const struct m_items *items)
{
	if (!items->n)
		return;
	fprintf(out, ", %s: [", key);
	for (size_t i = 0; i < items->n; i++) {
		const struct m_item *item = &items->item[i];

		fprintf(out, "%s\"%s", comma(i), item->negated ? "!" : "");
		if (item->set < 0)
			model_prefix_text(out, &item->prefix);
		else
			fprintf(out, "s%d", item->set);
		fputs("\"", out);
	}
	fputs("]", out);
}

static void put_flag_names(FILE *out, unsigned flags)
{
	static const char *const names[] = { "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr" };
	size_t n = 0;

	for (int i = 0; i < 8; i++)
		if (flags >> i & 1)
			fprintf(out, "%s%s", n++ ? "," : "", names[i]);
	if (!n)
		fputs("none", out);
}

static void put_flags(FILE *out, const struct m_rule *r)
{
	if (!r->n_flags)
		return;
	fputs(", flags: [", out);
	for (size_t i = 0; i < r->n_flags; i++) {
		fprintf(out, "%s\"%s", comma(i), r->flags[i].negated ? "!" : "");
		put_flag_names(out, r->flags[i].set);
		fputs("/", out);
		put_flag_names(out, r->flags[i].mask);
		fputs("\"", out);
	}
	fputs("]", out);
}

static void put_parts(FILE *out, const struct m_rule *r)
{
	static const char *const names[] = { "no", "first", "later" };
	size_t n = 0;

	if (!r->part[0] && !r->part[1] && !r->part[2])
		return;
	fputs(", fragment: [", out);
	for (int i = 0; i < 3; i++)
		if (r->part[i])
			fprintf(out, "%s%s", comma(n++), names[i]);
	fputs("]", out);
}

static void put_rule(FILE *out, const struct m_rule *r)
{
	static const char *const actions[] = { "pass", "drop", "count" };

	fprintf(out, "    - {name: r%u", r->name);
	put_items(out, "from", &r->from);
	put_items(out, "to", &r->to);
	put_ranges(out, ", proto", &r->proto);
	put_ranges(out, ", sport", &r->sport);
	put_ranges(out, ", dport", &r->dport);
	put_ranges(out, ", icmp_type", &r->icmp_type);
	put_ranges(out, ", vlan", &r->vlan);
	put_ranges(out, ", length", &r->length);
	put_ranges(out, ", ttl", &r->ttl);
	put_flags(out, r);
	put_parts(out, r);
	if (r->family)
		fprintf(out, ", family: %d", r->family);
	if (r->rate)
		fputs(", rate: {packets: 100M/s, per: rule}", out);
	if (r->dry_run)
		fputs(", dry_run: true", out);
	fprintf(out, ", action: %s}\n", actions[r->action]);
}

static void put_sets(FILE *out, const struct m_filter *f)
{
	size_t n = 0;

	fputs("sets: {", out);
	for (int i = 0; i < MODEL_SETS; i++) {
		const struct m_set *s = &f->set[i];

		if (!s->there)
			continue;
		fprintf(out, "%ss%d: {", comma(n++), i);
		if (!s->live)
			put_prefixes(out, "prefixes", s->own, s->n_own);
		fputs("}", out);
	}
	fputs("}\n", out);
}

static void put_management(FILE *out, const struct m_filter *f)
{
	if (!f->n_management)
		return;
	fputs("  management: {", out);
	put_prefixes(out, "from", f->management, f->n_management);
	put_ranges(out, ", tcp", &f->management_tcp);
	put_ranges(out, ", udp", &f->management_udp);
	fputs("}\n", out);
}

static void put_filter(FILE *out, const struct m_filter *f)
{
	static const char *const options[] = { "pass", "drop_source_route", "drop" };
	static const char *const truth[] = { "false", "true" };

	fprintf(out, "filter:\n  policy: %s\n", f->policy_drop ? "drop" : "pass");
	fprintf(out, "  dry_run: %s\n", truth[f->dry_run]);
	fprintf(out, "  martians: %s\n", f->martians ? "drop" : "pass");
	fprintf(out, "  ip_options: %s\n", options[f->options]);
	fprintf(out, "  tcp_anomalies: %s\n", f->anomalies ? "drop" : "pass");
	fprintf(out, "  verify_checksum: %s\n", truth[f->checksum]);
	put_management(out, f);
	if (f->non_ip != M_NON_IP_DEFAULT)
		fprintf(out, "  non_ip: %s\n", f->non_ip == M_NON_IP_DROP ? "drop" : "pass");
	fprintf(out, "  essential: %s\n", truth[!f->not_essential]);
	fprintf(out, "  established: %s\n", truth[!f->not_established]);
	fprintf(out, "  fragment_later: %s\n", f->later_drop ? "drop" : "pass");
	if (f->replies.n) {
		fputs("  replies: {", out);
		put_ranges(out, "udp", &f->replies);
		fputs("}\n", out);
	}
	if (f->n_rules)
		fputs("  rules:\n", out);
	for (size_t i = 0; i < f->n_rules; i++)
		put_rule(out, &f->rule[i]);
}

void model_text(FILE *out, const struct m_filter *f)
{
	fputs("sluice: 1\ninterfaces: {}\nseed: model\n", out);
	put_sets(out, f);
	put_filter(out, f);
	if (f->service)
		fprintf(out, "pools: {web: {next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.21}]}}\n"
			"services: {www: {addresses: [192.0.2.80, \"2001:db8:ffff::80\"], udp: [%d], pool: web}}\n", MODEL_VIP_PORT);
}
