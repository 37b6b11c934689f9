// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* When probes begin, and what results make of a backend: by a type that the test ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <user/daemon/check.h>

enum { MANY = 1000, INTERVAL_MS = 9000, TIMEOUT_MS = 5000, TICK_MS = 10 };

static struct check *asked;	/* whose probe was begun last */
static unsigned held, ended;
static bool was_news;

static void hold(struct check *c)
{
	held++;
	asked = c;
}

static void let_go(struct check *c)
{
	(void)c;
	held = 0;
}

static void note(struct check *c, bool is_news)
{
	(void)c;
	ended++;
	was_news = is_news;
}

static const struct check_type by_hand = { .start = hold, .stop = let_go };
static const struct check_type patient = { .start = hold, .stop = let_go, .silence_is_up = true };

static struct check check_of(struct event_base *loop, const struct check_type *type)
{
	struct check c = { .type = type, .loop = loop, .ended = note };

	c.asked.is_up = true;
	c.asked.interval_ms = INTERVAL_MS;
	c.asked.timeout_ms = TIMEOUT_MS;
	c.asked.rise = 2;
	c.asked.fall = 3;
	asked = NULL;
	held = ended = 0;
	return c;
}

/* As if its time had come. */
static void wake(struct check *c)
{
	event_active(&c->timer, EV_TIMEOUT, 0);
	event_base_loop(c->loop, EVLOOP_NONBLOCK);
}

static uint64_t waits_ms(struct check *c)
{
	struct timeval at, now, left;

	assert_true(event_pending(&c->timer, EV_TIMEOUT, &at));
	evutil_gettimeofday(&now, NULL);
	evutil_timersub(&at, &now, &left);
	return (uint64_t)left.tv_sec * 1000 + (uint64_t)left.tv_usec / 1000;
}

static void probe(struct check *c, enum verdict verdict, const char *reason)
{
	wake(c);
	assert_ptr_equal(asked, c);
	asked = NULL;
	check_end(c, verdict, "%s", reason);
}

