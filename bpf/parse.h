/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From octets to struct pkt: where the headers are, what they say, and every
 * way in which they can lie. Pure: compiles on the host.
 *
 * parse_straight() is for the common packet: no tag, option, extension header
 * or fragment, and all of it in the first buffer. It refuses whatever else,
 * right or wrong, and parse_frame() decides that.
 */
#ifndef SLUICE_PARSE_H
#define SLUICE_PARSE_H

#include "packet.h"

/* ---- addresses ---------------------------------------------------------- */

/* In host order: a swap of 64 bits puts it where it shall be. */
static __always_inline __u64 left_aligned(__be32 address)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return SETTLED(__builtin_bswap64(address));
#else
	return (__u64)address << 32;
#endif
}

/* Addresses go into indexes: the verifier would follow each way on which it
 * knows something else of them, so it knows nothing. */
static __always_inline void set_ipv4(struct pkt *p, const struct ipv4_header *ip)
{
	p->src[0] = FORGET(left_aligned(load32(ip->src)), p->zero);
	p->dst[0] = FORGET(left_aligned(load32(ip->dst)), p->zero);
	p->src[1] = FORGET(0ULL, p->zero);
	p->dst[1] = FORGET(0ULL, p->zero);
	p->family = 4;
	p->ttl = ip->ttl;
	p->proto = ip->proto;
}

static __always_inline void set_ipv6(struct pkt *p, const struct ipv6_header *ip)
{
	p->src[0] = bpf_be64_to_cpu(load64(ip->src));
	p->src[1] = bpf_be64_to_cpu(load64(ip->src + 4));
	p->dst[0] = bpf_be64_to_cpu(load64(ip->dst));
	p->dst[1] = bpf_be64_to_cpu(load64(ip->dst + 4));
	p->family = 6;
	p->ttl = ip->hops;
	p->proto = ip->next;
}

/* ---- the straight line -------------------------------------------------- */

/* No tag, no fragment, no trait; an IP header of `header` octets. */
static __always_inline void set_layout(struct pkt *p, __u32 header)
{
	const __u32 link = sizeof(struct eth_header);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	p->layout = (__u32)FORGET(link | (link + header) << 16, p->zero);
#else
	p->layout = link << 24 | (link + header);
#endif
	p->rarities = (__u32)p->zero;
}

/* TCP or UDP that fills `room` octets as it should: 0. */
static __always_inline int straight_l4(const struct cursor *c, struct pkt *p, const __u8 *l4, __u32 room)
{
	const struct tcp_header *tcp = (const void *)l4;
	const struct udp_header *udp = (const void *)l4;
	__u32 header;

	if (p->proto == PROTO_TCP) {
		if (l4 + sizeof(*tcp) > c->end)
			return -1;
		header = (__u32)tcp->doff >> 4 << 2;
		if (header < sizeof(*tcp) || header > room)
			return -1;
		p->type = tcp->flags;
	} else if (p->proto == PROTO_UDP) {
		__u32 length = bpf_ntohs(udp->length);

		if (length < sizeof(*udp) || length > room)
			return -1;
		p->type = (__u16)p->zero;
	} else {
		return -1;
	}
	store32(&p->sport, load32(&udp->sport));	/* clang reads both at once too */
	return 0;
}

static __always_inline int straight_ipv4(const struct cursor *c, struct pkt *p)
{
	const struct ipv4_header *ip = (const void *)(c->start + 14);
	__u32 total, linear = (__u32)(c->end - c->start);

	if (c->start + 14 + 20 + 20 > c->end)
		return -1;
	if (ip->version_ihl != 0x45 || ip->frag & BE16(IPV4_MF | IPV4_OFFSET))
		return -1;
	total = bpf_ntohs(ip->total);
	if (total < 20 || 14 + total > linear)
		return -1;
	set_ipv4(p, ip);
	p->ip_length = total;
	set_layout(p, 20);
	return straight_l4(c, p, c->start + 34, total - 20);
}

static __always_inline int straight_ipv6(const struct cursor *c, struct pkt *p)
{
	const struct ipv6_header *ip = (const void *)(c->start + 14);
	__u32 payload, linear = (__u32)(c->end - c->start);

	if (c->start + 14 + 40 + 8 > c->end || ip->version_class >> 4 != 6)
		return -1;
	payload = bpf_ntohs(ip->payload);
	if (14 + 40 + payload > linear)
		return -1;
	set_ipv6(p, ip);
	p->ip_length = 40 + payload;
	set_layout(p, 40);
	return straight_l4(c, p, c->start + 54, payload);
}

