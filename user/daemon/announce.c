// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The part of control that announces service addresses: a file for BIRD, which is told. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sluice/scope.h>

#include "../conf/store.h"
#include "announce.h"
#include "bird.h"
#include "log.h"
#include "routes.h"

enum { LOOK_MS = 250, RETRY_LOOKS = 12, ATTACHED_LOOKS = 8 };

static struct {
	struct control *control;
	struct event *timer;
	struct announce_state state;
	struct sl_daemon_conf to;	/* include "": nobody was ever told */
	struct sheet file;		/* as it was written */
	struct stat written;
	struct bird *bird;
	unsigned looks, retry_at;
	bool said;			/* that it cannot be written, or that BIRD does not answer */
} announce;

const struct announce_state *announce_state(void)
{
	return &announce.state;
}

const char *announce_why_not(const struct announce_state *state)
{
	if (state->is_drained)
		return "the host is drained";
	return state->is_attached ? "nobody serves it" : "the program is on no interface";
}

static void complain(const char *about, const char *what)
{
	if (!announce.said)
		log_line(LOG_IS_WARNING, "announce", "%s: %s: tried again until it works", about, what);
	announce.said = true;
	announce.retry_at = announce.looks + RETRY_LOOKS;
}

/* ---- what is announced ------------------------------------------------ */

static bool is_drained(void)
{
	struct path p = path_run(announce.control->instance, RUN_DRAINED);

	return p.text[0] && !access(p.text, F_OK);
}

/* Does any packet reach the program? What cannot be read is as it was. */
static bool is_attached(struct control *c)
{
	struct sl_instance *inst = NULL;
	struct sl_error x;
	size_t n = announce.state.is_attached;
	int err = control_read(c, &inst, &x);

	if (!err)
		err = sl_attached(inst, &n, &x);
	sl_close(inst);
	return n && err != -ENOENT;
}

struct serving {
	const struct sl_config *conf;
	bool *pools;			/* that somebody serves, by their place */
	size_t pool, backend;
};

/* They come in the order of the configuration. */
static void note_backend(void *arg, const struct health_state *health)
{
	struct serving *s = arg;
	const struct sl_pool_conf *p;

	while (s->pool < s->conf->n_pools && s->backend == s->conf->pools[s->pool].n_backends) {
		s->pool++;
		s->backend = 0;
	}
	if (s->pool == s->conf->n_pools)
		return;
	p = &s->conf->pools[s->pool];
	s->pools[s->pool] |= announce_serves(p, &p->backends[s->backend++], health);
}

/* Which routes there should be now. */
static int look(struct announce_state *now)
{
	struct control *c = announce.control;
	struct serving s = { .conf = c->conf };
	autofree bool *pools = NULL;

	*now = (struct announce_state){
		.is_drained = is_drained(), .is_attached = announce.state.is_attached,
	};
	if (!c->conf || !c->conf->daemon.bird.include[0])
		return 0;
	now->is_on = true;
	pools = s.pools = calloc(c->conf->n_pools + 1, sizeof(*pools));
	if (!pools)
		return -ENOMEM;
	control_health(c, note_backend, &s);
	if (announce.looks % ATTACHED_LOOKS == 0)
		now->is_attached = is_attached(c);
	return routes_list(now, c->conf, pools, now->is_attached && !now->is_drained);
}

/* ---- telling of it ---------------------------------------------------- */

static void log_changes(const struct announce_state *now)
{
	const struct announce_state *was = &announce.state;

	for (size_t i = 0, j = 0; i < now->n; i++) {
		while (j < was->n && memcmp(&was->list[j].addr, &now->list[i].addr, sizeof(now->list[i].addr)) < 0)
			j++;
		if (now->list[i].is_out == (j < was->n && was->list[j].is_out &&
					    !memcmp(&was->list[j].addr, &now->list[i].addr, sizeof(now->list[i].addr))))
			continue;
		if (now->list[i].is_out)
			log_line(LOG_IS_NOTICE, now->list[i].address, "announced");
		else
			log_line(LOG_IS_WARNING, now->list[i].address, "withdrawn: %s", announce_why_not(now));
	}
}

