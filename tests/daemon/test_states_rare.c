/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The same when the instance is held, broken or large, or health talks too much. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "states_lab.h"
#include "user/daemon/daemon.h"

/* The one that is tested. */
const struct part *const control_parts[] = { &part_health, NULL };

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
	lab_wait_until(lab_is_whole);
	snprintf(path, sizeof(path), "/run/sluice/%s/next.yaml", lab.control.instance);
	fd = open(path, O_CREAT | O_WRONLY, 0640);
	assert_true(fd >= 0);
	close(fd);
	lab_say("10.0.0.21", false, "timeout");
	lab_wait_until(again_is_wanted);
	assert_true(lab_first_has_some());
	assert_false(unlink(path));	/* as the parent's child does in the end */
	again_ended(0);
	lab_wait_until(lab_first_has_none);
	assert_false(again_is_wanted());
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
	lab_apply_text(text);
	lab_wait_until(all_are_asked);
	for (unsigned i = 0; i < MANY; i++)
		if (i % 100)
			lab_say_of(&lab.check[i], false, "timeout");
	lab_wait_until(ten_have_all);
	for (unsigned i = 0; i < MANY; i++)
		if (i % 100)
			lab_say_of(&lab.check[i], true, "");
	lab_wait_until(all_have_some);
}

/* Others have their turn, however much health has to say. */
static void who_talks_without_end_keeps_nobody_waiting(void **state)
{
	struct health_result r = { .kind = HEALTH_RESULT, .is_up = true };
	size_t sent = 0, room = 0;

	(void)state;
	lab_wait_until(lab_is_whole);
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
	lab_wait_until(lab_is_whole);
	put_aside("slots", true);
	lab_say("10.0.0.21", false, "timeout");
	for (int i = 0; i < 20; i++) {
		lab_say("10.0.0.21", false, "timeout");
		lab_turn();
	}
	put_aside("slots", false);
	assert_int_equal(lab_times("error: "), 1);
	lab_wait_until(lab_first_has_none);
}

static bool is_whole_again(void) { return lab.is_whole && lab.n == 0; }

static void what_cannot_be_read_is_read_later(void **state)
{
	(void)state;
	lab_wait_until(lab_is_whole);
	lab.is_whole = false;
	lab_apply("");
	put_aside("slots", true);
	for (int i = 0; i < 20; i++)
		lab_turn();
	put_aside("slots", false);
	assert_int_equal(lab_times("error: "), 1);
	lab_wait_until(is_whole_again);
}

static bool is_refused(void) { return lab_times("error: ") > 0; }

static void what_runs_and_cannot_be_understood_is_said_once(void **state)
{
	char path[128];
	FILE *f;

	(void)state;
	lab_wait_until(lab_is_whole);
	snprintf(path, sizeof(path), "/run/sluice/%s/running.yaml", lab.control.instance);
	lab_apply("");
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "sluice: 1\nfrom_a_later_version: 1\n");
	assert_false(fclose(f));
	lab_say("10.0.0.21", false, "timeout");	/* which cannot be written meanwhile */
	lab_wait_until(is_refused);
	for (int i = 0; i < 50; i++)
		lab_turn();
	assert_int_equal(lab_times("error: "), 1);
	lab.is_whole = false;
	assert_false(unlink(path));
	lab_apply("");
	lab_wait_until(is_whole_again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAB_TEST(what_a_killed_command_left_is_repaired_first),
		LAB_TEST(a_thousand_are_told_and_change_without_waiting),
		LAB_TEST(who_talks_without_end_keeps_nobody_waiting),
		LAB_TEST(what_cannot_be_written_is_said_once),
		LAB_TEST(what_cannot_be_read_is_read_later),
		LAB_TEST(what_runs_and_cannot_be_understood_is_said_once),
	};

	return LAB_RUN(tests);
}
