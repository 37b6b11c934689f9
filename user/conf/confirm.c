/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An apply that waits for `confirm`, and how it is taken back. */
#include "confirm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>

#include <sluice/scope.h>

#include "kept.h"
#include "store.h"

#define UNCONFIRMED "unconfirmed.yaml"
#define HEAD_SCAN "# until %" SCNu64 " digest %" SCNx64 " of %255[^\n]"
#define HEAD_PRINT "# until %" PRIu64 " digest %" PRIx64 " of %s\n"

uint64_t boot_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static struct path path_of(const struct change *c, const char *file)
{
	return path_in(sl_run_dir(c->inst), file);
}

/* ---- looking -------------------------------------------------------------- */

static uint64_t read_head(const char *text, struct unconfirmed *u)
{
	uint64_t until = 0;

	if (sscanf(text, HEAD_SCAN, &until, &u->digest, u->what) != 3)
		snprintf(u->what, sizeof(u->what), "something");
	u->left_ms = (int64_t)(until - boot_ms());
	u->waits = true;
	return until;
}

static bool is_locked(const char *path)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
}

int unconfirmed_look(const char *instance, struct unconfirmed *u,
		     struct sl_error *x)
{
	struct path path = path_run(instance, UNCONFIRMED);
	autofree char *text = NULL;
	int err;

	memset(u, 0, sizeof(*u));
	err = text_read(path.text, &text, x);
	if (err)
		return err == -ENOENT ? 0 : err;
	read_head(text, u);
	u->watched = is_locked(path.text);
	return 0;
}

bool rolled_back_look(const char *instance, char what[256], uint64_t *ago_ms)
{
	struct path path = path_run(instance, ROLLED_BACK);
	struct unconfirmed u = { 0 };
	autofree char *text = NULL;

	if (text_read(path.text, &text, NULL))
		return false;
	read_head(text, &u);
	memcpy(what, u.what, sizeof(u.what));
	*ago_ms = u.left_ms < 0 ? (uint64_t)-u.left_ms : 0;
	return true;
}

/* ---- arming --------------------------------------------------------------- */

/* What ran before: nothing is an empty configuration. */
static int text_before(struct change *c, char **text, struct sl_error *x)
{
	if (c->lost)
		return sl_fail(x, EINVAL, "instance: %s/running.yaml is missing: nothing to go back to: apply without --confirm", sl_run_dir(c->inst));
	if (c->running_text)
		*text = strdup(c->running_text);
	else if (!conf_seed_settle(c->running, c->running))
		*text = conf_emit(c->running, 0);
	return *text ? 0 : sl_fail(x, ENOMEM, "no memory for the configuration");
}

static int write_before(struct change *c, const char *what, uint64_t for_ms,
			struct sl_error *x)
{
	const char *next = c->next_text;
	autofree char *before = NULL, *text = NULL;
	char name[256];
	int err;

	err = text_before(c, &before, x);
	if (err)
		return err;
	snprintf(name, sizeof(name), "%s", what);
	for (char *s = name; *s; s++)
		if (*s == '\n')
			*s = '?';
	if (asprintf(&text, HEAD_PRINT "%s", boot_ms() + for_ms,
		     sl_digest(next, strlen(next)), name, before) < 0) {
		text = NULL;
		return sl_fail(x, ENOMEM, "no memory for the configuration");
	}
	return text_write(path_of(c, UNCONFIRMED).text, text, x);
}

int unconfirmed_arm(struct change *c, const struct sl_config *conf,
		    const char *what, uint64_t for_ms, int *fd,
		    struct sl_error *x)
{
	struct path path = path_of(c, UNCONFIRMED);
	int held, err;

	err = kept_write(c, conf, x);
	if (!err)
		err = write_before(c, what, for_ms, x);
	if (err)
		goto undo;
	held = open(path.text, O_RDONLY | O_CLOEXEC);
	if (held < 0 || flock(held, LOCK_EX)) {
		err = sl_fail_errno(x, "%s", path.text);
		if (held >= 0)
			close(held);
		goto undo;
	}
	*fd = held;
	return 0;
undo:
	unconfirmed_drop(c);
	return err;
}

/* ---- ending --------------------------------------------------------------- */

void unconfirmed_drop(struct change *c)
{
	unlink(path_of(c, UNCONFIRMED).text);
	kept_remove(c);
}

