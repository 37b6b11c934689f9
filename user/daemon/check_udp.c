// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Down is who answers an empty datagram with ICMP port unreachable, or whom nobody
 * can reach. Servers of most protocols say nothing to it, so silence is no failure.
 * Backends limit such errors to about one a second: there is no fast interval.
 */
#include <errno.h>

#include "check.h"

static void refused(struct check *c, int err)
{
	if (err == ECONNREFUSED)
		check_end(c, VERDICT_HARD, "port unreachable");
	else
		check_end_errno(c, err);
}

static void on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct check *c = arg;
	char octet;

	(void)what;
	if (recv(fd, &octet, sizeof(octet), MSG_TRUNC) >= 0)
		check_end(c, VERDICT_UP, "%s", "");
	else if (errno != EAGAIN)
		refused(c, errno);
}

static void start(struct check *c)
{
	if (!check_connect(c, SOCK_DGRAM, EV_READ | EV_PERSIST, on_answer))
		return;
	if (send(c->fd, "", 0, MSG_NOSIGNAL) < 0)
		refused(c, errno);
}

const struct check_type check_udp = {
	.start = start, .stop = check_socket_stop, .silence_is_up = true, .has_one_pace = true,
};
