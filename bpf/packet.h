/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The traveller, the cursor that it is read with, and the headers on the wire.
 * Compiles on the host too, for the tests of what is pure.
 */
#ifndef SLUICE_PACKET_H
#define SLUICE_PACKET_H

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>

#include <sluice/abi.h>
#include <sluice/reasons.h>

#ifdef __bpf__
#include <bpf/bpf_helpers.h>
#endif
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL
#endif

/*
 * An index for a table of m + 1 elements. The AND must be the last operation
 * before the access, and clang must not see that it is redundant: kernels up
 * to 6.12 lose the bounds of a byte swap, 6.1 those of an OR.
 */
#ifdef __bpf__
#define IDX(x, m) ({ __u64 v_ = (x); asm volatile("" : "+r"(v_)); v_ & (m); })
#else
#define IDX(x, m) ((__u32)(x) & (__u32)(m))
#endif

/*
 * Zero, of which the verifier knows nothing, from a number of 64 bits of which it
 * knows as little. FORGET() adds it: the same number, now as unknown, so that
 * ways that differ in what is known of it are verified as one.
 */
#ifdef __bpf__
#define UNKNOWN_ZERO(number) ({ \
	__u64 z_, n_ = (number); \
	asm volatile("%0 -= %0" : "=r"(z_) : "0"(n_)); \
	z_; \
})
#define FORGET(x, zero) ({ \
	__u64 f_ = (x), z_ = (zero); \
	asm volatile("%0 += %1" : "+r"(f_) : "r"(z_)); \
	f_; \
})
#else
#define UNKNOWN_ZERO(number) ((void)(number), 0)
#define FORGET(x, zero) ((void)(zero), (x))
#endif

/* Computed here and so, whatever clang would make of it: it would move a load to
 * where ways join, though pointers differ there, or a mask back into a branch. */
#ifdef __bpf__
#define SETTLED(x) ({ __typeof__((x) + 0) s_ = (x); asm volatile("" : "+r"(s_)); s_; })
#else
#define SETTLED(x) (x)
#endif

/* Shifts by the lower six bits of n, as the instructions do; in C it would be
 * masked again. */
#ifdef __bpf__
#define SHIFT_LEFT(x, n) ({ \
	__u64 x_ = (x), n_ = (n); \
	asm("%0 <<= %1" : "+r"(x_) : "r"(n_)); \
	x_; \
})
#define SHIFT_RIGHT(x, n) ({ \
	__u64 x_ = (x), n_ = (n); \
	asm("%0 >>= %1" : "+r"(x_) : "r"(n_)); \
	x_; \
})
#else
#define SHIFT_LEFT(x, n) ((__u64)(x) << ((n) & 63))
#define SHIFT_RIGHT(x, n) ((__u64)(x) >> ((n) & 63))
#endif

/*
 * At the head of a loop: the verifier shall compare the ways that meet here. It
 * remembers a state in a loop after 20 jumps only, those of the turn itself among
 * them; till then each way through a turn doubles the work. Jumps to the next
 * instruction are not in the program that runs: the verifier takes them out.
 */
#ifdef __bpf__
#define CHECKPOINT() asm volatile(".rept 15; goto +0; .endr")
#else
#define CHECKPOINT() do { } while (0)
#endif

/* ---- the traveller ---------------------------------------------------- */

/* bits of pkt.traits */
enum {
	TRAIT_OPTIONS = 1,	/* IPv4 options */
	TRAIT_SOURCE_ROUTE = 2,	/* LSRR, SSRR, routing header 0 */
	TRAIT_ABOUT = 4,	/* an ICMP error about the flow that p describes */
};

enum { SEND_BACK, SEND_ELSEWHERE };

/* In pkt.type: its flow's record led it; it went to the previous owner. */
enum { TYPE_LED = 0x8000, TYPE_PREVIOUS = 0x4000 };

/* bits of pkt.drop */
enum {
	DROP_RULED = 1,		/* the verdict of a reason that goes either way */
	DROP_SPARED = 2,	/* `accepted` would drop it, but for the dry run */
	DROP_ANSWERED = 4,	/* not dropped: an answer takes its place */
};

