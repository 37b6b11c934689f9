// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Up is who accepts a connection. */
#include <errno.h>

#include "check.h"

static void on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct check *c = arg;
	socklen_t length = sizeof(int);
	int err = 0;

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &length))
		err = errno;
	if (err)
		check_end_errno(c, err);
	else
		check_end(c, VERDICT_UP, "%s", "");
}

static void start(struct check *c)
{
	check_connect(c, SOCK_STREAM, EV_WRITE, on_connected);
}

const struct check_type check_tcp = { .start = start, .stop = check_socket_stop };
