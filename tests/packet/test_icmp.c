/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ICMP to a service address: errors go where their flow goes, an echo is
 * answered, the rest is the stack's. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "tests/packet/flows.h"
#include "tests/packet/harness.h"

#define POOL(name, more) \
	"  " name ": {next_hop: \"02:00:00:00:00:aa\", source: [10.255.0.1/32, \"2001:db8:ff::1/128\"], " more "}\n"
#define POOLS \
	"pools:\n" POOL("one", "backends: [{address: 10.0.0.21}]") \
		POOL("six", "backends: [{address: \"2001:db8:b::21\"}]") \
			POOL("none", "backends: [{address: 10.0.0.22, weight: 0}]") \
				POOL("many", \
				     "backends: [{address: 10.0.0.31}, {address: 10.0.0.32}, {address: 10.0.0.33}, {address: 10.0.0.34}]")
#define SERVICES \
	"services:\n" \
	"  www: {addresses: [203.0.113.10, \"2001:db8:80::10\"], tcp: [80], udp: [443], pool: one}\n" \
	"  six: {addresses: [203.0.113.11, \"2001:db8:80::11\"], tcp: [80], pool: six}\n" \
	"  none: {addresses: [203.0.113.12], tcp: [80], pool: none}\n" \
	"  many: {addresses: [203.0.113.13, \"2001:db8:80::13\"], tcp: [80], udp: [443], pool: many}\n"
#define CONFIG HEAD POOLS SERVICES
#define CLOSED HEAD "filter: {policy: drop}\n" POOLS SERVICES

#define VIP        "203.0.113.10"
#define VIP6       "2001:db8:80::10"
#define TURNED     ETH(.dst = "02:00:00:00:00:aa", .src = "02:00:00:00:00:02")
#define BACK       ETH(.dst = "02:00:00:00:00:01", .src = "02:00:00:00:00:02")
#define OUTER4     IP4(.src = "10.255.0.1", .dst = "10.0.0.21", .id = ANY)
#define OUTER4_DF  IP4(.src = "10.255.0.1", .dst = "10.0.0.21", .flags = DF)
#define OUTER6     IP6(.src = "2001:db8:ff::1", .dst = "2001:db8:b::21", .label = ANY)
#define ROUTER(...)  IP4(.src = "10.7.7.7", .dst = VIP, __VA_ARGS__)
#define ROUTER6(...) IP6(.src = "2001:db8:7::7", .dst = VIP6, __VA_ARGS__)
#define ABOUT(...)   IP4(.src = VIP, .dst = "10.0.0.5", .total = 1500, __VA_ARGS__)
#define ABOUT6(...) \
	IP6(.src = VIP6, .dst = "2001:db8::5", .length = 1460, __VA_ARGS__)
/* the head of a segment of the service: all that a router must quote */
#define HEAD8 RAW("\0\x50\x9c\x40\0\0\0\1")
#define UDP8  RAW("\1\xbb\x9c\x40\5\xc8\0\0")

#define SENT(promise, in, leaves) \
	REWRITES(promise, CONFIG, XDP_TX, SL_FORWARDED, in, leaves)
#define ANSWERED(promise, in, leaves) \
	REWRITES(promise, CONFIG, XDP_TX, SL_ANSWERED, in, leaves)
#define STACK(promise, ...)     PASSES(promise, CONFIG, SL_PASS, ETH(), __VA_ARGS__)
#define MISMATCH(promise, ...)  PASSES(promise, CONFIG, SL_ICMP_MISMATCH, ETH(), __VA_ARGS__)
#define MALFORMED(promise, ...) DROPS(promise, CONFIG, SL_MALFORMED_INNER, ETH(), __VA_ARGS__)
/* An error about the service's flow, to its backend as it came. */
#define FOLLOWS(promise, ...) \
	SENT(promise, PACKET(ETH(), __VA_ARGS__), PACKET(TURNED, OUTER4, __VA_ARGS__))
#define FOLLOWS6(promise, ...) \
	SENT(promise, PACKET(ETH(), __VA_ARGS__), PACKET(TURNED, OUTER4_DF, __VA_ARGS__))

