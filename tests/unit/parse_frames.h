/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Frames for the tests of the parser, written as text, and the ways to parse
 * them on the host.
 *
 * A text is hex digits, blanks, and:
 *   T    16 bits: octets from two before here to the end, an IPv4 total length
 *   P    16 bits: octets from 36 behind here to the end, an IPv6 payload length
 *   U    16 bits: octets from four before here to the end, a UDP length
 *   {N}  N octets 0
 *   /    here the transport layer begins
 *   |    here the IP packet ends: what follows is padding
 */
#ifndef TESTS_UNIT_PARSE_FRAMES_H
#define TESTS_UNIT_PARSE_FRAMES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include "bpf/parse.h"
#pragma GCC diagnostic pop

/* 2001:db8::5 and 2001:db8::2 */
#define FROM6 "20010db8000000000000000000000005 "
#define TO6 "20010db8000000000000000000000002 "

#define MACS "020000000002 020000000001 "
#define TAG(tci) "8100 " tci " "
#define SERVICE_TAG(tci) "88a8 " tci " "

/* a packet: its ethertype and IP header, the words of which are hex */
#define IPV4(ihl, frag, ttl, proto, options) \
	"0800 4" ihl "00 T 0001 " frag " " ttl proto " 0000 0a000005 0a000002 " options " "
#define IPV6(hops, next) \
	"86dd 60000000 P " next hops " " FROM6 TO6
#define IP4(proto) IPV4("5", "0000", "40", proto, "")
#define IP4_FRAG(frag, proto) IPV4("5", frag, "40", proto, "")
#define IP4_OPTIONS(ihl, options) IPV4(ihl, "0000", "40", P_TCP, options)
#define IP6(next) IPV6("40", next)

/* protocols */
#define P_HOP "00"
#define P_ICMP "01"
#define P_TCP "06"
#define P_UDP "11"
#define P_ROUTING "2b"
#define P_FRAG "2c"
#define P_AH "33"
#define P_ICMPV6 "3a"
#define P_DST "3c"
#define P_SCTP "84"
#define P_MOBILITY "87"
#define P_UNKNOWN "fd"

/* extension headers: a kind is known from `next` of the header before */
#define EXT(next) next "00 01 04 00000000 "
#define EXT_OF(next, length, octets) next length " 0000 {" octets "} "
#define ROUTING(next, type) next "00 " type "01 00000000 "
#define AH(next) EXT_OF(next, "04", "20")
#define FRAG(next, word) next "00 " word " 00000001 "
#define ATOMIC(next) FRAG(next, "0000")

/* transport headers, from port 40000 to 80 */
#define TCP_(doff, flags) "9c40 0050 00000001 00000000 " doff flags " ffff 0000 0000 "
#define TCP TCP_("50", "02")
#define UDP_(length) "9c40 0050 " length " 0000 "
#define UDP UDP_("U")
#define ICMP(type) type "00 0000 0001 0001 "
#define SCTP "9c40 0050 00000001 00000000 "

struct frame {
	size_t n, end;		/* octets; of them before the padding */
	size_t l3, l4;		/* where they begin, 0: its text does not say */
	uint8_t octet[16384];
};

void frame_write(struct frame *f, const char *text);	/* or the test fails */

/* What the parser says of n octets that lie at the very end of memory. */
int parse_short_way(const uint8_t *octet, size_t n, struct pkt *p);
int parse_long_way(const uint8_t *octet, size_t n, struct pkt *p);

/* The first `linear` octets are all that can be read: the rest is elsewhere. */
int parse_first_buffer(const uint8_t *octet, size_t n, size_t linear, struct pkt *p);

/* All that parse sets is the same, or the test fails and says what is not. */
void expect_pkt(const char *name, const struct pkt *got, const struct pkt *want);

/* What is accepted, and what it is; shape_want() adds what the text says. */
struct shape { const char *name, *text; struct pkt want; };

extern const struct shape shapes[];
extern const size_t n_shapes;

struct pkt shape_want(const struct shape *s, const struct frame *f);

#endif
