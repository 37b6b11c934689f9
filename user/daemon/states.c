/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What health says, into slots: a part of control. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <sluice/scope.h>

#include "../conf/conf.h"
#include "backends.h"
#include "log.h"

enum {
	SLOTS_AT_ONCE = 1 << 18,	/* 30 ms, with the lock held */
	HEARD_AT_ONCE = 64,		/* then others have their turn */
};

static const struct timeval at_once = { 0 }, again_after = { .tv_usec = 100 * 1000 },
	later = { .tv_sec = 1 };

static struct {
	struct control *control;
	struct backend_list list;
	bool is_old;		/* the list: what runs is another one, and is to be read */
	int failed;		/* what was said of it once is not said again */
	struct event *hear, *write;
} all;

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- states into slots -------------------------------------------------------- */

static bool is_new(const struct backend *b)
{
	return b->state.is_up != b->runs_up;
}

static uint32_t slots_of(const char *pool)
{
	const struct sl_pool_conf *conf = conf_pool_find(all.control->conf, pool);

	return conf ? conf->slots : 0;
}

/* Who is to be written: of the first pools, that together have not too many slots.
 * The rest comes with the next turn of the loop, and others get the lock before. */
static size_t collect(struct sl_health *states)
{
	const char *pool = "";
	uint32_t slots = 0;
	size_t n = 0;

	for (size_t i = 0; i < all.list.n; i++) {
		struct backend *b = &all.list.backend[i];

		if (!is_new(b))
			continue;
		if (strcmp(pool, b->state.pool) != 0)
			slots += slots_of(b->state.pool);
		if (n && slots > SLOTS_AT_ONCE && strcmp(pool, b->state.pool) != 0) {
			event_add(all.write, &again_after);
			break;
		}
		pool = b->state.pool;
		memcpy(states[n].pool, pool, sizeof(states[n].pool));
		states[n].addr = b->state.addr;
		states[n++].up = b->state.is_up;
	}
	return n;
}

/* They are the first ones that were new. */
static void note_written(size_t n)
{
	for (size_t i = 0; i < all.list.n && n; i++)
		if (is_new(&all.list.backend[i])) {
			all.list.backend[i].runs_up = all.list.backend[i].state.is_up;
			n--;
		}
}

static int write_some(struct sl_error *x)
{
	autofree struct sl_health *states = calloc(all.list.n + 1, sizeof(*states));
	struct sl_instance *inst = NULL;
	size_t n = 0;
	int err;

	if (!states)
		return -ENOMEM;
	err = control_change(all.control, &inst, x);
	if (!err) {
		n = collect(states);
		err = n ? sl_backends_health(inst, states, n, x) : 0;
		if (err == -EAGAIN)	/* an entry is to be made anew */
			control_again(all.control);
	}
	if (!err)
		note_written(n);
	sl_close(inst);
	return err;
}

static int read_list(struct sl_error *x)
{
	struct backend_list next = { NULL, 0 };
	int err = backends_list(all.control, &all.list, &next, x);

	if (err)
		return err;
	free(all.list.backend);
	all.list = next;
	all.is_old = false;
	backends_say_pools(all.control->conf, &all.list);
	tell_all();
	return 0;
}

/* What failed is tried again, as long as something runs. */
static void report(int err, const struct sl_error *x)
{
	bool is_busy = err == -EAGAIN || err == -ENOMEM;

	if (err && all.control->conf)
		event_add(all.write, is_busy ? &again_after : &later);
	if (is_busy || err == -ENOENT)
		return;
	if (err && err != all.failed)
		log_line(LOG_IS_ERROR, "health", "not %s: %s", all.is_old ? "read" : "written", x->text);
	all.failed = err;
}

static void on_write(evutil_socket_t fd, short what, void *arg)
{
	struct sl_error x = { "" };
	int err;

	(void)fd, (void)what, (void)arg;
	err = all.is_old ? read_list(&x) : 0;
	if (!err)
		err = write_some(&x);
	report(err, &x);
}

