/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The model's verdict: sanity, management, each rule, the policy, in turn. */
#include <string.h>

#include "tests/packet/model.h"

const struct m_address model_vip[2] = {
	{ 4, { 192, 0, 2, 80 } },
	{ 6, { 0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, [15] = 0x80 } },
};

/* ---- values ---------------------------------------------------------------- */

bool model_covers(const struct m_prefix *p, const struct m_address *a)
{
	unsigned whole = p->length / 8, rest = p->length % 8;

	if (p->addr.family != a->family || memcmp(p->addr.octet, a->octet, whole))
		return false;
	return !rest || (p->addr.octet[whole] ^ a->octet[whole]) >> (8 - rest) == 0;
}

bool model_same(const struct m_prefix *p, const struct m_prefix *q)
{
	return p->length == q->length && model_covers(p, &q->addr);
}

bool model_range_has(const struct m_range *r, unsigned value)
{
	return (value >= r->low && value <= r->high) != r->negated;
}

bool model_ranges_have(const struct m_ranges *r, unsigned value)
{
	for (size_t i = 0; i < r->n; i++)
		if (model_range_has(&r->range[i], value))
			return true;
	return !r->n;
}

static bool any_covers(const struct m_prefix *p, size_t n, const struct m_address *a)
{
	for (size_t i = 0; i < n; i++)
		if (model_covers(&p[i], a))
			return true;
	return false;
}

/* ---- one rule ---------------------------------------------------------------- */

static bool items_have(const struct m_filter *f, const struct m_items *items, const struct m_address *a)
{
	for (size_t i = 0; i < items->n; i++) {
		const struct m_item *item = &items->item[i];
		const struct m_set *set = &f->set[item->set < 0 ? 0 : item->set];
		bool has = item->set < 0 ? model_covers(&item->prefix, a) :
					   any_covers(set->element, set->n, a);

		if (has != item->negated)
			return true;
	}
	return !items->n;
}

static bool flags_match(const struct m_rule *r, unsigned flags)
{
	for (size_t i = 0; i < r->n_flags; i++)
		if (((flags & r->flags[i].mask) == r->flags[i].set) != r->flags[i].negated)
			return true;
	return !r->n_flags;
}

static bool transport_matches(const struct m_rule *r, const struct m_packet *p)
{
	if ((r->sport.n || r->dport.n) && !p->has_ports)
		return false;
	if ((r->n_flags && !p->is_tcp) || (r->icmp_type.n && !p->is_icmp))
		return false;
	return model_ranges_have(&r->sport, p->sport) &&
	       model_ranges_have(&r->dport, p->dport) &&
	       flags_match(r, p->flags) &&
	       model_ranges_have(&r->icmp_type, p->type);
}

static bool rule_matches(const struct m_filter *f, const struct m_rule *r, const struct m_packet *p)
{
	if (r->family && r->family != p->src.family)
		return false;
	if ((r->part[0] || r->part[1] || r->part[2]) && !r->part[p->part])
		return false;
	return model_ranges_have(&r->proto, p->proto) &&
	       model_ranges_have(&r->vlan, p->vlan) &&
	       model_ranges_have(&r->length, p->length > 65535 ? 65535 : p->length) &&
	       model_ranges_have(&r->ttl, p->ttl) &&
	       transport_matches(r, p) &&
	       items_have(f, &r->from, &p->src) && items_have(f, &r->to, &p->dst);
}

/* ---- sanity ------------------------------------------------------------------ */

static bool is_mapped(const struct m_address *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return a->family == 6 && !memcmp(a->octet, mapped, 12);
}

static bool is_martian(const struct m_packet *p)
{
	static const uint8_t zero[4], loopback6[16] = { [15] = 1 };
	const uint8_t *src = p->src.octet;

	if (!memcmp(src, p->dst.octet, 16))
		return true;
	if (p->src.family == 6)
		return src[0] == 0xff || !memcmp(src, loopback6, 16);
	if (!memcmp(src, zero, 4) && p->proto == 17 && p->has_ports && p->sport == 68 && p->dport == 67)
		return false;
	return src[0] == 0 || src[0] == 127 || src[0] >= 224;
}

static bool is_anomaly(const struct m_packet *p)
{
	enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32, ALL = 63 };
	unsigned flags = p->flags & ALL;

	if (!p->is_tcp)
		return false;
	return flags == 0 || flags == ALL ||
	       (flags & SYN && flags & FIN) || (flags & SYN && flags & RST) ||
	       (flags & FIN && !(flags & ACK)) || (flags & URG && !(flags & ACK));
}

