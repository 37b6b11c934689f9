/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP to and from a service address, and what is answered here.
 *
 * An error about a flow goes where the flow goes: it becomes a packet of that
 * flow, as far as the stages behind are concerned. An echo is answered, and so
 * is what will not fit (encap.h); both share one rate. The rest is the stack's.
 * Few packets come here: one global function each, verified alone.
 */
#ifndef SLUICE_ICMP_H
#define SLUICE_ICMP_H

#include "csum.h"
#include "limit.h"
#include "maps.h"
#include "parse.h"

enum {
	ICMP_ECHO_REPLY = 0, ICMP_UNREACHABLE = 3, ICMP_ECHO = 8,
	ICMP_TIME_EXCEEDED = 11, ICMP_PARAMETER = 12,
	ICMPV6_UNREACHABLE = 1, ICMPV6_TOO_BIG = 2, ICMPV6_PARAMETER = 4,
	ICMPV6_ECHO = 128, ICMPV6_ECHO_REPLY = 129,
};
enum { ICMP_FRAGMENTATION_NEEDED = 4 };		/* code of UNREACHABLE */
enum { ANSWER_TTL = 64 };

/* ---- may it be answered? -------------------------------------------------- */

/* Its address is in the table of frontends: abi.h says how. */
static __always_inline int is_service(__u32 turn, const __u64 address[2])
{
	__u64 key = sl_service_key(address[0], address[1]);
	const struct sl_frontend *bucket = frontend_bucket(turn, key);

	UNROLL
	for (int i = 0; i < SL_FRONTEND_WAYS; i++)
		if (bucket[i].key == key)
			return 1;
	return 0;
}

/* RFC 1122, 3.2.2; RFC 4443, 2.4: from nobody, from many, or from us. */
static __always_inline int is_no_host(const struct pkt *p)
{
	__u32 first = (__u32)(p->src[0] >> 56);

	if (p->family == 4)
		return first == 0 || first == 127 || first >= 224;
	return first == 0xff || !(p->src[0] | p->src[1] >> 1);
}

static __always_inline int may_answer(const struct pkt *p)
{
	__u64 price = bank_of(p->turn)->answer_price;

	if (is_no_host(p) || is_service(p->turn, p->src))
		return 0;
	if (!charge(answer_bucket(), now_in_ticks(), price, price * SL_ANSWERS_BURST))
		return 1;
	counts_here()->event[SL_EVENT_ANSWER_LIMITED]++;
	return 0;
}

/* ---- an echo -------------------------------------------------------------- */

static __always_inline void swap32(void *a, void *b)
{
	__u32 was = load32(a);

	store32(a, load32(b));
	store32(b, was);
}

/* Back to where it came from. */
static __always_inline int turn_link(struct xdp_md *ctx)
{
	__u8 *frame = frame_at(ctx, 0, sizeof(struct eth_header));
	__u16 tail;

	if (!frame)
		return -1;
	swap32(frame, frame + 6);
	tail = load16(frame + 4);
	store16(frame + 4, load16(frame + 10));
	store16(frame + 10, tail);
	return 0;
}

static __always_inline int make_reply(struct icmp_header *icmp, __u8 was, __u8 is)
{
	__be16 check = sum_update(icmp->check, was << 8, is << 8);

	/* zero would be wrong if all else is zero: all ones never is */
	icmp->check = check ? check : 0xffff;
	icmp->type = is;
	return -SL_ANSWERED;
}

static __always_inline int answer_ipv4(struct xdp_md *ctx, const struct pkt *p)
{
	struct echo4 { struct ipv4_header ip; struct icmp_header icmp; } *e;
	struct ipv4_header *ip;

	e = frame_at(ctx, p->l3, sizeof(*e));
	if (!e || turn_link(ctx))
		return to_stack(p);
	ip = &e->ip;
	swap32(ip->src, ip->dst);
	ip->check = sum_update(ip->check, (__u16)(ip->ttl << 8), ANSWER_TTL << 8);
	ip->ttl = ANSWER_TTL;
	return make_reply(&e->icmp, ICMP_ECHO, ICMP_ECHO_REPLY);
}

