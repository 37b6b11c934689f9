/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Next hops, MACs and interfaces, with real devices in a namespace of our own:
 *
 *	in1 --- in0 [sluice] out0 --- out1
 *	    10.1.0.1/24      10.2.0.1/24, 2001:db8:2::1/64, MTU 1400
 *
 * in0 is 02:00:00:00:01:01, out0 is 02:00:00:00:02:01. Nobody answers there;
 * the backends' MACs are permanent neighbours.
 */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/packet/harness.h"

#define BEGIN(interface) \
	"sluice: 1\nseed: packets\ninterfaces: {" interface "}\n"
#define CONFIG \
	BEGIN("in0: {mode: native, macs: [\"00:00:5e:00:01:07\"]}") \
	"pools:\n" \
	"  out: {backends: [{address: 10.2.0.21}]}\n" \
	"  out6: {backends: [{address: \"2001:db8:2::21\"}]}\n" \
	"  back: {backends: [{address: 10.1.0.21}]}\n" \
	"  fib: {next_hop: fib, source: 10.2.0.1/32, backends: [{address: 10.2.0.21}]}\n" \
	"  mac: {next_hop: \"02:00:00:00:00:aa\", source: 10.1.0.1/32, backends: [{address: 10.2.0.21}]}\n" \
	"  lost: {backends: [{address: 10.9.0.21}]}\n" \
	"  l2out: {encap: l2, backends: [{address: 10.2.0.21}]}\n" \
	"  l2out6: {encap: l2, backends: [{address: \"2001:db8:2::21\"}]}\n" \
	"  l2back: {encap: l2, backends: [{address: 10.1.0.21}]}\n" \
	"  l2fib: {encap: l2, next_hop: fib, backends: [{address: 10.2.0.21}]}\n" \
	"  gue: {encap: gue, backends: [{address: 10.2.0.21}]}\n" \
	"  guefib: {encap: gue, next_hop: fib, backends: [{address: 10.2.0.21}]}\n" \
	"services:\n" \
	"  out: {addresses: [203.0.113.1, \"2001:db8:80::1\"], tcp: [80], pool: out}\n" \
	"  out6: {addresses: [203.0.113.2], tcp: [80], pool: out6}\n" \
	"  back: {addresses: [203.0.113.3], tcp: [80], pool: back}\n" \
	"  fib: {addresses: [203.0.113.4], tcp: [80], pool: fib}\n" \
	"  mac: {addresses: [203.0.113.5], tcp: [80], pool: mac}\n" \
	"  lost: {addresses: [203.0.113.6], tcp: [80], pool: lost}\n" \
	"  l2out: {addresses: [203.0.113.7, \"2001:db8:80::7\"], tcp: [80], pool: l2out}\n" \
	"  l2out6: {addresses: [203.0.113.8], tcp: [80], pool: l2out6}\n" \
	"  l2back: {addresses: [203.0.113.9], tcp: [80], pool: l2back}\n" \
	"  l2fib: {addresses: [203.0.113.10], tcp: [80], pool: l2fib}\n" \
	"  gue: {addresses: [203.0.113.11], tcp: [80], pool: gue}\n" \
	"  guefib: {addresses: [203.0.113.12], tcp: [80], pool: guefib}\n" \
	"decap: {addresses: [10.1.0.1], from: [10.1.0.100]}\n"
#define OURS        ETH(.dst = "02:00:00:00:01:01")
#define TO(address) IP4(.dst = (address), .flags = DF), TCP()

static void shell(const char *command)
{
	if (system(command))
		fail_msg("%s", command);
}

static void make_devices(void)
{
	shell("ip link set lo up");
	shell("ip link add in0 address 02:00:00:00:01:01 type veth peer name in1");
	shell("ip link add out0 address 02:00:00:00:02:01 mtu 1400 type veth peer name out1");
	shell("ip address add 10.1.0.1/24 dev in0");
	shell("ip address add 10.2.0.1/24 dev out0");
	shell("ip address add 2001:db8:2::1/64 dev out0 nodad");
	/* the far ends say nothing of their own: it would be counted */
	shell("for i in in1 out1; do ip link set $i addrgenmode none; done");
	shell("for i in in0 in1 out0 out1; do ip link set $i up; done");
	shell("ip neighbour replace 10.1.0.21 lladdr 02:00:00:00:01:21 dev in0 nud permanent");
	shell("ip neighbour replace 10.2.0.21 lladdr 02:00:00:00:02:21 dev out0 nud permanent");
	shell("ip neighbour replace 2001:db8:2::21 lladdr 02:00:00:00:06:21 dev out0 nud permanent");
	shell("echo 1 > /proc/sys/net/ipv4/ip_forward");
}

