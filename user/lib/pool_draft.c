/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a configuration makes of one pool. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static int draw(const struct sl_config *conf, const struct sl_pool_conf *c, const uint16_t *ids,
		uint16_t pool, struct sl_registry *next, uint16_t *ring)
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
	stand_removed(c, ids, pool, next);
	return ring_of_pool(c, conf->seed, ids, standing, ring);
}

int pool_draft(const struct sl_config *conf, size_t p, const struct registry_ids *ids,
	       const struct sl_registry *running, struct sl_registry *next,
	       struct pool_slots *out, struct sl_error *x)
{
	const struct sl_pool_conf *c = &conf->pools[p];
	const struct sl_registry_pool *was = &running->pool[ids->pool[p]];
	struct sl_registry_pool *r = &next->pool[ids->pool[p]];
	uint16_t *ring = calloc(c->slots, sizeof(*ring));
	int err = ring ? draw(conf, c, ids->backend[p], ids->pool[p], next, ring) : -ENOMEM;

	if (err) {
		free(ring);
		return sl_fail(x, err, "pool %s: %s", c->name, strerror(-err));
	}
	r->after = ticks_from_ms(c->settle_after_ms);
	r->most = ticks_from_ms(c->settle_max_ms);
	r->udp = pool_has_udp(conf, c);
	*out = (struct pool_slots){
		.pool = ids->pool[p], .base = ids->slot_base[p], .n = c->slots, .ring = ring,
		.from = was->slot_base, .from_n = was->name[0] ? was->slots : 0,
		.tracked = c->tracking != SL_TRACK_OFF,
		.udp_grace = ticks_from_ms(c->udp_grace_ms),
	};
	return 0;
}

void pool_draft_free(struct pool_slots *s)
{
	free((void *)(uintptr_t)s->ring);
}
