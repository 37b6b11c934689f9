/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The outer header: IPIP, 6in4, 4in6 or IP6IP6, as the two families say; GUE
 * has an UDP header besides (variant 1: the inner packet follows at once), L2
 * has nothing of all that.
 *
 * The IPv4 header's sum is made of what differs from packet to packet and of
 * sl_backend.sum, which the library computes the same way: the ones' complement
 * sum, folded to 16 bits, of these words in host order (big-endian words as
 * numbers): 0x4500, 64 << 8, both words of the source with its host bits
 * (sl_backend.fill) zero, and both of the destination. It is not complemented.
 */
#ifndef SLUICE_ENCAP_H
#define SLUICE_ENCAP_H

#include "csum.h"
#include "icmp.h"
#include "maps.h"

enum { OUTER_TTL = 64 };
enum { GUE_SOURCE_PORT = 0xc000 };	/* the first; the flow's hash chooses */

/* What an outer header takes over from the inner packet. */
struct inner {
	__u32 total;		/* octets, with the UDP header of GUE */
	__u32 id;		/* host order */
	__u16 frag;		/* IPV4_DF or 0 */
	__u8  tos, proto;
};

/* Behind the outer header: that of UDP, if any, and the inner packet. Of an IPv6
 * packet nothing may fragment the tunnel either. */
static __always_inline void look_inside(const struct pkt *p, const void *behind, __u32 udp, struct inner *in)
{
	const struct ipv4_header *v4 = behind + udp;
	const struct ipv6_header *v6 = behind + udp;

	in->total = p->ip_length + udp;
	in->id = 0;
	in->frag = IPV4_DF;
	in->proto = udp ? PROTO_UDP : p->family == 6 ? PROTO_IPV6 : PROTO_IPIP;
	if (p->family == 6) {
		in->tos = (__u8)(v6->version_class << 4 | v6->class_label >> 4);
		return;
	}
	in->tos = v4->tos;
	if (v4->frag & BE16(IPV4_DF))
		return;
	in->frag = 0;
	in->id = (bpf_ntohs(v4->id) ^ p->hash) & 0xffff;
}

static __always_inline void write_ipv4(struct ipv4_header *o, const struct pkt *p, const struct sl_backend *to, const struct inner *in)
{
	__be32 bits = bpf_htonl(p->hash) & to->fill;
	__u32 total = in->total + (__u32)sizeof(*o);
	__u32 sum = to->sum + in->tos + total + in->id + in->frag + in->proto;

	sum = sum_fold(sum + sum_address(bits));
	o->version_ihl = 0x45;
	o->tos = in->tos;
	o->total = bpf_htons(total);
	o->id = bpf_htons(in->id);
	o->frag = bpf_htons(in->frag);
	o->ttl = OUTER_TTL;
	o->proto = in->proto;
	o->check = bpf_htons(~sum);
	store32(o->src, to->src[3] | bits);
	store32(o->dst, to->dst[3]);
}

static __always_inline void write_ipv6(struct ipv6_header *o, const struct pkt *p, const struct sl_backend *to, const struct inner *in)
{
	__be32 bits = bpf_htonl(p->hash) & to->fill;

	store32(o, bpf_htonl(6u << 28 | (__u32)in->tos << 20 | (p->hash & 0xfffff)));
	o->payload = bpf_htons(in->total);
	o->next = in->proto;
	o->hops = OUTER_TTL;
	UNROLL
	for (int i = 0; i < 4; i++) {
		store32(o->src + 2 * i, to->src[i] | (i == 3 ? bits : 0));
		store32(o->dst + 2 * i, to->dst[i]);
	}
}

/* RFC 6935: no checksum; so says RFC 6936 of IPv6, too. */
static __always_inline void write_udp(struct udp_header *udp, const struct pkt *p, const struct sl_backend *to, const struct inner *in)
{
	udp->sport = BE16(GUE_SOURCE_PORT | (p->hash & (0xffff - GUE_SOURCE_PORT)));
	udp->dport = to->gue_port;
	udp->length = bpf_htons(in->total);
	udp->check = 0;
}

static __always_inline int refuse(struct xdp_md *ctx, struct pkt *p, __u32 fits)
{
	meet_too_big(ctx, p, fits);
	return -SL_TOO_BIG;
}

