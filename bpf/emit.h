/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where it goes: route() finds the next hop before anything is changed, emit()
 * writes the link header's addresses. The hop is resolved by the control side
 * and stored with the backend; only where it could not be is the kernel asked.
 */
#ifndef SLUICE_EMIT_H
#define SLUICE_EMIT_H

#include "maps.h"

enum { FAMILY_INET = 2, FAMILY_INET6 = 10 };

/* By halves of words: those of a bpf_fib_lookup are aligned no better. */
static __always_inline void set_mac(struct pkt *p, int at, const __u8 *mac)
{
	UNROLL
	for (int i = 0; i < 6; i += 2)
		store16((__u8 *)p->macs + at + i, load16(mac + i));
}

static __always_inline void set_exit(struct pkt *p, __u32 ifindex, const __u8 *dst, const __u8 *src)
{
	set_mac(p, 0, dst);
	set_mac(p, 6, src);
	p->ifindex = ifindex;
	p->sent = SEND_ELSEWHERE;
}

static __always_inline void ask(struct xdp_md *ctx, const struct pkt *p, struct bpf_fib_lookup *fib)
{
	const struct sl_backend *to = p->to;

	fib->ifindex = ctx->ingress_ifindex;
	if (to->family == SL_BACKEND_IPV4) {
		fib->family = FAMILY_INET;
		fib->l4_protocol = p->family == 4 ? PROTO_IPIP : PROTO_IPV6;
		fib->ipv4_src = to->src[3];
		fib->ipv4_dst = to->dst[3];
		return;
	}
	fib->family = FAMILY_INET6;
	fib->l4_protocol = p->family == 4 ? PROTO_IPIP : PROTO_IPV6;
	UNROLL
	for (int i = 0; i < 4; i++) {
		fib->ipv6_src[i] = to->src[i];
		fib->ipv6_dst[i] = to->dst[i];
	}
}

static __always_inline int route_by_fib(struct xdp_md *ctx, struct pkt *p)
{
	struct bpf_fib_lookup fib = {};

	if (!USES(SL_F_FIB))
		return -SL_NO_ROUTE;
	ask(ctx, p, &fib);
	if (bpf_fib_lookup(ctx, &fib, sizeof(fib), 0))
		return -SL_NO_ROUTE;
	set_exit(p, fib.ifindex, fib.dmac, fib.smac);
	return 0;
}

static __always_inline int route(struct xdp_md *ctx, struct pkt *p)
{
	const struct sl_backend *to = p->to;

	if (to->hop == SL_HOP_BACK) {
		set_mac(p, 0, to->dst_mac);
		p->sent = SEND_BACK;
		return 0;
	}
	if (to->hop == SL_HOP_FIB)
		return route_by_fib(ctx, p);
	if (!USES(SL_F_REDIRECT) || to->hop != SL_HOP_OUT)
		return -SL_NO_ROUTE;
	set_exit(p, to->ifindex, to->dst_mac, to->src_mac);
	return 0;
}

static __always_inline int emit(struct xdp_md *ctx, struct pkt *p)
{
	__u8 *frame = frame_at(ctx, 0, sizeof(struct eth_header));

	if (!frame)
		return -SL_NO_ROUTE;
	UNROLL
	for (int i = 0; i < 3; i++)
		store32(frame + 4 * i, p->macs[i]);
	if (!USES(SL_F_REDIRECT | SL_F_FIB) || p->sent == SEND_BACK)
		return -SL_FORWARDED;
	if (p->ifindex == ctx->ingress_ifindex)
		p->sent = SEND_BACK;
	else
		bpf_redirect(p->ifindex, 0);
	return -SL_FORWARDED;
}

#endif
