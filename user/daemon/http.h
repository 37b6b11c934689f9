/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A server of a few pages, for GET and HEAD. Whoever connects costs little: there
 * are at most HTTP_CLIENTS of them, the one that has been quiet for the longest
 * goes when one more comes; a request must be complete, and an answer be taken,
 * in time; a page is made once for all who ask within HTTP_FRESH_MS.
 */
#ifndef SLUICE_HTTP_H
#define SLUICE_HTTP_H

#include <event2/event.h>

#include <sluice/sluice.h>

#include "sheet.h"

enum {
	HTTP_CLIENTS = 128,
	HTTP_FRESH_MS = 500,
	HTTP_REQUEST_S = 10,		/* from its first octet to its last */
	HTTP_ANSWER_S = 30,		/* to take it all */
	HTTP_QUIET_S = 120,		/* between two requests */
	HTTP_QUEUE_MAX = 64 << 20,	/* octets that wait for slow readers */
};

struct http_page {
	const char *path, *type;
	/* Writes it and returns its status. */
	int (*make)(void *arg, struct sheet *page);
	bool lasts;			/* a browser may keep it */
};

struct http;

/* `pages` and `arg` must outlive it. -EADDRINUSE and so on: nobody listens. A
 * socket that a dead process left at a path is replaced. */
int http_open(struct http **http, struct event_base *loop, const struct sl_listen *listen, const struct http_page *pages, size_t n, void *arg, struct sl_error *x);
void http_close(struct http *http);	/* with all connections; NULL is fine */

#endif
