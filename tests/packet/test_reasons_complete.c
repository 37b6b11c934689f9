/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The checklist: one packet for each reason that a stage can give. A reason
 * that is added to reasons.h without one fails here. */
#include <stdbool.h>
#include <string.h>

#include "tests/packet/harness.h"

#define STRICT \
	HEAD "filter: {martians: drop, tcp_anomalies: drop, management: {from: [10.9.0.0/16], tcp: [22]}," \
	     " rules: [{name: telnet, proto: tcp, dport: 23, action: drop}]}\n"
#define CLOSED HEAD "filter: {policy: drop, replies: {udp: [53]}}\n"
#define BALANCED \
	HEAD "pools:\n" \
	     "  web: {next_hop: \"02:00:00:00:00:aa\", source: 10.255.0.1/32, backends: [{address: 10.0.0.21}]}\n" \
	     "  none: {next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.22, weight: 0}]}\n" \
	     "  lost: {next_hop: fib, backends: [{address: 10.0.0.23}]}\n" \
	     "services:\n" \
	     "  www: {addresses: [203.0.113.10], tcp: [80], pool: web}\n" \
	     "  none: {addresses: [203.0.113.11], tcp: [80], pool: none}\n" \
	     "  lost: {addresses: [203.0.113.12], tcp: [80], pool: lost}\n" \
	     "decap: {addresses: [10.0.0.2], from: [10.0.0.100]}\n"
#define VIP(...)    IP4(.dst = "203.0.113.10", .flags = DF, __VA_ARGS__)
#define TUNNEL(...) IP4(.src = "10.0.0.100", .dst = "10.0.0.2", __VA_ARGS__)

