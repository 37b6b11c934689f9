/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pools that change, against the real kernel: slots, records, ids, and time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/pool_lab.h"
#include "user/lib/pools.h"
#include "user/lib/records.h"
#include "user/lib/registry.h"
#include "user/lib/ticks.h"

static struct sl_error x;

/* ---- a change -------------------------------------------------------------------- */

static void a_new_pool_is_stable_at_once(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", "", B(1) ", " B(2)));

	(void)state;
	assert_int_equal(counted(inst).of[SLOT_STABLE], SLOTS);
	assert_int_equal(web(inst)->since, 0);
	sl_close(inst);
}

static void each_slot_follows_from_the_one_before(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", "", B(1) ", " B(2)));
	uint32_t *before = copy(inst);
	uint32_t changing;

	(void)state;
	apply(inst, WEB("1024", "", B(1) ", " B(2) ", " B(3)));
	for (uint32_t i = 0; i < SLOTS; i++) {
		assert_int_equal(slot_previous(slots(inst)[i]), slot_current(before[i]));
		assert_int_not_equal(slot_current(slots(inst)[i]), 0);
	}
	changing = counted(inst).of[SLOT_CHANGING];
	assert_in_range(changing, SLOTS / 4, SLOTS / 2);
	assert_int_not_equal(web(inst)->since, 0);
	apply(inst, WEB("1024", "", B(1) ", " B(2)));
	assert_int_equal(counted(inst).of[SLOT_SETTLING], changing);
	free(before);
	sl_close(inst);
}

static void a_drained_backend_keeps_its_flows(void **state)
{
	static const char *const drains[] = { "weight: 0", "state: drain" };
	struct sl_instance *inst = NULL;

	(void)state;
	for (size_t d = 0; d < 2; d++) {
		char text[512];
		uint32_t *before;

		inst = applied(WEB("1024", "", B(1) ", " B(2)));
		before = copy(inst);
		snprintf(text, sizeof(text), WEB("1024", "", B(1) ", {address: 10.0.0.2, %s}"), drains[d]);
		apply(inst, text);
		for (uint32_t i = 0; i < SLOTS; i++) {
			assert_int_equal(slot_current(slots(inst)[i]), id_of(inst, 1));
			assert_int_equal(slot_previous(slots(inst)[i]), slot_current(before[i]));
		}
		assert_int_equal(entry_of(inst, 2)->standing, SL_STANDS_DRAIN);
		assert_false(entry_of(inst, 2)->dead);
		free(before);
		sl_close(inst);
		purge(NULL);
	}
}

static const struct sl_backend *backend(const struct sl_instance *inst, uint8_t last)
{
	const struct sl_backend *all = map_at(&inst->maps, MAP_BACKENDS, active(inst));

	return &all[id_of(inst, last)];
}

static void a_disabled_backend_is_left_at_once_and_returns(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", "", B(1) ", " B(2) ", " B(3)));
	uint32_t *before = copy(inst);
	struct sl_record *of_2 = record(inst, 5, id_of(inst, 2), 0);
	struct sl_record *of_3 = record(inst, 6, id_of(inst, 3), 0);

	(void)state;
	apply(inst, WEB("1024", "", B(1) ", " WITH(2, "state: disabled") ", " B(3)));
	assert_false(names(inst, id_of(inst, 2)));
	assert_int_equal(of_2->tag, 0);
	assert_int_not_equal(of_3->tag, 0);
	assert_false(backend(inst, 2)->flags & SL_BACKEND_ALIVE);
	assert_int_equal(entry_of(inst, 2)->standing, SL_STANDS_DISABLED);
	of_2 = record(inst, 5, id_of(inst, 2), 0);	/* by a packet that was late */
	apply(inst, WEB("1024", "", B(1) ", " B(2) ", " B(3)));
	assert_int_equal(of_2->tag, 0);
	assert_true(backend(inst, 2)->flags & SL_BACKEND_ALIVE);
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(slot_current(slots(inst)[i]), slot_current(before[i]));
	free(before);
	apply(inst, WEB("1024", "", B(1) ", " B(2) ", " B(3) ", " WITH(4, "state: disabled")));
	assert_false(backend(inst, 4)->flags & SL_BACKEND_ALIVE);
	apply(inst, WEB("2048", "", B(1) ", " B(2) ", " B(3) ", " B(4)));
	assert_true(backend(inst, 4)->flags & SL_BACKEND_ALIVE);
	assert_true(names(inst, id_of(inst, 4)));
	sl_close(inst);
}

