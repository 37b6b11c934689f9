/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Changing slots settle, settling ones become stable, removed backends go. */
#include <errno.h>
#include <string.h>

#include <sluice/scope.h>

#include "draft.h"
#include "pools.h"
#include "records.h"
#include "registry.h"
#include "settle.h"
#include "ticks.h"

struct work {
	struct sl_instance *inst;
	uint32_t now;
	uint32_t first, end;	/* pools: from, and up to but without; by index */
	uint64_t *astray;	/* slots with a live record for another backend, a bit each */
	bool named[SL_BACKENDS_MAX];
	struct sl_settled done;
};

static struct sl_registry_pool *pool_of(const struct work *w, uint32_t i)
{
	struct sl_registry_pool *r = &registry(w->inst)->pool[i];

	if (!r->name[0] || r->name[0] & POOL_MOVING || i < w->first || i >= w->end)
		return NULL;
	return r;
}

/* A pool of which some slots are not stable, and those; NULL: it has none. */
static uint32_t *waiting(const struct work *w, uint32_t i, struct sl_registry_pool **pool)
{
	struct sl_registry_pool *r = pool_of(w, i);

	if (!r || !r->since || !slots_at(&w->inst->maps, r->slot_base, r->slots))
		return NULL;
	*pool = r;
	return (uint32_t *)map_at(&w->inst->maps, MAP_SLOTS, 0) + r->slot_base;
}

#define EACH_WAITING(w, i, r, slot) \
	for (uint32_t i = 0; i < SL_POOLS_MAX; i++) \
		if ((slot = waiting(w, i, &r)))

/* ---- changing -> settling ---------------------------------------------------- */

static uint32_t followed(const struct work *w, uint16_t id)
{
	const struct map *map = &w->inst->maps.map[MAP_FOLLOWED];
	const uint32_t *times = map->memory;

	return id < map->stride / sizeof(*times) ?
		__atomic_load_n(&times[id], __ATOMIC_RELAXED) : 0;
}

static void settle_pool(struct work *w, uint32_t i, const struct sl_registry_pool *r, uint32_t *slot)
{
	const struct sl_pool *pool = map_at(&w->inst->maps, MAP_POOLS, i);
	const struct slot_clock clock = {
		.now = w->now, .changed = r->changed, .after = r->after, .most = r->most,
		.udp_until = pool->udp_until, .udp = r->udp,
	};

	for (uint32_t n = 0; n < r->slots; n++) {
		uint32_t word = slot[n];

		if (slot_state(word) != SLOT_CHANGING ||
		    !slot_is_due(&clock, followed(w, slot_previous(word))))
			continue;
		__atomic_store_n(&slot[n], SL_SLOT(slot_current(word), SL_SETTLING),
				 __ATOMIC_RELEASE);
		w->done.settling++;
	}
}

/* ---- records ------------------------------------------------------------------- */

/* The highest 22 bits of a hash name as many slots as there are, or a few. */
static void mark_astray(const struct work *w, const struct sl_registry_pool *r, struct sl_record rec)
{
	uint64_t first = (uint64_t)SL_RECORD_HASH(rec.is) * r->slots >> 32;
	uint64_t last = ((uint64_t)SL_RECORD_HASH(rec.is) + 1023) * r->slots >> 32;
	const uint32_t *slot = slots_at(&w->inst->maps, r->slot_base, r->slots);

	for (uint64_t n = first; slot && n <= last; n++)
		if (slot_current(slot[n]) != SL_RECORD_BACKEND(rec.is))
			w->astray[(r->slot_base + n) / 64] |= 1ull << (r->slot_base + n) % 64;
}

/* Takes note of a live one; the others go. */
static bool look_at(void *arg, struct sl_record rec)
{
	struct work *w = arg;
	uint16_t id = SL_RECORD_BACKEND(rec.is);
	const struct sl_registry *all = registry(w->inst);
	const struct sl_registry_pool *r = &all->pool[SL_RECORD_POOL(rec.is)];

	if (!record_is_live(&w->inst->maps, rec, w->now) || !r->name[0] ||
	    id >= SL_BACKENDS_MAX || all->backend[id].dead)
		return true;
	w->named[id] = true;
	mark_astray(w, r, rec);
	return false;
}

/* ---- settling -> stable --------------------------------------------------------- */

static bool is_astray(const struct work *w, uint64_t slot)
{
	return w->astray[slot / 64] >> slot % 64 & 1;
}

static void rest_pool(struct work *w, struct sl_registry_pool *r, uint32_t *slot)
{
	struct slot_counts left = { { 0 } };

	for (uint32_t n = 0; n < r->slots; n++) {
		uint32_t word = slot[n];

		if (slot_state(word) != SLOT_SETTLING || is_astray(w, r->slot_base + n))
			continue;
		__atomic_store_n(&slot[n], SL_SLOT(slot_current(word), slot_current(word)),
				 __ATOMIC_RELEASE);
		w->done.stable++;
	}
	slots_count(slot, r->slots, &left);
	w->done.waiting += left.of[SLOT_CHANGING] + left.of[SLOT_SETTLING];
	if (left.of[SLOT_STABLE] == r->slots)
		r->since = 0;
}

/* ---- removed backends ------------------------------------------------------------ */

