/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The outer header: IPIP, 6in4, 4in6 or IP6IP6, as the two families say; GUE
 * has an UDP header besides (variant 1: the inner packet follows at once), L2
 * has nothing of all that.
 *
 * The IPv4 header's sum is made of what differs from packet to packet and of
 * sl_backend.sum: the ones' complement sum, folded to 16 bits, of both words of the
 * source with its host bits (sl_backend.fill) zero and both of the destination. It
 * is not complemented. All are words as they lie in memory: in which order octets
 * are added makes no difference (RFC 1071, 2B).
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
	__u32  total;		/* octets, with the UDP header of GUE */
	__u32  tos, proto;
	__be32 class;		/* `tos` where IPv6 has it in its first word */
	__be32 id_frag;		/* of IPv4: the identification, IPV4_DF or 0 */
	__u32  sum;		/* of both words of that */
};

/* Behind the outer header: that of UDP, if any, and the inner packet. Of an IPv6
 * packet nothing may fragment the tunnel either. */
static __always_inline void look_inside(const struct pkt *p, const void *behind, __u32 udp, struct inner *in)
{
	const struct ipv4_header *v4 = behind + udp;
	const struct ipv6_header *v6 = behind + udp;

	in->total = p->ip_length + udp;
	in->id_frag = bpf_htonl(IPV4_DF);
	in->sum = bpf_htons(IPV4_DF);
	if (p->family == 6) {
		in->proto = udp ? PROTO_UDP : PROTO_IPV6;
		in->tos = (__u8)(v6->version_class << 4 | v6->class_label >> 4);
		in->class = load32(v6) & bpf_htonl(0xffu << 20);
		return;
	}
	in->proto = udp ? PROTO_UDP : PROTO_IPIP;
	in->tos = v4->tos;
	in->class = bpf_htonl(in->tos << 20);
	if (v4->frag & BE16(IPV4_DF))
		return;
	in->sum = bpf_htons((bpf_ntohs(v4->id) ^ p->hash) & 0xffff);
	in->id_frag = in->sum;		/* the first two octets */
}

static __always_inline void write_ipv4(struct ipv4_header *o, const struct pkt *p, const struct sl_backend *to, const struct inner *in)
{
	__be32 bits = bpf_htonl(p->hash) & to->fill;
	__be16 total = bpf_htons(in->total + (__u32)sizeof(*o));
	__u32 first = 0x45 | in->tos << 8, fifth = OUTER_TTL | in->proto << 8;
	__u32 sum = to->sum + first + total + in->sum + fifth + (bits & 0xffff) + (bits >> 16);

	store16(o, (__u16)first);
	o->total = total;
	store32(&o->id, in->id_frag);
	store16(&o->ttl, (__u16)fifth);
	o->check = (__be16)~sum_fold(sum);
	store32(o->src, to->src[3] | bits);
	store32(o->dst, to->dst[3]);
}

