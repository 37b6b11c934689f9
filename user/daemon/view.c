// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What was asked and what runs, side by side. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "view.h"

static const char *const standings[SL_STANDINGS] = {
	[SL_STANDS_UP] = "up", [SL_STANDS_DRAIN] = "drain",
	[SL_STANDS_DISABLED] = "disabled", [SL_STANDS_DOWN] = "down",
	[SL_STANDS_REMOVED] = "removed",
};

const char *view_standing_text(const struct view_backend *b)
{
	return standings[b->standing % SL_STANDINGS];
}

/* ---- from what runs --------------------------------------------------- */

struct place { const struct sl_named_backend *at; };

static int by_name(const void *one, const void *other)
{
	const struct place *a = one, *b = other;
	int order = strcmp(a->at->pool, b->at->pool);

	return order ? order : memcmp(&a->at->addr, &b->at->addr, sizeof(a->at->addr));
}

/* They mostly come in the order of the configuration: where they do not, a list of
 * them in by_name's order is made. */
struct finder {
	const struct sl_stats *stats;
	size_t next;
	struct place *sorted;
};

static bool is_it(const struct sl_named_backend *b, const char *pool, const struct sl_address *addr)
{
	return !memcmp(&b->addr, addr, sizeof(*addr)) && !strcmp(b->pool, pool);
}

static const struct sl_named_backend *search(struct finder *f, const char *pool,
					     const struct sl_address *addr)
{
	struct sl_named_backend key = { .addr = *addr };
	struct place wanted = { &key };
	const struct place *found;
	size_t n = f->stats->n_backends;

	if (!f->sorted) {
		f->sorted = calloc(n + 1, sizeof(*f->sorted));
		for (size_t i = 0; f->sorted && i < n; i++)
			f->sorted[i].at = &f->stats->backends[i];
		if (!f->sorted)
			return NULL;
		qsort(f->sorted, n, sizeof(*f->sorted), by_name);
	}
	memcpy(key.pool, pool, sizeof(key.pool));
	found = bsearch(&wanted, f->sorted, n, sizeof(*f->sorted), by_name);
	return found ? found->at : NULL;
}

static const struct sl_named_backend *find(struct finder *f, const char *pool,
					   const struct sl_address *addr)
{
	const struct sl_named_backend *b = f->stats->backends + f->next;

	if (f->next == f->stats->n_backends || !is_it(b, pool, addr))
		b = search(f, pool, addr);
	if (b)
		f->next = (size_t)(b - f->stats->backends) + 1;
	return b;
}

static void fill_backend(struct view_backend *to, const struct sl_pool_conf *pool,
			 const struct sl_backend_conf *conf,
			 const struct sl_named_backend *from)
{
	to->pool = pool->name;
	inet_ntop(conf->addr.family == 6 ? AF_INET6 : AF_INET, conf->addr.octet,
		  to->address, sizeof(to->address));
	to->weight = conf->weight;
	if (!from)
		return;
	to->packets = from->count.packets;
	to->bytes = from->count.bytes;
	to->flows = from->count.flows;
	to->slots = from->slots;
	to->standing = from->standing;
	to->stands_ms = from->stands_ms;
	to->in_use = from->slots && !from->dead;
	to->resolved = from->hop != SL_HOP_NONE;
}

/* Names stand in nearly the same order there: go on where the last one was. */
#define FIND_NAMED(list, n, at, wanted) __extension__ ({ \
	size_t left_ = (n); \
	while (left_ && strcmp((list)[(at) % (n)].name, (wanted))) \
		(at)++, left_--; \
	left_ ? &(list)[(at)++ % (n)] : NULL; })

static void fill_pools(struct view *v)
{
	struct finder finder = { .stats = v->stats };
	const struct sl_stats *s = v->stats;
	struct view_backend *b = v->backends;
	const struct sl_named_pool *slots;
	size_t at = 0;

	for (size_t i = 0; i < v->n_pools; i++) {
		const struct sl_pool_conf *conf = &v->conf->pools[i];
		struct view_pool *p = &v->pools[i];

		*p = (struct view_pool){ .conf = conf, .backends = b, .n_backends = conf->n_backends };
		slots = FIND_NAMED(s->pools, s->n_pools, at, conf->name);
		if (slots)
			p->slots = *slots;
		for (size_t j = 0; j < conf->n_backends; j++, b++) {
			fill_backend(b, conf, &conf->backends[j],
				     find(&finder, conf->name, &conf->backends[j].addr));
			p->in_use += b->in_use;
		}
	}
	free(finder.sorted);
}

