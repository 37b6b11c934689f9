/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one exit: a reason becomes counts and an XDP action. */
#ifndef SLUICE_SETTLE_H
#define SLUICE_SETTLE_H

#include "maps.h"
#include "verdict.h"

/* A new flow, as far as one packet can tell. Only TCP and UDP, whose type is 0,
 * come so far that a service counts them. */
static __always_inline int opens_flow(const struct pkt *p)
{
	return (p->type & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* What a service met; it need not have found a backend. */
static __always_inline void count_service(struct sl_counts *c, const struct pkt *p)
{
	struct sl_traffic *service;

	if (!USES(SL_F_BALANCE) || !p->service)
		return;
	service = count_traffic(&c->service[IDX(p->service - 1u, SL_SERVICES_MAX - 1)], p->length);
	if (opens_flow(p))
		service->flows++;
}

/* What leaves has both. */
static __always_inline void count_forwarded(struct sl_counts *c, const struct pkt *p)
{
	struct sl_traffic *service, *backend;
	__u64 length = SETTLED((__u64)p->length);

	if (!USES(SL_F_BALANCE))
		return;
	service = count_traffic(&c->service[IDX(p->service - 1u, SL_SERVICES_MAX - 1)], length);
	backend = count_traffic(&c->backend[IDX(p->backend, SL_BACKENDS_MAX - 1)], length);
	if (!(p->type & (TCP_SYN | TYPE_LED | TYPE_PREVIOUS)))
		return;
	if (opens_flow(p)) {
		service->flows++;
		backend->flows++;
	}
	if (USES(SL_F_TRACK) && p->type & TYPE_LED) {
		service->records++;
		backend->records++;
	}
	if (USES(SL_F_TRACK) && p->type & TYPE_PREVIOUS) {
		service->previous++;
		backend->previous++;
	}
}

static __always_inline void count_balanced(struct sl_counts *c, const struct pkt *p, __u32 reason)
{
	if (reason == SL_FORWARDED)
		count_forwarded(c, p);
	else
		count_service(c, p);
}

/* The head of what leaves, why, and by which rule. Global, as few come here. */
__noinline int capture_head(struct xdp_md *ctx, __u32 length, __u32 rule, __u32 reason, __u32 action)
{
	struct sl_sample *s;
	__u32 octets, last;

	if (!USES(SL_F_SAMPLE))
		return 0;
	s = bpf_ringbuf_reserve(&capture, sizeof(*s), 0);
	if (!s) {
		counts_here()->event[SL_EVENT_SAMPLE_LOST]++;
		return 0;
	}
	__builtin_memset(s, 0, offsetof(struct sl_sample, head));
	s->time = bpf_ktime_get_boot_ns();
	s->length = length;
	s->ifindex = ctx->ingress_ifindex;
	s->queue = ctx->rx_queue_index;
	s->rule = (__u16)rule;
	s->reason = (__u8)reason;
	s->action = (__u8)action;
	octets = (__u32)bpf_xdp_get_buff_len(ctx);
	/* 6.1 learns from this comparison that the size is not zero */
	last = SETTLED((octets > SL_SAMPLE_OCTETS ? SL_SAMPLE_OCTETS : octets) - 1);
	if (last < SL_SAMPLE_OCTETS && !bpf_xdp_load_bytes(ctx, 0, s->head, last + 1))
		s->octets = (__u16)(last + 1);
	bpf_ringbuf_submit(s, 0);
	return 0;
}

/* What the filter spared counts as dropped for its reason, wherever it went. */
static __always_inline __u32 settle_spared(const struct pkt *p, __u32 *reason, __u32 verdict)
{
	if (p->accepted == *reason)
		verdict = XDP_PASS;	/* the stack */
	*reason = p->accepted;
	return verdict;
}

static __always_inline void sample(struct xdp_md *ctx, const struct pkt *p, __u32 reason, __u32 verdict)
{
	if (USES(SL_F_SAMPLE) && p->sampled)
		capture_head(ctx, p->length, p->sampled - 1u, reason, verdict);
}

/* Counted as `reason`, it leaves by `verdict`. */
static __always_inline int leave(struct xdp_md *ctx, const struct pkt *p, struct sl_counts *c, __u32 reason, __u32 verdict, __u32 counted)
{
	if (USES(SL_F_REDIRECT | SL_F_FIB | SL_F_STEER) && verdict == XDP_TX && p->sent != SEND_BACK)
		verdict = XDP_REDIRECT;
	count_reason(c, p->interface, reason, p->length, counted == XDP_DROP);
	if (KNOB(rule_words) && p->rule)
		count_rule(c, p->rule - 1u, p->length);
	sample(ctx, p, reason, verdict);
	return (int)verdict;
}

/* A reason that is known here, as most packets have it. */
static __always_inline int settle_known(struct xdp_md *ctx, const struct pkt *p, __u32 reason)
{
	struct sl_counts *c = counts_here();
	__u32 verdict = verdict_of(p, reason);

	count_balanced(c, p, reason);
	return leave(ctx, p, c, reason, verdict, verdict);
}

/* A rule dropped it, or let it go up. */
static __always_inline int settle_ruled(struct xdp_md *ctx, const struct pkt *p)
{
	struct sl_counts *c = counts_here();
	__u32 dropped = SETTLED(p->drop & DROP_RULED), verdict = XDP_PASS - dropped;

	count_reason(c, p->interface, SL_RULE, p->length, dropped);
	count_rule(c, p->rule - 1u, p->length);
	sample(ctx, p, SL_RULE, verdict);
	return (int)verdict;
}

static __always_inline int settle(struct xdp_md *ctx, const struct pkt *p, int err)
{
	__u32 reason, verdict, counted;
	struct sl_counts *c;

	if (!USES(SL_F_DRY_RUN)) {
		/* SETTLED: in this order */
		if (USES(SL_F_BALANCE) && err == -SL_FORWARDED)
			return settle_known(ctx, p, SL_FORWARDED);
		if (KNOB(rule_words) && SETTLED(err) == -SL_RULE)
			return settle_ruled(ctx, p);
		if (SETTLED(err) == -SL_PASS)
			return settle_known(ctx, p, SL_PASS);
	}
	reason = IDX(FORGET((__u32)-err, p->zero), SL_REASON_ROOM - 1);
	verdict = counted = verdict_of(p, reason);
	c = counts_here();
	count_balanced(c, p, reason);
	if (USES(SL_F_DRY_RUN) && p->drop & DROP_SPARED) {
		verdict = settle_spared(p, &reason, verdict);
		counted = XDP_DROP;
	}
	return leave(ctx, p, c, IDX(reason, SL_REASON_ROOM - 1), verdict, counted);
}

#endif
