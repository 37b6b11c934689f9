/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What waits for time to pass is told without opening the instance; old records go. */
#include <errno.h>
#include <string.h>

#include "tests/unit/pool_lab.h"
#include "user/lib/due.h"
#include "user/lib/ticks.h"

static struct sl_error x;

static struct sl_clock looked(void)
{
	struct sl_clock c = { 7, 7 };

	if (sl_clock_look(NAME, &c, &x))
		fail_msg("%s", x.text);
	return c;
}

static void nothing_is_due_where_nothing_waits(void **state)
{
	struct sl_instance *inst = applied(balance);
	struct sl_clock c = looked();

	(void)state;
	assert_true(c.expires == SL_NEVER);
	assert_true(c.settles == SL_NEVER);
	sl_close(inst);
}

static void an_instance_that_is_none_is_told(void **state)
{
	struct sl_clock c = { 7, 7 };

	(void)state;
	assert_int_equal(sl_clock_look("nobody.at.all", &c, &x), -ENOENT);
	assert_int_equal(c.expires, 7);
}

static void the_element_that_ends_first_is_told(void **state)
{
	struct sl_instance *inst = applied(filter);
	struct sl_config *conf = parse(filter);
	struct sl_prefix p[2] = { prefix("203.0.113.1"), prefix("203.0.113.2") };
	struct sl_expired done;
	struct due due;
	size_t changed;

	(void)state;
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_add(inst, "bans", &p[0], 1, 3600000, &changed, &x), 0);
	assert_in_range(looked().expires, 3500000, 3600000);
	assert_int_equal(sl_set_add(inst, "bans", &p[1], 1, 1, &changed, &x), 0);
	while (looked().expires)
		;
	assert_int_equal(sl_sets_expire(inst, 10, &done, &x), 0);
	assert_in_range(looked().expires, 3500000, 3600000);
	assert_int_equal(due_open(inst, &due, &x), 0);
	due_begin(&due);	/* killed there */
	assert_int_equal(looked().expires, 0);
	sl_close(inst);
	conf_free(conf);
}

/* After 60 s of a pool that settles in 60 min it is not looked at each second. */
static void slots_that_wait_are_looked_at_now_and_then(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1) ", " B(2)));

	(void)state;
	apply(inst, WEB("1024", TIMES, B(1) ", " B(3)));
	assert_true(web(inst)->since);
	registry(inst)->settled = ticks_now() - ticks_from_ms(20000);
	assert_int_equal(looked().settles, 0);
	settled(inst);
	assert_in_range(looked().settles, 1, 15000);
	let_time_pass(inst, 2 * UNIT);
	settled(inst);
	assert_true(looked().settles == SL_NEVER);
	sl_close(inst);
}

/* A table of many sets is read piece by piece. */
static void records_that_are_too_old_go_and_young_ones_stay(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1) ", " B(2)));
	uint16_t id = id_of(inst, 1);
	struct sl_record *young = record(inst, 3, id, 5), *old = record(inst, 4, id, 20000);
	struct sl_record *last = &((struct sl_records *)map_at(&inst->maps, MAP_RECORDS, 0))
		[inst->maps.map[MAP_RECORDS].stride / sizeof(struct sl_records) - 1].way[7];
	struct sl_record *fragment = &((struct sl_records *)map_at(&inst->maps, MAP_FRAGMENTS, 0))[5].way[0];
	uint32_t from = 0;
	int steps = 0;

	(void)state;
	*last = *old;
	last->tag += 2;
	*fragment = (struct sl_record){ 4, old->is };
	do {
		assert_int_equal(sl_records_age(inst, &from, 0, &x), 0);
		steps++;
	} while (from);
	assert_true(steps > 1);
	assert_int_not_equal(young->tag, 0);
	assert_int_equal(old->tag, 0);
	assert_int_equal(last->tag, 0);
	assert_int_equal(fragment->tag, 0);
	sl_close(inst);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_due_where_nothing_waits),
		TEST(an_instance_that_is_none_is_told),
		TEST(the_element_that_ends_first_is_told),
		TEST(slots_that_wait_are_looked_at_now_and_then),
		TEST(records_that_are_too_old_go_and_young_ones_stay),
	};

	return RUN_IN_LAB("clock", tests);
}
