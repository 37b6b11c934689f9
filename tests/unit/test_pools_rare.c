/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What seldom meets in a pool: a kill and a larger ring, old regions, old records. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/pool_lab.h"
#include "user/lib/bank.h"
#include "user/lib/registry.h"
#include "user/lib/ticks.h"

static struct sl_error x;

/* ---- a larger ring -------------------------------------------------------- */

/* Killed after the turn: packets read the larger ring, the registry says the old one. */
static struct sl_instance *grown_and_killed(void)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1) ", " B(2) ", " B(3)));
	struct sl_registry_pool *moving, before = *web(inst);

	apply(inst, WEB("4096", TIMES, B(1) ", " B(2) ", " B(3)));
	moving = &registry(inst)->pool[1];
	*moving = *web(inst);
	moving->name[0] = (char)(moving->name[0] | POOL_MOVING);
	web(inst)->slot_base = before.slot_base;
	web(inst)->slots = before.slots;
	registry(inst)->settled--;
	return inst;
}

static void a_ring_whose_growth_was_killed_still_settles(void **state)
{
	struct sl_instance *inst = grown_and_killed();
	uint32_t changing;

	(void)state;
	apply(inst, WEB("4096", TIMES, B(1) ", " B(2) ", " B(3)));
	changing = counted(inst).of[SLOT_CHANGING];
	assert_true(changing > SLOTS);
	assert_int_not_equal(web(inst)->since, 0);
	assert_int_equal(settled(inst).waiting, changing);
	let_time_pass(inst, UNIT);
	assert_int_equal(settled(inst).waiting, 0);
	sl_close(inst);
}

static void it_keeps_the_ids_that_its_slots_name(void **state)
{
	struct sl_instance *inst = grown_and_killed();
	struct sl_settled done;

	(void)state;
	registry(inst)->backend[id_of(inst, 3)].standing = SL_STANDS_REMOVED;
	assert_int_equal(sl_pool_settle(inst, NULL, &done, &x), 0);
	assert_int_equal(web(inst)->slots, 4 * SLOTS);
	assert_int_equal(done.freed, 0);
	assert_true(names(inst, id_of(inst, 3)));
	sl_close(inst);
}

/* Killed before the turn to a smaller ring, in the first region that there is. */
static void a_region_that_nobody_reads_yet_is_not_taken(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1) ", " B(2)));
	struct sl_registry_pool *moving;
	struct sl_settled done;

	(void)state;
	assert_int_equal(web(inst)->slot_base, 0);
	apply(inst, WEB("4096", TIMES, B(1) ", " B(2)));
	assert_int_not_equal(web(inst)->slot_base, 0);
	moving = &registry(inst)->pool[1];
	*moving = *web(inst);
	moving->name[0] = (char)(moving->name[0] | POOL_MOVING);
	moving->slot_base = 0;
	moving->slots = SLOTS;
	assert_int_equal(sl_pool_settle(inst, NULL, &done, &x), 0);
	assert_int_equal(web(inst)->slots, 4 * SLOTS);
	assert_int_not_equal(web(inst)->slot_base, 0);
	assert_int_equal(moving->name[0], 0);
	sl_close(inst);
}

/* Killed before the links had the program with the larger tables. */
static void nothing_settles_by_tables_that_packets_do_not_write(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1) ", " B(2)));
	uint32_t changing;

	(void)state;
	apply(inst, WEB("1024", TIMES, B(1) ", " B(3)));
	changing = counted(inst).of[SLOT_CHANGING];
	let_time_pass(inst, UNIT);
	inst->repair = true;
	assert_int_equal(settled(inst).settling, 0);
	assert_int_equal(counted(inst).of[SLOT_CHANGING], changing);
	inst->repair = false;
	assert_int_equal(settled(inst).settling, changing);
	sl_close(inst);
}

/* The region that it grows into has the words of the first time. */
static void a_ring_that_grows_again_begins_its_clocks_anew(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1) ", " B(2) ", " B(3)));
	uint32_t *first, *again;

	(void)state;
	apply(inst, WEB("4096", TIMES, B(1) ", " B(2) ", " B(3)));
	first = copy(inst);
	apply(inst, WEB("1024", TIMES, B(1) ", " B(2) ", " B(3)));
	let_time_pass(inst, UNIT);
	assert_int_equal(settled(inst).waiting, 0);
	apply(inst, WEB("4096", TIMES, B(1) ", " B(2) ", " B(3)));
	again = copy(inst);
	assert_memory_equal(first, again, 4 * SLOTS * sizeof(*first));
	assert_int_not_equal(web(inst)->since, 0);
	assert_true(counted(inst).of[SLOT_CHANGING] > SLOTS);
	assert_int_equal(settled(inst).settling, 0);
	let_time_pass(inst, UNIT);
	assert_int_equal(settled(inst).waiting, 0);
	free(first);
	free(again);
	sl_close(inst);
}