static void fill_services(struct view *v)
{
	const struct sl_stats *s = v->stats;
	const struct sl_named_service *from;
	size_t at = 0;

	for (size_t i = 0; i < v->n_services; i++) {
		v->services[i].conf = &v->conf->services[i];
		from = FIND_NAMED(s->services, s->n_services, at, v->services[i].conf->name);
		if (from)
			v->services[i].count = from->count;
	}
}

static int fill_sets(struct view *v, struct sl_instance *inst, struct sl_error *x)
{
	const char *names[SL_SETS_MAX];
	uint64_t counts[SL_SETS_MAX] = { 0 };
	size_t n = v->n_sets < SL_SETS_MAX ? v->n_sets : SL_SETS_MAX;
	int err;

	for (size_t i = 0; i < n; i++)
		names[i] = v->conf->sets[i].name;
	err = n ? sl_set_count(inst, names, n, counts, x) : 0;
	for (size_t i = 0; i < n; i++)
		v->sets[i] = (struct view_set){ names[i], counts[i] };
	return err;
}

/* ---- from the checks -------------------------------------------------- */

struct filling { struct view *v; size_t at; };

static void fill_health(void *arg, const struct health_state *state)
{
	struct filling *f = arg;
	struct view_backend *b = &f->v->backends[f->at];

	if (f->at++ < f->v->n_backends && !strcmp(b->pool, state->pool))
		b->health = *state;
}

static void count_up(struct view *v)
{
	for (size_t i = 0; i < v->n_pools; i++)
		for (size_t j = 0; j < v->pools[i].n_backends; j++) {
			const struct view_backend *b = &v->pools[i].backends[j];

			v->pools[i].up += b->standing == SL_STANDS_UP &&
					  (!b->health.is_checked || b->health.is_up);
		}
}

/* ---- all of it -------------------------------------------------------- */

static int make_room(struct view *v)
{
	v->n_pools = v->conf->n_pools;
	v->n_services = v->conf->n_services;
	v->n_sets = v->conf->n_sets;
	for (size_t i = 0; i < v->n_pools; i++)
		v->n_backends += v->conf->pools[i].n_backends;
	v->pools = calloc(v->n_pools + 1, sizeof(*v->pools));
	v->backends = calloc(v->n_backends + 1, sizeof(*v->backends));
	v->services = calloc(v->n_services + 1, sizeof(*v->services));
	v->sets = calloc(v->n_sets + 1, sizeof(*v->sets));
	return v->pools && v->backends && v->services && v->sets ? 0 : -ENOMEM;
}

static int read_all(struct view *v, struct sl_instance *inst, struct sl_error *x)
{
	int err = sl_stats_read(inst, -1, &v->stats, x);

	if (!err)
		err = sl_status_read(inst, &v->status, x);
	if (!err && make_room(v))
		err = sl_fail(x, ENOMEM, "status: no memory");
	if (!err)
		err = fill_sets(v, inst, x);
	if (!err)
		fill_pools(v);
	return err;
}

int view_take(struct control *c, struct view *v, struct sl_error *x)
{
	static struct sl_survey *survey;	/* of the process */
	struct filling filling = { v, 0 };
	struct sl_instance *inst;
	int err;

	*v = (struct view){ .control = c, .conf = c->conf };
	if (!c->conf)
		return sl_fail(x, ENOENT, "instance %s: nothing was applied yet", c->instance);
	err = control_read(c, &inst, x);
	if (err)
		return err;
	if (!survey)
		survey = sl_survey_new();
	sl_survey_set(inst, survey);
	err = read_all(v, inst, x);
	sl_close(inst);
	if (err)
		return err;
	fill_services(v);
	control_health(c, fill_health, &filling);
	count_up(v);
	return 0;
}

void view_drop(struct view *v)
{
	sl_stats_free(v->stats);
	sl_status_free(v->status);
	free(v->pools);
	free(v->backends);
	free(v->services);
	free(v->sets);
	*v = (struct view){ 0 };
}
