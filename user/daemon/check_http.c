// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Up is who answers GET with a status that is expected. Of the answer the first line
 * is read and no more: that takes half the time that libcurl does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { REQUEST_MAX = 2 * CHECK_TEXT + 128, LINE_OCTETS = sizeof("HTTP/1.1 200") - 1 };

void check_end_status(struct check *c, long status)
{
	if (status >= c->asked.expect_low && status <= c->asked.expect_high)
		check_end(c, VERDICT_UP, "%s", "");
	else
		check_end(c, VERDICT_SOFT, "status %ld", status);
}

/* c->probe is not NULL once the request is sent. */
static bool is_sent(const struct check *c)
{
	return c->probe;
}

static const char *default_host(const struct health_check *asked, char text[INET6_ADDRSTRLEN + 16])
{
	bool is_six = asked->addr.family == 6;
	char address[INET6_ADDRSTRLEN];

	inet_ntop(is_six ? AF_INET6 : AF_INET, asked->addr.octet, address, sizeof(address));
	snprintf(text, INET6_ADDRSTRLEN + 16, is_six ? "[%s]:%u" : "%s:%u", address, asked->port);
	return text;
}

/* It is far smaller than a socket's room: sent whole, or not at all. */
static void send_request(struct check *c)
{
	char request[REQUEST_MAX], host[INET6_ADDRSTRLEN + 16];
	int n;

	n = snprintf(request, sizeof(request),
		     "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: sluiced\r\nAccept: */*\r\nConnection: close\r\n\r\n",
		     c->asked.text, *c->asked.host ? c->asked.host : default_host(&c->asked, host));
	if (send(c->fd, request, (size_t)n, MSG_NOSIGNAL) == n)
		c->probe = c;
	else if (errno != EAGAIN)
		check_end_errno(c, errno);
}

/* Of as much as there is: may it become a line with a status? */
static bool is_http(const char *line, size_t n)
{
	static const char begin[] = "HTTP/1.";

	if (strncmp(line, begin, n < sizeof(begin) - 1 ? n : sizeof(begin) - 1))
		return false;
	return n < LINE_OCTETS || (line[8] == ' ' && strspn(line + 9, "0123456789") == 3);
}

static bool has_hung_up(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLRDHUP };

	return poll(&poller, 1, 0) > 0;
}

/* The line is left where it is until all of what matters has come. */
static void take_answer(struct check *c)
{
	char line[LINE_OCTETS + 1] = "";
	ssize_t n = recv(c->fd, line, LINE_OCTETS, MSG_PEEK);
	bool is_all = n == LINE_OCTETS;

	if (n > 0 && !is_all && has_hung_up(c->fd)) {
		n = recv(c->fd, line, LINE_OCTETS, MSG_PEEK);
		is_all = true;
	}
	if (n < 0 && errno != EAGAIN)
		check_end_errno(c, errno);
	else if (!n)
		check_end(c, VERDICT_HARD, "closed without an answer");
	else if (n > 0 && (!is_http(line, (size_t)n) || (is_all && n < LINE_OCTETS)))
		check_end(c, VERDICT_HARD, "answer is not HTTP");
	else if (is_all)
		check_end_status(c, strtol(line + 9, NULL, 10));
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct check *c = arg;
	socklen_t length = sizeof(int);
	int err = 0;

	if (!is_sent(c) && getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &length))
		err = errno;
	if (err) {
		check_end_errno(c, err);
		return;
	}
	if (!is_sent(c))
		send_request(c);
	if (what & EV_READ && is_sent(c))
		take_answer(c);
}

static void start(struct check *c)
{
	check_connect(c, SOCK_STREAM, EV_READ | EV_WRITE | EV_ET | EV_PERSIST, on_ready);
}

static void stop(struct check *c)
{
	c->probe = NULL;
	check_socket_stop(c);
}

const struct check_type check_http = { .start = start, .stop = stop };
