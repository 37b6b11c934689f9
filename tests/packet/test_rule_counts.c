/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a rule has counted belongs to its name: it follows the rule wherever it
 * stands, whatever changes around it, and ends with it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/packet/harness.h"

#define RULES(text) HEAD "sets: {bans: {}}\nfilter: {rules: [" text "]}\n"
#define WEB         "{name: web, proto: tcp, dport: 80, action: count}"
#define DNS         "{name: dns, proto: udp, dport: 53, action: drop}"
#define FIRST       RULES(WEB ", " DNS)

static uint64_t counted(const char *name)
{
	struct sl_stats *stats = rig_stats();
	uint64_t packets = UINT64_MAX;

	for (size_t i = 0; i < stats->n_rules; i++)
		if (!strcmp(stats->rules[i].name, name))
			packets = stats->rules[i].count.packets;
	sl_stats_free(stats);
	return packets;
}

static void hit(int web, int dns)
{
	static struct outcome o;

	while (web-- > 0)
		rig_send(PACKET(ETH(), IP4(), TCP(.dport = 80)), &o);
	while (dns-- > 0)
		rig_send(PACKET(ETH(), IP6(), UDP(.dport = 53)), &o);
}

/* Runs `config`, in which both rules are, and looks that nothing was lost. */
static void keeps(const char *config, uint64_t web, uint64_t dns)
{
	rig_apply_again(config);
	expect_number(counted("web"), web);
	expect_number(counted("dns"), dns);
	hit(1, 2);
	expect_number(counted("web"), web + 1);
	expect_number(counted("dns"), dns + 2);
}

static void begin(void)
{
	rig_apply_again(HEAD);
	rig_apply_again(FIRST);
	expect_number(counted("web"), 0);
	hit(3, 5);
	expect_number(counted("web"), 3);
	expect_number(counted("dns"), 5);
}

static void a_moved_rule_takes_its_count_along(void **state)
{
	(void)state;
	begin();
	keeps(RULES(DNS ", " WEB), 3, 5);
	keeps(FIRST, 4, 7);
}

static void rules_before_it_come_and_go(void **state)
{
	(void)state;
	begin();
	keeps(RULES("{name: a, proto: sctp, action: drop}, {name: b, family: 6, action: count}, " WEB ", {name: c, proto: 50, action: pass}, " DNS), 3, 5);
	expect_number(counted("b"), 2);
	expect_number(counted("c"), 0);
	keeps(RULES(WEB ", {name: b, family: 6, action: count}, " DNS), 4, 7);
	expect_number(counted("b"), 4);
	keeps(FIRST, 5, 9);
}

static void what_it_says_may_change(void **state)
{
	(void)state;
	begin();
	keeps(RULES("{name: web, proto: tcp, dport: [80, 443], action: pass}, {name: dns, from: \"::/0\", proto: udp, action: drop}"),
	      3, 5);
}

/* Another specialisation, a pool beside it, another policy. */
static void everything_else_may_change(void **state)
{
	(void)state;
	begin();
	keeps(HEAD
	      "filter: {policy: drop, martians: drop, tcp_anomalies: drop, verify_checksum: true, management: {from: [10.9.0.0/16], tcp: [22]}, rules: [" WEB ", " DNS "]}\n"
	      "pools:\n  web: {next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.21}]}\n"
	      "services:\n  www: {addresses: [203.0.113.10], tcp: [80], pool: web}\n",
	      3, 5);
	keeps(FIRST, 4, 7);
}

/* From one word of rules to four and back. */
static void so_may_the_number_of_rules(void **state)
{
	size_t size = 256 * 64, used;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	begin();
	used = (size_t)snprintf(text, size, "%sfilter: {rules: [", HEAD);
	for (int i = 0; i < 254; i++)
		used += (size_t)snprintf(text + used, size - used,
					 "{name: n%d, proto: sctp, dport: %d, action: drop}, ",
					 i, 1000 + i);
	snprintf(text + used, size - used, WEB ", " DNS "]}\n");
	keeps(text, 3, 5);
	keeps(FIRST, 4, 7);
	rig_apply_again(HEAD);
	free(text);
}

static void it_ends_with_its_rule(void **state)
{
	(void)state;
	begin();
	rig_apply_again(RULES(DNS));
	expect_number(counted("dns"), 5);
	expect_number(counted("web"), UINT64_MAX);
	/* neither it nor a namesake nor who is new in its place has it */
	rig_apply_again(RULES("{name: other, proto: tcp, dport: 80, action: count}, " WEB ", " DNS));
	expect_number(counted("web"), 0);
	expect_number(counted("other"), 0);
	expect_number(counted("dns"), 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moved_rule_takes_its_count_along),
		cmocka_unit_test(rules_before_it_come_and_go),
		cmocka_unit_test(what_it_says_may_change),
		cmocka_unit_test(everything_else_may_change),
		cmocka_unit_test(so_may_the_number_of_rules),
		cmocka_unit_test(it_ends_with_its_rule),
	};

	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(tests[0]));
}
