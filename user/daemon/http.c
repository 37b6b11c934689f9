// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A server of a few pages over libevent: those who connect, and what they get. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

#include "../conf/conf.h"
#include "http.h"
#include "listen.h"
#include "request.h"

/* A page as it was made last; freed with its last reader. */
struct made {
	struct sheet text;
	int status, refs;
	uint64_t at_ms;
};

enum state { QUIET, ASKING, ANSWERING };

enum { WRITE_MAX = 1 << 20 };	/* octets at once: libevent's 16 KiB are slow */

struct client {
	TAILQ_ENTRY(client) link;
	struct http *http;
	struct bufferevent *io;
	struct event *deadline;
	enum state state;
	bool stays;
	size_t waiting;			/* octets of its answer */
};

TAILQ_HEAD(clients, client);

struct http {
	struct event_base *loop;
	struct evconnlistener *listener;
	const struct http_page *pages;
	size_t n_pages, n_clients, queued;
	struct made **made;		/* by page */
	struct clients clients;		/* the one whose state is oldest first */
	void *arg;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- pages ------------------------------------------------------------ */

static void made_drop(struct made *m)
{
	if (!m || --m->refs)
		return;
	sheet_free(&m->text);
	free(m);
}

static void made_sent(const void *text, size_t n, void *arg)
{
	(void)text, (void)n;
	made_drop(arg);
}

/* Fresh enough, or made anew; NULL: no memory. The table keeps a reference. */
static struct made *made_get(struct http *h, size_t page)
{
	struct made *m = h->made[page];

	if (m && now_ms() - m->at_ms < HTTP_FRESH_MS)
		return m;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->refs = 1;
	m->status = h->pages[page].make(h->arg, &m->text);
	m->at_ms = now_ms();
	if (m->text.failed) {
		made_drop(m);
		return NULL;
	}
	made_drop(h->made[page]);
	h->made[page] = m;
	return m;
}

/* ---- clients ---------------------------------------------------------- */

static void client_close(struct client *c)
{
	struct http *h = c->http;

	TAILQ_REMOVE(&h->clients, c, link);
	h->n_clients--;
	h->queued -= c->waiting;
	bufferevent_free(c->io);
	event_free(c->deadline);
	free(c);
}

static void client_is(struct client *c, enum state state)
{
	static const time_t seconds[] = {
		[QUIET] = HTTP_QUIET_S, [ASKING] = HTTP_REQUEST_S,
		[ANSWERING] = HTTP_ANSWER_S,
	};
	struct timeval until = { .tv_sec = seconds[state] };

	c->state = state;
	evtimer_add(c->deadline, &until);
	TAILQ_REMOVE(&c->http->clients, c, link);
	TAILQ_INSERT_TAIL(&c->http->clients, c, link);
}

/* Somebody must go: who has asked for nothing for the longest, else the oldest. */
static void make_room(struct http *h)
{
	struct client *c;

	TAILQ_FOREACH(c, &h->clients, link)
		if (c->state != ANSWERING)
			break;
	if (!c)
		c = TAILQ_FIRST(&h->clients);
	if (c)
		client_close(c);
}

static void make_room_in_queue(struct http *h, const struct client *but)
{
	struct client *c = TAILQ_FIRST(&h->clients), *next;

	for (; c && h->queued > HTTP_QUEUE_MAX; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c != but && c->state == ANSWERING)
			client_close(c);
	}
}

/* ---- answers ---------------------------------------------------------- */

static void add_head(struct evbuffer *out, int status, const char *type,
		     size_t n, bool stays, bool lasts)
{
	evbuffer_add_printf(out,
		"HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
		"Cache-Control: %s\r\nX-Content-Type-Options: nosniff\r\n"
		"Referrer-Policy: no-referrer\r\nContent-Security-Policy: "
		"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n%s%s\r\n",
		status, request_status_text(status), type, n,
		lasts ? "max-age=3600" : "no-store",
		status == 405 ? "Allow: GET, HEAD\r\n" : "",
		stays ? "" : "Connection: close\r\n");
}

static void answer_plain(struct client *c, const struct request *r, int status)
{
	struct evbuffer *out = bufferevent_get_output(c->io);
	char text[64];
	int n = snprintf(text, sizeof(text), "%s\n", request_status_text(status));

	c->stays = r->stays;
	add_head(out, status, "text/plain", (size_t)n, c->stays, false);
	if (!r->is_head)
		evbuffer_add(out, text, (size_t)n);
}