static void arrive_at_in0(const char *config)
{
	if (!if_nametoindex("in0"))
		make_devices();
	rig_apply(config);
	rig_ingress(if_nametoindex("in0"));
}

static void expect_sent(const struct layer *in, int action,
			const struct layer *leaves)
{
	static struct outcome o;

	arrive_at_in0(CONFIG);
	rig_send(in, &o);
	expect_verdict(&o, action, SL_FORWARDED);
	expect_frame(&o.frame, leaves);
}

static void expect_kept(const struct layer *in, int action,
			enum sl_reason reason)
{
	static struct outcome o;
	struct frame frame;

	arrive_at_in0(CONFIG);
	frame_build(&frame, in, NULL);
	rig_send_frame(&frame, &o);
	expect_verdict(&o, action, reason);
	expect_same_frame(&o.frame, &frame);
}

#define VIA_OUT0 \
	ETH(.dst = "02:00:00:00:02:21", .src = "02:00:00:00:02:01"), \
		IP4(.src = "10.2.0.1", .dst = "10.2.0.21", .flags = DF)
#define SENT(promise, in, action, leaves) \
	static void promise(void **state) \
	{ \
		(void)state; \
		expect_sent(in, action, leaves); \
	}
#define KEPT(promise, action, reason, ...) \
	static void promise(void **state) \
	{ \
		(void)state; \
		expect_kept(PACKET(__VA_ARGS__), action, reason); \
	}

SENT(behind_another_interface_it_is_redirected, PACKET(OURS, TO("203.0.113.1")),
     XDP_REDIRECT, PACKET(VIA_OUT0, TO("203.0.113.1")))
SENT(ipv6_behind_another_interface_is_redirected,
     PACKET(OURS, IP6(.dst = "2001:db8:80::1"), TCP()), XDP_REDIRECT,
     PACKET(VIA_OUT0, IP6(.dst = "2001:db8:80::1"), TCP()))
SENT(an_ipv6_backend_behind_another_interface_is_reached,
     PACKET(OURS, TO("203.0.113.2")), XDP_REDIRECT,
     PACKET(ETH(.dst = "02:00:00:00:06:21", .src = "02:00:00:00:02:01"),
	    IP6(.src = "2001:db8:2::1", .dst = "2001:db8:2::21", .label = ANY),
	    TO("203.0.113.2")))
SENT(tags_do_not_go_out_of_another_interface,
     PACKET(OURS, VLAN(.id = 7), VLAN(.id = 8), TO("203.0.113.1")),
     XDP_REDIRECT, PACKET(VIA_OUT0, TO("203.0.113.1")))
SENT(four_tags_do_not_go_out_of_another_interface,
     PACKET(OURS, VLAN(.id = 1), VLAN(.id = 2), VLAN(.id = 3), VLAN(.id = 4),
	    TO("203.0.113.1")),
     XDP_REDIRECT, PACKET(VIA_OUT0, TO("203.0.113.1")))
SENT(behind_the_ingress_it_is_sent_back, PACKET(OURS, TO("203.0.113.3")),
     XDP_TX,
     PACKET(ETH(.dst = "02:00:00:00:01:21", .src = "02:00:00:00:01:01"),
	    IP4(.src = "10.1.0.1", .dst = "10.1.0.21", .flags = DF),
	    TO("203.0.113.3")))
SENT(next_hop_fib_asks_the_kernel, PACKET(OURS, TO("203.0.113.4")),
     XDP_REDIRECT, PACKET(VIA_OUT0, TO("203.0.113.4")))
SENT(a_next_hop_mac_goes_back_whatever_the_routes_say,
     PACKET(OURS, VLAN(.id = 7), TO("203.0.113.5")), XDP_TX,
     PACKET(ETH(.dst = "02:00:00:00:00:aa", .src = "02:00:00:00:01:01"),
	    VLAN(.id = 7),
	    IP4(.src = "10.1.0.1", .dst = "10.2.0.21", .flags = DF),
	    TO("203.0.113.5")))
