/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What runs is applied again, by a child of the parent: asked for, once at a time. */
#include <errno.h>

#include "control.h"
#include "daemon.h"

enum { LEAST_S = 1, LAST_S = 64 };	/* from one's end to the next, if it fails longer */

static struct {
	struct control *control;
	struct event *rest;	/* pending: it is too early for another */
	bool awaited;		/* the child is at work */
	bool wanted;		/* once more, after the rest */
	unsigned wait_s;
} again;

static void ask(void)
{
	again.wanted = false;
	again.awaited = !word_send(again.control->parent, SAID_DO_AGAIN, 0, -1);
}

static void on_rested(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	if (again.wanted)
		ask();
}

void control_again(struct control *c)
{
	(void)c;
	if (again.awaited || event_pending(again.rest, EV_TIMEOUT, NULL))
		again.wanted = true;
	else
		ask();
}

void again_ended(int end)
{
	struct timeval rest = { 0 };

	again.awaited = false;
	if (!end || !again.wait_s)
		again.wait_s = LEAST_S;
	else if (again.wait_s < LAST_S)
		again.wait_s *= 2;
	rest.tv_sec = again.wait_s;
	event_add(again.rest, &rest);
}

int again_start(struct control *c, struct sl_error *x)
{
	again.control = c;
	again.rest = event_new(c->loop, -1, 0, on_rested, NULL);
	return again.rest ? 0 : sl_fail(x, ENOMEM, "no memory");
}

void again_stop(void)
{
	event_free(again.rest);
}
