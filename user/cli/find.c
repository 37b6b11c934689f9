/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pools, services, sets, rules and backends by name; a name that is none is refused,
 * with the nearest. */
#include <stdlib.h>
#include <string.h>

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

struct sl_service_conf *service_find(struct cli *cli, struct sl_config *conf,
				     const char *name)
{
	struct sl_service_conf *service = conf_service_find(conf, name);
	autofree const char **names = NULL;

	if (service)
		return service;
	names = calloc(conf->n_services + 1, sizeof(*names));
	for (size_t i = 0; names && i < conf->n_services; i++)
		names[i] = conf->services[i].name;
	refuse(cli, "service", name, names, conf->n_services);
	return NULL;
}

int rule_find(struct cli *cli, const struct sl_config *conf, const char *word)
{
	size_t i, n = conf->filter.n_rules;
	autofree const char **names = calloc(n + 1, sizeof(*names));
	unsigned long number;
	char *rest;

	for (i = 0; i < n; i++) {
		if (!strcmp(conf->filter.rules[i].name, word))
			return (int)i;
		if (names)
			names[i] = conf->filter.rules[i].name;
	}
	number = strtoul(word, &rest, 10);
	if (*word >= '0' && *word <= '9' && !*rest) {
		if (number >= 1 && number <= n)
			return (int)number - 1;
		fail_with(cli, REFUSED, "rule %s: no such place: there are %zu rules", word, n);
		return -1;
	}
	refuse(cli, "rule", word, names, n);
	return -1;
}

const struct sl_named_backend *stats_find(const struct sl_stats *stats, const char *pool,
					  const struct sl_address *addr)
{
	for (size_t i = 0; i < stats->n_backends; i++) {
		const struct sl_named_backend *at = &stats->backends[i];

		if (!strcmp(at->pool, pool) && at->addr.family == addr->family &&
		    !memcmp(at->addr.octet, addr->octet, sizeof(addr->octet)))
			return at;
	}
	return NULL;
}
