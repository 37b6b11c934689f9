/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who decides first: rules among themselves, and each stage before the next
 * (DESIGN 9). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/packet/harness.h"

#define RULES(text) HEAD "filter: {rules: [" text "]}\n"
#define DROP_ALL    "rules: [{name: all, action: drop}]"
#define STRICT \
	HEAD "filter: {policy: drop, non_ip: drop, martians: drop, ip_options: drop, tcp_anomalies: drop," \
	     " verify_checksum: true, management: {from: [0.0.0.0/0], tcp: [80]}, replies: {udp: [53]}, " DROP_ALL \
	     "}\n"
#define BALANCED(filter) \
	HEAD "filter: {" filter "}\n" \
	     "pools:\n  web: {next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.21}]}\n" \
	     "  none: {next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.22, state: disabled}]}\n" \
	     "services:\n  www: {addresses: [203.0.113.10], tcp: [80], pool: web}\n" \
	     "  dead: {addresses: [203.0.113.11], tcp: [80], pool: none}\n" \
	     "decap: {addresses: [10.0.0.2], from: [10.0.0.100]}\n"
#define VIP     ETH(), IP4(.dst = "203.0.113.10"), TCP(.dport = 80)
#define FOREIGN ETH(.dst = "ff:ff:ff:ff:ff:ff")

