/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A way that is another flow's and this one's again between a reader's two looks at
 * its tag: each load of the reader is a place where writers may come in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/types.h>

static void happens(const volatile void *at);

#define READ(x) (happens(&(x)), *(const volatile __typeof__(x) *)&(x))
#include "bpf/flows.h"

enum { LASTS = 500, LOADS = 11 };	/* of a reader: the tag of eight ways at most, then three */

static _Alignas(16) struct sl_records set;
static struct { int loads, first, second; bool writes; } race;

static struct flow flow_at(uint64_t i, uint32_t now)
{
	uint64_t tag = (i + 1) * 0x9e3779b97f4a7c15 & ~1ull;

	return (struct flow){ .tag = tag, .lasts = LASTS, .longest = LASTS,
			      .is = SL_RECORD(0, 5, 77 << 10, now) ^ SL_RECORD_VEIL(tag) };
}

/* Whatever was there has passed. */
static void record(uint64_t i, uint32_t backend, uint32_t now)
{
	struct flow f = flow_at(i, now);

	f.is |= backend;
	race.writes = true;
	for (int w = 0; w < SL_RECORD_WAYS; w++)
		set.way[w].is = set.way[w].is << 16 >> 16;
	assert_true(record_insert(&set, &f));
	race.writes = false;
}

static void happens(const volatile void *at)
{
	(void)at;
	if (race.writes)
		return;
	race.loads++;
	if (race.loads == race.first)
		record(2, 43, 10000);
	if (race.loads == race.second)
		record(1, 42, 10000);
}

/* In the one way that can be taken; the others' owners stay away. */
static void no_load_tells_of_another_flow(void **state)
{
	struct flow f = flow_at(1, 10000);
	struct sl_record *at = NULL;
	uint32_t backend;
	int found = 0;

	(void)state;
	for (int first = 1; first <= LOADS; first++)
		for (int second = first; second <= LOADS; second++) {
			memset(&race, 0, sizeof(race));
			for (int w = 0; w < SL_RECORD_WAYS; w++)
				set.way[w].tag = w ? SL_RECORD_BUSY : 0;
			record(1, 42, 9990);
			race.first = first;
			race.second = second;
			backend = SL_RECORD_BACKEND(record_find(&set, &f, OF_FLOW, &at).is);
			assert_true(!backend || backend == 42);
			found += backend == 42;
		}
	assert_true(found > 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_load_tells_of_another_flow),
	};

	return cmocka_run_group_tests_name("flows, twice", tests, NULL, NULL);
}