static void answer_page(struct client *c, const struct request *r, size_t page)
{
	struct evbuffer *out = bufferevent_get_output(c->io);
	const struct http_page *p = &c->http->pages[page];
	struct made *m = made_get(c->http, page);

	if (!m) {
		answer_plain(c, r, 500);
		return;
	}
	c->stays = r->stays;
	add_head(out, m->status, p->type, m->text.n, c->stays, p->lasts);
	if (r->is_head || !m->text.n)
		return;
	m->refs++;
	if (evbuffer_add_reference(out, m->text.s, m->text.n, made_sent, m))
		made_drop(m);
	c->waiting = m->text.n;
	c->http->queued += c->waiting;
	make_room_in_queue(c->http, c);
}

static void answer(struct client *c, const struct request *r)
{
	size_t i;

	client_is(c, ANSWERING);
	bufferevent_disable(c->io, EV_READ);
	if (r->status != 200) {
		answer_plain(c, r, r->status);
		return;
	}
	for (i = 0; i < c->http->n_pages; i++)
		if (!strcmp(c->http->pages[i].path, r->path)) {
			answer_page(c, r, i);
			return;
		}
	answer_plain(c, r, 404);
}

/* ---- what happens to a connection ------------------------------------- */

static void on_read(struct bufferevent *io, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(io);
	size_t length = evbuffer_get_length(in), n;
	struct client *c = arg;
	struct request r;

	if (c->state == ANSWERING || !length)
		return;
	if (c->state == QUIET)
		client_is(c, ASKING);
	n = request_read((const char *)evbuffer_pullup(in, -1), length, &r);
	if (!n)
		return;
	evbuffer_drain(in, n);
	answer(c, &r);
}

/* All of an answer is on its way. */
static void on_written(struct bufferevent *io, void *arg)
{
	struct client *c = arg;

	if (c->state != ANSWERING)
		return;
	c->http->queued -= c->waiting;
	c->waiting = 0;
	if (!c->stays) {
		client_close(c);
		return;
	}
	client_is(c, QUIET);
	bufferevent_enable(io, EV_READ);
	bufferevent_trigger(io, EV_READ, BEV_TRIG_DEFER_CALLBACKS);
}

static void on_end(struct bufferevent *io, short what, void *arg)
{
	(void)io, (void)what;
	client_close(arg);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	client_close(arg);
}

static void on_connect(struct evconnlistener *listener, evutil_socket_t fd,
		       struct sockaddr *from, int length, void *arg)
{
	struct http *h = arg;
	struct client *c;

	(void)listener, (void)from, (void)length;
	if (h->n_clients == HTTP_CLIENTS)
		make_room(h);
	c = calloc(1, sizeof(*c));
	if (c)
		c->io = bufferevent_socket_new(h->loop, fd, BEV_OPT_CLOSE_ON_FREE);
	if (c && c->io)
		c->deadline = evtimer_new(h->loop, on_deadline, c);
	if (!c || !c->deadline) {
		if (c && c->io)
			bufferevent_free(c->io);
		else
			close(fd);
		free(c);
		return;
	}
	c->http = h;
	h->n_clients++;
	TAILQ_INSERT_TAIL(&h->clients, c, link);
	bufferevent_setcb(c->io, on_read, on_written, on_end, c);
	bufferevent_setwatermark(c->io, EV_READ, 0, REQUEST_MAX);
	bufferevent_set_max_single_write(c->io, WRITE_MAX);
	bufferevent_enable(c->io, EV_READ | EV_WRITE);
	client_is(c, QUIET);
}

/* No descriptor is left. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	(void)listener;
	make_room(arg);
}

void http_close(struct http *h)
{
	struct client *c;

	if (!h)
		return;
	while ((c = TAILQ_FIRST(&h->clients)))
		client_close(c);
	for (size_t i = 0; h->made && i < h->n_pages; i++)
		made_drop(h->made[i]);
	if (h->listener)
		evconnlistener_free(h->listener);
	free(h->made);
	free(h);
}

/* Takes over fd, also when it fails. */
static int listen_on(struct http *h, int fd)
{
	h->made = calloc(h->n_pages, sizeof(struct made *));
	h->listener = evconnlistener_new(h->loop, on_connect, h,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (!h->listener)
		close(fd);
	if (!h->made || !h->listener)
		return -ENOMEM;
	evconnlistener_set_error_cb(h->listener, on_accept_error);
	return 0;
}

int http_open(struct http **http, struct event_base *loop,
	      const struct sl_listen *listen, const struct http_page *pages,
	      size_t n, void *arg, struct sl_error *x)
{
	int fd = listen_at(listen, x);
	struct http *h;

	if (fd < 0)
		return fd;
	h = calloc(1, sizeof(*h));
	if (!h) {
		close(fd);
		return sl_fail(x, ENOMEM, "metrics: no memory");
	}
	*h = (struct http){ .loop = loop, .pages = pages, .n_pages = n, .arg = arg };
	TAILQ_INIT(&h->clients);
	if (listen_on(h, fd)) {
		http_close(h);
		return sl_fail(x, ENOMEM, "metrics: no memory");
	}
	*http = h;
	return 0;
}
