/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Health's results become states of slots: control's part, with a health that the
 * test plays itself. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "user/conf/change.h"
#include "user/daemon/control.h"
#include "user/daemon/daemon.h"
#include "user/daemon/health.h"
#include "user/daemon/log.h"

enum { MANY = 1000, PATIENCE_MS = 5000 };

/* The one that is tested. */
const struct part *const control_parts[] = { &part_health, NULL };

static struct {
	struct control control;
	int health, parent;		/* our ends */
	int log, real_stderr;
	struct health_check check[MANY];	/* as control asked last */
	size_t n;
	bool is_whole;
} lab;

/* ---- an instance ------------------------------------------------------------------ */

static const char pools[] =
	"sluice: 1\n"
	"seed: fixed\n"
	"pools:\n"
	"  web:\n"
	"    next_hop: \"02:00:00:00:00:aa\"\n"
	"    slots: 1024\n"
	"%s"
	"    backends: [{address: 10.0.0.21}, {address: 10.0.0.22}, {address: 10.0.0.23}]\n"
	"services:\n"
	"  www: {addresses: [192.0.2.80], tcp: [80], pool: web}\n";

static void apply_text(const char *text)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	struct sl_error x = { "" };
	struct change c;
	bool changed;

	if (conf_parse("test", text, strlen(text), 0, &conf, &report))
		fail_msg("%s", report.errors);
	conf_report_clear(&report);
	if (change_open(&c, lab.control.instance, SL_OPEN_CREATE, &x) ||
	    change_commit(&c, conf, &changed, &x))
		fail_msg("%s", x.text);
	change_close(&c);
	conf_free(conf);
}

static void apply(const char *keys)
{
	char text[1024];

	snprintf(text, sizeof(text), pools, keys);
	apply_text(text);
}

/* The slots of a backend by its place; -1: it has no number. */
static int slots_of(const char *addr)
{
	struct sl_instance *inst = NULL;
	struct sl_stats *stats = NULL;
	struct sl_error x = { "" };
	char text[CONF_PREFIX_TEXT];
	int slots = -1;

	if (sl_open(&inst, lab.control.instance, SL_OPEN_READ, &x) ||
	    sl_stats_read(inst, -1, &stats, &x))
		fail_msg("%s", x.text);
	for (size_t i = 0; i < stats->n_backends; i++)
		if (!strcmp(conf_address_text(&stats->backends[i].addr, text), addr))
			slots = (int)stats->backends[i].slots;
	sl_stats_free(stats);
	sl_close(inst);
	return slots;
}

/* ---- the loop -------------------------------------------------------------------------- */

static void hear(void)
{
	struct health_check m;

	while (recv(lab.health, &m, sizeof(m), MSG_DONTWAIT) == (ssize_t)sizeof(m)) {
		if (m.kind == HEALTH_BEGIN) {
			lab.n = 0;
			lab.is_whole = false;
		} else if (m.kind == HEALTH_CHECK && lab.n < MANY) {
			lab.check[lab.n++] = m;
		} else if (m.kind == HEALTH_END) {
			lab.is_whole = true;
		}
	}
}

/* Turns the loop a while. */
static void turn(void)
{
	struct timeval step = { .tv_usec = 10000 };

	event_base_loopexit(lab.control.loop, &step);
	event_base_dispatch(lab.control.loop);
}

/* Turns the loop until something is true. */
static void wait_until(bool (*is)(void))
{
	for (int ms = 0; ms < PATIENCE_MS; ms += 10) {
		turn();
		hear();
		if (is())
			return;
	}
	fail_msg("waited in vain");
}

static bool is_whole(void) { return lab.is_whole; }
static bool first_has_none(void) { return slots_of("10.0.0.21") == 0; }
static bool first_has_some(void) { return slots_of("10.0.0.21") > 0; }

static const struct health_check *check_of(const char *addr)
{
	for (size_t i = 0; i < lab.n; i++)
		if (!strcmp(lab.check[i].backend, addr))
			return &lab.check[i];
	fail_msg("%s is not checked", addr);
	return NULL;
}

static void say_of(const struct health_check *check, bool up, const char *reason)
{
	struct health_result r = {
		.kind = HEALTH_RESULT, .id = check->id, .is_up = up,
		.has_changed = true, .probes = 3, .failed = 2, .latency_us = 77,
	};

	snprintf(r.reason, sizeof(r.reason), "%s", reason);
	while (send(lab.health, &r, sizeof(r), 0) < 0)
		turn();		/* control is to make room */
}

static void say(const char *addr, bool up, const char *reason)
{
	say_of(check_of(addr), up, reason);
}