static __always_inline int answer_ipv6(struct xdp_md *ctx, const struct pkt *p)
{
	struct echo6 { struct ipv6_header ip; struct icmp_header icmp; } *e;
	struct ipv6_header *ip;

	e = frame_at(ctx, p->l3, sizeof(*e));
	if (!e || turn_link(ctx))
		return to_stack(p);
	ip = &e->ip;
	UNROLL
	for (int i = 0; i < 8; i += 2)
		swap32(ip->src + i, ip->dst + i);
	ip->hops = ANSWER_TTL;
	return make_reply(&e->icmp, ICMPV6_ECHO, ICMPV6_ECHO_REPLY);
}

/* With options or extension headers it is the stack's. */
static __always_inline int answer_echo(struct xdp_md *ctx, const struct pkt *p)
{
	__u32 header = p->family == 4 ? sizeof(struct ipv4_header) : sizeof(struct ipv6_header);

	if (p->l4 - p->l3 != header || !may_answer(p))
		return to_stack(p);
	return p->family == 4 ? answer_ipv4(ctx, p) : answer_ipv6(ctx, p);
}

/* ---- an error about a flow --------------------------------------------------- */

/* What is quoted of a packet: its header, and 8 octets of the next (RFC 792). */
static __always_inline int read_ports(struct cursor *c, struct pkt *p)
{
	const struct udp_header *l4;
	const __u8 *rest;

	if (p->fragment || (p->proto != PROTO_TCP && p->proto != PROTO_UDP))
		return 0;
	l4 = take(c, struct udp_header);
	if (!l4 || (p->proto == PROTO_UDP && bpf_ntohs(l4->length) < sizeof(*l4)))
		return -SL_MALFORMED_INNER;
	p->sport = l4->dport;
	p->dport = l4->sport;
	if (p->proto == PROTO_UDP)
		return 0;
	rest = take_octets(c, sizeof(struct tcp_header) - sizeof(*l4));
	return rest && rest[4] >> 4 < 5 ? -SL_MALFORMED_INNER : 0;
}

static __always_inline void end_at(struct cursor *c, __u32 limit)
{
	if (limit < c->limit)
		c->limit = limit;
}

static __always_inline int read_ipv4(struct cursor *c, struct pkt *p)
{
	__u32 start = c->off, header, total;
	const struct ipv4_header *ip = take(c, struct ipv4_header);

	if (!ip || ip->version_ihl >> 4 != 4)
		return -SL_MALFORMED_INNER;
	header = (ip->version_ihl & 15u) * 4;
	total = bpf_ntohs(ip->total);
	if (header < sizeof(*ip) || total < header || start + header > c->limit)
		return -SL_MALFORMED_INNER;
	set_ipv4(p, ip);
	p->fragment = ip->frag & BE16(IPV4_OFFSET) ? SL_FRAG_LATER : SL_FRAG_NO;
	end_at(c, start + total);
	c->off = (__u32)FORGET(start + header, p->zero);
	return read_ports(c, p);
}

static __always_inline int read_extension(struct cursor *c, struct pkt *p)
{
	const struct ipv6_extension *h = take(c, struct ipv6_extension);
	__u64 is_fragment = is_proto(p->proto, PROTO_FRAGMENT), units;

	if (!h)
		return -SL_MALFORMED_INNER;
	/* of a fragment's header this octet is reserved, and behind it is its place */
	units = h->length * (1 - is_fragment);
	p->fragment = (__u8)(is_fragment & (load16(&h->type) & BE16(0xfff8) ? 1 : 0)) * SL_FRAG_LATER;
	c->off += (__u32)(units << (3 - is_proto(p->proto, PROTO_AH))) + 4;
	c->off = (__u32)FORGET(c->off, p->zero);
	p->proto = h->next;
	return 0;
}

static __always_inline int read_ipv6(struct cursor *c, struct pkt *p)
{
	__u32 start = c->off, i = 0;
	const struct ipv6_header *ip = take(c, struct ipv6_header);

	if (!ip || ip->version_class >> 4 != 6)
		return -SL_MALFORMED_INNER;
	set_ipv6(p, ip);
	end_at(c, start + 40u + bpf_ntohs(ip->payload));
	c->off = (__u32)FORGET(c->off, p->zero);
	do {
		if (!is_extension(p->proto) || p->fragment)
			return read_ports(c, p);
		if (read_extension(c, p))
			break;
		i++;
		asm volatile("" : "+r"(i));
	} while (i <= SL_EXTENSIONS_MAX);
	return -SL_MALFORMED_INNER;
}

