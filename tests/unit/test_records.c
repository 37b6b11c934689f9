/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of records as the control side changes it, beside packets: their part
 * is what the program itself does, on the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/flows.h"
#include "user/lib/records.h"
#include "user/lib/ticks.h"

enum { LASTS = 500, HASH = 0x12345400, POOL = 7, OLD = 2, NEW = 8, OTHERS = 50 };

static _Alignas(16) struct sl_records old[OLD], new[NEW];
static struct sl_pool pools[SL_POOLS_MAX];
static struct maps from, to;
static uint32_t now;
static uint64_t home;	/* the set that flows are of */

static struct map table(void *memory, size_t size, size_t stride)
{
	return (struct map){ .fd = -1, .memory = memory, .value_size = (uint32_t)size, .stride = stride };
}

static int empty(void **state)
{
	(void)state;
	memset(old, 0, sizeof(old));
	memset(new, 0, sizeof(new));
	maps_init(&from);
	maps_init(&to);
	from.map[MAP_RECORDS] = table(old, sizeof(old), sizeof(old));
	to.map[MAP_RECORDS] = table(new, sizeof(new), sizeof(new));
	to.map[MAP_POOLS] = table(pools, sizeof(pools), sizeof(*pools));
	pools[POOL].lasts = pools[POOL].longest = LASTS;
	now = ticks_now();
	home = 0;
	return 0;
}

/* All are of one set. */
static struct flow flow_at(uint64_t i, uint32_t when)
{
	uint64_t tag = (i + 1) << 40 | home << 1;

	return (struct flow){ .tag = tag, .lasts = LASTS, .longest = LASTS,
			      .is = SL_RECORD(0, POOL, HASH, when) ^ SL_RECORD_VEIL(tag) };
}

static int insert(struct sl_records *set, uint64_t i, uint32_t backend, uint32_t when)
{
	struct flow f = flow_at(i, when);

	f.is |= backend;
	return record_insert(set, &f);
}

/* Its record, after that packet; backend 0: it has none. */
static struct sl_record packet(struct sl_records *set, uint64_t i, uint32_t when, int confirms)
{
	struct flow f = flow_at(i, when);
	struct sl_record *at = NULL, was = record_find(set, &f, OF_FLOW, &at);

	if (was.tag)
		record_refresh(at, was, &f);
	if (was.tag && confirms)
		record_confirm(at, was.tag);
	return was.tag ? *at : was;
}

static uint32_t look(struct sl_records *set, uint64_t i, uint32_t when)
{
	struct sl_record *at = NULL;
	struct flow f = flow_at(i, when);

	return SL_RECORD_BACKEND(record_find(set, &f, OF_FLOW, &at).is);
}

static void confirmed(struct sl_records *set, uint64_t i, uint32_t when)
{
	assert_true(insert(set, i, (uint32_t)i + 1, when));
	packet(set, i, when, 1);
}

/* ---- a table that takes nobody new --------------------------------------------- */

enum { DEAD, TIRED, YOUNG, SLOW, LAST, SURE };	/* two ways are free */

/* In the order of time: to who comes earlier than they, the others look old. */
static void some_of_each_kind(struct sl_records *set)
{
	confirmed(set, LAST, now - LASTS + 1);
	confirmed(set, SURE, now - LASTS / 2);
	assert_true(insert(set, DEAD, DEAD + 1, now - SL_RECORD_UNCONFIRMED));
	assert_true(insert(set, TIRED, TIRED + 1, now - SL_RECORD_UNCONFIRMED + 1));
	assert_true(insert(set, SLOW, SLOW + 1, now - SL_RECORD_HANDSHAKE - 1));
	assert_true(insert(set, YOUNG, YOUNG + 1, now));
}

static void a_closed_table_keeps_its_records_and_takes_no_other(void **state)
{
	(void)state;
	some_of_each_kind(old);
	records_close(&from, &to, now);
	for (uint32_t when = now; when <= now + SL_RECORD_HANDSHAKE; when++)
		for (uint64_t i = 0; i < OTHERS; i++) {
			uint32_t known = i > DEAD && i <= SURE;

			if (!known)
				assert_false(insert(old, i, 99, when));
			assert_int_equal(look(old, i, when), known * (i + 1));
		}
	assert_true(packet(old, SLOW, now + 1, 1).tag & 1);
}

static void an_open_one_has_its_room_back(void **state)
{
	(void)state;
	some_of_each_kind(old);
	records_close(&from, &to, now);
	records_open(&from);
	assert_true(insert(old, 90, 9, now) && insert(old, 91, 9, now) && insert(old, 92, 9, now));
	assert_false(insert(old, 93, 9, now));
	for (uint64_t i = TIRED; i <= SURE; i++)
		assert_int_equal(look(old, i, now), i + 1);
}

