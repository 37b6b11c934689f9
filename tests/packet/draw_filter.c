/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A filter at random: sets that overlap, rules over all fields. */
#include <string.h>

#include "tests/packet/draw.h"

const unsigned draw_ports[DRAW_PORTS] = {
	0, 1, 9, 22, 53, 67, 68, 80, 123, 443, 546, 547, 1023, 1024, 8000, 8005, 8010, 11211, 40000, 65535,
};
const unsigned draw_ttls[DRAW_TTLS] = { 0, 1, 5, 63, 64, 128, 254, 255 };
const unsigned draw_vlans[DRAW_VLANS] = { 0, 1, 7, 100, 101, 4094 };

static const unsigned protocols[] = { 6, 17, 132, 1, 58, 47, 4, 0, 255 };
static const unsigned lengths[] = { 0, 20, 28, 40, 41, 48, 60, 64, 84, 100, 128, 500, 1500, 65535 };
static const unsigned types[] = { 0, 1, 3, 8, 11, 12, 128, 129, 130, 133, 135, 136, 143, 255 };

/* ---- addresses --------------------------------------------------------------- */

static struct m_address any_address(struct draw *d, int family)
{
	struct m_address a = { .family = family };

	for (int i = 0; i < (family == 4 ? 4 : 16); i++)
		a.octet[i] = (uint8_t)rnd_below(&d->rnd, 256);
	return a;
}

/* The first `keep` bits of one, the others of the other. */
static void splice(struct m_address *a, const struct m_address *other, unsigned keep)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned left = keep > i * 8 ? keep - i * 8 : 0;
		uint8_t mask = (uint8_t)(left >= 8 ? 0xff : 0xff00 >> left);

		a->octet[i] = (uint8_t)((a->octet[i] & mask) | (other->octet[i] & ~mask));
	}
}

void draw_bases(struct draw *d)
{
	for (int i = 0; i < 3; i++) {
		d->base[0][i] = any_address(d, 4);
		d->base[0][i].octet[0] = (uint8_t)(1 + rnd_below(&d->rnd, 120));
		d->base[1][i] = any_address(d, 6);
		d->base[1][i].octet[0] = 0x20;
	}
	d->base[0][2] = model_vip[0];
	d->base[1][2] = model_vip[1];
}

struct m_prefix draw_prefix(struct draw *d)
{
	struct rnd *r = &d->rnd;
	int v6 = (int)rnd_below(r, 2);
	unsigned width = v6 ? 128 : 32;
	struct m_prefix p = { .addr = d->base[v6][rnd_below(r, 3)], .length = width };
	struct m_address other = any_address(d, p.addr.family);
	static const struct m_address zero;

	splice(&p.addr, &other, rnd_below(r, width + 1));
	if (rnd_one_in(r, 20))
		p.length = rnd_below(r, width + 1);
	else if (rnd_one_in(r, 3))
		p.length = width / 2 + rnd_below(r, width / 2 + 1);
	else if (rnd_one_in(r, 3))
		p.length = width / 8 * (2 + rnd_below(r, 7));
	splice(&p.addr, &zero, p.length);
	return p;
}

/* ---- sets -------------------------------------------------------------------- */

bool draw_set_add(struct m_set *s, const struct m_prefix *p)
{
	for (size_t i = 0; i < s->n; i++)
		if (model_same(&s->element[i], p)) {
			s->element[i].brief = p->brief;
			return false;
		}
	s->element[s->n++] = *p;
	return true;
}

bool draw_set_del(struct m_set *s, const struct m_prefix *p)
{
	for (size_t i = 0; i < s->n; i++)
		if (model_same(&s->element[i], p)) {
			s->gone[i % 8] = *p;
			s->element[i] = s->element[--s->n];
			return true;
		}
	return false;
}

void draw_sweep(struct m_filter *f)
{
	for (int set = 0; set < MODEL_SETS; set++) {
		struct m_set *s = &f->set[set];

		for (size_t i = s->n; i-- > 0;)
			if (s->element[i].brief)
				s->element[i] = s->element[--s->n];
	}
}

static void own_elements(struct m_set *s)
{
	s->n = 0;
	for (size_t i = 0; i < s->n_own; i++)
		s->element[s->n++] = s->own[i];
}

static void draw_own(struct draw *d, struct m_set *s)
{
	s->n = s->n_own = 0;
	for (size_t n = 1 + rnd_below(&d->rnd, 40); n; n--) {
		struct m_prefix p = draw_prefix(d);

		if (draw_set_add(s, &p))
			s->own[s->n_own++] = p;
	}
}

/* ---- fields ------------------------------------------------------------------ */

static struct m_ranges some_ranges(struct draw *d, const unsigned *value, uint32_t n_values, bool negate)
{
	struct rnd *r = &d->rnd;
	struct m_ranges out = { .n = 1 + rnd_below(r, MODEL_ITEMS) };

	for (size_t i = 0; i < out.n; i++) {
		unsigned a = value[rnd_below(r, n_values)], b = value[rnd_below(r, n_values)];

		if (!rnd_one_in(r, 3))
			b = a;
		out.range[i] = (struct m_range){ negate && rnd_one_in(r, 5), a < b ? a : b, a < b ? b : a };
	}
	return out;
}