void unconfirmed_tidy(struct change *c)
{
	if (!access(path_of(c, UNCONFIRMED).text, F_OK))
		return;
	unlink(path_of(c, UNCONFIRMED ".new").text);
	kept_remove(c);
}

void unconfirmed_forget(struct change *c, uint64_t digest)
{
	struct path path = path_of(c, UNCONFIRMED);
	struct unconfirmed u = { 0 };
	autofree char *text = NULL;
	const char *before;

	if (text_read(path.text, &text, NULL))
		return;
	read_head(text, &u);
	before = strchr(text, '\n');
	if (u.digest == digest && before &&
	    (!c->running_text || !strcmp(before + 1, c->running_text)))
		unconfirmed_drop(c);
}

/* As it is written but for the time, which becomes now. */
static void tell(struct change *c, const struct unconfirmed *u)
{
	char line[512];

	snprintf(line, sizeof(line), HEAD_PRINT, boot_ms(), u->digest, u->what);
	text_write(path_of(c, ROLLED_BACK).text, line, NULL);
}

static void add_name(char gone[256], const char *name)
{
	size_t used = strlen(gone);

	snprintf(gone + used, 256 - used, "%s%s", used ? ", " : "", name);
}

/* An interface that went meanwhile must not keep the rest from coming back. What
 * a rule sends there is dropped: that is what becomes of it as it is. */
static void leave_out_gone(struct sl_config *conf, char gone[256])
{
	*gone = 0;
	for (size_t i = conf->n_interfaces; i--;) {
		const struct sl_interface_conf was = conf->interfaces[i];

		if (if_nametoindex(was.name))
			continue;
		add_name(gone, was.name);
		conf_interface_del(conf, was.name);
	}
	for (size_t i = 0; i < conf->filter.n_rules; i++) {
		struct sl_rule_conf *rule = &conf->filter.rules[i];

		if (rule->action != SL_DO_REDIRECT || if_nametoindex(rule->target))
			continue;
		add_name(gone, rule->target);
		rule->action = SL_DO_DROP;
		rule->target = NULL;
	}
}

int unconfirmed_roll_back(struct change *c, bool late, char gone[256],
			  struct sl_error *x)
{
	struct path path = path_of(c, UNCONFIRMED);
	struct sl_config *conf = NULL;
	struct unconfirmed u = { 0 };
	autofree char *text = NULL;
	bool changed;
	int err;

	err = stored_read(path.text, &text, &conf, x);
	if (err)
		return err;
	leave_out_gone(conf, gone);
	err = kept_read(c, conf, x);
	if (!err)
		err = change_commit(c, conf, &changed, x);
	if (!err)
		err = kept_expire(c, conf, x);
	conf_free(conf);
	if (err)
		return err;
	read_head(text, &u);
	unconfirmed_drop(c);
	if (late)
		tell(c, &u);
	return 0;
}

/* ---- waiting -------------------------------------------------------------- */

bool unconfirmed_is(int fd, const char *instance)
{
	struct path path = path_run(instance, UNCONFIRMED);
	struct stat held, named;

	return !fstat(fd, &held) && !stat(path.text, &named) &&
	       held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

static uint64_t deadline(int fd)
{
	struct unconfirmed u = { 0 };
	char text[512];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = 0;
	return read_head(text, &u);
}

static int timer_at(uint64_t ms)
{
	struct itimerspec at = {
		.it_value = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 },
	};
	int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);

	if (fd >= 0)
		timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL);
	return fd;
}

static int watch(const char *instance)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd >= 0)
		inotify_add_watch(fd, path_run(instance, "").text,
				  IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM |
					  IN_DELETE_SELF);
	return fd;
}

bool unconfirmed_wait(int fd, const char *instance)
{
	uint64_t until = deadline(fd);
	autoclose int timer = timer_at(until), events = watch(instance);
	struct pollfd on[] = {
		{ .fd = timer, .events = POLLIN },
		{ .fd = events, .events = POLLIN },
	};
	char seen[4096];

	while (unconfirmed_is(fd, instance)) {
		uint64_t now = boot_ms();

		if (now >= until)
			return true;
		/* without either descriptor the time is looked at */
		poll(on, 2, timer >= 0 && events >= 0 ? -1 : 200);
		while (events >= 0 && read(events, seen, sizeof(seen)) > 0)
			continue;
	}
	return false;
}
