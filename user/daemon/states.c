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

enum { SLOTS_AT_ONCE = 1 << 18 };	/* 30 ms, with the lock held */

static const struct timeval again_after = { .tv_usec = 100 * 1000 }, at_once = { 0 };

static struct {
	struct control *control;
	struct backend_list list;
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

static void on_write(evutil_socket_t fd, short what, void *arg)
{
	struct sl_error x = { "" };
	int err;

	(void)fd, (void)what, (void)arg;
	err = write_some(&x);
	if (err == -EAGAIN || err == -ENOMEM)
		event_add(all.write, &again_after);
	else if (err && err != -ENOENT)
		log_line(LOG_IS_ERROR, "health", "not written: %s", x.text);
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

static void take(struct health_state *s, const struct health_result *r)
{
	bool changed = s->is_up != r->is_up;

	s->is_up = r->is_up;
	s->is_soft = r->is_soft;
	s->latency_us = r->latency_us;
	s->probes = r->probes;
	s->failed = r->failed;
	memcpy(s->reason, r->reason, sizeof(s->reason));
	s->reason[sizeof(s->reason) - 1] = 0;
	if (!changed)
		return;
	s->changes++;
	s->since_ms = now_ms();
	say_change(s);
	backends_say_pools(all.control->conf, &all.list);
}

static void hear_result(const struct health_result *r)
{
	for (size_t i = 0; i < all.list.n; i++) {
		struct backend *b = &all.list.backend[i];

		if (b->state.is_checked && b->check.id == r->id)
			take(&b->state, r);
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
	ssize_t n;

	(void)what, (void)arg;
	while ((n = recv(fd, &r, sizeof(r), MSG_DONTWAIT)) > 0) {
		pulse_felt();
		if (n == sizeof(r) && r.kind == HEALTH_RESULT)
			hear_result(&r);
	}
	if (!n || (errno != EAGAIN && errno != EINTR))
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
	struct backend_list next = { NULL, 0 };
	struct sl_error x = { "" };
	int err = backends_list(c, &all.list, &next, &x);

	if (err && err != -ENOENT)
		log_line(LOG_IS_ERROR, "health", "%s", x.text);
	if (err)
		return;
	free(all.list.backend);
	all.list = next;
	backends_say_pools(c->conf, &all.list);
	tell_all();
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
}

void control_health(struct control *c, void (*each)(void *arg, const struct health_state *s), void *arg)
{
	(void)c;
	for (size_t i = 0; i < all.list.n; i++)
		each(arg, &all.list.backend[i].state);
}

const struct part part_health = { "health", start, running, stop };
