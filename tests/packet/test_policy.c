/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Policy drop: who is let in without a rule, and who is not. Management under
 * any policy. */
#include "tests/packet/harness.h"

#define DENY(more) HEAD "filter: {policy: drop" more "}\n"
#define CLOSED     DENY("")
#define BARE       DENY(", essential: false, established: false")
#define REPLIES    DENY(", replies: {udp: [53, 123]}")
#define MANAGED(more) \
	HEAD "filter: {management: {from: [10.0.0.0/8, \"2001:db8:a::/48\"], tcp: [22, 8000-8010], udp: [161]}" more \
	     "}\n"

#define IN(promise, text, why, ...) PASSES(promise, text, why, __VA_ARGS__)
#define OUT(promise, text, ...)     DROPS(promise, text, SL_POLICY, __VA_ARGS__)
#define ICMP4(type)                 ETH(), IP4(), ICMP(type)
#define ND(type)                    ETH(), IP6(.src = "fe80::5", .hop = 255), ICMP6(type), DATA(16)
#define ALERT(type) \
	ETH(), IP6(.src = "fe80::5", .dst = "ff02::16", .hop = 1), \
		EXT(.kind = EXT_HOP, .content = BYTES("\x05\x02\0\0\1\0")), \
		ICMP6(type), DATA(20)
#define TCP_FLAGS(bits) ETH(), IP4(), TCP(.flags = (bits))
#define UDP4(from, to)  ETH(), IP4(), UDP(.sport = (from), .dport = (to))
#define UDP6(from, to)  ETH(), IP6(), UDP(.sport = (from), .dport = (to))
#define OFFICE4(port)   ETH(), IP4(.src = "10.1.2.3"), TCP(.dport = (port))

