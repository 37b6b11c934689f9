/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ring: published vectors, shares, and what a change moves. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <xxhash.h>

#include "user/lib/ring.h"

enum { MANY = 100, SLOTS = 16384 };

/* ---- Envoy's ---------------------------------------------------------- */

static uint64_t envoy_hash(const void *identity, size_t length, uint64_t seed)
{
	return XXH64(identity, length, seed);
}

static uint64_t envoy_skip(uint64_t hash, uint64_t size)
{
	return hash % (size - 1) + 1;
}

static const struct ring_rule envoy = {
	.hash = envoy_hash,
	.offset_seed = 0,
	.skip_seed = 1,
	.skip = envoy_skip,
	.weighting = RING_ENVOY,
	.keep_order = 1,
};

static void envoy_ring(const uint32_t *weight, size_t n, uint16_t *ring, size_t size)
{
	static const char *const names[] = {
		"127.0.0.1:90", "127.0.0.1:91", "127.0.0.1:92",
		"127.0.0.1:93", "127.0.0.1:94", "127.0.0.1:95",
	};
	struct ring_member member[6];

	for (size_t i = 0; i < n; i++)
		member[i] = (struct ring_member){
			names[i], strlen(names[i]), weight[i], (uint16_t)i,
		};
	assert_int_equal(ring_build(&envoy, member, n, ring, size), 0);
}

static void envoy_vector_of_7_slots(void **state)
{
	static const uint16_t want[7] = { 2, 4, 0, 1, 5, 0, 3 };
	static const uint32_t weight[6] = { 1, 1, 1, 1, 1, 1 };
	uint16_t ring[7];

	(void)state;
	envoy_ring(weight, 6, ring, 7);
	assert_memory_equal(ring, want, sizeof(want));
}

static void envoy_weighted_vector_of_17_slots(void **state)
{
	static const uint16_t want[17] = {
		1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1,
	};
	static const uint32_t weight[2] = { 1, 2 };
	uint16_t ring[17];

	(void)state;
	envoy_ring(weight, 2, ring, 17);
	assert_memory_equal(ring, want, sizeof(want));
}

/* ---- ours ------------------------------------------------------------- */

struct pool {
	struct sl_pool_conf conf;
	struct sl_backend_conf backend[4096];
	uint16_t id[4096];
};

static struct pool *pool_of(size_t n, uint32_t slots)
{
	static struct pool p;

	memset(&p, 0, sizeof(p));
	p.conf.slots = slots;
	p.conf.backends = p.backend;
	p.conf.n_backends = n;
	for (size_t i = 0; i < n; i++) {
		const uint8_t octet[4] = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i };

		p.backend[i].addr.family = 4;
		memcpy(p.backend[i].addr.octet, octet, 4);
		p.backend[i].weight = 100;
		p.id[i] = (uint16_t)(i + 1);
	}
	return &p;
}

/* All of them are healthy. */
static int build(const struct pool *p, const char *seed, uint16_t *ring)
{
	static const bool down[4096];
	static struct standing standing[4096];

	standings(&p->conf, down, standing);
	return ring_of_pool(&p->conf, seed, p->id, standing, ring);
}

static uint16_t *ring_from(const struct pool *p)
{
	uint16_t *ring = calloc(p->conf.slots, sizeof(*ring));

	assert_non_null(ring);
	assert_int_equal(build(p, "a seed", ring), 0);
	return ring;
}

static uint32_t owned(const uint16_t *ring, uint32_t slots, uint16_t id)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < slots; i++)
		n += ring[i] == id;
	return n;
}

static void shares_follow_the_weights_within_2_percent(void **state)
{
	static const uint32_t weights[3] = { 50, 100, 200 };
	struct pool *p = pool_of(MANY, SLOTS);
	uint32_t total = 0;
	uint16_t *ring;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		total += p->backend[i].weight = weights[i % 3];
	ring = ring_from(p);
	for (size_t i = 0; i < MANY; i++) {
		double want = (double)SLOTS * p->backend[i].weight / total;
		double got = owned(ring, SLOTS, p->id[i]);

		/* a whole turn, at most, beside the 2 percent */
		assert_true(got >= want * 0.98 - 1 && got <= want * 1.02 + 1);
	}
	free(ring);
}

static void every_slot_has_an_owner(void **state)
{
	struct pool *p = pool_of(7, 64);
	uint16_t *ring = ring_from(p);

	(void)state;
	assert_int_equal(owned(ring, 64, 0), 0);
	free(ring);
}

static void order_of_insertion_does_not_matter(void **state)
{
	struct pool *p = pool_of(MANY, SLOTS);
	uint16_t *ring = ring_from(p), *turned;

	(void)state;
	for (size_t i = 0; i < MANY / 2; i++) {
		size_t j = MANY - 1 - i;
		struct sl_backend_conf b = p->backend[i];
		uint16_t id = p->id[i];

		p->backend[i] = p->backend[j];
		p->backend[j] = b;
		p->id[i] = p->id[j];
		p->id[j] = id;
	}
	turned = ring_from(p);
	assert_memory_equal(ring, turned, SLOTS * sizeof(*ring));
	free(ring);
	free(turned);
}

