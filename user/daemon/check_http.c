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

static void end_status(struct check *c, long status)
{
	if (status >= c->asked.expect_low && status <= c->asked.expect_high)
		check_end(c, VERDICT_UP, "%s", "");
	else
		check_end(c, VERDICT_SOFT, "status %ld", status);
}

static const char *default_host(const struct health_check *asked, char text[INET6_ADDRSTRLEN + 16])
{
	bool is_six = asked->addr.family == 6;
	char address[INET6_ADDRSTRLEN];

	inet_ntop(is_six ? AF_INET6 : AF_INET, asked->addr.octet, address, sizeof(address));
	snprintf(text, INET6_ADDRSTRLEN + 16, is_six ? "[%s]:%u" : "%s:%u", address, asked->port);
	return text;
}

int check_request(const struct health_check *asked, const char *connection,
		  char request[CHECK_REQUEST])
{
	char host[INET6_ADDRSTRLEN + 16];

	return snprintf(request, CHECK_REQUEST,
			"GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: sluiced\r\nAccept: */*\r\nConnection: %s\r\n\r\n",
			asked->text, *asked->host ? asked->host : default_host(asked, host), connection);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Of as much as there is: may it become a line with a status? */
static bool is_http(const char *line, size_t n)
{
	static const char begin[] = "HTTP/1.";

	if (strncmp(line, begin, n < sizeof(begin) - 1 ? n : sizeof(begin) - 1))
		return false;
	return n < CHECK_LINE || (line[8] == ' ' && is_digit(line[9]) && is_digit(line[10]) && is_digit(line[11]));
}

void check_end_line(struct check *c, const char *line)
{
	char digits[4] = "";

	if (!is_http(line, CHECK_LINE)) {
		check_end(c, VERDICT_HARD, "answer is not HTTP");
		return;
	}
	memcpy(digits, line + CHECK_LINE - 3, 3);
	end_status(c, strtol(digits, NULL, 10));
}

static bool has_hung_up(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLRDHUP };

	return poll(&poller, 1, 0) > 0;
}

/* c->probe is not NULL once the request is sent. */
static bool is_sent(const struct check *c)
{
	return c->probe;
}

/* It is far smaller than a socket's room: sent whole, or not at all. */
static void send_request(struct check *c)
{
	char request[CHECK_REQUEST];
	int n = check_request(&c->asked, "close", request);

	if (send(c->fd, request, (size_t)n, MSG_NOSIGNAL) == n)
		c->probe = c;
	else if (errno != EAGAIN)
		check_end_errno(c, errno);
}

/* The line is left where it is until all of what matters has come. */
static void take_answer(struct check *c)
{
	char line[CHECK_LINE + 1] = "";
	ssize_t n = recv(c->fd, line, CHECK_LINE, MSG_PEEK);
	bool is_all = n == CHECK_LINE;

	if (n > 0 && !is_all && has_hung_up(c->fd)) {
		n = recv(c->fd, line, CHECK_LINE, MSG_PEEK);
		is_all = true;
	}
	if (n < 0 && errno != EAGAIN)
		check_end_errno(c, errno);
	else if (!n)
		check_end(c, VERDICT_HARD, "closed without an answer");
	else if (n > 0 && (is_all ? n < CHECK_LINE : !is_http(line, (size_t)n)))
		check_end(c, VERDICT_HARD, "answer is not HTTP");
	else if (is_all)
		check_end_line(c, line);
}

/* What became of connecting, send() tells. */
static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct check *c = arg;

	(void)fd;
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