#define SOME_RANGES(d, values, negate) \
	some_ranges(d, values, (uint32_t)(sizeof(values) / sizeof((values)[0])), negate)

static struct m_items some_items(struct draw *d, const struct m_filter *f)
{
	struct rnd *r = &d->rnd;
	struct m_items out = { .n = d->narrow ? 1 : 1 + rnd_below(r, MODEL_ITEMS) };

	for (size_t i = 0; i < out.n; i++) {
		int set = (int)rnd_below(r, MODEL_SETS);

		out.item[i] = (struct m_item){ !d->narrow && rnd_one_in(r, 5), -1, draw_prefix(d) };
		if (!rnd_one_in(r, d->narrow ? 2 : 3) && f->set[set].there)
			out.item[i].set = set;
	}
	return out;
}

static struct m_ranges one_protocol(unsigned proto)
{
	return (struct m_ranges){ 1, { { false, proto, proto } } };
}

static void draw_flags(struct draw *d, struct m_rule *r)
{
	r->n_flags = 1 + rnd_below(&d->rnd, 2);
	for (size_t i = 0; i < r->n_flags; i++) {
		unsigned mask = 1 + rnd_below(&d->rnd, 255);

		r->flags[i] = (struct m_flags){ rnd_one_in(&d->rnd, 5), rnd_below(&d->rnd, 256) & mask, mask };
	}
	r->proto = one_protocol(6);
}

/* Does this rule ask for it? One of n does, in filters that do. */
static bool asks(struct draw *d, unsigned field, uint32_t n)
{
	return rnd_one_in(&d->rnd, n) && d->fields & field;
}

/* Fields of the transport header, and the protocol they need. */
static void draw_transport(struct draw *d, struct m_rule *r)
{
	static const unsigned with_ports[] = { 6, 17, 132 };
	struct rnd *rnd = &d->rnd;

	if (asks(d, FIELD_PROTO, 3))
		r->proto = SOME_RANGES(d, protocols, true);
	if (asks(d, FIELD_TYPE, 6)) {
		r->icmp_type = SOME_RANGES(d, types, true);
		r->proto = one_protocol(rnd_one_in(rnd, 2) ? 1 : 58);
		if (rnd_one_in(rnd, 3))
			r->proto = (struct m_ranges){ 2, { { false, 1, 1 }, { false, 58, 58 } } };
		return;
	}
	if (asks(d, FIELD_SPORT, 4))
		r->sport = some_ranges(d, draw_ports, DRAW_PORTS, true);
	if (asks(d, FIELD_DPORT, 4))
		r->dport = some_ranges(d, draw_ports, DRAW_PORTS, true);
	if (r->sport.n || r->dport.n) {
		r->proto = one_protocol(ONE_OF(rnd, with_ports));
		r->proto.n = rnd_below(rnd, 2);
	}
	if (asks(d, FIELD_FLAGS, 8))
		draw_flags(d, r);
}

/* VLAN ids begin at 1. */
static struct m_ranges some_vlans(struct draw *d)
{
	return some_ranges(d, draw_vlans + 1, DRAW_VLANS - 1, true);
}

static void draw_rest(struct draw *d, struct m_rule *r)
{
	struct rnd *rnd = &d->rnd;

	if (asks(d, FIELD_VLAN, 10))
		r->vlan = some_vlans(d);
	if (asks(d, FIELD_LENGTH, 8))
		r->length = SOME_RANGES(d, lengths, true);
	if (asks(d, FIELD_TTL, 8))
		r->ttl = some_ranges(d, draw_ttls, DRAW_TTLS, true);
	if (asks(d, FIELD_PART, 8))
		r->part[rnd_below(rnd, 3)] = r->part[rnd_below(rnd, 3)] = true;
	if (asks(d, FIELD_FAMILY, 8))
		r->family = rnd_one_in(rnd, 2) ? 4 : 6;
}

void draw_rule(struct draw *d, const struct m_filter *f, struct m_rule *r)
{
	struct rnd *rnd = &d->rnd;

	*r = (struct m_rule){ .name = d->names++, .action = rnd_one_in(rnd, 2) ? M_PASS : M_DROP };
	if (asks(d, FIELD_FROM, d->narrow ? 1 : 2))
		r->from = some_items(d, f);
	if (asks(d, FIELD_TO, d->narrow ? 2 : 4))
		r->to = some_items(d, f);
	draw_transport(d, r);
	draw_rest(d, r);
	if (d->fields & FIELD_COUNT && !rnd_one_in(rnd, d->verdicts))
		r->action = M_COUNT;
	r->dry_run = asks(d, FIELD_COUNT, 10);
	r->rate = asks(d, FIELD_RATE, 20);
}

/* ---- the filter -------------------------------------------------------------- */

