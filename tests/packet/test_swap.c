/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Changes while it runs: what a packet meets before and after, and what stays.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/packet/harness.h"
#include "user/conf/conf.h"

#define SETS        "sets:\n  bans: {}\n  office: {prefixes: [198.51.100.0/24]}\n"
#define RULES(text) HEAD SETS "filter: {rules: [" text "]}\n"
#define BANNED \
	RULES("{name: banned, from: bans, action: drop}, {name: telnet, proto: tcp, dport: 23, action: drop}")
#define BALANCED(rules) \
	HEAD SETS \
		"filter: {rules: [" rules "]}\n" \
		"pools:\n  web: {next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.21}]}\n" \
		"services:\n  www: {addresses: [203.0.113.10], tcp: [80], pool: web}\n"

static void send_expect(const struct layer *packet, int action,
			enum sl_reason reason)
{
	static struct outcome o;

	rig_send(packet, &o);
	expect_verdict(&o, action, reason);
}

static struct sl_prefix prefix_of(const char *word)
{
	struct sl_prefix p;

	assert_int_equal(conf_prefix(word, &p, NULL), 0);
	return p;
}

/* Set edits need to know what runs. */
static struct sl_config *running(const char *text)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;

	assert_int_equal(conf_parse("test.yaml", text, strlen(text),
				    CONF_RUNNING, &conf, &report),
			 0);
	conf_report_clear(&report);
	sl_config_set(rig_instance(), conf);
	return conf;
}

static void edit(const char *text, const char *word, uint64_t for_ms, int add,
		 size_t expected)
{
	struct sl_prefix p = prefix_of(word);
	struct sl_config *conf = running(text);
	struct sl_error x;
	size_t changed = 99;
	int err;

	err = add ? sl_set_add(rig_instance(), "bans", &p, 1, for_ms, &changed,
			       &x)
		  : sl_set_del(rig_instance(), "bans", &p, 1, &changed, &x);
	if (err)
		fail_msg("%s", x.text);
	expect_number(changed, expected);
	sl_config_set(rig_instance(), NULL);
	conf_free(conf);
	rig_reopen();
}

static void an_added_element_holds_at_once(void **state)
{
	(void)state;
	rig_apply_again(BANNED);
	send_expect(PACKET(ETH(), IP4(.src = "192.0.2.7"), TCP()), XDP_PASS,
		    SL_PASS);
	edit(BANNED, "192.0.2.7", 0, 1, 1);
	send_expect(PACKET(ETH(), IP4(.src = "192.0.2.7"), TCP()), XDP_DROP,
		    SL_RULE);
	send_expect(PACKET(ETH(), IP4(.src = "192.0.2.8"), TCP()), XDP_PASS,
		    SL_PASS);
	edit(BANNED, "192.0.2.7", 0, 0, 1);
	send_expect(PACKET(ETH(), IP4(.src = "192.0.2.7"), TCP()), XDP_PASS,
		    SL_PASS);
}

static void an_added_ipv6_element_holds_at_once(void **state)
{
	(void)state;
	rig_apply_again(BANNED);
	send_expect(PACKET(ETH(), IP6(.src = "2001:db8:7::1"), TCP()), XDP_PASS,
		    SL_PASS);
	edit(BANNED, "2001:db8:7::/48", 0, 1, 1);
	send_expect(PACKET(ETH(), IP6(.src = "2001:db8:7::1"), TCP()), XDP_DROP,
		    SL_RULE);
	send_expect(PACKET(ETH(), IP6(.src = "2001:db8:8::1"), TCP()), XDP_PASS,
		    SL_PASS);
	edit(BANNED, "2001:db8:7::/48", 0, 0, 1);
	send_expect(PACKET(ETH(), IP6(.src = "2001:db8:7::1"), TCP()), XDP_PASS,
		    SL_PASS);
}

static void a_deleted_element_leaves_what_others_cover(void **state)
{
	(void)state;
	rig_apply_again(BANNED);
	edit(BANNED, "192.0.2.0/24", 0, 1, 1);
	edit(BANNED, "192.0.2.7", 0, 1, 1);
	edit(BANNED, "192.0.2.7", 0, 1, 0);
	edit(BANNED, "192.0.2.7", 0, 0, 1);
	edit(BANNED, "192.0.2.7", 0, 0, 0);
	send_expect(PACKET(ETH(), IP4(.src = "192.0.2.7"), TCP()), XDP_DROP,
		    SL_RULE);
	edit(BANNED, "192.0.2.0/24", 0, 0, 1);
	send_expect(PACKET(ETH(), IP4(.src = "192.0.2.7"), TCP()), XDP_PASS,
		    SL_PASS);
}

