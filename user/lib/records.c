/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records of flows, as the control side sees them. */
#include <string.h>

#include "records.h"
#include "ticks.h"

static struct sl_records *table(const struct maps *m, enum map_id id, uint32_t *sets)
{
	*sets = (uint32_t)(map_size(m, id) / sizeof(struct sl_records));
	return map_at(m, id, 0);
}

uint32_t records_sets(const struct sl_config *conf)
{
	uint32_t sets = 1;
	bool tracked = false;

	for (size_t i = 0; i < conf->n_pools; i++)
		tracked |= conf->pools[i].tracking != SL_TRACK_OFF;
	while (tracked && sets * 2ull * SL_RECORD_WAYS <= conf->limits.flows)
		sets *= 2;
	return sets;
}

/* Without the veil, here and below. */
static struct sl_record read_any(const struct sl_record *way)
{
	struct sl_record r;

	r.tag = __atomic_load_n(&way->tag, __ATOMIC_ACQUIRE);
	r.is = __atomic_load_n(&way->is, __ATOMIC_ACQUIRE) ^ SL_RECORD_VEIL(r.tag);
	return r;
}

/* False: none is there, or it is being written. */
static bool read_way(const struct sl_record *way, struct sl_record *out)
{
	uint64_t again;

	*out = read_any(way);
	again = __atomic_load_n(&way->tag, __ATOMIC_ACQUIRE);
	if (out->tag <= SL_RECORD_BUSY || (again ^ out->tag) > 1)
		return false;
	out->tag = again;	/* confirmed in between, it is the same */
	return true;
}

/* Both words at once: a way is never half written, whoever is killed, and who has
 * taken it, renewed or confirmed it since `from` was read keeps it. */
#ifdef __x86_64__
__attribute__((target("cx16")))
#endif
static bool swap(struct sl_record *way, struct sl_record from, struct sl_record to)
{
	typedef unsigned __int128 __attribute__((may_alias)) words;
	words old, new;

	from.is ^= SL_RECORD_VEIL(from.tag);
	to.is ^= SL_RECORD_VEIL(to.tag);
	memcpy(&old, &from, sizeof(old));
	memcpy(&new, &to, sizeof(new));
	return __sync_bool_compare_and_swap((words *)way, old, new);
}

/* Renewed while it was looked at, it is looked at again. */
static void sweep_way(struct sl_record *way, bool (*drop)(void *arg, struct sl_record r), void *arg)
{
	struct sl_record r, none = { 0 };

	while (read_way(way, &r) && drop(arg, r))
		if (swap(way, r, none))
			return;
}

static void sweep(const struct maps *m, enum map_id id,
		  bool (*drop)(void *arg, struct sl_record r), void *arg)
{
	uint32_t sets;
	struct sl_records *set = table(m, id, &sets);

	for (uint32_t i = 0; i < sets; i++)
		for (int w = 0; w < SL_RECORD_WAYS; w++)
			sweep_way(&set[i].way[w], drop, arg);
}

void records_sweep(const struct maps *m, bool (*drop)(void *arg, struct sl_record r), void *arg)
{
	sweep(m, MAP_RECORDS, drop, arg);
}

uint32_t records_sweep_some(const struct maps *m, uint32_t from, uint32_t n,
			    bool (*drop)(void *arg, struct sl_record r), void *arg)
{
	uint32_t sets;
	struct sl_records *set = table(m, MAP_RECORDS, &sets);

	for (; n && from < sets; from++, n--)
		for (int w = 0; w < SL_RECORD_WAYS; w++)
			sweep_way(&set[from].way[w], drop, arg);
	return from < sets ? from : 0;
}

void records_sweep_fragments(const struct maps *m, bool (*drop)(void *arg, struct sl_record r), void *arg)
{
	sweep(m, MAP_FRAGMENTS, drop, arg);
}

bool record_is_live(const struct maps *m, struct sl_record r, uint32_t now)
{
	const struct sl_pool *pool = map_at(m, MAP_POOLS, SL_RECORD_POOL(r.is));

	return sl_record_is_live(r.tag, r.is, now, pool->lasts);
}

struct wanted { const bool *is; };

static bool is_of_backends(void *arg, struct sl_record r)
{
	const struct wanted *backends = arg;
	uint16_t id = SL_RECORD_BACKEND(r.is);

	return id < SL_BACKENDS_MAX && backends->is[id];
}

void records_erase_backends(const struct maps *m, const bool ids[SL_BACKENDS_MAX])
{
	struct wanted w = { ids };

	sweep(m, MAP_RECORDS, is_of_backends, &w);
	sweep(m, MAP_FRAGMENTS, is_of_backends, &w);
}