static __always_inline void write_ipv6(struct ipv6_header *o, const struct pkt *p, const struct sl_backend *to, const struct inner *in)
{
	__be32 bits = bpf_htonl(p->hash) & to->fill;

	store32(o, bpf_htonl(6u << 28 | (p->hash & 0xfffff)) | in->class);
	o->payload = bpf_htons(in->total);
	o->next = (__u8)in->proto;
	o->hops = OUTER_TTL;
	store64(o->src, load64(to->src));
	store64(o->src + 4, load64(to->src + 2) | (__u64)bits << 32);
	store64(o->dst, load64(to->dst));
	store64(o->dst + 4, load64(to->dst + 2));
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

/* To the next hop, from where the frame was addressed to. */
static __always_inline void write_link(__u8 *frame, const struct pkt *p, const struct sl_backend *to)
{
	if (USES(SL_F_FIB) && to->hop == SL_HOP_FIB) {
		store32(frame, p->macs.dst_head);
		store16(frame + 4, p->macs.dst_tail);
	} else {
		store32(frame, load32(to->dst_mac));
		store16(frame + 4, load16(to->dst_mac + 4));
	}
	store16(frame + 6, p->macs.src_head);
	store32(frame + 8, p->macs.src_tail);
}

/* What is written. The addresses of a frame with tags lie further before. */
struct wrap4 { __u8 link[12]; __be16 type; struct ipv4_header outer; struct udp_header udp; struct ipv4_header inner; };
struct wrap6 { __u8 link[12]; __be16 type; struct ipv6_header outer; struct udp_header udp; struct ipv4_header inner; };
/* Without UDP, behind which nothing need be but the inner header. */
#define WRITTEN(w) ((__u32)(sizeof(w) - sizeof((w).udp)))

/* Where in the frame a wrap begins that has the link's addresses, too. */
enum { AT_START = 0 };

static __always_inline int wrap_ipv4(struct xdp_md *ctx, const struct pkt *p, const struct sl_backend *to, __u32 udp, __u32 at)
{
	struct wrap4 *w;
	struct inner in;

	if (!USES(SL_F_OUTER4))
		return -SL_NO_BACKEND;
	w = frame_at(ctx, at, WRITTEN(*w) + udp);
	if (!w)
		return -SL_NO_HEADROOM;
	if (__builtin_constant_p(at))
		write_link(w->link, p, to);
	w->type = BE16(ETH_IPV4);
	look_inside(p, &w->udp, udp, &in);
	write_ipv4(&w->outer, p, to, &in);
	if (udp)
		write_udp(&w->udp, p, to, &in);
	return 0;
}

static __always_inline int wrap_ipv6(struct xdp_md *ctx, const struct pkt *p, const struct sl_backend *to, __u32 udp, __u32 at)
{
	struct wrap6 *w;
	struct inner in;

	if (!USES(SL_F_OUTER6))
		return -SL_NO_BACKEND;
	w = frame_at(ctx, at, WRITTEN(*w) + udp);
	if (!w)
		return -SL_NO_HEADROOM;
	if (__builtin_constant_p(at))
		write_link(w->link, p, to);
	w->type = BE16(ETH_IPV6);
	look_inside(p, &w->udp, udp, &in);
	write_ipv6(&w->outer, p, to, &in);
	if (udp)
		write_udp(&w->udp, p, to, &in);
	return 0;
}

static __always_inline int wrap_by(struct xdp_md *ctx, const struct pkt *p, const struct sl_backend *to, __u32 udp, __u32 at)
{
	if (!USES(SL_F_OUTER6) || to->family == SL_BACKEND_IPV4)
		return wrap_ipv4(ctx, p, to, udp, at);
	return wrap_ipv6(ctx, p, to, udp, at);
}

static __always_inline int wrap(struct xdp_md *ctx, const struct pkt *p, const struct sl_backend *to, __u32 at)
{
	if (is_by_gue(to))
		return wrap_by(ctx, p, to, sizeof(struct udp_header), at);
	return wrap_by(ctx, p, to, 0, at);
}

static __always_inline int write_link_only(struct xdp_md *ctx, const struct pkt *p, const struct sl_backend *to)
{
	__u8 *frame = frame_at(ctx, 0, sizeof(struct eth_header));

	if (!frame)
		return -SL_NO_HEADROOM;
	write_link(frame, p, to);
	return 0;
}

/*
 * A frame with tags: they stay when it goes back to where it came from, else they
 * go. Global, as few frames have any.
 */
__noinline int encap_tagged(struct xdp_md *ctx, struct pkt *p)
{
	__u32 link = sizeof(struct eth_header);
	const struct sl_backend *to;
	__be16 *type;
	int err;

	if (!p || !USES(SL_F_BALANCE))
		return -SL_NO_HEADROOM;
	to = backend_of(p->turn, p->backend);
	if (p->sent == SEND_BACK)
		link = p->l3;
	if (bpf_xdp_adjust_head(ctx, -(int)(to->outer + link - p->l3)))
		return -SL_NO_HEADROOM;
	if (p->sent == SEND_BACK && move_tags(ctx, p, to->outer))
		return -SL_NO_HEADROOM;
	p->l3 = (__u8)link;
	type = frame_at(ctx, link - (__u32)sizeof(*type), sizeof(*type));
	if (type)	/* p->ethertype may say something else: of a fragment */
		*type = p->family == 4 ? BE16(ETH_IPV4) : BE16(ETH_IPV6);
	err = write_link_only(ctx, p, to);
	if (err || is_by_l2(to))
		return err;
	return wrap(ctx, p, to, p->l3 - (__u32)sizeof(struct eth_header));
}

static __always_inline int encap(struct xdp_md *ctx, struct pkt *p)
{
	const struct sl_backend *to = p->to;
	__u32 size = to->outer;

	if (p->ip_length + size > to->mtu)
		return refuse(ctx, p, to->mtu - size);
	if (p->tags)
		return encap_tagged(ctx, p);
	if (is_by_l2(to))
		return write_link_only(ctx, p, to);
	if (bpf_xdp_adjust_head(ctx, -(int)size))
		return -SL_NO_HEADROOM;
	return wrap(ctx, p, to, AT_START);
}

#endif
