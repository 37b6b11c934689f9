/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A change of pools' backends alone, made in what packets are reading:
 *
 *	entries of new backends, and their ids -> DIGEST -> slots
 *
 * Killed before the store of the digest, nothing has happened but that ids are
 * taken, which go again; killed after it, the slots are not what the configuration
 * says, and the next command writes them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "backends.h"
#include "bank.h"
#include "counts.h"
#include "expire.h"
#include "hop.h"
#include "pool_draft.h"
#include "program.h"
#include "settle.h"

enum { ANEW = 1 };		/* it cannot be done in place */

struct work {
	struct sl_instance *inst;
	const struct sl_config *conf;
	struct sl_registry *next;
	bool *which;			/* pools that change */
	struct registry_ids ids;
	struct pool_slots *slots;	/* as conf->pools */
	struct sl_backend *entry;	/* by id: of new backends */
	bool dead[SL_BACKENDS_MAX];
};

/* ---- what changes --------------------------------------------------------- */

static bool backends_differ(const struct sl_pool_conf *a, const struct sl_pool_conf *b)
{
	if (a->n_backends != b->n_backends)
		return true;
	for (size_t i = 0; i < a->n_backends; i++) {
		const struct sl_backend_conf *x = &a->backends[i], *y = &b->backends[i];

		if (x->weight != y->weight || x->state != y->state ||
		    memcmp(&x->addr, &y->addr, sizeof(x->addr)) != 0)
			return true;
	}
	return false;
}

static bool way_is_same(const struct sl_pool_conf *a, const struct sl_pool_conf *b)
{
	return a->encap == b->encap && a->gue_port == b->gue_port && a->next_hop == b->next_hop &&
	       !memcmp(a->mac, b->mac, sizeof(a->mac)) &&
	       !memcmp(a->source, b->source, sizeof(a->source));
}

/* Apart from its backends. */
static bool pool_is_same(const struct sl_pool_conf *a, const struct sl_pool_conf *b)
{
	return !strcmp(a->name, b->name) && way_is_same(a, b) && a->hash == b->hash &&
	       a->slots == b->slots && a->tracking == b->tracking &&
	       a->settle_after_ms == b->settle_after_ms && a->settle_max_ms == b->settle_max_ms &&
	       a->udp_grace_ms == b->udp_grace_ms &&
	       a->quic_server_id_bytes == b->quic_server_id_bytes &&
	       a->on_down_keep == b->on_down_keep && a->panic_percent == b->panic_percent;
}

/* A pool whose backends are in further tables is changed with a turn. */
static bool is_in_place(const struct sl_pool_conf *p)
{
	return !p->quic_server_id_bytes && p->check.via == SL_VIA_DIRECT;
}

static int find_pools(struct work *w)
{
	const struct sl_config *was = w->inst->conf;

	if (!was || was->n_pools != w->conf->n_pools || w->inst->repair || w->inst->prog < 0 ||
	    w->inst->knobs.object != program_object())
		return ANEW;
	for (size_t p = 0; p < was->n_pools; p++) {
		if (!pool_is_same(&was->pools[p], &w->conf->pools[p]))
			return ANEW;
		w->which[p] = backends_differ(&was->pools[p], &w->conf->pools[p]);
		if (w->which[p] && !is_in_place(&w->conf->pools[p]))
			return ANEW;
	}
	return 0;
}

/* ---- new backends ----------------------------------------------------------- */

/* Of each pool that changes, the backends that have no entry yet, and those that
 * come back: theirs may be of other times. */
static size_t find_new(const struct work *w, struct sl_pool_conf *pools,
		       struct sl_backend_conf *room, uint16_t *ids)
{
	const struct sl_registry *now = registry(w->inst);
	size_t n = 0;

	for (size_t p = 0; p < w->conf->n_pools; p++) {
		const struct sl_pool_conf *c = &w->conf->pools[p];

		memcpy(&pools[p], c, sizeof(*c));
		pools[p].backends = &room[n];
		pools[p].n_backends = 0;
		for (size_t i = 0; w->which[p] && i < c->n_backends; i++)
			if (!now->backend[w->ids.backend[p][i]].pool ||
			    now->backend[w->ids.backend[p][i]].standing == SL_STANDS_REMOVED) {
				ids[n] = w->ids.backend[p][i];
				room[n++] = c->backends[i];
				pools[p].n_backends++;
			}
	}
	return n;
}