static void a_ring_grows_and_every_flow_stays(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", "", B(1) ", " B(2) ", " B(3)));
	uint32_t *before = copy(inst);
	struct slot_counts n;

	(void)state;
	apply(inst, WEB("4096", "", B(1) ", " B(2) ", " B(3)));
	for (uint32_t i = 0; i < 4 * SLOTS; i++)
		assert_int_equal(slot_previous(slots(inst)[i]), slot_current(before[i / 4]));
	n = counted(inst);
	assert_int_equal(n.of[SLOT_SETTLING], 0);
	assert_true(n.of[SLOT_CHANGING] > SLOTS);
	assert_int_not_equal(web(inst)->since, 0);
	free(before);
	sl_close(inst);
}

static void without_tracking_slots_are_stable_always(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", ", tracking: off", B(1) ", " B(2)));

	(void)state;
	assert_int_equal(inst->knobs.features & SL_F_TRACK, 0);
	assert_int_equal(inst->maps.map[MAP_RECORDS].stride, sizeof(struct sl_records));
	apply(inst, WEB("1024", ", tracking: off", B(1) ", " B(3)));
	assert_int_equal(counted(inst).of[SLOT_STABLE], SLOTS);
	apply(inst, WEB("2048", ", tracking: off", B(1) ", " B(3)));
	assert_int_equal(counted(inst).of[SLOT_STABLE], 2 * SLOTS);
	sl_close(inst);
}

/* ---- in place ------------------------------------------------------------------------ */

static void backends_change_without_a_turn(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", "", B(1) ", " B(2)));
	struct sl_config *was = parse(WEB("1024", "", B(1) ", " B(2)));
	uint64_t turn_before = turn(inst);
	uint32_t *in_place;

	(void)state;
	sl_config_set(inst, was);
	apply_by(inst, WEB("1024", "", B(1) ", " WITH(3, "weight: 50") ", " B(4)), sl_pools_apply);
	assert_int_equal(turn(inst), turn_before);
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_TX);
	in_place = copy(inst);
	sl_close(inst);
	purge(NULL);
	inst = applied(WEB("1024", "", B(1) ", " B(2)));
	apply(inst, WEB("1024", "", B(1) ", " WITH(3, "weight: 50") ", " B(4)));
	assert_memory_equal(in_place, slots(inst), SLOTS * sizeof(*in_place));
	free(in_place);
	conf_free(was);
	sl_close(inst);
}

/* Another family needs another program, further ids a larger table. */
static void what_cannot_be_in_place_takes_a_turn(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", "", B(1)));
	struct sl_config *was = parse(WEB("1024", "", B(1)));

	(void)state;
	sl_config_set(inst, was);
	apply_by(inst, WEB("1024", "", B(1) ", {address: \"2001:db8::1\"}"), sl_pools_apply);
	assert_true(inst->knobs.features & SL_F_OUTER6);
	apply_by(inst, WEB("1024", "", B(1) ", " B(2) ", " B(3) ", " B(4) ", " B(5) ", " B(6) ", " B(7)
			   ", " B(8) ", " B(9) ", " B(10) ", " B(11) ", " B(12) ", " B(13) ", " B(14)
			   ", " B(15) ", " B(16) ", " B(17)), sl_pools_apply);
	assert_true(inst->knobs.backend_mask >= 17);
	conf_free(was);
	sl_close(inst);
}

/* ---- settling -------------------------------------------------------------------------- */

static void slots_settle_when_nobody_followed(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1) ", " B(2)));
	uint32_t changing;

	(void)state;
	apply(inst, WEB("1024", TIMES, B(1) ", " B(3)));
	changing = counted(inst).of[SLOT_CHANGING];
	assert_true(changing > 0);
	assert_int_equal(settled(inst).waiting, changing);
	let_time_pass(inst, UNIT);
	((uint32_t *)map_at(&inst->maps, MAP_FOLLOWED, 0))[id_of(inst, 1)] += UNIT;
	assert_true(settled(inst).waiting > 0);
	assert_int_equal(counted(inst).of[SLOT_SETTLING], 0);
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_not_equal(slot_previous(slots(inst)[i]), id_of(inst, 2));
	let_time_pass(inst, UNIT);
	assert_int_equal(settled(inst).waiting, 0);
	assert_int_equal(counted(inst).of[SLOT_STABLE], SLOTS);
	assert_int_equal(web(inst)->since, 0);
	sl_close(inst);
}

static void one_stray_flow_does_not_keep_them_for_ever(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1) ", " B(2)));
	uint32_t *followed;

	(void)state;
	apply(inst, WEB("1024", TIMES, B(2)));
	followed = map_at(&inst->maps, MAP_FOLLOWED, 0);
	let_time_pass(inst, 9 * UNIT);
	followed[id_of(inst, 1)] = ticks_now();
	assert_true(settled(inst).waiting > 0);
	let_time_pass(inst, UNIT);
	followed[id_of(inst, 1)] = ticks_now();
	assert_int_equal(settled(inst).waiting, 0);
	sl_close(inst);
}

