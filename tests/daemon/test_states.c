/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Health's results become states of slots: control's part, with a health that the
 * test plays itself. */
#include <unistd.h>

#include "states_lab.h"

/* The one that is tested. */
const struct part *const control_parts[] = { &part_health, NULL };

static void health_is_told_each_backend(void **state)
{
	(void)state;
	lab_wait_until(lab_is_whole);
	assert_int_equal(lab.n, 3);
	assert_int_equal(lab_check_of("10.0.0.22")->port, 80);
	assert_int_equal(lab_check_of("10.0.0.22")->type, SL_CHECK_TCP);
	assert_int_equal(lab_check_of("10.0.0.22")->rise, 2);
	assert_true(lab_check_of("10.0.0.22")->is_up);
}

static void what_is_down_gets_nothing_and_returns_to_its_slots(void **state)
{
	int slots = lab_slots_of("10.0.0.21");

	(void)state;
	lab_wait_until(lab_is_whole);
	assert_true(slots > 0);
	lab_say("10.0.0.21", false, "connection refused");
	lab_wait_until(lab_first_has_none);
	assert_int_equal(lab_times("pool web: 10.0.0.21: down: connection refused\n"), 1);
	lab_say("10.0.0.21", false, "connection refused");
	lab_say("10.0.0.21", true, "");
	lab_wait_until(lab_first_has_some);
	assert_int_equal(lab_slots_of("10.0.0.21"), slots);
	assert_int_equal(lab_times("pool web: 10.0.0.21: up\n"), 1);
	assert_int_equal(lab_times("down"), 1);
}

static void others_may_hold_the_lock_meanwhile(void **state)
{
	struct sl_instance *other = NULL;
	struct sl_error x = { "" };

	(void)state;
	lab_wait_until(lab_is_whole);
	assert_false(sl_open(&other, lab.control.instance, SL_OPEN_CHANGE, &x));
	lab_say("10.0.0.21", false, "timeout");
	for (int i = 0; i < 30; i++)	/* it tries, and does not wait */
		lab_turn();
	assert_true(lab_first_has_some());
	sl_close(other);
	lab_wait_until(lab_first_has_none);
}

static void a_health_that_is_gone_freezes_states(void **state)
{
	(void)state;
	lab_wait_until(lab_is_whole);
	lab_say("10.0.0.21", false, "timeout");
	lab_wait_until(lab_first_has_none);
	close(lab.health);
	lab.health = -1;
	lab_connect_health();
	lab_wait_until(lab_is_whole);
	assert_true(lab_first_has_none());
	assert_false(lab_check_of("10.0.0.21")->is_up);
	assert_true(lab_check_of("10.0.0.22")->is_up);
}

static void the_next_control_begins_with_what_is(void **state)
{
	(void)state;
	lab_wait_until(lab_is_whole);
	lab_say("10.0.0.21", false, "timeout");
	lab_wait_until(lab_first_has_none);
	lab_end();
	lab_begin();
	lab_wait_until(lab_is_whole);
	assert_false(lab_check_of("10.0.0.21")->is_up);
	assert_true(lab_first_has_none());
	lab_say("10.0.0.21", true, "");
	lab_wait_until(lab_first_has_some);
}

static void without_a_check_it_is_up(void **state)
{
	(void)state;
	lab_wait_until(lab_is_whole);
	lab_say("10.0.0.21", false, "timeout");
	lab_wait_until(lab_first_has_none);
	lab.is_whole = false;
	lab_apply("");
	lab_wait_until(lab_first_has_some);
	lab_wait_until(lab_is_whole);
	assert_int_equal(lab.n, 0);
}

static void a_check_that_is_the_same_keeps_its_number(void **state)
{
	uint32_t id;

	(void)state;
	lab_wait_until(lab_is_whole);
	id = lab_check_of("10.0.0.23")->id;
	lab_say("10.0.0.21", false, "timeout");
	lab_wait_until(lab_first_has_none);
	lab.is_whole = false;
	lab_apply("    check: {type: tcp, port: 80}\n    timers: {settle_after: 1m}\n");
	lab_wait_until(lab_is_whole);
	assert_int_equal(lab_check_of("10.0.0.23")->id, id);
	assert_true(lab_check_of("10.0.0.23")->is_up);
	assert_false(lab_check_of("10.0.0.21")->is_up);
}