static const struct trial trials[] = {
	/* nobody spoke for it */
	OUT("a_syn_is_dropped_by_policy", CLOSED, ETH(), IP4(), TCP()),
	OUT("an_ipv6_syn_is_dropped_by_policy", CLOSED, ETH(), IP6(), TCP()),
	OUT("udp_is_dropped_by_policy", CLOSED, ETH(), IP4(), UDP()),
	OUT("esp_is_dropped_by_policy", CLOSED, ETH(), IP4(.proto = 50),
	    DATA(8)),
	OUT("a_tagged_syn_is_dropped_by_policy", CLOSED, ETH(), VLAN(.id = 5),
	    IP4(), TCP()),
	OUT("a_first_fragment_is_dropped_by_policy", CLOSED, ETH(),
	    IP4(.flags = MF), UDP()),

	/* essential */
	IN("arp_is_essential", CLOSED, SL_ESSENTIAL, ETH(.type = 0x0806),
	   DATA(28)),
	IN("tagged_arp_is_essential", CLOSED, SL_ESSENTIAL, ETH(),
	   VLAN(.id = 5, .type = 0x0806), DATA(28)),
	DROPS("reverse_arp_is_not_essential", CLOSED, SL_NON_IP,
	      ETH(.type = 0x8035), DATA(28)),
	IN("destination_unreachable_is_essential", CLOSED, SL_ESSENTIAL,
	   ICMP4(3)),
	IN("time_exceeded_is_essential", CLOSED, SL_ESSENTIAL, ICMP4(11)),
	IN("parameter_problem_is_essential", CLOSED, SL_ESSENTIAL, ICMP4(12)),
	OUT("source_quench_is_not_essential", CLOSED, ICMP4(4)),
	OUT("an_icmp_redirect_is_not_essential", CLOSED, ICMP4(5)),
	OUT("an_echo_request_is_not_essential", CLOSED, ICMP4(8)),
	OUT("icmp_type_10_is_not_essential", CLOSED, ICMP4(10)),
	OUT("icmp_type_13_is_not_essential", CLOSED, ICMP4(13)),
	IN("ipv6_unreachable_is_essential", CLOSED, SL_ESSENTIAL, ETH(), IP6(),
	   ICMP6(1)),
	IN("ipv6_packet_too_big_is_essential", CLOSED, SL_ESSENTIAL, ETH(),
	   IP6(), ICMP6(2)),
	IN("ipv6_time_exceeded_is_essential", CLOSED, SL_ESSENTIAL, ETH(),
	   IP6(), ICMP6(3)),
	IN("ipv6_parameter_problem_is_essential", CLOSED, SL_ESSENTIAL, ETH(),
	   IP6(), ICMP6(4)),
	OUT("icmpv6_type_5_is_not_essential", CLOSED, ETH(), IP6(), ICMP6(5)),
	OUT("an_ipv6_echo_request_is_not_essential", CLOSED, ETH(), IP6(),
	    ICMP6(128)),
	IN("a_router_solicitation_is_essential", CLOSED, SL_ESSENTIAL, ND(133)),
	IN("a_router_advertisement_is_essential", CLOSED, SL_ESSENTIAL,
	   ND(134)),
	IN("a_neighbour_solicitation_is_essential", CLOSED, SL_ESSENTIAL,
	   ND(135)),
	IN("a_neighbour_advertisement_is_essential", CLOSED, SL_ESSENTIAL,
	   ND(136)),
	OUT("an_ipv6_redirect_is_not_essential", CLOSED, ND(137)),
	DROPS("a_neighbour_solicitation_from_afar_is_malformed_first", CLOSED,
	      SL_MALFORMED_ND, ETH(), IP6(.hop = 254), ICMP6(135), DATA(16)),
	IN("a_multicast_listener_query_is_essential", CLOSED, SL_ESSENTIAL,
	   ALERT(130)),
	IN("a_multicast_listener_report_is_essential", CLOSED, SL_ESSENTIAL,
	   ALERT(131)),
	IN("a_multicast_listener_done_is_essential", CLOSED, SL_ESSENTIAL,
	   ALERT(132)),
	IN("a_version_2_listener_report_is_essential", CLOSED, SL_ESSENTIAL,
	   ALERT(143)),
	OUT("icmpv6_type_129_is_not_essential", CLOSED, ALERT(129)),
	OUT("icmpv6_type_142_is_not_essential", CLOSED, ALERT(142)),
	IN("a_dhcp_reply_is_essential", CLOSED, SL_ESSENTIAL, UDP4(67, 68)),
	IN("a_dhcpv6_reply_is_essential", CLOSED, SL_ESSENTIAL, UDP6(547, 546)),
	OUT("a_dhcp_request_is_not_essential", CLOSED, UDP4(68, 67)),
	OUT("from_67_to_69_is_not_essential", CLOSED, UDP4(67, 69)),
	OUT("tcp_from_67_to_68_is_not_essential", CLOSED, ETH(), IP4(),
	    TCP(.sport = 67, .dport = 68)),
	DROPS("without_essential_arp_is_non_ip", BARE, SL_NON_IP,
	      ETH(.type = 0x0806), DATA(28)),
	OUT("without_essential_unreachable_is_dropped", BARE, ICMP4(3)),
	OUT("without_essential_discovery_is_dropped", BARE, ND(135)),
	OUT("without_essential_a_dhcp_reply_is_dropped", BARE, UDP4(67, 68)),

	/* established */
	IN("an_ack_is_established", CLOSED, SL_ESTABLISHED, TCP_FLAGS(ACK)),
	IN("a_syn_ack_is_established", CLOSED, SL_ESTABLISHED,
	   TCP_FLAGS(SYN | ACK)),
	IN("a_rst_is_established", CLOSED, SL_ESTABLISHED, TCP_FLAGS(RST)),
	IN("an_ipv6_ack_is_established", CLOSED, SL_ESTABLISHED, ETH(), IP6(),
	   TCP(.flags = ACK | PSH)),
	OUT("a_fin_alone_is_not_established", CLOSED, TCP_FLAGS(FIN)),
	OUT("a_push_alone_is_not_established", CLOSED, TCP_FLAGS(PSH)),
	OUT("without_established_an_ack_is_dropped", BARE, TCP_FLAGS(ACK)),

	/* replies */
	IN("udp_from_a_reply_port_is_a_reply", REPLIES, SL_REPLY,
	   UDP4(53, 40000)),
	IN("ipv6_udp_from_a_reply_port_is_a_reply", REPLIES, SL_REPLY,
	   UDP6(123, 40000)),
	IN("a_reply_may_go_to_port_1024", REPLIES, SL_REPLY, UDP4(53, 1024)),
	OUT("a_reply_may_not_go_to_port_1023", REPLIES, UDP4(53, 1023)),
	OUT("udp_from_another_port_is_no_reply", REPLIES, UDP4(54, 40000)),
	OUT("udp_to_a_reply_port_is_no_reply", REPLIES, UDP4(40000, 53)),
	OUT("tcp_from_a_reply_port_is_no_reply", REPLIES, ETH(), IP4(),
	    TCP(.sport = 53, .dport = 40000)),
	OUT("without_replies_there_is_no_reply", CLOSED, UDP4(53, 40000)),

	/* later fragments */
	IN("a_later_fragment_passes", CLOSED, SL_FRAGMENT, ETH(),
	   IP4(.offset = 80, .proto = 17), DATA(9)),
	IN("an_ipv6_later_fragment_passes", CLOSED, SL_FRAGMENT, ETH(), IP6(),
	   FRAG6(.offset = 80, .next = 17), DATA(9)),
	OUT("an_ipv6_atomic_fragment_is_no_fragment", CLOSED, ETH(), IP6(),
	    FRAG6(), UDP()),
	OUT("fragment_later_drop_drops_it", DENY(", fragment_later: drop"),
	    ETH(), IP4(.offset = 80, .proto = 17), DATA(9)),

	/* what is not IP */
	DROPS("what_is_not_ip_is_dropped_under_policy_drop", CLOSED, SL_NON_IP,
	      ETH(.type = 0x88cc), DATA(40)),
	PASSES("non_ip_pass_lets_it_in", DENY(", non_ip: pass"), SL_NON_IP,
	       ETH(.type = 0x88cc), DATA(40)),
	PASSES("what_is_not_ip_passes_under_policy_pass", HEAD, SL_NON_IP,
	       ETH(.type = 0x88cc), DATA(40)),
	DROPS("non_ip_drop_refuses_it_under_policy_pass",
	      HEAD "filter: {non_ip: drop}\n", SL_NON_IP, ETH(.type = 0x88cc),
	      DATA(40)),

	/* rules speak first */
	RULE_PASSES(
		"a_rule_lets_in",
		DENY(", rules: [{name: web, proto: tcp, dport: 80, action: pass}]"),
		"web", ETH(), IP4(), TCP(.dport = 80)),
	OUT("a_rule_lets_in_nothing_else",
	    DENY(", rules: [{name: web, proto: tcp, dport: 80, action: pass}]"),
	    ETH(), IP4(), TCP(.dport = 81)),
	ROW("a_count_does_not_let_in",
	    DENY(", rules: [{name: seen, proto: tcp, dport: 80, action: count}]"),
	    XDP_DROP, SL_POLICY, "seen", ETH(), IP4(), TCP(.dport = 80)),

	/* management */
	IN("management_passes_a_port", MANAGED(""), SL_MANAGEMENT, OFFICE4(22)),
	IN("management_passes_the_end_of_a_range", MANAGED(""), SL_MANAGEMENT,
	   OFFICE4(8010)),
	IN("management_passes_udp", MANAGED(""), SL_MANAGEMENT, ETH(),
	   IP4(.src = "10.9.9.9"), UDP(.dport = 161)),
	IN("management_passes_ipv6", MANAGED(""), SL_MANAGEMENT, ETH(),
	   IP6(.src = "2001:db8:a::1"), TCP(.dport = 22)),
	IN("management_is_not_for_other_ports", MANAGED(""), SL_PASS,
	   OFFICE4(23)),
	IN("management_is_not_for_the_other_protocol", MANAGED(""), SL_PASS,
	   ETH(), IP4(.src = "10.1.2.3"), UDP(.dport = 22)),
	IN("management_is_not_for_other_sources", MANAGED(""), SL_PASS, ETH(),
	   IP4(.src = "11.0.0.1"), TCP(.dport = 22)),
	IN("management_is_not_for_a_later_fragment", MANAGED(""), SL_PASS,
	   ETH(), IP4(.src = "10.1.2.3", .offset = 80, .proto = 6),
	   RAW("\x9c\x40\x00\x16\x00\x08\x00\x00")),
	IN("management_passes_under_policy_drop", MANAGED(", policy: drop"),
	   SL_MANAGEMENT, OFFICE4(22)),
	OUT("other_sources_are_dropped_by_policy", MANAGED(", policy: drop"),
	    ETH(), IP4(.src = "9.255.255.255"), TCP(.dport = 22)),
};

int main(void)
{
	return rig_main(trials, sizeof(trials) / sizeof(trials[0]), NULL, 0);
}
