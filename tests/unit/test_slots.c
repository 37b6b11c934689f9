/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two generations: each row of DESIGN 4's rules, and flows under random changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random.h"
#include "user/lib/slots.h"

enum { A = 1, B = 2, C = 3 };

static const bool nobody[SL_BACKENDS_MAX];

static void expect(uint32_t word, uint16_t current, uint16_t previous)
{
	assert_int_equal(slot_current(word), current);
	assert_int_equal(slot_previous(word), previous);
}

/* ---- row by row ------------------------------------------------------------- */

static void an_empty_slot_is_stable_at_once(void **state)
{
	(void)state;
	expect(slot_change(0, A, nobody), A, A);
	expect(slot_change(0, 0, nobody), 0, 0);
}

static void a_stable_slot_changes_and_comes_back(void **state)
{
	uint32_t word = SL_SLOT(A, A);

	(void)state;
	expect(slot_change(word, A, nobody), A, A);
	word = slot_change(word, B, nobody);
	expect(word, B, A);
	expect(slot_change(word, B, nobody), B, A);
	expect(slot_change(word, C, nobody), C, A);
	expect(slot_change(word, A, nobody), A, SL_SETTLING);
}

static void a_settling_slot_keeps_what_has_settled(void **state)
{
	uint32_t word = SL_SLOT(B, SL_SETTLING);

	(void)state;
	expect(slot_change(word, B, nobody), B, SL_SETTLING);
	expect(slot_change(word, C, nobody), C, B);
}

static void the_dead_are_left_at_once(void **state)
{
	bool dead[SL_BACKENDS_MAX] = { [A] = true };

	(void)state;
	expect(slot_change(SL_SLOT(A, A), B, dead), B, B);
	expect(slot_change(SL_SLOT(B, A), B, dead), B, SL_SETTLING);
	expect(slot_change(SL_SLOT(B, A), C, dead), C, SL_SETTLING);
	expect(slot_change(SL_SLOT(A, SL_SETTLING), B, dead), B, SL_SETTLING);
	expect(slot_change(SL_SLOT(A, B), C, dead), C, B);
}

/* Drained of all its backends, a slot goes on for the flows that it has. */
static void nobody_at_all_is_no_owner(void **state)
{
	uint32_t word = slot_change(SL_SLOT(A, A), 0, nobody);

	(void)state;
	expect(word, 0, A);
	expect(slot_change(word, B, nobody), B, A);
	expect(slot_change(SL_SLOT(0, SL_SETTLING), B, nobody), B, SL_SETTLING);
}

static void the_same_change_again_changes_nothing(void **state)
{
	static const uint16_t ids[] = { 0, A, B, C, SL_SETTLING };
	bool dead[SL_BACKENDS_MAX] = { false };

	(void)state;
	for (int d = 0; d < 8; d++)
		for (int i = 0; i < 5 * 5 * 4; i++) {
			uint16_t owner = ids[i / 25];
			uint32_t once;

			dead[A] = d & 1 && owner != A;
			dead[B] = d & 2 && owner != B;
			dead[C] = d & 4 && owner != C;
			once = slot_change(SL_SLOT(ids[i % 4], ids[i / 5 % 5]), owner, dead);
			assert_int_equal(slot_change(once, owner, dead), once);
		}
}

static void a_ring_that_grows_descends_slot_by_slot(void **state)
{
	(void)state;
	for (size_t i = 0; i < 64; i++) {
		assert_int_equal(slot_ancestor(i, 64, 16), i >> 2);
		assert_int_equal(slot_ancestor(i, 64, 64), i);
	}
	assert_int_equal(slot_ancestor(3, 4, 16), 12);
}

static void a_slot_is_due_when_nobody_followed_or_it_takes_too_long(void **state)
{
	struct slot_clock c = { .now = 5000, .changed = 4000, .after = 900, .most = 3600 };

	(void)state;
	assert_true(slot_is_due(&c, 4100));
	assert_false(slot_is_due(&c, 4101));
	assert_false(slot_is_due(&c, 5001));	/* another CPU is ahead */
	c.now = 7600;
	assert_true(slot_is_due(&c, 7599));
	c.udp_until = 7601;
	assert_true(slot_is_due(&c, 7599));
	c.udp = true;
	assert_false(slot_is_due(&c, 0));
	c.now = 7601;
	assert_true(slot_is_due(&c, 7600));
	c = (struct slot_clock){ .now = 10, .changed = 0u - 5, .after = 14, .most = 99 };
	assert_true(slot_is_due(&c, 0u - 4));	/* the clock went round */
	assert_false(slot_is_due(&c, 0u - 3));
}

static void slots_are_counted_by_state(void **state)
{
	static const uint32_t words[] = {
		SL_SLOT(A, A), SL_SLOT(0, 0), SL_SLOT(B, A),
		SL_SLOT(B, SL_SETTLING), SL_SLOT(0, A), SL_SLOT(C, C),
	};
	struct slot_counts n = { { 0 } };

	(void)state;
	slots_count(words, 6, &n);
	assert_int_equal(n.of[SLOT_STABLE], 3);
	assert_int_equal(n.of[SLOT_CHANGING], 2);
	assert_int_equal(n.of[SLOT_SETTLING], 1);
}