static const struct trial trials[] = {
	/* errors about a flow */
	FOLLOWS("fragmentation_needed_follows_the_flow", ROUTER(), ICMP(3, 4),
		ABOUT(.proto = 6), HEAD8),
	FOLLOWS("port_unreachable_follows_the_flow", ROUTER(), ICMP(3, 3),
		ABOUT(.proto = 6), HEAD8),
	FOLLOWS("time_exceeded_follows_the_flow", ROUTER(), ICMP(11),
		ABOUT(.proto = 6), HEAD8),
	FOLLOWS("a_parameter_problem_follows_the_flow", ROUTER(), ICMP(12),
		ABOUT(.proto = 6), HEAD8),
	FOLLOWS("an_error_about_udp_follows_the_flow", ROUTER(), ICMP(3, 4),
		ABOUT(.proto = 17), UDP8),
	FOLLOWS("a_whole_segment_may_be_quoted", ROUTER(), ICMP(3, 4),
		IP4(.src = VIP, .dst = "10.0.0.5"), TCP(.sport = 80, .dport = 40000), DATA(100)),
	FOLLOWS("extensions_may_follow_what_is_quoted", ROUTER(), ICMP(11),
		IP4(.src = VIP, .dst = "10.0.0.5", .total = 40), TCP(.sport = 80, .dport = 40000), DATA(40)),
	FOLLOWS("quoted_options_are_skipped", ROUTER(), ICMP(3, 4),
		ABOUT(.proto = 6, .options = BYTES("\x94\x04\0\0\1\1\1\1")), HEAD8),
	FOLLOWS("a_quoted_first_fragment_has_ports", ROUTER(), ICMP(11),
		ABOUT(.proto = 17, .flags = MF), UDP8),
	FOLLOWS("options_of_the_error_do_not_matter",
		ROUTER(.options = BYTES("\x94\x04\0\0")), ICMP(3, 4), ABOUT(.proto = 6), HEAD8),
	SENT("a_tagged_error_follows_the_flow",
	     PACKET(ETH(), VLAN(.id = 7), ROUTER(), ICMP(3, 4), ABOUT(.proto = 6), HEAD8),
	     PACKET(TURNED, VLAN(.id = 7), OUTER4, ROUTER(), ICMP(3, 4), ABOUT(.proto = 6), HEAD8)),
	FOLLOWS6("packet_too_big_follows_the_flow", ROUTER6(), ICMP6(2),
		 ABOUT6(.next = 6), HEAD8),
	FOLLOWS6("an_ipv6_unreachable_follows_the_flow", ROUTER6(), ICMP6(1, 4),
		 ABOUT6(.next = 17), UDP8),
	FOLLOWS6("an_ipv6_time_exceeded_follows_the_flow", ROUTER6(), ICMP6(3),
		 ABOUT6(.next = 6), HEAD8),
	FOLLOWS6("an_ipv6_parameter_problem_follows_the_flow", ROUTER6(), ICMP6(4),
		 ABOUT6(.next = 6), HEAD8),
	FOLLOWS6("quoted_extension_headers_are_skipped", ROUTER6(), ICMP6(2),
		 ABOUT6(), EXT(.kind = EXT_HOP), EXT(.kind = EXT_ROUTING), EXT(.kind = EXT_AH),
		 EXT(.kind = EXT_DEST, .next = 6), HEAD8),
	FOLLOWS6("six_quoted_extension_headers_are_skipped", ROUTER6(), ICMP6(2),
		 ABOUT6(), EXT(.kind = EXT_HOP), EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST),
		 EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST, .next = 6), HEAD8),
	FOLLOWS6("a_quoted_atomic_fragment_has_ports", ROUTER6(), ICMP6(2),
		 ABOUT6(), FRAG6(.next = 6), HEAD8),
	FOLLOWS6("a_quoted_first_ipv6_fragment_has_ports", ROUTER6(), ICMP6(2),
		 ABOUT6(), FRAG6(.next = 6, .more = 1), HEAD8),
	FOLLOWS6("extension_headers_of_the_error_do_not_matter", ROUTER6(),
		 EXT(.kind = EXT_DEST), ICMP6(2), ABOUT6(.next = 6), HEAD8),
	SENT("an_error_goes_to_an_ipv6_backend_too",
	     PACKET(ETH(), IP4(.dst = "203.0.113.11"), ICMP(3, 4),
		    IP4(.src = "203.0.113.11", .dst = "10.0.0.5", .total = 1500, .proto = 6), HEAD8),
	     PACKET(TURNED, OUTER6, IP4(.dst = "203.0.113.11"), ICMP(3, 4),
		    IP4(.src = "203.0.113.11", .dst = "10.0.0.5", .total = 1500, .proto = 6), HEAD8)),
	DROPS("an_error_about_a_pool_without_backends_is_dropped", CONFIG, SL_NO_BACKEND,
	      ETH(), IP4(.dst = "203.0.113.12"), ICMP(3, 4),
	      IP4(.src = "203.0.113.12", .dst = "10.0.0.5", .proto = 6), HEAD8),

	/* about something else */
	MISMATCH("about_another_address_is_a_mismatch", ROUTER(), ICMP(3, 4),
		 IP4(.src = "203.0.113.9", .dst = "10.0.0.5", .proto = 6), HEAD8),
	MISMATCH("about_another_service_is_a_mismatch", ROUTER(), ICMP(3, 4),
		 IP4(.src = "203.0.113.13", .dst = "10.0.0.5", .proto = 6), HEAD8),
	MISMATCH("about_what_a_client_sent_is_a_mismatch", ROUTER(), ICMP(3, 4),
		 IP4(.src = "10.0.0.5", .dst = VIP, .proto = 6), HEAD8),
	MISMATCH("the_last_octet_of_ipv6_is_compared", ROUTER6(), ICMP6(2),
		 IP6(.src = "2001:db8:80::12", .dst = "2001:db8::5", .next = 6), HEAD8),
	MISMATCH("the_first_octet_of_ipv6_is_compared", ROUTER6(), ICMP6(2),
		 IP6(.src = "2101:db8:80::10", .dst = "2001:db8::5", .next = 6), HEAD8),
	STACK("about_a_port_without_service_is_the_stacks", ROUTER(), ICMP(3, 4),
	      ABOUT(.proto = 6), RAW("\0\x51\x9c\x40\0\0\0\1")),
	STACK("about_an_echo_reply_is_the_stacks", ROUTER(), ICMP(3, 1),
	      ABOUT(.proto = 1), DATA(8)),
	STACK("about_sctp_is_the_stacks", ROUTER(), ICMP(3, 1), ABOUT(.proto = 132), HEAD8),
	STACK("about_a_tunnel_packet_of_ours_is_the_stacks",
	      IP4(.src = "10.7.7.7", .dst = "10.255.0.1"), ICMP(3, 4),
	      IP4(.src = "10.255.0.1", .dst = "10.0.0.21"),
	      IP4(.src = "10.0.0.5", .dst = VIP), TCP()),
	STACK("a_redirect_is_the_stacks", ROUTER(), ICMP(5), ABOUT(.proto = 6), HEAD8),
	STACK("a_source_quench_is_the_stacks", ROUTER(), ICMP(4), ABOUT(.proto = 6), HEAD8),
	STACK("an_echo_reply_is_the_stacks", ROUTER(), ICMP(0), DATA(8)),
	STACK("an_ipv6_echo_reply_is_the_stacks", ROUTER6(), ICMP6(129), DATA(8)),
	STACK("neighbour_discovery_is_the_stacks", ROUTER6(.hop = 255), ICMP6(135), DATA(16)),
	STACK("icmpv6_in_ipv4_is_the_stacks", ROUTER(.proto = 58), ICMP6(128), DATA(8)),
	STACK("icmp_in_ipv6_is_the_stacks", ROUTER6(.next = 1), ICMP(8), DATA(8)),
	STACK("a_fragment_of_an_error_is_the_stacks", ROUTER(.flags = MF), ICMP(3, 4),
	      ABOUT(.proto = 6), RAW("\0\x50\x9c\x40\0\0\0\1\0\0\0\0")),
	DROPS("about_a_later_fragment_there_are_no_ports", CONFIG, SL_VIP_FRAGMENT, ETH(),
	      ROUTER(), ICMP(11), ABOUT(.proto = 6, .offset = 1480), HEAD8),
	DROPS("about_a_later_ipv6_fragment_there_are_no_ports", CONFIG, SL_VIP_FRAGMENT,
	      ETH(), ROUTER6(), ICMP6(2), ABOUT6(), FRAG6(.next = 6, .offset = 1480), HEAD8),
	DROPS("an_error_whose_ttl_ran_out_is_dropped", CONFIG, SL_TTL_ZERO, ETH(),
	      ROUTER(.ttl = IS(0)), ICMP(3, 4), ABOUT(.proto = 6), HEAD8),

	/* what is quoted must be what it says */
	MALFORMED("nothing_quoted_is_malformed", ROUTER(), ICMP(3, 4)),
	MALFORMED("a_cut_header_is_malformed", ROUTER(.total = 47), ICMP(3, 4), ABOUT(.proto = 6), HEAD8),
	MALFORMED("a_header_alone_is_malformed", ROUTER(), ICMP(3, 4), ABOUT(.proto = 6)),
	MALFORMED("seven_octets_of_tcp_are_malformed", ROUTER(.total = 55), ICMP(3, 4),
		  ABOUT(.proto = 6), HEAD8),
	MALFORMED("padding_is_not_quoted", ROUTER(), ICMP(3, 4), ABOUT(.proto = 6), PAD(20)),
	MALFORMED("a_quoted_length_without_ports_is_malformed", ROUTER(), ICMP(3, 4),
		  IP4(.src = VIP, .dst = "10.0.0.5", .total = 27, .proto = 6), HEAD8),
	MALFORMED("a_quoted_length_below_its_header_is_malformed", ROUTER(), ICMP(3, 4),
		  IP4(.src = VIP, .dst = "10.0.0.5", .total = 19, .proto = 6), HEAD8),
	MALFORMED("a_quoted_ihl_of_4_is_malformed", ROUTER(), ICMP(3, 4),
		  ABOUT(.proto = 6, .ihl = 4), HEAD8),
	MALFORMED("quoted_options_that_are_cut_are_malformed", ROUTER(), ICMP(3, 4),
		  ABOUT(.proto = 6, .ihl = 15), HEAD8),
	MALFORMED("a_quoted_version_of_5_is_malformed", ROUTER(), ICMP(3, 4),
		  ABOUT(.proto = 6, .version = 5), HEAD8),
	MALFORMED("ipv6_quoted_in_ipv4_is_malformed", ROUTER(), ICMP(3, 4), ABOUT6(.next = 6), HEAD8),
	MALFORMED("ipv4_quoted_in_ipv6_is_malformed", ROUTER6(), ICMP6(2), ABOUT(.proto = 6),
		  TCP(.sport = 80, .dport = 40000)),
	MALFORMED("a_quoted_data_offset_of_4_is_malformed", ROUTER(), ICMP(3, 4),
		  IP4(.src = VIP, .dst = "10.0.0.5"), TCP(.sport = 80, .dport = 40000, .doff = 4)),
	MALFORMED("a_quoted_udp_length_of_7_is_malformed", ROUTER(), ICMP(3, 4),
		  ABOUT(.proto = 17), RAW("\1\xbb\x9c\x40\0\7\0\0")),
	MALFORMED("a_cut_ipv6_header_is_malformed", ROUTER6(.length = 47), ICMP6(2),
		  ABOUT6(.next = 6), HEAD8),
	MALFORMED("an_ipv6_header_alone_is_malformed", ROUTER6(), ICMP6(2), ABOUT6(.next = 6)),
	MALFORMED("a_quoted_extension_header_that_is_cut_is_malformed", ROUTER6(), ICMP6(2),
		  ABOUT6(.next = EXT_DEST), RAW("\6\0\1")),
	MALFORMED("a_quoted_extension_header_beyond_the_end_is_malformed", ROUTER6(), ICMP6(2),
		  ABOUT6(), EXT(.kind = EXT_DEST, .next = 6, .length = 200), HEAD8),
	MALFORMED("seven_quoted_extension_headers_are_malformed", ROUTER6(), ICMP6(2), ABOUT6(),
		  EXT(.kind = EXT_HOP), EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST),
		  EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST),
		  EXT(.kind = EXT_DEST, .next = 6), HEAD8),

	/* an echo */
	ANSWERED("an_echo_is_answered",
		 PACKET(ETH(), IP4(.dst = VIP, .ttl = 9, .id = 77, .tos = 0xb8, .flags = DF), ICMP(8), DATA(56)),
		 PACKET(BACK, IP4(.src = VIP, .dst = "10.0.0.5", .id = 77, .tos = 0xb8, .flags = DF), ICMP(0), DATA(56))),
	ANSWERED("an_ipv6_echo_is_answered",
		 PACKET(ETH(), IP6(.dst = VIP6, .hop = 9, .label = 0x12345), ICMP6(128), DATA(56)),
		 PACKET(BACK, IP6(.src = VIP6, .dst = "2001:db8::5", .label = 0x12345), ICMP6(129), DATA(56))),
	ANSWERED("an_echo_without_content_is_answered",
		 PACKET(ETH(), IP4(.dst = VIP), ICMP(8), PAD(18)),
		 PACKET(BACK, IP4(.src = VIP, .dst = "10.0.0.5"), ICMP(0), PAD(18))),
	ANSWERED("an_echo_of_9000_octets_is_answered",
		 PACKET(ETH(), IP4(.dst = VIP), ICMP(8), DATA(8972)),
		 PACKET(BACK, IP4(.src = VIP, .dst = "10.0.0.5"), ICMP(0), DATA(8972))),
	ANSWERED("a_tagged_echo_is_answered_with_its_tags",
		 PACKET(ETH(), VLAN(.id = 7, .tpid = 0x88a8), VLAN(.id = 8), IP4(.dst = VIP), ICMP(8)),
		 PACKET(BACK, VLAN(.id = 7, .tpid = 0x88a8), VLAN(.id = 8), IP4(.src = VIP, .dst = "10.0.0.5"), ICMP(0))),
	ANSWERED("an_echo_does_not_need_a_backend",
		 PACKET(ETH(), IP4(.dst = "203.0.113.12"), ICMP(8)),
		 PACKET(BACK, IP4(.src = "203.0.113.12", .dst = "10.0.0.5"), ICMP(0))),
	STACK("an_echo_to_another_address_is_the_stacks", IP4(.dst = "203.0.113.9"), ICMP(8)),
	STACK("an_echo_with_options_is_the_stacks",
	      IP4(.dst = VIP, .options = BYTES("\x94\x04\0\0")), ICMP(8)),
	STACK("an_echo_with_extension_headers_is_the_stacks",
	      IP6(.dst = VIP6), EXT(.kind = EXT_DEST), ICMP6(128)),
	STACK("a_fragment_of_an_echo_is_the_stacks", IP4(.dst = VIP, .flags = MF), ICMP(8), DATA(8)),
	STACK("an_echo_from_a_service_is_not_answered",
	      IP4(.src = "203.0.113.13", .dst = VIP), ICMP(8)),
	STACK("an_echo_from_the_same_service_is_not_answered", IP4(.src = VIP, .dst = VIP), ICMP(8)),
	STACK("an_echo_from_an_ipv6_service_is_not_answered",
	      IP6(.src = "2001:db8:80::13", .dst = VIP6), ICMP6(128)),
	STACK("an_echo_from_multicast_is_not_answered", IP4(.src = "224.0.0.1", .dst = VIP), ICMP(8)),
	STACK("an_echo_from_broadcast_is_not_answered",
	      IP4(.src = "255.255.255.255", .dst = VIP), ICMP(8)),
	STACK("an_echo_from_loopback_is_not_answered", IP4(.src = "127.0.0.1", .dst = VIP), ICMP(8)),
	STACK("an_echo_from_nobody_is_not_answered", IP4(.src = "0.0.0.0", .dst = VIP), ICMP(8)),
	STACK("an_echo_from_ipv6_multicast_is_not_answered",
	      IP6(.src = "ff02::1", .dst = VIP6), ICMP6(128)),
	STACK("an_echo_from_ipv6_loopback_is_not_answered", IP6(.src = "::1", .dst = VIP6), ICMP6(128)),
	STACK("an_echo_from_ipv6_nobody_is_not_answered", IP6(.src = "::", .dst = VIP6), ICMP6(128)),
	ANSWERED("the_address_beside_a_service_is_answered",
		 PACKET(ETH(), IP4(.src = "203.0.113.9", .dst = VIP), ICMP(8)),
		 PACKET(BACK, IP4(.src = VIP, .dst = "203.0.113.9"), ICMP(0))),
	PASSES("a_broadcast_echo_is_not_ours", CONFIG, SL_NOT_OUR_MAC,
	       ETH(.dst = "ff:ff:ff:ff:ff:ff"), IP4(.dst = VIP), ICMP(8)),
	DROPS("a_closed_policy_has_no_echo", CLOSED, SL_POLICY, ETH(), IP4(.dst = VIP), ICMP(8)),
	REWRITES("a_closed_policy_lets_errors_follow", CLOSED, XDP_TX, SL_FORWARDED,
		 PACKET(ETH(), ROUTER(), ICMP(3, 4), ABOUT(.proto = 6), HEAD8),
		 PACKET(TURNED, OUTER4, ROUTER(), ICMP(3, 4), ABOUT(.proto = 6), HEAD8)),
};