static const struct trial trials[] = {
	/* rules among themselves */
	RULE_PASSES(
		"the_first_verdict_wins",
		RULES("{name: a, from: 10.0.0.5, action: pass}, {name: b, from: 10.0.0.0/8, action: drop}"),
		"a", ETH(), IP4(), TCP()),
	RULE_DROPS(
		"a_later_verdict_holds_for_the_rest",
		RULES("{name: a, from: 10.0.0.5, action: pass}, {name: b, from: 10.0.0.0/8, action: drop}"),
		"b", ETH(), IP4(.src = "10.0.0.6"), TCP()),
	RULE_DROPS(
		"order_decides_not_the_longer_prefix",
		RULES("{name: b, from: 10.0.0.0/8, action: drop}, {name: a, from: 10.0.0.5, action: pass}"),
		"b", ETH(), IP4(), TCP()),
	RULE_DROPS("a_count_is_counted_and_goes_on",
		   RULES("{name: c, action: count}, {name: d, action: drop}"),
		   "c d", ETH(), IP4(), TCP()),
	RULE_DROPS("a_count_behind_the_verdict_is_not_counted",
		   RULES("{name: d, action: drop}, {name: c, action: count}"),
		   "d", ETH(), IP4(), TCP()),
	ROW("a_count_alone_is_no_verdict", RULES("{name: c, action: count}"),
	    XDP_PASS, SL_PASS, "c", ETH(), IP6(), UDP()),
	ROW("only_counts_that_match_are_counted",
	    RULES("{name: c, proto: udp, action: count}, {name: d, proto: tcp, action: count}"),
	    XDP_PASS, SL_PASS, "c", ETH(), IP6(), UDP()),
	RULE_PASSES("a_rule_without_fields_matches_everything",
		    RULES("{name: e, action: pass}"), "e", ETH(),
		    IP4(.proto = 50), DATA(1)),
	ROW("unnamed_rules_are_counted_by_number",
	    RULES("{action: count}, {proto: udp, action: drop}"), XDP_DROP,
	    SL_RULE, "rule-1 rule-2", ETH(), IP4(), UDP()),
	PASSES("rules_do_not_see_what_is_not_ip",
	       RULES("{name: all, action: drop}"), SL_NON_IP,
	       ETH(.type = 0x0806), DATA(28)),

	/* neighbours in the table of reasons */
	DROPS("a_short_frame_comes_before_depth", STRICT, SL_SHORT_FRAME, ETH(),
	      VLAN(), VLAN(), VLAN(), VLAN(), CUT(29)),
	DROPS("what_is_not_ip_comes_before_rules", STRICT, SL_NON_IP,
	      ETH(.type = 0x88cc), DATA(40)),
	DROPS("a_malformed_header_comes_before_the_transport", STRICT,
	      SL_MALFORMED_L3, ETH(), IP4(.ihl = 4), TCP(.doff = 4)),
	DROPS("a_wrong_checksum_comes_before_a_martian", STRICT,
	      SL_MALFORMED_L3, ETH(), IP4(.src = "127.0.0.1", .sum = 0xdead),
	      TCP()),
	DROPS("a_malformed_header_comes_before_a_martian", STRICT,
	      SL_MALFORMED_L3, ETH(), IP4(.src = "127.0.0.1", .total = 99),
	      TCP()),
	DROPS("a_malformed_transport_comes_before_a_martian", STRICT,
	      SL_MALFORMED_L4, ETH(), IP4(.src = "127.0.0.1"), TCP(.doff = 4)),
	DROPS("a_bad_fragment_comes_before_a_martian", STRICT, SL_FRAGMENT_BAD,
	      ETH(), IP4(.src = "127.0.0.1", .offset = 8, .proto = 6), DATA(8)),
	DROPS("malformed_discovery_comes_before_a_martian", STRICT,
	      SL_MALFORMED_ND, ETH(), IP6(.src = "::1", .hop = 64), ICMP6(135),
	      DATA(16)),
	DROPS("a_martian_comes_before_options", STRICT, SL_MARTIAN, ETH(),
	      IP4(.src = "127.0.0.1", .options = BYTES("\x83\x03\x04\0")),
	      TCP()),
	DROPS("options_come_before_anomalies", STRICT, SL_IP_OPTIONS, ETH(),
	      IP4(.options = BYTES("\x83\x03\x04\0")), TCP(.flags = SYN | FIN)),
	DROPS("an_anomaly_comes_before_management", STRICT, SL_TCP_ANOMALY,
	      ETH(), IP4(), TCP(.dport = 80, .flags = SYN | FIN)),
	DROPS("a_martian_comes_before_management", STRICT, SL_MARTIAN, ETH(),
	      IP4(.src = "240.0.0.1"), TCP(.dport = 80)),
	PASSES("management_comes_before_rules", STRICT, SL_MANAGEMENT, ETH(),
	       IP4(), TCP(.dport = 80)),
	RULE_DROPS("a_rule_comes_before_essential", STRICT, "all", ETH(), IP4(),
		   ICMP(3)),
	RULE_DROPS("a_rule_comes_before_established", STRICT, "all", ETH(),
		   IP4(), TCP(.dport = 81, .flags = ACK)),
	RULE_DROPS("a_rule_comes_before_replies", STRICT, "all", ETH(), IP4(),
		   UDP(.sport = 53, .dport = 5353)),
	RULE_DROPS("a_rule_comes_before_later_fragments", STRICT, "all", ETH(),
		   IP4(.offset = 80, .proto = 17), DATA(9)),
	RULE_DROPS("a_rule_comes_before_policy", STRICT, "all", ETH(), IP6(),
		   TCP()),

	/* the filter comes before decapsulation and balancing */
	RULE_DROPS("a_rule_comes_before_the_mac", BALANCED(DROP_ALL), "all",
		   FOREIGN, IP4(.dst = "203.0.113.10"), TCP(.dport = 80)),
	RULE_DROPS("a_rule_comes_before_a_service", BALANCED(DROP_ALL), "all",
		   VIP),
	RULE_DROPS("a_rule_comes_before_decapsulation", BALANCED(DROP_ALL),
		   "all", ETH(), IP4(.src = "10.0.0.100", .dst = "10.0.0.2"),
		   IP4(), TCP()),
	DROPS("policy_comes_before_a_service", BALANCED("policy: drop"),
	      SL_POLICY, VIP),
	DROPS("policy_comes_before_decapsulation", BALANCED("policy: drop"),
	      SL_POLICY, ETH(), IP4(.src = "10.0.0.100", .dst = "10.0.0.2"),
	      IP4(), TCP()),
	DROPS("a_martian_comes_before_a_service", BALANCED("martians: drop"),
	      SL_MARTIAN, ETH(), IP4(.src = "127.0.0.1", .dst = "203.0.113.10"),
	      TCP()),
	PASSES("the_mac_comes_before_the_ttl", BALANCED(""), SL_NOT_OUR_MAC,
	       FOREIGN, IP4(.dst = "203.0.113.10", .ttl = IS(0)), TCP()),
	DROPS("the_ttl_comes_before_a_fragment", BALANCED(""), SL_TTL_ZERO,
	      ETH(),
	      IP4(.dst = "203.0.113.10", .ttl = IS(0), .offset = 80,
		  .proto = 6),
	      DATA(9)),
	DROPS("the_ttl_comes_before_no_backend", BALANCED(""), SL_TTL_ZERO,
	      ETH(), IP4(.dst = "203.0.113.11", .ttl = IS(0)), TCP()),
	DROPS("a_fragment_comes_before_no_backend", BALANCED(""),
	      SL_VIP_FRAGMENT, ETH(),
	      IP4(.dst = "203.0.113.11", .offset = 80, .proto = 6), DATA(9)),
	DROPS("no_backend_comes_before_the_size", BALANCED(""), SL_NO_BACKEND,
	      ETH(), IP4(.dst = "203.0.113.11"), TCP(), DATA(1460)),
	PASSES("the_mac_comes_before_trust", BALANCED(""), SL_NOT_OUR_MAC,
	       FOREIGN, IP4(.dst = "10.0.0.2"), IP4(), TCP()),
	DROPS("trust_comes_before_nesting", BALANCED(""), SL_DECAP_UNTRUSTED,
	      ETH(), IP4(.dst = "10.0.0.2"), IP4(), IP4(), TCP()),
	DROPS("trust_comes_before_the_inner_packet", BALANCED(""),
	      SL_DECAP_UNTRUSTED, ETH(), IP4(.dst = "10.0.0.2"), IP4(.ihl = 4),
	      TCP()),
};