/* As many as do not fill the last four, too. */
static void a_survey_counts_states_and_owners(void **state)
{
	static struct slot_owners owners;
	static uint64_t room[32];
	struct rnd r = rnd_start();
	uint32_t *word = (uint32_t *)room, owned[4] = { 0 };
	struct slot_counts want = { { 0 } }, got = { { 0 } };

	(void)state;
	for (size_t i = 0; i < 62; i++) {
		uint16_t owner = (uint16_t)(rnd64(&r) % 4), before = (uint16_t)(rnd64(&r) % 4);

		word[i] = SL_SLOT(owner, before ? before : SL_SETTLING);
		owned[owner]++;
	}
	slots_count(word, 62, &want);
	slots_survey(word, 62, &got, &owners);
	assert_memory_equal(&got, &want, sizeof(got));
	for (uint16_t id = 0; id < 4; id++)
		assert_int_equal(slots_owned(&owners, id), owned[id]);
}

/* ---- flows ------------------------------------------------------------------- */

/*
 * One slot, its flows, and a record for each that needs one, for ever: no flow may
 * lose the backend that accepted it while that backend lives.
 */
enum { FLOWS = 40, BACKENDS = 9, STEPS = 400, SEEDS = 500 };

struct world {
	struct rnd random;
	uint32_t word;
	bool dead[SL_BACKENDS_MAX];
	uint16_t of[FLOWS], record[FLOWS];	/* 0: none */
	bool idle;				/* nobody followed for settle_after */
	unsigned born, moved, unrecorded;
};

static uint32_t pick(struct world *w, uint32_t n)
{
	return rnd_below(&w->random, n);
}

/* The packet's side of DESIGN 4. */
static uint16_t route(struct world *w, unsigned flow, bool syn)
{
	uint16_t current = slot_current(w->word), previous = slot_previous(w->word);

	if (slot_state(w->word) == SLOT_STABLE)
		return current;
	if (w->record[flow])
		return w->record[flow];
	if (slot_state(w->word) == SLOT_SETTLING)
		return current;
	if (syn && current)
		return w->record[flow] = current;
	return previous;
}

static void change(struct world *w)
{
	uint16_t owner = (uint16_t)pick(w, BACKENDS + 1), died = 0;

	if (!pick(w, 4))
		died = slot_current(w->word);
	for (unsigned f = 0; died && f < FLOWS; f++)
		if (w->of[f] == died)
			w->of[f] = 0;
	memset(w->dead, 0, sizeof(w->dead));
	w->dead[died] = died != 0;
	if (owner == died)
		owner = 0;
	w->word = slot_change(w->word, owner, w->dead);
	for (unsigned f = 0; f < FLOWS; f++)
		if (died && w->record[f] == died)
			w->record[f] = 0;
}

/* What no flow needs any more has come to rest. */
static void rest(struct world *w)
{
	bool astray = false, follows = false;

	for (unsigned f = 0; f < FLOWS; f++) {
		if (!w->of[f])
			w->record[f] = 0;
		astray |= w->record[f] && w->record[f] != slot_current(w->word);
		follows |= w->of[f] && !w->record[f];
	}
	if (slot_state(w->word) == SLOT_CHANGING && !follows)
		w->word = SL_SLOT(slot_current(w->word), SL_SETTLING);
	else if (slot_state(w->word) == SLOT_SETTLING && !astray)
		w->word = SL_SLOT(slot_current(w->word), slot_current(w->word));
	for (unsigned f = 0; f < FLOWS && slot_state(w->word) == SLOT_STABLE; f++)
		w->record[f] = 0;
}

static void step(struct world *w)
{
	unsigned f = pick(w, FLOWS);

	if (!pick(w, 12))
		change(w);
	if (!pick(w, 3))
		rest(w);
	if (!w->of[f]) {
		w->of[f] = route(w, f, true);
		w->born += w->of[f] != 0;
	} else if (!pick(w, 6)) {
		w->of[f] = 0;
	} else {
		assert_int_equal(route(w, f, false), w->of[f]);
	}
	assert_false(w->dead[slot_current(w->word)]);
	assert_false(slot_state(w->word) == SLOT_CHANGING && w->dead[slot_previous(w->word)]);
}

static void no_flow_breaks_under_random_changes(void **state)
{
	unsigned born = 0;

	(void)state;
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		struct world w = { .random = { seed } };

		for (int i = 0; i < STEPS; i++)
			step(&w);
		born += w.born;
	}
	assert_true(born > SEEDS * STEPS / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_slot_is_stable_at_once),
		cmocka_unit_test(a_stable_slot_changes_and_comes_back),
		cmocka_unit_test(a_settling_slot_keeps_what_has_settled),
		cmocka_unit_test(the_dead_are_left_at_once),
		cmocka_unit_test(nobody_at_all_is_no_owner),
		cmocka_unit_test(the_same_change_again_changes_nothing),
		cmocka_unit_test(a_ring_that_grows_descends_slot_by_slot),
		cmocka_unit_test(a_slot_is_due_when_nobody_followed_or_it_takes_too_long),
		cmocka_unit_test(slots_are_counted_by_state),
		cmocka_unit_test(a_survey_counts_states_and_owners),
		cmocka_unit_test(no_flow_breaks_under_random_changes),
	};

	return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
