/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rules on ports, TCP flags and ICMP types: only where a packet has them. */
#include "tests/packet/harness.h"

#define RULES(text) HEAD "filter: {rules: [" text "]}\n"
#define MATCH(promise, text, ...) \
	RULE_DROPS(promise, RULES("{name: r, " text ", action: drop}"), "r", \
		   __VA_ARGS__)
#define MISS(promise, text, ...) \
	PASSES(promise, RULES("{name: r, " text ", action: drop}"), SL_PASS, \
	       __VA_ARGS__)
#define TCP_TO(port) ETH(), IP4(), TCP(.dport = (port))
#define UDP_TO(port) ETH(), IP6(), UDP(.dport = (port))
#define FLAGS(bits)  ETH(), IP4(), TCP(.flags = (bits))
#define LATER(number) \
	ETH(), IP4(.offset = 80, .proto = (number)), \
		RAW("\x9c\x40\x00\x17\x00\x08\x00\x00\x0d")

static const struct trial trials[] = {
	/* dport, sport */
	MATCH("dport_matches_tcp", "dport: 23", TCP_TO(23)),
	MATCH("dport_matches_udp_too", "dport: 23", UDP_TO(23)),
	MATCH("dport_matches_sctp_too", "dport: 23", ETH(), IP4(),
	      SCTP(.dport = 23)),
	MISS("dport_does_not_match_its_neighbour", "dport: 23", TCP_TO(24)),
	MISS("dport_does_not_match_the_source_port", "dport: 23", ETH(), IP4(),
	     TCP(.sport = 23)),
	MISS("dport_is_not_read_in_the_other_byte_order", "dport: 23",
	     TCP_TO(23 << 8)),
	MATCH("dport_and_proto_match_together", "proto: tcp, dport: 23",
	      TCP_TO(23)),
	MISS("dport_does_not_match_another_proto", "proto: tcp, dport: 23",
	     UDP_TO(23)),
	MATCH("dport_matches_the_first_of_a_range", "dport: 8000-8100",
	      TCP_TO(8000)),
	MATCH("dport_matches_the_last_of_a_range", "dport: 8000-8100",
	      UDP_TO(8100)),
	MISS("dport_does_not_match_before_a_range", "dport: 8000-8100",
	     TCP_TO(7999)),
	MISS("dport_does_not_match_after_a_range", "dport: 8000-8100",
	     TCP_TO(8101)),
	MATCH("dport_matches_the_highest_port", "dport: 65535", TCP_TO(65535)),
	MATCH("dport_matches_a_port_of_a_list", "dport: [22, 8000-8100, 443]",
	      TCP_TO(443)),
	MATCH("dport_matches_a_range_of_a_list", "dport: [22, 8000-8100, 443]",
	      TCP_TO(8050)),
	MISS("dport_does_not_match_beside_a_list",
	     "dport: [22, 8000-8100, 443]", TCP_TO(444)),
	MATCH("not_a_dport_matches_others", "proto: tcp, dport: \"!80\"",
	      TCP_TO(81)),
	MISS("not_a_dport_does_not_match_it", "proto: tcp, dport: \"!80\"",
	     TCP_TO(80)),
	MISS("not_a_dport_does_not_match_what_has_none", "dport: \"!80\"",
	     ETH(), IP4(), ICMP(8)),
	MISS("not_a_dport_does_not_match_a_later_fragment", "dport: \"!80\"",
	     LATER(6)),
	MATCH("not_a_range_matches_outside", "dport: \"!1024-65535\"",
	      TCP_TO(1023)),
	MISS("not_a_range_does_not_match_inside", "dport: \"!1024-65535\"",
	     TCP_TO(1024)),
	MATCH("sport_matches_the_source_port", "proto: udp, sport: 11211",
	      ETH(), IP4(), UDP(.sport = 11211)),
	MISS("sport_does_not_match_the_destination_port",
	     "proto: udp, sport: 11211", ETH(), IP4(), UDP(.dport = 11211)),
	MATCH("sport_and_dport_match_together", "sport: 53, dport: 1024-65535",
	      ETH(), IP4(), UDP(.sport = 53, .dport = 5353)),
	MISS("sport_alone_is_not_enough", "sport: 53, dport: 1024-65535", ETH(),
	     IP4(), UDP(.sport = 53, .dport = 53)),
	MISS("ports_are_not_read_in_a_later_fragment", "proto: tcp, dport: 23",
	     LATER(6)),
	MISS("udp_ports_are_not_read_in_a_later_fragment",
	     "proto: udp, dport: 23", LATER(17)),
	MATCH("ports_are_read_in_a_first_fragment", "proto: udp, dport: 23",
	      ETH(), IP4(.flags = MF), UDP(.dport = 23)),
	MISS("ports_are_not_read_in_esp", "dport: 23", ETH(), IP4(.proto = 50),
	     RAW("\x9c\x40\x00\x17\x00\x08\x00\x00")),
	MATCH("ports_are_found_behind_options", "dport: 23", ETH(),
	      IP4(.options = BYTES("\x94\x04\x00\x00")), TCP(.dport = 23)),
	MATCH("ports_are_found_behind_tags", "dport: 23", ETH(), VLAN(.id = 9),
	      VLAN(.id = 8), IP4(), TCP(.dport = 23)),
	MATCH("ports_are_found_behind_extension_headers", "dport: 23", ETH(),
	      IP6(),
	      EXT(.kind = EXT_ROUTING, .content = BYTES("\x02\x00\0\0\0\0")),
	      EXT(.kind = EXT_DEST), UDP(.dport = 23)),
	MATCH("ports_are_found_behind_an_authentication_header", "dport: 23",
	      ETH(), IP6(),
	      EXT(.kind = EXT_AH,
		  .content = BYTES(
			  "\0\0\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0")),
	      TCP(.dport = 23)),
	MATCH("ports_are_found_in_an_atomic_fragment", "dport: 23", ETH(),
	      IP6(), FRAG6(.reserved = 16), TCP(.dport = 23)),

	/* flags */
	MATCH("flags_match_what_is_set", "proto: tcp, flags: \"syn/syn,ack\"",
	      FLAGS(SYN)),
	MATCH("flags_look_at_nothing_else",
	      "proto: tcp, flags: \"syn/syn,ack\"", FLAGS(SYN | ECE | CWR)),
	MISS("flags_do_not_match_more_than_is_set",
	     "proto: tcp, flags: \"syn/syn,ack\"", FLAGS(SYN | ACK)),
	MISS("flags_do_not_match_less_than_is_set",
	     "proto: tcp, flags: \"syn/syn,ack\"", FLAGS(ACK)),
	MATCH("two_flags_match_together",
	      "proto: tcp, flags: \"syn,fin/syn,fin\"", FLAGS(SYN | FIN | PSH)),
	MISS("one_of_two_flags_is_not_enough",
	     "proto: tcp, flags: \"syn,fin/syn,fin\"", FLAGS(SYN)),
	MATCH("a_single_flag_is_looked_at_alone", "proto: tcp, flags: syn",
	      FLAGS(SYN | ACK)),
	MISS("a_single_flag_must_be_set", "proto: tcp, flags: syn", FLAGS(ACK)),
	MATCH("flags_match_any_of_a_list",
	      "proto: tcp, flags: [\"rst/rst\", \"syn/syn,ack\"]", FLAGS(RST)),
	MISS("flags_do_not_match_beside_a_list",
	     "proto: tcp, flags: [\"rst/rst\", \"syn/syn,ack\"]",
	     FLAGS(SYN | ACK)),
	MISS("flags_are_not_read_in_udp", "proto: tcp, flags: \"syn/syn\"",
	     ETH(), IP4(), UDP(), RAW("\2\2\2\2\2\2\2\2")),
	MISS("flags_are_not_read_in_a_later_fragment",
	     "proto: tcp, flags: \"syn/syn\"", ETH(),
	     IP4(.offset = 80, .proto = 6),
	     RAW("\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2\2")),

	/* icmp_type */
	MATCH("icmp_type_matches", "proto: icmp, icmp_type: 13", ETH(), IP4(),
	      ICMP(13)),
	MISS("icmp_type_does_not_match_its_neighbour",
	     "proto: icmp, icmp_type: 13", ETH(), IP4(), ICMP(14)),
	MISS("icmp_type_does_not_match_icmpv6", "proto: icmp, icmp_type: 13",
	     ETH(), IP6(), ICMP6(13)),
	MATCH("icmpv6_type_matches", "proto: icmpv6, icmp_type: 128", ETH(),
	      IP6(), ICMP6(128)),
	MISS("icmpv6_type_does_not_match_icmp", "proto: icmpv6, icmp_type: 8",
	     ETH(), IP4(), ICMP(8)),
	MATCH("icmp_type_matches_a_list", "proto: icmp, icmp_type: [13, 17, 0]",
	      ETH(), IP4(), ICMP(0)),
	MATCH("not_an_icmp_type_matches_others",
	      "proto: icmp, icmp_type: \"!8\"", ETH(), IP4(), ICMP(0)),
	MISS("not_an_icmp_type_does_not_match_it",
	     "proto: icmp, icmp_type: \"!8\"", ETH(), IP4(), ICMP(8)),
	MISS("not_an_icmp_type_does_not_match_tcp",
	     "proto: icmp, icmp_type: \"!8\"", ETH(), IP4(), TCP()),
	MISS("icmp_type_is_not_read_in_a_later_fragment",
	     "proto: icmp, icmp_type: 13", ETH(), IP4(.offset = 80, .proto = 1),
	     RAW("\x0d\0\0\0\0\0\0\0")),
	MISS("tcp_flags_are_no_icmp_type", "proto: icmp, icmp_type: 2",
	     FLAGS(SYN)),
};

int main(void)
{
	return rig_main(trials, sizeof(trials) / sizeof(trials[0]), NULL, 0);
}
