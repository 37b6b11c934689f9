/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records of flows, as `sluice flows list` sees them. */
#include "tests/packet/harness.h"

#define CONFIG(keys, backend) \
	HEAD "pools:\n" \
	     "  kept: {next_hop: \"02:00:00:00:00:aa\", " keys "backends: [{address: " backend "}]}\n" \
	     "  other: {next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.9}]}\n" \
	     "services:\n" \
	     "  kept: {addresses: [203.0.113.10], tcp: [80], pool: kept}\n" \
	     "  other: {addresses: [203.0.113.11], tcp: [80], pool: other}\n"
#define ALWAYS CONFIG("tracking: always, ", "10.0.0.1")
#define FROM(last) IP4(.src = "198.51.100." #last, .dst = "203.0.113.10")

enum { MOST = 8 };

struct seen {
	struct sl_flow flow[MOST];
	int n, most;
};

static int see(void *arg, const struct sl_flow *flow)
{
	struct seen *s = arg;

	s->flow[s->n++] = *flow;
	return s->n == s->most;
}

static struct seen list(int most)
{
	struct seen s = { .most = most };

	sl_flows_list(rig_instance(), see, &s);
	return s;
}

static void sent(const struct layer *packet)
{
	static struct outcome o;

	rig_send(packet, &o);
	expect_verdict(&o, XDP_TX, SL_FORWARDED);
}

static void a_flow_is_listed_by_pool_and_backend(void **state)
{
	struct sl_address want = { 4, { 10, 0, 0, 1 } };
	struct seen s;

	(void)state;
	rig_apply(ALWAYS);
	expect_number((uint64_t)list(MOST).n, 0);
	sent(PACKET(ETH(), FROM(1), TCP(.flags = SYN)));
	s = list(MOST);
	expect_number((uint64_t)s.n, 1);
	expect_text(s.flow[0].pool, "kept");
	assert_memory_equal(&s.flow[0].backend, &want, sizeof(want));
	assert_in_range(s.flow[0].age_ms, 0, 60000);
	expect_number(s.flow[0].confirmed, 0);
	sent(PACKET(ETH(), FROM(1), TCP(.flags = ACK)));
	s = list(MOST);
	expect_number((uint64_t)s.n, 1);
	expect_number(s.flow[0].confirmed, 1);
}

static void flows_of_stable_slots_have_no_record(void **state)
{
	int before;

	(void)state;
	rig_apply(ALWAYS);
	before = list(MOST).n;
	sent(PACKET(ETH(), IP4(.src = "198.51.100.1", .dst = "203.0.113.11"), TCP(.flags = SYN)));
	sent(PACKET(ETH(), IP4(.src = "198.51.100.1", .dst = "203.0.113.11"), TCP(.flags = ACK)));
	expect_number((uint64_t)list(MOST).n, (uint64_t)before);
}

static void whoever_has_seen_enough_stops(void **state)
{
	(void)state;
	rig_apply(ALWAYS);
	sent(PACKET(ETH(), FROM(2), TCP(.flags = SYN)));
	sent(PACKET(ETH(), FROM(3), TCP(.flags = SYN)));
	expect_number((uint64_t)list(MOST).n, 3);
	expect_number((uint64_t)list(2).n, 2);
}

static void flows_of_a_dead_backend_are_gone(void **state)
{
	(void)state;
	rig_apply(ALWAYS);
	expect_number(list(MOST).n > 0, 1);
	rig_apply(CONFIG("tracking: always, ", "10.0.0.1, state: disabled"));
	expect_number((uint64_t)list(MOST).n, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flow_is_listed_by_pool_and_backend),
		cmocka_unit_test(flows_of_stable_slots_have_no_record),
		cmocka_unit_test(whoever_has_seen_enough_stops),
		cmocka_unit_test(flows_of_a_dead_backend_are_gone),
	};

	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(tests[0]));
}
