/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is malformed is dropped under its name; its nearest neighbour passes. */
#include "tests/packet/harness.h"

#define BAD(promise, why, ...) DROPS(promise, HEAD, why, __VA_ARGS__)
#define GOOD(promise, ...) PASSES(promise, HEAD, SL_PASS, __VA_ARGS__)
#define TYPE(type) ETH(), IP6(.src = "fe80::5", .dst = "fe80::9", .hop = 254), ICMP6(type), DATA(16)

static const struct trial trials[] = {
	/* Ethernet and tags */
	BAD("a_frame_that_ends_before_its_tag_is_short", SL_SHORT_FRAME, ETH(.type = 0x8100)),
	BAD("a_frame_that_ends_inside_its_tag_is_short", SL_SHORT_FRAME, ETH(), VLAN(.id = 5), CUT(17)),
	PASSES("a_frame_that_ends_after_its_tag_is_not_short", HEAD, SL_NON_IP, ETH(), VLAN(.id = 5)),
	PASSES("a_frame_of_14_octets_is_not_short", HEAD, SL_NON_IP, ETH(.type = 0x88b5)),
	BAD("a_frame_that_ends_inside_its_second_tag_is_short", SL_SHORT_FRAME,
	    ETH(), VLAN(.id = 5), VLAN(.id = 6), CUT(20)),
	BAD("five_tags_are_too_deep", SL_VLAN_DEPTH,
	    ETH(), VLAN(), VLAN(), VLAN(), VLAN(), VLAN(), IP4(), TCP()),
	GOOD("four_tags_are_read", ETH(), VLAN(), VLAN(), VLAN(), VLAN(), IP4(), TCP()),
	BAD("five_service_tags_are_too_deep", SL_VLAN_DEPTH, ETH(), VLAN(.tpid = 0x88a8),
	    VLAN(.tpid = 0x88a8), VLAN(.tpid = 0x88a8), VLAN(.tpid = 0x88a8), VLAN(.tpid = 0x88a8)),
	GOOD("a_service_tag_and_a_customer_tag_are_read",
	     ETH(), VLAN(.tpid = 0x88a8, .id = 3), VLAN(.id = 4), IP6(), UDP()),
	BAD("what_is_malformed_behind_tags_is_malformed", SL_MALFORMED_L3,
	    ETH(), VLAN(), VLAN(), IP4(.ihl = 4), TCP()),

	/* neither IPv4 nor IPv6 */
	PASSES("arp_is_not_ip", HEAD, SL_NON_IP, ETH(.type = 0x0806), DATA(28)),
	PASSES("a_length_below_0x600_is_no_ethertype", HEAD, SL_NON_IP, ETH(.type = 0x26), DATA(38)),
	PASSES("ethertype_0x9100_is_no_tag", HEAD, SL_NON_IP, ETH(.type = 0x9100), DATA(40)),

	/* IPv4 header */
	BAD("ipv4_without_a_header_is_malformed", SL_MALFORMED_L3, ETH(.type = 0x0800)),
	BAD("ipv4_cut_inside_its_header_is_malformed", SL_MALFORMED_L3, ETH(), IP4(), CUT(33)),
	GOOD("ipv4_of_a_header_alone_is_read", ETH(), IP4(.proto = 253)),
	BAD("ipv4_of_version_5_is_malformed", SL_MALFORMED_L3, ETH(), IP4(.version = 5), TCP()),
	BAD("ipv4_of_version_6_is_malformed", SL_MALFORMED_L3, ETH(), IP4(.version = 6), TCP()),
	BAD("ipv4_with_ihl_4_is_malformed", SL_MALFORMED_L3, ETH(), IP4(.ihl = 4), TCP()),
	BAD("ipv4_with_ihl_beyond_the_frame_is_malformed", SL_MALFORMED_L3, ETH(), IP4(.ihl = 15), TCP()),
	BAD("ipv4_with_ihl_beyond_the_total_length_is_malformed", SL_MALFORMED_L3,
	    ETH(), IP4(.ihl = 15, .total = 40), TCP(), PAD(60)),
	BAD("ipv4_with_a_total_length_below_its_header_is_malformed", SL_MALFORMED_L3,
	    ETH(), IP4(.total = 19), TCP()),
	BAD("ipv4_with_a_total_length_beyond_the_frame_is_malformed", SL_MALFORMED_L3,
	    ETH(), IP4(.total = 41), TCP()),
	GOOD("ipv4_with_ethernet_padding_is_read", ETH(), IP4(), UDP(), PAD(18)),
	BAD("ipv4_with_an_option_of_length_0_is_malformed", SL_MALFORMED_L3,
	    ETH(), IP4(.options = BYTES("\x07\x00\x00\x00")), TCP()),
	BAD("ipv4_with_an_option_of_length_1_is_malformed", SL_MALFORMED_L3,
	    ETH(), IP4(.options = BYTES("\x07\x01\x00\x00")), TCP()),
	BAD("ipv4_with_an_option_longer_than_its_header_is_malformed", SL_MALFORMED_L3,
	    ETH(), IP4(.options = BYTES("\x07\x05\x00\x00")), TCP()),
	BAD("ipv4_with_an_option_cut_before_its_length_is_malformed", SL_MALFORMED_L3,
	    ETH(), IP4(.options = BYTES("\x01\x01\x01\x07")), TCP()),
	GOOD("ipv4_with_an_option_to_the_end_of_its_header_is_read",
	     ETH(), IP4(.options = BYTES("\x07\x04\x04\x00")), TCP()),
	GOOD("what_follows_the_end_of_options_is_no_option",
	     ETH(), IP4(.options = BYTES("\x00\x07\x00\xff")), TCP()),
	GOOD("forty_octets_of_no_operation_are_read", ETH(),
	     IP4(.options = BYTES("\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
				  "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1")), TCP()),
	GOOD("the_evil_bit_is_nothing", ETH(), IP4(.flags = EVIL), TCP()),

	/* IPv6 header and extension headers */
	BAD("ipv6_without_a_header_is_malformed", SL_MALFORMED_L3, ETH(.type = 0x86dd)),
	BAD("ipv6_cut_inside_its_header_is_malformed", SL_MALFORMED_L3, ETH(), IP6(), CUT(53)),
	GOOD("ipv6_of_a_header_alone_is_read", ETH(), IP6()),
	BAD("ipv6_of_version_4_is_malformed", SL_MALFORMED_L3, ETH(), IP6(.version = 4), TCP()),
	BAD("ipv6_with_a_length_beyond_the_frame_is_malformed", SL_MALFORMED_L3,
	    ETH(), IP6(.length = 21), TCP()),
	GOOD("ipv6_with_padding_is_read", ETH(), IP6(), TCP(), PAD(4)),
	BAD("ipv6_with_a_header_cut_by_its_length_is_malformed", SL_MALFORMED_L3,
	    ETH(), IP6(.length = 7), EXT(.kind = EXT_DEST), TCP()),
	BAD("a_jumbogram_is_malformed", SL_MALFORMED_L3, ETH(), IP6(.length = IS(0)),
	    EXT(.kind = EXT_HOP, .content = BYTES("\xc2\x04\x00\x01\x00\x00")), TCP()),
	BAD("an_extension_header_beyond_the_packet_is_malformed", SL_MALFORMED_L3,
	    ETH(), IP6(), EXT(.kind = EXT_DEST, .length = 3), TCP()),
	BAD("a_hop_by_hop_header_that_is_not_the_first_is_malformed", SL_MALFORMED_L3,
	    ETH(), IP6(), EXT(.kind = EXT_DEST), EXT(.kind = EXT_HOP), TCP()),
	GOOD("a_hop_by_hop_header_that_is_the_first_is_read",
	     ETH(), IP6(), EXT(.kind = EXT_HOP), EXT(.kind = EXT_DEST), TCP()),
	BAD("seven_extension_headers_are_too_deep", SL_EXTENSION_DEPTH, ETH(), IP6(),
	    EXT(.kind = EXT_HOP), EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST),
	    EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST), TCP()),
	GOOD("six_extension_headers_are_read", ETH(), IP6(),
	     EXT(.kind = EXT_HOP), EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST),
	     EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST), TCP()),
	BAD("a_short_transport_header_behind_extension_headers_is_malformed", SL_MALFORMED_L4,
	    ETH(), IP6(), EXT(.kind = EXT_MOBILITY), UDP(.length = 7)),
	GOOD("no_next_header_ends_the_chain", ETH(), IP6(), EXT(.kind = EXT_DEST)),

	/* neighbour discovery comes from this link */
	BAD("a_router_solicitation_from_afar_is_malformed", SL_MALFORMED_ND, TYPE(133)),
	BAD("a_router_advertisement_from_afar_is_malformed", SL_MALFORMED_ND, TYPE(134)),
	BAD("a_neighbour_solicitation_from_afar_is_malformed", SL_MALFORMED_ND, TYPE(135)),
	BAD("a_neighbour_advertisement_from_afar_is_malformed", SL_MALFORMED_ND, TYPE(136)),
	BAD("a_redirect_from_afar_is_malformed", SL_MALFORMED_ND, TYPE(137)),
	GOOD("icmpv6_type_132_may_come_from_afar", TYPE(132)),
	GOOD("icmpv6_type_138_may_come_from_afar", TYPE(138)),
	GOOD("a_neighbour_solicitation_from_this_link_is_read",
	     ETH(), IP6(.src = "fe80::5", .hop = 255), ICMP6(135), DATA(16)),

	/* frames longer than one buffer */
	GOOD("a_frame_of_9000_octets_is_read", ETH(), IP4(), UDP(), DATA(8958)),
	BAD("a_frame_of_9000_octets_cut_by_one_is_malformed", SL_MALFORMED_L3,
	    ETH(), IP4(), UDP(), DATA(8959), CUT(9000)),
	GOOD("an_ipv6_frame_of_9000_octets_is_read", ETH(), IP6(), TCP(), DATA(8926)),
	BAD("an_ipv6_frame_of_9000_octets_cut_by_one_is_malformed", SL_MALFORMED_L3,
	    ETH(), IP6(), TCP(), DATA(8927), CUT(9000)),
};

int main(void)
{
	return rig_main(trials, sizeof(trials) / sizeof(trials[0]), NULL, 0);
}