/* One trial for each reason, named after it by main(). */
static struct trial trials[] = {
	DROPS(NULL, HEAD, SL_SHORT_FRAME, ETH(.type = 0x8100)),
	DROPS(NULL, HEAD, SL_VLAN_DEPTH, ETH(), VLAN(), VLAN(), VLAN(), VLAN(),
	      VLAN(), IP4()),
	PASSES(NULL, HEAD, SL_NON_IP, ETH(.type = 0x88cc), DATA(40)),
	DROPS(NULL, HEAD, SL_MALFORMED_L3, ETH(), IP4(.ihl = 4), TCP()),
	DROPS(NULL, HEAD, SL_MALFORMED_L4, ETH(), IP4(), TCP(.doff = 4)),
	DROPS(NULL, HEAD, SL_EXTENSION_DEPTH, ETH(), IP6(),
	      EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST),
	      EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST),
	      EXT(.kind = EXT_DEST), EXT(.kind = EXT_DEST),
	      EXT(.kind = EXT_DEST), TCP()),
	DROPS(NULL, HEAD, SL_FRAGMENT_BAD, ETH(), IP4(.offset = 8, .proto = 6),
	      DATA(8)),
	DROPS(NULL, HEAD, SL_MALFORMED_ND, ETH(), IP6(), ICMP6(135), DATA(16)),
	DROPS(NULL, STRICT, SL_MARTIAN, ETH(), IP4(.src = "127.0.0.1"), TCP()),
	DROPS(NULL, STRICT, SL_IP_OPTIONS, ETH(),
	      IP4(.options = BYTES("\x83\x03\x04\0")), TCP()),
	DROPS(NULL, STRICT, SL_TCP_ANOMALY, ETH(), IP4(),
	      TCP(.flags = SYN | FIN)),
	PASSES(NULL, STRICT, SL_MANAGEMENT, ETH(), IP4(.src = "10.9.0.1"),
	       TCP(.dport = 22)),
	RULE_DROPS(NULL, STRICT, "telnet", ETH(), IP4(), TCP(.dport = 23)),
	/* a frame larger than the burst is over at once */
	ROW(NULL,
	    HEAD "filter: {rules: [{name: slow, rate: {bits: 1bit/s}, action: drop}]}\n",
	    XDP_DROP, SL_RATE_LIMIT, "slow", ETH(), IP4(), UDP(), DATA(1500)),
	ROW(NULL, HEAD "filter: {rules: [{name: cpu, action: \"cpu:0\"}]}\n",
	    XDP_REDIRECT, SL_REDIRECTED, "cpu", ETH(), IP4(), UDP()),
	PASSES(NULL, CLOSED, SL_ESSENTIAL, ETH(.type = 0x0806), DATA(28)),
	PASSES(NULL, CLOSED, SL_ESTABLISHED, ETH(), IP4(), TCP(.flags = ACK)),
	PASSES(NULL, CLOSED, SL_REPLY, ETH(), IP4(),
	       UDP(.sport = 53, .dport = 5353)),
	PASSES(NULL, CLOSED, SL_FRAGMENT, ETH(), IP4(.offset = 80, .proto = 17),
	       DATA(9)),
	DROPS(NULL, CLOSED, SL_POLICY, ETH(), IP4(), TCP()),
	REWRITES(NULL, BALANCED, XDP_PASS, SL_DECAPSULATED,
		 PACKET(ETH(), TUNNEL(), IP4(), TCP()),
		 PACKET(ETH(), IP4(), TCP())),
	DROPS(NULL, BALANCED, SL_DECAP_UNTRUSTED, ETH(), IP4(.dst = "10.0.0.2"),
	      IP4(), TCP()),
	DROPS(NULL, BALANCED, SL_DECAP_NESTED, ETH(), TUNNEL(), IP4(), IP4(),
	      TCP()),
	DROPS(NULL, BALANCED, SL_MALFORMED_INNER, ETH(), TUNNEL(),
	      IP4(.ihl = 4), TCP()),
	PASSES(NULL, BALANCED, SL_NOT_OUR_MAC, ETH(.dst = "ff:ff:ff:ff:ff:ff"),
	       VIP(), TCP()),
	DROPS(NULL, BALANCED, SL_TTL_ZERO, ETH(), VIP(.ttl = IS(0)), TCP()),
	DROPS(NULL, BALANCED, SL_VIP_FRAGMENT, ETH(),
	      IP4(.dst = "203.0.113.10", .offset = 80, .proto = 6), DATA(9)),
	DROPS(NULL, BALANCED, SL_NO_BACKEND, ETH(), IP4(.dst = "203.0.113.11"),
	      TCP()),
	DROPS(NULL, BALANCED, SL_NO_ROUTE, ETH(), IP4(.dst = "203.0.113.12"),
	      TCP()),
	PASSES(NULL, BALANCED, SL_ICMP_MISMATCH, ETH(), VIP(), ICMP(3, 4),
	       IP4(.src = "10.0.0.7"), TCP()),
	DROPS(NULL, BALANCED, SL_TOO_BIG, ETH(), IP4(.dst = "203.0.113.10"),
	      TCP(), DATA(1441)),
	REWRITES(NULL, BALANCED, XDP_TX, SL_ANSWERED,
		 PACKET(ETH(), VIP(), ICMP(8), DATA(4)),
		 PACKET(ETH(.dst = "02:00:00:00:00:01",
			    .src = "02:00:00:00:00:02"),
			IP4(.src = "203.0.113.10", .dst = "10.0.0.5",
			    .flags = DF),
			ICMP(0), DATA(4))),
	REWRITES(NULL, BALANCED, XDP_TX, SL_FORWARDED,
		 PACKET(ETH(), VIP(), TCP()),
		 PACKET(ETH(.dst = "02:00:00:00:00:aa",
			    .src = "02:00:00:00:00:02"),
			IP4(.src = "10.255.0.1", .dst = "10.0.0.21",
			    .flags = DF),
			VIP(), TCP())),
	PASSES(NULL, HEAD, SL_PASS, ETH(), IP4(), TCP()),
};

enum { TRIALS = sizeof(trials) / sizeof(trials[0]) };

static void no_headroom(void **state)
{
	static struct outcome o;

	(void)state;
	rig_apply(BALANCED);
	rig_headroom_taken(200);
	rig_send(PACKET(ETH(), VIP(), TCP()), &o);
	expect_verdict(&o, XDP_DROP, SL_NO_HEADROOM);
}

static void each_reason_is_provoked(void **state)
{
	int times[SL_REASON_COUNT] = { [SL_NO_HEADROOM] = 1 };

	(void)state;
	for (size_t i = 0; i < TRIALS; i++)
		times[trials[i].reason]++;
	for (int i = SL_NO_REASON + 1; i < SL_REASON_COUNT; i++) {
		if (times[i] != 1)
			fail_msg("%s: has %d entries here: expected 1",
				 sl_reason_name(i), times[i]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_headroom),
		cmocka_unit_test(each_reason_is_provoked),
	};

	for (size_t i = 0; i < TRIALS; i++)
		trials[i].name = sl_reason_name((int)trials[i].reason);
	return rig_main(trials, TRIALS, tests,
			sizeof(tests) / sizeof(tests[0]));
}
