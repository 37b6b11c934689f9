/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Many frontends on one pool: each leads to it, all share its ring. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "tests/packet/flows.h"
#include "tests/packet/harness.h"
#include "user/conf/conf.h"

/* Two addresses, and of each 200 even ports or 200 in a row. */
enum { PORTS = 200, EVEN = 2000, ROW_AT = 3000, SLOTS = 16384 };
#define VIP4 "203.0.113.10"
#define VIP6 "2001:db8:80::10"

/* The pools' ids and all else are as before; `more` is a backend of web. */
static const char *config(unsigned ports, const char *more)
{
	static char text[2][8192];
	static int turn;
	char *to = text[turn ^= 1];
	int n;

	n = sprintf(to, HEAD "pools:\n"
		    "  web: {next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.21}, {address: 10.0.0.22}, {address: 10.0.0.23, weight: 200}%s]}\n"
		    "  near: {next_hop: \"02:00:00:00:00:aa\", hash: source, slots: 1024, backends: [{address: 10.0.0.31}, {address: 10.0.0.32}, {address: 10.0.0.33}, {address: 10.0.0.34}]}\n"
		    "services:\n  web: {addresses: [" VIP4 ", \"" VIP6 "\"], pool: web, tcp: [2000", more);
	for (unsigned i = 1; i < ports; i++)
		n += sprintf(to + n, ", %u", EVEN + 2 * i);
	sprintf(to + n, "]}\n  near: {addresses: [" VIP4 ", \"" VIP6 "\"], pool: near, tcp: %u-%u, udp: [%u-%u]}\n",
		ROW_AT, ROW_AT + ports - 1, ROW_AT, ROW_AT + (ports - 1) / 2);
	return to;
}

static uint64_t map_bytes(void)
{
	struct sl_status *status = NULL;
	struct sl_error x;
	uint64_t bytes;

	assert_int_equal(sl_status_read(rig_instance(), &status, &x), 0);
	bytes = status->map_bytes;
	sl_status_free(status);
	return bytes;
}

/* First of all tests: maps do not shrink. */
static void frontends_take_less_room_than_a_ring(void **state)
{
	uint64_t one;

	(void)state;
	rig_apply(config(1, ""));
	one = map_bytes();
	rig_apply(config(PORTS, ""));
	assert_true(map_bytes() > one);
	assert_in_range(map_bytes() - one, 0, SLOTS * 4);
}

static void each_frontend_leads_to_its_pool(void **state)
{
	struct flow f = { 4, IPPROTO_TCP, VIP4, 7, 4000, 0 };

	(void)state;
	rig_apply(config(PORTS, ""));
	for (uint32_t i = 0; i < 2 * PORTS; i++) {
		f.family = i % 2 ? 6 : 4;
		f.vip = i % 2 ? VIP6 : VIP4;
		f.dport = EVEN + 2 * (i / 2);
		assert_in_range(backend_of(&f), 21, 23);
		f.dport = ROW_AT + i / 2;
		assert_in_range(backend_of(&f), 31, 34);
	}
}

static int fate(const char *vip, uint32_t dport)
{
	static struct frame in, out;

	frame_build(&in, PACKET(ETH(), IP4(.dst = vip), TCP(.dport = dport)), NULL);
	return rig_run(&in, &out);
}

static void ports_between_them_belong_to_the_stack(void **state)
{
	(void)state;
	rig_apply(config(PORTS, ""));
	for (uint32_t i = 0; i < PORTS; i++)
		assert_int_equal(fate(VIP4, EVEN + 2 * i + 1), XDP_PASS);
	expect_number((uint64_t)fate(VIP4, ROW_AT - 1), XDP_PASS);
	expect_number((uint64_t)fate(VIP4, ROW_AT + PORTS), XDP_PASS);
	expect_number((uint64_t)fate("203.0.113.11", EVEN), XDP_PASS);
}

static void a_client_has_one_backend_at_all_source_hashed_frontends(void **state)
{
	struct flow f = { 4, IPPROTO_TCP, VIP4, 0, 0, 0 };
	unsigned used[256] = { 0 };

	(void)state;
	rig_apply(config(PORTS, ""));
	for (f.source = 1; f.source <= 20; f.source++) {
		unsigned first = 0;

		for (uint32_t i = 0; i < 2 * PORTS; i++) {
			unsigned got;

			f.sport = 1024 + 7 * i;
			f.dport = ROW_AT + i % PORTS;
			f.proto = i < PORTS / 2 ? IPPROTO_UDP : IPPROTO_TCP;
			got = backend_of(&f);
			first = first ? first : got;
			assert_int_equal(got, first);
		}
		used[first]++;
	}
	expect_number(used[31] && used[32] && used[33] && used[34], 1);
}

static void flows_to_all_frontends_spread_by_weight(void **state)
{
	struct flow f = { 4, IPPROTO_TCP, VIP4, 0, 0, 0 };
	unsigned got[256] = { 0 };
	uint64_t random = 5;

	(void)state;
	rig_apply(config(PORTS, ""));
	for (int i = 0; i < 20000; i++) {
		f.source = next_random(&random);
		f.sport = 1024 + next_random(&random) % 60000;
		f.dport = EVEN + 2 * (next_random(&random) % PORTS);
		got[backend_of(&f)]++;
	}
	expect_within(got[21], 5000, .05);
	expect_within(got[22], 5000, .05);
	expect_within(got[23], 10000, .03);
}

static void a_backend_more_changes_one_ring(void **state)
{
	const char *text = config(PORTS, ", {address: 10.0.0.24}");
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	struct sl_plan *plan = NULL;
	struct sl_error x;

	(void)state;
	rig_apply(config(PORTS, ""));
	assert_int_equal(conf_parse("t", text, strlen(text), 0, &conf, &report), 0);
	conf_report_clear(&report);
	assert_int_equal(sl_plan_make(rig_instance(), conf, &plan, &x), 0);
	expect_number(plan->n_pools, 1);
	expect_text(plan->pools[0].name, "web");
	expect_number(plan->pools[0].slots, SLOTS);
	expect_within(plan->pools[0].least, SLOTS / 5., .02);
	sl_plan_free(plan);
	conf_free(conf);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(frontends_take_less_room_than_a_ring),
		cmocka_unit_test(each_frontend_leads_to_its_pool),
		cmocka_unit_test(ports_between_them_belong_to_the_stack),
		cmocka_unit_test(a_client_has_one_backend_at_all_source_hashed_frontends),
		cmocka_unit_test(flows_to_all_frontends_spread_by_weight),
		cmocka_unit_test(a_backend_more_changes_one_ring),
	};

	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(tests[0]));
}
