/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parent's short-lived children: how soon one follows another. The children are
 * this program, too. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "user/daemon/parent.h"

enum { ROUNDS = 4 };

static const struct daemon words = { .instance = "test", .form = LOG_TEXT };

static struct { struct parent parent; unsigned ended; uint64_t ended_ms[ROUNDS]; } lab;

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Control asks again at once, as it should not. */
static void on_child(evutil_socket_t number, short what, void *arg)
{
	int status;

	(void)number, (void)what, (void)arg;
	if (waitpid(lab.parent.job.pid, &status, WNOHANG) <= 0)
		return;
	lab.parent.job.pid = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	lab.ended_ms[lab.ended++] = now_ms();
	job_ended(&lab.parent, status);
	if (lab.ended == ROUNDS)
		event_base_loopbreak(lab.parent.loop);
	else
		job_want(&lab.parent, lab.ended == ROUNDS - 1 ? JOB_APPLY : JOB_AGAIN);
}

static void who_asks_without_end_gets_a_child_now_and_then(void **state)
{
	struct event *child;

	(void)state;
	lab.parent = (struct parent){ .d = &words, .sock = -1, .loop = event_base_new() };
	lab.parent.control.since_ms = 1;	/* it was started once */
	child = evsignal_new(lab.parent.loop, SIGCHLD, on_child, NULL);
	event_add(child, NULL);
	assert_false(job_start(&lab.parent));
	job_want(&lab.parent, JOB_AGAIN);
	event_base_dispatch(lab.parent.loop);
	for (unsigned i = 1; i < ROUNDS - 1; i++)
		assert_true(lab.ended_ms[i] - lab.ended_ms[i - 1] >= REST_MS - 1);
	assert_string_equal(lab.parent.job.role, "apply");	/* that does not wait */
	job_stop(&lab.parent);
	event_free(child);
	event_base_free(lab.parent.loop);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_asks_without_end_gets_a_child_now_and_then),
	};

	if (argc > 1 && !strcmp(argv[1], "--role"))
		return DAEMON_DONE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
