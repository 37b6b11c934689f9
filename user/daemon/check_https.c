// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* As check_http.c, through TLS. libcurl asks, in our loop. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "check.h"

enum { URL_MAX = 2 * CHECK_TEXT + 64, TEXT_MAX = CHECK_TEXT + 64 };

struct request {
	CURL *easy;
	struct curl_slist *headers, *connect_to;
	struct request *next;		/* of those at rest */
	char error[CURL_ERROR_SIZE];
	int socket_err;			/* why it got no socket, errno */
};

static struct event_base *loop;
static CURLM *multi;
static struct event timer;
static struct request *at_rest;		/* they are dear to make */

/* ---- results ---------------------------------------------------------- */

/* The errno that libcurl keeps is of its last use, unless these are the codes. */
static int errno_of(const struct request *q, CURLcode code)
{
	long err = 0;

	if (q->socket_err)
		return q->socket_err;
	if (code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR)
		curl_easy_getinfo(q->easy, CURLINFO_OS_ERRNO, &err);
	return (int)err;
}

/* What OpenSSL says, without where: "error:0A00010B:SSL routines::wrong version number" */
static void judge_tls(struct check *c, const struct request *q)
{
	const char *at = strrchr(q->error, ':');

	if (at)
		at++;
	else
		at = *q->error ? q->error : "no handshake";
	check_end(c, VERDICT_HARD, "TLS: %.100s", at);
}

static void judge_failure(struct check *c, const struct request *q, CURLcode code)
{
	int err = errno_of(q, code);

	if (err)
		check_end_errno(c, err);
	else if (code == CURLE_SSL_CONNECT_ERROR)
		judge_tls(c, q);
	else if (code == CURLE_GOT_NOTHING)
		check_end(c, VERDICT_HARD, "closed without an answer");
	else if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY)
		check_end(c, VERDICT_HARD, "answer is not HTTP");
	else
		check_end(c, VERDICT_HARD, "%s", curl_easy_strerror(code));
}

/* We end it ourselves at its first line, see take_line(): whether the rest comes, and
 * how a server hangs up, does not matter. */
static void finish(struct check *c, CURLcode code)
{
	struct request *q = c->probe;
	long status = 0;

	curl_easy_getinfo(q->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status && (code == CURLE_OK || code == CURLE_WRITE_ERROR))
		check_end_status(c, status);
	else
		judge_failure(c, q, code);
}

static void take_results(void)
{
	struct check *c = NULL;
	CURLMsg *message;
	CURLcode code;
	int left;

	while ((message = curl_multi_info_read(multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		code = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &c);
		finish(c, code);
	}
}

/* ---- libcurl in the loop ---------------------------------------------- */

static void on_socket_ready(evutil_socket_t fd, short what, void *arg)
{
	int running, how = 0;

	(void)arg;
	if (what & EV_READ)
		how |= CURL_CSELECT_IN;
	if (what & EV_WRITE)
		how |= CURL_CSELECT_OUT;
	curl_multi_socket_action(multi, fd, how, &running);
	take_results();
}

static int wait_for_socket(CURL *easy, curl_socket_t fd, int what, void *unused, void *of_socket)
{
	struct event *waits = of_socket;
	short how = EV_PERSIST;

	(void)easy, (void)unused;
	if (waits)
		event_free(waits);
	waits = NULL;
	if (what & CURL_POLL_IN)
		how |= EV_READ;
	if (what & CURL_POLL_OUT)
		how |= EV_WRITE;
	if (what != CURL_POLL_REMOVE)
		waits = event_new(loop, fd, how, on_socket_ready, NULL);
	if (waits)
		event_add(waits, NULL);
	curl_multi_assign(multi, fd, waits);
	return 0;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	int running;

	(void)fd, (void)what, (void)arg;
	curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
	take_results();
}

static int wait_for_time(CURLM *of, long ms, void *unused)
{
	struct timeval in = { ms / 1000, ms % 1000 * 1000 };

	(void)of, (void)unused;
	if (ms < 0)
		evtimer_del(&timer);
	else
		evtimer_add(&timer, &in);
	return 0;
}

/* All checks are in one loop, so there is one of libcurl's. */
static bool is_open(const struct check *c)
{
	if (multi)
		return true;
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return false;
	multi = curl_multi_init();
	if (!multi)
		return false;
	loop = c->loop;
	evtimer_assign(&timer, loop, on_timer, NULL);
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, wait_for_socket);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, wait_for_time);
	return true;
}

