// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Slots of pools, counted; and what was counted before. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "pools.h"
#include "registry.h"
#include "survey.h"
#include "ticks.h"

/* What a pool's slots were when they were counted. */
struct sight { uint64_t made_of; uint32_t base, slots, since; };

struct sl_survey {
	struct sight seen[SL_POOLS_MAX];	/* made_of 0: not */
	uint32_t owns[SL_BACKENDS_MAX];		/* of backends of pools that were */
};

struct work {
	const struct sl_instance *inst;
	struct slot_owners owners;
	struct sight now[SL_POOLS_MAX];		/* made_of 0: it may be another one already */
	uint64_t sum[SL_POOLS_MAX];		/* slots that its own backends have */
	bool kept[SL_POOLS_MAX];
};

struct sl_survey *sl_survey_new(void)
{
	return calloc(1, sizeof(struct sl_survey));
}

void sl_survey_free(struct sl_survey *survey)
{
	free(survey);
}

void sl_survey_set(struct sl_instance *inst, struct sl_survey *survey)
{
	inst->survey = survey;
}

static struct sight look(const struct sl_registry_pool *p)
{
	struct sight s = { .made_of = __atomic_load_n(&p->made_of, __ATOMIC_ACQUIRE) };

	s.base = p->slot_base;
	s.slots = p->slots;
	s.since = __atomic_load_n(&p->since, __ATOMIC_ACQUIRE);
	return s;
}

/* Stable, and known by what it was made of. */
static bool is_known(const struct sight *s)
{
	return s->made_of && !s->since;
}

static bool is_same(const struct sight *a, const struct sight *b)
{
	return a->made_of == b->made_of && a->base == b->base && a->slots == b->slots &&
	       a->since == b->since;
}

/* False: its slots are nowhere. */
static bool count(struct work *w, uint32_t i, struct sl_named_pool *out)
{
	const struct sl_registry_pool *p = &registry(w->inst)->pool[i];
	const uint32_t *slot = slots_at(&w->inst->maps, w->now[i].base, w->now[i].slots);
	struct slot_counts n = { { 0 } };
	struct sight after;

	if (!slot)
		return false;
	slots_survey(slot, w->now[i].slots, &n, &w->owners);
	out->stable = n.of[SLOT_STABLE];
	out->changing = n.of[SLOT_CHANGING];
	out->settling = n.of[SLOT_SETTLING];
	if (out->stable != out->slots)
		out->waits_ms = ticks_ms_since(p->since);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	after = look(p);
	if (!is_same(&w->now[i], &after) || out->stable != out->slots)
		w->now[i].made_of = 0;
	return true;
}

static bool read_pool(struct work *w, uint32_t i, struct sl_named_pool *out)
{
	const struct sl_registry_pool *p = &registry(w->inst)->pool[i];
	const struct sl_survey *survey = w->inst->survey;

	if (!p->name[0] || p->name[0] & POOL_MOVING)
		return false;
	w->now[i] = look(p);
	memcpy(out->name, p->name, sizeof(out->name));
	out->slots = w->now[i].slots;
	w->kept[i] = survey && is_known(&w->now[i]) && is_same(&w->now[i], &survey->seen[i]);
	if (!w->kept[i])
		return count(w, i, out);
	out->stable = out->slots;
	return true;
}

/* What is not all of its own backends' is no ring: it is being written. */
static void keep(const struct work *w, const uint32_t *owns)
{
	struct sl_survey *survey = w->inst->survey;

	memcpy(survey->owns, owns, sizeof(survey->owns));
	for (uint32_t i = 0; i < SL_POOLS_MAX; i++) {
		survey->seen[i] = w->now[i];
		if (!is_known(&w->now[i]) || w->sum[i] != w->now[i].slots)
			survey->seen[i].made_of = 0;
	}
}

int survey_read(const struct sl_instance *inst, struct sl_stats *s, uint32_t owns[SL_BACKENDS_MAX])
{
	autofree struct work *w = calloc(1, sizeof(*w));
	const struct sl_registry *r = registry(inst);

	s->pools = calloc(SL_POOLS_MAX, sizeof(*s->pools));
	if (!s->pools || !w)
		return -ENOMEM;
	w->inst = inst;
	for (uint32_t i = 0; i < SL_POOLS_MAX; i++)
		s->n_pools += read_pool(w, i, &s->pools[s->n_pools]);
	for (uint32_t id = 1; id < SL_BACKENDS_MAX; id++) {
		uint32_t pool = r->backend[id].pool;

		if (!pool || pool > SL_POOLS_MAX)
			continue;
		owns[id] = w->kept[pool - 1] ? inst->survey->owns[id] : slots_owned(&w->owners, (uint16_t)id);
		w->sum[pool - 1] += owns[id];
	}
	if (inst->survey)
		keep(w, owns);
	return 0;
}
