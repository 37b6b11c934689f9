// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who reads counters often: slots that stand are not read again, all others are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/pool_lab.h"

#define BOTH B(1) ", " B(2)

static struct sl_error x;

struct counted { uint64_t owns[2], stable, waiting, n; };

static struct counted read_by(struct sl_instance *inst, struct sl_survey *survey)
{
	struct counted is = { .n = 0 };
	struct sl_stats *stats;

	sl_survey_set(inst, survey);
	assert_int_equal(sl_stats_read(inst, -1, &stats, &x), 0);
	assert_int_equal(stats->n_pools, 1);
	is.n = stats->n_backends;
	for (size_t i = 0; i < is.n && i < 2; i++)
		is.owns[i] = stats->backends[i].slots;
	is.stable = stats->pools[0].stable;
	is.waiting = stats->pools[0].changing + stats->pools[0].settling;
	sl_stats_free(stats);
	return is;
}

/* As it is without a survey, every time. */
static struct counted same(struct sl_instance *inst, struct sl_survey *survey)
{
	struct counted afresh = read_by(inst, NULL), is;

	for (int i = 0; i < 3; i++) {
		is = read_by(inst, survey);
		assert_memory_equal(&is, &afresh, sizeof(is));
	}
	return is;
}

static void slots_that_stand_are_not_read_again(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, BOTH));
	struct sl_survey *survey = sl_survey_new();
	struct counted was, is;
	uint32_t *slot;

	(void)state;
	was = same(inst, survey);
	assert_int_equal(was.owns[0] + was.owns[1], SLOTS);
	slot = slots(inst);
	*slot ^= SL_SLOT(id_of(inst, 1) ^ id_of(inst, 2), id_of(inst, 1) ^ id_of(inst, 2));
	is = read_by(inst, survey);
	assert_memory_equal(&is, &was, sizeof(is));
	is = read_by(inst, NULL);
	assert_int_not_equal(is.owns[0], was.owns[0]);
	sl_survey_free(survey);
	sl_close(inst);
}

static void slots_that_wait_are(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, BOTH));
	struct sl_survey *survey = sl_survey_new();
	struct counted was = same(inst, survey), is;
	uint32_t *slot = slots(inst), n = 0;

	(void)state;
	apply(inst, WEB("1024", TIMES, B(1) ", " WITH(2, "weight: 0")));
	is = same(inst, survey);
	assert_int_equal(is.waiting, was.owns[1]);
	assert_int_equal(is.owns[0], SLOTS);
	slot = slots(inst);
	while (slot_state(slot[n]) != SLOT_CHANGING)
		n++;
	slot[n] = SL_SLOT(slot_current(slot[n]), slot_current(slot[n]));
	is = same(inst, survey);
	assert_int_equal(is.waiting, was.owns[1] - 1);
	sl_survey_free(survey);
	sl_close(inst);
}

static void whatever_changes_is_seen(void **state)
{
	static const char *const steps[] = {
		WEB("1024", TIMES, BOTH),
		WEB("1024", TIMES, BOTH ", " B(3)),
		WEB("1024", TIMES, BOTH),
		WEB("1024", ", tracking: off" TIMES, BOTH),
		WEB("4096", ", tracking: off" TIMES, BOTH),
		WEB("4096", ", tracking: off" TIMES, WITH(1, "weight: 300") ", " B(2)),
		WEB("4096", ", tracking: off" TIMES, WITH(1, "state: disabled") ", " WITH(2, "state: disabled")),
		WEB("4096", TIMES, B(4) ", " B(2)),
	};
	struct sl_instance *inst = applied(*steps);
	struct sl_survey *survey = sl_survey_new();

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		apply(inst, steps[i]);
		same(inst, survey);
		let_time_pass(inst, UNIT);
		settled(inst);
		same(inst, survey);
	}
	sl_survey_free(survey);
	sl_close(inst);
}

static void a_ring_that_is_being_written_is_not_kept(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, BOTH));
	struct sl_survey *survey = sl_survey_new();
	uint32_t *slot = slots(inst), *whole = copy(inst);
	struct counted is;

	(void)state;
	memset(slot, 0, SLOTS * sizeof(*slot));
	is = read_by(inst, survey);
	assert_int_equal(is.owns[0] + is.owns[1], 0);
	memcpy(slot, whole, SLOTS * sizeof(*slot));
	is = same(inst, survey);
	assert_int_equal(is.owns[0] + is.owns[1], SLOTS);
	free(whole);
	sl_survey_free(survey);
	sl_close(inst);
}

/* How many maps this process has in its memory. */
static unsigned mapped(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, "bpf-map") != NULL;
	fclose(f);
	return n;
}

static void who_need_not_read_them_does_not_map_them(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, BOTH));
	struct sl_survey *survey = sl_survey_new();
	unsigned before;

	(void)state;
	sl_close(inst);
	inst = opened(SL_OPEN_READ);
	before = mapped();
	read_by(inst, survey);
	assert_int_equal(mapped(), before + 1);
	sl_close(inst);
	inst = opened(SL_OPEN_READ);
	read_by(inst, survey);
	assert_int_equal(mapped(), before);
	sl_survey_free(survey);
	sl_close(inst);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(slots_that_stand_are_not_read_again),
		TEST(slots_that_wait_are),
		TEST(whatever_changes_is_seen),
		TEST(who_need_not_read_them_does_not_map_them),
		TEST(a_ring_that_is_being_written_is_not_kept),
	};

	return RUN_IN_LAB("survey", tests);
}