static void draw_policy(struct draw *d, struct m_filter *f)
{
	struct rnd *r = &d->rnd;

	f->policy_drop = rnd_one_in(r, 2);
	f->dry_run = rnd_one_in(r, 8);
	f->martians = rnd_one_in(r, 2);
	f->anomalies = rnd_one_in(r, 2);
	f->checksum = rnd_one_in(r, 4);
	f->not_essential = rnd_one_in(r, 4);
	f->not_established = rnd_one_in(r, 3);
	f->later_drop = rnd_one_in(r, 3);
	f->options = (enum m_options)rnd_below(r, 3);
	f->non_ip = (enum m_non_ip)rnd_below(r, 3);
	f->replies = (struct m_ranges){ 0 };
	if (rnd_one_in(r, 2))
		f->replies = some_ranges(d, draw_ports + 1, DRAW_PORTS - 1, false);
	f->n_management = rnd_one_in(r, 3) ? 1 + rnd_below(r, MODEL_ITEMS) : 0;
	f->management_tcp = f->management_udp = (struct m_ranges){ 0 };
	if (!f->n_management)
		return;
	for (size_t i = 0; i < f->n_management; i++)
		f->management[i] = draw_prefix(d);
	f->management_tcp = some_ranges(d, draw_ports + 1, DRAW_PORTS - 1, false);
	if (rnd_one_in(r, 2))
		f->management_udp = some_ranges(d, draw_ports + 1, DRAW_PORTS - 1, false);
}

static size_t some_number_of_rules(struct rnd *r)
{
	switch (rnd_below(r, 4)) {
	case 0: return rnd_below(r, 4);
	case 1: return 1 + rnd_below(r, 16);
	case 2: return 1 + rnd_below(r, 128);
	default: return 200 + rnd_below(r, 57);
	}
}

/* Half of the filters use some fields only: then less of the program is loaded. */
static void draw_rules(struct draw *d, struct m_filter *f)
{
	d->fields = FIELD_ALL;
	if (rnd_one_in(&d->rnd, 2))
		d->fields &= rnd_below(&d->rnd, FIELD_ALL + 1);
	f->n_rules = some_number_of_rules(&d->rnd);
	d->narrow = f->n_rules > 20 && d->fields & FIELD_FROM && rnd_one_in(&d->rnd, 2);
	d->verdicts = d->narrow ? 2 : 2 + (uint32_t)f->n_rules / 8;
	for (size_t i = 0; i < f->n_rules; i++)
		draw_rule(d, f, &f->rule[i]);
}

void draw_filter(struct draw *d, struct m_filter *f)
{
	memset(f, 0, sizeof(*f));
	for (int i = 0; i < MODEL_SETS; i++) {
		f->set[i].there = !rnd_one_in(&d->rnd, 4);
		f->set[i].live = rnd_one_in(&d->rnd, 2);
		if (f->set[i].there && !f->set[i].live)
			draw_own(d, &f->set[i]);
	}
	f->service = rnd_one_in(&d->rnd, 4);
	draw_policy(d, f);
	draw_rules(d, f);
}

static bool names_set(const struct m_filter *f, int set)
{
	for (size_t i = 0; i < f->n_rules; i++)
		for (size_t j = 0; j < MODEL_ITEMS; j++)
			if ((j < f->rule[i].from.n && f->rule[i].from.item[j].set == set) ||
			    (j < f->rule[i].to.n && f->rule[i].to.item[j].set == set))
				return true;
	return false;
}

static void change_sets(struct draw *d, struct m_filter *f)
{
	for (int i = 0; i < MODEL_SETS; i++) {
		struct m_set *s = &f->set[i];

		if (rnd_one_in(&d->rnd, 8) && !names_set(f, i)) {
			s->there = !s->there;
			s->n = 0;
		}
		if (s->there && !s->live && (rnd_one_in(&d->rnd, 4) || !s->n_own))
			draw_own(d, s);
		else if (s->there && !s->live)
			own_elements(s);	/* live edits are undone */
	}
}

static void change_rules(struct draw *d, struct m_filter *f)
{
	struct rnd *r = &d->rnd;
	size_t at = rnd_below(r, (uint32_t)f->n_rules + 1), to;
	struct m_rule moved;

	if (f->n_rules < MODEL_RULES && rnd_one_in(r, 2)) {
		memmove(&f->rule[at + 1], &f->rule[at], (f->n_rules++ - at) * sizeof(moved));
		draw_rule(d, f, &f->rule[at]);
	}
	if (!f->n_rules)
		return;
	at = rnd_below(r, (uint32_t)f->n_rules);
	to = rnd_below(r, (uint32_t)f->n_rules);
	moved = f->rule[at];
	f->rule[at] = f->rule[to];
	f->rule[to] = moved;
	if (rnd_one_in(r, 2)) {
		memmove(&f->rule[at], &f->rule[at + 1], (--f->n_rules - at) * sizeof(moved));
	} else {
		unsigned name = f->rule[at].name;

		draw_rule(d, f, &f->rule[at]);
		f->rule[at].name = name;	/* its counter stays */
	}
}

void draw_change(struct draw *d, struct m_filter *f)
{
	for (uint32_t n = 1 + rnd_below(&d->rnd, 5); n; n--)
		change_rules(d, f);
	if (rnd_one_in(&d->rnd, 3))
		draw_policy(d, f);
	change_sets(d, f);
}
