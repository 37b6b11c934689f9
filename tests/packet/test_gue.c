/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* GUE, variant 1: encapsulated and opened byte for byte, over both families;
 * and L2, where there is nothing to encapsulate. */
#include <stdio.h>
#include <string.h>

#include "tests/packet/harness.h"

#define POOL(name, more) \
	"  " name ": {next_hop: \"02:00:00:00:00:aa\", " more "}\n"
#define CONFIG \
	HEAD "pools:\n" \
	POOL("v4", "encap: gue, source: 10.255.0.1/32, backends: [{address: 10.0.0.21}]") \
	POOL("v6", "encap: gue, source: \"2001:db8:ff::1/128\", backends: [{address: \"2001:db8:b::21\"}]") \
	POOL("port", "encap: gue, gue: {port: 6635}, source: 10.255.0.1/32, backends: [{address: 10.0.0.21}]") \
	POOL("ipip", "source: 10.255.0.1/32, backends: [{address: 10.0.0.21}]") \
	POOL("l2", "encap: l2, backends: [{address: 10.0.0.22}]") \
	POOL("l2six", "encap: l2, backends: [{address: \"2001:db8:b::22\"}]") \
	"services:\n" \
	"  s4: {addresses: [203.0.113.4, \"2001:db8:80::4\"], tcp: [80], udp: [80], pool: v4}\n" \
	"  s6: {addresses: [203.0.113.6, \"2001:db8:80::6\"], tcp: [80], udp: [80], pool: v6}\n" \
	"  port: {addresses: [203.0.113.7], tcp: [80], pool: port}\n" \
	"  ipip: {addresses: [203.0.113.8], tcp: [80], pool: ipip}\n" \
	"  l2: {addresses: [203.0.113.9, \"2001:db8:80::9\"], tcp: [80], pool: l2}\n" \
	"  l2six: {addresses: [203.0.113.10, \"2001:db8:80::10\"], tcp: [80], pool: l2six}\n" \
	"decap: {addresses: [10.0.0.2, \"2001:db8::2\"], from: [10.0.0.100, \"2001:db8:f::/64\"]}\n"

#define SENT(promise, in, leaves) \
	REWRITES(promise, CONFIG, XDP_TX, SL_FORWARDED, in, leaves)
#define OPENED(promise, in, leaves) \
	REWRITES(promise, CONFIG, XDP_PASS, SL_DECAPSULATED, in, leaves)
#define REFUSED(promise, why, ...) DROPS(promise, CONFIG, why, ETH(), __VA_ARGS__)
#define BAD(promise, ...)          REFUSED(promise, SL_MALFORMED_INNER, __VA_ARGS__)
#define STACK(promise, ...)        PASSES(promise, CONFIG, SL_PASS, ETH(), __VA_ARGS__)
#define TURNED ETH(.dst = "02:00:00:00:00:aa", .src = "02:00:00:00:00:02")
#define OUTER4(...) \
	IP4(.src = "10.255.0.1", .dst = "10.0.0.21", .ttl = 64, __VA_ARGS__)
#define OUTER6(...) \
	IP6(.src = "2001:db8:ff::1", .dst = "2001:db8:b::21", .hop = 64, .label = ANY, __VA_ARGS__)
#define TO4(...)       IP4(.dst = "203.0.113.4", __VA_ARGS__)
#define TO6(...)       IP4(.dst = "203.0.113.6", __VA_ARGS__)
#define SIX_TO4(...)   IP6(.dst = "2001:db8:80::4", __VA_ARGS__)
#define SIX_TO6(...)   IP6(.dst = "2001:db8:80::6", __VA_ARGS__)
/* The source port is the flow's hash: in what is expected it is taken over. */
#define GUE            UDP(.sport = ANY, .dport = 6080, .sum = IS(0))
#define TUNNEL4(...)   IP4(.src = "10.0.0.100", .dst = "10.0.0.2", __VA_ARGS__)
#define TUNNEL6(...)   IP6(.src = "2001:db8:f::7", .dst = "2001:db8::2", __VA_ARGS__)
#define GUE_IN(...)    UDP(.sport = 50000, .dport = 6080, __VA_ARGS__)
#define INNER4(...)    IP4(.src = "192.0.2.7", .dst = "203.0.113.10", __VA_ARGS__)
#define INNER6(...)    IP6(.src = "2001:db8:7::7", .dst = "2001:db8:80::10", __VA_ARGS__)

