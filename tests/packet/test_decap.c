/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tunnel packets to a decap address: the four kinds byte for byte, and who is
 * refused. */
#include "tests/packet/harness.h"

#define CONFIG \
	HEAD "decap:\n" \
	     "  addresses: [10.0.0.2, \"2001:db8::2\"]\n" \
	     "  from: [10.0.0.100, 10.7.0.0/16, \"2001:db8:f::/64\"]\n" \
	     "pools:\n  web: {next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.21}]}\n" \
	     "services:\n  www: {addresses: [203.0.113.10], tcp: [80], pool: web}\n"
#define OPENED(promise, in, leaves) \
	REWRITES(promise, CONFIG, XDP_PASS, SL_DECAPSULATED, in, leaves)
#define REFUSED(promise, why, ...) DROPS(promise, CONFIG, why, __VA_ARGS__)
#define STACK(promise, ...)        PASSES(promise, CONFIG, SL_PASS, __VA_ARGS__)
#define OUTER4(...)                IP4(.src = "10.0.0.100", .dst = "10.0.0.2", __VA_ARGS__)
#define OUTER6(...) \
	IP6(.src = "2001:db8:f::7", .dst = "2001:db8::2", __VA_ARGS__)
#define INNER4(...) IP4(.src = "192.0.2.7", .dst = "203.0.113.10", __VA_ARGS__)
#define INNER6(...) \
	IP6(.src = "2001:db8:7::7", .dst = "2001:db8:80::10", __VA_ARGS__)
#define INNER_BAD(promise, ...) \
	REFUSED(promise, SL_MALFORMED_INNER, ETH(), __VA_ARGS__)

/* RFC 6040, 4.2: codepoints 0 not-ECT, 1 ECT(1), 2 ECT(0), 3 CE. */
#define ECN4(promise, outer, inner, leaves) \
	OPENED(promise, \
	       PACKET(ETH(), OUTER4(.tos = (outer)), \
		      INNER4(.tos = 0x28 | (inner)), TCP()), \
	       PACKET(ETH(), INNER4(.tos = 0x28 | (leaves)), TCP()))
#define ECN6(promise, outer, inner, leaves) \
	OPENED(promise, \
	       PACKET(ETH(), OUTER6(.tos = (outer)), \
		      INNER6(.tos = 0xb8 | (inner)), TCP()), \
	       PACKET(ETH(), INNER6(.tos = 0xb8 | (leaves)), TCP()))

