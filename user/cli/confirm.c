/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* confirm, rollback, and the process that takes a change back by itself. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "../conf/confirm.h"
#include "cli.h"

enum { RETRY_S = 2, TIME_TEXT = 32 };

#define AT_MOST_MS (24 * 3600000ULL)

static const char *time_text(int64_t ms, char text[TIME_TEXT])
{
	uint64_t s = ms > 0 ? ((uint64_t)ms + 999) / 1000 : 0;

	if (s < 120)
		snprintf(text, TIME_TEXT, "%" PRIu64 " s", s);
	else
		snprintf(text, TIME_TEXT, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	return text;
}

int confirm_time(struct cli *cli, uint64_t *for_ms)
{
	const char *word = cli->opt.confirm;

	if (!word)
		return 0;
	if (conf_duration_ms(word, for_ms, &cli->x) || *for_ms < 1000 ||
	    *for_ms > AT_MOST_MS)
		return fail_with(cli, USAGE, "--confirm %s: expected 1 to 86400 seconds, or such as 2m", word);
	return 0;
}

/* ---- what waits ----------------------------------------------------------- */

/* "is rolled back in 42 s" */
static void fate(const struct unconfirmed *u, char *text, size_t size)
{
	char left[TIME_TEXT];

	if (!u->watched)
		snprintf(text, size, "the process that would roll it back is gone");
	else if (u->left_ms <= 0)
		snprintf(text, size, "it is being rolled back");
	else
		snprintf(text, size, "it is rolled back in %s", time_text(u->left_ms, left));
}

int confirm_refuse(struct cli *cli)
{
	struct unconfirmed u;
	char text[128];

	if (unconfirmed_look(cli->instance, &u, &cli->x))
		return fail(cli, -EIO);
	if (!u.waits)
		return 0;
	fate(&u, text, sizeof(text));
	return fail_with(cli, REFUSED, "%s is not confirmed yet, %s: sluice confirm or sluice rollback first", u.what, text);
}

void confirm_note(struct cli *cli)
{
	struct unconfirmed u;
	char text[128];

	if (unconfirmed_look(cli->instance, &u, NULL) || !u.waits)
		return;
	fate(&u, text, sizeof(text));
	output_note(cli->out, "%s is not confirmed yet, %s, and this edit with it", u.what, text);
}

static void show_waiting(struct output *out, const struct unconfirmed *u)
{
	char text[128];

	fate(u, text, sizeof(text));
	output_line(out, "confirm   %s is not confirmed, %s: sluice confirm, or sluice rollback", u->what, text);
	output_member(out, "unconfirmed", json_pack("{s:s,s:I,s:b}", "what", u->what,
		"rolled_back_in_ms", (json_int_t)(u->left_ms > 0 ? u->left_ms : 0),
		"watched", u->watched));
}

void confirm_show(struct cli *cli)
{
	char what[256], text[TIME_TEXT];
	struct unconfirmed u;
	uint64_t ago;

	output_member(cli->out, "rolled_back", json_null());
	if (!unconfirmed_look(cli->instance, &u, NULL) && u.waits) {
		show_waiting(cli->out, &u);
		return;
	}
	output_member(cli->out, "unconfirmed", json_null());
	if (!rolled_back_look(cli->instance, what, &ago))
		return;
	output_line(cli->out, "confirm   %s was rolled back %s ago: nobody confirmed it", what, time_text((int64_t)ago, text));
	output_member(cli->out, "rolled_back", json_pack("{s:s,s:I}", "what", what, "ago_ms", (json_int_t)ago));
}

/* ---- the process that waits ------------------------------------------------ */

/* Nothing of the command's is kept: no terminal, no session, no descriptor. */
static void detach_from_all(int fd)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE };
	int null = open("/dev/null", O_RDWR);

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	for (int i = 0; i <= STDERR_FILENO && null >= 0; i++)
		dup2(null, i);
	if (fd > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned)fd - 1, 0);
	close_range((unsigned)fd + 1, ~0u, 0);
	if (chdir("/"))
		errno = 0;	/* some directory stays in use, no more */
	prctl(PR_SET_NAME, "sluice-confirm");
	openlog("sluice", LOG_PID, LOG_DAEMON);
}

/* 0: done, or no longer asked for. */
static int take_back(int fd, const char *instance, struct sl_error *x)
{
	char gone[256] = "";
	struct change c;
	int err;

	/* whatever else is missing: what comes back needs none of it */
	err = change_open(&c, instance, SL_OPEN_CREATE, x);
	if (err)
		return err;
	if (unconfirmed_is(fd, instance))
		err = unconfirmed_roll_back(&c, true, gone, x);
	change_close(&c);
	if (!err && *gone)
		syslog(LOG_WARNING, "instance %s: rolled back without %s: no such interface", instance, gone);
	return err;
}

