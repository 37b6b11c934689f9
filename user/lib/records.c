/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records of flows, as the control side sees them. */
#include "records.h"

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

/* False: none is there, or it is being written. */
static bool read_way(const struct sl_record *way, struct sl_record *out)
{
	out->tag = __atomic_load_n(&way->tag, __ATOMIC_ACQUIRE);
	out->is = __atomic_load_n(&way->is, __ATOMIC_ACQUIRE);
	return out->tag > SL_RECORD_BUSY &&
	       __atomic_load_n(&way->tag, __ATOMIC_ACQUIRE) == out->tag;
}

/* Confirmed meanwhile, it is the same one all the same. */
static void erase(struct sl_record *way, uint64_t tag)
{
	for (uint64_t confirmed = 0; confirmed < 2; confirmed++) {
		uint64_t seen = tag | confirmed;

		if (__atomic_compare_exchange_n(&way->tag, &seen, 0, false,
						__ATOMIC_RELEASE, __ATOMIC_RELAXED))
			return;
	}
}

static void sweep(const struct maps *m, enum map_id id,
		  bool (*drop)(void *arg, struct sl_record r), void *arg)
{
	struct sl_record r;
	uint32_t sets;
	struct sl_records *set = table(m, id, &sets);

	for (uint32_t i = 0; i < sets; i++)
		for (int w = 0; w < SL_RECORD_WAYS; w++)
			if (read_way(&set[i].way[w], &r) && drop(arg, r))
				erase(&set[i].way[w], r.tag);
}

void records_sweep(const struct maps *m, bool (*drop)(void *arg, struct sl_record r), void *arg)
{
	sweep(m, MAP_RECORDS, drop, arg);
}

uint32_t records_sweep_some(const struct maps *m, uint32_t from, uint32_t n,
			    bool (*drop)(void *arg, struct sl_record r), void *arg)
{
	struct sl_record r;
	uint32_t sets;
	struct sl_records *set = table(m, MAP_RECORDS, &sets);

	for (; n && from < sets; from++, n--)
		for (int w = 0; w < SL_RECORD_WAYS; w++)
			if (read_way(&set[from].way[w], &r) && drop(arg, r))
				erase(&set[from].way[w], r.tag);
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

static void put(struct sl_records *set, struct sl_record r)
{
	struct sl_record *unused = NULL;
	uint64_t none = 0;

	for (int w = 0; w < SL_RECORD_WAYS; w++) {
		uint64_t tag = __atomic_load_n(&set->way[w].tag, __ATOMIC_RELAXED);

		if ((tag ^ r.tag) <= 1)
			return;
		if (!tag && !unused)
			unused = &set->way[w];
	}
	if (!unused || !__atomic_compare_exchange_n(&unused->tag, &none, SL_RECORD_BUSY, false,
						    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	__atomic_store_n(&unused->is, r.is, __ATOMIC_RELEASE);
	__atomic_store_n(&unused->tag, r.tag, __ATOMIC_RELEASE);
}

void records_merge(const struct maps *to, const struct maps *from)
{
	uint32_t old, sets;
	struct sl_records *target = table(to, MAP_RECORDS, &sets), *set = table(from, MAP_RECORDS, &old);
	struct sl_record r;

	for (uint32_t i = 0; i < old; i++)
		for (int w = 0; w < SL_RECORD_WAYS; w++)
			for (uint32_t at = i; read_way(&set[i].way[w], &r) && at < sets; at += old)
				put(&target[at], r);
}