/* In pieces that are written and read alike: a load that spans two recent stores
 * waits for both. */
struct macs {
	__u32 dst_head;
	__u16 dst_tail, src_head;
	__u32 src_tail;
};

struct hits { __u64 word[SL_RULE_WORDS]; };	/* rules that match, a bit each */

struct pkt {
	__u64  zero;		/* an unknown one, for FORGET() */
	/* parse; addresses are left aligned and in host order */
	__u64  src[2], dst[2];
	/* What begins 64 bits the verifier tells ways apart by: there stands nothing
	 * that it knows on one of them only. */
	__u32  length;		/* of the frame */
	__u32  ip_length;	/* of the IP packet, with its header */
	__u32  slot;		/* balance: the word of its slot */
	__be16 sport, dport;	/* 0: none; the straight line writes both as one */
	union {
		__u32 layout;	/* the straight line writes these as one */
		struct {
			__u8  l3, tags;	/* l3, l4: where the headers begin in the frame */
			__u16 l4;
		};
	};
	__u8   family;		/* 4 or 6, 0: not IP */
	__u8   proto, ttl;
	__u8   interface;	/* arrive: index in `interfaces`, MAX: not listed */
	union {
		__u32 rarities;	/* and these */
		struct {
			__u16 vlan;	/* id in the outer tag, 0: none */
			__u8  fragment, traits;
		};
	};
	__u16  type;		/* TCP flags, or 256 + ICMP type; TYPE_* */
	union {
		__be16 ethertype;	/* below the tags; used if not IP */
		__u16  id_at;	/* of a fragment: where in the frame its datagram's id is */
	};
	/* what is found out; all zero at first, by three stores */
	__u16  rule;		/* counter + 1 of the rule with a verdict */
	__u16  service;		/* index + 1 */
	__u16  backend;		/* id */
	__u16  from_class;
	__u32  vip;		/* number of the service address, 0: none */
	__u8   flags;		/* SL_CLASS_*: of its source and destination */
	__u8   accepted;	/* the reason for which the filter let it in, or spared it */
	__u8   drop;		/* DROP_* */
	__u8   sent;		/* SEND_*, if its reason says that it is sent */
	__u16  to_class;
	__u16  sampled;		/* counter + 1 of the rule that samples it */
	__u32  turn;		/* arrive: which bank, zero or all ones */
	union {
		struct hits hits;	/* rules, while they are visited */
		struct {		/* balance, route */
			const struct sl_backend *to;
			struct macs macs;	/* of the frame that leaves */
			__u32  ifindex;		/* where it leaves, if SEND_ELSEWHERE */
			__u64  hash;		/* of the flow, 32 bits */
		};
	};
};

#define WORDS_OF_RULES(w) for (__u32 w = 0; w < SL_RULE_WORDS; w++)

/* Between rules and balance: p is handed to functions, and kernel 6.1 wants all of
 * it written before; nor shall what the rules left keep the verifier's ways apart. */
static __always_inline void forget_hits(struct pkt *p)
{
	UNROLL
	WORDS_OF_RULES(w)
		p->hits.word[w] = 0;
	asm volatile("");	/* apart, else all of it is written in words of 32 bits */
	p->slot = 0;
}

/* The filter, or nobody, has let it in: it goes to the stack. */
static __always_inline int to_stack(const struct pkt *p)
{
	return p->accepted ? -(int)p->accepted : -SL_PASS;
}

/* ---- octets ------------------------------------------------------------ */

