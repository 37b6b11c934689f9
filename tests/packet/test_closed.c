/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A closed filter in both families, behind tags and extension headers, and in
 * fragments: what lets in looks at the header that is there, and at no other. */
#include "tests/packet/harness.h"

#define DENY(more) HEAD "filter: {policy: drop" more "}\n"
#define CLOSED     DENY("")
#define REPLIES    DENY(", replies: {udp: [53, 123, 5000-5010]}")
#define MANAGED \
	DENY(", management: {from: [10.0.0.0/8, \"2001:db8:a::/48\"], tcp: [22, 8000-8010], udp: [161]}")
#define BALANCED \
	DENY(", management: {from: [10.0.0.0/8], tcp: [80]}, replies: {udp: [53]}") \
	"pools:\n  web: {next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.21}]}\n" \
	"services:\n  www: {addresses: [203.0.113.10], tcp: [80], udp: [5353], pool: web}\n"

#define IN(promise, text, why, ...) PASSES(promise, text, why, __VA_ARGS__)
#define OUT(promise, text, ...)     DROPS(promise, text, SL_POLICY, __VA_ARGS__)
#define US4(...)                    IP4(.src = "10.1.2.3", __VA_ARGS__)
#define US6                         IP6(.src = "2001:db8:a::1")
#define LATER4(number)              IP4(.offset = 80, .proto = (number))
#define LATER6(number)              IP6(), FRAG6(.offset = 80, .next = (number))

