/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames for the benchmark, described by layers. */
#ifndef BENCH_FRAMES_H
#define BENCH_FRAMES_H

#include <stdint.h>

struct frame_layers {
	uint8_t tags;    /* VLAN tags, 0 to 4 */
	uint8_t options; /* octets of IPv4 options, of NOPs */
	uint8_t proto;   /* IPPROTO_TCP, IPPROTO_UDP; IPPROTO_ICMP: an error
			    that quotes a TCP segment of the flow's answer */
	uint8_t flags;   /* of TCP */
	uint16_t fragment; /* of IPv4, as in the header; later ones: no ports */
	const char *payload; /* how it begins; NULL: zeroes */
	uint8_t octets;      /* of it */
	uint16_t sport, dport;
	const char *from, *to;             /* their look tells the family */
	const char *outer_from, *outer_to; /* of a tunnel; NULL: none */
};

struct frame {
	uint8_t octet[256];
	uint32_t length;
	uint32_t l3;    /* first IP header */
	uint32_t inner; /* header inside the tunnel; else l3 */
	uint32_t ports;
};

enum { FRAME_OURS = 0x01, FRAME_THEIRS = 0x02 }; /* last octet of MACs */

/* Transport checksums are left 0: nothing on the way looks at them. */
void frame_make(const struct frame_layers *layers, struct frame *frame);

uint16_t frame_sum(const void *octets,
		   uint32_t length); /* RFC 1071, 0: right */

#endif
