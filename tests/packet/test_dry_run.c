/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The filter's dry run: what would be dropped goes on, and is counted as what it
 * would have been, as dropped. */
#include <string.h>

#include "tests/packet/harness.h"

#define FILTER(text) HEAD "filter: {dry_run: true, " text "}\n"
#define STRICT \
	FILTER("policy: drop, non_ip: drop, martians: drop, ip_options: drop, tcp_anomalies: drop," \
	       " verify_checksum: true, replies: {udp: [53]}," \
	       " rules: [{name: telnet, proto: tcp, dport: 23, action: drop}," \
	       " {name: slow, proto: udp, dport: 9, rate: {bits: 1bit/s}, action: drop}," \
	       " {name: web, proto: tcp, dport: 80, action: pass}]")
#define BALANCED \
	FILTER("rules: [{name: all, action: drop}]") \
	"pools:\n  web: {next_hop: \"02:00:00:00:00:aa\", source: 10.255.0.1/32, backends: [{address: 10.0.0.21}]}\n" \
	"services:\n  www: {addresses: [203.0.113.10], tcp: [80], pool: web}\n"

/* One packet: where it goes, the reason that is counted, and whether as dropped. */
static void expect_settled(const struct layer *packet, int action, enum sl_reason reason, uint64_t dropped)
{
	struct sl_stats *was = rig_stats(), *is;
	static struct frame in, out;
	uint64_t packets = 0;

	frame_build(&in, packet, NULL);
	expect_number((uint64_t)rig_run(&in, &out), (uint64_t)action);
	is = rig_stats();
	for (int i = 0; i < SL_REASON_COUNT; i++)
		packets += is->reasons[i].packets - was->reasons[i].packets;
	expect_number(packets, 1);
	expect_number(is->reasons[reason].packets - was->reasons[reason].packets, 1);
	expect_number(is->reasons[reason].dropped - was->reasons[reason].dropped, dropped);
	if (action == XDP_PASS)
		expect_same_frame(&out, &in);
	sl_stats_free(was);
	sl_stats_free(is);
}

#define SPARED(reason, ...) expect_settled(PACKET(__VA_ARGS__), XDP_PASS, reason, 1)
#define PASSED(reason, ...) expect_settled(PACKET(__VA_ARGS__), XDP_PASS, reason, 0)

static void malformed_frames_pass(void **state)
{
	(void)state;
	rig_apply(STRICT);
	SPARED(SL_SHORT_FRAME, ETH(.type = 0x8100));
	SPARED(SL_VLAN_DEPTH, ETH(), VLAN(), VLAN(), VLAN(), VLAN(), VLAN(), IP4());
	SPARED(SL_MALFORMED_L3, ETH(), IP4(.ihl = 4), TCP());
	SPARED(SL_MALFORMED_L3, ETH(), IP4(.sum = 1), TCP());
	SPARED(SL_MALFORMED_L4, ETH(), IP4(), TCP(.doff = 4));
	SPARED(SL_FRAGMENT_BAD, ETH(), IP4(.offset = 8, .proto = 6), DATA(8));
	SPARED(SL_MALFORMED_ND, ETH(), IP6(), ICMP6(135), DATA(16));
	SPARED(SL_NON_IP, ETH(.type = 0x88cc), DATA(40));
}

static void what_is_not_sane_passes(void **state)
{
	(void)state;
	rig_apply(STRICT);
	SPARED(SL_MARTIAN, ETH(), IP4(.src = "127.0.0.1"), TCP());
	SPARED(SL_IP_OPTIONS, ETH(), IP4(.options = BYTES("\x83\x03\x04\0")), TCP());
	SPARED(SL_TCP_ANOMALY, ETH(), IP4(), TCP(.flags = SYN | FIN));
}

static void what_rules_and_policy_drop_passes(void **state)
{
	(void)state;
	rig_apply(STRICT);
	SPARED(SL_RULE, ETH(), IP4(), TCP(.dport = 23));
	SPARED(SL_RATE_LIMIT, ETH(), IP4(), UDP(.dport = 9), DATA(1500));
	SPARED(SL_POLICY, ETH(), IP4(), TCP(.dport = 25, .flags = SYN));
}

static void what_would_pass_is_as_ever(void **state)
{
	(void)state;
	rig_apply(STRICT);
	PASSED(SL_RULE, ETH(), IP4(), TCP(.dport = 80));
	PASSED(SL_ESTABLISHED, ETH(), IP4(), TCP(.dport = 25, .flags = ACK));
	PASSED(SL_ESSENTIAL, ETH(.type = 0x0806), DATA(28));
}

static void a_rule_counts_what_it_would_drop(void **state)
{
	struct sl_stats *was, *is;

	(void)state;
	rig_apply(STRICT);
	was = rig_stats();
	SPARED(SL_RULE, ETH(), IP4(), TCP(.dport = 23));
	is = rig_stats();
	expect_text(is->rules[0].name, "telnet");
	expect_number(is->rules[0].count.packets - was->rules[0].count.packets, 1);
	sl_stats_free(was);
	sl_stats_free(is);
}

static void what_is_for_a_service_is_still_balanced(void **state)
{
	struct sl_stats *was, *is;

	(void)state;
	rig_apply(BALANCED);
	was = rig_stats();
	expect_settled(PACKET(ETH(), IP4(.dst = "203.0.113.10"), TCP(.dport = 80)), XDP_TX, SL_RULE, 1);
	is = rig_stats();
	expect_number(is->services[0].count.packets - was->services[0].count.packets, 1);
	expect_number(is->backends[0].count.packets - was->backends[0].count.packets, 1);
	sl_stats_free(was);
	sl_stats_free(is);
	SPARED(SL_RULE, ETH(), IP4(.dst = "203.0.113.10"), TCP(.dport = 81));
}

static void without_it_they_are_dropped(void **state)
{
	(void)state;
	rig_apply(HEAD "filter: {dry_run: false, rules: [{name: telnet, proto: tcp, dport: 23, action: drop}]}\n");
	expect_settled(PACKET(ETH(), IP4(), TCP(.dport = 23)), XDP_DROP, SL_RULE, 1);
	expect_settled(PACKET(ETH(), IP4(.ihl = 4), TCP()), XDP_DROP, SL_MALFORMED_L3, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(malformed_frames_pass),
		cmocka_unit_test(what_is_not_sane_passes),
		cmocka_unit_test(what_rules_and_policy_drop_passes),
		cmocka_unit_test(what_would_pass_is_as_ever),
		cmocka_unit_test(a_rule_counts_what_it_would_drop),
		cmocka_unit_test(what_is_for_a_service_is_still_balanced),
		cmocka_unit_test(without_it_they_are_dropped),
	};

	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(tests[0]));
}
