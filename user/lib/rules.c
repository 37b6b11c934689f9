/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Compiles the rules into bit vectors by value. */
#include <errno.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <sluice/scope.h>

#include "limits.h"
#include "rules.h"

enum { PORTS = 65536, VLANS = 4096, LENGTHS = 65536 };

/* What every rule says about one numbered field. */
typedef const struct sl_ranges *(*field_of)(const struct sl_rule_conf *rule);

static const struct sl_ranges *sport_of(const struct sl_rule_conf *r)
{
	return &r->sport;
}

static const struct sl_ranges *dport_of(const struct sl_rule_conf *r)
{
	return &r->dport;
}

static const struct sl_ranges *vlan_of(const struct sl_rule_conf *r)
{
	return &r->vlan;
}

static const struct sl_ranges *length_of(const struct sl_rule_conf *r)
{
	return &r->length;
}

/* A field with many values, told apart by rows. */
struct dimension {
	const char *name;
	field_of field;
	uint32_t feature;
	size_t values, rows;
	bool swapped;			/* the index of a value is htons(value) */
	struct sl_rule_set *row;	/* of the bank */
	__u16 *index;
};

static bool range_has(const struct sl_range *r, uint32_t value)
{
	return (value >= r->low && value <= r->high) != r->negated;
}

static bool ranges_have(const struct sl_ranges *r, uint32_t value)
{
	for (size_t i = 0; i < r->n; i++)
		if (range_has(&r->item[i], value))
			return true;
	return !r->n;
}

static bool flags_have(const struct sl_rule_conf *r, unsigned flags)
{
	for (size_t i = 0; i < r->n_flags; i++) {
		const struct sl_flags *f = &r->flags[i];

		if (((flags & f->mask) == f->set) != f->negated)
			return true;
	}
	return !r->n_flags;
}

/* ---- fields with rows ------------------------------------------------- */

static void mark(struct sl_rule_set *value, size_t n, size_t rule,
		 const struct sl_ranges *ranges)
{
	for (size_t v = 0; v < n; v++)
		rule_clear(&value[v], rule);
	for (size_t i = 0; i < ranges->n; i++) {
		const struct sl_range *r = &ranges->item[i];
		size_t low = r->low < n ? r->low : n;
		size_t end = r->high < n ? r->high + 1 : n;

		if (r->negated) {
			for (size_t v = 0; v < low; v++)
				rule_set(&value[v], rule);
			low = end > low ? end : low;
			end = n;
		}
		for (size_t v = low; v < end; v++)
			rule_set(&value[v], rule);
	}
}

