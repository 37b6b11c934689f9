/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The whole list of checks, from control to health, as its socket has room. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "backends.h"

static struct {
	const struct backend_list *list;
	struct event *can_write;
	size_t next;		/* of the list */
	enum { BEGIN, CHECKS, END, TOLD } at;
} tell;

static int tell_one(int sock, const struct health_check *check)
{
	return send(sock, check, sizeof(*check), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static int tell_checks(int sock)
{
	int err = 0;

	while (!err && tell.next < tell.list->n) {
		const struct backend *b = &tell.list->backend[tell.next];
		struct health_check check = b->check;

		check.is_up = b->state.is_up;
		err = b->state.is_checked ? tell_one(sock, &check) : 0;
		tell.next += !err;
	}
	return err;
}

/* What stops it: no room, or a health that is gone, whose end is read elsewhere. */
static void on_can_write(evutil_socket_t sock, short what, void *arg)
{
	const struct health_check begin = { .kind = HEALTH_BEGIN }, end = { .kind = HEALTH_END };
	int err = 0;

	(void)what, (void)arg;
	while (!err && tell.at != TOLD) {
		err = tell.at == BEGIN ? tell_one(sock, &begin) :
			tell.at == CHECKS ? tell_checks(sock) : tell_one(sock, &end);
		tell.at += !err;
	}
	if (err == -EAGAIN)
		event_add(tell.can_write, NULL);
}

void tell_all(void)
{
	tell.at = BEGIN;
	tell.next = 0;
	if (tell.can_write)
		event_add(tell.can_write, NULL);
}

int tell_connect(struct event_base *loop, int sock, const struct backend_list *list)
{
	tell_disconnect();
	tell.list = list;
	tell.can_write = event_new(loop, sock, EV_WRITE, on_can_write, NULL);
	if (!tell.can_write)
		return -ENOMEM;
	tell_all();
	return 0;
}

void tell_disconnect(void)
{
	if (tell.can_write)
		event_free(tell.can_write);
	tell.can_write = NULL;
}
