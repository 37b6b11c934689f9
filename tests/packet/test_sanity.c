/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Martians, IP options, TCP anomalies and header checksums, each as configured. */
#include "tests/packet/harness.h"

#define MARTIANS HEAD "filter: {martians: drop}\n"
#define OPTIONS_DROP HEAD "filter: {ip_options: drop}\n"
#define OPTIONS_PASS HEAD "filter: {ip_options: pass}\n"
#define ANOMALIES HEAD "filter: {tcp_anomalies: drop}\n"
#define CHECKSUM HEAD "filter: {verify_checksum: true}\n"

#define MARTIAN(promise, ...) DROPS(promise, MARTIANS, SL_MARTIAN, __VA_ARGS__)
#define NATIVE(promise, ...) PASSES(promise, MARTIANS, SL_PASS, __VA_ARGS__)
#define FROM4(address) ETH(), IP4(.src = (address)), TCP()
#define FROM6(address) ETH(), IP6(.src = (address)), TCP()
#define OPTION(octets) ETH(), IP4(.options = BYTES(octets)), TCP()
#define FLAGS(bits) ETH(), IP4(), TCP(.flags = (bits))

static const struct trial trials[] = {
	/* martians */
	MARTIAN("a_source_in_0_8_is_a_martian", FROM4("0.0.0.1")),
	MARTIAN("a_source_at_the_end_of_0_8_is_a_martian", FROM4("0.255.255.255")),
	NATIVE("a_source_after_0_8_is_none", FROM4("1.0.0.0")),
	NATIVE("a_dhcp_client_without_address_is_none", ETH(.dst = "ff:ff:ff:ff:ff:ff"),
	       IP4(.src = "0.0.0.0", .dst = "255.255.255.255"), UDP(.sport = 68, .dport = 67)),
	MARTIAN("another_client_without_address_is_a_martian", ETH(.dst = "ff:ff:ff:ff:ff:ff"),
		IP4(.src = "0.0.0.0", .dst = "255.255.255.255"), UDP(.sport = 68, .dport = 69)),
	MARTIAN("tcp_without_address_is_a_martian", FROM4("0.0.0.0")),
	MARTIAN("a_loopback_source_is_a_martian", FROM4("127.0.0.1")),
	NATIVE("a_source_before_loopback_is_none", FROM4("126.255.255.255")),
	NATIVE("a_source_after_loopback_is_none", FROM4("128.0.0.0")),
	MARTIAN("a_multicast_source_is_a_martian", FROM4("224.0.0.0")),
	NATIVE("a_source_before_multicast_is_none", FROM4("223.255.255.255")),
	NATIVE("a_multicast_destination_is_none", ETH(), IP4(.dst = "224.0.0.5"), UDP()),
	MARTIAN("a_reserved_source_is_a_martian", FROM4("240.0.0.1")),
	MARTIAN("a_broadcast_source_is_a_martian", FROM4("255.255.255.255")),
	MARTIAN("a_source_that_is_the_destination_is_a_martian",
		ETH(), IP4(.src = "10.0.0.9", .dst = "10.0.0.9"), UDP()),
	MARTIAN("an_ipv6_loopback_source_is_a_martian", FROM6("::1")),
	NATIVE("an_ipv6_source_beside_loopback_is_none", FROM6("::2:0:0:1")),
	MARTIAN("an_ipv6_multicast_source_is_a_martian", FROM6("ff02::1")),
	NATIVE("an_ipv6_source_before_multicast_is_none", FROM6("feff::1")),
	NATIVE("an_ipv6_multicast_destination_is_none", ETH(), IP6(.dst = "ff02::5"), UDP()),
	MARTIAN("an_ipv6_source_that_is_the_destination_is_a_martian",
		ETH(), IP6(.src = "2001:db8::9"), TCP()),
	NATIVE("duplicate_address_detection_is_none", ETH(),
	       IP6(.src = "::", .dst = "ff02::1:ff00:9", .hop = 255), ICMP6(135), DATA(16)),
	MARTIAN("martians_are_seen_in_later_fragments", ETH(),
		IP4(.src = "127.0.0.1", .offset = 1480, .proto = 17), DATA(9)),
	MARTIAN("martians_are_seen_behind_tags", ETH(), VLAN(.id = 5), IP4(.src = "127.0.0.1"), TCP()),
	PASSES("martians_pass_by_default", HEAD, SL_PASS, FROM4("127.0.0.1")),
	PASSES("ipv6_martians_pass_by_default", HEAD, SL_PASS, FROM6("::1")),
	PASSES("a_source_that_is_the_destination_passes_by_default", HEAD, SL_PASS, FROM4("10.0.0.9")),
	DROPS("an_ipv4_mapped_source_is_always_a_martian", HEAD, SL_MARTIAN, FROM6("::ffff:10.0.0.5")),
	DROPS("an_ipv4_mapped_destination_is_always_a_martian", HEAD, SL_MARTIAN,
	      ETH(), IP6(.dst = "::ffff:10.0.0.9"), TCP()),
	PASSES("an_address_beside_the_ipv4_mapped_is_none", HEAD, SL_PASS, FROM6("::fffe:10.0.0.5")),
	PASSES("a_translated_address_is_none", HEAD, SL_PASS, FROM6("64:ff9b::10.0.0.5")),

	/* IP options */
	DROPS("a_loose_source_route_is_dropped_by_default", HEAD, SL_IP_OPTIONS, OPTION("\x83\x03\x04\x00")),
	DROPS("a_strict_source_route_is_dropped_by_default", HEAD, SL_IP_OPTIONS, OPTION("\x89\x03\x04\x00")),
	DROPS("a_source_route_behind_other_options_is_dropped", HEAD, SL_IP_OPTIONS,
	      OPTION("\x01\x07\x04\x04\x01\x83\x03\x04")),
	PASSES("a_record_route_passes_by_default", HEAD, SL_PASS, OPTION("\x07\x03\x04\x00")),
	PASSES("a_router_alert_passes_by_default", HEAD, SL_PASS, OPTION("\x94\x04\x00\x00")),
	PASSES("a_source_route_behind_the_end_of_options_is_none", HEAD, SL_PASS, OPTION("\x00\x83\x03\x04")),
	PASSES("the_content_of_an_option_is_no_option", HEAD, SL_PASS, OPTION("\x07\x07\x04\x83\x03\x04\x89\x00")),
	DROPS("a_source_route_in_a_later_fragment_is_dropped", HEAD, SL_IP_OPTIONS, ETH(),
	      IP4(.offset = 1480, .proto = 17, .options = BYTES("\x83\x03\x04\x00")), DATA(9)),
	DROPS("a_type_0_routing_header_is_dropped_by_default", HEAD, SL_IP_OPTIONS, ETH(), IP6(),
	      EXT(.kind = EXT_ROUTING, .content = BYTES("\x00\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")), TCP()),
	PASSES("a_type_2_routing_header_passes_by_default", HEAD, SL_PASS, ETH(), IP6(),
	       EXT(.kind = EXT_ROUTING, .content = BYTES("\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")), TCP()),
	DROPS("options_drop_refuses_a_record_route", OPTIONS_DROP, SL_IP_OPTIONS, OPTION("\x07\x03\x04\x00")),
	DROPS("options_drop_refuses_a_source_route", OPTIONS_DROP, SL_IP_OPTIONS, OPTION("\x83\x03\x04\x00")),
	DROPS("options_drop_refuses_no_operations", OPTIONS_DROP, SL_IP_OPTIONS, OPTION("\x01\x01\x01\x01")),
	PASSES("options_drop_passes_what_has_none", OPTIONS_DROP, SL_PASS, ETH(), IP4(), TCP()),
	PASSES("options_pass_passes_a_source_route", OPTIONS_PASS, SL_PASS, OPTION("\x83\x03\x04\x00")),
	PASSES("options_pass_passes_a_type_0_routing_header", OPTIONS_PASS, SL_PASS, ETH(), IP6(),
	       EXT(.kind = EXT_ROUTING, .content = BYTES("\x00\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")), TCP()),
	DROPS("options_pass_still_refuses_options_that_lie", OPTIONS_PASS, SL_MALFORMED_L3,
	      OPTION("\x83\x05\x04\x00")),

	/* TCP flags */
	DROPS("tcp_without_flags_is_an_anomaly", ANOMALIES, SL_TCP_ANOMALY, FLAGS(IS(0))),
	DROPS("syn_with_fin_is_an_anomaly", ANOMALIES, SL_TCP_ANOMALY, FLAGS(SYN | FIN)),
	DROPS("syn_with_fin_and_ack_is_an_anomaly", ANOMALIES, SL_TCP_ANOMALY, FLAGS(SYN | FIN | ACK)),
	DROPS("syn_with_rst_is_an_anomaly", ANOMALIES, SL_TCP_ANOMALY, FLAGS(SYN | RST)),
	DROPS("fin_without_ack_is_an_anomaly", ANOMALIES, SL_TCP_ANOMALY, FLAGS(FIN)),
	DROPS("fin_psh_urg_is_an_anomaly", ANOMALIES, SL_TCP_ANOMALY, FLAGS(FIN | PSH | URG)),
	DROPS("urg_without_ack_is_an_anomaly", ANOMALIES, SL_TCP_ANOMALY, FLAGS(URG | PSH)),
	DROPS("all_flags_are_an_anomaly", ANOMALIES, SL_TCP_ANOMALY, FLAGS(255)),
	DROPS("an_ipv6_anomaly_is_one", ANOMALIES, SL_TCP_ANOMALY, ETH(), IP6(), TCP(.flags = SYN | FIN)),
	PASSES("syn_is_no_anomaly", ANOMALIES, SL_PASS, FLAGS(SYN)),
	PASSES("syn_with_ecn_setup_is_no_anomaly", ANOMALIES, SL_PASS, FLAGS(SYN | ECE | CWR)),
	PASSES("syn_ack_is_no_anomaly", ANOMALIES, SL_PASS, FLAGS(SYN | ACK)),
	PASSES("fin_ack_is_no_anomaly", ANOMALIES, SL_PASS, FLAGS(FIN | ACK)),
	PASSES("fin_psh_urg_ack_is_no_anomaly", ANOMALIES, SL_PASS, FLAGS(FIN | PSH | URG | ACK)),
	PASSES("rst_is_no_anomaly", ANOMALIES, SL_PASS, FLAGS(RST)),
	PASSES("rst_ack_is_no_anomaly", ANOMALIES, SL_PASS, FLAGS(RST | ACK)),
	PASSES("udp_has_no_flags", ANOMALIES, SL_PASS, ETH(), IP4(), UDP(), DATA(20)),
	PASSES("a_later_fragment_has_no_flags", ANOMALIES, SL_PASS, ETH(), IP4(.offset = 80, .proto = 6), DATA(40)),
	PASSES("anomalies_pass_by_default", HEAD, SL_PASS, FLAGS(SYN | FIN)),
	PASSES("tcp_without_flags_passes_by_default", HEAD, SL_PASS, FLAGS(IS(0))),

	/* IPv4 header checksum */
	DROPS("a_wrong_header_checksum_is_malformed_if_verified", CHECKSUM, SL_MALFORMED_L3,
	      ETH(), IP4(.sum = 0xdead), TCP()),
	DROPS("a_header_checksum_of_zero_is_malformed_if_verified", CHECKSUM, SL_MALFORMED_L3,
	      ETH(), IP4(.sum = IS(0)), TCP()),
	PASSES("a_right_header_checksum_is_read_if_verified", CHECKSUM, SL_PASS, ETH(), IP4(), TCP()),
	PASSES("the_checksum_covers_options", CHECKSUM, SL_PASS, OPTION("\x94\x04\x00\x00\x07\x04\x04\xff")),
	DROPS("a_wrong_checksum_over_options_is_malformed", CHECKSUM, SL_MALFORMED_L3,
	      ETH(), IP4(.sum = 0xdead, .options = BYTES("\x94\x04\x00\x00")), TCP()),
	DROPS("a_wrong_checksum_of_a_fragment_is_malformed", CHECKSUM, SL_MALFORMED_L3,
	      ETH(), IP4(.sum = 0xdead, .offset = 80, .proto = 17), DATA(9)),
	PASSES("ipv6_has_no_header_checksum", CHECKSUM, SL_PASS, ETH(), IP6(), TCP()),
	PASSES("a_wrong_header_checksum_passes_by_default", HEAD, SL_PASS, ETH(), IP4(.sum = 0xdead), TCP()),
};

int main(void)
{
	return rig_main(trials, sizeof(trials) / sizeof(trials[0]), NULL, 0);
}
