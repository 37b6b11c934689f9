/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The control process: no capability, one loop, and the parts in it. */
#include "control.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../conf/store.h"
#include "daemon.h"
#include "privilege.h"

/* ---- for the parts ------------------------------------------------------------ */

/* Somebody may have changed what runs, or have been killed at it. */
static int check_running(struct control *c, struct sl_instance *inst, struct sl_error *x)
{
	if (!access(path_run(c->instance, "next.yaml").text, F_OK)) {
		control_again(c);
		return sl_fail(x, EAGAIN, "instance %s: a killed command left something to repair", c->instance);
	}
	if (sl_running_digest(inst) == c->digest)
		return 0;
	running_look_soon();
	return sl_fail(x, EAGAIN, "instance %s: another configuration runs", c->instance);
}

int control_change(struct control *c, struct sl_instance **inst, struct sl_error *x)
{
	struct sl_instance *got = NULL;
	int err;

	if (!c->conf)
		return sl_fail(x, ENOENT, "instance %s: nothing runs", c->instance);
	err = sl_open(&got, c->instance, SL_OPEN_TRY, x);
	if (!err)
		err = check_running(c, got, x);
	if (err) {
		sl_close(got);
		return err;
	}
	sl_config_set(got, c->conf);
	*inst = got;
	return 0;
}

int control_read(struct control *c, struct sl_instance **inst, struct sl_error *x)
{
	struct sl_instance *got = NULL;
	int err = sl_open(&got, c->instance, SL_OPEN_READ, x);

	if (err)
		return err;
	if (c->conf && sl_running_digest(got) == c->digest)
		sl_config_set(got, c->conf);
	*inst = got;
	return 0;
}

void control_changed(struct control *c)
{
	for (size_t i = 0; control_parts[i]; i++)
		if (control_parts[i]->running)
			control_parts[i]->running(c);
}

/* ---- the parent ----------------------------------------------------------------- */

static void hear(struct control *c, const struct word *word, int fd)
{
	switch (word->said) {
	case SAID_HEALTH:
		if (fd >= 0)
			health_connect(c, fd);
		return;
	case SAID_PING:
		word_send(c->parent, SAID_PONG, 0, -1);
		break;
	case SAID_AGAIN:
		again_ended(word->value);
		running_look(c);
		control_changed(c);
		break;
	default:
		break;
	}
	if (fd >= 0)
		close(fd);
}

static void listen_to_parent(evutil_socket_t sock, short what, void *arg)
{
	struct control *c = arg;
	struct word word;
	int fd, got;

	(void)what;
	while ((got = word_get(sock, &word, &fd)) > 0)
		hear(c, &word, fd);
	if (got < 0)		/* it is gone, and so is what this is for */
		event_base_loopbreak(c->loop);
}

static void on_term(evutil_socket_t number, short what, void *arg)
{
	struct control *c = arg;

	(void)number, (void)what;
	event_base_loopbreak(c->loop);
}

/* ---- start and end ------------------------------------------------------------------ */

static int start_parts(struct control *c, struct sl_error *x)
{
	int err = running_start(c, x);

	if (!err)
		err = again_start(c, x);
	for (size_t i = 0; control_parts[i] && !err; i++)
		err = control_parts[i]->start ? control_parts[i]->start(c, x) : 0;
	return err;
}

static void stop_parts(struct control *c)
{
	for (size_t i = 0; control_parts[i]; i++)
		if (control_parts[i]->stop)
			control_parts[i]->stop(c);
	again_stop();
	running_stop(c);
}

static int run(struct control *c, struct sl_error *x)
{
	struct event *parent = event_new(c->loop, c->parent, EV_READ | EV_PERSIST, listen_to_parent, c);
	struct event *term = evsignal_new(c->loop, SIGTERM, on_term, c);
	int err;

	if (!parent || event_add(parent, NULL) || !term || event_add(term, NULL))
		return sl_fail(x, ENOMEM, "no memory");
	err = start_parts(c, x);
	if (err)
		return err;
	running_look(c);
	if (!c->conf)
		control_changed(c);
	word_send(c->parent, SAID_READY, 0, -1);
	event_base_dispatch(c->loop);
	stop_parts(c);
	event_free(parent);
	event_free(term);
	return 0;
}

int control_run(const struct daemon *d)
{
	struct control c = { .instance = d->instance, .parent = CHILD_SOCKET, .health = -1 };
	struct sl_error x = { "" };
	int err;

	sl_prepare();
	err = privilege_drop(&x);
	if (!err && chdir("/"))
		err = sl_fail_errno(&x, "/");
	c.loop = err ? NULL : event_base_new();
	if (!err && !c.loop)
		err = sl_fail(&x, ENOMEM, "no memory");
	if (!err)
		err = run(&c, &x);
	if (c.loop)
		event_base_free(c.loop);
	if (!err)
		return DAEMON_DONE;
	log_line(LOG_IS_ERROR, "control", "%s", x.text);
	return DAEMON_REFUSED;
}