static bool equal(const struct sl_rule_set *a, const struct sl_rule_set *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static int number_rows(const struct dimension *d,
		       const struct sl_rule_set *value, struct sl_error *x)
{
	size_t used = 0, row = 0;

	for (size_t v = 0; v < d->values; v++) {
		size_t at = d->swapped ? htons((uint16_t)v) : v;

		if (!v || !equal(&value[v], &d->row[row]))
			for (row = 0; row < used; row++)
				if (equal(&value[v], &d->row[row]))
					break;
		if (row == d->rows)
			return sl_fail(x, EINVAL,
				       "rules: too many combinations of %s: %zu are told apart at most",
				       d->name, d->rows);
		if (row == used)
			d->row[used++] = value[v];
		d->index[at] = (__u16)row;
	}
	return 0;
}

static int fill_dimension(const struct sl_filter_conf *f,
			  const struct dimension *d, __u64 *features,
			  struct sl_error *x)
{
	autofree struct sl_rule_set *value = NULL;
	bool used = false;

	memset(d->row, 0xff, d->rows * sizeof(*d->row));
	for (size_t i = 0; i < f->n_rules; i++)
		used = used || d->field(&f->rules[i])->n;
	if (!used)
		return 0;
	*features |= d->feature;
	value = malloc(d->values * sizeof(*value));
	if (!value)
		return -ENOMEM;
	memset(value, 0xff, d->values * sizeof(*value));
	for (size_t i = 0; i < f->n_rules; i++)
		if (d->field(&f->rules[i])->n)
			mark(value, d->values, i, d->field(&f->rules[i]));
	return number_rows(d, value, x);
}

static int fill_rows(const struct sl_filter_conf *f, struct sl_bank *b,
		     __u64 *features, struct sl_error *x)
{
	const struct dimension dimensions[] = {
		{ "source ports", sport_of, SL_F_SPORT, PORTS, SL_PORT_ROWS, true, b->sport, b->sport_row },
		{ "destination ports", dport_of, SL_F_DPORT, PORTS, SL_PORT_ROWS, true, b->dport, b->dport_row },
		{ "vlans", vlan_of, SL_F_VLAN, VLANS, SL_VLAN_ROWS, false, b->vlan, b->vlan_row },
		{ "lengths", length_of, SL_F_LENGTH, LENGTHS, SL_LENGTH_ROWS, false, b->length, b->length_row },
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(dimensions) / sizeof(*dimensions) && !err; i++)
		err = fill_dimension(f, &dimensions[i], features, x);
	return err;
}

/* ---- small fields ----------------------------------------------------- */

static bool has_ports(unsigned proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

/* Fields of the transport header: not in later fragments, nor elsewhere. */
static bool transport_fits(const struct sl_rule_conf *r, unsigned proto,
			   unsigned fragment, bool v6)
{
	bool icmp = proto == (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);

	if (!r->sport.n && !r->dport.n && !r->n_flags && !r->icmp_type.n)
		return true;
	if (fragment == SL_FRAG_LATER)
		return false;
	if ((r->sport.n || r->dport.n) && !has_ports(proto))
		return false;
	if (r->n_flags && proto != IPPROTO_TCP)
		return false;
	return !r->icmp_type.n || icmp;
}

static bool kind_fits(const struct sl_rule_conf *r, unsigned kind)
{
	unsigned proto = kind & 255, fragment = kind >> 8 & 3;
	bool v6 = kind >> 10;

	if (r->family && (r->family == 6) != v6)
		return false;
	if (r->fragment && !(r->fragment >> fragment & 1))
		return false;
	return ranges_have(&r->proto, proto) &&
	       transport_fits(r, proto, fragment, v6);
}

static void fill_kind(const struct sl_rule_conf *r, size_t rule,
		      struct sl_bank *bank, __u64 *features)
{
	if (!r->proto.n && !r->fragment && !r->family && !r->sport.n &&
	    !r->dport.n && !r->n_flags && !r->icmp_type.n)
		return;
	*features |= SL_F_KIND;
	for (unsigned kind = 0; kind < SL_KIND_ROWS; kind++)
		if (!kind_fits(r, kind))
			rule_clear(&bank->kind[kind], rule);
}

/* TCP flags are rows 0 to 255, ICMP types follow. */
static void fill_type(const struct sl_rule_conf *r, size_t rule,
		      struct sl_bank *bank, __u64 *features)
{
	if (!r->n_flags && !r->icmp_type.n)
		return;
	*features |= SL_F_TYPE;
	for (unsigned v = 0; v < 256; v++) {
		if (!r->n_flags || !flags_have(r, v))
			rule_clear(&bank->type[v], rule);
		if (!r->icmp_type.n || !ranges_have(&r->icmp_type, v))
			rule_clear(&bank->type[256 + v], rule);
	}
}

/* ---- the rules -------------------------------------------------------- */

static void fill_ttl(const struct sl_rule_conf *r, size_t rule,
		     struct sl_bank *bank, __u64 *features)
{
	if (!r->ttl.n)
		return;
	*features |= SL_F_TTL;
	for (unsigned v = 0; v < SL_TTL_ROWS; v++)
		if (!ranges_have(&r->ttl, v))
			rule_clear(&bank->ttl[v], rule);
}

/* ---- actions ---------------------------------------------------------- */

static uint8_t action_of(const struct sl_rule_conf *r)
{
	static const uint8_t actions[] = {
		[SL_DO_PASS] = SL_ACT_PASS,	[SL_DO_DROP] = SL_ACT_DROP,
		[SL_DO_COUNT] = SL_ACT_COUNT,	[SL_DO_REDIRECT] = SL_ACT_REDIRECT,
		[SL_DO_CPU] = SL_ACT_CPU,
	};

	return r->dry_run ? SL_ACT_COUNT : actions[r->action];
}

/* The CPUs of all rules lie in one array, one rule's side by side. */
static int fill_cpus(const struct sl_rule_conf *r, struct sl_rule *out,
		     struct sl_bank *bank, uint32_t *used, struct sl_error *x)
{
	out->target = *used;
	for (size_t i = 0; i < r->cpus.n; i++)
		for (uint32_t cpu = r->cpus.item[i].low;
		     cpu <= r->cpus.item[i].high; cpu++) {
			if (*used == SL_CPUS_MAX)
				return sl_fail(x, EINVAL,
					       "rule %s: too many CPUs: at most %d in all rules together",
					       r->name, SL_CPUS_MAX);
			bank->cpu[(*used)++] = (__u16)cpu;
		}
	out->targets = *used - out->target;
	return 0;
}

/* Drawn among 2^32 numbers: the last one that is sampled. */
static uint32_t sample_below(uint32_t one_of)
{
	return one_of ? (uint32_t)((1ULL << 32) / one_of - 1) : 0;
}

static int fill_action(const struct compile_input *in, size_t rule,
		       struct sl_bank *bank, uint32_t *cpus, __u64 *features,
		       struct sl_error *x)
{
	const struct sl_rule_conf *r = &in->conf->filter.rules[rule];
	struct sl_rule *out = &bank->rule[rule];

	out->action = action_of(r);
	out->counter = in->rule_counter[rule];
	out->sample = sample_below(r->sample);
	if (r->sample)
		*features |= SL_F_SAMPLE;
	if (out->action == SL_ACT_COUNT || r->rate.given) {
		*features |= SL_F_COUNT;
		out->flags |= SL_RULE_VISITED;
	} else {
		rule_set(&bank->verdicts, rule);
	}
	if (out->action >= SL_ACT_REDIRECT)
		*features |= SL_F_STEER;
	if (out->action == SL_ACT_REDIRECT)
		out->target = in->rule_device[rule];
	return out->action == SL_ACT_CPU ? fill_cpus(r, out, bank, cpus, x) : 0;
}

/* ---- the rules -------------------------------------------------------- */

static void fill_match(const struct sl_rule_conf *r, size_t rule,
		       struct sl_bank *bank, __u64 *features)
{
	rule_set(&bank->rules, rule);
	if (r->n_from)
		*features |= SL_F_FROM;
	if (r->n_to)
		*features |= SL_F_TO;
	fill_kind(r, rule, bank, features);
	fill_type(r, rule, bank, features);
	fill_ttl(r, rule, bank, features);
}

int rules_fill(const struct compile_input *in, struct sl_bank *bank,
	       __u64 *features, struct sl_error *x)
{
	const struct sl_filter_conf *f = &in->conf->filter;
	uint32_t cpus = 0;
	int err = 0;

	if (f->n_rules > SL_RULES_MAX)
		return sl_fail(x, EINVAL, "rules: %zu of them: at most %d",
			       f->n_rules, SL_RULES_MAX);
	memset(bank->kind, 0xff, sizeof(bank->kind));
	memset(bank->type, 0xff, sizeof(bank->type));
	memset(bank->ttl, 0xff, sizeof(bank->ttl));
	for (size_t i = 0; i < f->n_rules && !err; i++) {
		fill_match(&f->rules[i], i, bank, features);
		err = fill_action(in, i, bank, &cpus, features, x);
	}
	if (err)
		return err;
	limits_fill(in, bank, features);
	return fill_rows(f, bank, features, x);
}
