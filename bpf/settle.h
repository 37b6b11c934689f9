/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one exit: a reason becomes counts and an XDP action. */
#ifndef SLUICE_SETTLE_H
#define SLUICE_SETTLE_H

#include "maps.h"

/* By what it differs from XDP_PASS: what nobody named passes. */
enum {
	VERDICT_PASS = 0,
	VERDICT_DROP = XDP_DROP ^ XDP_PASS,
	VERDICT_SENT = XDP_TX ^ XDP_PASS,	/* however it is sent */
	VERDICT_RULED = 7,
};

#define VERDICT_OF(name, text, verdict, when) [SL_##name] = VERDICT_##verdict,
static const __u8 verdicts[SL_REASON_ROOM] = { SL_REASONS(VERDICT_OF) };

/* XDP_PASS, XDP_DROP or XDP_TX. */
static __always_inline __u32 verdict_of(const struct pkt *p, __u32 reason)
{
	__u32 verdict = verdicts[reason];

	if (verdict == VERDICT_RULED)
		return p->drop ? XDP_DROP : XDP_PASS;
	return verdict ^ XDP_PASS;
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
	__u32 reason = IDX(FORGET((__u32)-err, p->zero), SL_REASON_ROOM - 1);
	__u32 verdict = verdict_of(p, reason);
	struct sl_counts *c = counts_here();

	count_reason(c, p->interface, reason, p->length, verdict == XDP_DROP);
	if (knobs.rule_words && p->rule)
		count_rule(c, p->rule - 1u, p->length);
	count_forwarding(c, p, reason);
	if (verdict != XDP_TX)
		return (int)verdict;
	return p->sent == SEND_BACK ? XDP_TX : XDP_REDIRECT;
}

#endif