static const char *logged(void)
{
	static char text[16384];
	ssize_t n = pread(lab.log, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = 0;
	return text;
}

static size_t times(const char *what)
{
	const char *at = logged();
	size_t n = 0;

	while ((at = strstr(at, what))) {
		at += strlen(what);
		n++;
	}
	return n;
}

static void connect_health(void)
{
	int pair[2];

	assert_false(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair));
	if (lab.health >= 0)
		close(lab.health);
	lab.health = pair[0];
	lab.is_whole = false;
	health_connect(&lab.control, pair[1]);
}

/* Control begins, as after a crash. */
static void begin(void)
{
	struct sl_error x = { "" };
	int pair[2];

	assert_false(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair));
	lab.control.parent = pair[0];
	lab.parent = pair[1];
	lab.control.health = -1;
	lab.control.loop = event_base_new();
	lab.health = -1;
	assert_false(running_start(&lab.control, &x));
	assert_false(again_start(&lab.control, &x));
	assert_false(part_health.start(&lab.control, &x));
	connect_health();
	running_look(&lab.control);
}

static void end(void)
{
	part_health.stop(&lab.control);
	again_stop();
	running_stop(&lab.control);
	event_base_free(lab.control.loop);
	close(lab.health);
	close(lab.parent);
	close(lab.control.parent);
	lab.control.digest = 0;
}

static int set_up(void **state)
{
	static char instance[32];
	FILE *file = tmpfile();

	(void)state;
	if (!file)
		return -1;
	lab.log = dup(fileno(file));
	fclose(file);
	dup2(lab.log, STDERR_FILENO);
	log_open(LOG_TEXT, "control");
	snprintf(instance, sizeof(instance), "dtest%d", (int)getpid());
	lab.control.instance = instance;
	apply("    check: {type: tcp, port: 80}\n");
	begin();
	return 0;
}

static int tear_down(void **state)
{
	struct sl_instance *inst = NULL;

	(void)state;
	end();
	dup2(lab.real_stderr, STDERR_FILENO);
	close(lab.log);
	if (sl_open(&inst, lab.control.instance, SL_OPEN_REMOVE, NULL))
		return -1;
	sl_purge(inst, NULL);
	sl_close(inst);
	return 0;
}

/* ---- promises ------------------------------------------------------------------------------ */

static void health_is_told_each_backend(void **state)
{
	(void)state;
	wait_until(is_whole);
	assert_int_equal(lab.n, 3);
	assert_int_equal(check_of("10.0.0.22")->port, 80);
	assert_int_equal(check_of("10.0.0.22")->type, SL_CHECK_TCP);
	assert_int_equal(check_of("10.0.0.22")->rise, 2);
	assert_true(check_of("10.0.0.22")->is_up);
}

static void what_is_down_gets_nothing_and_returns_to_its_slots(void **state)
{
	int slots = slots_of("10.0.0.21");

	(void)state;
	wait_until(is_whole);
	assert_true(slots > 0);
	say("10.0.0.21", false, "connection refused");
	wait_until(first_has_none);
	assert_int_equal(times("pool web: 10.0.0.21: down: connection refused\n"), 1);
	say("10.0.0.21", false, "connection refused");
	say("10.0.0.21", true, "");
	wait_until(first_has_some);
	assert_int_equal(slots_of("10.0.0.21"), slots);
	assert_int_equal(times("pool web: 10.0.0.21: up\n"), 1);
	assert_int_equal(times("down"), 1);
}

static void others_may_hold_the_lock_meanwhile(void **state)
{
	struct sl_instance *other = NULL;
	struct sl_error x = { "" };

	(void)state;
	wait_until(is_whole);
	assert_false(sl_open(&other, lab.control.instance, SL_OPEN_CHANGE, &x));
	say("10.0.0.21", false, "timeout");
	for (int i = 0; i < 30; i++)	/* it tries, and does not wait */
		turn();
	assert_true(first_has_some());
	sl_close(other);
	wait_until(first_has_none);
}

static void a_health_that_is_gone_freezes_states(void **state)
{
	(void)state;
	wait_until(is_whole);
	say("10.0.0.21", false, "timeout");
	wait_until(first_has_none);
	close(lab.health);
	lab.health = -1;
	connect_health();
	wait_until(is_whole);
	assert_true(first_has_none());
	assert_false(check_of("10.0.0.21")->is_up);
	assert_true(check_of("10.0.0.22")->is_up);
}

