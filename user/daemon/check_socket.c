// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sockets of probes, and what their errors mean to people. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static const struct {
	int err;
	bool ours;
	const char *text;
} errors[] = {
	{ ECONNREFUSED, false, "connection refused" },
	{ ECONNRESET, false, "connection reset" },
	{ EHOSTUNREACH, false, "no route to host" },
	{ ENETUNREACH, false, "network is unreachable" },
	{ ENETDOWN, false, "network is down" },
	{ EHOSTDOWN, false, "host is down" },
	{ ETIMEDOUT, false, "connection timed out" },
	{ EPIPE, false, "connection closed" },
	{ ENOPROTOOPT, false, "protocol unreachable" },
	{ EMFILE, true, "not asked: too many open files" },
	{ ENFILE, true, "not asked: too many open files" },
	{ ENOMEM, true, "not asked: no memory" },
	{ ENOBUFS, true, "not asked: no memory" },
	{ EAGAIN, true, "not asked: no resources" },
	{ EADDRNOTAVAIL, true, "not asked: no local port or address" },
	{ EPERM, true, "not asked: not permitted here" },
	{ EACCES, true, "not asked: not permitted here" },
};

enum { N_ERRORS = sizeof(errors) / sizeof(*errors) };

const char *check_errno_text(int err)
{
	for (size_t i = 0; i < N_ERRORS; i++)
		if (errors[i].err == err)
			return errors[i].text;
	return strerror(err);
}

bool check_errno_is_ours(int err)
{
	for (size_t i = 0; i < N_ERRORS; i++)
		if (errors[i].err == err)
			return errors[i].ours;
	return false;
}

void check_end_errno(struct check *c, int err)
{
	check_end(c, check_errno_is_ours(err) ? VERDICT_NONE : VERDICT_HARD, "%s",
		  check_errno_text(err));
}

socklen_t check_address(const struct health_check *asked, struct sockaddr_storage *to)
{
	struct sockaddr_in *four = (struct sockaddr_in *)to;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	if (asked->addr.family == 6) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(asked->port);
		memcpy(&six->sin6_addr, asked->addr.octet, sizeof(six->sin6_addr));
		return sizeof(*six);
	}
	four->sin_family = AF_INET;
	four->sin_port = htons(asked->port);
	memcpy(&four->sin_addr, asked->addr.octet, sizeof(four->sin_addr));
	return sizeof(*four);
}

/* A connection is reset in the end: its port need not wait. */
int check_socket(const struct health_check *asked, int type)
{
	static const struct linger reset = { .l_onoff = 1 };
	int fd, err;

	fd = socket(asked->addr.family == 6 ? AF_INET6 : AF_INET,
		    type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (asked->mark &&
	    setsockopt(fd, SOL_SOCKET, SO_MARK, &asked->mark, sizeof(asked->mark))) {
		err = -errno;
		close(fd);
		return err;
	}
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	return fd;
}

bool check_connect(struct check *c, int type, short what, event_callback_fn ready)
{
	struct sockaddr_storage to;
	socklen_t length = check_address(&c->asked, &to);
	int fd = check_socket(&c->asked, type);

	if (fd < 0) {
		check_end_errno(c, -fd);
		return false;
	}
	c->fd = fd;
	event_assign(&c->io, c->loop, fd, what, ready, c);
	if (connect(fd, (struct sockaddr *)&to, length) && errno != EINPROGRESS) {
		check_end_errno(c, errno);
		return false;
	}
	event_add(&c->io, NULL);
	return true;
}

void check_socket_stop(struct check *c)
{
	if (c->fd < 0)
		return;
	event_del(&c->io);
	close(c->fd);
	c->fd = -1;
}
