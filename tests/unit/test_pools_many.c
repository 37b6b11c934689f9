/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Many pools that change often, and large ones: what is touched, and how long it takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/lab.h"
#include "user/lib/registry.h"
#include "user/lib/slots.h"

enum { POOLS = 512, EACH = 8, CHANGES = 200, TEXT = 1 << 20, LARGE = 4000 };

static struct sl_error x;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* 512 services, each with a pool of eight. */
static char *many(void)
{
	char *text = malloc(TEXT), *to = text;

	assert_non_null(text);
	to += sprintf(to, HEAD "limits: {backends: 8191}\npools:\n");
	for (int i = 0; i < POOLS; i++) {
		to += sprintf(to, "  p%d: {next_hop: \"02:00:00:00:00:aa\", backends: [", i);
		for (int k = 1; k <= EACH; k++)
			to += sprintf(to, "%s{address: 10.1.%d.%d}", k > 1 ? ", " : "",
				      (EACH * i + k) >> 8, (EACH * i + k) & 255);
		to += sprintf(to, "]}\n");
	}
	to += sprintf(to, "services:\n");
	for (int i = 0; i < POOLS; i++)
		to += sprintf(to, "  s%d: {addresses: [203.0.%d.%d], tcp: [80, 443], pool: p%d}\n",
			      i, 112 + (i >> 8), i & 255, i);
	return text;
}

static void apply(struct sl_instance *inst, const struct sl_config *conf,
		  int (*how)(struct sl_instance *, const struct sl_config *, uint64_t, struct sl_error *))
{
	if (how(inst, conf, 1, &x))
		fail_msg("%s", x.text);
}

static const struct sl_registry_pool *pool(const struct sl_instance *inst, const char *name)
{
	return &registry(inst)->pool[registry_pool(registry(inst), name)];
}

static uint32_t waiting(const struct sl_instance *inst)
{
	uint32_t n = 0;

	for (int i = 0; i < SL_POOLS_MAX; i++)
		n += registry(inst)->pool[i].since != 0;
	return n;
}

/* Of change n: another weight, another address, or none any more. */
static void edit(struct sl_pool_conf *p, unsigned n)
{
	struct sl_backend_conf *b = &p->backends[n % p->n_backends];

	switch (n % 4) {
	case 0: b->weight = b->weight == 100 ? 50 : 100; break;
	case 1: b->addr.octet[1] = b->addr.octet[1] == 1 ? 2 : 1; break;
	case 2: b->state = b->state ? SL_BACKEND_UP : SL_BACKEND_DRAIN; break;
	default: b->state = b->state ? SL_BACKEND_UP : SL_BACKEND_DISABLED; break;
	}
}

static void copy_backends(struct sl_config *to, const struct sl_config *from)
{
	for (size_t p = 0; p < to->n_pools; p++)
		memcpy(to->pools[p].backends, from->pools[p].backends,
		       from->pools[p].n_backends * sizeof(*from->pools[p].backends));
}

static void a_change_touches_its_pool_alone(void **state)
{
	char *text = many();
	struct sl_instance *inst = applied(text);
	struct sl_config *was = parse(text), *next = parse(text);
	uint32_t before = serial(inst);
	double began;

	(void)state;
	sl_config_set(inst, was);
	edit(&next->pools[7], 0);
	apply(inst, next, sl_pools_apply);
	assert_int_equal(waiting(inst), 1);
	assert_int_not_equal(pool(inst, "p7")->since, 0);
	copy_backends(was, next);
	began = now_ms();
	for (unsigned n = 0; n < CHANGES; n++) {
		edit(&next->pools[n * 37 % POOLS], n);
		apply(inst, next, sl_pools_apply);
		copy_backends(was, next);
	}
	printf("# 512 services, 4,096 backends: a change of one pool %.2f ms\n", (now_ms() - began) / CHANGES);
	/* the table of backends grows once */
	assert_in_range(serial(inst), before, before + 1);
	before = serial(inst);
	began = now_ms();
	for (unsigned n = 0; n < CHANGES; n++)
		if (sl_backend_health(inst, next->pools[n].name, &next->pools[n].backends[0].addr, n & 1, &x))
			fail_msg("%s", x.text);
	printf("# the same: the health of a backend %.2f ms\n", (now_ms() - began) / CHANGES);
	assert_int_equal(serial(inst), before);
	conf_free(was);
	conf_free(next);
	free(text);
	sl_close(inst);
}

static void four_hundred_frontends_share_a_ring(void **state)
{
	static const char text[] = HEAD "pools: {web: {next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.1}, {address: 10.0.0.2}]}}\n"
		"services: {www: {addresses: [192.0.2.80], tcp: [1000-1399], pool: web}}\n";
	struct sl_instance *inst = applied(text);
	struct sl_config *was = parse(text), *next = parse(text);

	(void)state;
	assert_int_equal(inst->knobs.slot_mask + 1, 16384);
	sl_config_set(inst, was);
	edit(&next->pools[0], 1);
	apply(inst, next, sl_pools_apply);
	assert_int_equal(waiting(inst), 1);
	assert_int_equal(inst->knobs.slot_mask + 1, 16384);
	conf_free(was);
	conf_free(next);
	sl_close(inst);
}