static bool is_leaving(const struct work *w, uint32_t id)
{
	const struct sl_registry_backend *b = &registry(w->inst)->backend[id];

	return b->pool && b->standing == SL_STANDS_REMOVED && pool_of(w, b->pool - 1u);
}

static bool some_leave(const struct work *w)
{
	for (uint32_t id = 1; id < SL_BACKENDS_MAX; id++)
		if (is_leaving(w, id))
			return true;
	return false;
}

static void name_those_in_slots(struct work *w)
{
	struct sl_registry_pool *r;
	const uint32_t *slot;

	EACH_WAITING(w, i, r, slot)
		for (uint32_t n = 0; n < r->slots; n++) {
			w->named[slot_current(slot[n]) % SL_BACKENDS_MAX] = true;
			if (slot_state(slot[n]) == SLOT_CHANGING)
				w->named[slot_previous(slot[n]) % SL_BACKENDS_MAX] = true;
		}
}

static void free_removed(struct work *w)
{
	bool ids[SL_BACKENDS_MAX] = { false };

	name_those_in_slots(w);
	for (uint32_t id = 1; id < SL_BACKENDS_MAX; id++) {
		ids[id] = is_leaving(w, id) && !w->named[id];
		w->done.freed += ids[id];
	}
	if (w->done.freed)
		records_erase_backends(&w->inst->maps, ids);
	for (uint32_t id = 1; id < SL_BACKENDS_MAX; id++)
		if (ids[id])
			registry_free_backend(registry(w->inst), (uint16_t)id);
}

/* ---- all of it --------------------------------------------------------------------- */

static bool some_wait(const struct work *w)
{
	struct sl_registry_pool *r;

	for (uint32_t i = 0; i < SL_POOLS_MAX; i++)
		if (waiting(w, i, &r))
			return true;
	return false;
}

/* Packets that hold a slot as it was may still record: none does after the first
 * grace period. None holds a freed id after the second. */
static int settle(struct work *w)
{
	size_t words = w->inst->maps.map[MAP_SLOTS].stride / sizeof(uint32_t) / 64 + 2;
	autofree uint64_t *astray = calloc(words, sizeof(*astray));
	struct sl_registry_pool *r;
	uint32_t *slot;

	if (!astray)
		return -ENOMEM;
	w->astray = astray;
	EACH_WAITING(w, i, r, slot)
		settle_pool(w, i, r, slot);
	grace_wait(&w->inst->grace);
	records_sweep(&w->inst->maps, look_at, w);
	EACH_WAITING(w, i, r, slot)
		rest_pool(w, r, slot);
	free_removed(w);
	if (w->done.freed)
		grace_wait(&w->inst->grace);
	return 0;
}

static int settle_some(struct sl_instance *inst, uint32_t first, uint32_t end,
		       struct sl_settled *done, struct sl_error *x)
{
	autofree struct work *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return sl_fail(x, ENOMEM, "pools: no memory");
	err = grace_make(&inst->grace, x);
	if (err)
		return err;
	*done = w->done;
	/* packets may write tables that are not these: of no use to judge by */
	if (inst->repair)
		return 0;
	/* of a ring that grew, packets may read the slots, and the registry not yet */
	if (draft_settle(inst, registry(inst)))
		grace_wait(&inst->grace);
	w->inst = inst;
	w->first = first;
	w->end = end;
	w->now = ticks_now();
	registry(inst)->settled = w->now;
	if (some_wait(w) || some_leave(w))
		err = settle(w);
	if (err)
		return sl_fail(x, err, "pools: %s", strerror(-err));
	*done = w->done;
	return 0;
}

void settle_due(struct sl_instance *inst)
{
	struct sl_settled done;

	if (registry(inst)->settled != ticks_now())
		settle_some(inst, 0, SL_POOLS_MAX, &done, NULL);
}

int sl_pool_settle(struct sl_instance *inst, const char *pool, struct sl_settled *done,
		   struct sl_error *x)
{
	int only = pool ? registry_pool(registry(inst), pool) : -1;

	if (inst->how == SL_OPEN_READ)
		return sl_fail(x, EPERM, "instance %s: opened to look only", inst->name);
	if (pool && only < 0)
		return sl_fail(x, ENOENT, "pool %s: no such pool", pool);
	if (pool)
		return settle_some(inst, (uint32_t)only, (uint32_t)only + 1, done, x);
	return settle_some(inst, 0, SL_POOLS_MAX, done, x);
}

/* Behind the pools that have so many slots to look at. */
static uint32_t end_of(const struct sl_instance *inst, uint32_t from, uint64_t most)
{
	uint64_t slots = 0;

	for (uint32_t i = from; i < SL_POOLS_MAX; i++) {
		const struct sl_registry_pool *r = &registry(inst)->pool[i];

		if (!r->name[0] || !r->since)
			continue;
		if (slots && slots + r->slots > most)
			return i;
		slots += r->slots;
	}
	return SL_POOLS_MAX;
}

int sl_pools_settle(struct sl_instance *inst, uint32_t *from, uint64_t most,
		    struct sl_settled *done, struct sl_error *x)
{
	uint32_t end = end_of(inst, *from, most);
	int err;

	if (inst->how == SL_OPEN_READ)
		return sl_fail(x, EPERM, "instance %s: opened to look only", inst->name);
	err = settle_some(inst, *from, end, done, x);
	if (!err)
		*from = end < SL_POOLS_MAX ? end : 0;
	return err;
}
