/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* 512 services over 4,096 backends: made, changed, and none beyond its ceiling. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/packet/harness.h"
#include "user/conf/conf.h"

enum { SERVICES = 512, EACH = 8, SLOTS = 1024, TEXT = 1 << 20 };

/* Pool i has backends 10.1.0.0 + 8 i + 1 to + 8; 4097 are allowed. */
static char text[TEXT];

static void make_config(void)
{
	char *to = text + sprintf(text, HEAD "limits: {backends: 4097}\npools:\n");

	for (unsigned i = 0; i < SERVICES; i++) {
		to += sprintf(to, "  p%u: {next_hop: \"02:00:00:00:00:aa\", slots: %d, backends: [", i, SLOTS);
		for (unsigned k = 1; k <= EACH; k++)
			to += sprintf(to, "%s{address: 10.1.%u.%u}", k > 1 ? ", " : "",
				      (EACH * i + k) >> 8, (EACH * i + k) & 255);
		to += sprintf(to, "]}\n");
	}
	to += sprintf(to, "services:\n");
	for (unsigned i = 0; i < SERVICES; i++)
		to += sprintf(to, "  s%u: {addresses: [203.0.%u.%u], tcp: [80, 443], pool: p%u}\n",
			      i, 112 + (i >> 8), i & 255, i);
}

static struct sl_config *parsed(void)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;

	if (conf_parse("t", text, strlen(text), 0, &conf, &report))
		fail_msg("%s", report.errors ? report.errors : "no memory");
	conf_report_clear(&report);
	return conf;
}

/* Of service i, a new flow: its backend, as the last two octets say. */
static unsigned backend_of_service(unsigned i, unsigned flow)
{
	static struct frame in, out;
	char vip[32], src[32];

	snprintf(vip, sizeof(vip), "203.0.%u.%u", 112 + (i >> 8), i & 255);
	snprintf(src, sizeof(src), "198.51.%u.%u", flow >> 8 & 255, flow & 255);
	frame_build(&in, PACKET(ETH(), IP4(.src = src, .dst = vip), TCP(.sport = 1024 + flow, .dport = 443, .flags = SYN)), NULL);
	if (rig_run(&in, &out) != XDP_TX)
		fail_msg("service %u: a packet was not sent", i);
	return out.byte[32] * 256u + out.byte[33];
}

static void every_service_leads_to_its_own_backends(void **state)
{
	static bool used[SERVICES * EACH + 1];
	unsigned n = 0;

	(void)state;
	rig_apply(text);
	memset(used, 0, sizeof(used));
	for (unsigned i = 0; i < SERVICES; i++)
		for (unsigned flow = 0; flow < 100; flow++) {
			unsigned at = backend_of_service(i, 131 * i + flow);

			assert_in_range(at, EACH * i + 1, EACH * i + EACH);
			used[at] = true;
		}
	for (unsigned at = 1; at <= SERVICES * EACH; at++)
		n += used[at];
	expect_number(n, SERVICES * EACH);
}

static void every_backend_owns_its_share(void **state)
{
	struct sl_stats *stats;

	(void)state;
	rig_apply(text);
	stats = rig_stats();
	expect_number(stats->n_services, SERVICES);
	expect_number(stats->n_backends, SERVICES * EACH);
	for (size_t i = 0; i < stats->n_backends; i++)
		assert_in_range(stats->backends[i].slots, SLOTS / EACH - 1, SLOTS / EACH + 1);
	sl_stats_free(stats);
}

static void change(struct sl_config *conf)
{
	struct sl_pool_conf *pools = conf->pools;
	struct sl_backend_conf more = { .weight = 100 };
	struct sl_error x;

	pools[7].backends[0].weight = 50;
	pools[300].backends[3].state = SL_BACKEND_DISABLED;
	assert_int_equal(conf_address("10.1.16.1", &more.addr, &x), 0);
	assert_int_equal(conf_backend_add(conf, &pools[511], &more), 0);
}

static void expect_moved(const struct sl_plan_pool *p, const char *name, uint32_t share)
{
	expect_text(p->name, name);
	expect_number(p->slots, SLOTS);
	expect_within(p->least, share, .05);
}

static void a_change_moves_the_pools_that_it_names(void **state)
{
	struct sl_config *conf;
	struct sl_plan *plan = NULL;
	struct sl_error x;

	(void)state;
	rig_apply(text);
	conf = parsed();
	change(conf);
	assert_int_equal(sl_plan_make(rig_instance(), conf, &plan, &x), 0);
	expect_number(plan->n_pools, 3);
	expect_moved(&plan->pools[0], "p7", SLOTS / 8 - SLOTS / 15);
	expect_moved(&plan->pools[1], "p300", SLOTS / 8);
	expect_moved(&plan->pools[2], "p511", SLOTS / 9);
	sl_plan_free(plan);
	conf_free(conf);
}

static void a_change_is_met_by_new_flows(void **state)
{
	unsigned more = 0, disabled = 0;
	struct sl_config *conf;
	struct sl_error x;

	(void)state;
	rig_apply(text);
	conf = parsed();
	change(conf);
	if (sl_apply(rig_instance(), conf, 4096, &x))
		fail_msg("%s", x.text);
	conf_free(conf);
	rig_reopen();
	for (unsigned flow = 0; flow < 500; flow++) {
		more += backend_of_service(511, flow) == SERVICES * EACH + 1;
		disabled += backend_of_service(300, flow) == EACH * 300 + 4;
		assert_in_range(backend_of_service(10, flow), EACH * 10 + 1, EACH * 10 + EACH);
	}
	expect_number(more > 0, 1);
	expect_number(disabled, 0);
	rig_apply_again(text);
}

static void a_backend_beyond_the_limit_is_refused(void **state)
{
	struct sl_backend_conf more = { .weight = 100 };
	struct sl_config *conf = parsed();
	struct sl_error x;

	(void)state;
	change(conf);
	assert_int_equal(conf_address("10.1.16.2", &more.addr, &x), 0);
	assert_int_equal(conf_backend_add(conf, &conf->pools[0], &more), -ENOSPC);
	conf_free(conf);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_service_leads_to_its_own_backends),
		cmocka_unit_test(every_backend_owns_its_share),
		cmocka_unit_test(a_change_moves_the_pools_that_it_names),
		cmocka_unit_test(a_change_is_met_by_new_flows),
		cmocka_unit_test(a_backend_beyond_the_limit_is_refused),
	};

	make_config();
	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(tests[0]));
}
