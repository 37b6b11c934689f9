/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The short-lived children, which have every capability: FILE is applied, as by
 * `sluice apply --yes`, or what runs is applied again. */
#include <errno.h>
#include <string.h>

#include "../conf/confirm.h"
#include "../conf/propose.h"
#include "daemon.h"

static void note(void *arg, const char *sentence)
{
	log_line(LOG_IS_WARNING, arg, "%s", sentence);
}

static void log_lines(enum log_level level, char *lines)
{
	char *line, *at;

	while ((line = strsep(&lines, "\n"))) {
		at = strstr(line, ": ");
		if (!at)
			continue;
		*at = 0;
		log_line(level, line, "%s", at + 2);
	}
}

static int read_file(const char *file, struct sl_config **conf)
{
	struct conf_report report = { 0 };
	int err = conf_read(file, 0, conf, &report);

	log_lines(LOG_IS_WARNING, report.warnings);
	log_lines(LOG_IS_ERROR, report.errors);
	if (err && !report.errors)
		log_line(LOG_IS_ERROR, file, "%s", strerror(-err));
	conf_report_clear(&report);
	return err ? DAEMON_USAGE : 0;
}

static int say(const char *object, int err, const struct sl_error *x)
{
	if (!err)
		return DAEMON_DONE;
	log_line(LOG_IS_ERROR, object, "not applied: %s", x->text);
	return err == -EBUSY ? DAEMON_LOCKED : err == -EINVAL ? DAEMON_USAGE : DAEMON_REFUSED;
}

static int open_change(struct change *c, const struct daemon *d, enum sl_open how, struct sl_error *x)
{
	int err = change_open(c, d->instance, how, x);

	if (!err && *c->repaired)
		log_line(LOG_IS_NOTICE, "sluiced", "%s", c->repaired);
	return err;
}

static int refuse_unconfirmed(const char *instance, struct sl_error *x)
{
	struct unconfirmed u;
	int err = unconfirmed_look(instance, &u, x);

	if (!err && u.waits)
		err = sl_fail(x, EPERM, "%s is not confirmed yet: sluice confirm or sluice rollback first", u.what);
	return err;
}

static int commit(struct change *c, const struct daemon *d, struct sl_config *conf, struct sl_error *x)
{
	const struct notes notes = { note, (void *)d->file };
	bool changed = false;
	int err = refuse_unconfirmed(d->instance, x);

	if (!err)
		err = change_propose(c, conf, false, &notes, x);
	if (!err)
		err = change_commit(c, conf, &changed, x);
	if (!err)
		log_line(LOG_IS_NOTICE, d->file, "%s", changed ? "applied" : "nothing changed");
	return err;
}

int apply_run(const struct daemon *d)
{
	struct sl_config *conf = NULL;
	struct sl_error x = { "" };
	struct change c;
	int err, end;

	end = read_file(d->file, &conf);
	if (end)
		return end;
	err = open_change(&c, d, SL_OPEN_CREATE, &x);
	if (!err) {
		err = commit(&c, d, conf, &x);
		change_close(&c);
	}
	conf_free(conf);
	return say(d->file, err, &x);
}

int again_run(const struct daemon *d)
{
	struct sl_error x = { "" };
	bool changed = false;
	struct change c;
	int err;

	err = open_change(&c, d, SL_OPEN_CHANGE, &x);
	if (err)
		return say("what runs", err, &x);
	err = change_commit(&c, c.running, &changed, &x);
	if (!err && changed)
		log_line(LOG_IS_NOTICE, "what runs", "applied again");
	if (!err && !changed)	/* an apply does that too */
		err = sl_hops_hold(c.inst, &x);
	change_close(&c);
	return say("what runs", err, &x);
}
