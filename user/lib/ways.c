// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The kernel is asked for a route and a neighbour of each backend: some at a time. */
#include <stdlib.h>
#include <time.h>

#include "hop.h"
#include "ways.h"

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct sl_ways *sl_ways_new(void)
{
	struct sl_ways *w = calloc(1, sizeof(*w));

	if (w)
		w->paths = paths_new();
	if (w && !w->paths) {
		free(w);
		return NULL;
	}
	return w;
}

void sl_ways_free(struct sl_ways *w)
{
	if (w)
		paths_free(w->paths);
	free(w);
}

/* What cannot be found is for sl_hops_refresh() to say. */
static void look_at_some(struct sl_ways *w, const struct sl_config *conf)
{
	enum { AT_ONCE = 8 };
	const struct sl_pool_conf *pool = &conf->pools[w->pool];
	const struct path *path;
	struct hop hop;

	for (int i = 0; i < AT_ONCE && w->backend < pool->n_backends; i++)
		hop_look(conf, pool, &pool->backends[w->backend++].addr, w->paths, &path, &hop, NULL);
	if (w->backend == pool->n_backends) {
		w->pool++;
		w->backend = 0;
	}
}

bool sl_ways_look(struct sl_ways *w, const struct sl_config *conf, uint64_t most_ms)
{
	uint64_t end = now_ms() + most_ms;

	while (w->pool < conf->n_pools) {
		look_at_some(w, conf);
		if (now_ms() >= end)
			break;
	}
	return w->pool == conf->n_pools;
}
