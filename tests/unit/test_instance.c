/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Instances against the real kernel: applying, and applying again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/lab.h"
#include "user/lib/program.h"

static struct sl_error x;

static void an_absent_instance_is_not_there(void **state)
{
	struct sl_instance *inst = NULL;

	(void)state;
	assert_int_equal(sl_open(&inst, NAME, SL_OPEN_READ, &x), -ENOENT);
	assert_int_equal(sl_open(&inst, NAME, SL_OPEN_CHANGE, &x), -ENOENT);
	assert_null(inst);
}

static void a_new_instance_runs_nothing(void **state)
{
	struct sl_instance *inst = opened(SL_OPEN_CREATE);
	struct sl_status *status = NULL;

	(void)state;
	assert_int_equal(sl_running_digest(inst), 0);
	assert_int_equal(sl_status_read(inst, &status, &x), 0);
	assert_int_equal(status->prog_id, 0);
	assert_true(status->map_bytes < 32 << 20);
	sl_status_free(status);
	sl_close(inst);
}

static uint32_t prog_id(struct sl_instance *inst)
{
	struct sl_status *status = NULL;
	uint32_t id;

	assert_int_equal(sl_status_read(inst, &status, &x), 0);
	id = status->prog_id;
	sl_status_free(status);
	return id;
}

static void the_same_again_keeps_the_program(void **state)
{
	struct sl_instance *inst = applied(balance);
	uint32_t id = prog_id(inst);

	(void)state;
	assert_true(id != 0);
	sl_close(inst);
	inst = applied(balance);
	assert_int_equal(prog_id(inst), id);
	sl_close(inst);
}

static void purging_leaves_nothing(void **state)
{
	(void)state;
	sl_close(applied(filter));
	purge(NULL);
	assert_int_equal(access(PINS, F_OK), -1);
	assert_int_equal(access(lab_run, F_OK), -1);
}

static void what_cannot_be_opened_is_purged(void **state)
{
	struct sl_instance *inst = applied(filter);
	char counts[80];

	(void)state;
	registry(inst)->abi++;
	sl_close(inst);
	snprintf(counts, sizeof(counts), "%s/maps/counts", PINS);
	assert_int_equal(unlink(counts), 0); /* it had other maps */
	assert_int_equal(sl_open(&inst, NAME, SL_OPEN_CHANGE, &x), -EINVAL);
	assert_non_null(strstr(x.text, "another version"));
	inst = opened(SL_OPEN_REMOVE);
	assert_int_equal(sl_purge(inst, &x), 0);
	sl_close(inst);
	assert_int_equal(access(PINS, F_OK), -1);
}

static void features_come_and_go(void **state)
{
	(void)state;
	sl_close(applied(filter));
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_PASS);
	assert_int_equal(verdict("198.51.100.1", "192.0.2.80"), XDP_DROP);
	sl_close(applied(balance));
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_TX);
	assert_int_equal(verdict("198.51.100.1", "192.0.2.80"), XDP_DROP);
	sl_close(applied(HEAD));
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_PASS);
	assert_int_equal(verdict("198.51.100.1", "192.0.2.80"), XDP_PASS);
}

static void backends_keep_their_slots_when_others_go(void **state)
{
	struct sl_instance *inst = applied(balance);
	struct sl_config *conf = parse(other);
	struct sl_stats *stats = NULL;
	struct sl_plan *plan = NULL;

	(void)state;
	assert_int_equal(sl_plan_make(inst, conf, &plan, &x), 0);
	assert_int_equal(plan->n_pools, 1);
	assert_int_equal(plan->pools[0].slots, 2048);
	assert_true(plan->pools[0].moved >= plan->pools[0].least);
	sl_plan_free(plan);
	conf_free(conf);
	sl_close(inst);
	inst = applied(other);
	assert_int_equal(sl_stats_read(inst, -1, &stats, &x), 0);
	assert_int_equal(stats->n_backends, 3);	/* one was removed, and keeps its flows */
	assert_int_equal(stats->backends[0].slots, 0);
	assert_int_equal(stats->backends[1].slots + stats->backends[2].slots, 2048);
	sl_stats_free(stats);
	sl_close(inst);
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_TX);
}

/* Names for 250 rules, all others for the next 250: counters change hands. */
static char *many_rules(const char *stem)
{
	char *text = malloc(65536);
	int n = sprintf(text, HEAD "filter:\n  rules:\n");

	for (int i = 0; i < 250; i++)
		n += sprintf(text + n, "    - {name: %s%d, from: 10.0.%d.0/24, action: drop}\n", stem, i, i);
	return text;
}

static void all_rules_may_get_other_names(void **state)
{
	char *one = many_rules("a"), *two = many_rules("b");
	struct sl_stats *stats = NULL;
	struct sl_instance *inst;

	(void)state;
	sl_close(applied(one));
	inst = applied(two);
	assert_int_equal(sl_stats_read(inst, -1, &stats, &x), 0);
	assert_int_equal(stats->n_rules, 250);
	assert_string_equal(stats->rules[249].name, "b249");
	sl_stats_free(stats);
	sl_close(inst);
	free(one);
	free(two);
}

/* 40 sets of 64; each of them is another. */
static struct sl_config *many_sets(char letter)
{
	char text[2048] = HEAD "sets: {";
	size_t used = strlen(text);

	for (int i = 0; i < 40; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%c%d: {}, ", letter, i);
	snprintf(text + used, sizeof(text) - used, "}\n");
	return parse(text);
}

static void no_room_beside_what_runs_is_no_fault_of_the_file(void **state)
{
	struct sl_config *old = many_sets('a'), *new = many_sets('b');
	struct sl_instance *inst = opened(SL_OPEN_CREATE);
	struct sl_plan *plan = NULL;

	(void)state;
	assert_int_equal(sl_apply(inst, old, 1, &x), 0);
	assert_int_equal(sl_apply(inst, new, 2, &x), -ENOSPC);
	assert_non_null(strstr(x.text, "set b24: no room beside what runs: at most 64"));
	assert_int_equal(sl_plan_make(inst, old, &plan, &x), 0);
	assert_true(sl_plan_empty(plan));
	sl_plan_free(plan);
	conf_free(old);
	conf_free(new);
	sl_close(inst);
}

/* Masks that promise more than the maps have. */
static void a_refused_program_says_what_the_verifier_said(void **state)
{
	struct map_sizes least = maps_least();
	struct maps m;
	struct sl_knobs knobs;

	(void)state;
	if (maps_make(&m, NULL, &least, &x))
		fail_msg("%s", x.text);
	knobs = maps_sizes(&m).knobs;
	knobs.features = SL_F_BALANCE | SL_F_CLASS4 | SL_F_OUTER4;
	knobs.slot_mask = 0xffffff;
	assert_true(program_load(&m, &knobs, &x) < 0);
	assert_non_null(strstr(x.text, "program: the kernel refuses it: Permission denied: "));
	assert_non_null(strstr(x.text, "invalid access to map value"));
	assert_null(strchr(x.text, '\n'));
	maps_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_absent_instance_is_not_there),
		TEST(a_new_instance_runs_nothing),
		TEST(the_same_again_keeps_the_program),
		TEST(purging_leaves_nothing),
		TEST(what_cannot_be_opened_is_purged),
		TEST(features_come_and_go),
		TEST(backends_keep_their_slots_when_others_go),
		TEST(all_rules_may_get_other_names),
		TEST(no_room_beside_what_runs_is_no_fault_of_the_file),
		TEST(a_refused_program_says_what_the_verifier_said),
	};

	return RUN_IN_LAB("instance", tests);
}