static void a_live_record_of_another_keeps_its_slot(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1) ", " B(2)));
	struct sl_record *r, *own;

	(void)state;
	apply(inst, WEB("1024", TIMES, B(2)));
	r = record(inst, 77, id_of(inst, 1), 0);
	own = record(inst, 78, id_of(inst, 2), 0);
	if (slot_state(slots(inst)[77]) == SLOT_STABLE)	/* whoever had it */
		slots(inst)[77] = SL_SLOT(id_of(inst, 2), id_of(inst, 1));
	let_time_pass(inst, UNIT);
	assert_int_equal(settled(inst).waiting, 1);
	assert_int_equal(slot_state(slots(inst)[77]), SLOT_SETTLING);
	assert_int_not_equal(id_of(inst, 1), 0);
	r->is = SL_RECORD(id_of(inst, 1), SL_RECORD_POOL(r->is), SL_RECORD_HASH(r->is), ticks_now() - 6 * UNIT);
	assert_int_equal(settled(inst).waiting, 0);
	assert_int_equal(r->tag, 0);
	assert_int_not_equal(own->tag, 0);
	assert_int_equal(id_of(inst, 1), 0);
	sl_close(inst);
}

static void a_removed_backend_goes_when_nothing_leads_to_it(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1) ", " B(2)));
	struct sl_records *fragments = map_at(&inst->maps, MAP_FRAGMENTS, 0);
	uint16_t id = id_of(inst, 1);

	(void)state;
	fragments->way[3] = (struct sl_record){ 2, SL_RECORD(id, 0, 0, ticks_now()) };
	apply(inst, WEB("1024", TIMES, B(2)));
	assert_int_equal(id_of(inst, 1), id);
	assert_int_equal(entry_of(inst, 1)->standing, SL_STANDS_REMOVED);
	assert_true(names(inst, id));
	assert_int_equal(backend(inst, 1)->family, 4);
	assert_int_equal(settled(inst).freed, 0);
	apply(inst, WEB("1024", TIMES, B(2) ", " B(3)));
	assert_int_not_equal(id_of(inst, 3), id);
	let_time_pass(inst, UNIT);
	assert_int_equal(fragments->way[3].tag, 2);
	assert_int_equal(settled(inst).freed, 1);
	assert_int_equal(fragments->way[3].tag, 0);
	assert_int_equal(id_of(inst, 1), 0);
	apply(inst, WEB("1024", TIMES, B(2) ", " B(3) ", " B(4)));
	assert_int_equal(id_of(inst, 4), id);
	sl_close(inst);
}

static void any_change_does_what_is_due(void **state)
{
	static const char *const text[] = {
		WEB("1024", TIMES, B(2)), WEB("1024", TIMES, B(2)) "sets: {bans: {}}\n",
	};
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1) ", " B(2)));

	(void)state;
	apply(inst, text[0]);
	let_time_pass(inst, UNIT);
	registry(inst)->settled--;
	apply(inst, text[1]);
	assert_int_equal(counted(inst).of[SLOT_STABLE], SLOTS);
	sl_close(inst);
}

/* ---- time, records, nodes ------------------------------------------------------------------ */

/* A UDP flow that is met in a slot that changes is recorded, with the time. */
static void packets_and_commands_have_the_same_clock(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1) ", " B(2)));
	const struct sl_record *way = map_at(&inst->maps, MAP_RECORDS, 0);
	size_t n = inst->maps.map[MAP_RECORDS].stride / sizeof(*way), found = 0;
	uint32_t before, after;

	(void)state;
	apply(inst, WEB("1024", TIMES, B(2)));
	for (uint32_t i = 0; i < SLOTS; i++)
		slots(inst)[i] = SL_SLOT(id_of(inst, 2), id_of(inst, 1));
	before = ticks_now();
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_TX);
	after = ticks_now();
	for (size_t i = 0; i < n; i++)
		if (way[i].tag) {
			found++;
			assert_in_range(SL_RECORD_TIME(way[i].is), (uint16_t)before, (uint16_t)after);
			assert_int_equal(SL_RECORD_BACKEND(way[i].is), id_of(inst, 1));
		}
	assert_int_equal(found, 1);
	sl_close(inst);
}

struct found { const struct sl_record *want; unsigned n; };

static bool find(void *arg, struct sl_record r)
{
	struct found *f = arg;

	f->n += r.tag == f->want->tag && (r.is ^ SL_RECORD_VEIL(r.tag)) == f->want->is;
	return false;
}