/* 0: every field of parse is set. Else some are, and nothing is decided. */
static __always_inline int parse_straight(const struct cursor *c, struct pkt *p)
{
	const struct eth_header *eth = (const void *)c->start;
	__be16 type;

	if (c->start + sizeof(*eth) > c->end)
		return -1;
	p->length = (__u32)(c->end - c->start);
	/* to the verifier as after parse_frame: any number */
	p->zero = UNKNOWN_ZERO((__u64)(c->end - c->start));
	type = p->ethertype = eth->type;
	if (type == BE16(ETH_IPV4))
		return straight_ipv4(c, p);
	if (type == BE16(ETH_IPV6))
		return straight_ipv6(c, p);
	return -1;
}

/* ---- everything --------------------------------------------------------- */

/* What is known of a fragment while its packet is parsed. */
struct fragment {
	__u32 place;	/* its offset in octets (8 each) + 1 if more follow */
	__u32 start;	/* of its payload, in the frame; IPv6: 0, no header yet */
	__u32 before;	/* octets of the whole packet before the payload */
};

/* A header that is not all there: in a first fragment, a headerless fragment. */
static __always_inline int cut(const struct pkt *p, int reason)
{
	return p->fragment == SL_FRAG_FIRST ? -SL_FRAGMENT_BAD : reason;
}

static __always_inline int is_tag(__be16 type)
{
	return type == BE16(ETH_VLAN) || type == BE16(ETH_SERVICE_VLAN);
}

static __always_inline int parse_link(struct cursor *c, struct pkt *p)
{
	const struct eth_header *eth = take(c, struct eth_header);
	const struct vlan_tag *tag;

	if (!eth)
		return -SL_SHORT_FRAME;
	p->ethertype = eth->type;
	UNROLL
	for (int i = 0; i < SL_VLAN_TAGS_MAX && is_tag(p->ethertype); i++) {
		c->off = (__u32)FORGET(c->off, p->zero);
		tag = take(c, struct vlan_tag);
		if (!tag)
			return -SL_SHORT_FRAME;
		if (i == 0)
			p->vlan = bpf_ntohs(tag->tci) & 0xfff;
		p->tags++;
		p->ethertype = tag->type;
	}
	c->off = (__u32)FORGET(c->off, p->zero);
	p->l3 = (__u8)c->off;
	return is_tag(p->ethertype) ? -SL_VLAN_DEPTH : 0;
}

/* The IP packet is `total` octets long: those of the frame beyond are padding. */
static __always_inline int set_length(struct cursor *c, struct pkt *p, __u32 total)
{
	if (p->l3 + total > c->limit)
		return -SL_MALFORMED_L3;
	p->ip_length = total;
	c->limit = p->l3 + total;
	return 0;
}

static __always_inline void set_fragment(struct pkt *p, struct fragment *f, __u32 offset, __u32 more, __u32 id_at)
{
	if (!offset && !more)
		return;		/* IPv6: an atomic fragment is none */
	p->id_at = (__u16)id_at;
	f->place = offset + more;
	p->fragment = offset ? SL_FRAG_LATER : SL_FRAG_FIRST;
}

enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_LSRR = 0x83, OPTION_SSRR = 0x89 };

/* The cursor is at the first option; its own copy ends with the header. */
static __always_inline int parse_options(struct cursor c, struct pkt *p, __u32 header)
{
	c.limit = p->l3 + header;
	for (int i = 0; i < 40; i++) {
		const __u8 *kind, *length;

		c.off = (__u32)FORGET(c.off, p->zero);
		if (c.off >= c.limit)
			return 0;
		kind = take(&c, __u8);
		if (!kind)
			return -SL_MALFORMED_L3;
		if (*kind == OPTION_END)
			return 0;
		if (*kind == OPTION_NOP)
			continue;
		length = take(&c, __u8);
		if (!length || *length < 2 || c.off + *length - 2 > c.limit)
			return -SL_MALFORMED_L3;
		if (*kind == OPTION_LSRR || *kind == OPTION_SSRR)
			p->traits |= TRAIT_SOURCE_ROUTE;
		c.off += *length - 2u;
	}
	return 0;
}

