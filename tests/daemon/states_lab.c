/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tests of states have in common. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "states_lab.h"
#include "user/conf/change.h"
#include "user/daemon/daemon.h"
#include "user/daemon/log.h"

enum { PATIENCE_MS = 5000 };

struct lab lab;

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

void lab_apply_text(const char *text)
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

void lab_apply(const char *keys)
{
	char text[1024];

	snprintf(text, sizeof(text), pools, keys);
	lab_apply_text(text);
}

/* The slots of a backend by its place; -1: it has no number. */
int lab_slots_of(const char *addr)
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
void lab_turn(void)
{
	struct timeval step = { .tv_usec = 10000 };

	event_base_loopexit(lab.control.loop, &step);
	event_base_dispatch(lab.control.loop);
}

/* Turns the loop until something is true. */
void lab_wait_until(bool (*is)(void))
{
	for (int ms = 0; ms < PATIENCE_MS; ms += 10) {
		lab_turn();
		hear();
		if (is())
			return;
	}
	fail_msg("waited in vain");
}

bool lab_is_whole(void) { return lab.is_whole; }
bool lab_first_has_none(void) { return lab_slots_of("10.0.0.21") == 0; }
bool lab_first_has_some(void) { return lab_slots_of("10.0.0.21") > 0; }

const struct health_check *lab_check_of(const char *addr)
{
	for (size_t i = 0; i < lab.n; i++)
		if (!strcmp(lab.check[i].backend, addr))
			return &lab.check[i];
	fail_msg("%s is not checked", addr);
	return NULL;
}

void lab_say_of(const struct health_check *check, bool up, const char *reason)
{
	struct health_result r = {
		.kind = HEALTH_RESULT, .id = check->id, .is_up = up,
		.has_changed = true, .probes = 3, .failed = 2, .latency_us = 77,
	};

	snprintf(r.reason, sizeof(r.reason), "%s", reason);
	while (send(lab.health, &r, sizeof(r), 0) < 0)
		lab_turn();		/* control is to make room */
}

void lab_say(const char *addr, bool up, const char *reason)
{
	lab_say_of(lab_check_of(addr), up, reason);
}

void lab_say_counts(const char *addr, uint64_t n, uint64_t n_failed)
{
	struct health_result r = {
		.kind = HEALTH_RESULT, .id = lab_check_of(addr)->id, .is_up = true,
		.probes = n, .failed = n_failed,
	};

	assert_int_equal(send(lab.health, &r, sizeof(r), 0), sizeof(r));
}

static const char *logged(void)
{
	static char text[16384];
	ssize_t n = pread(lab.log, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = 0;
	return text;
}

size_t lab_times(const char *what)
{
	const char *at = logged();
	size_t n = 0;

	while ((at = strstr(at, what))) {
		at += strlen(what);
		n++;
	}
	return n;
}

void lab_connect_health(void)
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
void lab_begin(void)
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
	lab_connect_health();
	running_look(&lab.control);
}

void lab_end(void)
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

int lab_set_up(void **state)
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
	lab_apply("    check: {type: tcp, port: 80}\n");
	lab_begin();
	return 0;
}

int lab_tear_down(void **state)
{
	struct sl_instance *inst = NULL;

	(void)state;
	lab_end();
	dup2(lab.real_stderr, STDERR_FILENO);
	close(lab.log);
	if (sl_open(&inst, lab.control.instance, SL_OPEN_REMOVE, NULL))
		return -1;
	sl_purge(inst, NULL);
	sl_close(inst);
	return 0;
}

bool lab_can_run(void)
{
	if (geteuid()) {
		printf("ok 1 - states # SKIP needs root\n1..1\n");
		return false;
	}
	lab.real_stderr = dup(STDERR_FILENO);
	return true;
}
