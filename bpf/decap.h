/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hosts that are backends: IPIP, 6in4, 4in6, IP6IP6 and GUE (variant 1) to a
 * decap address, from a trusted source, one level. The inner packet goes to the
 * stack and is not balanced again: two nodes that are each other's backend would
 * loop it.
 */
#ifndef SLUICE_DECAP_H
#define SLUICE_DECAP_H

#include "csum.h"
#include "maps.h"

static __always_inline int is_tunnel(__u8 proto)
{
	return proto == PROTO_IPIP || proto == PROTO_IPV6;
}

/* A fragment of it has no port. */
static __always_inline int is_gue(const struct pkt *p)
{
	return p->proto == PROTO_UDP && p->dport == BE16(SL_GUE_PORT) && p->fragment != SL_FRAG_LATER;
}

/* RFC 6040, 4.2: the codepoint that leaves the tunnel; -1: drop. */
static __always_inline int leaving_ecn(__u32 outer, __u32 inner)
{
	enum { NOT_ECT = 0, ECT_1 = 1, ECT_0 = 2, CE = 3 };

	if (outer == CE)
		return inner == NOT_ECT ? -1 : CE;
	if (outer == ECT_1 && inner == ECT_0)
		return ECT_1;
	return (int)inner;
}

static __always_inline int open_ipv4(struct ipv4_header *in, __u32 room, __u32 ecn)
{
	__u32 header, total;
	__u16 was, is;
	int leaves;

	if (!in || in->version_ihl >> 4 != 4)
		return -SL_MALFORMED_INNER;
	if (is_tunnel(in->proto))
		return -SL_DECAP_NESTED;
	header = (in->version_ihl & 15u) * 4;
	total = bpf_ntohs(in->total);
	leaves = leaving_ecn(ecn, in->tos & 3);
	if (header < sizeof(*in) || total < header || total > room || leaves < 0)
		return -SL_MALFORMED_INNER;
	was = in->tos;
	is = (__u16)((was & 0xfc) | leaves);
	if (was == is)
		return 0;
	/* the word of the header is its first octet and this one */
	in->check = sum_update(in->check, was, is);
	in->tos = (__u8)is;
	return 0;
}

static __always_inline int open_ipv6(struct ipv6_header *in, __u32 room, __u32 ecn)
{
	int leaves;

	if (!in || in->version_class >> 4 != 6)
		return -SL_MALFORMED_INNER;
	if (is_tunnel(in->next))
		return -SL_DECAP_NESTED;
	leaves = leaving_ecn(ecn, in->class_label >> 4 & 3);
	if (sizeof(*in) + bpf_ntohs(in->payload) > room || leaves < 0)
		return -SL_MALFORMED_INNER;
	in->class_label = (__u8)((in->class_label & 0xcf) | leaves << 4);
	return 0;
}

/* Where the inner packet begins, its place in the tunnel packet and its family. */
struct tunnel { __u32 at, room; int is_ipv4; };

/* The parser has seen that the UDP header is there, and its length right. */
static __always_inline int look_at_gue(struct xdp_md *ctx, const struct pkt *p, struct tunnel *t)
{
	struct gue { struct udp_header udp; __u8 inner; } *gue;

	gue = frame_at(ctx, p->l4, sizeof(gue->udp) + 1);
	if (!gue)
		return -SL_MALFORMED_INNER;
	t->at = p->l4 + (__u32)sizeof(gue->udp);
	t->room = bpf_ntohs(gue->udp.length) - (__u32)sizeof(gue->udp);
	t->is_ipv4 = gue->inner >> 4 == 4;
	return 0;
}

static __always_inline int look_at_tunnel(struct xdp_md *ctx, const struct pkt *p, struct tunnel *t)
{
	t->at = p->l4;
	t->room = p->l3 + p->ip_length - p->l4;
	t->is_ipv4 = p->proto == PROTO_IPIP;
	if (p->proto == PROTO_UDP && look_at_gue(ctx, p, t))
		return -SL_MALFORMED_INNER;
	t->at = (__u32)FORGET(t->at, p->zero);
	t->room = (__u32)FORGET(t->room, p->zero);
	t->is_ipv4 = (int)FORGET(t->is_ipv4, p->zero);
	return 0;
}

static __always_inline int open_inner(struct xdp_md *ctx, const struct pkt *p, struct tunnel *t)
{
	const __u8 *outer = frame_at(ctx, p->l3, 2);
	__u32 ecn;

	if (!outer || p->fragment != SL_FRAG_NO)
		return -SL_MALFORMED_INNER;
	ecn = (p->family == 4 ? outer[1] : outer[1] >> 4) & 3;
	if (look_at_tunnel(ctx, p, t))
		return -SL_MALFORMED_INNER;
	if (t->is_ipv4)
		return open_ipv4(frame_at(ctx, t->at, sizeof(struct ipv4_header)), t->room, ecn);
	return open_ipv6(frame_at(ctx, t->at, sizeof(struct ipv6_header)), t->room, ecn);
}

enum { LINK_MAX = 12 + 4 * SL_VLAN_TAGS_MAX + 2 };

/* The link header, tags and all, moves up to the inner packet: tags first, as
 * the addresses may land on them. */
static __always_inline int move_link(struct xdp_md *ctx, const struct pkt *p, const struct tunnel *t, __u32 strip)
{
	__u8 *frame = frame_at(ctx, 0, LINK_MAX), *to = frame_at(ctx, strip, LINK_MAX);
	void *type = frame_at(ctx, strip + p->l3 - 2, sizeof(__be16));
	__u64 destination;
	__u32 source;

	if (!frame || !to || !type)
		return -SL_MALFORMED_INNER;
	UNROLL
	for (__u32 i = 0; i < SL_VLAN_TAGS_MAX; i++)
		if (i < p->tags)
			store32(to + 12 + 4 * i, load32(frame + 12 + 4 * i));
	destination = load64(frame);
	source = load32(frame + 8);
	store64(to, destination);
	store32(to + 8, source);
	store16(type, t->is_ipv4 ? BE16(ETH_IPV4) : BE16(ETH_IPV6));
	return 0;
}

static __always_inline int decap(struct xdp_md *ctx, struct pkt *p)
{
	struct tunnel t;
	__u32 strip;
	int err;

	if (!USES(SL_F_DECAP))
		return 0;
	if (!(p->flags & SL_CLASS_DECAP) || !(is_tunnel(p->proto) || is_gue(p)))
		return 0;
	if (!(p->flags & SL_CLASS_TRUSTED))
		return -SL_DECAP_UNTRUSTED;
	err = open_inner(ctx, p, &t);
	if (err)
		return err;
	strip = IDX(t.at - p->l3, OFFSET_MASK);
	err = move_link(ctx, p, &t, strip);
	if (err)
		return err;
	return bpf_xdp_adjust_head(ctx, (int)strip) ? -SL_MALFORMED_INNER : -SL_DECAPSULATED;
}

#endif
