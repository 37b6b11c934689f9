/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An instance, control's part of health, and a health that the test plays itself. */
#ifndef TESTS_STATES_LAB_H
#define TESTS_STATES_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "user/daemon/control.h"
#include "user/daemon/health.h"

enum { MANY = 1000 };

extern struct lab {
	struct control control;
	int health, parent;		/* our ends */
	int log, real_stderr;
	struct health_check check[MANY];	/* as control asked last */
	size_t n;
	bool is_whole;
} lab;

void lab_apply_text(const char *text);
void lab_apply(const char *keys);		/* of the pool `web` of three */
int lab_slots_of(const char *addr);		/* by its place; -1: it has no number */

void lab_turn(void);				/* the loop, a while */
void lab_wait_until(bool (*is)(void));		/* turns the loop meanwhile */
bool lab_is_whole(void);			/* control has said all that it asks */
bool lab_first_has_none(void);			/* slots: 10.0.0.21 */
bool lab_first_has_some(void);

/* What health hears and says. */
const struct health_check *lab_check_of(const char *addr);
void lab_say_of(const struct health_check *check, bool up, const char *reason);
void lab_say(const char *addr, bool up, const char *reason);
void lab_say_counts(const char *addr, uint64_t n, uint64_t n_failed);	/* up, after so many probes */
size_t lab_times(const char *what);		/* that this was logged */

void lab_connect_health(void);
void lab_begin(void);				/* control, as after a crash */
void lab_end(void);

int lab_set_up(void **state);
int lab_tear_down(void **state);
/* Runs them as root, else says why not. */
#define LAB_TEST(name) cmocka_unit_test_setup_teardown(name, lab_set_up, lab_tear_down)
#define LAB_RUN(tests) (lab_can_run() ? cmocka_run_group_tests(tests, NULL, NULL) : 0)
bool lab_can_run(void);

#endif
