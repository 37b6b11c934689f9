// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The file as a whole: its sections, and the limits they keep. */
#include <string.h>

#include "balancer.h"

#define CONF(member) FIELD(struct sl_config, member)
#define OBJECTS(member, name) \
	ARRAY(struct sl_config, member, n_##member), .schema = &schema_##name

static const struct sl_config config_default = {
	.limits = {
		.services = 1024, .frontends = 16384, .backends = 4096,
		.slots = 16777216, .flows = 262144, .prefixes = 1048576,
		.buckets = 262144, .classes = 65535,
	},
	.filter = {
		.ip_options = SL_OPTIONS_DROP_SOURCE_ROUTE,
		.essential = true, .established = true,
	},
	.daemon = {
		.metrics = { SL_LISTEN_TCP, { 4, { 127, 0, 0, 1 } }, 9464, "" },
		.bird.control = "/run/bird/bird.ctl",
	},
};

static const void *config_defaults(const void *object)
{
	(void)object;
	return &config_default;
}

static const void *limits_defaults(const void *object)
{
	(void)object;
	return &config_default.limits;
}

#define LIMIT(member, most) { \
	#member, .type = &type_number, FIELD(struct sl_limits, member), \
	.low = 1, .high = (most) \
}

static const struct key limits_keys[] = {
	LIMIT(services, SL_SERVICES_MAX),
	LIMIT(frontends, 1 << 20),
	LIMIT(backends, SL_BACKENDS_MAX - 1),
	LIMIT(slots, 1 << 27),
	LIMIT(flows, 1 << 26),
	LIMIT(prefixes, 1 << 24),
	LIMIT(buckets, 1 << 24),
	LIMIT(classes, SL_CLASSES_MAX - 1),
};
static const struct schema schema_limits = {
	.noun = "limits", KEYS(limits_keys), .size = sizeof(struct sl_limits),
	.defaults = limits_defaults,
};

/* ---- decap ------------------------------------------------------------ */

static void finish_decap(struct reader *r, const struct node *node,
			 void *object)
{
	const struct node *addresses = node_get(node, "addresses");
	const struct node *from = node_get(node, "from");
	const struct sl_config *conf = object;
	char text[CONF_PREFIX_TEXT];

	if (addresses && !from)
		fault(r, node->key, "decap: from whom: expected from, the balancers' addresses");
	if (from && !addresses)
		fault(r, node->key, "decap: where: expected addresses, this host's own");
	for (size_t i = 0; i < conf->n_decap_from; i++)
		if (!conf->decap_from[i].length)
			caution(r, from, "from %s: anybody's packets are unpacked: expected the balancers' addresses",
				conf_prefix_text(&conf->decap_from[i], text));
}

static const struct key decap_keys[] = {
	{ "addresses", .type = &type_addresses, .quiet = true, .most = 1024,
	  .not_empty = true, ARRAY(struct sl_config, decap, n_decap) },
	{ "from", .type = &type_prefixes, .quiet = true, .not_empty = true,
	  ARRAY(struct sl_config, decap_from, n_decap_from) },
};
static const struct schema schema_decap = {
	.noun = "decap", KEYS(decap_keys), .block = true,
	.defaults = config_defaults, .finish = finish_decap,
};

/* ---- the version ------------------------------------------------------ */

static void read_version(struct reader *r, const struct node *node,
			 const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);

	(void)object;
	if (text && strcmp(text, "1"))
		fault(r, node, "sluice %.64s: expected 1, the version of this format",
		      text);
}

static void write_version(struct text *t, const struct key *key,
			  const void *object)
{
	(void)key, (void)object;
	text_add(t, "1");
}

static const struct type type_version = { "1, the version of this format", read_version, write_version };

/* ---- limits ----------------------------------------------------------- */

static void keep_limit(struct reader *r, const struct node *at,
		       const char *what, uint64_t n, uint64_t limit,
		       uint64_t most)
{
	if (n <= limit)
		return;
	fault(r, at ? at->key : NULL, "%s: %llu of them: expected at most %llu%s%s", what,
	      (unsigned long long)n, (unsigned long long)limit,
	      limit < most ? ", or a higher limits." : "",
	      limit < most ? what : "");
}

static void check_limits(struct reader *r, const struct node *root)
{
	const struct node *pools = node_get(root, "pools");
	const struct node *services = node_get(root, "services");
	uint64_t backends = 0, slots = 0, prefixes = 0;
	const struct sl_config *conf = r->conf;
	const struct sl_limits *limits = &conf->limits;
	size_t i;

	for (i = 0; i < conf->n_pools; i++) {
		backends += conf->pools[i].n_backends;
		slots += conf->pools[i].slots;
	}
	for (i = 0; i < conf->n_sets; i++)
		prefixes += conf->sets[i].n_prefixes;
	keep_limit(r, services, "services", conf->n_services, limits->services,
		   SL_SERVICES_MAX);
	keep_limit(r, services, "frontends", count_frontends(conf),
		   limits->frontends, 1 << 20);
	keep_limit(r, pools, "backends", backends, limits->backends,
		   SL_BACKENDS_MAX - 1);
	keep_limit(r, pools, "slots", slots, limits->slots, 1 << 27);
	keep_limit(r, node_get(root, "sets"), "prefixes", prefixes,
		   limits->prefixes, 1 << 24);
}

static void finish_config(struct reader *r, const struct node *root,
			  void *object)
{
	const struct sl_config *conf = object;
	const struct node *services = node_get(root, "services");

	if (count_frontends(conf) <= 1 << 20)
		check_overlaps(r, services);
	check_limits(r, root);
	caution_balancer(r, root);
	caution_probes(r, root);
	if (conf->n_pools && !conf->seed)
		caution(r, node_get(root, "pools")->key,
			"no seed: a random one is made, and other nodes will choose other backends: expected seed");
}

static const struct key config_keys[] = {
	{ "sluice", .type = &type_version, .required = true },
	{ "interfaces", KEY_MAP, OBJECTS(interfaces, interface),
	  .most = SL_INTERFACES_MAX },
	{ "limits", KEY_GROUP, .schema = &schema_limits, CONF(limits) },
	{ "seed", .type = &type_text, CONF(seed), .low = 1, .high = 256,
	  .secret = true },
	{ "sets", KEY_MAP, OBJECTS(sets, set), .most = SL_SETS_MAX },
	{ "filter", KEY_GROUP, .schema = &schema_filter, CONF(filter) },
	{ "pools", KEY_MAP, OBJECTS(pools, pool), .most = SL_POOLS_MAX },
	{ "services", KEY_MAP, OBJECTS(services, service),
	  .most = SL_SERVICES_MAX },
	{ "decap", KEY_GROUP, .schema = &schema_decap },
	{ "daemon", KEY_GROUP, .schema = &schema_daemon, CONF(daemon) },
};

const struct schema schema_config = {
	.noun = "the file", KEYS(config_keys), .block = true,
	.size = sizeof(struct sl_config),
	.defaults = config_defaults, .finish = finish_config,
};