static void a_table_that_grows_keeps_its_records(void **state)
{
	static const char small[] = WEB("1024", "", B(1)) "limits: {flows: 512}\n";
	struct sl_instance *inst = applied(small);
	struct sl_record want = *record(inst, 3, id_of(inst, 1), 0);
	struct found f = { &want, 0 };

	(void)state;
	assert_int_equal(inst->knobs.record_mask, 63);
	apply(inst, WEB("1024", "", B(1)) "limits: {flows: 4096}\n");
	assert_int_equal(inst->knobs.record_mask, 511);
	records_sweep(&inst->maps, find, &f);
	assert_int_equal(f.n, 1);
	sl_close(inst);
}

/* Who owns each slot, by address. */
static void owners(const struct sl_instance *inst, uint8_t owner[SLOTS])
{
	for (uint32_t i = 0; i < SLOTS; i++) {
		assert_int_equal(slot_state(slots(inst)[i]), SLOT_STABLE);
		owner[i] = registry(inst)->backend[slot_current(slots(inst)[i])].addr[3];
	}
}

static void two_nodes_agree_however_they_came_there(void **state)
{
	static const char last[] = WEB("1024", TIMES, B(1) ", " B(3) ", " WITH(4, "weight: 200"));
	uint8_t one[SLOTS], other_node[SLOTS];
	struct sl_instance *inst = applied(last);
	uint32_t *words = copy(inst);

	(void)state;
	owners(inst, one);
	sl_close(inst);
	purge(NULL);
	inst = applied(last);	/* begun anew, bit by bit */
	assert_memory_equal(slots(inst), words, SLOTS * sizeof(*words));
	free(words);
	sl_close(inst);
	purge(NULL);
	inst = applied(WEB("64", TIMES, B(4) ", " B(2)));
	apply(inst, WEB("1024", TIMES, B(4) ", " B(2) ", " B(5)));
	apply(inst, WEB("1024", TIMES, B(3) ", " WITH(4, "weight: 200") ", " B(5)));
	apply(inst, last);
	let_time_pass(inst, UNIT);
	assert_int_equal(settled(inst).waiting, 0);
	owners(inst, other_node);
	assert_memory_equal(one, other_node, SLOTS);
	sl_close(inst);
}

static void what_waits_is_told(void **state)
{
	struct sl_instance *inst = applied(WEB("1024", TIMES, B(1) ", " B(2)));
	struct sl_stats *stats = NULL;
	struct sl_status *status;

	(void)state;
	apply(inst, WEB("1024", TIMES, B(2)));
	record(inst, 3, id_of(inst, 1), 0);
	web(inst)->since -= 100;
	assert_int_equal(sl_stats_read(inst, -1, &stats, &x), 0);
	assert_int_equal(stats->n_pools, 1);
	assert_string_equal(stats->pools[0].name, "web");
	assert_int_equal(stats->pools[0].changing, counted(inst).of[SLOT_CHANGING]);
	assert_int_equal(stats->pools[0].stable + stats->pools[0].changing, SLOTS);
	assert_true(stats->pools[0].waits_ms >= ticks_to_ms(100));
	assert_int_equal(stats->backends[0].standing, SL_STANDS_REMOVED);
	sl_stats_free(stats);
	status = status_of(inst);
	assert_int_equal(status->waiting_pools, 1);
	assert_true(status->waits_ms >= ticks_to_ms(100));
	assert_int_equal(status->records, 1);
	assert_int_equal(status->record_room, 262144);
	sl_status_free(status);
	sl_close(inst);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_pool_is_stable_at_once),
		TEST(each_slot_follows_from_the_one_before),
		TEST(a_drained_backend_keeps_its_flows),
		TEST(a_disabled_backend_is_left_at_once_and_returns),
		TEST(a_ring_grows_and_every_flow_stays),
		TEST(without_tracking_slots_are_stable_always),
		TEST(backends_change_without_a_turn),
		TEST(what_cannot_be_in_place_takes_a_turn),
		TEST(slots_settle_when_nobody_followed),
		TEST(one_stray_flow_does_not_keep_them_for_ever),
		TEST(a_live_record_of_another_keeps_its_slot),
		TEST(a_removed_backend_goes_when_nothing_leads_to_it),
		TEST(any_change_does_what_is_due),
		TEST(packets_and_commands_have_the_same_clock),
		TEST(a_table_that_grows_keeps_its_records),
		TEST(two_nodes_agree_however_they_came_there),
		TEST(what_waits_is_told),
	};

	return RUN_IN_LAB("pools", tests);
}