static void the_next_control_begins_with_what_is(void **state)
{
	(void)state;
	wait_until(is_whole);
	say("10.0.0.21", false, "timeout");
	wait_until(first_has_none);
	end();
	begin();
	wait_until(is_whole);
	assert_false(check_of("10.0.0.21")->is_up);
	assert_true(first_has_none());
	say("10.0.0.21", true, "");
	wait_until(first_has_some);
}

static void without_a_check_it_is_up(void **state)
{
	(void)state;
	wait_until(is_whole);
	say("10.0.0.21", false, "timeout");
	wait_until(first_has_none);
	lab.is_whole = false;
	apply("");
	wait_until(first_has_some);
	wait_until(is_whole);
	assert_int_equal(lab.n, 0);
}

static void a_check_that_is_the_same_keeps_its_number(void **state)
{
	uint32_t id;

	(void)state;
	wait_until(is_whole);
	id = check_of("10.0.0.23")->id;
	say("10.0.0.21", false, "timeout");
	wait_until(first_has_none);
	lab.is_whole = false;
	apply("    check: {type: tcp, port: 80}\n    timers: {settle_after: 1m}\n");
	wait_until(is_whole);
	assert_int_equal(check_of("10.0.0.23")->id, id);
	assert_true(check_of("10.0.0.23")->is_up);
	assert_false(check_of("10.0.0.21")->is_up);
}

static bool panic_is_said(void) { return times("panic: 60%") > 0; }
static bool all_have_slots(void)
{
	return slots_of("10.0.0.21") > 0 && slots_of("10.0.0.22") > 0 && slots_of("10.0.0.23") > 0;
}
static bool counts_again(void) { return times("2 of 3 are up: health counts again") > 0; }

static void panic_is_loud(void **state)
{
	(void)state;
	apply("    check: {type: tcp, port: 80}\n    panic: 60%\n");
	lab.is_whole = false;
	wait_until(is_whole);
	say("10.0.0.21", false, "timeout");
	wait_until(first_has_none);
	say("10.0.0.22", false, "timeout");
	wait_until(panic_is_said);
	assert_int_equal(times("error: pool web: only 1 of 3 are up"), 1);
	wait_until(all_have_slots);
	say("10.0.0.22", true, "");
	wait_until(counts_again);
	wait_until(first_has_none);
}

static bool nobody_is_said(void) { return times("nobody is up") > 0; }

static void nobody_up_is_loud(void **state)
{
	(void)state;
	wait_until(is_whole);
	say("10.0.0.21", false, "timeout");
	say("10.0.0.22", false, "timeout");
	assert_false(nobody_is_said());
	say("10.0.0.23", false, "status 503");
	wait_until(nobody_is_said);
	wait_until(first_has_none);
	assert_int_equal(slots_of("10.0.0.23"), 0);
}

static struct word word;
static bool again_is_wanted(void)
{
	int fd;

	return word_get(lab.parent, &word, &fd) == 1 && word.said == SAID_DO_AGAIN;
}

static void what_a_killed_command_left_is_repaired_first(void **state)
{
	char path[128];
	int fd;

	(void)state;
	wait_until(is_whole);
	snprintf(path, sizeof(path), "/run/sluice/%s/next.yaml", lab.control.instance);
	fd = open(path, O_CREAT | O_WRONLY, 0640);
	assert_true(fd >= 0);
	close(fd);
	say("10.0.0.21", false, "timeout");
	wait_until(again_is_wanted);
	assert_true(first_has_some());
	assert_false(unlink(path));	/* as the parent's child does in the end */
	again_ended(0);
	wait_until(first_has_none);
	assert_false(again_is_wanted());
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
	wait_until(is_whole);
	say("10.0.0.21", false, "status 503");
	wait_until(first_has_none);
	n_seen = n_down = 0;
	control_health(&lab.control, see, NULL);
	assert_int_equal(n_seen, 3);
	assert_int_equal(n_down, 1);
}

/* How many of them have slots. */
static size_t owners(void)
{
	struct sl_instance *inst = NULL;
	struct sl_stats *stats = NULL;
	struct sl_error x = { "" };
	size_t n = 0;

	if (sl_open(&inst, lab.control.instance, SL_OPEN_READ, &x) ||
	    sl_stats_read(inst, -1, &stats, &x))
		fail_msg("%s", x.text);
	for (size_t i = 0; i < stats->n_backends; i++)
		n += stats->backends[i].slots > 0;
	sl_stats_free(stats);
	sl_close(inst);
	return n;
}

static bool ten_have_all(void) { return owners() == MANY / 100; }
static bool all_have_some(void) { return owners() == MANY; }
static bool all_are_asked(void) { return lab.is_whole && lab.n == MANY; }