static const struct trial trials[] = {
	/* encapsulated */
	SENT("ipv4_over_ipv4_byte_for_byte",
	     PACKET(ETH(), TO4(.id = 77, .flags = DF, .ttl = 9), TCP(), DATA(100)),
	     PACKET(TURNED, OUTER4(.flags = DF), GUE, TO4(.id = 77, .flags = DF, .ttl = 9), TCP(), DATA(100))),
	SENT("ipv6_over_ipv4_byte_for_byte",
	     PACKET(ETH(), SIX_TO4(.hop = 9, .label = 0x12345), TCP(), DATA(100)),
	     PACKET(TURNED, OUTER4(.flags = DF), GUE, SIX_TO4(.hop = 9, .label = 0x12345), TCP(), DATA(100))),
	SENT("ipv4_over_ipv6_byte_for_byte",
	     PACKET(ETH(), TO6(.id = 77, .flags = DF), TCP(), DATA(100)),
	     PACKET(TURNED, OUTER6(), GUE, TO6(.id = 77, .flags = DF), TCP(), DATA(100))),
	SENT("ipv6_over_ipv6_byte_for_byte",
	     PACKET(ETH(), SIX_TO6(.hop = 9), TCP(), DATA(100)),
	     PACKET(TURNED, OUTER6(), GUE, SIX_TO6(.hop = 9), TCP(), DATA(100))),
	SENT("udp_byte_for_byte",
	     PACKET(ETH(), TO4(), UDP(), DATA(7)),
	     PACKET(TURNED, OUTER4(.id = ANY), GUE, TO4(), UDP(), DATA(7))),
	SENT("dscp_and_ecn_are_copied",
	     PACKET(ETH(), TO4(.tos = 0xba, .flags = DF), TCP()),
	     PACKET(TURNED, OUTER4(.tos = 0xba, .flags = DF), GUE, TO4(.tos = 0xba, .flags = DF), TCP())),
	SENT("dscp_and_ecn_are_copied_from_ipv6",
	     PACKET(ETH(), SIX_TO6(.tos = 0xbb), TCP()),
	     PACKET(TURNED, OUTER6(.tos = 0xbb), GUE, SIX_TO6(.tos = 0xbb), TCP())),
	SENT("tags_are_kept",
	     PACKET(ETH(), VLAN(.id = 7), VLAN(.id = 8), TO4(.flags = DF), TCP()),
	     PACKET(TURNED, VLAN(.id = 7), VLAN(.id = 8), OUTER4(.flags = DF), GUE, TO4(.flags = DF), TCP())),
	SENT("four_tags_are_kept",
	     PACKET(ETH(), VLAN(.id = 1), VLAN(.id = 2), VLAN(.id = 3), VLAN(.id = 4), SIX_TO6(), TCP()),
	     PACKET(TURNED, VLAN(.id = 1), VLAN(.id = 2), VLAN(.id = 3), VLAN(.id = 4), OUTER6(), GUE, SIX_TO6(), TCP())),
	SENT("padding_is_in_no_length",
	     PACKET(ETH(), TO4(.flags = DF), UDP(), PAD(18)),
	     PACKET(TURNED, OUTER4(.flags = DF), GUE, TO4(.flags = DF), UDP(), PAD(18))),
	SENT("options_travel",
	     PACKET(ETH(), TO6(.options = BYTES("\x94\x04\0\0")), TCP()),
	     PACKET(TURNED, OUTER6(), GUE, TO6(.options = BYTES("\x94\x04\0\0")), TCP())),
	SENT("another_port_is_used",
	     PACKET(ETH(), IP4(.dst = "203.0.113.7", .flags = DF), TCP()),
	     PACKET(TURNED, OUTER4(.flags = DF), UDP(.sport = ANY, .dport = 6635, .sum = IS(0)),
		    IP4(.dst = "203.0.113.7", .flags = DF), TCP())),
	SENT("ipip_beside_it_stays_ipip",
	     PACKET(ETH(), IP4(.dst = "203.0.113.8", .flags = DF), TCP()),
	     PACKET(TURNED, OUTER4(.flags = DF), IP4(.dst = "203.0.113.8", .flags = DF), TCP())),
	SENT("1472_octets_fit",
	     PACKET(ETH(), TO4(.flags = DF), TCP(), DATA(1432)),
	     PACKET(TURNED, OUTER4(.flags = DF), GUE, TO4(.flags = DF), TCP(), DATA(1432))),
	REFUSED("1473_octets_do_not_fit", SL_TOO_BIG, TO4(), TCP(), DATA(1433)),
	SENT("1452_octets_fit_over_ipv6",
	     PACKET(ETH(), TO6(), TCP(), DATA(1412)),
	     PACKET(TURNED, OUTER6(), GUE, TO6(), TCP(), DATA(1412))),
	REFUSED("1453_octets_do_not_fit_over_ipv6", SL_TOO_BIG, TO6(), TCP(), DATA(1413)),

	/* L2 */
	SENT("l2_sends_ipv4_as_it_is", PACKET(ETH(), IP4(.dst = "203.0.113.9", .ttl = 9), TCP(), DATA(1460)),
	     PACKET(TURNED, IP4(.dst = "203.0.113.9", .ttl = 9), TCP(), DATA(1460))),
	SENT("l2_sends_ipv6_as_it_is", PACKET(ETH(), IP6(.dst = "2001:db8:80::9"), TCP()),
	     PACKET(TURNED, IP6(.dst = "2001:db8:80::9"), TCP())),
	SENT("l2_sends_ipv4_to_an_ipv6_backend", PACKET(ETH(), IP4(.dst = "203.0.113.10"), TCP()),
	     PACKET(TURNED, IP4(.dst = "203.0.113.10"), TCP())),
	SENT("l2_sends_ipv6_to_an_ipv6_backend", PACKET(ETH(), IP6(.dst = "2001:db8:80::10"), TCP()),
	     PACKET(TURNED, IP6(.dst = "2001:db8:80::10"), TCP())),
	SENT("l2_keeps_tags", PACKET(ETH(), VLAN(.id = 7), IP4(.dst = "203.0.113.9"), TCP()),
	     PACKET(TURNED, VLAN(.id = 7), IP4(.dst = "203.0.113.9"), TCP())),
	SENT("l2_keeps_four_tags",
	     PACKET(ETH(), VLAN(.id = 1), VLAN(.id = 2), VLAN(.id = 3), VLAN(.id = 4), IP6(.dst = "2001:db8:80::9"), TCP()),
	     PACKET(TURNED, VLAN(.id = 1), VLAN(.id = 2), VLAN(.id = 3), VLAN(.id = 4), IP6(.dst = "2001:db8:80::9"), TCP())),
	SENT("l2_keeps_the_tags_of_a_first_fragment",
	     PACKET(ETH(), VLAN(.id = 7), IP4(.dst = "203.0.113.9", .flags = MF), TCP(), DATA(4)),
	     PACKET(TURNED, VLAN(.id = 7), IP4(.dst = "203.0.113.9", .flags = MF), TCP(), DATA(4))),
	SENT("l2_keeps_the_tags_of_a_first_ipv6_fragment",
	     PACKET(ETH(), VLAN(.id = 7), IP6(.dst = "2001:db8:80::9"), FRAG6(.more = 1), TCP(), DATA(4)),
	     PACKET(TURNED, VLAN(.id = 7), IP6(.dst = "2001:db8:80::9"), FRAG6(.more = 1), TCP(), DATA(4))),
	REFUSED("l2_has_an_mtu_as_well", SL_TOO_BIG, IP4(.dst = "203.0.113.9"), TCP(), DATA(1461)),

	/* opened */
	OPENED("ipv4_over_ipv4_is_opened",
	       PACKET(ETH(), TUNNEL4(), GUE_IN(.sum = IS(0)), INNER4(.ttl = 9), TCP(), DATA(100)),
	       PACKET(ETH(), INNER4(.ttl = 9), TCP(), DATA(100))),
	OPENED("ipv6_over_ipv4_is_opened",
	       PACKET(ETH(), TUNNEL4(), GUE_IN(.sum = IS(0)), INNER6(), UDP(), DATA(100)),
	       PACKET(ETH(), INNER6(), UDP(), DATA(100))),
	OPENED("ipv4_over_ipv6_is_opened",
	       PACKET(ETH(), TUNNEL6(), GUE_IN(.sum = IS(0)), INNER4(), TCP(), DATA(100)),
	       PACKET(ETH(), INNER4(), TCP(), DATA(100))),
	OPENED("ipv6_over_ipv6_is_opened",
	       PACKET(ETH(), TUNNEL6(), GUE_IN(.sum = IS(0)), INNER6(), TCP(), DATA(100)),
	       PACKET(ETH(), INNER6(), TCP(), DATA(100))),
	OPENED("a_checksum_outside_does_not_matter",
	       PACKET(ETH(), TUNNEL4(), GUE_IN(), INNER4(), TCP()),
	       PACKET(ETH(), INNER4(), TCP())),
	OPENED("any_source_port_is_opened",
	       PACKET(ETH(), TUNNEL4(), UDP(.sport = 1, .dport = 6080), INNER4(), TCP()),
	       PACKET(ETH(), INNER4(), TCP())),
	OPENED("tags_stay_when_it_is_opened",
	       PACKET(ETH(), VLAN(.id = 1), VLAN(.id = 2), VLAN(.id = 3), VLAN(.id = 4), TUNNEL4(), GUE_IN(), INNER6(), TCP()),
	       PACKET(ETH(), VLAN(.id = 1), VLAN(.id = 2), VLAN(.id = 3), VLAN(.id = 4), INNER6(), TCP())),
	OPENED("outer_options_are_taken_off",
	       PACKET(ETH(), TUNNEL4(.options = BYTES("\x94\x04\0\0")), GUE_IN(), INNER4(), TCP()),
	       PACKET(ETH(), INNER4(), TCP())),
	OPENED("outer_extension_headers_are_taken_off",
	       PACKET(ETH(), TUNNEL6(), EXT(.kind = EXT_DEST), GUE_IN(), INNER4(), TCP()),
	       PACKET(ETH(), INNER4(), TCP())),
	OPENED("congestion_is_carried_in", PACKET(ETH(), TUNNEL4(.tos = 3), GUE_IN(), INNER4(.tos = 0x2a), TCP()),
	       PACKET(ETH(), INNER4(.tos = 0x2b), TCP())),
	OPENED("congestion_is_carried_into_ipv6", PACKET(ETH(), TUNNEL6(.tos = 3), GUE_IN(), INNER6(.tos = 2), TCP()),
	       PACKET(ETH(), INNER6(.tos = 3), TCP())),
	OPENED("a_frame_of_9000_octets_is_opened",
	       PACKET(ETH(), TUNNEL4(), GUE_IN(), INNER4(), TCP(), DATA(8900)),
	       PACKET(ETH(), INNER4(), TCP(), DATA(8900))),
	STACK("another_port_is_the_stacks", TUNNEL4(), UDP(.dport = 6081), INNER4(), TCP()),
	STACK("the_port_as_a_source_is_the_stacks", TUNNEL4(), UDP(.sport = 6080, .dport = 53), INNER4(), TCP()),
	STACK("the_port_of_tcp_is_the_stacks", TUNNEL4(), TCP(.dport = 6080)),
	STACK("another_address_is_the_stacks", IP4(.src = "10.0.0.100", .dst = "10.0.0.3"), GUE_IN(), INNER4(), TCP()),
	REFUSED("an_untrusted_source_is_refused", SL_DECAP_UNTRUSTED,
		IP4(.src = "10.0.0.101", .dst = "10.0.0.2"), GUE_IN(), INNER4(), TCP()),
	REFUSED("an_untrusted_ipv6_source_is_refused", SL_DECAP_UNTRUSTED,
		IP6(.src = "2001:db8:e::7", .dst = "2001:db8::2"), GUE_IN(), INNER4(), TCP()),
	REFUSED("a_tunnel_inside_is_nested", SL_DECAP_NESTED, TUNNEL4(), GUE_IN(), INNER4(), IP4(), TCP()),
	REFUSED("an_ipv6_tunnel_inside_is_nested", SL_DECAP_NESTED, TUNNEL6(), GUE_IN(), INNER6(), IP6(), TCP()),
	BAD("variant_0_is_malformed", TUNNEL4(), GUE_IN(), RAW("\0\4\0\0"), INNER4(), TCP()),
	BAD("nothing_inside_is_malformed", TUNNEL4(), GUE_IN()),
	BAD("padding_is_not_inside", TUNNEL4(), GUE_IN(), PAD(40)),
	BAD("a_cut_header_is_malformed", TUNNEL4(.total = 47), GUE_IN(.length = 27), INNER4()),
	BAD("a_cut_ipv6_header_is_malformed", TUNNEL4(.total = 67), GUE_IN(.length = 47), INNER6()),
	BAD("a_length_beyond_that_of_udp_is_malformed", TUNNEL4(), GUE_IN(.length = 47), INNER4(), TCP()),
	BAD("an_ihl_of_4_is_malformed", TUNNEL4(), GUE_IN(), INNER4(.ihl = 4), TCP()),
	BAD("a_version_of_5_is_malformed", TUNNEL4(), GUE_IN(), INNER4(.version = 5), TCP()),
	BAD("a_first_fragment_is_malformed", TUNNEL4(.flags = MF), GUE_IN(), INNER4(), TCP(), DATA(8)),
	BAD("congestion_that_cannot_be_carried_is_dropped", TUNNEL4(.tos = 3), GUE_IN(), INNER4(), TCP()),
};

/* A flow keeps its source port, in the range for that, and others have others. */
static void a_flow_has_its_source_port(void **state)
{
	static struct frame in, out;
	static uint8_t seen[65536];
	unsigned ports = 0;

	(void)state;
	rig_apply(CONFIG);
	for (uint32_t i = 0; i < 500; i++) {
		unsigned port, again;

		frame_build(&in, PACKET(ETH(), TO4(), TCP(.sport = 1024 + i)), NULL);
		expect_number((uint64_t)rig_run(&in, &out), XDP_TX);
		port = (unsigned)out.byte[34] << 8 | out.byte[35];
		expect_number((uint64_t)rig_run(&in, &out), XDP_TX);
		again = (unsigned)out.byte[34] << 8 | out.byte[35];
		expect_number(again, port);
		assert_in_range(port, 49152, 65535);
		ports += !seen[port]++;
	}
	assert_in_range(ports, 470, 500);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flow_has_its_source_port),
	};

	return rig_main(trials, sizeof(trials) / sizeof(trials[0]), tests,
			sizeof(tests) / sizeof(tests[0]));
}
