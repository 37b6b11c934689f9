/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How control learns that another configuration runs, also where the kernel has no
 * watch left to tell it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "user/conf/store.h"
#include "user/daemon/control.h"
#include "user/daemon/log.h"

enum { PATIENCE_MS = 5000 };

static unsigned changes;

static void count(struct control *c)
{
	(void)c;
	changes++;
}

static const struct part counter = { .name = "counter", .running = count };
const struct part *const control_parts[] = { &counter, NULL };

static struct { struct control control; int log, real_stderr; bool has_no_watch; } lab;

/* In place of the C library's. */
int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	if (lab.has_no_watch) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_inotify_add_watch, fd, path, mask);
}

static void write_running(const char *text)
{
	struct sl_error x = { "" };

	if (text_write(path_run(lab.control.instance, "running.yaml").text, text, &x))
		fail_msg("%s", x.text);
}

static int set_up(void **state)
{
	static char name[32];
	struct sl_error x = { "" };

	(void)state;
	memset(&lab.control, 0, sizeof(lab.control));
	snprintf(name, sizeof(name), "run%d", (int)getpid());
	lab.control.instance = name;
	lab.control.loop = event_base_new();
	lab.log = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	changes = 0;
	mkdir("/run/sluice", 0700);
	if (!lab.control.loop || lab.log < 0 || mkdir(path_run(name, "").text, 0700))
		return -1;
	dup2(lab.log, STDERR_FILENO);
	log_open(LOG_TEXT, "control");
	write_running("sluice: 1\nseed: one\n");
	return running_start(&lab.control, &x);
}

static int tear_down(void **state)
{
	(void)state;
	running_stop(&lab.control);
	event_base_free(lab.control.loop);
	dup2(lab.real_stderr, STDERR_FILENO);
	close(lab.log);
	unlink(path_run(lab.control.instance, "running.yaml").text);
	return rmdir(path_run(lab.control.instance, "").text);
}

static size_t lines_logged(void)
{
	char text[4096];
	ssize_t n = pread(lab.log, text, sizeof(text), 0);
	size_t lines = 0;

	for (ssize_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	return lines;
}

static void wait_for_changes(unsigned n)
{
	struct timeval step = { .tv_usec = 10000 };

	for (int ms = 0; ms < PATIENCE_MS && changes < n; ms += 10) {
		event_base_loopexit(lab.control.loop, &step);
		event_base_dispatch(lab.control.loop);
	}
	assert_int_equal(changes, n);
}

static void what_runs_is_another_soon(void **state)
{
	(void)state;
	running_look(&lab.control);
	wait_for_changes(1);
	write_running("sluice: 1\nseed: two\n");
	wait_for_changes(2);
	assert_int_equal(lines_logged(), 0);
}

static void without_a_watch_it_is_looked_at_and_said_once(void **state)
{
	(void)state;
	lab.has_no_watch = true;
	running_look(&lab.control);
	wait_for_changes(1);
	write_running("sluice: 1\nseed: two\n");
	wait_for_changes(2);
	write_running("sluice: 1\nseed: three\n");
	wait_for_changes(3);
	assert_int_equal(lines_logged(), 1);
	lab.has_no_watch = false;
	write_running("sluice: 1\nseed: four\n");
	wait_for_changes(4);
	write_running("sluice: 1\nseed: five\n");	/* of which it is told again */
	wait_for_changes(5);
	assert_int_equal(lines_logged(), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_runs_is_another_soon),
		TEST(without_a_watch_it_is_looked_at_and_said_once),
	};

	if (geteuid()) {
		printf("ok 1 - what runs # SKIP needs root\n1..1\n");
		return 0;
	}
	lab.real_stderr = dup(STDERR_FILENO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