/* A rule `pass` ends the rules, not the packet. */
static void what_a_rule_passes_is_still_balanced(void **state)
{
	static struct outcome o;

	(void)state;
	rig_apply(BALANCED(
		"policy: drop, rules: [{name: seen, action: count}, {name: web, proto: tcp, dport: 80, action: pass}]"));
	rig_send(PACKET(VIP), &o);
	expect_verdict(&o, XDP_TX, SL_FORWARDED);
	expect_text(o.rules, "seen web");
	expect_text(o.services, "www");
	expect_text(o.backends, "10.0.0.21");
}

/* Two services on one port, one of whose addresses is in a set as well. */
static void a_service_address_in_a_set_is_both(void **state)
{
	static struct outcome o;

	(void)state;
	rig_apply(
		HEAD
		"sets: {ours: {prefixes: [203.0.113.0/28]}}\n"
		"filter: {rules: [{name: seen, to: ours, proto: tcp, dport: 80, action: count}]}\n"
		"pools:\n  one: {next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.21}]}\n"
		"  two: {next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.22}]}\n"
		"services:\n  first: {addresses: [203.0.113.10], tcp: [80], pool: one}\n"
		"  second: {addresses: [203.0.113.99], tcp: [80], pool: two}\n");
	rig_send(PACKET(VIP), &o);
	expect_verdict(&o, XDP_TX, SL_FORWARDED);
	expect_text(o.rules, "seen");
	expect_text(o.services, "first");
	expect_text(o.backends, "10.0.0.21");
	rig_send(PACKET(ETH(), IP4(.dst = "203.0.113.99"), TCP()), &o);
	expect_verdict(&o, XDP_TX, SL_FORWARDED);
	expect_text(o.rules, "");
	expect_text(o.services, "second");
	expect_text(o.backends, "10.0.0.22");
}

static void what_is_established_is_still_balanced(void **state)
{
	static struct outcome o;

	(void)state;
	rig_apply(BALANCED("policy: drop"));
	rig_send(PACKET(ETH(), IP4(.dst = "203.0.113.10"), TCP(.flags = ACK)),
		 &o);
	expect_verdict(&o, XDP_TX, SL_FORWARDED);
	expect_text(o.rules, "");
}

static void what_a_rule_passes_is_still_decapsulated(void **state)
{
	static struct outcome o;

	(void)state;
	rig_apply(BALANCED(
		"policy: drop, rules: [{name: tunnel, proto: 4, action: pass}]"));
	rig_send(PACKET(ETH(), IP4(.src = "10.0.0.100", .dst = "10.0.0.2"),
			IP4(), TCP()),
		 &o);
	expect_verdict(&o, XDP_PASS, SL_DECAPSULATED);
	expect_text(o.rules, "tunnel");
	expect_frame(&o.frame, PACKET(ETH(), IP4(), TCP()));
}

/* A configuration of n rules: `count` ones, or drops of port 1000 + i. */
static char *many_rules(int n, const char *each)
{
	char *text = malloc(64 + (size_t)n * 96);
	size_t at;

	assert_non_null(text);
	at = (size_t)sprintf(text, HEAD "filter:\n  rules:\n");
	for (int i = 0; i < n; i++)
		at += (size_t)sprintf(text + at, each, i, 1000 + i);
	return text;
}