/* ---- a larger table -------------------------------------------------------------- */

static void what_lives_is_in_the_set_where_it_is_looked_for(void **state)
{
	(void)state;
	home = 5;
	some_of_each_kind(&old[1]);
	records_merge(&to, &from);
	for (uint64_t set = 0; set < NEW; set++)
		for (uint64_t i = DEAD; i <= SURE; i++)
			assert_int_equal(look(&new[set], i, now), i > DEAD && set == home ? i + 1 : 0);
}

static void what_packets_told_meanwhile_is_told_there(void **state)
{
	(void)state;
	insert(old, 1, 2, now - 5);
	confirmed(old, 2, now - 5);
	insert(old, 3, 4, now - 5);
	records_merge(&to, &from);
	packet(old, 1, now - 3, 1);		/* refreshed and confirmed here */
	packet(old, 2, now - 4, 1);
	packet(new, 2, now - 2, 1);		/* there even later */
	packet(new, 3, now - 1, 1);
	records_merge(&to, &from);
	assert_true(packet(new, 1, now - 3, 0).tag & 1);
	assert_int_equal(look(new, 1, now - 3 + LASTS - 1), 2);
	assert_int_equal(look(new, 2, now - 2 + LASTS - 1), 3);
	assert_int_equal(look(new, 3, now - 1 + LASTS - 1), 4);
}

static void a_flow_that_was_recorded_anew_stays_so(void **state)
{
	(void)state;
	confirmed(old, 1, now - 5);
	insert(new, 1, 42, now - 9);
	records_merge(&to, &from);
	assert_int_equal(look(new, 1, now), 42);
}

/* A full set becomes as many as there are, each with some of its records. */
static void a_larger_table_has_room_at_once(void **state)
{
	(void)state;
	for (home = 0; home < NEW; home++)
		confirmed(&old[home % OLD], home, now);
	for (home = 0; home < NEW; home++)
		confirmed(&old[home % OLD], home + NEW, now);
	assert_false(insert(old, 90, 9, now));
	records_merge(&to, &from);
	for (home = 0; home < NEW; home++) {
		assert_int_equal(look(&new[home], home, now), home + 1);
		assert_int_equal(look(&new[home], home + NEW, now), home + NEW + 1);
		for (uint64_t i = 90; i < 90 + SL_RECORD_WAYS - 2; i++)
			assert_true(insert(&new[home], i, 9, now));
		assert_false(insert(&new[home], 99, 9, now));
	}
}

/* What a packet could take there, no more. */
static void it_takes_the_way_of_none_that_must_stay(void **state)
{
	(void)state;
	for (uint64_t i = 10; i < 10 + SL_RECORD_WAYS - 1; i++)
		confirmed(new, i, now);
	insert(new, 20, 9, now - SL_RECORD_HANDSHAKE);
	confirmed(old, 1, now);
	records_merge(&to, &from);
	assert_int_equal(look(new, 1, now), 0);
	new->way[SL_RECORD_WAYS - 1].is -= 1ull << 48;	/* it had its handshake's time */
	records_merge(&to, &from);
	assert_int_equal(look(new, 1, now), 2);
	assert_int_equal(look(new, 20, now), 0);
	for (uint64_t i = 10; i < 10 + SL_RECORD_WAYS - 1; i++)
		assert_int_equal(look(new, i, now), i + 1);
}

/* ---- what goes --------------------------------------------------------------------- */

static bool renews(void *arg, struct sl_record r)
{
	bool *has = arg, was_old = sl_record_age(r.is, now) > LASTS;

	if (!*has && was_old)		/* its flow comes again, just now */
		assert_true(insert(new, 1, 42, now));
	*has = true;
	return was_old;
}

static void a_record_that_is_renewed_under_our_eyes_stays(void **state)
{
	bool has = false;

	(void)state;
	insert(new, 1, 2, now - LASTS - 1);
	records_sweep(&to, renews, &has);
	assert_true(has);
	assert_int_equal(look(new, 1, now), 42);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_closed_table_keeps_its_records_and_takes_no_other, empty),
		cmocka_unit_test_setup(an_open_one_has_its_room_back, empty),
		cmocka_unit_test_setup(what_lives_is_in_the_set_where_it_is_looked_for, empty),
		cmocka_unit_test_setup(what_packets_told_meanwhile_is_told_there, empty),
		cmocka_unit_test_setup(a_flow_that_was_recorded_anew_stays_so, empty),
		cmocka_unit_test_setup(a_larger_table_has_room_at_once, empty),
		cmocka_unit_test_setup(it_takes_the_way_of_none_that_must_stay, empty),
		cmocka_unit_test_setup(a_record_that_is_renewed_under_our_eyes_stays, empty),
	};

	return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