/* More than the socket takes at once. */
static void a_thousand_are_told_and_change_without_waiting(void **state)
{
	static char text[MANY * 40 + 1024];
	size_t used;

	(void)state;
	used = (size_t)snprintf(text, sizeof(text), "sluice: 1\nseed: fixed\npools:\n  web:\n    next_hop: \"02:00:00:00:00:aa\"\n    slots: 131072\n    check: {type: tcp, port: 80}\n    backends:\n");
	for (unsigned i = 0; i < MANY; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "    - {address: 10.1.%u.%u}\n", i / 250, i % 250 + 1);
	apply_text(text);
	wait_until(all_are_asked);
	for (unsigned i = 0; i < MANY; i++)
		if (i % 100)
			say_of(&lab.check[i], false, "timeout");
	wait_until(ten_have_all);
	for (unsigned i = 0; i < MANY; i++)
		if (i % 100)
			say_of(&lab.check[i], true, "");
	wait_until(all_have_some);
}

/* Others have their turn, however much health has to say. */
static void who_talks_without_end_keeps_nobody_waiting(void **state)
{
	struct health_result r = { .kind = HEALTH_RESULT, .is_up = true };
	size_t sent = 0, room = 0;

	(void)state;
	wait_until(is_whole);
	while (send(lab.health, &r, sizeof(r), 0) > 0)
		sent++;
	event_base_loop(lab.control.loop, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	while (send(lab.health, &r, sizeof(r), 0) > 0)
		room++;
	assert_true(room > 0);
	assert_true(room < sent);
}

/* A part of the instance, as path; aside: out of the library's reach. */
static void put_aside(const char *map, bool aside)
{
	char path[128], other[160];

	snprintf(path, sizeof(path), "/sys/fs/bpf/sluice/%s/maps/%s", lab.control.instance, map);
	snprintf(other, sizeof(other), "%s_aside", path);
	assert_false(aside ? rename(path, other) || mkdir(path, 0700) :
		     rmdir(path) || rename(other, path));
}

static void what_cannot_be_written_is_said_once(void **state)
{
	(void)state;
	wait_until(is_whole);
	put_aside("slots", true);
	say("10.0.0.21", false, "timeout");
	for (int i = 0; i < 20; i++) {
		say("10.0.0.21", false, "timeout");
		turn();
	}
	put_aside("slots", false);
	assert_int_equal(times("error: "), 1);
	wait_until(first_has_none);
}

static bool is_whole_again(void) { return lab.is_whole && lab.n == 0; }

static void what_cannot_be_read_is_read_later(void **state)
{
	(void)state;
	wait_until(is_whole);
	lab.is_whole = false;
	apply("");
	put_aside("slots", true);
	for (int i = 0; i < 20; i++)
		turn();
	put_aside("slots", false);
	assert_int_equal(times("error: "), 1);
	wait_until(is_whole_again);
}

static bool is_refused(void) { return times("error: ") > 0; }

static void what_runs_and_cannot_be_understood_is_said_once(void **state)
{
	char path[128];
	FILE *f;

	(void)state;
	wait_until(is_whole);
	snprintf(path, sizeof(path), "/run/sluice/%s/running.yaml", lab.control.instance);
	apply("");
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "sluice: 1\nfrom_a_later_version: 1\n");
	assert_false(fclose(f));
	say("10.0.0.21", false, "timeout");	/* which cannot be written meanwhile */
	wait_until(is_refused);
	for (int i = 0; i < 50; i++)
		turn();
	assert_int_equal(times("error: "), 1);
	lab.is_whole = false;
	assert_false(unlink(path));
	apply("");
	wait_until(is_whole_again);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(health_is_told_each_backend),
		TEST(what_is_down_gets_nothing_and_returns_to_its_slots),
		TEST(others_may_hold_the_lock_meanwhile),
		TEST(a_health_that_is_gone_freezes_states),
		TEST(the_next_control_begins_with_what_is),
		TEST(without_a_check_it_is_up),
		TEST(a_check_that_is_the_same_keeps_its_number),
		TEST(panic_is_loud),
		TEST(nobody_up_is_loud),
		TEST(what_a_killed_command_left_is_repaired_first),
		TEST(other_parts_see_states),
		TEST(a_thousand_are_told_and_change_without_waiting),
		TEST(who_talks_without_end_keeps_nobody_waiting),
		TEST(what_cannot_be_written_is_said_once),
		TEST(what_cannot_be_read_is_read_later),
		TEST(what_runs_and_cannot_be_understood_is_said_once),
	};

	if (geteuid()) {
		printf("ok 1 - states # SKIP needs root\n1..1\n");
		return 0;
	}
	lab.real_stderr = dup(STDERR_FILENO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