static bool is_of_pools(void *arg, struct sl_record r)
{
	const struct wanted *pools = arg;

	return pools->is[SL_RECORD_POOL(r.is)];
}

void records_erase_pools(const struct maps *m, const bool pools[SL_POOLS_MAX])
{
	struct wanted w = { pools };

	sweep(m, MAP_RECORDS, is_of_pools, &w);
}

/* ---- a larger table ------------------------------------------------------- */

/* At its backend, in a pool's slot: all but the time. */
static uint64_t said(struct sl_record r)
{
	return r.is << 16;
}

/* Of one flow in two tables: what packets told either. */
static struct sl_record later(struct sl_record has, struct sl_record r, uint32_t now)
{
	if (said(has) != said(r))
		return has;		/* recorded anew since */
	if (sl_record_age(r.is, now) < sl_record_age(has.is, now))
		has.is = r.is;
	has.tag |= r.tag & 1;
	return has;
}

/* How gladly a way is taken that holds this; 0: not at all. */
static int room(const struct maps *m, struct sl_record r, uint32_t now)
{
	if (r.tag <= SL_RECORD_BUSY)
		return r.tag ? 0 : 3;
	if (!record_is_live(m, r, now))
		return 2;
	return !(r.tag & 1) && sl_record_age(r.is, now) > SL_RECORD_HANDSHAKE;
}

/* False: a packet was there meanwhile. */
static bool put(const struct maps *m, struct sl_records *set, struct sl_record r, uint32_t now)
{
	struct sl_record has, seen = { 0 }, *to = NULL;
	int most = 0;

	for (struct sl_record *way = set->way; way < set->way + SL_RECORD_WAYS; way++) {
		has = read_any(way);
		if ((has.tag ^ r.tag) <= 1)
			return swap(way, has, later(has, r, now));
		if (room(m, has, now) <= most)
			continue;
		most = room(m, has, now);
		seen = has;
		to = way;
	}
	return !to || swap(to, seen, r);
}

void records_merge(const struct maps *to, const struct maps *from)
{
	uint32_t old, sets, now = ticks_now();
	struct sl_records *target = table(to, MAP_RECORDS, &sets), *set = table(from, MAP_RECORDS, &old);
	struct sl_record r;

	for (uint32_t i = 0; i < old; i++)
		for (int w = 0; w < SL_RECORD_WAYS; w++) {
			if (!read_way(&set[i].way[w], &r) || !record_is_live(to, r, now))
				continue;
			while (!put(to, &target[SL_RECORD_SET(r.tag) & (sets - 1)], r, now))
				;
		}
}

/* ---- a table that takes nobody new ---------------------------------------- */

enum { FULL_FOR = 4 };		/* units of time, and a newcomer may take a way */

/* Nobody may take it; who is there stays, and is young for a while. */
static bool close_way(const struct maps *m, struct sl_record *way, uint32_t now)
{
	struct sl_record r = read_any(way), busy = { .tag = SL_RECORD_BUSY };

	if (r.tag == SL_RECORD_BUSY)
		return true;
	if (!r.tag || !record_is_live(m, r, now))
		return swap(way, r, busy);
	if (r.tag & 1 && record_is_live(m, r, now + FULL_FOR))
		return true;
	busy.tag = r.tag;
	busy.is = SL_RECORD(0, 0, 0, now) | r.is << 16 >> 16;
	return swap(way, r, busy);
}

void records_close(const struct maps *from, const struct maps *m, uint32_t now)
{
	uint32_t sets;
	struct sl_records *set = table(from, MAP_RECORDS, &sets);

	for (uint32_t i = 0; i < sets; i++)
		for (int w = 0; w < SL_RECORD_WAYS; w++)
			while (!close_way(m, &set[i].way[w], now))
				;
}

void records_open(const struct maps *from)
{
	uint32_t sets;
	struct sl_records *set = table(from, MAP_RECORDS, &sets);

	for (uint32_t i = 0; i < sets; i++)
		for (int w = 0; w < SL_RECORD_WAYS; w++) {
			__u64 busy = SL_RECORD_BUSY;

			__atomic_compare_exchange_n(&set[i].way[w].tag, &busy, 0, false,
						    __ATOMIC_RELEASE, __ATOMIC_RELAXED);
		}
}

void records_clear(const struct maps *m)
{
	uint32_t sets;

	memset(table(m, MAP_RECORDS, &sets), 0, map_size(m, MAP_RECORDS));
}