/* The program that runs can send to it, from a table that has room; and if it has
 * an entry, that one says so already. */
static bool is_covered(const struct work *w, uint16_t id, const struct sl_backend *b)
{
	const struct sl_backend *all = map_at(&w->inst->maps, MAP_BACKENDS, active(w->inst));
	struct sl_backend has = *b;

	if (id > w->inst->knobs.backend_mask || backend_needs(b) & ~w->inst->knobs.features)
		return false;
	if (registry(w->inst)->backend[id].pool)
		has = all[id];
	has.flags |= SL_BACKEND_ALIVE;
	return !memcmp(&has, b, sizeof(has));
}

static int make_entries(struct work *w, const struct sl_config *only, const uint16_t *ids,
			struct sl_error *x)
{
	autofree struct hop *hops = NULL;
	size_t n = 0;
	int err = hop_find_all(only, w->inst->hops, &hops, x);

	for (size_t p = 0; p < only->n_pools && !err; p++)
		for (size_t i = 0; i < only->pools[p].n_backends && !err; i++, n++) {
			backend_make(&only->pools[p], i, &hops[n], &w->entry[ids[n]]);
			if (!is_covered(w, ids[n], &w->entry[ids[n]]))
				err = ANEW;
		}
	return err;
}

static int find_entries(struct work *w, struct sl_error *x)
{
	size_t most = hop_count(w->conf) + 1;
	autofree struct sl_pool_conf *pools = calloc(w->conf->n_pools + 1, sizeof(*pools));
	autofree struct sl_backend_conf *backends = calloc(most, sizeof(*backends));
	autofree uint16_t *ids = calloc(most, sizeof(*ids));
	struct sl_config only = { .pools = pools, .n_pools = w->conf->n_pools };

	if (!pools || !backends || !ids)
		return -ENOMEM;
	return find_new(w, pools, backends, ids) ? make_entries(w, &only, ids, x) : 0;
}

static void write_entries(const struct work *w)
{
	const struct sl_registry *now = registry(w->inst);

	for (uint32_t id = 1; id < SL_BACKENDS_MAX; id++) {
		if (!w->entry[id].family || now->backend[id].pool)
			continue;
		for (uint32_t bank = 0; bank < SL_BANKS; bank++)
			((struct sl_backend *)map_at(&w->inst->maps, MAP_BACKENDS, bank))[id] =
				w->entry[id];
		counts_zero(&w->inst->maps, COUNTS_AT(backend[id]), sizeof(struct sl_traffic));
	}
}

/* ---- all of it --------------------------------------------------------------- */

static int prepare(struct work *w, struct sl_error *x)
{
	int err = registry_assign_backends(w->next, w->conf, w->which, &w->ids, x);

	for (size_t p = 0; p < w->conf->n_pools && !err; p++)
		if (w->which[p])
			err = pool_draft(w->conf, p, &w->ids, registry(w->inst), w->next,
					 &w->slots[p], x);
	if (!err)
		err = find_entries(w, x);
	registry_dead(w->next, w->dead);
	return err;
}

static void carry_out(const struct work *w, uint64_t digest)
{
	struct sl_bank *bank = map_at(&w->inst->maps, MAP_BANKS, active(w->inst));

	write_entries(w);
	registry_store(registry(w->inst), w->next);
	__atomic_store_n(&bank->digest, digest, __ATOMIC_RELEASE);
	pools_revive(w->inst, w->next);
	for (size_t p = 0; p < w->conf->n_pools; p++)
		if (w->which[p])
			pool_write(w->inst, &w->slots[p], w->dead);
	pools_bury(w->inst, w->next);
	registry_stand(registry(w->inst), w->next);
}

static int begin(struct work *w, struct sl_instance *inst, const struct sl_config *conf)
{
	*w = (struct work){ .inst = inst, .conf = conf };
	w->next = malloc(sizeof(*w->next));
	w->which = calloc(conf->n_pools + 1, sizeof(*w->which));
	w->slots = calloc(conf->n_pools + 1, sizeof(*w->slots));
	w->entry = calloc(SL_BACKENDS_MAX, sizeof(*w->entry));
	if (!w->next || !w->which || !w->slots || !w->entry)
		return -ENOMEM;
	memcpy(w->next, registry(inst), sizeof(*w->next));
	return 0;
}