SENT(a_mac_of_the_list_is_ours,
     PACKET(ETH(.dst = "00:00:5e:00:01:07"), TO("203.0.113.5")), XDP_TX,
     PACKET(ETH(.dst = "02:00:00:00:00:aa", .src = "00:00:5e:00:01:07"),
	    IP4(.src = "10.1.0.1", .dst = "10.2.0.21", .flags = DF),
	    TO("203.0.113.5")))
SENT(what_fits_the_egress_mtu_is_sent,
     PACKET(OURS, TO("203.0.113.1"), DATA(1340)), XDP_REDIRECT,
     PACKET(VIA_OUT0, TO("203.0.113.1"), DATA(1340)))
KEPT(what_does_not_fit_the_egress_mtu_is_too_big, XDP_DROP, SL_TOO_BIG, OURS,
     IP4(.dst = "203.0.113.1"), TCP(), DATA(1341))
#define L2_OUT0 ETH(.dst = "02:00:00:00:02:21", .src = "02:00:00:00:02:01")
#define GUE     UDP(.sport = ANY, .dport = 6080, .sum = IS(0))
SENT(l2_changes_the_addresses_of_the_frame_only, PACKET(OURS, TO("203.0.113.7"), DATA(1360)),
     XDP_REDIRECT, PACKET(L2_OUT0, TO("203.0.113.7"), DATA(1360)))
SENT(l2_takes_ipv6_to_an_ipv4_backend, PACKET(OURS, IP6(.dst = "2001:db8:80::7"), TCP()),
     XDP_REDIRECT, PACKET(L2_OUT0, IP6(.dst = "2001:db8:80::7"), TCP()))
SENT(l2_takes_ipv4_to_an_ipv6_backend, PACKET(OURS, TO("203.0.113.8")), XDP_REDIRECT,
     PACKET(ETH(.dst = "02:00:00:00:06:21", .src = "02:00:00:00:02:01"), TO("203.0.113.8")))
SENT(l2_leaves_tags_behind_when_it_goes_elsewhere,
     PACKET(OURS, VLAN(.id = 7), VLAN(.id = 8), TO("203.0.113.7")), XDP_REDIRECT,
     PACKET(L2_OUT0, TO("203.0.113.7")))
SENT(l2_leaves_four_tags_of_ipv6_behind,
     PACKET(OURS, VLAN(.id = 1), VLAN(.id = 2), VLAN(.id = 3), VLAN(.id = 4),
	    IP6(.dst = "2001:db8:80::7"), TCP()), XDP_REDIRECT,
     PACKET(L2_OUT0, IP6(.dst = "2001:db8:80::7"), TCP()))
SENT(l2_goes_back_to_the_backend, PACKET(OURS, VLAN(.id = 7), TO("203.0.113.9")), XDP_TX,
     PACKET(ETH(.dst = "02:00:00:00:01:21", .src = "02:00:00:00:01:01"), TO("203.0.113.9")))
SENT(l2_asks_the_kernel, PACKET(OURS, TO("203.0.113.10")), XDP_REDIRECT,
     PACKET(L2_OUT0, TO("203.0.113.10")))
KEPT(what_does_not_fit_is_too_big_for_l2, XDP_DROP, SL_TOO_BIG, OURS,
     IP4(.dst = "203.0.113.7"), TCP(), DATA(1361))
SENT(gue_goes_out_of_another_interface, PACKET(OURS, TO("203.0.113.11")), XDP_REDIRECT,
     PACKET(VIA_OUT0, GUE, TO("203.0.113.11")))
SENT(gue_leaves_tags_behind, PACKET(OURS, VLAN(.id = 7), TO("203.0.113.11")), XDP_REDIRECT,
     PACKET(VIA_OUT0, GUE, TO("203.0.113.11")))
SENT(gue_asks_the_kernel, PACKET(OURS, TO("203.0.113.12")), XDP_REDIRECT,
     PACKET(VIA_OUT0, GUE, TO("203.0.113.12")))
KEPT(without_a_route_it_is_dropped, XDP_DROP, SL_NO_ROUTE, OURS,
     TO("203.0.113.6"))
KEPT(no_route_comes_before_the_size, XDP_DROP, SL_NO_ROUTE, OURS,
     TO("203.0.113.6"), DATA(2000))
KEPT(another_unicast_mac_is_not_ours, XDP_PASS, SL_NOT_OUR_MAC,
     ETH(.dst = "02:00:00:00:01:02"), TO("203.0.113.1"))