/* Where an error about the flow goes. */
static unsigned backend_of_error(const struct flow *f)
{
	static struct frame in, out;
	char client[48];

	if (f->family == 4) {
		snprintf(client, sizeof(client), "10.0.0.%u", f->source);
		frame_build(&in, PACKET(ETH(), IP4(.src = "10.7.7.7", .dst = f->vip), ICMP(3, 4),
			IP4(.src = f->vip, .dst = client),
			TCP(.sport = f->dport, .dport = f->sport)), NULL);
	} else {
		snprintf(client, sizeof(client), "2001:db8:5::%x", f->source);
		frame_build(&in, PACKET(ETH(), IP6(.dst = f->vip), ICMP6(2),
			IP6(.src = f->vip, .dst = client),
			UDP(.sport = f->dport, .dport = f->sport)), NULL);
	}
	if (rig_run(&in, &out) != XDP_TX)
		fail_msg("the error was not sent");
	return out.byte[14 + 19];
}

static void errors_go_where_their_flow_goes(void **state)
{
	unsigned seen[256] = { 0 }, backends = 0;

	(void)state;
	rig_apply(CONFIG);
	for (uint32_t i = 0; i < 400; i++) {
		struct flow f = { 4, IPPROTO_TCP, "203.0.113.13", i % 250, 1024 + i * 7, 80 };

		if (i % 2)
			f = (struct flow){ 6, IPPROTO_UDP, "2001:db8:80::13", i, 1024 + i * 7, 443 };
		expect_number(backend_of_error(&f), backend_of(&f));
		backends += !seen[backend_of(&f)]++;
	}
	expect_number(backends, 4);
}

static void an_error_is_counted_by_service_and_backend(void **state)
{
	static struct outcome o;

	(void)state;
	rig_apply(CONFIG);
	rig_send(PACKET(ETH(), ROUTER(), ICMP(3, 4), ABOUT(.proto = 6), HEAD8), &o);
	expect_verdict(&o, XDP_TX, SL_FORWARDED);
	expect_text(o.services, "www");
	expect_text(o.backends, "10.0.0.21");
	expect_number(o.flows, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_go_where_their_flow_goes),
		cmocka_unit_test(an_error_is_counted_by_service_and_backend),
	};

	return rig_main(trials, sizeof(trials) / sizeof(trials[0]), tests,
			sizeof(tests) / sizeof(tests[0]));
}