/* ---- requests --------------------------------------------------------- */

/* The status is known: no more of it is taken. */
static size_t take_line(char *octets, size_t size, size_t n, void *arg)
{
	(void)octets, (void)size, (void)n, (void)arg;
	return 0;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct check *c = arg;
	struct request *q = c->probe;
	int fd = check_socket(&c->asked, SOCK_STREAM);

	(void)purpose, (void)to;
	if (fd >= 0)
		return fd;
	q->socket_err = -fd;
	return CURL_SOCKET_BAD;
}

/* What is the same for all. No redirect, no proxy, no verification, no reuse. */
static void set_manners(struct request *q)
{
	CURL *easy = q->easy;

	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "sluiced");
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, q->error);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_line);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_line);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
}

static struct request *request_get(void)
{
	struct request *q = at_rest;

	if (q) {
		at_rest = q->next;
		return q;
	}
	q = calloc(1, sizeof(*q));
	if (!q)
		return NULL;
	q->easy = curl_easy_init();
	if (!q->easy) {
		free(q);
		return NULL;
	}
	set_manners(q);
	return q;
}

/* A name that SNI can say: no address, and without a port behind it. */
static bool server_name(const struct health_check *asked, char name[CHECK_TEXT])
{
	struct in_addr four;

	snprintf(name, CHECK_TEXT, "%.*s", (int)strcspn(asked->host, ":"), asked->host);
	return *name && *name != '[' && inet_pton(AF_INET, name, &four) != 1;
}

/* The connection is to the backend, whatever name the request has. */
static void set_target(struct request *q, const struct health_check *asked)
{
	bool is_six = asked->addr.family == 6;
	char address[INET6_ADDRSTRLEN], where[INET6_ADDRSTRLEN + 2], line[TEXT_MAX];
	char name[CHECK_TEXT], url[URL_MAX];

	inet_ntop(is_six ? AF_INET6 : AF_INET, asked->addr.octet, address, sizeof(address));
	snprintf(where, sizeof(where), is_six ? "[%s]" : "%s", address);
	q->headers = curl_slist_append(NULL, "Connection: close");
	if (*asked->host) {
		snprintf(line, sizeof(line), "Host: %s", asked->host);
		q->headers = curl_slist_append(q->headers, line);
	}
	if (server_name(asked, name)) {
		snprintf(line, sizeof(line), "::%s:%u", where, asked->port);
		q->connect_to = curl_slist_append(NULL, line);
		snprintf(url, sizeof(url), "https://%s:%u%s", name, asked->port, asked->text);
	} else {
		snprintf(url, sizeof(url), "https://%s:%u%s", where, asked->port, asked->text);
	}
	curl_easy_setopt(q->easy, CURLOPT_URL, url);
	curl_easy_setopt(q->easy, CURLOPT_HTTPHEADER, q->headers);
	curl_easy_setopt(q->easy, CURLOPT_CONNECT_TO, q->connect_to);
}

static void start(struct check *c)
{
	struct request *q = is_open(c) ? request_get() : NULL;

	if (!q) {
		check_end_errno(c, ENOMEM);
		return;
	}
	q->socket_err = 0;
	*q->error = '\0';
	c->probe = q;
	set_target(q, &c->asked);
	curl_easy_setopt(q->easy, CURLOPT_PRIVATE, c);
	curl_easy_setopt(q->easy, CURLOPT_OPENSOCKETDATA, c);
	curl_multi_add_handle(multi, q->easy);
}

static void stop(struct check *c)
{
	struct request *q = c->probe;

	if (!q)
		return;
	c->probe = NULL;
	curl_multi_remove_handle(multi, q->easy);
	curl_slist_free_all(q->headers);
	curl_slist_free_all(q->connect_to);
	q->headers = q->connect_to = NULL;
	q->next = at_rest;
	at_rest = q;
}

const struct check_type check_https = { .start = start, .stop = stop };
