// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Live edits: what a command changes in a config that was read before. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "balancer.h"

static const char random_prefix[] = "random:";

struct sl_pool_conf *conf_pool_find(struct sl_config *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->n_pools; i++)
		if (!strcmp(conf->pools[i].name, name))
			return &conf->pools[i];
	return NULL;
}

struct sl_set_conf *conf_set_find(struct sl_config *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->n_sets; i++)
		if (!strcmp(conf->sets[i].name, name))
			return &conf->sets[i];
	return NULL;
}

struct sl_backend_conf *conf_backend_find(struct sl_pool_conf *pool,
					  const struct sl_address *addr)
{
	size_t i;

	for (i = 0; i < pool->n_backends; i++)
		if (!memcmp(&pool->backends[i].addr, addr, sizeof(*addr)))
			return &pool->backends[i];
	return NULL;
}

int conf_backend_add(struct sl_config *conf, struct sl_pool_conf *pool,
		     const struct sl_backend_conf *backend)
{
	struct sl_backend_conf *list;

	size_t i, n = 1;

	if (conf_backend_find(pool, &backend->addr))
		return -EEXIST;
	for (i = 0; i < conf->n_pools; i++)
		n += conf->pools[i].n_backends;
	if (n > conf->limits.backends)
		return -ENOSPC;
	list = arena_grown(conf->arena, pool->backends, pool->n_backends, sizeof(*list));
	if (!list)
		return -ENOMEM;
	list[pool->n_backends++] = *backend;
	pool->backends = list;
	return 0;
}

int conf_backend_del(struct sl_pool_conf *pool, const struct sl_address *addr)
{
	struct sl_backend_conf *backend = conf_backend_find(pool, addr);

	if (!backend)
		return -ENOENT;
	array_remove(pool->backends, &pool->n_backends, backend, sizeof(*backend));
	return 0;
}

struct sl_interface_conf *conf_interface_find(struct sl_config *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->n_interfaces; i++)
		if (!strcmp(conf->interfaces[i].name, name))
			return &conf->interfaces[i];
	return NULL;
}

int conf_interface_add(struct sl_config *conf, const char *name,
		       enum sl_mode mode)
{
	struct sl_interface_conf *interface = conf_interface_find(conf, name), *list;

	if (interface) {
		interface->mode = mode;
		return 0;
	}
	if (!interface_name_ok(name))
		return -EINVAL;
	if (conf->n_interfaces == SL_INTERFACES_MAX)
		return -ENOSPC;
	list = arena_grown(conf->arena, conf->interfaces, conf->n_interfaces, sizeof(*list));
	if (!list)
		return -ENOMEM;
	interface = &list[conf->n_interfaces++];
	snprintf(interface->name, sizeof(interface->name), "%s", name);
	interface->mode = mode;
	conf->interfaces = list;
	return 0;
}

int conf_interface_del(struct sl_config *conf, const char *name)
{
	struct sl_interface_conf *interface = conf_interface_find(conf, name);

	if (!interface)
		return -ENOENT;
	array_remove(conf->interfaces, &conf->n_interfaces, interface, sizeof(*interface));
	return 0;
}

/* ---- the seed --------------------------------------------------------- */

static int seed_set(struct sl_config *conf, const char *seed)
{
	char *copy = arena_copy(conf->arena, seed, strlen(seed));

	if (!copy)
		return -ENOMEM;
	conf->seed = copy;
	return 0;
}

static int seed_random(struct sl_config *conf)
{
	char seed[sizeof(random_prefix) + 32];
	unsigned char octet[16];
	size_t i, n = sizeof(random_prefix) - 1;

	if (getrandom(octet, sizeof(octet), 0) != sizeof(octet))
		return -EIO;
	memcpy(seed, random_prefix, sizeof(random_prefix));
	for (i = 0; i < sizeof(octet); i++)
		snprintf(seed + n + 2 * i, 3, "%02x", octet[i]);
	return seed_set(conf, seed);
}

int conf_seed_settle(struct sl_config *conf, const struct sl_config *running)
{
	const char *had = running ? running->seed : NULL;
	bool same = conf->seed && !strcmp(conf->seed, "***");

	if (conf->seed && !same)
		return 0;
	if (had && (same || !strncmp(had, random_prefix,
				     sizeof(random_prefix) - 1)))
		return seed_set(conf, had);
	return seed_random(conf);
}