static const struct trial trials[] = {
	/* four kinds */
	OPENED("ipv4_in_ipv4_is_opened_byte_for_byte",
	       PACKET(ETH(), OUTER4(.ttl = 60, .id = 3),
		      INNER4(.ttl = 9, .id = 77), TCP(), DATA(100)),
	       PACKET(ETH(), INNER4(.ttl = 9, .id = 77), TCP(), DATA(100))),
	OPENED("ipv6_in_ipv4_is_opened_byte_for_byte",
	       PACKET(ETH(), OUTER4(), INNER6(.hop = 9, .label = 0x12345),
		      UDP(), DATA(100)),
	       PACKET(ETH(), INNER6(.hop = 9, .label = 0x12345), UDP(),
		      DATA(100))),
	OPENED("ipv4_in_ipv6_is_opened_byte_for_byte",
	       PACKET(ETH(), OUTER6(.label = 0xabcde),
		      INNER4(.ttl = 9, .flags = DF), TCP(), DATA(100)),
	       PACKET(ETH(), INNER4(.ttl = 9, .flags = DF), TCP(), DATA(100))),
	OPENED("ipv6_in_ipv6_is_opened_byte_for_byte",
	       PACKET(ETH(), OUTER6(.label = 0xabcde),
		      INNER6(.hop = 9, .label = 0x12345), TCP(), DATA(100)),
	       PACKET(ETH(), INNER6(.hop = 9, .label = 0x12345), TCP(),
		      DATA(100))),
	OPENED("the_inner_dscp_stays",
	       PACKET(ETH(), OUTER4(.tos = 0xb8), INNER4(.tos = 0x28), TCP()),
	       PACKET(ETH(), INNER4(.tos = 0x28), TCP())),
	OPENED("a_header_alone_is_opened",
	       PACKET(ETH(), OUTER4(), INNER4(.proto = 253)),
	       PACKET(ETH(), INNER4(.proto = 253))),
	OPENED("inner_options_stay",
	       PACKET(ETH(), OUTER4(), INNER4(.options = BYTES("\x94\x04\0\0")),
		      TCP()),
	       PACKET(ETH(), INNER4(.options = BYTES("\x94\x04\0\0")), TCP())),
	OPENED("an_inner_fragment_is_opened",
	       PACKET(ETH(), OUTER4(), INNER4(.offset = 80, .proto = 17),
		      DATA(9)),
	       PACKET(ETH(), INNER4(.offset = 80, .proto = 17), DATA(9))),
	OPENED("a_wrong_inner_checksum_stays",
	       PACKET(ETH(), OUTER4(), INNER4(.sum = 0xdead), TCP()),
	       PACKET(ETH(), INNER4(.sum = 0xdead), TCP())),
	OPENED("outer_options_are_taken_off",
	       PACKET(ETH(), OUTER4(.options = BYTES("\x94\x04\0\0\1\1\1\1")),
		      INNER4(), TCP()),
	       PACKET(ETH(), INNER4(), TCP())),
	OPENED("outer_extension_headers_are_taken_off",
	       PACKET(ETH(), OUTER6(), EXT(.kind = EXT_DEST), INNER4(), TCP()),
	       PACKET(ETH(), INNER4(), TCP())),
	OPENED("ethernet_padding_is_left",
	       PACKET(ETH(), OUTER4(), INNER4(), UDP(), PAD(6)),
	       PACKET(ETH(), INNER4(), UDP(), PAD(6))),
	OPENED("a_tag_stays",
	       PACKET(ETH(), VLAN(.id = 7, .pcp = 3), OUTER4(), INNER6(),
		      TCP()),
	       PACKET(ETH(), VLAN(.id = 7, .pcp = 3), INNER6(), TCP())),
	OPENED("four_tags_stay",
	       PACKET(ETH(), VLAN(.id = 1), VLAN(.id = 2), VLAN(.id = 3),
		      VLAN(.id = 4), OUTER6(), INNER4(), TCP()),
	       PACKET(ETH(), VLAN(.id = 1), VLAN(.id = 2), VLAN(.id = 3),
		      VLAN(.id = 4), INNER4(), TCP())),
	OPENED("a_frame_of_9000_octets_is_opened",
	       PACKET(ETH(), OUTER4(), INNER4(), TCP(), DATA(8900)),
	       PACKET(ETH(), INNER4(), TCP(), DATA(8900))),
	OPENED("what_is_opened_is_not_balanced_again",
	       PACKET(ETH(), OUTER4(), INNER4(), TCP(.dport = 80)),
	       PACKET(ETH(), INNER4(), TCP(.dport = 80))),

	/* trusted, and for us */
	OPENED("the_first_of_a_trusted_prefix_is_trusted",
	       PACKET(ETH(), IP4(.src = "10.7.0.0", .dst = "10.0.0.2"),
		      INNER4(), TCP()),
	       PACKET(ETH(), INNER4(), TCP())),
	REFUSED("the_address_after_a_trusted_prefix_is_not", SL_DECAP_UNTRUSTED,
		ETH(), IP4(.src = "10.8.0.0", .dst = "10.0.0.2"), INNER4(),
		TCP()),
	REFUSED("the_address_beside_a_trusted_one_is_not", SL_DECAP_UNTRUSTED,
		ETH(), IP4(.src = "10.0.0.101", .dst = "10.0.0.2"), INNER6(),
		TCP()),
	REFUSED("an_untrusted_ipv6_source_is_refused", SL_DECAP_UNTRUSTED,
		ETH(), IP6(.src = "2001:db8:f:1::7", .dst = "2001:db8::2"),
		INNER4(), TCP()),
	REFUSED("a_trusted_inner_source_is_not_enough", SL_DECAP_UNTRUSTED,
		ETH(), IP4(.src = "192.0.2.1", .dst = "10.0.0.2"),
		IP4(.src = "10.0.0.100"), TCP()),
	STACK("a_tunnel_packet_to_another_address_is_the_stacks", ETH(),
	      IP4(.src = "10.0.0.100", .dst = "10.0.0.3"), INNER4(), TCP()),
	STACK("an_ipv6_tunnel_packet_to_another_address_is_the_stacks", ETH(),
	      IP6(.src = "2001:db8:f::7", .dst = "2001:db8::3"), INNER4(),
	      TCP()),
	STACK("an_untrusted_one_to_another_address_is_the_stacks", ETH(),
	      IP4(.src = "192.0.2.1", .dst = "10.0.0.3"), INNER4(), TCP()),
	STACK("tcp_to_the_decap_address_is_the_stacks", ETH(), OUTER4(), TCP()),
	STACK("gre_to_the_decap_address_is_the_stacks", ETH(),
	      OUTER4(.proto = 47), DATA(24)),
	STACK("a_decap_address_as_a_source_is_nothing", ETH(),
	      IP4(.src = "10.0.0.2", .dst = "10.0.0.100"), INNER4(), TCP()),
	PASSES("a_broadcast_tunnel_packet_is_not_ours", CONFIG, SL_NOT_OUR_MAC,
	       ETH(.dst = "ff:ff:ff:ff:ff:ff"), OUTER4(), INNER4(), TCP()),
	PASSES("an_untrusted_broadcast_is_not_ours", CONFIG, SL_NOT_OUR_MAC,
	       ETH(.dst = "ff:ff:ff:ff:ff:ff"), IP4(.dst = "10.0.0.2"),
	       INNER4(), TCP()),

	/* one level */
	REFUSED("ipv4_in_ipv4_in_ipv4_is_nested", SL_DECAP_NESTED, ETH(),
		OUTER4(), INNER4(), INNER4(), TCP()),
	REFUSED("ipv6_in_ipv4_in_ipv4_is_nested", SL_DECAP_NESTED, ETH(),
		OUTER4(), INNER4(), INNER6(), TCP()),
	REFUSED("ipv4_in_ipv6_in_ipv4_is_nested", SL_DECAP_NESTED, ETH(),
		OUTER4(), INNER6(), INNER4(), TCP()),
	REFUSED("ipv6_in_ipv6_in_ipv6_is_nested", SL_DECAP_NESTED, ETH(),
		OUTER6(), INNER6(), INNER6(), TCP()),

	/* what is inside must be what it says */
	INNER_BAD("an_inner_ipv4_header_that_is_cut_is_malformed",
		  OUTER4(.total = 39), INNER4()),
	INNER_BAD("no_inner_header_is_malformed", OUTER4(.proto = 4), PAD(40)),
	INNER_BAD("an_inner_ipv6_header_that_is_cut_is_malformed",
		  OUTER4(.total = 59), INNER6()),
	INNER_BAD("an_inner_version_5_is_malformed", OUTER4(),
		  INNER4(.version = 5), TCP()),
	INNER_BAD("ipv6_where_ipv4_is_promised_is_malformed",
		  OUTER4(.proto = 4), INNER6(), TCP()),
	INNER_BAD("ipv4_where_ipv6_is_promised_is_malformed",
		  OUTER6(.next = 41), INNER4(), TCP(), DATA(40)),
	INNER_BAD("an_inner_ihl_of_4_is_malformed", OUTER4(), INNER4(.ihl = 4),
		  TCP()),
	INNER_BAD("an_inner_ihl_beyond_its_length_is_malformed", OUTER4(),
		  INNER4(.ihl = 11), TCP()),
	INNER_BAD("an_inner_length_beyond_the_outer_is_malformed", OUTER4(),
		  INNER4(.total = 41), TCP(), PAD(6)),
	INNER_BAD("an_inner_length_below_its_header_is_malformed", OUTER4(),
		  INNER4(.total = 19), TCP()),
	INNER_BAD("an_inner_ipv6_length_beyond_the_outer_is_malformed",
		  OUTER6(), INNER6(.length = 21), TCP(), PAD(6)),
	OPENED("an_inner_length_below_the_outer_is_opened",
	       PACKET(ETH(), OUTER4(), INNER4(.total = 40), TCP(), DATA(4)),
	       PACKET(ETH(), INNER4(.total = 40), TCP(), DATA(4))),

	/* congestion notification */
	ECN4("not_ect_outside_not_ect_inside", 0, 0, 0),
	ECN4("not_ect_outside_ect1_inside", 0, 1, 1),
	ECN4("not_ect_outside_ect0_inside", 0, 2, 2),
	ECN4("not_ect_outside_ce_inside", 0, 3, 3),
	ECN4("ect1_outside_not_ect_inside", 1, 0, 0),
	ECN4("ect1_outside_ect1_inside", 1, 1, 1),
	ECN4("ect1_outside_ect0_inside_becomes_ect1", 1, 2, 1),
	ECN4("ect1_outside_ce_inside", 1, 3, 3),
	ECN4("ect0_outside_not_ect_inside", 2, 0, 0),
	ECN4("ect0_outside_ect1_inside", 2, 1, 1),
	ECN4("ect0_outside_ect0_inside", 2, 2, 2),
	ECN4("ect0_outside_ce_inside", 2, 3, 3),
	INNER_BAD("ce_outside_not_ect_inside_is_dropped", OUTER4(.tos = 3),
		  INNER4(.tos = 0x28), TCP()),
	ECN4("ce_outside_ect1_inside_becomes_ce", 3, 1, 3),
	ECN4("ce_outside_ect0_inside_becomes_ce", 3, 2, 3),
	ECN4("ce_outside_ce_inside", 3, 3, 3),
	ECN6("ipv6_not_ect_outside_ect0_inside", 0, 2, 2),
	ECN6("ipv6_ect1_outside_ect0_inside_becomes_ect1", 1, 2, 1),
	ECN6("ipv6_ect0_outside_ect1_inside", 2, 1, 1),
	ECN6("ipv6_ce_outside_ect0_inside_becomes_ce", 3, 2, 3),
	ECN6("ipv6_ce_outside_ect1_inside_becomes_ce", 3, 1, 3),
	INNER_BAD("ipv6_ce_outside_not_ect_inside_is_dropped", OUTER6(.tos = 3),
		  INNER6(.tos = 0xb8), TCP()),
	OPENED("ce_is_carried_from_ipv4_to_ipv6",
	       PACKET(ETH(), OUTER4(.tos = 3), INNER6(.tos = 2), TCP()),
	       PACKET(ETH(), INNER6(.tos = 3), TCP())),
	OPENED("ce_is_carried_from_ipv6_to_ipv4",
	       PACKET(ETH(), OUTER6(.tos = 3), INNER4(.tos = 2), TCP()),
	       PACKET(ETH(), INNER4(.tos = 3), TCP())),
};

int main(void)
{
	return rig_main(trials, sizeof(trials) / sizeof(trials[0]), NULL, 0);
}