static void load(const char *text, const char *first, const char *second)
{
	struct sl_prefix p[2] = { prefix_of(first), prefix_of(second) };
	struct sl_config *conf = running(text);
	struct sl_error x;

	if (sl_set_load(rig_instance(), "bans", p, 2, &x))
		fail_msg("%s", x.text);
	sl_config_set(rig_instance(), NULL);
	conf_free(conf);
	rig_reopen();
}

static void a_loaded_set_is_replaced_whole(void **state)
{
	(void)state;
	rig_apply_again(BANNED);
	load(BANNED, "192.0.2.7", "2001:db8:7::/48");
	send_expect(PACKET(ETH(), IP4(.src = "192.0.2.7"), TCP()), XDP_DROP,
		    SL_RULE);
	send_expect(PACKET(ETH(), IP6(.src = "2001:db8:7::1"), TCP()), XDP_DROP,
		    SL_RULE);
	load(BANNED, "192.0.2.8", "192.0.2.9");
	send_expect(PACKET(ETH(), IP4(.src = "192.0.2.7"), TCP()), XDP_PASS,
		    SL_PASS);
	send_expect(PACKET(ETH(), IP6(.src = "2001:db8:7::1"), TCP()), XDP_PASS,
		    SL_PASS);
	send_expect(PACKET(ETH(), IP4(.src = "192.0.2.8"), TCP()), XDP_DROP,
		    SL_RULE);
	send_expect(PACKET(ETH(), IP4(.src = "192.0.2.9"), TCP()), XDP_DROP,
		    SL_RULE);
	edit(BANNED, "192.0.2.8", 0, 0, 1);
	edit(BANNED, "192.0.2.9", 0, 0, 1);
}

static void a_live_sets_elements_outlive_an_apply(void **state)
{
	(void)state;
	rig_apply_again(BANNED);
	edit(BANNED, "192.0.2.7", 0, 1, 1);
	rig_apply_again(
		RULES("{name: other, from: bans, proto: tcp, action: drop}"));
	send_expect(PACKET(ETH(), IP4(.src = "192.0.2.7"), TCP()), XDP_DROP,
		    SL_RULE);
	rig_apply_again(HEAD);
	send_expect(PACKET(ETH(), IP4(.src = "192.0.2.7"), TCP()), XDP_PASS,
		    SL_PASS);
	rig_apply_again(BANNED);
	send_expect(PACKET(ETH(), IP4(.src = "192.0.2.7"), TCP()), XDP_PASS,
		    SL_PASS);
}

static void an_unchanged_apply_leaves_the_program(void **state)
{
	uint32_t id;

	(void)state;
	rig_apply_again(BANNED);
	id = rig_prog_id();
	rig_apply_again(BANNED);
	expect_number(rig_prog_id(), id);
	send_expect(PACKET(ETH(), IP4(), TCP(.dport = 23)), XDP_DROP, SL_RULE);
}

static void other_rules_of_the_same_kind_leave_the_program(void **state)
{
	uint32_t id;

	(void)state;
	rig_apply_again(
		RULES("{name: a, proto: tcp, dport: 23, action: drop}"));
	id = rig_prog_id();
	rig_apply_again(
		RULES("{name: b, proto: udp, dport: 53, action: drop}"));
	expect_number(rig_prog_id(), id);
	send_expect(PACKET(ETH(), IP4(), TCP(.dport = 23)), XDP_PASS, SL_PASS);
	send_expect(PACKET(ETH(), IP4(), UDP(.dport = 53)), XDP_DROP, SL_RULE);
}

