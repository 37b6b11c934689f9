/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The list of backends, and of pools of which too few are up. */
#include "backends.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sluice/scope.h>

#include "../conf/conf.h"
#include "log.h"

/* ---- the list ------------------------------------------------------------------ */

static size_t count(const struct sl_config *conf)
{
	size_t n = 0;

	for (size_t p = 0; conf && p < conf->n_pools; p++)
		n += conf->pools[p].n_backends;
	return n;
}

static bool is_same(const struct health_state *a, const struct health_state *b)
{
	return !strcmp(a->pool, b->pool) && !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

/* From `at` on, and from the start: most lists are much like the one before. */
static const struct backend *find(const struct backend_list *l, const struct health_state *s, size_t at)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct backend *b = &l->backend[(at + i) % l->n];

		if (is_same(&b->state, s))
			return b;
	}
	return NULL;
}

static void copy_text(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text ? text : "");
}

static void fill_check(const struct sl_pool_conf *pool, struct backend *b, uint32_t id)
{
	const struct sl_check_conf *c = &pool->check;
	char addr[CONF_PREFIX_TEXT];

	b->check = (struct health_check){
		.kind = HEALTH_CHECK, .id = id, .type = (uint8_t)c->type,
		.addr = b->state.addr, .port = c->port,
		.interval_ms = c->interval_ms, .timeout_ms = c->timeout_ms,
		.rise = c->rise, .fall = c->fall,
		.expect_low = c->expect_low, .expect_high = c->expect_high,
	};
	copy_text(b->check.text, sizeof(b->check.text), c->path ? c->path : c->name ? c->name : c->file);
	copy_text(b->check.host, sizeof(b->check.host), c->host);
	copy_text(b->check.backend, sizeof(b->check.backend), conf_address_text(&b->state.addr, addr));
}

/* As the library has it: what was known when control ended. */
static bool runs_up(const struct sl_stats *stats, const struct health_state *s, size_t at)
{
	for (size_t i = 0; i < stats->n_backends; i++) {
		const struct sl_named_backend *b = &stats->backends[(at + i) % stats->n_backends];

		if (!strcmp(b->pool, s->pool) && !memcmp(&b->addr, &s->addr, sizeof(s->addr)))
			return b->standing != SL_STANDS_DOWN;
	}
	return true;
}

/* One that is not checked is up; one that just began to be is what it was. */
static void fill(struct backend *b, const struct sl_pool_conf *pool, size_t i,
		 const struct backend *old, const struct sl_stats *stats, size_t at)
{
	const struct sl_backend_conf *conf = &pool->backends[i];
	static uint32_t last_id;

	copy_text(b->state.pool, sizeof(b->state.pool), pool->name);
	b->state.addr = conf->addr;
	b->runs_up = runs_up(stats, &b->state, at);
	b->state.is_up = b->runs_up;
	if (old && old->state.is_checked) {
		b->state = old->state;
		b->probes = old->probes;
		b->failed = old->failed;
	}
	b->state.is_checked = pool->check.type != SL_CHECK_NONE && conf->state != SL_BACKEND_DISABLED;
	if (!b->state.is_checked)
		b->state.is_up = true;
	else
		fill_check(pool, b, old && old->check.id ? old->check.id : ++last_id);
}

int backends_list(struct control *c, const struct backend_list *old, struct backend_list *out, struct sl_error *x)
{
	const struct backend_list none = { NULL, 0 };
	struct sl_instance *inst = NULL;
	struct sl_stats *stats = NULL;
	size_t n = count(c->conf), at = 0;
	struct backend *list;
	int err = 0;

	if (!n) {
		*out = none;
		return 0;
	}
	err = control_read(c, &inst, x);
	if (!err)
		err = sl_stats_read(inst, -1, &stats, x);
	list = err ? NULL : calloc(n, sizeof(*list));
	for (size_t p = 0; list && p < c->conf->n_pools; p++)
		for (size_t i = 0; i < c->conf->pools[p].n_backends; i++, at++) {
			struct health_state s = { .addr = c->conf->pools[p].backends[i].addr };

			copy_text(s.pool, sizeof(s.pool), c->conf->pools[p].name);
			fill(&list[at], &c->conf->pools[p], i, find(old, &s, at), stats, at);
			if (c->conf->pools[p].check.via == SL_VIA_ENCAP)
				list[at].check.mark = sl_probe_mark(inst, s.pool, &s.addr);
		}
	sl_stats_free(stats);
	sl_close(inst);
	if (err)
		return err;
	if (!list)
		return sl_fail(x, ENOMEM, "no memory for %zu backends", n);
	*out = (struct backend_list){ list, n };
	return 0;
}

/* ---- pools of which too few are up ------------------------------------------------ */

enum mood { ENOUGH, PANIC, NOBODY };

/* By the pool's name: what was said last. */
static struct { char pool[SL_NAME_LEN]; enum mood mood; } *said;
static size_t n_said;

static enum mood mood_of(const struct sl_pool_conf *pool, const struct backend *b,
			 size_t *asked, size_t *up)
{
	autofree bool *down = calloc(pool->n_backends + 1, sizeof(*down));

	*asked = *up = 0;
	for (size_t i = 0; down && i < pool->n_backends; i++) {
		const struct sl_backend_conf *conf = &pool->backends[i];

		down[i] = !b[i].state.is_up;
		*asked += conf->state == SL_BACKEND_UP && conf->weight;
		*up += conf->state == SL_BACKEND_UP && conf->weight && !down[i];
	}
	if (down && sl_pool_panics(pool, down))
		return PANIC;
	return *asked && !*up ? NOBODY : ENOUGH;
}

static enum mood *said_of(const char *pool)
{
	for (size_t i = 0; i < n_said; i++)
		if (!strcmp(said[i].pool, pool))
			return &said[i].mood;
	return NULL;
}

static void say_pool(const struct sl_pool_conf *pool, const struct backend *b, enum mood *mood)
{
	char object[SL_NAME_LEN + 8];
	size_t asked, up;
	enum mood is = mood_of(pool, b, &asked, &up);

	snprintf(object, sizeof(object), "pool %s", pool->name);
	if (is == *mood)
		return;
	*mood = is;
	if (is == PANIC)
		log_line(LOG_IS_ERROR, object, "only %zu of %zu are up, less than panic: %u%%: health is ignored, all are used", up, asked, pool->panic_percent);
	else if (is == NOBODY)
		log_line(LOG_IS_ERROR, object, "nobody is up: its packets are dropped as no_backend");
	else
		log_line(LOG_IS_NOTICE, object, "%zu of %zu are up: health counts again", up, asked);
}

void backends_say_pools(const struct sl_config *conf, const struct backend_list *list)
{
	size_t n = conf ? conf->n_pools : 0, at = 0;
	void *next = calloc(n + 1, sizeof(*said));
	typeof(said) now = next;

	if (!next)
		return;
	for (size_t p = 0; p < n; p++) {
		const enum mood *was = said_of(conf->pools[p].name);

		snprintf(now[p].pool, sizeof(now[p].pool), "%s", conf->pools[p].name);
		now[p].mood = was ? *was : ENOUGH;
		if (at + conf->pools[p].n_backends <= list->n)
			say_pool(&conf->pools[p], &list->backend[at], &now[p].mood);
		at += conf->pools[p].n_backends;
	}
	free(said);
	said = now;
	n_said = n;
}