/* As when a growth is rolled back: new flows have records by then. */
static void a_smaller_ring_asks_for_the_records_of_the_larger_one(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1) ", " B(2) ", " B(3)));
	unsigned stable = 0;
	uint32_t *larger;

	(void)state;
	apply(inst, WEB("2048", TIMES, B(1) ", " B(2) ", " B(3)));
	larger = copy(inst);
	apply(inst, WEB("1024", TIMES, B(1) ", " B(2) ", " B(3)));
	for (uint32_t i = 0; i < SLOTS; i++) {
		bool rests = slot_state(larger[2 * i]) == SLOT_STABLE && slot_state(larger[2 * i + 1]) == SLOT_STABLE;

		assert_int_equal(slot_state(slots(inst)[i]), rests ? SLOT_STABLE : SLOT_SETTLING);
		stable += rests;
	}
	assert_in_range(stable, 1, SLOTS / 2);
	free(larger);
	sl_close(inst);
}

/* ---- what packets write -------------------------------------------------- */

static void a_larger_table_keeps_the_later_times(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1)));
	struct map_sizes want = maps_sizes(&inst->maps);
	uint32_t *old = map_at(&inst->maps, MAP_FOLLOWED, 0), *larger = NULL;
	struct maps m;

	(void)state;
	want.knobs.backend_mask = 2 * want.knobs.backend_mask + 1;
	assert_int_equal(maps_make(&m, &inst->maps, &want, &x), 0);
	larger = map_at(&m, MAP_FOLLOWED, 0);
	old[1] = 1000;
	larger[1] = 2000;
	old[2] = 2000;
	larger[2] = 1000;
	bank_follow(&m, &inst->maps);
	assert_int_equal(larger[1], 2000);
	assert_int_equal(larger[2], 2000);
	maps_close(&m);
	sl_close(inst);
}

static void records_end_with_tracking(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1) ", " B(2)));
	struct sl_record *r = record(inst, 5, id_of(inst, 1), 0);

	(void)state;
	apply(inst, WEB("1024", TIMES, B(1) ", " B(2) ", " B(3)));
	assert_int_not_equal(r->tag, 0);	/* in the same table */
	apply(inst, WEB("1024", TIMES ", tracking: off", B(1) ", " B(2) ", " B(3)));
	assert_int_equal(r->tag, 0);
	sl_close(inst);
}

/* ---- a backend that comes back ------------------------------------------- */

static void a_backend_that_comes_back_is_reached_as_the_pool_says(void **state)
{
	static const char without[] = WEB("1024", ", encap: gue", B(1)), with[] = WEB("1024", ", encap: gue", B(1) ", " B(2));
	struct sl_instance *inst = applied(WEB("1024", "", B(1) ", " B(2)));
	struct sl_config *was = parse(without);
	uint16_t id = id_of(inst, 2);

	(void)state;
	apply(inst, without);
	assert_int_equal(entry_of(inst, 2)->standing, SL_STANDS_REMOVED);
	sl_config_set(inst, was);
	apply_by(inst, with, sl_pools_apply);
	assert_int_equal(id_of(inst, 2), id);
	assert_true(((struct sl_backend *)map_at(&inst->maps, MAP_BACKENDS, active(inst)))[id].flags & SL_BACKEND_GUE);
	conf_free(was);
	sl_close(inst);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_ring_whose_growth_was_killed_still_settles),
		TEST(it_keeps_the_ids_that_its_slots_name),
		TEST(a_region_that_nobody_reads_yet_is_not_taken),
		TEST(nothing_settles_by_tables_that_packets_do_not_write),
		TEST(a_ring_that_grows_again_begins_its_clocks_anew),
		TEST(a_smaller_ring_asks_for_the_records_of_the_larger_one),
		TEST(a_larger_table_keeps_the_later_times),
		TEST(records_end_with_tracking),
		TEST(a_backend_that_comes_back_is_reached_as_the_pool_says),
	};

	return RUN_IN_LAB("pools, rarely", tests);
}
