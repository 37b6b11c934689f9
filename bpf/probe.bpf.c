/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Health probes that travel as clients' packets do, where tc has them.
 *
 * Leaving: a probe with a mark was addressed to a backend, so route and neighbour are
 * the backend's. Here it becomes one for the service's address, and gets the pool's
 * outer header. Coming back: answers, and ICMP errors about it, have the service's
 * address; before the stack sees them they are given the backend's again, so that
 * they find their socket, and are no martians where the service's address is local.
 *
 * Whatever is not a probe goes on to the next filter as it is.
 */
#include <linux/pkt_cls.h>

#include <sluice/probe.h>

#include "csum.h"

enum { L3 = sizeof(struct eth_header), PASS_ON = TC_ACT_UNSPEC };
enum { ICMP_UNREACHABLE = 3, ICMPV6_UNREACHABLE = 1, OUTER_TTL = 64, GUE_SOURCE_PORT = 0xc000 };

struct ports { __be16 from, to; };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SL_BACKENDS_MAX);
	__type(key, __u32);
	__type(value, struct sl_probe_target);
} probe_targets SEC(".maps");		/* user/lib/probes.c */

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4 * SL_BACKENDS_MAX);
	__type(key, struct sl_probe_flow);
	__type(value, __be32[4]);
} probe_flows SEC(".maps");		/* the probes that leave */

#define READ(skb, at, what) bpf_skb_load_bytes(skb, at, what, sizeof(*(what)))
#define WRITE(skb, at, what) bpf_skb_store_bytes(skb, at, what, sizeof(*(what)), 0)
#define COPY(to, from) __builtin_memcpy(to, from, sizeof(from))