#ifdef __bpf__
#define ANY(type) type __attribute__((may_alias))
static __always_inline __u16 load16(const void *at) { return *(const ANY(__u16) *)at; }
static __always_inline __u32 load32(const void *at) { return *(const ANY(__u32) *)at; }
static __always_inline __u64 load64(const void *at) { return *(const ANY(__u64) *)at; }
static __always_inline void store16(void *at, __u16 v) { *(ANY(__u16) *)at = v; }
static __always_inline void store32(void *at, __u32 v) { *(ANY(__u32) *)at = v; }
static __always_inline void store64(void *at, __u64 v) { *(ANY(__u64) *)at = v; }
#else
static inline __u16 load16(const void *at) { __u16 v; __builtin_memcpy(&v, at, 2); return v; }
static inline __u32 load32(const void *at) { __u32 v; __builtin_memcpy(&v, at, 4); return v; }
static inline __u64 load64(const void *at) { __u64 v; __builtin_memcpy(&v, at, 8); return v; }
static inline void store16(void *at, __u16 v) { __builtin_memcpy(at, &v, 2); }
static inline void store32(void *at, __u32 v) { __builtin_memcpy(at, &v, 4); }
static inline void store64(void *at, __u64 v) { __builtin_memcpy(at, &v, 8); }
#endif

/*
 * Reads a frame from its start. `limit` is where its content ends: padding is
 * not content, and what lies beyond `end` (in a later buffer) cannot be read.
 */
struct cursor {
	const __u8 *start, *end;
	__u32 off, limit;
};

enum { OFFSET_MASK = 0x3fff };	/* no header begins further in */

static __always_inline const void *take_octets(struct cursor *c, __u32 size)
{
	const __u8 *at = c->start + IDX(c->off, OFFSET_MASK);

	if (c->off + size > c->limit || at + size > c->end)
		return 0;
	c->off += size;
	return at;
}

/* The next header, or NULL if it is not all there. */
#define take(c, type) ((const type *)take_octets(c, sizeof(type)))

#ifdef __bpf__
/* `size` octets of the frame as it is now, or NULL. After adjust_head: again. */
static __always_inline void *frame_at(const struct xdp_md *ctx, __u32 off, __u32 size)
{
	__u8 *at = (__u8 *)(long)ctx->data;

	at += __builtin_constant_p(off) ? off : IDX(off, OFFSET_MASK);
	if (at + size > (__u8 *)(long)ctx->data_end)
		return 0;
	__builtin_assume(at != 0);
	return at;
}
#endif

/* ---- headers: no field is wider than the frame is aligned --------------- */

struct eth_header { __u8 dst[6], src[6]; __be16 type; };
struct vlan_tag { __be16 tci, type; };	/* type: of what follows */

struct ipv4_header {
	__u8   version_ihl, tos;
	__be16 total, id, frag;
	__u8   ttl, proto;
	__be16 check;
	__be16 src[2], dst[2];
};

struct ipv6_header {
	__u8   version_class, class_label;
	__be16 label, payload;
	__u8   next, hops;
	__be16 src[8], dst[8];
};

struct ipv6_extension { __u8 next, length, type, left; };
struct ipv6_fragment { __u8 next, zero; __be16 offset, id[2]; };

struct tcp_header {
	__be16 sport, dport, seq[2], ack[2];
	__u8   doff, flags;
	__be16 window, check, urgent;
};

struct udp_header { __be16 sport, dport, length, check; };
struct icmp_header { __u8 type, code; __be16 check, rest[2]; };
struct sctp_header { __be16 sport, dport, tag[2], check[2]; };

enum {
	ETH_IPV4 = 0x0800, ETH_ARP = 0x0806, ETH_IPV6 = 0x86dd,
	ETH_VLAN = 0x8100, ETH_SERVICE_VLAN = 0x88a8,
};

enum {
	PROTO_HOP_BY_HOP = 0, PROTO_ICMP = 1, PROTO_IPIP = 4, PROTO_TCP = 6,
	PROTO_UDP = 17, PROTO_IPV6 = 41, PROTO_ROUTING = 43,
	PROTO_FRAGMENT = 44, PROTO_AH = 51, PROTO_ICMPV6 = 58,
	PROTO_DESTINATION = 60, PROTO_SCTP = 132, PROTO_MOBILITY = 135,
};

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16, TCP_URG = 32 };
enum { IPV4_DF = 0x4000, IPV4_MF = 0x2000, IPV4_OFFSET = 0x1fff };

#define BE16(x) ((__be16)bpf_htons(x))

#endif