static void each_of_256_rules_is_found(void **state)
{
	char *text = many_rules(
		256,
		"    - {name: r%d, proto: udp, dport: %d, action: drop}\n");
	static const int tried[] = {
		0, 1, 63, 64, 127, 128, 191, 192, 254, 255
	};
	static struct outcome o;
	char name[8];

	(void)state;
	rig_apply_again(text);
	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		rig_send(PACKET(ETH(), IP4(),
				UDP(.dport = (uint32_t)(1000 + tried[i]))),
			 &o);
		expect_verdict(&o, XDP_DROP, SL_RULE);
		snprintf(name, sizeof(name), "r%d", tried[i]);
		expect_text(o.rules, name);
	}
	rig_send(PACKET(ETH(), IP4(), UDP(.dport = 1256)), &o);
	expect_verdict(&o, XDP_PASS, SL_PASS);
	rig_apply_again(HEAD);
	free(text);
}

/* Rule i is for 10.i.0.0/16 and port 1000 + i; rule 256 is for all of 10/8: of one
 * word of rules with it, or of two, as the packet's address has it. */
static void rules_are_found_in_one_word_and_in_two(void **state)
{
	char *text = many_rules(
		255,
		"    - {name: r%1$d, proto: udp, from: 10.%1$d.0.0/16, dport: %2$d, action: drop}\n");
	char *all = malloc(strlen(text) + 256), source[32], name[8];
	static struct outcome o;

	(void)state;
	assert_non_null(all);
	sprintf(all, "%s    - {name: tail, from: 10.0.0.0/8, dport: 53, proto: udp, action: drop}\n", text);
	rig_apply_again(all);
	for (unsigned i = 0; i < 255; i += 6) {
		snprintf(source, sizeof(source), "10.%u.3.4", i);
		snprintf(name, sizeof(name), "r%u", i);
		rig_send(PACKET(ETH(), IP4(.src = source), UDP(.dport = 1000 + i)), &o);
		expect_verdict(&o, XDP_DROP, SL_RULE);
		expect_text(o.rules, name);
		rig_send(PACKET(ETH(), IP4(.src = source), UDP(.dport = 53)), &o);
		expect_verdict(&o, XDP_DROP, SL_RULE);
		expect_text(o.rules, "tail");
		rig_send(PACKET(ETH(), IP4(.src = source), UDP(.dport = 1001 + i)), &o);
		expect_verdict(&o, XDP_PASS, SL_PASS);
	}
	rig_send(PACKET(ETH(), IP4(.src = "10.255.0.1"), UDP(.dport = 53)), &o);
	expect_text(o.rules, "tail"); /* the last word alone */
	rig_send(PACKET(ETH(), IP4(.src = "11.0.0.1"), UDP(.dport = 53)), &o);
	expect_verdict(&o, XDP_PASS, SL_PASS);
	rig_apply_again(HEAD);
	free(all);
	free(text);
}

static void sixteen_counts_are_visited_and_more_are_an_event(void **state)
{
	char *text = many_rules(
		17, "    - {name: c%d, action: count, dport: \"!%d\"}\n");
	struct sl_stats *was, *is;
	static struct outcome o;

	(void)state;
	rig_apply_again(text);
	was = rig_stats();
	rig_send(PACKET(ETH(), IP4(), UDP(.dport = 1000)), &o);
	expect_text(o.rules,
		    "c1 c2 c3 c4 c5 c6 c7 c8 c9 c10 c11 c12 c13 c14 c15 c16");
	is = rig_stats();
	expect_number(is->events[SL_EVENT_WALK_LIMIT] -
			      was->events[SL_EVENT_WALK_LIMIT],
		      0);
	sl_stats_free(is);
	rig_send(PACKET(ETH(), IP4(), UDP(.dport = 7)), &o);
	expect_verdict(&o, XDP_PASS, SL_PASS);
	expect_text(o.rules,
		    "c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 c10 c11 c12 c13 c14 c15");
	is = rig_stats();
	expect_number(is->events[SL_EVENT_WALK_LIMIT] -
			      was->events[SL_EVENT_WALK_LIMIT],
		      1);
	sl_stats_free(is);
	sl_stats_free(was);
	rig_apply_again(HEAD);
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_rule_passes_is_still_balanced),
		cmocka_unit_test(a_service_address_in_a_set_is_both),
		cmocka_unit_test(what_is_established_is_still_balanced),
		cmocka_unit_test(what_a_rule_passes_is_still_decapsulated),
		cmocka_unit_test(each_of_256_rules_is_found),
		cmocka_unit_test(rules_are_found_in_one_word_and_in_two),
		cmocka_unit_test(
			sixteen_counts_are_visited_and_more_are_an_event),
	};

	return rig_main(trials, sizeof(trials) / sizeof(trials[0]), tests,
			sizeof(tests) / sizeof(tests[0]));
}