static int by_number(const void *one, const void *other)
{
	const uint64_t *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

static void first_probes_are_spread(void **unused)
{
	struct event_base *loop = event_base_new();
	struct check *all = calloc(MANY, sizeof(*all));
	uint64_t at[MANY];
	size_t i, most = 0, run = 0;

	(void)unused;
	for (i = 0; i < MANY; i++) {
		all[i] = check_of(loop, &by_hand);
		check_begin(&all[i]);
		at[i] = waits_ms(&all[i]) / 100;
	}
	qsort(at, MANY, sizeof(*at), by_number);
	for (i = 1; i < MANY; i++) {
		run = at[i] == at[i - 1] ? run + 1 : 1;
		most = run > most ? run : most;
	}
	assert_in_range(at[MANY - 1], 0, 20);	/* within 2 s, however long the interval */
	assert_in_range(most, 1, MANY / 8);	/* 50 in each 100 ms, by chance */
	for (i = 0; i < MANY; i++)
		check_stop(&all[i]);
	free(all);
	event_base_free(loop);
}

static void fall_failures_in_a_row_are_down(void **unused)
{
	struct event_base *loop = event_base_new();
	struct check c = check_of(loop, &by_hand);

	(void)unused;
	check_begin(&c);
	probe(&c, VERDICT_HARD, "a");
	probe(&c, VERDICT_HARD, "a");
	probe(&c, VERDICT_UP, "");
	probe(&c, VERDICT_HARD, "a");
	probe(&c, VERDICT_HARD, "a");
	assert_true(c.is_up);
	probe(&c, VERDICT_SOFT, "b");
	assert_false(c.is_up);
	assert_true(c.is_soft && c.has_changed && was_news);
	assert_string_equal(c.reason, "b");
	assert_int_equal(c.probes, 6);
	assert_int_equal(c.failed, 5);
	check_stop(&c);
	event_base_free(loop);
}

static void rise_answers_in_a_row_are_up(void **unused)
{
	struct event_base *loop = event_base_new();
	struct check c = check_of(loop, &by_hand);

	(void)unused;
	c.asked.is_up = false;
	check_begin(&c);
	probe(&c, VERDICT_UP, "");
	probe(&c, VERDICT_HARD, "a");
	probe(&c, VERDICT_UP, "");
	assert_false(c.is_up);
	probe(&c, VERDICT_UP, "");
	assert_true(c.is_up && c.has_changed && !c.is_soft);
	check_stop(&c);
	event_base_free(loop);
}

static void what_was_not_asked_says_nothing(void **unused)
{
	struct event_base *loop = event_base_new();
	struct check c = check_of(loop, &by_hand);

	(void)unused;
	check_begin(&c);
	for (int i = 0; i < 9; i++)
		probe(&c, VERDICT_NONE, "too many open files");
	assert_true(c.is_up);
	assert_int_equal(c.probes, 0);
	assert_string_equal(c.reason, "too many open files");
	check_stop(&c);
	event_base_free(loop);
}

static void a_backend_that_seems_to_change_is_asked_sooner(void **unused)
{
	struct event_base *loop = event_base_new();
	struct check c = check_of(loop, &by_hand);

	(void)unused;
	check_begin(&c);
	probe(&c, VERDICT_UP, "");
	assert_in_range(waits_ms(&c), INTERVAL_MS / 2, INTERVAL_MS * 11 / 10 + TICK_MS);
	probe(&c, VERDICT_HARD, "a");
	assert_in_range(waits_ms(&c), 0, INTERVAL_MS / 3 * 11 / 10 + TICK_MS);
	probe(&c, VERDICT_HARD, "a");
	probe(&c, VERDICT_HARD, "a");
	assert_false(c.is_up);
	probe(&c, VERDICT_HARD, "a");
	assert_in_range(waits_ms(&c), 0, INTERVAL_MS / 3 * 11 / 10 + TICK_MS);
	check_stop(&c);
	event_base_free(loop);
}

static void a_probe_without_an_answer_in_time_fails(void **unused)
{
	struct event_base *loop = event_base_new();
	struct check c = check_of(loop, &by_hand);

	(void)unused;
	check_begin(&c);
	wake(&c);
	assert_int_equal(held, 1);
	assert_in_range(waits_ms(&c), TIMEOUT_MS / 2, TIMEOUT_MS + TICK_MS);
	wake(&c);
	assert_int_equal(held, 0);
	assert_int_equal(c.failed, 1);
	assert_string_equal(c.reason, "timeout after 5s");
	check_stop(&c);
	event_base_free(loop);
}

static void silence_is_no_failure_where_it_says_nothing(void **unused)
{
	struct event_base *loop = event_base_new();
	struct check c = check_of(loop, &patient);

	(void)unused;
	check_begin(&c);
	wake(&c);
	wake(&c);
	assert_int_equal(c.probes, 1);
	assert_int_equal(c.failed, 0);
	check_stop(&c);
	event_base_free(loop);
}

static void a_stopped_check_holds_nothing(void **unused)
{
	struct event_base *loop = event_base_new();
	struct check c = check_of(loop, &by_hand);

	(void)unused;
	check_begin(&c);
	wake(&c);
	check_stop(&c);
	assert_int_equal(held, 0);
	assert_int_equal(ended, 0);
	assert_false(event_pending(&c.timer, EV_TIMEOUT, NULL));
	event_base_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_probes_are_spread),
		cmocka_unit_test(fall_failures_in_a_row_are_down),
		cmocka_unit_test(rise_answers_in_a_row_are_up),
		cmocka_unit_test(what_was_not_asked_says_nothing),
		cmocka_unit_test(a_backend_that_seems_to_change_is_asked_sooner),
		cmocka_unit_test(a_probe_without_an_answer_in_time_fails),
		cmocka_unit_test(silence_is_no_failure_where_it_says_nothing),
		cmocka_unit_test(a_stopped_check_holds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
