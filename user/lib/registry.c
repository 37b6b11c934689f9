/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names and their ids, and the regions of the slots that pools own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "registry.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- looking ---------------------------------------------------------- */

static int entry_find(const struct sl_registry_entry *e, size_t n,
		      const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(e[i].name, name))
			return (int)i;
	return -1;
}

int registry_set(const struct sl_registry *r, const char *name)
{
	return entry_find(r->set, SL_SETS_MAX, name);
}

int registry_pool(const struct sl_registry *r, const char *name)
{
	for (int i = 0; i < SL_POOLS_MAX; i++)
		if (!strcmp(r->pool[i].name, name))
			return i;
	return -1;
}

int registry_backend(const struct sl_registry *r, int pool,
		     const struct sl_address *addr)
{
	for (int i = 1; i < SL_BACKENDS_MAX; i++) {
		const struct sl_registry_backend *b = &r->backend[i];

		if (b->pool == pool + 1 && b->family == addr->family &&
		    !memcmp(b->addr, addr->octet, 16))
			return i;
	}
	return -1;
}

/* The entry that a moving pool's slots go to, or -1. */
static int moving_to(const struct sl_registry *r, const char *name)
{
	char mark[SL_NAME_LEN];

	memcpy(mark, name, SL_NAME_LEN);
	mark[0] = (char)(mark[0] | POOL_MOVING);
	return registry_pool(r, mark);
}

void registry_dead(const struct sl_registry *r, bool dead[SL_BACKENDS_MAX])
{
	for (uint32_t id = 0; id < SL_BACKENDS_MAX; id++)
		dead[id] = !r->backend[id].pool || r->backend[id].dead;
}

/* ---- freeing names ---------------------------------------------------- */

static void name_free(char *name)
{
	__atomic_store_n(name, 0, __ATOMIC_RELEASE);
}

#define SWEEP(kind, list, count) \
	for (size_t i = 0; i < COUNT(r->kind); i++) { \
		bool used = false; \
		for (size_t c = 0; c < (count) && !used; c++) \
			used = !strcmp(r->kind[i].name, (list)[c].name); \
		if (!used) \
			name_free(r->kind[i].name); \
	}

/* ---- assigning -------------------------------------------------------- */

static int entry_get(struct sl_registry_entry *e, size_t n, const char *name)
{
	int at = entry_find(e, n, name);

	if (at >= 0)
		return at;
	at = entry_find(e, n, "");
	if (at >= 0)
		memcpy(e[at].name, name, SL_NAME_LEN);
	return at;
}

static size_t names_free(const struct sl_registry_entry *e, size_t n)
{
	size_t unused = 0;

	for (size_t i = 0; i < n; i++)
		unused += !e[i].name[0];
	return unused;
}

/* What comes and what goes have their ids together until all is done. */
static int full(const char *kind, const char *name, const char *of, size_t most,
		struct sl_error *x)
{
	return sl_fail(
		x, ENOSPC,
		"%s %s: no room beside what runs: at most %zu%s, old and new together: remove some of the old ones first, and wait until they are gone",
		kind, name, most, of);
}

/* First fit, aligned to its size, which is a power of two. */
static uint32_t region(const struct sl_registry *r, uint32_t slots)
{
	for (uint32_t base = 0;; base += slots) {
		bool taken = false;

		for (int i = 0; i < SL_POOLS_MAX && !taken; i++) {
			const struct sl_registry_pool *p = &r->pool[i];

			taken = p->name[0] && base < p->slot_base + p->slots &&
				p->slot_base < base + slots;
		}
		if (!taken || base + slots < base)
			return base;
	}
}

static int pool_new(struct sl_registry *r, const char *name, uint8_t mark,
		    uint32_t slots)
{
	int at = registry_pool(r, "");
	uint32_t base;

	if (at < 0)
		return at;
	base = region(r, slots);
	r->pool[at] =
		(struct sl_registry_pool){ .slot_base = base, .slots = slots };
	memcpy(r->pool[at].name, name, SL_NAME_LEN);
	r->pool[at].name[0] = (char)(name[0] | mark);
	return at;
}

static int assign_backends(struct sl_registry *r, const struct sl_pool_conf *p,
			   int pool, uint16_t *ids, struct sl_error *x)
{
	for (size_t i = 0; i < p->n_backends; i++) {
		const struct sl_address *addr = &p->backends[i].addr;
		int id = registry_backend(r, pool, addr);

		for (int at = 1; id < 0 && at < SL_BACKENDS_MAX; at++)
			if (!r->backend[at].pool)
				id = at;
		if (id < 0)
			return full("pool", p->name, " backends",
				    SL_BACKENDS_MAX - 1, x);
		ids[i] = (uint16_t)id;
		if (r->backend[id].pool)
			continue;
		r->backend[id] = (struct sl_registry_backend){
			.pool = (uint16_t)(pool + 1), .family = addr->family
		};
		memcpy(r->backend[id].addr, addr->octet, 16);
	}
	return 0;
}

