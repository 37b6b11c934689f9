/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes slots, pools, and when previous owners were last followed. */
#include <string.h>

#include "pools.h"
#include "records.h"
#include "ticks.h"

enum { LASTS_BEYOND_MS = 5 * 60 * 1000, LASTS_MOST = 0xfeff };

static uint32_t *slots_of(const struct maps *m, uint32_t *room)
{
	uint32_t *slots = map_late(m, MAP_SLOTS);

	*room = slots ? (uint32_t)(m->map[MAP_SLOTS].stride / sizeof(uint32_t)) : 0;
	return slots;
}

const uint32_t *slots_at(const struct maps *m, uint32_t base, uint32_t n)
{
	uint32_t room;
	const uint32_t *slot = slots_of(m, &room);

	return slot && base + (uint64_t)n <= room ? slot + base : NULL;
}

void slots_read(const struct maps *m, uint32_t base, uint16_t *ring, uint32_t n)
{
	uint32_t room;
	const uint32_t *slot = slots_of(m, &room);

	for (uint32_t i = 0; i < n; i++)
		ring[i] = base + i < room ? slot_current(slot[base + i]) : 0;
}

/* ---- a change --------------------------------------------------------------- */

/* Of the slots that become one in a smaller ring, some have flows with records. */
static bool some_wait(const uint32_t *slot, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (slot_state(slot[i]) != SLOT_STABLE)
			return true;
	return false;
}

static uint32_t next_word(const struct pool_slots *s, const uint32_t *slot, uint32_t i,
			  const bool *dead)
{
	const uint32_t *from = &slot[s->from];
	uint32_t word;

	if (!s->tracked || !s->from_n)
		return SL_SLOT(s->ring[i], s->ring[i]);
	from += slot_ancestor(i, s->n, s->from_n);
	word = slot_change(*from, s->ring[i], dead);
	if (slot_state(word) == SLOT_STABLE && some_wait(from, s->from_n / s->n))
		return SL_SLOT(s->ring[i], SL_SETTLING);
	return word;
}

bool pool_differs(const struct sl_instance *inst, const struct pool_slots *s,
		  const bool dead[SL_BACKENDS_MAX])
{
	uint32_t room;
	const uint32_t *slot = slots_of(&inst->maps, &room);

	if (!s->ring)
		return false;
	if (!slot || s->base + s->n > room || s->from + s->from_n > room)
		return true;
	for (uint32_t i = 0; i < s->n; i++)
		if (slot[s->base + i] != next_word(s, slot, i, dead))
			return true;
	return false;
}

static void follow(const struct sl_instance *inst, uint16_t id, uint32_t now)
{
	const struct map *map = &inst->maps.map[MAP_FOLLOWED];
	uint32_t *followed = map->memory;

	if (id < map->stride / sizeof(*followed))
		__atomic_store_n(&followed[id], now, __ATOMIC_RELAXED);
}

/* Each change restarts the clocks of all that waits in this pool. */
static void restart_clocks(const struct sl_instance *inst, const struct pool_slots *s, const uint32_t *slot,
			   const bool *dead)
{
	struct sl_pool *pool = map_at(&inst->maps, MAP_POOLS, s->pool);
	struct sl_registry_pool *r = &registry(inst)->pool[s->pool];
	uint32_t now = ticks_now();
	bool waits = false;

	__atomic_store_n(&pool->udp_until, now + s->udp_grace, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t word = next_word(s, slot, i, dead);

		waits |= slot_state(word) != SLOT_STABLE;
		if (slot_state(word) == SLOT_CHANGING)
			follow(inst, slot_previous(word), now);
	}
	r->changed = now;
	if (waits && !r->since)
		r->since = now ? now : 1;
}

void pool_write(const struct sl_instance *inst, const struct pool_slots *s,
		const bool dead[SL_BACKENDS_MAX])
{
	struct sl_registry_pool *r = &registry(inst)->pool[s->pool];
	uint32_t room;
	uint32_t *slot = slots_of(&inst->maps, &room);

	if (!s->ring || !slot)
		return;
	r->made_of = 0;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	/* what is left in a region that nobody reads is no matter */
	if (s->from_n && (s->from != s->base || pool_differs(inst, s, dead)))
		restart_clocks(inst, s, slot, dead);
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t word = next_word(s, slot, i, dead);

		if (slot[s->base + i] != word)
			__atomic_store_n(&slot[s->base + i], word, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&r->made_of, s->made_of, __ATOMIC_RELEASE);
}

static __u16 lasts(const struct sl_pool_conf *conf)
{
	uint32_t units = ticks_from_ms(conf->settle_after_ms + LASTS_BEYOND_MS);

	return (__u16)(units < LASTS_MOST ? units : LASTS_MOST);
}

void pools_describe(const struct sl_instance *inst, const uint16_t *index, const struct sl_config *conf)
{
	__u16 longest = 0;

	for (size_t i = 0; i < conf->n_pools; i++)
		if (lasts(&conf->pools[i]) > longest)
			longest = lasts(&conf->pools[i]);
	for (size_t i = 0; i < conf->n_pools; i++) {
		struct sl_pool *pool = map_at(&inst->maps, MAP_POOLS, index[i]);

		pool->longest = longest;
		pool->lasts = lasts(&conf->pools[i]);
		pool->server_id_bytes = conf->pools[i].quic_server_id_bytes;
	}
}

/* ---- life and death --------------------------------------------------------- */

/* In both halves: packets read one of them. */
static void mark(const struct sl_instance *inst, uint32_t id, bool dead)
{
	size_t room = inst->maps.map[MAP_BACKENDS].stride / sizeof(struct sl_backend);

	for (uint32_t bank = 0; bank < SL_BANKS && id < room; bank++) {
		struct sl_backend *b = map_at(&inst->maps, MAP_BACKENDS, bank);
		uint8_t others = b[id].flags & (uint8_t)~SL_BACKEND_ALIVE;

		__atomic_store_n(&b[id].flags, others | (dead ? 0 : SL_BACKEND_ALIVE),
				 __ATOMIC_RELEASE);
	}
	registry(inst)->backend[id].dead = dead;
}

static bool differ(const struct sl_instance *inst, const struct sl_registry *next,
		   bool dead, bool ids[SL_BACKENDS_MAX])
{
	const struct sl_registry *now = registry(inst);
	bool some = false;

	for (uint32_t id = 1; id < SL_BACKENDS_MAX; id++) {
		ids[id] = now->backend[id].pool && next->backend[id].pool &&
			  now->backend[id].dead == !dead && next->backend[id].dead == dead;
		some |= ids[id];
	}
	ids[0] = false;
	return some;
}

static void mark_all(const struct sl_instance *inst, const bool *ids, bool dead)
{
	for (uint32_t id = 1; id < SL_BACKENDS_MAX; id++)
		if (ids[id])
			mark(inst, id, dead);
}

void pools_revive(const struct sl_instance *inst, const struct sl_registry *next)
{
	bool ids[SL_BACKENDS_MAX];

	if (!differ(inst, next, false, ids))
		return;
	records_erase_backends(&inst->maps, ids);
	mark_all(inst, ids, false);
}

void pools_bury(const struct sl_instance *inst, const struct sl_registry *next)
{
	bool ids[SL_BACKENDS_MAX];

	if (!differ(inst, next, true, ids))
		return;
	mark_all(inst, ids, true);
	records_erase_backends(&inst->maps, ids);
}