/* Is the flow the service's? Then this is one of its packets from here on. */
static __always_inline int take_flow(struct pkt *p, __u64 high, __u64 low)
{
	__u64 differs = (p->src[0] ^ high) | (p->src[1] ^ low);

	if (differs)
		return -SL_ICMP_MISMATCH;
	if (p->fragment)
		return -SL_VIP_FRAGMENT;
	if (p->proto != PROTO_TCP && p->proto != PROTO_UDP)
		return to_stack(p);
	p->src[0] = p->dst[0];
	p->src[1] = p->dst[1];
	p->dst[0] = high;
	p->dst[1] = low;
	p->traits |= TRAIT_ABOUT;
	p->type = 0;
	return 0;
}

static __always_inline int read_flow(struct xdp_md *ctx, struct pkt *p)
{
	struct cursor c = {
		.start = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
		.off = (__u32)FORGET(p->l4 + sizeof(struct icmp_header), p->zero),
		.limit = p->l3 + p->ip_length,
	};
	__u64 high = p->dst[0], low = p->dst[1];
	int err = p->family == 4 ? read_ipv4(&c, p) : read_ipv6(&c, p);

	return err ? err : take_flow(p, high, low);
}

static __always_inline int is_error(const struct pkt *p)
{
	__u32 type = p->type & 0xff;

	if (p->family == 6)
		return type >= ICMPV6_UNREACHABLE && type <= ICMPV6_PARAMETER;
	return type == ICMP_UNREACHABLE || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER;
}

/*
 * A packet for a service address that is neither TCP nor UDP. 0: an error about
 * a flow of it; p is now a packet of that flow, but for what encap() reads.
 */
__noinline int meet_icmp(struct xdp_md *ctx, struct pkt *p)
{
	if (!p || !USES(SL_F_BALANCE))
		return -SL_PASS;
	if (p->proto != (p->family == 4 ? PROTO_ICMP : PROTO_ICMPV6) || p->fragment)
		return to_stack(p);
	if (p->type == 256 + (p->family == 4 ? ICMP_ECHO : ICMPV6_ECHO))
		return answer_echo(ctx, p);
	return is_error(p) ? read_flow(ctx, p) : to_stack(p);
}

/* ---- what will not fit --------------------------------------------------------- */

/* RFC 792 asks for 8 octets behind the header; with options or extension headers
 * it must reach as far as the ports. */
enum { QUOTED = 128 };

/* Tags, to the head of a frame that has become longer by `size`. */
static __always_inline int move_tags(struct xdp_md *ctx, const struct pkt *p, __u32 size)
{
	__u8 *frame = frame_at(ctx, 0, 12 + 4 * SL_VLAN_TAGS_MAX), *tags;

	if (!frame)
		return -1;
	tags = frame_at(ctx, SETTLED(size) + 12, 4 * SL_VLAN_TAGS_MAX);
	if (!tags)
		return -1;
	UNROLL
	for (__u32 i = 0; i < SL_VLAN_TAGS_MAX; i++)
		if (i < p->tags)
			store32(frame + 12 + 4 * i, load32(tags + 4 * i));
	return 0;
}

/* Leaves the head of the packet, and room for `size` octets before it. */
static __always_inline int make_quote(struct xdp_md *ctx, const struct pkt *p, __u32 size)
{
	int more = (int)bpf_xdp_get_buff_len(ctx) - (p->l3 + QUOTED);
	__u8 *frame;

	if (more < 0 || bpf_xdp_adjust_tail(ctx, -more) || bpf_xdp_adjust_head(ctx, -(int)size))
		return -1;
	frame = frame_at(ctx, 0, size + 12);
	if (!frame)
		return -1;
	store64(frame, load64(frame + size));
	store32(frame + 8, load32(frame + size + 8));
	return turn_link(ctx) || move_tags(ctx, p, size);
}

struct too_big4 {
	__be16 type;
	struct ipv4_header ip;
	struct icmp_header icmp;
	struct ipv4_header inner;
	__u8 quoted[QUOTED - sizeof(struct ipv4_header)];
};

/* The sum over whole words, as it stands in memory. */
static __always_inline __u16 sum_here(const void *from, __u32 octets, __u32 seed)
{
	return (__u16)~sum_fold((__u32)bpf_csum_diff(0, 0, (void *)from, octets, seed));
}