static void a_ring_of_thousands_is_rebuilt(void **state)
{
	char *text = malloc(TEXT), *to = text;
	struct sl_config *was, *next;
	struct slot_counts n = { { 0 } };
	struct sl_instance *inst;
	double began;

	(void)state;
	assert_non_null(text);
	to += sprintf(to, HEAD "pools: {web: {slots: 524288, next_hop: \"02:00:00:00:00:aa\", backends: [");
	for (int i = 1; i <= LARGE; i++)
		to += sprintf(to, "%s{address: 10.1.%d.%d}", i > 1 ? ", " : "", i >> 8, i & 255);
	sprintf(to, "]}}\n" SERVICE);
	inst = applied(text);
	was = parse(text);
	next = parse(text);
	sl_config_set(inst, was);
	edit(&next->pools[0], 1);
	began = now_ms();
	apply(inst, next, sl_pools_apply);
	printf("# %d backends in 524288 slots, one replaced: %.1f ms\n", LARGE, now_ms() - began);
	slots_count((uint32_t *)map_at(&inst->maps, MAP_SLOTS, 0) + pool(inst, "web")->slot_base,
		    524288, &n);
	/* little more than its share: 131 */
	assert_in_range(n.of[SLOT_CHANGING], 131, 524288 / 50);
	conf_free(was);
	conf_free(next);
	free(text);
	sl_close(inst);
}

/* A record of one pool is judged by packets of another. */
static void each_pool_knows_how_long_any_records_last(void **state)
{
	static const char text[] = HEAD "pools:\n"
		"  a: {timers: {settle_after: 10s}, next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.1}]}\n"
		"  b: {timers: {settle_after: 500s}, next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.2}]}\n"
		"services: {s: {addresses: [203.0.113.1], tcp: [80], pool: a}}\n";
	struct sl_config *conf = parse(text);
	struct sl_instance *inst = applied(filter);
	const struct sl_pool *pools, *a, *b;

	(void)state;
	apply(inst, conf, sl_apply);
	pools = map_at(&inst->maps, MAP_POOLS, 0);
	a = &pools[pool(inst, "a") - registry(inst)->pool];
	b = &pools[pool(inst, "b") - registry(inst)->pool];
	assert_true(a->lasts < b->lasts);
	assert_int_equal(a->longest, b->lasts);
	assert_int_equal(b->longest, b->lasts);
	conf_free(conf);
	sl_close(inst);
}

/* Slots that wait in the pools of one call. */
static uint32_t wait_in_some(struct sl_instance *inst, uint32_t *from, uint64_t most)
{
	struct sl_settled done;

	if (sl_pools_settle(inst, from, most, &done, &x))
		fail_msg("%s", x.text);
	return done.waiting;
}

static void pools_settle_some_at_a_time(void **state)
{
#define THREE(backends) HEAD "pools:\n" \
	"  a: {slots: 64, next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.1}, " backends "]}\n" \
	"  b: {slots: 128, next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.1}, " backends "]}\n" \
	"  c: {slots: 256, next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.1}, " backends "]}\n" \
	"services: {s: {addresses: [203.0.113.1], tcp: [80], pool: a}}\n"
	struct sl_instance *inst = applied(THREE("{address: 10.0.0.2}"));
	struct sl_config *next = parse(THREE("{address: 10.0.0.2, weight: 0}"));
	uint32_t from = 0, all, a, b, c;

	(void)state;
	apply(inst, next, sl_apply);
	all = wait_in_some(inst, &from, 64 + 128 + 256);
	assert_int_equal(from, 0);
	a = wait_in_some(inst, &from, 1);
	assert_int_not_equal(from, 0);
	b = wait_in_some(inst, &from, 1);
	assert_int_not_equal(from, 0);
	c = wait_in_some(inst, &from, 1);
	assert_int_equal(from, 0);
	assert_true(a && b && c);
	assert_int_equal(a + b + c, all);
	assert_int_equal(wait_in_some(inst, &from, 64 + 128), a + b);
	assert_int_equal(wait_in_some(inst, &from, 64 + 128), c);
	assert_int_equal(from, 0);
	conf_free(next);
	sl_close(inst);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_change_touches_its_pool_alone),
		TEST(four_hundred_frontends_share_a_ring),
		TEST(a_ring_of_thousands_is_rebuilt),
		TEST(each_pool_knows_how_long_any_records_last),
		TEST(pools_settle_some_at_a_time),
	};

	return RUN_IN_LAB("pools_many", tests);
}
