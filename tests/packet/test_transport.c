/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Transport headers and fragments: what is cut or lies is dropped, its
 * neighbour passes. */
#include "tests/packet/harness.h"

#define L4_BAD(promise, ...) DROPS(promise, HEAD, SL_MALFORMED_L4, __VA_ARGS__)
#define FRAGMENT_BAD(promise, ...) \
	DROPS(promise, HEAD, SL_FRAGMENT_BAD, __VA_ARGS__)
#define GOOD(promise, ...) PASSES(promise, HEAD, SL_PASS, __VA_ARGS__)

static const struct trial trials[] = {
	/* TCP */
	L4_BAD("tcp_of_19_octets_is_malformed", ETH(), IP4(.total = 39), TCP()),
	L4_BAD("tcp_completed_by_padding_is_malformed", ETH(), IP4(.total = 32),
	       TCP()),
	GOOD("tcp_of_20_octets_is_read", ETH(), IP4(.total = 40), TCP()),
	L4_BAD("tcp_with_data_offset_4_is_malformed", ETH(), IP4(),
	       TCP(.doff = 4)),
	L4_BAD("tcp_with_data_offset_beyond_the_packet_is_malformed", ETH(),
	       IP4(), TCP(.doff = 6)),
	L4_BAD("tcp_with_data_offset_into_padding_is_malformed", ETH(), IP4(),
	       TCP(.doff = 6), PAD(20)),
	GOOD("tcp_with_options_is_read", ETH(), IP4(),
	     TCP(.options = BYTES("\x02\x04\x05\xb4"))),
	L4_BAD("ipv6_tcp_of_19_octets_is_malformed", ETH(), IP6(.length = 19),
	       TCP()),
	L4_BAD("ipv6_tcp_with_data_offset_4_is_malformed", ETH(), IP6(),
	       TCP(.doff = 4)),
	L4_BAD("ipv6_tcp_of_no_octets_is_malformed", ETH(), IP6(.next = 6)),
	GOOD("ipv6_tcp_of_20_octets_is_read", ETH(), IP6(), TCP()),

	/* UDP */
	L4_BAD("udp_of_7_octets_is_malformed", ETH(), IP4(.total = 27), UDP(),
	       PAD(8)),
	L4_BAD("udp_with_length_7_is_malformed", ETH(), IP4(), UDP(.length = 7),
	       DATA(8)),
	L4_BAD("udp_with_a_length_beyond_the_packet_is_malformed", ETH(), IP4(),
	       UDP(.length = 17), DATA(8)),
	L4_BAD("udp_with_a_length_into_padding_is_malformed", ETH(), IP4(),
	       UDP(.length = 17), DATA(8), PAD(9)),
	GOOD("udp_with_a_length_below_the_packet_is_read", ETH(), IP4(),
	     UDP(.length = 8), DATA(8)),
	GOOD("udp_of_8_octets_is_read", ETH(), IP4(), UDP()),
	GOOD("udp_without_checksum_is_read", ETH(), IP4(), UDP(.sum = IS(0))),
	L4_BAD("ipv6_udp_with_length_7_is_malformed", ETH(), IP6(),
	       UDP(.length = 7)),
	L4_BAD("ipv6_udp_with_a_length_beyond_the_packet_is_malformed", ETH(),
	       IP6(), UDP(.length = 9)),
	GOOD("ipv6_udp_of_8_octets_is_read", ETH(), IP6(), UDP()),

	/* ICMP, SCTP, the rest */
	L4_BAD("icmp_of_7_octets_is_malformed", ETH(), IP4(.total = 27),
	       ICMP(8), PAD(4)),
	GOOD("icmp_of_8_octets_is_read", ETH(), IP4(), ICMP(8)),
	L4_BAD("icmpv6_of_7_octets_is_malformed", ETH(), IP6(.length = 7),
	       ICMP6(128)),
	GOOD("icmpv6_of_8_octets_is_read", ETH(), IP6(), ICMP6(128)),
	L4_BAD("sctp_of_11_octets_is_malformed", ETH(), IP4(.total = 31),
	       SCTP()),
	GOOD("sctp_of_12_octets_is_read", ETH(), IP4(), SCTP()),
	GOOD("esp_of_one_octet_is_read", ETH(), IP4(.proto = 50), DATA(1)),
	GOOD("an_unknown_protocol_without_payload_is_read", ETH(),
	     IP6(.next = 253)),

	/* IPv4 fragments */
	GOOD("a_first_fragment_is_read", ETH(), IP4(.flags = MF), TCP(),
	     DATA(4)),
	GOOD("a_later_fragment_is_read", ETH(), IP4(.offset = 1480, .proto = 6),
	     DATA(9)),
	GOOD("a_middle_fragment_is_read", ETH(),
	     IP4(.flags = MF, .offset = 1480, .proto = 17), DATA(16)),
	FRAGMENT_BAD("a_first_tcp_fragment_without_its_header_is_bad", ETH(),
		     IP4(.flags = MF, .proto = 6), DATA(16)),
	FRAGMENT_BAD("a_first_udp_fragment_without_its_header_is_bad", ETH(),
		     IP4(.flags = MF, .proto = 17, .total = 20), PAD(26)),
	FRAGMENT_BAD("a_first_fragment_without_its_tcp_options_is_bad", ETH(),
		     IP4(.flags = MF), TCP(.doff = 7), DATA(4)),
	GOOD("a_first_udp_fragment_of_a_header_alone_is_read", ETH(),
	     IP4(.flags = MF), UDP(.length = 1200)),
	FRAGMENT_BAD("a_tcp_fragment_at_offset_8_is_bad", ETH(),
		     IP4(.offset = 8, .proto = 6), DATA(16)),
	FRAGMENT_BAD("a_middle_tcp_fragment_at_offset_8_is_bad", ETH(),
		     IP4(.flags = MF, .offset = 8, .proto = 6), DATA(16)),
	GOOD("a_tcp_fragment_at_offset_16_is_read", ETH(),
	     IP4(.offset = 16, .proto = 6), DATA(16)),
	GOOD("a_udp_fragment_at_offset_8_is_read", ETH(),
	     IP4(.offset = 8, .proto = 17), DATA(16)),
	FRAGMENT_BAD("a_fragment_with_more_to_come_of_odd_length_is_bad", ETH(),
		     IP4(.flags = MF, .offset = 80, .proto = 17), DATA(29)),
	GOOD("a_last_fragment_of_odd_length_is_read", ETH(),
	     IP4(.offset = 80, .proto = 17), DATA(29)),
	FRAGMENT_BAD("an_empty_fragment_with_more_to_come_is_bad", ETH(),
		     IP4(.flags = MF, .offset = 80, .proto = 17), PAD(26)),
	FRAGMENT_BAD("an_empty_last_fragment_is_bad", ETH(),
		     IP4(.offset = 80, .proto = 17), PAD(26)),
	FRAGMENT_BAD("a_fragment_that_ends_beyond_65535_is_bad", ETH(),
		     IP4(.offset = 65528, .proto = 17), DATA(8)),
	GOOD("a_fragment_that_ends_before_65535_is_read", ETH(),
	     IP4(.offset = 65496, .proto = 17), DATA(8)),
	GOOD("dont_fragment_is_no_fragment", ETH(), IP4(.flags = DF), TCP()),

	/* IPv6 fragments */
	GOOD("an_ipv6_first_fragment_is_read", ETH(), IP6(), FRAG6(.more = 1),
	     TCP(), DATA(4)),
	GOOD("an_ipv6_later_fragment_is_read", ETH(), IP6(),
	     FRAG6(.offset = 1480, .next = 6), DATA(9)),
	FRAGMENT_BAD(
		"an_ipv6_first_fragment_without_its_transport_header_is_bad",
		ETH(), IP6(), FRAG6(.more = 1, .next = 6), DATA(16)),
	FRAGMENT_BAD("an_ipv6_first_fragment_that_ends_in_its_headers_is_bad",
		     ETH(), IP6(), FRAG6(.more = 1),
		     EXT(.kind = EXT_DEST, .next = 6)),
	FRAGMENT_BAD("an_ipv6_fragment_with_more_to_come_of_odd_length_is_bad",
		     ETH(), IP6(), FRAG6(.more = 1, .offset = 80, .next = 17),
		     DATA(29)),
	GOOD("an_ipv6_last_fragment_of_odd_length_is_read", ETH(), IP6(),
	     FRAG6(.offset = 80, .next = 17), DATA(29)),
	FRAGMENT_BAD("an_ipv6_empty_fragment_is_bad", ETH(), IP6(),
		     FRAG6(.more = 1, .offset = 80, .next = 17)),
	FRAGMENT_BAD("an_ipv6_tcp_fragment_at_offset_8_is_bad", ETH(), IP6(),
		     FRAG6(.offset = 8, .next = 6), DATA(16)),
	FRAGMENT_BAD("an_ipv6_fragment_that_ends_beyond_65535_is_bad", ETH(),
		     IP6(), FRAG6(.offset = 65528, .next = 17), DATA(16)),
	L4_BAD("an_ipv6_atomic_fragment_is_read_like_a_whole_packet", ETH(),
	       IP6(), FRAG6(.next = 6), DATA(16)),
	GOOD("an_ipv6_atomic_fragment_with_its_header_is_read", ETH(), IP6(),
	     FRAG6(), TCP()),
	DROPS("an_ipv6_fragment_header_cut_by_the_length_is_malformed", HEAD,
	      SL_MALFORMED_L3, ETH(), IP6(.length = 7), FRAG6(.next = 17),
	      UDP()),
	L4_BAD("a_reserved_octet_of_a_fragment_header_is_no_length", ETH(),
	       IP6(), FRAG6(.reserved = 2, .next = 6), DATA(16), PAD(40)),
};

int main(void)
{
	return rig_main(trials, sizeof(trials) / sizeof(trials[0]), NULL, 0);
}