static void end(struct work *w)
{
	for (size_t p = 0; w->slots && p < w->conf->n_pools; p++)
		pool_draft_free(&w->slots[p]);
	registry_ids_free(&w->ids, w->conf);
	free(w->next);
	free(w->which);
	free(w->slots);
	free(w->entry);
}

int sl_pools_apply(struct sl_instance *inst, const struct sl_config *conf, uint64_t digest,
		   struct sl_error *x)
{
	struct work w;
	uint32_t removed;
	bool more;
	int err;

	if (inst->how == SL_OPEN_READ)
		return sl_fail(x, EPERM, "instance %s: opened to look only", inst->name);
	settle_due(inst);
	err = begin(&w, inst, conf);
	if (!err)
		err = find_pools(&w);
	if (!err && expire(inst, 0, &removed, &more, x))
		err = ANEW;
	if (!err)
		err = prepare(&w, x);
	if (!err)
		carry_out(&w, digest);
	end(&w);
	if (err == -ENOMEM)
		return sl_fail(x, err, "pools: no memory");
	return err == ANEW ? sl_apply(inst, conf, digest, x) : err;
}

/* ---- health ---------------------------------------------------------------------- */

static int mark_health(struct work *w, const struct sl_health *s, struct sl_error *x)
{
	int id, index = registry_pool(w->next, s->pool);
	size_t p = 0;

	while (p < w->conf->n_pools && strcmp(w->conf->pools[p].name, s->pool) != 0)
		p++;
	if (index < 0 || p == w->conf->n_pools)
		return sl_fail(x, ENOENT, "pool %s: no such pool", s->pool);
	id = registry_backend(w->next, index, &s->addr);
	if (id < 0)
		return sl_fail(x, ENOENT, "pool %s: no such backend", s->pool);
	w->which[p] = true;
	w->next->backend[id].down = !s->up;
	return 0;
}

static int change_health(struct work *w, struct sl_error *x)
{
	const struct sl_bank *bank = map_at(&w->inst->maps, MAP_BANKS, active(w->inst));
	struct sl_registry *now = registry(w->inst);
	bool down[SL_BACKENDS_MAX];
	int err;

	for (uint32_t id = 0; id < SL_BACKENDS_MAX; id++)
		down[id] = w->next->backend[id].down;
	err = prepare(w, x);
	if (err)
		return err == ANEW ? sl_fail(x, EAGAIN, "pools: an entry is to be made anew") : err;
	for (uint32_t id = 0; id < SL_BACKENDS_MAX; id++)
		now->backend[id].down = down[id];
	carry_out(w, bank->digest);
	return 0;
}

/* `missing`: what an absent one makes of it; 0: it is left out. */
static int set_health(struct sl_instance *inst, const struct sl_health *states, size_t n,
		      int missing, struct sl_error *x)
{
	struct work w;
	int err;

	if (inst->how == SL_OPEN_READ)
		return sl_fail(x, EPERM, "instance %s: opened to look only", inst->name);
	if (!inst->conf)
		return sl_fail(x, ENOENT, "instance %s: nothing runs", inst->name);
	err = begin(&w, inst, inst->conf);
	for (size_t i = 0; i < n && !err; i++)
		if (mark_health(&w, &states[i], x))
			err = missing;
	if (!err)
		err = change_health(&w, x);
	end(&w);
	return err == -ENOMEM ? sl_fail(x, err, "pools: no memory") : err;
}

int sl_backends_health(struct sl_instance *inst, const struct sl_health *states, size_t n,
		       struct sl_error *x)
{
	return set_health(inst, states, n, 0, x);
}

int sl_backend_health(struct sl_instance *inst, const char *pool, const struct sl_address *addr,
		      bool up, struct sl_error *x)
{
	struct sl_health state = { .addr = *addr, .up = up };

	snprintf(state.pool, sizeof(state.pool), "%s", pool);
	return set_health(inst, &state, 1, -ENOENT, x);
}