/* RFC 792, 1191. */
static __always_inline int answer_too_big4(struct xdp_md *ctx, const struct pkt *p, __u32 fits)
{
	struct too_big4 *a;
	struct ipv4_header *ip;

	if (make_quote(ctx, p, sizeof(a->ip) + sizeof(a->icmp)))
		return -1;
	a = frame_at(ctx, p->l3 - 2u, sizeof(*a));
	if (!a)
		return -1;
	ip = &a->ip;
	a->type = BE16(ETH_IPV4);
	*ip = (struct ipv4_header){
		.version_ihl = 0x45, .ttl = ANSWER_TTL, .proto = PROTO_ICMP,
		.total = BE16(sizeof(a->ip) + sizeof(a->icmp) + QUOTED),
	};
	store32(ip->src, load32(a->inner.dst));
	store32(ip->dst, load32(a->inner.src));
	ip->check = sum_here(ip, sizeof(*ip), 0);
	a->icmp = (struct icmp_header){
		.type = ICMP_UNREACHABLE, .code = ICMP_FRAGMENTATION_NEEDED,
		.rest = { 0, bpf_htons(fits) },
	};
	a->icmp.check = sum_here(&a->icmp, sizeof(a->icmp) + QUOTED, 0);
	return 0;
}

struct too_big6 {
	__be16 type;
	struct ipv6_header ip;
	struct icmp_header icmp;
	struct ipv6_header inner;
	__u8 quoted[QUOTED - sizeof(struct ipv6_header)];
};

/* RFC 8201, 4: no link of IPv6 carries less, and who hears of less discards it. */
enum { IPV6_LEAST = 1280 };

/* RFC 4443, 3.2. */
static __always_inline int answer_too_big6(struct xdp_md *ctx, const struct pkt *p, __u32 fits)
{
	enum { PAYLOAD = sizeof(struct icmp_header) + QUOTED };
	__u64 is_less = SETTLED((__u64)fits - IPV6_LEAST) >> 63;
	struct too_big6 *a;
	struct ipv6_header *ip;

	fits += (IPV6_LEAST - fits) & -(__u32)is_less;
	if (p->ip_length <= IPV6_LEAST || make_quote(ctx, p, sizeof(a->ip) + sizeof(a->icmp)))
		return -1;
	a = frame_at(ctx, p->l3 - 2u, sizeof(*a));
	if (!a)
		return -1;
	ip = &a->ip;
	a->type = BE16(ETH_IPV6);
	ip->version_class = 0x60;
	ip->class_label = 0;
	ip->label = 0;
	ip->payload = BE16(PAYLOAD);
	ip->next = PROTO_ICMPV6;
	ip->hops = ANSWER_TTL;
	UNROLL
	for (int i = 0; i < 8; i += 2) {
		store32(ip->src + i, load32(a->inner.dst + i));
		store32(ip->dst + i, load32(a->inner.src + i));
	}
	a->icmp = (struct icmp_header){
		.type = ICMPV6_TOO_BIG, .rest = { 0, bpf_htons(fits) },
	};
	/* the addresses count as well, and what stands for length and protocol */
	a->icmp.check = sum_here(ip->src, sizeof(ip->src) + sizeof(ip->dst) + PAYLOAD,
				 (__u32)BE16(PAYLOAD) + BE16(PROTO_ICMPV6));
	return 0;
}

static __always_inline int may_fragment(struct xdp_md *ctx, const struct pkt *p)
{
	const struct ipv4_header *ip = frame_at(ctx, p->l3, sizeof(*ip));

	return p->family == 4 && !(ip && ip->frag & BE16(IPV4_DF));
}

/* A packet that is longer than `fits`: dropped, or its sender hears of it. */
__noinline int meet_too_big(struct xdp_md *ctx, struct pkt *p, __u32 fits)
{
	int err;

	if (!p || !USES(SL_F_BALANCE))
		return -SL_TOO_BIG;
	p->drop |= DROP_RULED;
	if (p->traits & TRAIT_ABOUT || p->fragment == SL_FRAG_LATER)
		return -SL_TOO_BIG;
	if (may_fragment(ctx, p) || !may_answer(p))
		return -SL_TOO_BIG;
	err = p->family == 4 ? answer_too_big4(ctx, p, fits) : answer_too_big6(ctx, p, fits);
	if (err)
		return -SL_TOO_BIG;
	p->drop |= DROP_ANSWERED;
	p->sent = SEND_BACK;
	return -SL_TOO_BIG;
}

#endif
