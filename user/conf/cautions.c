// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What only the whole file can tell to be allowed and hardly meant. */
#include <stdlib.h>
#include <string.h>

#include "balancer.h"

static int by_address(const void *one, const void *other)
{
	return memcmp(one, other, sizeof(struct sl_address));
}

static const struct node *node_at(const struct node *list, size_t i)
{
	const struct node *child = list ? list->first : NULL;

	while (child && i--)
		child = child->next;
	return child;
}

/* What was sent there would come back here. */
static void caution_pool(struct reader *r, const struct node *node,
			 const struct sl_pool_conf *pool,
			 const struct sl_address *vips, size_t n)
{
	const struct node *list = node_get(node, "backends");
	char text[CONF_PREFIX_TEXT];
	size_t i;

	for (i = 0; i < pool->n_backends; i++) {
		const struct sl_address *addr = &pool->backends[i].addr;

		if (bsearch(addr, vips, n, sizeof(*vips), by_address))
			caution(r, node_at(list, i),
				"address %s: a service has it too: expected the backend's own",
				conf_address_text(addr, text));
	}
}

static bool pool_works(const struct sl_config *conf, const char *name)
{
	size_t i, j;

	for (i = 0; i < conf->n_pools; i++) {
		const struct sl_pool_conf *pool = &conf->pools[i];

		if (strcmp(pool->name, name))
			continue;
		for (j = 0; j < pool->n_backends; j++)
			if (pool->backends[j].weight &&
			    pool->backends[j].state == SL_BACKEND_UP)
				return true;
		return false;
	}
	return true; /* no such pool: reported */
}

static size_t gather(const struct sl_config *conf, struct sl_address *vips)
{
	size_t i, j, n = 0;

	for (i = 0; i < conf->n_services; i++)
		for (j = 0; j < conf->services[i].n_addresses; j++, n++)
			if (vips)
				vips[n] = conf->services[i].addresses[j];
	return n;
}

void caution_balancer(struct reader *r, const struct node *root)
{
	const struct node *services = node_get(root, "services");
	const struct node *pools = node_get(root, "pools"), *at;
	const struct sl_config *conf = r->conf;
	size_t i, n = gather(conf, NULL);
	struct sl_address *vips = arena_array(r->scratch, n, sizeof(*vips));

	if (!vips)
		return;
	gather(conf, vips);
	qsort(vips, n, sizeof(*vips), by_address);
	for (i = 0; i < conf->n_pools; i++)
		caution_pool(r, node_get(pools, conf->pools[i].name),
			     &conf->pools[i], vips, n);
	for (i = 0; i < conf->n_services; i++) {
		at = node_get(services, conf->services[i].name);
		if (!pool_works(conf, conf->services[i].pool))
			caution(r, node_get(at, "pool"),
				"pool %s: no backend in it is up: what comes for service %s is dropped",
				conf->services[i].pool, conf->services[i].name);
	}
}