static int assign_pool(struct sl_registry *r, const struct sl_config *conf,
		       size_t i, struct registry_ids *out, struct sl_error *x)
{
	const struct sl_pool_conf *p = &conf->pools[i];
	int id = registry_pool(r, p->name), at = id;

	out->fresh[i] = id < 0 || r->pool[id].slots != p->slots;
	if (id < 0)
		id = at = pool_new(r, p->name, 0, p->slots);
	else if (out->fresh[i])
		at = pool_new(r, p->name, POOL_MOVING, p->slots);
	if (at < 0)
		return full("pool", p->name, "", SL_POOLS_MAX, x);
	if (r->pool[at].slot_base + p->slots > conf->limits.slots)
		return sl_fail(
			x, EINVAL,
			"pool %s: its %u slots do not fit: raise limits.slots (%u)",
			p->name, p->slots, conf->limits.slots);
	while (out->slots < r->pool[at].slot_base + p->slots)
		out->slots *= 2;
	out->pool[i] = (uint16_t)id;
	out->slot_base[i] = r->pool[at].slot_base;
	out->backend[i] = calloc(p->n_backends + 1, sizeof(**out->backend));
	if (!out->backend[i])
		return sl_fail(x, ENOMEM, "pool %s: no memory", p->name);
	return assign_backends(r, p, id, out->backend[i], x);
}

static int assign_names(struct sl_registry *r, const struct sl_config *conf,
			struct registry_ids *out, struct sl_error *x)
{
	int id;

#define ASSIGN(kind, list, count) \
	for (size_t i = 0; i < (count); i++) { \
		id = entry_get(r->kind, COUNT(r->kind), (list)[i].name); \
		if (id < 0) \
			return full(#kind, (list)[i].name, "", COUNT(r->kind), \
				    x); \
		out->kind[i] = (uint16_t)id; \
	}
	/* counters only: they may change hands at once if there is no room */
	if (conf->filter.n_rules > names_free(r->rule, COUNT(r->rule)))
		SWEEP(rule, conf->filter.rules, conf->filter.n_rules)
	if (conf->n_services > names_free(r->service, COUNT(r->service)))
		SWEEP(service, conf->services, conf->n_services)
	ASSIGN(set, conf->sets, conf->n_sets)
	ASSIGN(rule, conf->filter.rules, conf->filter.n_rules)
	ASSIGN(service, conf->services, conf->n_services)
#undef ASSIGN
	return 0;
}

static int make_room(const struct sl_config *conf, struct registry_ids *ids)
{
	ids->rule = calloc(conf->filter.n_rules + 1, sizeof(*ids->rule));
	ids->set = calloc(conf->n_sets + 1, sizeof(*ids->set));
	ids->service = calloc(conf->n_services + 1, sizeof(*ids->service));
	ids->pool = calloc(conf->n_pools + 1, sizeof(*ids->pool));
	ids->backend = calloc(conf->n_pools + 1, sizeof(*ids->backend));
	ids->slot_base = calloc(conf->n_pools + 1, sizeof(*ids->slot_base));
	ids->fresh = calloc(conf->n_pools + 1, sizeof(*ids->fresh));
	ids->slots = 1;
	if (ids->rule && ids->set && ids->service && ids->pool &&
	    ids->backend && ids->slot_base && ids->fresh)
		return 0;
	return -ENOMEM;
}

int registry_assign(struct sl_registry *r, const struct sl_config *conf,
		    struct registry_ids *out, struct sl_error *x)
{
	struct registry_ids ids = { 0 };
	int err = make_room(conf, &ids);

	if (err)
		sl_fail(x, ENOMEM, "registry: no memory");
	else
		err = assign_names(r, conf, &ids, x);
	for (size_t i = 0; i < conf->n_pools && !err; i++)
		err = assign_pool(r, conf, i, &ids, x);
	if (err) {
		registry_ids_free(&ids, conf);
		return err;
	}
	*out = ids;
	return 0;
}

static int assign_known(struct sl_registry *r, const struct sl_pool_conf *p, size_t i,
			struct registry_ids *out, struct sl_error *x)
{
	int id = registry_pool(r, p->name);

	out->backend[i] = calloc(p->n_backends + 1, sizeof(**out->backend));
	if (!out->backend[i])
		return sl_fail(x, ENOMEM, "pool %s: no memory", p->name);
	if (id < 0 || r->pool[id].slots != p->slots)
		return sl_fail(x, ENOENT, "pool %s: no such pool of %u slots", p->name, p->slots);
	out->pool[i] = (uint16_t)id;
	out->slot_base[i] = r->pool[id].slot_base;
	return assign_backends(r, p, id, out->backend[i], x);
}

int registry_assign_backends(struct sl_registry *r, const struct sl_config *conf,
			     const bool *which, struct registry_ids *out, struct sl_error *x)
{
	struct registry_ids ids = { 0 };
	int err = make_room(conf, &ids);

	if (err)
		sl_fail(x, ENOMEM, "registry: no memory");
	for (size_t i = 0; i < conf->n_pools && !err; i++)
		if (which[i])
			err = assign_known(r, &conf->pools[i], i, &ids, x);
	if (err) {
		registry_ids_free(&ids, conf);
		return err;
	}
	*out = ids;
	return 0;
}

