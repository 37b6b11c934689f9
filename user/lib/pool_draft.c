/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a configuration makes of one pool. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include <sluice/scope.h>

#include "pool_draft.h"
#include "ring.h"
#include "ticks.h"

static void stand(struct sl_registry_backend *b, uint8_t standing, bool dead)
{
	if (b->standing != standing || !b->since) {
		b->standing = standing;
		b->since = ticks_now();
	}
	b->dead = dead;
}

/* Those that the pool has no more keep their flows, unless they were dead. */
static void stand_removed(const struct sl_pool_conf *c, const uint16_t *ids, uint16_t pool,
			  struct sl_registry *next)
{
	bool listed[SL_BACKENDS_MAX] = { false };

	for (size_t i = 0; i < c->n_backends; i++)
		listed[ids[i]] = true;
	for (uint32_t id = 1; id < SL_BACKENDS_MAX; id++) {
		struct sl_registry_backend *b = &next->backend[id];

		if (b->pool == pool + 1 && !listed[id])
			stand(b, SL_STANDS_REMOVED, b->dead || (b->down && !c->on_down_keep));
	}
}

static uint64_t mix(uint64_t sum, uint64_t a, uint64_t b)
{
	const uint64_t words[3] = { sum, a, b };

	return XXH3_64bits(words, sizeof(words));
}

/* Slots that were made of the same are the same. */
static uint64_t digest_of(const struct sl_config *conf, const struct sl_pool_conf *c,
			  const uint16_t *ids, uint16_t pool, const struct standing *standing,
			  const struct sl_registry *next)
{
	const char *seed = conf->seed ? conf->seed : "";
	uint64_t sum = XXH3_64bits(seed, strlen(seed));

	sum = mix(sum, c->slots, c->tracking);
	for (size_t i = 0; i < c->n_backends; i++) {
		const struct sl_address *a = &c->backends[i].addr;

		sum = mix(sum, ids[i], standing[i].takes ? c->backends[i].weight : 0);
		sum = mix(sum, standing[i].dead, XXH3_64bits(a, sizeof(*a)));
	}
	for (uint32_t id = 1; id < SL_BACKENDS_MAX; id++)
		if (next->backend[id].pool == pool + 1 && next->backend[id].dead)
			sum = mix(sum, id, 1);
	return sum ? sum : 1;
}

static int draw(const struct sl_config *conf, const struct sl_pool_conf *c, const uint16_t *ids,
		struct sl_registry *next, struct pool_slots *out)
{
	autofree struct standing *standing = calloc(c->n_backends + 1, sizeof(*standing));
	autofree bool *down = calloc(c->n_backends + 1, sizeof(*down));

	if (!standing || !down)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_backends; i++)
		down[i] = next->backend[ids[i]].down;
	standings(c, down, standing);
	for (size_t i = 0; i < c->n_backends; i++)
		stand(&next->backend[ids[i]], standing[i].is, standing[i].dead);
	stand_removed(c, ids, out->pool, next);
	out->made_of = digest_of(conf, c, ids, out->pool, standing, next);
	if (out->made_of == next->pool[out->pool].made_of && out->from == out->base &&
	    out->from_n == out->n)
		return 0;
	out->ring = calloc(c->slots, sizeof(*out->ring));
	return out->ring ? ring_of_pool(c, conf->seed, ids, standing, out->ring) : -ENOMEM;
}

int pool_draft(const struct sl_config *conf, size_t p, const struct registry_ids *ids,
	       const struct sl_registry *running, struct sl_registry *next,
	       struct pool_slots *out, struct sl_error *x)
{
	const struct sl_pool_conf *c = &conf->pools[p];
	const struct sl_registry_pool *was = &running->pool[ids->pool[p]];
	struct sl_registry_pool *r = &next->pool[ids->pool[p]];
	int err;

	*out = (struct pool_slots){
		.pool = ids->pool[p], .base = ids->slot_base[p], .n = c->slots,
		.from = was->slot_base, .from_n = was->name[0] ? was->slots : 0,
		.tracked = c->tracking != SL_TRACK_OFF,
		.udp_grace = ticks_from_ms(c->udp_grace_ms),
	};
	err = draw(conf, c, ids->backend[p], next, out);
	if (err)
		return sl_fail(x, err, "pool %s: %s", c->name, strerror(-err));
	r->after = ticks_from_ms(c->settle_after_ms);
	r->most = ticks_from_ms(c->settle_max_ms);
	r->udp = pool_has_udp(conf, c);
	if (!out->from_n)
		r->made_of = out->made_of;
	return 0;
}

void pool_draft_free(struct pool_slots *s)
{
	free(s->ring);
}
