/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where it goes: route() finds the next hop before anything is changed, emit()
 * sends what is written. The hop is resolved by the control side
 * and stored with the backend; only where it could not be is the kernel asked.
 */
#ifndef SLUICE_EMIT_H
#define SLUICE_EMIT_H

#include "maps.h"

enum { FAMILY_INET = 2, FAMILY_INET6 = 10 };

static __always_inline void set_exit(struct pkt *p, __u32 ifindex)
{
	p->ifindex = ifindex;
	p->sent = (__u8)FORGET(SEND_ELSEWHERE, p->zero);
}

/* Of the packet as it leaves, as far as a rule of the routes may look. */
static __always_inline __u8 outer_proto(const struct pkt *p)
{
	if (is_by_l2(p->to))
		return p->proto;
	if (is_by_gue(p->to))
		return PROTO_UDP;
	return p->family == 4 ? PROTO_IPIP : PROTO_IPV6;
}

static __always_inline void ask(struct xdp_md *ctx, const struct pkt *p, struct bpf_fib_lookup *fib)
{
	const struct sl_backend *to = p->to;

	fib->ifindex = ctx->ingress_ifindex;
	fib->l4_protocol = outer_proto(p);
	if (to->family == SL_BACKEND_IPV4) {
		fib->family = FAMILY_INET;
		fib->ipv4_src = to->src[3];
		fib->ipv4_dst = to->dst[3];
		return;
	}
	fib->family = FAMILY_INET6;
	UNROLL
	for (int i = 0; i < 4; i++) {
		fib->ipv6_src[i] = to->src[i];
		fib->ipv6_dst[i] = to->dst[i];
	}
}

/* Its MACs are aligned to 2, and on the stack loads must be. */
static __always_inline void take_macs(struct pkt *p, const struct bpf_fib_lookup *fib)
{
	struct macs *m = &p->macs;

	store16(&m->dst_head, load16(fib->dmac));
	store16((__u8 *)&m->dst_head + 2, load16(fib->dmac + 2));
	m->dst_tail = load16(fib->dmac + 4);
	m->src_head = load16(fib->smac);
	store16(&m->src_tail, load16(fib->smac + 2));
	store16((__u8 *)&m->src_tail + 2, load16(fib->smac + 4));
}

/* A function, for its stack: the next packet asks too. */
static __attribute__((noinline)) int route_by_fib(struct xdp_md *ctx, struct pkt *p)
{
	struct bpf_fib_lookup fib = {};

	ask(ctx, p, &fib);
	if (bpf_fib_lookup(ctx, &fib, sizeof(fib), 0))
		return -SL_NO_ROUTE;
	take_macs(p, &fib);
	set_exit(p, fib.ifindex);
	return 0;
}

static __always_inline int route(struct xdp_md *ctx, struct pkt *p)
{
	const struct sl_backend *to = p->to;

	if (USES(SL_F_FIB) && to->hop == SL_HOP_FIB)
		return route_by_fib(ctx, p);
	if (to->hop == SL_HOP_BACK)
		return 0;
	if (!USES(SL_F_REDIRECT) || to->hop != SL_HOP_OUT)
		return -SL_NO_ROUTE;
	p->macs.src_head = load16(to->src_mac);
	p->macs.src_tail = load32(to->src_mac + 2);
	set_exit(p, to->ifindex);
	return 0;
}

static __always_inline int emit(struct xdp_md *ctx, struct pkt *p)
{
	if (!USES(SL_F_REDIRECT | SL_F_FIB) || p->sent == SEND_BACK)
		return -SL_FORWARDED;
	if (p->ifindex == ctx->ingress_ifindex)
		p->sent = (__u8)FORGET(SEND_BACK, p->zero);
	else
		bpf_redirect(p->ifindex, 0);
	return -SL_FORWARDED;
}

#endif