KEPT(the_mac_of_another_interface_is_not_ours, XDP_PASS, SL_NOT_OUR_MAC,
     ETH(.dst = "02:00:00:00:02:01"), TO("203.0.113.1"))
KEPT(a_mac_beside_the_list_is_not_ours, XDP_PASS, SL_NOT_OUR_MAC,
     ETH(.dst = "00:00:5e:00:01:08"), TO("203.0.113.1"))
KEPT(a_tunnel_packet_to_another_mac_is_not_ours, XDP_PASS, SL_NOT_OUR_MAC,
     ETH(.dst = "02:00:00:00:01:02"),
     IP4(.src = "10.1.0.100", .dst = "10.1.0.1"), IP4(), TCP())
KEPT(the_mac_does_not_matter_to_others, XDP_PASS, SL_PASS,
     ETH(.dst = "02:00:00:00:01:02"), IP4(), TCP())

static const struct sl_named_interface *in0_of(const struct sl_stats *stats)
{
	for (size_t i = 0; i < stats->n_interfaces; i++)
		if (!strcmp(stats->interfaces[i].name, "in0"))
			return &stats->interfaces[i];
	fail_msg("in0 has no counters");
	return NULL;
}

static void an_interface_counts_what_becomes_of_its_packets(void **state)
{
	struct sl_interface_count was, is;
	static struct outcome o;
	struct sl_stats *stats;

	(void)state;
	arrive_at_in0(CONFIG);
	stats = rig_stats();
	was = in0_of(stats)->count;
	sl_stats_free(stats);
	rig_send(PACKET(OURS, IP4(), TCP()), &o);
	rig_send(PACKET(OURS, IP4(.ihl = 4), TCP()), &o);
	rig_send(PACKET(OURS, TO("203.0.113.1")), &o);
	stats = rig_stats();
	is = in0_of(stats)->count;
	sl_stats_free(stats);
	expect_number(is.packets - was.packets, 3);
	expect_number(is.bytes - was.bytes, 3 * 54);
	expect_number(is.dropped - was.dropped, 1);
	expect_number(is.sent - was.sent, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(behind_another_interface_it_is_redirected),
		cmocka_unit_test(ipv6_behind_another_interface_is_redirected),
		cmocka_unit_test(
			an_ipv6_backend_behind_another_interface_is_reached),
		cmocka_unit_test(tags_do_not_go_out_of_another_interface),
		cmocka_unit_test(four_tags_do_not_go_out_of_another_interface),
		cmocka_unit_test(behind_the_ingress_it_is_sent_back),
		cmocka_unit_test(next_hop_fib_asks_the_kernel),
		cmocka_unit_test(
			a_next_hop_mac_goes_back_whatever_the_routes_say),
		cmocka_unit_test(a_mac_of_the_list_is_ours),
		cmocka_unit_test(what_fits_the_egress_mtu_is_sent),
		cmocka_unit_test(what_does_not_fit_the_egress_mtu_is_too_big),
		cmocka_unit_test(l2_changes_the_addresses_of_the_frame_only),
		cmocka_unit_test(l2_takes_ipv6_to_an_ipv4_backend),
		cmocka_unit_test(l2_takes_ipv4_to_an_ipv6_backend),
		cmocka_unit_test(l2_leaves_tags_behind_when_it_goes_elsewhere),
		cmocka_unit_test(l2_leaves_four_tags_of_ipv6_behind),
		cmocka_unit_test(l2_goes_back_to_the_backend),
		cmocka_unit_test(l2_asks_the_kernel),
		cmocka_unit_test(what_does_not_fit_is_too_big_for_l2),
		cmocka_unit_test(gue_goes_out_of_another_interface),
		cmocka_unit_test(gue_leaves_tags_behind),
		cmocka_unit_test(gue_asks_the_kernel),
		cmocka_unit_test(without_a_route_it_is_dropped),
		cmocka_unit_test(no_route_comes_before_the_size),
		cmocka_unit_test(another_unicast_mac_is_not_ours),
		cmocka_unit_test(the_mac_of_another_interface_is_not_ours),
		cmocka_unit_test(a_mac_beside_the_list_is_not_ours),
		cmocka_unit_test(a_tunnel_packet_to_another_mac_is_not_ours),
		cmocka_unit_test(the_mac_does_not_matter_to_others),
		cmocka_unit_test(
			an_interface_counts_what_becomes_of_its_packets),
	};

	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(tests[0]));
}