static bool panic_is_said(void) { return lab_times("panic: 60%") > 0; }
static bool all_have_slots(void)
{
	return lab_slots_of("10.0.0.21") > 0 && lab_slots_of("10.0.0.22") > 0 && lab_slots_of("10.0.0.23") > 0;
}
static bool counts_again(void) { return lab_times("2 of 3 are up: health counts again") > 0; }

static void panic_is_loud(void **state)
{
	(void)state;
	lab_apply("    check: {type: tcp, port: 80}\n    panic: 60%\n");
	lab.is_whole = false;
	lab_wait_until(lab_is_whole);
	lab_say("10.0.0.21", false, "timeout");
	lab_wait_until(lab_first_has_none);
	lab_say("10.0.0.22", false, "timeout");
	lab_wait_until(panic_is_said);
	assert_int_equal(lab_times("error: pool web: only 1 of 3 are up"), 1);
	lab_wait_until(all_have_slots);
	lab_say("10.0.0.22", true, "");
	lab_wait_until(counts_again);
	lab_wait_until(lab_first_has_none);
}

static bool nobody_is_said(void) { return lab_times("nobody is up") > 0; }

static void nobody_up_is_loud(void **state)
{
	(void)state;
	lab_wait_until(lab_is_whole);
	lab_say("10.0.0.21", false, "timeout");
	lab_say("10.0.0.22", false, "timeout");
	assert_false(nobody_is_said());
	lab_say("10.0.0.23", false, "status 503");
	lab_wait_until(nobody_is_said);
	lab_wait_until(lab_first_has_none);
	assert_int_equal(lab_slots_of("10.0.0.23"), 0);
}

static size_t n_seen, n_down;
static void see(void *arg, const struct health_state *s)
{
	(void)arg;
	n_seen++;
	if (s->is_up)
		return;
	n_down++;
	assert_string_equal(s->pool, "web");
	assert_string_equal(s->reason, "status 503");
	assert_true(s->is_checked);
	assert_int_equal(s->probes, 3);
	assert_int_equal(s->failed, 2);
	assert_int_equal(s->latency_us, 77);
	assert_int_equal(s->changes, 1);
	assert_true(s->since_ms > 0);
}

static void other_parts_see_states(void **state)
{
	(void)state;
	lab_wait_until(lab_is_whole);
	lab_say("10.0.0.21", false, "status 503");
	lab_wait_until(lab_first_has_none);
	n_seen = n_down = 0;
	control_health(&lab.control, see, NULL);
	assert_int_equal(n_seen, 3);
	assert_int_equal(n_down, 1);
}

static uint64_t probes, failed;
static void see_first(void *arg, const struct health_state *s)
{
	(void)arg;
	if (s->addr.octet[3] != 21)
		return;
	probes = s->probes;
	failed = s->failed;
}

static bool probes_are_six(void)
{
	control_health(&lab.control, see_first, NULL);
	return probes == 6;
}

/* lab_say() says 3 probes, 2 of them failed; others count what metrics show. */
static void counts_go_on_when_checks_begin_anew(void **state)
{
	(void)state;
	lab_wait_until(lab_is_whole);
	lab_say("10.0.0.21", false, "status 503");
	lab_wait_until(lab_first_has_none);
	lab_connect_health();
	lab_wait_until(lab_is_whole);
	lab_say_counts("10.0.0.21", 1, 0);
	lab_say_counts("10.0.0.21", 3, 1);
	lab_wait_until(probes_are_six);
	assert_int_equal(failed, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(health_is_told_each_backend),
		LAB_TEST(what_is_down_gets_nothing_and_returns_to_its_slots),
		LAB_TEST(others_may_hold_the_lock_meanwhile),
		LAB_TEST(a_health_that_is_gone_freezes_states),
		LAB_TEST(the_next_control_begins_with_what_is),
		LAB_TEST(without_a_check_it_is_up),
		LAB_TEST(a_check_that_is_the_same_keeps_its_number),
		LAB_TEST(panic_is_loud),
		LAB_TEST(nobody_up_is_loud),
		LAB_TEST(other_parts_see_states),
		LAB_TEST(counts_go_on_when_checks_begin_anew),
	};

	return LAB_RUN(tests);
}