static void write_soon(void)
{
	for (size_t i = 0; i < all.list.n; i++)
		if (is_new(&all.list.backend[i])) {
			event_add(all.write, &at_once);
			return;
		}
}

/* ---- what health says ------------------------------------------------------------ */

static void say_change(const struct health_state *s)
{
	char object[SL_NAME_LEN + CONF_PREFIX_TEXT + 8], addr[CONF_PREFIX_TEXT];

	snprintf(object, sizeof(object), "pool %s: %s", s->pool, conf_address_text(&s->addr, addr));
	if (s->is_up)
		log_line(LOG_IS_NOTICE, object, "up");
	else
		log_line(LOG_IS_WARNING, object, "down: %s%s", s->reason, s->is_soft ? " (it answers)" : "");
}

/* A check that was changed begins at 0, and so does another health. */
static uint64_t since(uint64_t *last, uint64_t now)
{
	uint64_t more = now < *last ? now : now - *last;

	*last = now;
	return more;
}

static void take(struct backend *b, const struct health_result *r)
{
	struct health_state *s = &b->state;
	bool changed = s->is_up != r->is_up;

	s->is_up = r->is_up;
	s->is_soft = r->is_soft;
	s->latency_us = r->latency_us;
	s->probes += since(&b->probes, r->probes);
	s->failed += since(&b->failed, r->failed);
	memcpy(s->reason, r->reason, sizeof(s->reason));
	s->reason[sizeof(s->reason) - 1] = 0;
	if (!changed)
		return;
	s->changes++;
	s->since_ms = now_ms();
	say_change(s);
	if (!all.is_old)
		backends_say_pools(all.control->conf, &all.list);
}

static void hear_result(const struct health_result *r)
{
	for (size_t i = 0; i < all.list.n; i++) {
		struct backend *b = &all.list.backend[i];

		if (b->state.is_checked && b->check.id == r->id)
			take(b, r);
	}
}

/* States stay as they are: the parent starts another health. */
static void disconnect(void)
{
	tell_disconnect();
	if (all.hear)
		event_free(all.hear);
	all.hear = NULL;
	if (all.control->health >= 0)
		close(all.control->health);
	all.control->health = -1;
}

static void on_hear(evutil_socket_t fd, short what, void *arg)
{
	struct health_result r;
	ssize_t n = 0;

	(void)what, (void)arg;
	for (int i = 0; i < HEARD_AT_ONCE; i++) {
		n = recv(fd, &r, sizeof(r), MSG_DONTWAIT);
		if (n <= 0)
			break;
		pulse_felt();
		if (n == sizeof(r) && r.kind == HEALTH_RESULT)
			hear_result(&r);
	}
	if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
		disconnect();
	write_soon();
}

void health_connect(struct control *c, int sock)
{
	disconnect();
	pulse_felt();
	c->health = sock;
	all.hear = event_new(c->loop, sock, EV_READ | EV_PERSIST, on_hear, NULL);
	if (!all.hear || event_add(all.hear, NULL) || tell_connect(c->loop, sock, &all.list))
		disconnect();
}

/* ---- the part ------------------------------------------------------------------------ */

static void running(struct control *c)
{
	struct sl_error x = { "" };
	int err;

	(void)c;
	all.is_old = true;
	err = read_list(&x);
	if (err)
		report(err, &x);
	else
		write_soon();
}

static int start(struct control *c, struct sl_error *x)
{
	all.control = c;
	all.write = event_new(c->loop, -1, 0, on_write, NULL);
	return all.write && !pulse_start(c) ? 0 : sl_fail(x, ENOMEM, "no memory");
}

static void stop(struct control *c)
{
	(void)c;
	disconnect();
	pulse_stop();
	event_free(all.write);
	free(all.list.backend);
	all.list = (struct backend_list){ NULL, 0 };
	all.is_old = false;
	all.failed = 0;
}

void control_health(struct control *c, void (*each)(void *arg, const struct health_state *s), void *arg)
{
	(void)c;
	for (size_t i = 0; i < all.list.n; i++)
		each(arg, &all.list.backend[i].state);
}

const struct part part_health = { "health", start, running, stop };