static void another_seed_is_another_ring(void **state)
{
	struct pool *p = pool_of(MANY, SLOTS);
	uint16_t *ring = ring_from(p), other[SLOTS];

	(void)state;
	assert_int_equal(build(p, "b seed", other), 0);
	assert_true(ring_moved(ring, other, SLOTS) > SLOTS / 2);
	free(ring);
}

static void removing_one_of_100_moves_few(void **state)
{
	struct pool *p = pool_of(MANY, SLOTS);
	uint16_t *before = ring_from(p), *after;
	uint32_t moved, least, lost = owned(before, SLOTS, p->id[40]);

	(void)state;
	p->backend[40].state = SL_BACKEND_DISABLED;
	after = ring_from(p);
	moved = ring_moved(before, after, SLOTS);
	least = ring_least(before, after, SLOTS);
	print_message("# 1 of 100 removed: %u of %u slots moved, %u had to\n",
		      moved, SLOTS, least);
	assert_int_equal(owned(after, SLOTS, p->id[40]), 0);
	assert_true(least >= lost && least <= lost + MANY);
	assert_true(moved >= least && moved < SLOTS * 4 / 100);
	free(before);
	free(after);
}

static void returning_takes_exactly_its_slots(void **state)
{
	struct pool *p = pool_of(MANY, SLOTS);
	uint16_t *before = ring_from(p), *after;

	(void)state;
	p->backend[3].state = SL_BACKEND_DRAIN;
	free(ring_from(p));
	p->backend[3].state = SL_BACKEND_UP;
	after = ring_from(p);
	assert_int_equal(ring_moved(before, after, SLOTS), 0);
	assert_int_equal(ring_least(before, after, SLOTS), 0);
	free(before);
	free(after);
}

static void weight_0_owns_nothing(void **state)
{
	struct pool *p = pool_of(3, 1024);
	uint16_t *ring;

	(void)state;
	p->backend[1].weight = 0;
	ring = ring_from(p);
	assert_int_equal(owned(ring, 1024, p->id[1]), 0);
	assert_int_equal(owned(ring, 1024, p->id[0]), 512);
	free(ring);
}

static void nobody_with_weight_is_an_empty_ring(void **state)
{
	struct pool *p = pool_of(2, 64);
	uint16_t *ring;

	(void)state;
	p->backend[0].weight = 0;
	p->backend[1].state = SL_BACKEND_DISABLED;
	ring = ring_from(p);
	assert_int_equal(owned(ring, 64, 0), 64);
	free(ring);
}

static void families_with_the_same_octets_differ(void **state)
{
	struct pool *p = pool_of(2, 1024);
	uint16_t *ring;

	(void)state;
	p->backend[1].addr = p->backend[0].addr;
	p->backend[1].addr.family = 6;
	ring = ring_from(p);
	assert_int_equal(owned(ring, 1024, p->id[0]), 512);
	assert_int_equal(owned(ring, 1024, p->id[1]), 512);
	free(ring);
}

static uint64_t even_skip(uint64_t hash, uint64_t size)
{
	(void)hash, (void)size;
	return 2;
}

static void a_skip_that_is_not_coprime_is_refused(void **state)
{
	struct ring_rule rule = ring_sluice("");
	const struct ring_member member = { "a", 1, 1, 1 };
	uint16_t ring[8];

	(void)state;
	rule.skip = even_skip;
	assert_int_equal(ring_build(&rule, &member, 1, ring, 8), -EINVAL);
	assert_int_equal(ring_build(&rule, &member, 1, ring, 0), -EINVAL);
}

static void largest_pool_is_built(void **state)
{
	struct pool *p = pool_of(4095, 1 << 16);
	struct timespec start, end;
	uint16_t *ring;

	(void)state;
	for (size_t i = 0; i < 4095; i++)
		p->backend[i].weight = 1 + (uint32_t)(i * 37 % 1000);
	clock_gettime(CLOCK_MONOTONIC, &start);
	ring = ring_from(p);
	clock_gettime(CLOCK_MONOTONIC, &end);
	print_message("# 4095 weighted backends, 65536 slots: %.1f ms\n",
		      (double)(end.tv_sec - start.tv_sec) * 1e3 +
			      (double)(end.tv_nsec - start.tv_nsec) / 1e6);
	assert_int_equal(owned(ring, 1 << 16, 0), 0);
	free(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(envoy_vector_of_7_slots),
		cmocka_unit_test(envoy_weighted_vector_of_17_slots),
		cmocka_unit_test(shares_follow_the_weights_within_2_percent),
		cmocka_unit_test(every_slot_has_an_owner),
		cmocka_unit_test(order_of_insertion_does_not_matter),
		cmocka_unit_test(another_seed_is_another_ring),
		cmocka_unit_test(removing_one_of_100_moves_few),
		cmocka_unit_test(returning_takes_exactly_its_slots),
		cmocka_unit_test(weight_0_owns_nothing),
		cmocka_unit_test(nobody_with_weight_is_an_empty_ring),
		cmocka_unit_test(families_with_the_same_octets_differ),
		cmocka_unit_test(a_skip_that_is_not_coprime_is_refused),
		cmocka_unit_test(largest_pool_is_built),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
