/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pools, services, sets, rules and backends by name; a name that is none is refused,
 * with the nearest. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static void refuse(struct cli *cli, const char *kind, const char *name,
		   const char *near)
{
	if (near)
		fail_with(cli, REFUSED, "%s %s: no such %s: did you mean %s", kind, name, kind, near);
	else
		fail_with(cli, REFUSED, "%s %s: no such %s", kind, name, kind);
}

struct sl_pool_conf *pool_find(struct cli *cli, struct sl_config *conf,
			       const char *name)
{
	struct sl_pool_conf *pool = conf_pool_find(conf, name);

	if (!pool)
		refuse(cli, "pool", name, conf_nearest_name(name, conf->pools, conf->n_pools, sizeof(*pool)));
	return pool;
}

struct sl_set_conf *set_find(struct cli *cli, struct sl_config *conf,
			     const char *name)
{
	struct sl_set_conf *set = conf_set_find(conf, name);

	if (!set)
		refuse(cli, "set", name, conf_nearest_name(name, conf->sets, conf->n_sets, sizeof(*set)));
	return set;
}

struct sl_service_conf *service_find(struct cli *cli, struct sl_config *conf,
				     const char *name)
{
	struct sl_service_conf *service = conf_service_find(conf, name);

	if (!service)
		refuse(cli, "service", name, conf_nearest_name(name, conf->services, conf->n_services, sizeof(*service)));
	return service;
}

int rule_find(struct cli *cli, const struct sl_config *conf, const char *word)
{
	const struct sl_rule_conf *rules = conf->filter.rules;
	size_t n = conf->filter.n_rules;
	unsigned long number;
	char *rest;

	for (size_t i = 0; i < n; i++)
		if (!strcmp(rules[i].name, word))
			return (int)i;
	number = strtoul(word, &rest, 10);
	if (*word >= '0' && *word <= '9' && !*rest) {
		if (number >= 1 && number <= n)
			return (int)number - 1;
		fail_with(cli, REFUSED, "rule %s: no such place: there are %zu rules", word, n);
		return -1;
	}
	refuse(cli, "rule", word, conf_nearest_name(word, rules, n, sizeof(*rules)));
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

struct sl_rule_count stats_rule(const struct sl_stats *stats, const char *name)
{
	for (size_t i = 0; i < stats->n_rules; i++)
		if (!strcmp(stats->rules[i].name, name))
			return stats->rules[i].count;
	return (struct sl_rule_count){ 0 };
}