void registry_ids_free(struct registry_ids *ids, const struct sl_config *conf)
{
	for (size_t i = 0; ids->backend && i < conf->n_pools; i++)
		free(ids->backend[i]);
	free(ids->backend);
	free(ids->rule);
	free(ids->set);
	free(ids->service);
	free(ids->pool);
	free(ids->slot_base);
	free(ids->fresh);
	*ids = (struct registry_ids){ 0 };
}

/* ---- storing, sweeping ------------------------------------------------ */

static void name_store(char *to, const char *from)
{
	if (!from[0] || !strcmp(to, from))
		return;
	name_free(to);
	memcpy(to + 1, from + 1, SL_NAME_LEN - 1);
	__atomic_store_n(to, from[0], __ATOMIC_RELEASE);
}

static void backend_store(struct sl_registry_backend *to,
			  const struct sl_registry_backend *from)
{
	struct sl_registry_backend unnamed = *from;

	unnamed.pool = 0;
	unnamed.dead = 0;	/* pools_bury says so, also to packets */
	*to = unnamed;
	__atomic_store_n(&to->pool, from->pool, __ATOMIC_RELEASE);
}

void registry_store(struct sl_registry *to, const struct sl_registry *from)
{
	for (size_t i = 0; i < SL_SETS_MAX; i++)
		name_store(to->set[i].name, from->set[i].name);
	for (size_t i = 0; i < SL_RULES_MAX; i++)
		name_store(to->rule[i].name, from->rule[i].name);
	for (size_t i = 0; i < SL_SERVICES_MAX; i++)
		name_store(to->service[i].name, from->service[i].name);
	for (size_t i = 0; i < SL_POOLS_MAX; i++) {
		if (!to->pool[i].name[0]) {
			to->pool[i] = from->pool[i];
			to->pool[i].name[0] = 0;
		}
		name_store(to->pool[i].name, from->pool[i].name);
	}
	for (size_t i = 1; i < SL_BACKENDS_MAX; i++) {
		if (to->backend[i].pool || !from->backend[i].pool)
			continue;
		backend_store(&to->backend[i], &from->backend[i]);
	}
}

void registry_stand(struct sl_registry *to, const struct sl_registry *from)
{
	for (size_t i = 1; i < SL_BACKENDS_MAX; i++) {
		to->backend[i].standing = from->backend[i].standing;
		to->backend[i].since = from->backend[i].since;
	}
	for (size_t i = 0; i < SL_POOLS_MAX; i++) {
		to->pool[i].after = from->pool[i].after;
		to->pool[i].most = from->pool[i].most;
		to->pool[i].udp = from->pool[i].udp;
	}
}

bool registry_asked(const struct sl_registry *r, uint32_t pool, const struct sl_config *conf)
{
	for (size_t i = 0; i < conf->n_pools; i++)
		if (!strcmp(r->pool[pool].name, conf->pools[i].name))
			return true;
	return false;
}

void registry_free_backend(struct sl_registry *r, uint16_t id)
{
	__atomic_store_n(&r->backend[id].pool, 0, __ATOMIC_RELEASE);
}

/* Backends go with their pool: one that a pool has no more keeps its id. */
void registry_sweep(struct sl_registry *r, const struct sl_config *conf)
{
	SWEEP(set, conf->sets, conf->n_sets)
	SWEEP(rule, conf->filter.rules, conf->filter.n_rules)
	SWEEP(service, conf->services, conf->n_services)
	for (size_t i = 1; i < SL_BACKENDS_MAX; i++)
		if (r->backend[i].pool &&
		    !registry_asked(r, r->backend[i].pool - 1u, conf))
			registry_free_backend(r, (uint16_t)i);
	SWEEP(pool, conf->pools, conf->n_pools)
}

bool registry_settle(struct sl_registry *r,
		     bool (*reads)(const void *arg, uint32_t slot_base),
		     const void *arg)
{
	bool found = false;
	uint64_t place;

	for (int i = 0; i < SL_POOLS_MAX; i++) {
		struct sl_registry_pool *p = &r->pool[i];
		int to = (unsigned char)p->name[0] < POOL_MOVING && p->name[0]
				 ? moving_to(r, p->name)
				 : -1;

		if (to < 0)
			continue;
		found = true;
		if (reads(arg, r->pool[to].slot_base)) {
			memcpy(&place, &r->pool[to].slot_base, sizeof(place));
			__atomic_store_n((uint64_t *)(void *)&p->slot_base,
					 place, __ATOMIC_RELEASE);
		}
		name_free(r->pool[to].name);
	}
	return found;
}
_Static_assert(offsetof(struct sl_registry_pool, slots) ==
		       offsetof(struct sl_registry_pool, slot_base) + 4,
	       "one store moves a pool");
