// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The part of control that is looked at: metrics and the status page over HTTP. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "announce.h"
#include "http.h"
#include "log.h"
#include "page.h"
#include "prom.h"
#include "view.h"

enum { RETRY_S = 2 };

static struct {
	struct control *control;
	struct http *http;
	struct event *retry;		/* while somebody else has the address */
	struct sl_listen at;
	bool said;			/* that it does not listen, and why */
	uint32_t program;
	uint64_t swaps;
} metrics;

/* ---- what is served --------------------------------------------------- */

static void count_swaps(const struct view *v)
{
	uint32_t now = v->status ? v->status->prog_id : 0;

	metrics.swaps += metrics.program && now && now != metrics.program;
	metrics.program = now ? now : metrics.program;
}

/* As view_take(); what cannot be read is an empty view. */
static int take(struct view *v, struct sl_error *x)
{
	int err = view_take(metrics.control, v, x);

	if (!err && !v->status->prog_id)
		err = sl_fail(x, ENOENT, "instance %s: no program runs", metrics.control->instance);
	count_swaps(v);
	if (err) {
		view_drop(v);
		v->control = metrics.control;
	}
	return err;
}

static int make_metrics(void *arg, struct sheet *page)
{
	struct sl_error x;
	struct view v;
	struct prom_process p = {
		.runs = !take(&v, &x), .announce = announce_state(),
	};

	(void)arg;
	p.swaps = metrics.swaps;
	prom_write(page, &v, &p);
	view_drop(&v);
	return 200;
}

static int make_view(struct sheet *page, void (*write)(struct sheet *, const struct view *, const struct announce_state *))
{
	struct sl_error x;
	struct view v;

	take(&v, &x);
	write(page, &v, announce_state());
	view_drop(&v);
	return 200;
}

static int make_page(void *arg, struct sheet *page)
{
	(void)arg;
	return make_view(page, page_html);
}

static int make_json(void *arg, struct sheet *page)
{
	(void)arg;
	return make_view(page, page_json);
}

static int make_css(void *arg, struct sheet *page)
{
	(void)arg;
	page_css(page);
	return 200;
}

static int make_js(void *arg, struct sheet *page)
{
	(void)arg;
	page_js(page);
	return 200;
}

/* This process works. */
static int make_healthz(void *arg, struct sheet *page)
{
	(void)arg;
	sheet_add(page, "ok\n");
	return 200;
}

/* Packets are decided. */
static int make_readyz(void *arg, struct sheet *page)
{
	struct sl_error x = { "" };
	struct view v;
	int err = take(&v, &x);

	(void)arg;
	view_drop(&v);
	sheet_add(page, err ? x.text : "ok");
	sheet_add(page, "\n");
	return err ? 503 : 200;
}

static const char plain[] = "text/plain; charset=utf-8";

static const struct http_page pages[] = {
	{ "/metrics", "text/plain; version=0.0.4; charset=utf-8", make_metrics, false },
	{ "/healthz", plain, make_healthz, false },
	{ "/readyz", plain, make_readyz, false },
	{ "/status.json", "application/json", make_json, false },
	{ "/", "text/html; charset=utf-8", make_page, false },
	{ "/page.css", "text/css; charset=utf-8", make_css, true },
	{ "/page.js", "text/javascript; charset=utf-8", make_js, true },
};

/* ---- where ------------------------------------------------------------ */

static void open_again(void)
{
	struct timeval soon = { .tv_sec = RETRY_S };
	char text[CONF_LISTEN_TEXT];
	struct sl_error x;

	if (!http_open(&metrics.http, metrics.control->loop, &metrics.at, pages,
		       sizeof(pages) / sizeof(*pages), NULL, &x)) {
		log_line(LOG_IS_NOTICE, "metrics", "served at %s", conf_listen_text(&metrics.at, text));
		metrics.said = false;
		return;
	}
	if (!metrics.said)
		log_line(LOG_IS_ERROR, "metrics", "%s", x.text);
	metrics.said = true;
	evtimer_add(metrics.retry, &soon);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	open_again();
}

static void close_all(void)
{
	if (metrics.http && metrics.at.how == SL_LISTEN_UNIX)
		unlink(metrics.at.path);
	http_close(metrics.http);
	metrics.http = NULL;
	evtimer_del(metrics.retry);
	metrics.said = false;
}

/* Nothing was applied yet: as if it were an empty file. */
static struct sl_listen wanted(const struct sl_config *conf)
{
	struct sl_listen at = { .how = SL_LISTEN_OFF };
	struct sl_config *empty = NULL;

	if (conf)
		return conf->daemon.metrics;
	if (!conf_empty(&empty))
		at = empty->daemon.metrics;
	conf_free(empty);
	return at;
}

static int start(struct control *c, struct sl_error *x)
{
	metrics.control = c;
	metrics.retry = evtimer_new(c->loop, on_retry, NULL);
	return metrics.retry ? 0 : sl_fail(x, ENOMEM, "metrics: no memory");
}

static bool is_same(const struct sl_listen *a, const struct sl_listen *b)
{
	return a->how == b->how && a->port == b->port && !strcmp(a->path, b->path) &&
	       !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static void running(struct control *c)
{
	struct sl_listen at = wanted(c->conf);

	if (is_same(&at, &metrics.at))
		return;
	close_all();
	metrics.at = at;
	if (at.how != SL_LISTEN_OFF)
		open_again();
}

static void stop(struct control *c)
{
	(void)c;
	close_all();
	event_free(metrics.retry);
}

const struct part part_metrics = { "metrics", start, running, stop };
