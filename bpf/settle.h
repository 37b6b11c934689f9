/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one exit: a reason becomes counts and an XDP action. */
#ifndef SLUICE_SETTLE_H
#define SLUICE_SETTLE_H

#include "maps.h"

enum { VERDICT_DROP, VERDICT_PASS, VERDICT_SENT, VERDICT_RULED };

/* The reasons of one verdict, a bit each. */
#define BIT_IF(name, verdict, wanted) | (VERDICT_##verdict == VERDICT_##wanted ? 1ULL << SL_##name : 0)
#define DROPS(name, text, verdict, when) BIT_IF(name, verdict, DROP)
#define RULED(name, text, verdict, when) BIT_IF(name, verdict, RULED)
#define SENT(name, text, verdict, when) BIT_IF(name, verdict, SENT)

static __always_inline int is_dropped(const struct pkt *p, __u32 reason)
{
	__u64 drops = 0 SL_REASONS(DROPS);

	if (p->drop)
		drops |= 0 SL_REASONS(RULED);
	return drops >> reason & 1;
}

static __always_inline int is_sent(__u32 reason)
{
	return (0 SL_REASONS(SENT)) >> reason & 1;
}

/* A new flow, as far as one packet can tell. Only TCP and UDP, whose type is 0,
 * come so far that a service counts them. */
static __always_inline int opens_flow(const struct pkt *p)
{
	return (p->type & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

static __always_inline void count_forwarding(struct sl_counts *c, const struct pkt *p, __u32 reason)
{
	int opens;

	if (!USES(SL_F_BALANCE) || !p->service)
		return;
	opens = opens_flow(p);
	count_traffic(&c->service[IDX(p->service - 1u, SL_SERVICES_MAX - 1)], p->length, opens);
	if (reason == SL_FORWARDED)
		count_traffic(&c->backend[IDX(p->backend, SL_BACKENDS_MAX - 1)], p->length, opens);
}

static __always_inline int settle(const struct pkt *p, int err)
{
	__u32 reason = IDX(FORGET((__u32)-err, p->zero), 63);
	int dropped = is_dropped(p, reason), sent = is_sent(reason);
	struct sl_counts *c = counts_here();

	count_reason(c, p->interface, reason, p->length, dropped);
	if (knobs.rule_words && p->rule)
		count_rule(c, p->rule - 1u, p->length);
	count_forwarding(c, p, reason);
	if (dropped)
		return XDP_DROP;
	if (!sent)
		return XDP_PASS;
	return p->sent == SEND_BACK ? XDP_TX : XDP_REDIRECT;
}

#endif