static __always_inline int parse_ipv4(struct cursor *c, struct pkt *p, struct fragment *f)
{
	const struct ipv4_header *ip = take(c, struct ipv4_header);
	__u32 header, total, frag;
	int err;

	if (!ip || ip->version_ihl >> 4 != 4)
		return -SL_MALFORMED_L3;
	header = (ip->version_ihl & 15u) * 4;
	total = bpf_ntohs(ip->total);
	if (header < sizeof(*ip) || total < header)
		return -SL_MALFORMED_L3;
	frag = bpf_ntohs(ip->frag);
	set_ipv4(p, ip);
	err = set_length(c, p, total);
	if (!err && header > sizeof(*ip)) {
		p->traits |= TRAIT_OPTIONS;
		err = parse_options(*c, p, header);
	}
	if (err)
		return err;
	c->off = p->l3 + header;
	f->start = c->off;
	f->before = header;
	set_fragment(p, f, (frag & IPV4_OFFSET) << 3, frag & IPV4_MF ? 1 : 0, p->l3 + 4u);
	return 0;
}

/* Both by arithmetic: the verifier would follow each branch through each header. */
static __always_inline __u64 is_proto(__u8 proto, __u8 which)
{
	return SETTLED((__u64)(proto ^ which) - 1) >> 63;
}

static __always_inline int is_extension(__u8 proto)
{
	const __u64 low = 1ULL << PROTO_HOP_BY_HOP | 1ULL << PROTO_ROUTING |
			  1ULL << PROTO_FRAGMENT | 1ULL << PROTO_AH |
			  1ULL << PROTO_DESTINATION;
	__u64 is_low = SETTLED((__u64)proto - 64) >> 63;

	return (int)SETTLED((low >> (proto & 63) & is_low) | is_proto(proto, PROTO_MOBILITY));
}

static __always_inline int parse_fragment(struct cursor *c, struct pkt *p, struct fragment *f)
{
	const struct ipv6_fragment *h;
	__u32 word, before = c->off - p->l3 - 40;

	if (f->start)
		return -SL_FRAGMENT_BAD;
	h = take(c, struct ipv6_fragment);
	if (!h)
		return -SL_MALFORMED_L3;
	word = bpf_ntohs(h->offset);
	p->proto = h->next;
	f->start = c->off;
	f->before = before;
	set_fragment(p, f, word & 0xfff8, word & 1, c->off - 4);
	return 0;
}

static __always_inline int parse_extension(struct cursor *c, struct pkt *p, struct fragment *f)
{
	const struct ipv6_extension *h;
	__u32 size;

	if (p->proto == PROTO_FRAGMENT)
		return parse_fragment(c, p, f);
	h = take(c, struct ipv6_extension);
	if (!h)
		return cut(p, -SL_MALFORMED_L3);
	size = p->proto == PROTO_AH ? (h->length + 2u) * 4 : (h->length + 1u) * 8;
	if (p->proto == PROTO_ROUTING && h->type == 0)
		p->traits |= TRAIT_SOURCE_ROUTE;
	p->proto = h->next;
	c->off += size - (__u32)sizeof(*h);
	return c->off > c->limit ? cut(p, -SL_MALFORMED_L3) : 0;
}

static __always_inline int parse_ipv6(struct cursor *c, struct pkt *p, struct fragment *f)
{
	const struct ipv6_header *ip = take(c, struct ipv6_header);
	int err;

	if (!ip || ip->version_class >> 4 != 6)
		return -SL_MALFORMED_L3;
	set_ipv6(p, ip);
	err = set_length(c, p, 40u + bpf_ntohs(ip->payload));
	if (err)
		return err;
	UNROLL
	for (int i = 0; i < SL_EXTENSIONS_MAX; i++) {
		if (!is_extension(p->proto) || p->fragment == SL_FRAG_LATER)
			return 0;
		if (i && p->proto == PROTO_HOP_BY_HOP)
			return -SL_MALFORMED_L3;
		err = parse_extension(c, p, f);
		c->off = (__u32)FORGET(c->off, p->zero);
		if (err)
			return err;
	}
	if (p->fragment == SL_FRAG_LATER)
		return 0;
	if (p->proto == PROTO_HOP_BY_HOP)
		return -SL_MALFORMED_L3;
	return is_extension(p->proto) ? -SL_EXTENSION_DEPTH : 0;
}