static void other_features_are_another_program(void **state)
{
	uint32_t id;

	(void)state;
	rig_apply_again(
		RULES("{name: a, proto: tcp, dport: 23, action: drop}"));
	id = rig_prog_id();
	rig_apply_again(
		BALANCED("{name: a, proto: tcp, dport: 23, action: drop}"));
	expect_number(rig_prog_id() != id, 1);
	send_expect(PACKET(ETH(), IP4(), TCP(.dport = 23)), XDP_DROP, SL_RULE);
	send_expect(PACKET(ETH(), IP4(.dst = "203.0.113.10"), TCP()), XDP_TX,
		    SL_FORWARDED);
	rig_apply_again(
		RULES("{name: a, proto: tcp, dport: 23, action: drop}"));
	send_expect(PACKET(ETH(), IP4(), TCP(.dport = 23)), XDP_DROP, SL_RULE);
	send_expect(PACKET(ETH(), IP4(.dst = "203.0.113.10"), TCP()), XDP_PASS,
		    SL_PASS);
}

static uint64_t rule_count(const char *name)
{
	struct sl_stats *stats = rig_stats();
	uint64_t packets = UINT64_MAX;

	for (size_t i = 0; i < stats->n_rules; i++) {
		if (!strcmp(stats->rules[i].name, name))
			packets = stats->rules[i].count.packets;
	}
	sl_stats_free(stats);
	return packets;
}

static void counters_outlive_a_change_of_program(void **state)
{
	struct sl_stats *was, *is;

	(void)state;
	rig_apply_again(
		RULES("{name: a, proto: tcp, dport: 23, action: drop}"));
	send_expect(PACKET(ETH(), IP4(), TCP(.dport = 23)), XDP_DROP, SL_RULE);
	send_expect(PACKET(ETH(), IP4(), TCP(.dport = 23)), XDP_DROP, SL_RULE);
	expect_number(rule_count("a") >= 2, 1);
	was = rig_stats();
	rig_apply_again(BALANCED(
		"{name: z, proto: udp, action: drop}, {name: a, proto: tcp, dport: 23, action: drop}"));
	is = rig_stats();
	for (int i = 0; i < SL_REASON_COUNT; i++)
		expect_number(is->reasons[i].packets, was->reasons[i].packets);
	expect_number(rule_count("a"), was->rules[0].count.packets);
	expect_number(rule_count("z"), 0);
	sl_stats_free(was);
	sl_stats_free(is);
}

static void a_rule_that_returns_counts_from_zero(void **state)
{
	(void)state;
	rig_apply_again(
		RULES("{name: a, proto: tcp, dport: 23, action: drop}"));
	send_expect(PACKET(ETH(), IP4(), TCP(.dport = 23)), XDP_DROP, SL_RULE);
	rig_apply_again(
		RULES("{name: b, proto: tcp, dport: 23, action: drop}"));
	rig_apply_again(
		RULES("{name: a, proto: tcp, dport: 23, action: drop}"));
	expect_number(rule_count("a"), 0);
}

static void reset_zeroes_every_counter(void **state)
{
	struct sl_stats *stats;
	struct sl_error x;

	(void)state;
	rig_apply_again(
		BALANCED("{name: a, proto: tcp, dport: 80, action: count}"));
	send_expect(PACKET(ETH(), IP4(.dst = "203.0.113.10"), TCP()), XDP_TX,
		    SL_FORWARDED);
	assert_int_equal(sl_stats_reset(rig_instance(), &x), 0);
	stats = rig_stats();
	for (int i = 0; i < SL_REASON_COUNT; i++)
		expect_number(stats->reasons[i].packets, 0);
	expect_number(stats->rules[0].count.packets, 0);
	expect_number(stats->services[0].count.packets, 0);
	expect_number(stats->backends[0].count.packets, 0);
	sl_stats_free(stats);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_added_element_holds_at_once),
		cmocka_unit_test(an_added_ipv6_element_holds_at_once),
		cmocka_unit_test(a_deleted_element_leaves_what_others_cover),
		cmocka_unit_test(a_loaded_set_is_replaced_whole),
		cmocka_unit_test(a_live_sets_elements_outlive_an_apply),
		cmocka_unit_test(an_unchanged_apply_leaves_the_program),
		cmocka_unit_test(
			other_rules_of_the_same_kind_leave_the_program),
		cmocka_unit_test(other_features_are_another_program),
		cmocka_unit_test(counters_outlive_a_change_of_program),
		cmocka_unit_test(a_rule_that_returns_counts_from_zero),
		cmocka_unit_test(reset_zeroes_every_counter),
	};

	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(tests[0]));
}
