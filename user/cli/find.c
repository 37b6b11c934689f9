/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pools and sets by name; a name that is none is refused, with the nearest. */
#include <stdlib.h>

#include <sluice/scope.h>

#include "cli.h"

static void refuse(struct cli *cli, const char *kind, const char *name,
		   const char *const *names, size_t n)
{
	const char *near = names ? conf_nearest(name, names, n) : NULL;

	if (near)
		fail_with(cli, REFUSED, "%s %s: no such %s: did you mean %s", kind, name, kind, near);
	else
		fail_with(cli, REFUSED, "%s %s: no such %s", kind, name, kind);
}

struct sl_pool_conf *pool_find(struct cli *cli, struct sl_config *conf,
			       const char *name)
{
	struct sl_pool_conf *pool = conf_pool_find(conf, name);
	autofree const char **names = NULL;

	if (pool)
		return pool;
	names = calloc(conf->n_pools + 1, sizeof(*names));
	for (size_t i = 0; names && i < conf->n_pools; i++)
		names[i] = conf->pools[i].name;
	refuse(cli, "pool", name, names, conf->n_pools);
	return NULL;
}

struct sl_set_conf *set_find(struct cli *cli, struct sl_config *conf,
			     const char *name)
{
	struct sl_set_conf *set = conf_set_find(conf, name);
	autofree const char **names = NULL;

	if (set)
		return set;
	names = calloc(conf->n_sets + 1, sizeof(*names));
	for (size_t i = 0; names && i < conf->n_sets; i++)
		names[i] = conf->sets[i].name;
	refuse(cli, "set", name, names, conf->n_sets);
	return NULL;
}