static enum sl_reason insane(const struct m_filter *f, const struct m_packet *p)
{
	if (p->bad)
		return p->bad;
	if (f->checksum && p->bad_sum)
		return SL_MALFORMED_L3;
	if (is_mapped(&p->src) || is_mapped(&p->dst) || (f->martians && is_martian(p)))
		return SL_MARTIAN;
	if (f->options != M_OPTIONS_PASS && p->source_route)
		return SL_IP_OPTIONS;
	if (f->options == M_OPTIONS_DROP && p->options)
		return SL_IP_OPTIONS;
	return f->anomalies && is_anomaly(p) ? SL_TCP_ANOMALY : SL_NO_REASON;
}

/* ---- what is let in ------------------------------------------------------------ */

static bool is_management(const struct m_filter *f, const struct m_packet *p)
{
	const struct m_ranges *ports = p->proto == 6 ? &f->management_tcp : &f->management_udp;

	if (!p->has_ports || (p->proto != 6 && p->proto != 17) || !ports->n)
		return false;
	return any_covers(f->management, f->n_management, &p->src) &&
	       model_ranges_have(ports, p->dport);
}

static bool is_essential(const struct m_packet *p)
{
	unsigned type = p->type;

	if (p->is_icmp && p->src.family == 4)
		return type == 3 || type == 11 || type == 12;
	if (p->is_icmp)
		return (type >= 1 && type <= 4) || (type >= 130 && type <= 132) ||
		       (type >= 133 && type <= 136) || type == 143;
	if (p->proto != 17 || !p->has_ports)
		return false;
	return p->src.family == 4 ? p->sport == 67 && p->dport == 68 :
				    p->sport == 547 && p->dport == 546;
}

static enum sl_reason let_in(const struct m_filter *f, const struct m_packet *p)
{
	enum { RST = 4, ACK = 16 };

	if (!f->not_essential && is_essential(p))
		return SL_ESSENTIAL;
	if (!f->not_established && p->is_tcp && p->flags & (ACK | RST))
		return SL_ESTABLISHED;
	if (f->replies.n && p->proto == 17 && p->has_ports && p->dport >= 1024 &&
	    model_ranges_have(&f->replies, p->sport))
		return SL_REPLY;
	if (!f->later_drop && p->part == M_LATER)
		return SL_FRAGMENT;
	return SL_NO_REASON;
}

/* ---- all of it ------------------------------------------------------------------- */

static void settle(const struct m_filter *f, struct m_outcome *o, enum sl_reason reason, bool drop)
{
	o->reason = reason;
	o->dropped = drop;
	o->passed = !drop || f->dry_run;
}

static void settle_non_ip(const struct m_filter *f, const struct m_packet *p, struct m_outcome *o)
{
	bool drop = f->non_ip == M_NON_IP_DEFAULT ? f->policy_drop : f->non_ip == M_NON_IP_DROP;

	if (p->ethertype == 0x0806 && f->policy_drop && !f->not_essential)
		settle(f, o, SL_ESSENTIAL, false);
	else
		settle(f, o, SL_NON_IP, drop);
}

/* Does a rule decide? */
static bool follow_rules(const struct m_filter *f, const struct m_packet *p, struct m_outcome *o)
{
	size_t visited = 0;

	for (size_t i = 0; i < f->n_rules; i++) {
		const struct m_rule *r = &f->rule[i];
		bool counts = r->action == M_COUNT || r->dry_run;

		if (!rule_matches(f, r, p))
			continue;
		if (!counts && !r->rate) {
			o->counted[o->n_counted++] = i;
			settle(f, o, SL_RULE, r->action == M_DROP);
			return true;
		}
		if (visited == MODEL_VISITS)
			o->walk_limit = true;
		else if (visited++, !r->rate)
			o->counted[o->n_counted++] = i;
	}
	return false;
}

struct m_outcome model_decide(const struct m_filter *f, const struct m_packet *p)
{
	struct m_outcome o = { .n_counted = 0 };
	enum sl_reason reason = p->bad;

	if (!reason && !p->src.family) {
		settle_non_ip(f, p, &o);
		return o;
	}
	reason = insane(f, p);
	if (reason)
		settle(f, &o, reason, true);
	else if (is_management(f, p))
		settle(f, &o, SL_MANAGEMENT, false);
	else if (follow_rules(f, p, &o))
		return o;
	else if (!f->policy_drop)
		settle(f, &o, SL_PASS, false);
	else if ((reason = let_in(f, p)))
		settle(f, &o, reason, false);
	else
		settle(f, &o, SL_POLICY, true);
	return o;
}

/* TCP has no service there: it belongs to the stack. */
bool model_is_balanced(const struct m_filter *f, const struct m_packet *p)
{
	int v6 = p->dst.family == 6;

	if (!f->service || p->bad || memcmp(&p->dst, &model_vip[v6], sizeof(p->dst)))
		return false;
	return !p->is_tcp || p->part != M_WHOLE || !p->ttl;
}
