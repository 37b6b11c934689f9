/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two writers and a reader at one set of records, on two CPUs: no reader takes
 * what was said of another flow. Without the veil and any one step of the protocol
 * some do.
 *
 * Records pass at once, so writers take ways from each other all the time; all
 * have the same pool and hash, so that nothing but the protocol keeps them apart.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/flows.h"
#include "tests/unit/random.h"

enum { FLOWS = 24, WRITERS = 2, TURN = 1 << 16, PATIENCE = 10 };
static const uint64_t enough = 30 * 1000 * 1000;

struct way {
	bool has_veil;
	int (*write)(struct sl_records *, const struct flow *);
	uint32_t (*read)(struct sl_records *, const struct flow *);
};

static struct {
	struct sl_records set;
	const struct way *way;
	uint32_t now;
	bool stop;
	uint64_t operations, found, torn;
} race;

/* ---- the protocol, and what is not ------------------------------------------ */

static uint32_t read_right(struct sl_records *set, const struct flow *f)
{
	struct sl_record *at = NULL, was = record_find(set, f, OF_FLOW, &at);

	if (was.tag) {
		record_refresh(at, was, f);
		record_confirm(at, was.tag);
	}
	return SL_RECORD_BACKEND(was.is);
}

/* Does not look at the tag again. */
static uint32_t read_once(struct sl_records *set, const struct flow *f)
{
	uint32_t i = way_of_flow(set, f);

	return i < SL_RECORD_WAYS ? SL_RECORD_BACKEND(READ(set->way[i].is)) : 0;
}

/* A writer may be as slow as it likes. */
static void linger(const struct sl_record *r)
{
	for (int i = 0; i < 50; i++)
		READ(r->tag);
}

/* Shows the tag before what it stands for. */
static int write_tag_first(struct sl_records *set, const struct flow *f)
{
	struct sl_record *r = &set->way[f->tag >> 1 & (SL_RECORD_WAYS - 1)];

	WRITE(r->tag, f->tag);
	linger(r);
	WRITE(r->is, f->is);
	return 1;
}

/* Does not claim the way. */
static int write_unclaimed(struct sl_records *set, const struct flow *f)
{
	struct sl_record *r = &set->way[f->tag >> 1 & (SL_RECORD_WAYS - 1)];

	WRITE(r->is, f->is);
	linger(r);
	WRITE(r->tag, f->tag);
	return 1;
}

static const struct way protocol = { true, record_insert, read_right };
static const struct way unchecked = { false, record_insert, read_once };
static const struct way backwards = { false, write_tag_first, read_right };
static const struct way unclaimed = { false, write_unclaimed, read_right };

/* ---- the race ----------------------------------------------------------------- */

static uint64_t tag_of(uint64_t i)
{
	return (i + 1) * 0x9e3779b97f4a7c15 & ~1ull;
}

static uint32_t backend_of(uint64_t tag)
{
	return (uint32_t)(tag * 0x9e3779b97f4a7c15 >> 48 | 1);
}

/* One of the flows, now: what was recorded a moment ago has passed. */
static struct flow any_flow(struct rnd *r)
{
	uint32_t now = __atomic_load_n(&race.now, __ATOMIC_RELAXED);
	uint64_t tag = tag_of(rnd_below(r, FLOWS)), veil = race.way->has_veil ? SL_RECORD_VEIL(tag) : 0;

	return (struct flow){ .tag = tag, .lasts = 2, .longest = 2,
			      .is = SL_RECORD(0, 5, 77 << 10, now) ^ veil };
}

static void *writes(void *seed)
{
	struct rnd r = { (uintptr_t)seed };

	while (!__atomic_load_n(&race.stop, __ATOMIC_RELAXED)) {
		for (int i = 0; i < TURN; i++) {
			struct flow f = any_flow(&r);

			f.is |= backend_of(f.tag);
			race.way->write(&race.set, &f);
			if (i % 2)
				__atomic_fetch_add(&race.now, 30, __ATOMIC_RELAXED);
		}
		__atomic_fetch_add(&race.operations, TURN, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *reads(void *seed)
{
	struct rnd r = { (uintptr_t)seed };
	uint64_t found = 0;

	while (!__atomic_load_n(&race.stop, __ATOMIC_RELAXED)) {
		for (int i = 0; i < TURN; i++) {
			struct flow f = any_flow(&r);
			uint32_t backend = race.way->read(&race.set, &f);

			found += backend != 0;
			if (backend && backend != backend_of(f.tag))
				__atomic_fetch_add(&race.torn, 1, __ATOMIC_RELAXED);
		}
		__atomic_fetch_add(&race.operations, TURN, __ATOMIC_RELAXED);
	}
	race.found = found;
	return NULL;
}

static bool over(uint64_t most, bool until_torn)
{
	if (until_torn && __atomic_load_n(&race.torn, __ATOMIC_RELAXED))
		return true;
	return __atomic_load_n(&race.operations, __ATOMIC_RELAXED) >= most;
}

/* How many reads were torn in so many operations, or in fewer. */
static uint64_t torn_of(const struct way *way, uint64_t most, bool until_torn)
{
	pthread_t thread[WRITERS + 1];

	memset(&race, 0, sizeof(race));
	race.way = way;
	for (uintptr_t i = 0; i <= WRITERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, i < WRITERS ? writes : reads, (void *)(i + 1)), 0);
	while (!over(most, until_torn))
		sched_yield();
	__atomic_store_n(&race.stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i <= WRITERS; i++)
		pthread_join(thread[i], NULL);
	printf("# %llu torn of %llu found, in %llu operations\n",
	       (unsigned long long)race.torn, (unsigned long long)race.found,
	       (unsigned long long)race.operations);
	return race.torn;
}

static void two_cpus(void)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) || CPU_COUNT(&cpus) < 2) {
		printf("# SKIP: there is one CPU only\n");
		skip();
	}
}

static void nothing_is_torn(void **state)
{
	(void)state;
	two_cpus();
	assert_int_equal(torn_of(&protocol, enough, false), 0);
	assert_true(race.operations >= enough && race.found > enough / 1000);
}

static void a_reader_must_look_at_the_tag_again(void **state)
{
	(void)state;
	two_cpus();
	assert_true(torn_of(&unchecked, PATIENCE * enough, true) > 0);
}

static void a_writer_must_show_the_tag_last(void **state)
{
	(void)state;
	two_cpus();
	assert_true(torn_of(&backwards, PATIENCE * enough, true) > 0);
}

static void a_writer_must_claim_the_way(void **state)
{
	(void)state;
	two_cpus();
	assert_true(torn_of(&unclaimed, PATIENCE * enough, true) > 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_torn),
		cmocka_unit_test(a_reader_must_look_at_the_tag_again),
		cmocka_unit_test(a_writer_must_show_the_tag_last),
		cmocka_unit_test(a_writer_must_claim_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
