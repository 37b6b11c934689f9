/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets described by layers: PACKET(ETH(), VLAN(.id = 7), IP4(.ttl = 1),
 * TCP()).
 *
 * Lengths, protocols and checksums are filled in. A field that is 0 has its
 * default; IS(0) says zero, and any other number says itself, true or not. In
 * a packet that is expected, ANY takes what is there, and an address may be a
 * prefix whose host bits are taken from what is there.
 */
#ifndef TESTS_PACKET_LAYERS_H
#define TESTS_PACKET_LAYERS_H

#include <stddef.h>
#include <stdint.h>

#define IS(number) (0x80000000u | (uint32_t)(number))
#define ANY        0x40000000u

enum { FRAME_MAX = 9600 };

struct frame {
	uint8_t byte[FRAME_MAX];
	size_t length;
};

enum layer_kind {
	LAYER_END,
	LAYER_ETH,
	LAYER_VLAN,
	LAYER_IP4,
	LAYER_IP6,
	LAYER_EXT,
	LAYER_FRAG6,
	LAYER_TCP,
	LAYER_UDP,
	LAYER_ICMP,
	LAYER_ICMP6,
	LAYER_SCTP,
	LAYER_RAW,
	LAYER_PAD,
	LAYER_CUT,
};

/* bits of .flags */
enum {
	FIN = 1,
	SYN = 2,
	RST = 4,
	PSH = 8,
	ACK = 16,
	URG = 32,
	ECE = 64,
	CWR = 128
};
enum { MF = 0x2000, DF = 0x4000, EVIL = 0x8000 };
/* IPv6 extension headers, for EXT(.kind =) and .next */
enum {
	EXT_HOP = 0,
	EXT_ROUTING = 43,
	EXT_AH = 51,
	EXT_DEST = 60,
	EXT_MOBILITY = 135
};

struct bytes {
	const char *at;
	size_t n;
};
/* octets of a string literal, without its NUL */
#define BYTES(literal) \
	{ \
		literal, sizeof(literal) - 1 \
	}

/* clang-format off */
struct layer {
	enum layer_kind kind;
	union {
		struct { const char *dst, *src; uint32_t type; } eth;
		struct { uint32_t id, pcp, tpid, type; } vlan;
		struct {
			const char *src, *dst;
			uint32_t ttl, tos, id, flags, offset, proto;	/* offset in octets */
			uint32_t version, ihl, total, sum;
			struct bytes options;
		} ip4;
		struct {
			const char *src, *dst;
			uint32_t hop, tos, label, next, version, length;
		} ip6;
		struct { uint32_t kind, next, length; struct bytes content; } ext;
		struct { uint32_t offset, more, id, next, reserved; } frag6;
		struct { uint32_t sport, dport, flags, doff; struct bytes options; } tcp;
		struct { uint32_t sport, dport, length, sum; } udp;
		struct { uint32_t type, code; } icmp;	/* 8 octets, v4 or v6 */
		struct { uint32_t sport, dport; } sctp;
		struct { uint32_t n, proto; struct bytes content; } raw;
		struct { uint32_t n; } pad, cut;
	};
};

#define PACKET(...) ((const struct layer[]){ __VA_ARGS__, { .kind = LAYER_END } })
#define ETH(...) { .kind = LAYER_ETH, .eth = { __VA_ARGS__ } }
#define VLAN(...) { .kind = LAYER_VLAN, .vlan = { __VA_ARGS__ } }
#define IP4(...) { .kind = LAYER_IP4, .ip4 = { __VA_ARGS__ } }
#define IP6(...) { .kind = LAYER_IP6, .ip6 = { __VA_ARGS__ } }
#define EXT(...) { .kind = LAYER_EXT, .ext = { __VA_ARGS__ } }
#define FRAG6(...) { .kind = LAYER_FRAG6, .frag6 = { __VA_ARGS__ } }
#define TCP(...) { .kind = LAYER_TCP, .tcp = { __VA_ARGS__ } }
#define UDP(...) { .kind = LAYER_UDP, .udp = { __VA_ARGS__ } }
#define ICMP(...) { .kind = LAYER_ICMP, .icmp = { __VA_ARGS__ } }
#define ICMP6(...) { .kind = LAYER_ICMP6, .icmp = { __VA_ARGS__ } }
#define SCTP(...) { .kind = LAYER_SCTP, .sctp = { __VA_ARGS__ } }
/* n octets 0, 1, 2 ...; or given ones. Inside the lengths of what is before. */
#define DATA(count) { .kind = LAYER_RAW, .raw = { .n = (count) } }
#define RAW(...) { .kind = LAYER_RAW, .raw = { .content = BYTES(__VA_ARGS__) } }
/* n octets 0xee behind the packet, in no length */
#define PAD(count) { .kind = LAYER_PAD, .pad = { count } }
/* the frame ends after n octets, whatever its headers say */
#define CUT(count) { .kind = LAYER_CUT, .cut = { count } }

/* clang-format on */

/* `seen`: where ANY and host bits of prefixes come from; NULL where there are
 * none. */
void frame_build(struct frame *out, const struct layer *layers,
		 const struct frame *seen);

#endif