/*
 * The same as make_room() for a frame with tags: they stay when it goes back to
 * where it came from, else they go. Global, as few frames have any.
 */
__noinline int make_room_tagged(struct xdp_md *ctx, struct pkt *p, __u32 size)
{
	__u32 link = sizeof(struct eth_header);
	__be16 *type;

	if (!p || !USES(SL_F_BALANCE))
		return -SL_NO_HEADROOM;
	if (p->sent == SEND_BACK)
		link = p->l3;
	if (bpf_xdp_adjust_head(ctx, -(int)(size + link - p->l3)))
		return -SL_NO_HEADROOM;
	if (p->sent == SEND_BACK && move_tags(ctx, p, size))
		return -SL_NO_HEADROOM;
	p->l3 = (__u8)link;
	type = frame_at(ctx, link - (__u32)sizeof(*type), sizeof(*type));
	if (type)	/* p->ethertype may say something else: of a fragment */
		*type = p->family == 4 ? BE16(ETH_IPV4) : BE16(ETH_IPV6);
	return 0;
}

/* Room for `size` octets before the packet; p->l3 is then where. */
static __always_inline int make_room(struct xdp_md *ctx, struct pkt *p, __u32 size)
{
	if (p->tags)
		return make_room_tagged(ctx, p, size);
	return size && bpf_xdp_adjust_head(ctx, -(int)size) ? -SL_NO_HEADROOM : 0;
}

/* What is written: the link header's addresses are emit()'s. */
struct wrap4 { __be16 type; struct ipv4_header outer; struct udp_header udp; struct ipv4_header inner; };
struct wrap6 { __be16 type; struct ipv6_header outer; struct udp_header udp; struct ipv4_header inner; };
/* Without UDP, behind which nothing need be but the inner header. */
#define WRITTEN(w) ((__u32)(sizeof(w) - sizeof((w).udp)))

static __always_inline int wrap_ipv4(struct xdp_md *ctx, const struct pkt *p, const struct sl_backend *to, __u32 udp)
{
	struct wrap4 *w;
	struct inner in;

	if (!USES(SL_F_OUTER4))
		return -SL_NO_BACKEND;
	w = frame_at(ctx, p->l3 - 2u, WRITTEN(*w) + udp);
	if (!w)
		return -SL_NO_HEADROOM;
	w->type = BE16(ETH_IPV4);
	look_inside(p, &w->udp, udp, &in);
	write_ipv4(&w->outer, p, to, &in);
	if (udp)
		write_udp(&w->udp, p, to, &in);
	return 0;
}

static __always_inline int wrap_ipv6(struct xdp_md *ctx, const struct pkt *p, const struct sl_backend *to, __u32 udp)
{
	struct wrap6 *w;
	struct inner in;

	if (!USES(SL_F_OUTER6))
		return -SL_NO_BACKEND;
	w = frame_at(ctx, p->l3 - 2u, WRITTEN(*w) + udp);
	if (!w)
		return -SL_NO_HEADROOM;
	w->type = BE16(ETH_IPV6);
	look_inside(p, &w->udp, udp, &in);
	write_ipv6(&w->outer, p, to, &in);
	if (udp)
		write_udp(&w->udp, p, to, &in);
	return 0;
}

static __always_inline int wrap(struct xdp_md *ctx, const struct pkt *p, const struct sl_backend *to, __u32 udp)
{
	return to->family == SL_BACKEND_IPV4 ? wrap_ipv4(ctx, p, to, udp) : wrap_ipv6(ctx, p, to, udp);
}

static __always_inline int encap(struct xdp_md *ctx, struct pkt *p)
{
	const struct sl_backend *to = p->to;
	__u32 size = to->outer;
	int err;

	if (p->ip_length + size > to->mtu)
		return refuse(ctx, p, to->mtu - size);
	err = make_room(ctx, p, size);
	p->to = to;		/* functions that have p may have written it, to the verifier */
	if (err || is_by_l2(to))
		return err;
	if (is_by_gue(to))
		return wrap(ctx, p, to, sizeof(struct udp_header));
	return wrap(ctx, p, to, 0);
}

#endif