static void watch_over(int fd, const char *instance)
{
	const struct timespec pause = { .tv_sec = RETRY_S };
	struct sl_error x = { "" };
	bool told = false;

	while (unconfirmed_wait(fd, instance)) {
		if (!take_back(fd, instance, &x)) {
			if (!unconfirmed_is(fd, instance))
				syslog(LOG_NOTICE, "instance %s: rolled back: nobody confirmed", instance);
			continue;
		}
		if (!told)
			syslog(LOG_ERR, "instance %s: not rolled back: %s", instance, x.text);
		told = true;
		nanosleep(&pause, NULL);
	}
}

/* Its own session, and nobody's child: whatever kills the command, its shell
 * or its terminal does not kill this. */
static int start_watcher(struct cli *cli, struct change *c, int fd)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return fail_with(cli, REFUSED, "no process to roll back: %s", strerror(errno));
	if (pid) {
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
		return status ? fail_with(cli, REFUSED, "no process to roll back") : 0;
	}
	setsid();
	pid = fork();
	if (pid)
		_exit(pid < 0);
	sl_close(c->inst);	/* and with it the lock and the tables */
	detach_from_all(fd);
	watch_over(fd, cli->instance);
	_exit(0);
}

int confirm_commit(struct cli *cli, struct change *c, const struct sl_config *conf, const char *what, uint64_t for_ms, bool *changed)
{
	char text[TIME_TEXT];
	int err, end, fd;

	err = c->plan ? 0 : change_prepare(c, conf, &cli->x);
	if (err)
		return fail(cli, err);
	if (!c->differs || !for_ms) {
		err = change_commit(c, conf, changed, &cli->x);
		return err ? fail(cli, err) : 0;
	}
	err = unconfirmed_arm(c, conf, what, for_ms, &fd, &cli->x);
	if (err)
		return fail(cli, err);
	end = start_watcher(cli, c, fd);
	close(fd);
	if (!end) {
		err = change_commit(c, conf, changed, &cli->x);
		end = err ? fail(cli, err) : 0;
	}
	if (end) {
		unconfirmed_drop(c);
		return end;
	}
	output_say(cli->out, "rolled back in %s, unless sluice confirm comes", time_text((int64_t)for_ms, text));
	output_member(cli->out, "rolled_back_in_ms", json_integer((json_int_t)for_ms));
	return 0;
}

/* ---- the commands ---------------------------------------------------------- */

static int nothing_waits(struct cli *cli, const char *verb)
{
	char what[256], text[TIME_TEXT];
	uint64_t ago;

	if (rolled_back_look(cli->instance, what, &ago))
		return fail_with(cli, REFUSED, "nothing to %s: %s was rolled back %s ago, as nobody confirmed it", verb, what, time_text((int64_t)ago, text));
	return fail_with(cli, REFUSED, "nothing to %s: no apply with --confirm waits", verb);
}

/* Opened, and something waits; else closed, and how to end. */
static int open_waiting(struct cli *cli, struct change *c, struct unconfirmed *u,
			const char *verb)
{
	enum sl_open how = SL_OPEN_CHANGE;
	int end;

	/* also where running.yaml is gone: then this is the way back */
	if (!unconfirmed_look(cli->instance, u, NULL) && u->waits)
		how = SL_OPEN_CREATE;
	end = open_change(cli, c, how);
	if (end)
		return end;
	if (unconfirmed_look(cli->instance, u, &cli->x))
		end = fail(cli, -EIO);
	else if (!u->waits)
		end = nothing_waits(cli, verb);
	if (end)
		change_close(c);
	return end;
}

int cmd_confirm(struct cli *cli)
{
	struct unconfirmed u;
	struct change c;
	int end;

	end = open_waiting(cli, &c, &u, "confirm");
	if (end)
		return end;
	unconfirmed_drop(&c);
	change_close(&c);
	output_say(cli->out, "%s is confirmed", u.what);
	output_member(cli->out, "confirmed", json_string(u.what));
	return DONE;
}

int cmd_rollback(struct cli *cli)
{
	struct unconfirmed u;
	char gone[256];
	struct change c;
	int end, err;

	end = open_waiting(cli, &c, &u, "roll back");
	if (end)
		return end;
	err = unconfirmed_roll_back(&c, false, gone, &cli->x);
	change_close(&c);
	if (err)
		return fail(cli, err);
	if (*gone)
		output_note(cli->out, "rolled back without %s: no such interface", gone);
	output_say(cli->out, "%s is rolled back: what ran before runs again", u.what);
	output_member(cli->out, "rolled_back", json_string(u.what));
	return DONE;
}
