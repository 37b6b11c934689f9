/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What runs, as running.yaml says it: read when a command has replaced it. */
#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <sluice/scope.h>

#include "../conf/store.h"
#include "control.h"
#include "log.h"

#define NAME "running.yaml"

static const struct timeval blind_step = { .tv_sec = 1 };

static struct {
	int fd;
	struct event *event, *look;
	bool is_blind;		/* the kernel does not tell: it is looked at each second */
	uint64_t refused;	/* the text that could not be understood last, 0 none */
	int failed;		/* how reading it failed last */
} watch = { .fd = -1 };

void running_look_soon(void)
{
	event_active(watch.look, EV_TIMEOUT, 0);
}

/* ---- being told ------------------------------------------------------------------ */

/* running.yaml itself, or the directory. */
static bool concerns(const struct control *c, const struct inotify_event *e)
{
	return !e->len || !strcmp(e->name, NAME) || !strcmp(e->name, c->instance);
}

static void on_change(evutil_socket_t fd, short what, void *arg)
{
	char room[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct control *c = arg;
	bool concerned = false;
	ssize_t n;

	(void)what;
	while ((n = read(fd, room, sizeof(room))) > 0)
		for (char *at = room; at < room + n;) {
			const struct inotify_event *e = (const void *)at;

			concerned |= concerns(c, e);
			at += sizeof(*e) + e->len;
		}
	if (concerned)
		running_look(c);
}

static int open_watch(struct control *c)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return -errno;
	watch.event = event_new(c->loop, fd, EV_READ | EV_PERSIST, on_change, c);
	if (!watch.event || event_add(watch.event, NULL)) {
		close(fd);
		return -ENOMEM;
	}
	watch.fd = fd;
	return 0;
}

/* The directory goes with a purge and comes with an apply, so that both it and the
 * one it lies in are watched. Watched already: nothing happens. */
static int watch_directories(struct control *c)
{
	int err = watch.fd < 0 ? open_watch(c) : 0;

	if (err)
		return err;
	if (inotify_add_watch(watch.fd, path_run("", "").text, IN_CREATE | IN_MOVED_TO) < 0)
		return -errno;
	if (inotify_add_watch(watch.fd, path_run(c->instance, "").text,
			      IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF) < 0 &&
	    errno != ENOENT)
		return -errno;
	return 0;
}

static const char *lack(int err)
{
	return err == -ENOSPC ? "no watch is left (fs.inotify.max_user_watches)" :
		err == -EMFILE ? "none is left (fs.inotify.max_user_instances)" : strerror(-err);
}

static void watch_or_look(struct control *c)
{
	int err = watch_directories(c);

	if (err && !watch.is_blind)
		log_line(LOG_IS_WARNING, "inotify", "%s: what runs is looked at each second", lack(err));
	watch.is_blind = err != 0;
	if (err)
		event_add(watch.look, &blind_step);
}

/* ---- looking ------------------------------------------------------------------------ */

static void replace(struct control *c, struct sl_config *conf, uint64_t digest)
{
	if (c->conf)
		conf_free(c->conf);
	c->conf = conf;
	c->digest = digest;
	control_changed(c);
}

/* Somebody asks for a look as long as it is not what the instance runs: what is wrong
 * is said once, and a text that is refused is not parsed again. */
static int understand(const char *path, const char *text, uint64_t digest, struct sl_config **conf, struct sl_error *x)
{
	int err;

	if (digest == watch.refused)
		return 0;
	err = stored_parse(path, text, conf, x);
	watch.refused = err == -EINVAL ? digest : 0;
	if (err)
		log_line(LOG_IS_ERROR, "sluiced", "%s", x->text);
	return err;
}

void running_look(struct control *c)
{
	struct path path = path_run(c->instance, NAME);
	autofree char *text = NULL;
	struct sl_config *conf = NULL;
	struct sl_error x = { "" };
	uint64_t digest;
	int err;

	watch_or_look(c);
	err = text_read(path.text, &text, &x);
	if (err && err != -ENOENT && err != watch.failed)
		log_line(LOG_IS_ERROR, "sluiced", "%s", x.text);
	watch.failed = err;
	if (err == -ENOENT && c->conf) {
		log_line(LOG_IS_NOTICE, "sluiced", "instance %s: nothing runs any more", c->instance);
		replace(c, NULL, 0);
	}
	digest = err ? 0 : sl_digest(text, strlen(text));
	if (!err && digest != c->digest)
		err = understand(path.text, text, digest, &conf, &x);
	if (!err && conf)
		replace(c, conf, digest);
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	running_look(arg);
}

int running_start(struct control *c, struct sl_error *x)
{
	watch.look = event_new(c->loop, -1, 0, on_look, c);
	return watch.look ? 0 : sl_fail(x, ENOMEM, "no memory");
}

void running_stop(struct control *c)
{
	if (watch.event)
		event_free(watch.event);
	event_free(watch.look);
	if (watch.fd >= 0)
		close(watch.fd);
	watch.event = NULL;
	watch.fd = -1;
	watch.is_blind = false;
	watch.refused = 0;
	watch.failed = 0;
	if (c->conf)
		conf_free(c->conf);
	c->conf = NULL;
}