static __always_inline int parse_tcp(struct cursor *c, struct pkt *p)
{
	const struct tcp_header *tcp = take(c, struct tcp_header);
	__u32 header;

	if (!tcp)
		return cut(p, -SL_MALFORMED_L4);
	header = (__u32)tcp->doff >> 4 << 2;
	if (header < sizeof(*tcp))
		return -SL_MALFORMED_L4;
	if (p->l4 + header > c->limit)
		return cut(p, -SL_MALFORMED_L4);
	p->sport = tcp->sport;
	p->dport = tcp->dport;
	p->type = tcp->flags;
	return 0;
}

static __always_inline int parse_udp(struct cursor *c, struct pkt *p)
{
	const struct udp_header *udp = take(c, struct udp_header);
	__u32 length;

	if (!udp)
		return cut(p, -SL_MALFORMED_L4);
	length = bpf_ntohs(udp->length);
	if (length < sizeof(*udp))
		return -SL_MALFORMED_L4;
	if (p->fragment == SL_FRAG_NO && p->l4 + length > c->limit)
		return -SL_MALFORMED_L4;
	p->sport = udp->sport;
	p->dport = udp->dport;
	return 0;
}

static __always_inline int parse_icmp(struct cursor *c, struct pkt *p)
{
	const struct icmp_header *icmp = take(c, struct icmp_header);

	if (!icmp)
		return cut(p, -SL_MALFORMED_L4);
	p->type = (__u16)(256 + icmp->type);
	return 0;
}

static __always_inline int parse_sctp(struct cursor *c, struct pkt *p)
{
	const struct sctp_header *sctp = take(c, struct sctp_header);

	if (!sctp)
		return cut(p, -SL_MALFORMED_L4);
	p->sport = sctp->sport;
	p->dport = sctp->dport;
	return 0;
}

/* A later fragment has no header of this layer, whatever its octets say. */
static __always_inline int parse_transport(struct cursor *c, struct pkt *p)
{
	p->l4 = (__u16)c->off;
	if (p->fragment == SL_FRAG_LATER)
		return 0;
	if (p->proto == PROTO_TCP)
		return parse_tcp(c, p);
	if (p->proto == PROTO_UDP)
		return parse_udp(c, p);
	if (p->proto == PROTO_SCTP)
		return parse_sctp(c, p);
	if (p->proto == (p->family == 4 ? PROTO_ICMP : PROTO_ICMPV6))
		return parse_icmp(c, p);
	return 0;
}

/* RFC 791, 1858, 3128, 8200: what no honest sender makes. */
static __always_inline int check_fragment(const struct cursor *c, const struct pkt *p, const struct fragment *f)
{
	__u32 length = c->limit - f->start;

	if (p->fragment == SL_FRAG_NO)
		return 0;
	if (!length || (f->place & 1 && length & 7))
		return -SL_FRAGMENT_BAD;
	if (f->before + (f->place & ~7u) + length > 65535)
		return -SL_FRAGMENT_BAD;
	if (p->proto == PROTO_TCP && (f->place & ~7u) == 8)
		return -SL_FRAGMENT_BAD;
	return 0;
}

/* RFC 4861, 6.1, 7.1, 8.1: nothing that came through a router. */
static __always_inline int check_discovery(const struct pkt *p)
{
	if (p->family != 6 || p->proto != PROTO_ICMPV6 || p->ttl == 255)
		return 0;
	return p->type >= 256 + 133 && p->type <= 256 + 137 ? -SL_MALFORMED_ND : 0;
}

/*
 * Any frame: 0 with family 0 for what is not IP, else -SL_<REASON>. `p` is all
 * zero but for its length, that of the frame; c->limit is the same.
 */
static __always_inline int parse_frame(struct cursor *c, struct pkt *p)
{
	struct fragment f = {};
	int err = parse_link(c, p);

	if (err)
		return err;
	if (p->ethertype == BE16(ETH_IPV4))
		err = parse_ipv4(c, p, &f);
	else if (p->ethertype == BE16(ETH_IPV6))
		err = parse_ipv6(c, p, &f);
	else
		return 0;
	if (!err)
		err = parse_transport(c, p);
	if (!err)
		err = check_fragment(c, p, &f);
	if (!err)
		err = check_discovery(p);
	return err;
}

#endif
