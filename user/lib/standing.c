/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a pool makes of its backends. */
#include <netinet/in.h>
#include <string.h>

#include <sluice/sluice.h>

#include "standing.h"

/* Those that would get flows if they were healthy. */
static bool is_asked(const struct sl_backend_conf *b)
{
	return b->state == SL_BACKEND_UP && b->weight;
}

/* So few are up that the checks, or what they look at, must be wrong. */
bool sl_pool_panics(const struct sl_pool_conf *pool, const bool *down)
{
	uint64_t asked = 0, up = 0;

	for (size_t i = 0; i < pool->n_backends; i++) {
		asked += is_asked(&pool->backends[i]);
		up += is_asked(&pool->backends[i]) && !down[i];
	}
	return up * 100 < asked * pool->panic_percent;
}

static struct standing standing_of(const struct sl_pool_conf *pool,
				   const struct sl_backend_conf *b, bool down)
{
	if (b->state == SL_BACKEND_DISABLED)
		return (struct standing){ SL_STANDS_DISABLED, false, true };
	if (down)
		return (struct standing){ SL_STANDS_DOWN, false, !pool->on_down_keep };
	if (!is_asked(b))
		return (struct standing){ SL_STANDS_DRAIN, false, false };
	return (struct standing){ SL_STANDS_UP, true, false };
}

void standings(const struct sl_pool_conf *pool, const bool *down, struct standing *out)
{
	bool panic = sl_pool_panics(pool, down);

	for (size_t i = 0; i < pool->n_backends; i++) {
		const struct sl_backend_conf *b = &pool->backends[i];

		out[i] = standing_of(pool, b, down[i] && !panic);
		if (down[i] && panic && b->state != SL_BACKEND_DISABLED)
			out[i].is = SL_STANDS_DOWN;
	}
}

bool pool_has_udp(const struct sl_config *conf, const struct sl_pool_conf *pool)
{
	for (size_t i = 0; i < conf->n_services; i++) {
		const struct sl_service_conf *s = &conf->services[i];

		for (size_t j = 0; j < s->n_ports && !strcmp(s->pool, pool->name); j++)
			if (s->ports[j].proto == IPPROTO_UDP)
				return true;
	}
	return false;
}