static void on_said(const char *refused)
{
	announce.bird = NULL;
	if (refused) {
		complain("BIRD", refused);
		return;
	}
	announce.said = false;
	announce.state.bird_knows = true;
}

static void tell(void)
{
	struct bird *bird;
	int err;

	bird_hang_up(announce.bird);
	announce.bird = NULL;
	err = bird_configure(&bird, announce.control->loop, announce.to.bird.control, on_said);
	if (err)
		complain(announce.to.bird.control, strerror(-err));
	else
		announce.bird = bird;
}

/* As it was written, unless somebody else did something to it. */
static bool is_there(void)
{
	struct stat st;

	return !stat(announce.to.bird.include, &st) && st.st_ino == announce.written.st_ino &&
	       st.st_size == announce.written.st_size;
}

static void put(struct sheet *text)
{
	struct sl_error x = { "it is gone again" };

	announce.state.bird_knows = false;
	if (routes_put(announce.to.bird.include, text, &x) || stat(announce.to.bird.include, &announce.written)) {
		complain("routes", x.text);
		sheet_free(text);
		return;
	}
	sheet_free(&announce.file);
	announce.file = *text;
	tell();
}

static bool is_same(const struct sheet *a, const struct sheet *b)
{
	return a->n == b->n && !memcmp(a->s, b->s, a->n);
}

/* The file and BIRD agree with the state, or are made to. */
static void agree(void)
{
	struct sheet text = { 0 };

	if (!announce.to.bird.include[0])
		return;
	announce_write(&text, &announce.state, announce.control->instance);
	if (text.failed) {
		sheet_free(&text);
	} else if (announce.file.n && is_same(&text, &announce.file) && is_there()) {
		sheet_free(&text);
		if (!announce.state.bird_knows && !announce.bird && announce.looks >= announce.retry_at)
			tell();
	} else if (announce.looks >= announce.retry_at || !is_same(&text, &announce.file)) {
		put(&text);
	} else {
		sheet_free(&text);
	}
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct announce_state now;

	(void)fd, (void)what, (void)arg;
	if (look(&now))
		return;
	announce.looks++;
	log_changes(&now);
	now.bird_knows = announce.state.bird_knows;
	free(announce.state.list);
	announce.state = now;
	announce.control->draining = now.is_drained;
	agree();
}

/* ---- the part --------------------------------------------------------- */

static int start(struct control *c, struct sl_error *x)
{
	struct timeval each = { .tv_usec = LOOK_MS * 1000 };

	announce.control = c;
	announce.timer = event_new(c->loop, -1, EV_PERSIST, on_look, NULL);
	if (!announce.timer || event_add(announce.timer, &each))
		return sl_fail(x, ENOMEM, "announce: no memory");
	return 0;
}

/* The file is the same: BIRD has it, or will be told. */
static void use_socket(const struct sl_daemon_conf *to)
{
	if (!strcmp(to->bird.control, announce.to.bird.control))
		return;
	bird_hang_up(announce.bird);
	announce.bird = NULL;
	announce.to = *to;
	announce.said = announce.state.bird_knows = false;
}

/* Another file: what was announced by the old one is withdrawn there. */
static void running(struct control *c)
{
	static const struct sl_daemon_conf none;
	const struct sl_daemon_conf *to = c->conf ? &c->conf->daemon : &none;
	struct announce_state nothing = { 0 };
	struct sheet text = { 0 };

	announce.looks = 0;
	announce.retry_at = 0;
	if (!strcmp(to->bird.include, announce.to.bird.include)) {
		use_socket(to);
		return;
	}
	if (announce.file.n) {
		announce_write(&text, &nothing, c->instance);
		put(&text);
	}
	if (!to->bird.include[0])
		return;
	sheet_free(&announce.file);
	announce.to = *to;
	announce.said = false;
}

/* The routes stay: packets are still balanced. */
static void stop(struct control *c)
{
	(void)c;
	bird_hang_up(announce.bird);
	event_free(announce.timer);
	free(announce.state.list);
	sheet_free(&announce.file);
}

const struct part part_announce = { "announce", start, running, stop };