static const struct trial trials[] = {
	/* management */
	IN("management_is_found_behind_tags", MANAGED, SL_MANAGEMENT, ETH(),
	   VLAN(.id = 3, .tpid = 0x88a8), VLAN(.id = 4), US4(),
	   TCP(.dport = 22)),
	IN("management_is_found_behind_options", MANAGED, SL_MANAGEMENT, ETH(),
	   US4(.options = BYTES("\x01\x01\x01\x01")), TCP(.dport = 22)),
	IN("management_is_found_behind_extension_headers", MANAGED,
	   SL_MANAGEMENT, ETH(), US6, EXT(.kind = EXT_HOP),
	   EXT(.kind = EXT_DEST), TCP(.dport = 22)),
	IN("management_passes_ipv6_udp", MANAGED, SL_MANAGEMENT, ETH(), US6,
	   UDP(.dport = 161)),
	IN("management_passes_the_start_of_a_range", MANAGED, SL_MANAGEMENT,
	   ETH(), US6, TCP(.dport = 8000)),
	OUT("management_ends_before_its_range", MANAGED, ETH(), US6,
	    TCP(.dport = 7999)),
	OUT("management_ends_after_its_range", MANAGED, ETH(), US4(),
	    TCP(.dport = 8011)),
	OUT("management_is_not_for_another_ipv6_prefix", MANAGED, ETH(),
	    IP6(.src = "2001:db8:b::1"), TCP(.dport = 22)),
	OUT("management_does_not_look_at_the_destination", MANAGED, ETH(),
	    IP4(.src = "192.0.2.5", .dst = "10.1.2.3"), TCP(.dport = 22)),
	OUT("management_does_not_look_at_the_source_port", MANAGED, ETH(),
	    US4(), TCP(.sport = 22, .dport = 40000)),
	OUT("management_of_udp_is_not_for_tcp", MANAGED, ETH(), US4(),
	    TCP(.dport = 161)),
	OUT("management_is_not_for_sctp", MANAGED, ETH(), US4(),
	    SCTP(.dport = 22)),
	OUT("management_is_not_for_icmp", MANAGED, ETH(), US4(), ICMP(8)),
	IN("management_passes_a_first_fragment", MANAGED, SL_MANAGEMENT, ETH(),
	   US4(.flags = MF), TCP(.dport = 22), DATA(4)),
	IN("management_passes_an_atomic_fragment", MANAGED, SL_MANAGEMENT,
	   ETH(), US6, FRAG6(), TCP(.dport = 22)),
	IN("a_later_fragment_of_management_is_a_later_fragment", MANAGED,
	   SL_FRAGMENT, ETH(), US4(.offset = 80, .proto = 6),
	   RAW("\x9c\x40\x00\x16\x00\x08\x00\x00")),
	IN("an_ipv6_later_fragment_of_management_is_one_too", MANAGED,
	   SL_FRAGMENT, ETH(), US6, FRAG6(.offset = 80, .next = 6),
	   RAW("\x9c\x40\x00\x16\x00\x08\x00\x00")),
	/* as long as a whole packet, so that it looks like one */
	IN("a_later_fragment_that_looks_like_tcp_is_a_later_fragment", MANAGED,
	   SL_FRAGMENT, ETH(), US4(.offset = 80, .proto = 6),
	   RAW("\x9c\x40\x00\x16\0\0\0\1\0\0\0\0\x50\x02\xff\xff\0\0\0\0")),
	IN("a_later_fragment_that_looks_like_udp_is_a_later_fragment", MANAGED,
	   SL_FRAGMENT, ETH(), US4(.offset = 80, .proto = 17),
	   RAW("\x9c\x40\x00\xa1\x00\x18\0\0"), DATA(16)),
	RULE_DROPS("a_first_fragment_that_is_long_is_a_first_fragment",
		   DENY(", rules: [{name: first, fragment: first, action: drop}]"),
		   "first", ETH(), IP4(.flags = MF), TCP(.flags = ACK),
		   DATA(60)),
	IN("management_comes_before_established", MANAGED, SL_MANAGEMENT, ETH(),
	   US4(), TCP(.dport = 22, .flags = ACK)),
	IN("management_comes_before_replies",
	   DENY(", management: {from: [10.0.0.0/8], udp: [5353]}, replies: {udp: [53]}"),
	   SL_MANAGEMENT, ETH(), US4(), UDP(.sport = 53, .dport = 5353)),
	IN("management_comes_before_essential",
	   DENY(", management: {from: [10.0.0.0/8], udp: [68]}"), SL_MANAGEMENT,
	   ETH(), US4(), UDP(.sport = 67, .dport = 68)),
	DROPS("management_does_not_excuse_a_malformed_header", MANAGED,
	      SL_MALFORMED_L4, ETH(), US4(), TCP(.dport = 22, .doff = 4)),
	DROPS("management_does_not_excuse_a_source_route", MANAGED,
	      SL_IP_OPTIONS, ETH(), US4(.options = BYTES("\x83\x03\x04\0")),
	      TCP(.dport = 22)),

	/* essential */
	IN("arp_behind_two_tags_is_essential", CLOSED, SL_ESSENTIAL, ETH(),
	   VLAN(.id = 3), VLAN(.id = 4, .type = 0x0806), DATA(28)),
	IN("unreachable_behind_a_tag_is_essential", CLOSED, SL_ESSENTIAL, ETH(),
	   VLAN(.id = 3), IP4(), ICMP(3)),
	IN("a_first_fragment_of_unreachable_is_essential", CLOSED, SL_ESSENTIAL,
	   ETH(), IP4(.flags = MF), ICMP(3), DATA(8)),
	IN("a_later_fragment_of_icmp_is_a_later_fragment", CLOSED, SL_FRAGMENT,
	   ETH(), LATER4(1), RAW("\x03\x04\0\0\0\0\0\0")),
	IN("an_ipv6_later_fragment_of_icmp_is_one_too", CLOSED, SL_FRAGMENT,
	   ETH(), LATER6(58), RAW("\x02\0\0\0\0\0\0\0")),
	OUT("unreachable_of_ipv6_in_ipv4_is_not_essential", CLOSED, ETH(),
	    IP4(.proto = 58), RAW("\x01\0\0\0\0\0\0\0")),
	OUT("unreachable_of_ipv4_in_ipv6_is_not_essential", CLOSED, ETH(),
	    IP6(.next = 1), RAW("\x03\x04\0\0\0\0\0\0")),
	OUT("too_big_of_ipv6_is_no_type_of_ipv4", CLOSED, ETH(), IP4(),
	    ICMP(2)),
	OUT("time_exceeded_of_ipv4_is_no_type_of_ipv6", CLOSED, ETH(), IP6(),
	    ICMP6(11)),
	OUT("icmpv6_type_0_is_not_essential", CLOSED, ETH(), IP6(), ICMP6(0)),
	IN("discovery_behind_extension_headers_is_essential", CLOSED,
	   SL_ESSENTIAL, ETH(), IP6(.src = "fe80::5", .hop = 255),
	   EXT(.kind = EXT_DEST), ICMP6(136), DATA(16)),
	DROPS("discovery_from_afar_behind_extension_headers_is_malformed",
	      CLOSED, SL_MALFORMED_ND, ETH(), IP6(.hop = 64),
	      EXT(.kind = EXT_HOP), ICMP6(134), DATA(16)),
	DROPS("discovery_from_afar_is_malformed_under_any_rule",
	      DENY(", rules: [{name: all, action: pass}]"), SL_MALFORMED_ND,
	      ETH(), IP6(.hop = 254), ICMP6(136), DATA(16)),
	OUT("a_dhcpv6_reply_in_ipv4_is_none", CLOSED, ETH(), IP4(),
	    UDP(.sport = 547, .dport = 546)),
	OUT("a_dhcp_reply_in_ipv6_is_none", CLOSED, ETH(), IP6(),
	    UDP(.sport = 67, .dport = 68)),
	OUT("a_dhcpv6_request_is_not_essential", CLOSED, ETH(), IP6(),
	    UDP(.sport = 546, .dport = 547)),
	OUT("from_546_to_546_is_not_essential", CLOSED, ETH(), IP6(),
	    UDP(.sport = 546, .dport = 546)),
	OUT("from_547_to_547_is_not_essential", CLOSED, ETH(), IP6(),
	    UDP(.sport = 547, .dport = 547)),
	OUT("from_66_to_68_is_not_essential", CLOSED, ETH(), IP4(),
	    UDP(.sport = 66, .dport = 68)),
	IN("a_dhcp_reply_in_a_later_fragment_is_a_later_fragment", CLOSED,
	   SL_FRAGMENT, ETH(), LATER4(17),
	   RAW("\x00\x43\x00\x44\x00\x08\x00\x00")),
	IN("non_ip_pass_leaves_arp_essential", DENY(", non_ip: pass"),
	   SL_ESSENTIAL, ETH(.type = 0x0806), DATA(28)),
	PASSES("essential_needs_a_closed_filter", HEAD, SL_PASS, ETH(), IP4(),
	       ICMP(3)),

	/* established */
	OUT("an_ipv6_syn_is_not_established", CLOSED, ETH(), IP6(),
	    TCP(.flags = SYN)),
	OUT("a_syn_with_ecn_is_not_established", CLOSED, ETH(), IP4(),
	    TCP(.flags = SYN | ECE | CWR)),
	OUT("no_flag_is_not_established", CLOSED, ETH(), IP4(),
	    TCP(.flags = IS(0))),
	OUT("urgent_alone_is_not_established", CLOSED, ETH(), IP4(),
	    TCP(.flags = URG)),
	IN("an_ipv6_rst_is_established", CLOSED, SL_ESTABLISHED, ETH(), IP6(),
	   TCP(.flags = RST)),
	IN("an_ack_behind_tags_is_established", CLOSED, SL_ESTABLISHED, ETH(),
	   VLAN(.id = 3), VLAN(.id = 4), IP4(), TCP(.flags = ACK)),
	IN("an_ack_behind_extension_headers_is_established", CLOSED,
	   SL_ESTABLISHED, ETH(), IP6(), EXT(.kind = EXT_DEST),
	   TCP(.flags = ACK)),
	IN("an_ack_in_a_first_fragment_is_established", CLOSED, SL_ESTABLISHED,
	   ETH(), IP4(.flags = MF), TCP(.flags = ACK), DATA(4)),
	IN("tcp_in_a_later_fragment_is_a_later_fragment", CLOSED, SL_FRAGMENT,
	   ETH(), LATER4(6), DATA(40)),
	OUT("sctp_is_never_established", CLOSED, ETH(), IP4(), SCTP()),
	OUT("without_established_a_rst_is_dropped",
	    DENY(", established: false"), ETH(), IP6(), TCP(.flags = RST)),
	IN("without_established_essential_stays", DENY(", established: false"),
	   SL_ESSENTIAL, ETH(), IP4(), ICMP(3)),
	IN("without_essential_established_stays", DENY(", essential: false"),
	   SL_ESTABLISHED, ETH(), IP4(), TCP(.flags = ACK)),
	DROPS("an_anomaly_is_not_excused_by_ack",
	      DENY(", tcp_anomalies: drop"), SL_TCP_ANOMALY, ETH(), IP4(),
	      TCP(.flags = SYN | FIN | ACK)),

	/* replies */
	IN("a_reply_may_go_to_port_65535", REPLIES, SL_REPLY, ETH(), IP6(),
	   UDP(.sport = 53, .dport = 65535)),
	OUT("an_ipv6_reply_may_not_go_to_port_1023", REPLIES, ETH(), IP6(),
	    UDP(.sport = 53, .dport = 1023)),
	IN("a_reply_comes_from_the_end_of_a_range", REPLIES, SL_REPLY, ETH(),
	   IP4(), UDP(.sport = 5010, .dport = 4096)),
	OUT("no_reply_comes_from_behind_a_range", REPLIES, ETH(), IP4(),
	    UDP(.sport = 5011, .dport = 4096)),
	IN("a_reply_is_found_behind_tags", REPLIES, SL_REPLY, ETH(),
	   VLAN(.id = 3), IP4(), UDP(.sport = 53, .dport = 5353)),
	IN("a_reply_is_found_behind_extension_headers", REPLIES, SL_REPLY,
	   ETH(), IP6(), EXT(.kind = EXT_HOP),
	   UDP(.sport = 53, .dport = 5353)),
	IN("a_reply_in_a_first_fragment_is_one", REPLIES, SL_REPLY, ETH(),
	   IP4(.flags = MF), UDP(.sport = 53, .dport = 5353, .length = 2000),
	   DATA(8)),
	OUT("a_later_fragment_is_no_reply",
	    DENY(", replies: {udp: [53]}, fragment_later: drop"), ETH(),
	    LATER4(17), RAW("\x00\x35\x14\xe9\x00\x08\x00\x00")),
	OUT("sctp_from_a_reply_port_is_no_reply", REPLIES, ETH(), IP4(),
	    SCTP(.sport = 53, .dport = 5353)),
	PASSES("replies_need_a_closed_filter", HEAD "filter: {replies: {udp: [53]}}\n",
	       SL_PASS, ETH(), IP4(), UDP(.sport = 53, .dport = 5353)),

	/* later fragments */
	IN("a_middle_fragment_passes", CLOSED, SL_FRAGMENT, ETH(),
	   IP4(.flags = MF, .offset = 80, .proto = 17), DATA(8)),
	IN("a_later_fragment_of_any_protocol_passes", CLOSED, SL_FRAGMENT,
	   ETH(), LATER6(50), DATA(9)),
	IN("a_later_fragment_behind_extension_headers_passes", CLOSED,
	   SL_FRAGMENT, ETH(), IP6(), EXT(.kind = EXT_HOP),
	   FRAG6(.offset = 80, .next = 17), DATA(9)),
	OUT("an_ipv6_first_fragment_is_dropped_by_policy", CLOSED, ETH(), IP6(),
	    FRAG6(.more = 1), UDP(.length = 100), DATA(8)),
	OUT("fragment_later_drop_drops_ipv6", DENY(", fragment_later: drop"),
	    ETH(), LATER6(17), DATA(9)),
	IN("fragment_later_drop_leaves_first_ones",
	   DENY(", fragment_later: drop"), SL_ESTABLISHED, ETH(),
	   IP4(.flags = MF), TCP(.flags = ACK), DATA(4)),
	RULE_DROPS("a_rule_can_drop_them_alone",
		   DENY(", rules: [{name: later, fragment: later, action: drop}]"),
		   "later", ETH(), LATER6(17), DATA(9)),
	DROPS("a_bad_fragment_is_bad_first", CLOSED, SL_FRAGMENT_BAD, ETH(),
	      IP4(.offset = 8, .proto = 6), DATA(16)),
	PASSES("fragment_later_needs_a_closed_filter",
	       HEAD "filter: {fragment_later: drop}\n", SL_PASS, ETH(),
	       LATER4(17), DATA(9)),

	/* what is let in may be for a service */
	DROPS("a_later_fragment_that_is_let_in_is_still_for_a_service",
	      BALANCED, SL_VIP_FRAGMENT, ETH(),
	      IP4(.src = "192.0.2.5", .dst = "203.0.113.10", .offset = 80,
		  .proto = 6),
	      DATA(9)),
	OUT("a_new_connection_to_a_service_needs_a_rule", BALANCED, ETH(),
	    IP4(.src = "192.0.2.5", .dst = "203.0.113.10"), TCP()),
};

/* Accepted by management, by a reply port: then forwarded, and that is the
 * reason. */
static void what_is_let_in_is_balanced(void **state)
{
	static struct outcome o;

	(void)state;
	rig_apply(BALANCED);
	rig_send(PACKET(ETH(), IP4(.src = "10.1.2.3", .dst = "203.0.113.10"),
			TCP()),
		 &o);
	expect_verdict(&o, XDP_TX, SL_FORWARDED);
	rig_send(PACKET(ETH(), IP4(.src = "192.0.2.5", .dst = "203.0.113.10"),
			UDP(.sport = 53, .dport = 5353)),
		 &o);
	expect_verdict(&o, XDP_TX, SL_FORWARDED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_let_in_is_balanced),
	};

	return rig_main(trials, sizeof(trials) / sizeof(trials[0]), tests,
			sizeof(tests) / sizeof(tests[0]));
}