static __always_inline int is_same(const __be32 *a, const __be32 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

/* An address as the maps have it, of a header's octets. */
static __always_inline void take_ipv4(__be32 *out, const __be16 *from)
{
	out[0] = out[1] = out[2] = 0;
	__builtin_memcpy(&out[3], from, 4);
}

/* Where the checksum of TCP or UDP is. */
static __always_inline __u32 check_at(__u32 l4, __u8 proto)
{
	return l4 + (proto == PROTO_TCP ? __builtin_offsetof(struct tcp_header, check)
					: __builtin_offsetof(struct udp_header, check));
}

/* How the checksum follows a change of an address. 0 means something to UDP only. */
static __always_inline __u64 sum_flags(__u8 proto)
{
	return BPF_F_PSEUDO_HDR | (proto == PROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0);
}

static __always_inline int has_ports(__u8 proto)
{
	return proto == PROTO_TCP || proto == PROTO_UDP;
}

/* One address of the IP header at `ip` becomes another; `at` in the header. */
static __always_inline int change_ipv4(struct __sk_buff *skb, __u32 ip, __u32 at, __be32 was, __be32 is)
{
	if (bpf_l3_csum_replace(skb, ip + __builtin_offsetof(struct ipv4_header, check), was, is, sizeof(is)))
		return -1;
	return WRITE(skb, ip + at, &is) ? -1 : 0;
}

/* The checksum at `check` covers it. */
static __always_inline int change_ipv6(struct __sk_buff *skb, __u32 at, __be32 *was, __be32 *is, __u32 check, __u64 how)
{
	__s64 differs = bpf_csum_diff(was, 16, is, 16, 0);

	if (differs < 0 || bpf_l4_csum_replace(skb, check, 0, (__u64)differs, how))
		return -1;
	return bpf_skb_store_bytes(skb, at, is, 16, 0) ? -1 : 0;
}

/* ---- leaving ------------------------------------------------------------- */

/* What the outer header takes over. */
struct inner {
	__u32 octets;
	__be16 id, frag;
	__u8 tos, proto;
};

static __always_inline __be32 host_bits(const struct sl_probe_target *t, __be16 port)
{
	return bpf_htonl(bpf_ntohs(port) * 0x9e3779b1u) & t->fill;
}

static __always_inline int write_udp(struct __sk_buff *skb, __u32 at, const struct sl_probe_target *t, __u32 octets, __be16 port)
{
	struct udp_header udp = {
		.sport = BE16(GUE_SOURCE_PORT | (bpf_ntohs(port) & 0x3fff)),
		.dport = t->gue_port, .length = BE16(octets + sizeof(udp)),
	};

	return WRITE(skb, at, &udp) ? -1 : 0;
}

static __always_inline int wrap_ipv4(struct __sk_buff *skb, const struct sl_probe_target *t, const struct ipv4_header *ip, __be16 port)
{
	__u32 udp = t->by == SL_PROBE_GUE ? sizeof(struct udp_header) : 0;
	__u32 octets = bpf_ntohs(ip->total) + udp;
	__be32 src = t->src[3] | host_bits(t, port), dst = t->to[3];
	struct ipv4_header outer = {
		.version_ihl = 0x45, .tos = ip->tos, .total = BE16(octets + sizeof(outer)),
		.id = ip->id, .frag = ip->frag & BE16(IPV4_DF), .ttl = OUTER_TTL,
		.proto = udp ? PROTO_UDP : PROTO_IPIP,
	};
	__u64 how = BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | (udp ? BPF_F_ADJ_ROOM_ENCAP_L4_UDP : 0);
	__u32 sum;

	if (!t->src[3])
		__builtin_memcpy(&src, ip->src, sizeof(src));
	sum = 0x4500 + outer.tos + octets + sizeof(outer) + bpf_ntohs(outer.id) + bpf_ntohs(outer.frag) +
	      (OUTER_TTL << 8) + outer.proto + sum_address(src) + sum_address(dst);
	outer.check = BE16(~sum_fold(sum));
	__builtin_memcpy(outer.src, &src, sizeof(src));
	__builtin_memcpy(outer.dst, &dst, sizeof(dst));
	if (bpf_skb_adjust_room(skb, (int)(sizeof(outer) + udp), BPF_ADJ_ROOM_MAC, how) ||
	    WRITE(skb, L3, &outer))
		return -1;
	return udp ? write_udp(skb, L3 + sizeof(outer), t, octets - udp, port) : 0;
}

static __always_inline int wrap_ipv6(struct __sk_buff *skb, const struct sl_probe_target *t, const struct ipv6_header *ip, __be16 port)
{
	__u32 udp = t->by == SL_PROBE_GUE ? sizeof(struct udp_header) : 0;
	__u32 octets = bpf_ntohs(ip->payload) + sizeof(*ip) + udp;
	struct ipv6_header outer = {
		.version_class = ip->version_class, .class_label = ip->class_label & 0xf0,
		.payload = BE16(octets), .next = udp ? PROTO_UDP : PROTO_IPV6, .hops = OUTER_TTL,
	};
	__u64 how = BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 | (udp ? BPF_F_ADJ_ROOM_ENCAP_L4_UDP : 0);
	__be32 src[4];

	COPY(src, t->src);
	src[3] |= host_bits(t, port);
	if (!(t->src[0] | t->src[1] | t->src[2] | t->src[3]))
		COPY(src, ip->src);
	COPY(outer.src, src);
	COPY(outer.dst, t->to);
	if (bpf_skb_adjust_room(skb, (int)(sizeof(outer) + udp), BPF_ADJ_ROOM_MAC, how) ||
	    WRITE(skb, L3, &outer))
		return -1;
	return udp ? write_udp(skb, L3 + sizeof(outer), t, octets - udp, port) : 0;
}

static __always_inline int send_ipv4(struct __sk_buff *skb, const struct sl_probe_target *t)
{
	struct sl_probe_flow flow = { .family = 4 };
	struct ipv4_header ip;
	struct ports ports;
	__be32 to[4];

	if (READ(skb, L3, &ip) || ip.version_ihl != 0x45 || !has_ports(ip.proto) ||
	    READ(skb, L3 + sizeof(ip), &ports))
		return PASS_ON;
	take_ipv4(to, ip.dst);
	if (!is_same(to, t->to))
		return PASS_ON;
	COPY(flow.vip, t->vip);
	take_ipv4(flow.local, ip.src);
	flow.vip_port = ports.to;
	flow.local_port = ports.from;
	flow.proto = ip.proto;
	bpf_map_update_elem(&probe_flows, &flow, to, BPF_ANY);
	if (bpf_l4_csum_replace(skb, check_at(L3 + sizeof(ip), ip.proto), to[3], t->vip[3],
				sum_flags(ip.proto) | sizeof(to[3])) ||
	    change_ipv4(skb, L3, __builtin_offsetof(struct ipv4_header, dst), to[3], t->vip[3]))
		return TC_ACT_SHOT;
	return t->by != SL_PROBE_L2 && wrap_ipv4(skb, t, &ip, ports.from) ? TC_ACT_SHOT : TC_ACT_OK;
}

static __always_inline int send_ipv6(struct __sk_buff *skb, const struct sl_probe_target *t)
{
	struct sl_probe_flow flow = { .family = 6 };
	struct ipv6_header ip;
	struct ports ports;
	__be32 to[4], vip[4];

	if (READ(skb, L3, &ip) || !has_ports(ip.next) || READ(skb, L3 + sizeof(ip), &ports))
		return PASS_ON;
	COPY(to, ip.dst);
	if (!is_same(to, t->to))
		return PASS_ON;
	COPY(vip, t->vip);
	COPY(flow.vip, t->vip);
	COPY(flow.local, ip.src);
	flow.vip_port = ports.to;
	flow.local_port = ports.from;
	flow.proto = ip.next;
	bpf_map_update_elem(&probe_flows, &flow, to, BPF_ANY);
	if (change_ipv6(skb, L3 + __builtin_offsetof(struct ipv6_header, dst), to, vip,
			check_at(L3 + sizeof(ip), ip.next), sum_flags(ip.next)))
		return TC_ACT_SHOT;
	return t->by != SL_PROBE_L2 && wrap_ipv6(skb, t, &ip, ports.from) ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("tc")
int probe_out(struct __sk_buff *skb)
{
	const struct sl_probe_target *t;
	__u32 mark = skb->mark;

	if ((mark & 0xff000000) != SL_PROBE_MARK)
		return PASS_ON;
	t = bpf_map_lookup_elem(&probe_targets, &mark);
	if (!t)
		return PASS_ON;
	if ((t->mac[0] | t->mac[1] | t->mac[2] | t->mac[3] | t->mac[4] | t->mac[5]) &&
	    bpf_skb_store_bytes(skb, 0, t->mac, sizeof(t->mac), 0))
		return TC_ACT_SHOT;
	if (t->family == 4 && skb->protocol == bpf_htons(ETH_IPV4))
		return send_ipv4(skb, t);
	if (t->family == 6 && skb->protocol == bpf_htons(ETH_IPV6))
		return send_ipv6(skb, t);
	return PASS_ON;
}

/* ---- coming back ---------------------------------------------------------- */

/* An error about a probe: its quoted header gets the backend's address. The sum of
 * an IPv4 header makes up for that, so the error's own stays right. */
static __always_inline void take_error4(struct __sk_buff *skb)
{
	struct sl_probe_flow flow = { .family = 4 };
	__u32 at = L3 + sizeof(struct ipv4_header);
	struct icmp_header icmp;
	struct ipv4_header ip;
	struct ports ports;
	const __be32 *to;

	if (READ(skb, at, &icmp) || icmp.type != ICMP_UNREACHABLE)
		return;
	at += sizeof(icmp);
	if (READ(skb, at, &ip) || ip.version_ihl != 0x45 || READ(skb, at + sizeof(ip), &ports))
		return;
	take_ipv4(flow.vip, ip.dst);
	take_ipv4(flow.local, ip.src);
	flow.vip_port = ports.to;
	flow.local_port = ports.from;
	flow.proto = ip.proto;
	to = bpf_map_lookup_elem(&probe_flows, &flow);
	if (to)
		change_ipv4(skb, at, __builtin_offsetof(struct ipv4_header, dst), flow.vip[3], to[3]);
}

static __always_inline void take_error6(struct __sk_buff *skb)
{
	struct sl_probe_flow flow = { .family = 6 };
	__u32 error = L3 + sizeof(struct ipv6_header), at = error + sizeof(struct icmp_header);
	struct icmp_header icmp;
	struct ipv6_header ip;
	struct ports ports;
	__be32 *to;

	if (READ(skb, error, &icmp) || icmp.type != ICMPV6_UNREACHABLE ||
	    READ(skb, at, &ip) || READ(skb, at + sizeof(ip), &ports))
		return;
	COPY(flow.vip, ip.dst);
	COPY(flow.local, ip.src);
	flow.vip_port = ports.to;
	flow.local_port = ports.from;
	flow.proto = ip.next;
	to = bpf_map_lookup_elem(&probe_flows, &flow);
	if (to)
		change_ipv6(skb, at + __builtin_offsetof(struct ipv6_header, dst), flow.vip, to,
			    error + __builtin_offsetof(struct icmp_header, check), 0);
}

static __always_inline void take_ipv4_answer(struct __sk_buff *skb)
{
	struct sl_probe_flow flow = { .family = 4 };
	struct ipv4_header ip;
	struct ports ports;
	const __be32 *to;

	if (READ(skb, L3, &ip) || ip.version_ihl != 0x45 || ip.frag & BE16(IPV4_MF | IPV4_OFFSET))
		return;
	if (ip.proto == PROTO_ICMP)
		take_error4(skb);
	if (!has_ports(ip.proto) || READ(skb, L3 + sizeof(ip), &ports))
		return;
	take_ipv4(flow.vip, ip.src);
	take_ipv4(flow.local, ip.dst);
	flow.vip_port = ports.from;
	flow.local_port = ports.to;
	flow.proto = ip.proto;
	to = bpf_map_lookup_elem(&probe_flows, &flow);
	if (to && !bpf_l4_csum_replace(skb, check_at(L3 + sizeof(ip), ip.proto), flow.vip[3], to[3],
				       sum_flags(ip.proto) | sizeof(to[3])))
		change_ipv4(skb, L3, __builtin_offsetof(struct ipv4_header, src), flow.vip[3], to[3]);
}

static __always_inline void take_ipv6_answer(struct __sk_buff *skb)
{
	struct sl_probe_flow flow = { .family = 6 };
	struct ipv6_header ip;
	struct ports ports;
	__be32 *to;

	if (READ(skb, L3, &ip))
		return;
	if (ip.next == PROTO_ICMPV6)
		take_error6(skb);
	if (!has_ports(ip.next) || READ(skb, L3 + sizeof(ip), &ports))
		return;
	COPY(flow.vip, ip.src);
	COPY(flow.local, ip.dst);
	flow.vip_port = ports.from;
	flow.local_port = ports.to;
	flow.proto = ip.next;
	to = bpf_map_lookup_elem(&probe_flows, &flow);
	if (to)
		change_ipv6(skb, L3 + __builtin_offsetof(struct ipv6_header, src), flow.vip, to,
			    check_at(L3 + sizeof(ip), ip.next), sum_flags(ip.next));
}

SEC("tc")
int probe_in(struct __sk_buff *skb)
{
	if (skb->protocol == bpf_htons(ETH_IPV4))
		take_ipv4_answer(skb);
	else if (skb->protocol == bpf_htons(ETH_IPV6))
		take_ipv6_answer(skb);
	return PASS_ON;
}

char _license[] SEC("license") = "Dual BSD/GPL";
