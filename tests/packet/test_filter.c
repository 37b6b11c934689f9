/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every field of a rule: what it matches, and the nearest thing that it does
 * not. */
#include "tests/packet/harness.h"

#define SETS \
	"sets:\n  office: {prefixes: [198.51.100.0/24, \"2001:db8:1::/48\"]}\n  lab: {prefixes: [203.0.113.0/25]}\n"
#define RULES(text) HEAD SETS "filter: {rules: [" text "]}\n"
#define MATCH(promise, text, ...) \
	RULE_DROPS(promise, RULES("{name: r, " text ", action: drop}"), "r", \
		   __VA_ARGS__)
#define MISS(promise, text, ...) \
	PASSES(promise, RULES("{name: r, " text ", action: drop}"), SL_PASS, \
	       __VA_ARGS__)
#define FROM4(address) ETH(), IP4(.src = (address)), TCP()
#define FROM6(address) ETH(), IP6(.src = (address)), UDP()
#define TO4(address)   ETH(), IP4(.dst = (address)), TCP()
#define TO6(address)   ETH(), IP6(.dst = (address)), UDP()

static const struct trial trials[] = {
	/* from */
	MATCH("from_matches_the_first_of_its_prefix", "from: 192.0.2.64/26",
	      FROM4("192.0.2.64")),
	MATCH("from_matches_the_last_of_its_prefix", "from: 192.0.2.64/26",
	      FROM4("192.0.2.127")),
	MISS("from_does_not_match_before_its_prefix", "from: 192.0.2.64/26",
	     FROM4("192.0.2.63")),
	MISS("from_does_not_match_after_its_prefix", "from: 192.0.2.64/26",
	     FROM4("192.0.2.128")),
	MISS("from_does_not_match_the_destination", "from: 192.0.2.64/26",
	     TO4("192.0.2.64")),
	MATCH("from_matches_a_single_address", "from: 192.0.2.66",
	      FROM4("192.0.2.66")),
	MISS("from_does_not_match_the_next_address", "from: 192.0.2.66",
	     FROM4("192.0.2.67")),
	MATCH("from_matches_an_ipv6_prefix", "from: \"2001:db8:bac::/47\"",
	      FROM6("2001:db8:bad:ffff::1")),
	MISS("from_does_not_match_after_an_ipv6_prefix",
	     "from: \"2001:db8:bac::/47\"", FROM6("2001:db8:bae::")),
	MATCH("from_matches_a_single_ipv6_address", "from: \"2001:db8::77\"",
	      FROM6("2001:db8::77")),
	MISS("from_does_not_match_the_next_ipv6_address",
	     "from: \"2001:db8::77\"", FROM6("2001:db8::76")),
	MATCH("everything_of_ipv4_is_in_0_0", "from: 0.0.0.0/0",
	      FROM4("203.0.113.7")),
	MISS("nothing_of_ipv6_is_in_0_0", "from: 0.0.0.0/0",
	     FROM6("2001:db8::5")),
	MATCH("everything_of_ipv6_is_in_its_0_0", "from: \"::/0\"",
	      FROM6("fe80::1")),
	MISS("nothing_of_ipv4_is_in_ipv6_0_0", "from: \"::/0\"",
	     FROM4("0.0.0.1")),
	MATCH("from_matches_a_set", "from: office", FROM4("198.51.100.10")),
	MATCH("from_matches_ipv6_in_a_set", "from: office",
	      FROM6("2001:db8:1::10")),
	MISS("from_does_not_match_outside_a_set", "from: office",
	     FROM4("198.51.101.10")),
	MISS("from_does_not_match_ipv6_outside_a_set", "from: office",
	     FROM6("2001:db8:2::10")),
	MATCH("from_matches_the_first_of_a_list",
	      "from: [192.0.2.66, office, \"2001:db8::/64\"]",
	      FROM4("192.0.2.66")),
	MATCH("from_matches_the_set_of_a_list",
	      "from: [192.0.2.66, office, \"2001:db8::/64\"]",
	      FROM4("198.51.100.1")),
	MATCH("from_matches_the_last_of_a_list",
	      "from: [192.0.2.66, office, \"2001:db8::/64\"]",
	      FROM6("2001:db8::1")),
	MISS("from_does_not_match_beside_a_list",
	     "from: [192.0.2.66, office, \"2001:db8::/64\"]",
	     FROM4("192.0.2.65")),
	MATCH("from_not_a_set_matches_outside", "from: \"!office\"",
	      FROM4("10.0.0.1")),
	MATCH("from_not_a_set_matches_the_other_family", "from: \"!lab\"",
	      FROM6("2001:db8:7::1")),
	MISS("from_not_a_set_does_not_match_inside", "from: \"!office\"",
	     FROM4("198.51.100.255")),
	MISS("from_not_a_set_does_not_match_ipv6_inside", "from: \"!office\"",
	     FROM6("2001:db8:1::1")),
	MATCH("from_not_a_prefix_matches_outside", "from: \"!192.0.2.0/24\"",
	      FROM4("192.0.3.0")),
	MISS("from_not_a_prefix_does_not_match_inside",
	     "from: \"!192.0.2.0/24\"", FROM4("192.0.2.255")),

	/* to */
	MATCH("to_matches_the_destination", "to: 192.0.2.0/24",
	      TO4("192.0.2.9")),
	MISS("to_does_not_match_the_source", "to: 192.0.2.0/24",
	     FROM4("192.0.2.9")),
	MATCH("to_matches_an_ipv6_set", "to: office", TO6("2001:db8:1:2::")),
	MISS("to_does_not_match_outside_its_set", "to: office",
	     TO6("2001:db8:1ff::")),
	MATCH("to_not_a_set_matches_outside", "to: \"!office\"",
	      TO4("10.0.0.9")),
	MISS("to_not_a_set_does_not_match_inside", "to: \"!office\"",
	     TO4("198.51.100.0")),
	MATCH("from_and_to_must_both_match", "from: office, to: lab", ETH(),
	      IP4(.src = "198.51.100.1", .dst = "203.0.113.127"), UDP()),
	MISS("from_alone_is_not_enough", "from: office, to: lab", ETH(),
	     IP4(.src = "198.51.100.1", .dst = "203.0.113.128"), UDP()),
	MISS("from_and_to_are_not_mixed_up", "from: office, to: lab", ETH(),
	     IP4(.src = "203.0.113.1", .dst = "198.51.100.1"), UDP()),

	/* proto */
	MATCH("proto_matches_by_name", "proto: udp", ETH(), IP4(), UDP()),
	MISS("proto_does_not_match_another", "proto: udp", ETH(), IP4(), TCP()),
	MATCH("proto_matches_by_number", "proto: 50", ETH(), IP4(.proto = 50),
	      DATA(8)),
	MISS("proto_does_not_match_the_next_number", "proto: 50", ETH(),
	     IP4(.proto = 51), DATA(24)),
	MATCH("proto_matches_a_list", "proto: [tcp, sctp]", ETH(), IP4(),
	      SCTP()),
	MISS("proto_does_not_match_beside_a_list", "proto: [tcp, sctp]", ETH(),
	     IP4(), UDP()),
	MATCH("not_a_proto_matches_others", "proto: \"!tcp\"", ETH(), IP6(),
	      ICMP6(128)),
	MISS("not_a_proto_does_not_match_it", "proto: \"!tcp\"", ETH(), IP6(),
	     TCP()),
	MATCH("proto_is_found_behind_extension_headers", "proto: udp", ETH(),
	      IP6(), EXT(.kind = EXT_HOP), EXT(.kind = EXT_DEST), UDP()),
	MATCH("proto_matches_a_later_fragment", "proto: udp", ETH(),
	      IP4(.offset = 80, .proto = 17), DATA(9)),
	MATCH("proto_matches_an_ipv6_later_fragment", "proto: udp", ETH(),
	      IP6(), FRAG6(.offset = 80, .next = 17), DATA(9)),
	MISS("icmp_is_not_icmpv6", "proto: icmp", ETH(), IP6(), ICMP6(128)),

	/* vlan */
	MATCH("vlan_matches_its_tag", "vlan: 666", ETH(), VLAN(.id = 666),
	      IP4(), TCP()),
	MATCH("vlan_does_not_look_at_the_priority", "vlan: 666", ETH(),
	      VLAN(.id = 666, .pcp = 5), IP4(), TCP()),
	MATCH("vlan_matches_a_service_tag", "vlan: 666", ETH(),
	      VLAN(.id = 666, .tpid = 0x88a8), IP6(), TCP()),
	MATCH("vlan_matches_the_outer_tag", "vlan: 666", ETH(), VLAN(.id = 666),
	      VLAN(.id = 5), IP4(), TCP()),
	MISS("vlan_does_not_match_the_inner_tag", "vlan: 666", ETH(),
	     VLAN(.id = 5), VLAN(.id = 666), IP4(), TCP()),
	MISS("vlan_does_not_match_another_tag", "vlan: 666", ETH(),
	     VLAN(.id = 667), IP4(), TCP()),
	MISS("vlan_does_not_match_without_a_tag", "vlan: 666", ETH(), IP4(),
	     TCP()),
	MATCH("vlan_matches_a_range", "vlan: 100-199", ETH(), VLAN(.id = 199),
	      IP4(), TCP()),
	MISS("vlan_does_not_match_after_a_range", "vlan: 100-199", ETH(),
	     VLAN(.id = 200), IP4(), TCP()),
	MATCH("vlan_matches_a_list", "vlan: [5, 4094]", ETH(), VLAN(.id = 4094),
	      IP4(), TCP()),

	/* family */
	MATCH("family_4_matches_ipv4", "family: 4", ETH(), IP4(), TCP()),
	MISS("family_4_does_not_match_ipv6", "family: 4", ETH(), IP6(), TCP()),
	MATCH("family_6_matches_ipv6", "family: 6", ETH(), IP6(), TCP()),
	MISS("family_6_does_not_match_ipv4", "family: 6", ETH(), IP4(), TCP()),

	/* fragment */
	MATCH("fragment_no_matches_a_whole_packet", "fragment: no", ETH(),
	      IP4(), UDP()),
	MISS("fragment_no_does_not_match_a_first_one", "fragment: no", ETH(),
	     IP4(.flags = MF), UDP()),
	MATCH("fragment_first_matches_a_first_one", "fragment: first", ETH(),
	      IP4(.flags = MF), UDP()),
	MISS("fragment_first_does_not_match_a_later_one", "fragment: first",
	     ETH(), IP4(.offset = 8, .proto = 17), DATA(9)),
	MATCH("fragment_later_matches_a_later_one", "fragment: later", ETH(),
	      IP4(.offset = 8, .proto = 17), DATA(9)),
	MATCH("fragment_later_matches_a_middle_one", "fragment: later", ETH(),
	      IP6(), FRAG6(.offset = 8, .more = 1, .next = 17), DATA(8)),
	MISS("fragment_later_does_not_match_a_first_one", "fragment: later",
	     ETH(), IP6(), FRAG6(.more = 1), UDP()),
	MATCH("fragment_no_matches_an_atomic_fragment", "fragment: no", ETH(),
	      IP6(), FRAG6(), UDP()),
	MATCH("fragment_any_matches_a_later_one", "fragment: any", ETH(),
	      IP4(.offset = 8, .proto = 17), DATA(9)),
	MATCH("fragment_any_matches_a_first_one", "fragment: any", ETH(),
	      IP4(.flags = MF), UDP()),
	MISS("fragment_any_does_not_match_a_whole_packet", "fragment: any",
	     ETH(), IP4(), UDP()),
};

int main(void)
{
	return rig_main(trials, sizeof(trials) / sizeof(trials[0]), NULL, 0);
}
