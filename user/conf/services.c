// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Services, and that no two of their frontends overlap. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "balancer.h"

enum { ADDRESSES_MAX = 4096 };	/* of one service */

static void read_pool(struct reader *r, const struct node *node,
		      const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	const struct sl_config *conf = r->conf;
	struct sl_service_conf *service = object;

	if (!text)
		return;
	if (conf_pool_find(r->conf, text))
		memcpy(service->pool, text, strlen(text) + 1);
	else
		fault_unknown(r, node, "pool", text,
			      conf_nearest_name(text, conf->pools, conf->n_pools, sizeof(*conf->pools)));
}

static void write_pool(struct text *t, const struct key *key,
		       const void *object)
{
	type_name.write(t, key, object);
}

static const struct type type_pool = { "a pool's name", read_pool, write_pool };

static const void *service_defaults(const void *object)
{
	static const struct sl_service_conf usual;

	(void)object;
	return &usual;
}

static void finish_service(struct reader *r, const struct node *node,
			   void *object)
{
	const struct node *addresses = node_get(node, "addresses");

	(void)object;
	if (!node_get(node, "tcp") && !node_get(node, "udp"))
		fault(r, node->key, "no ports: expected tcp or udp");
	if (addresses && addresses->kind == NODE_LIST && !addresses->n)
		fault(r, addresses, "addresses: empty: expected at least one");
}

#define SERVICE(member) ARRAY(struct sl_service_conf, member, n_##member)
#define SERVICE_PORTS \
	SERVICE(ports), .low = 1, .high = 65535, .no_negation = true, \
	.quiet = true, .not_empty = true

static const struct key service_keys[] = {
	{ "addresses", .type = &type_addresses, SERVICE(addresses),
	  .most = ADDRESSES_MAX, .required = true },
	{ "tcp", .type = &type_ports, SERVICE_PORTS },
	{ "udp", .type = &type_ports, SERVICE_PORTS },
	{ "pool", .type = &type_pool, FIELD(struct sl_service_conf, pool),
	  .required = true },
};

const struct schema schema_service = {
	.noun = "service", KEYS(service_keys),
	.size = sizeof(struct sl_service_conf),
	.defaults = service_defaults, .finish = finish_service,
	.name_ok = name_ok, .name_expected = NAME_EXPECTED,
};

/* ---- overlaps --------------------------------------------------------- */

/* One address with one range of ports of one service. */
struct frontend {
	const struct sl_address *addr;
	const struct sl_ports *ports;
	size_t service;
};

static int by_place(const void *one, const void *other)
{
	const struct frontend *a = one, *b = other;
	int order = memcmp(a->addr, b->addr, sizeof(*a->addr));

	if (order)
		return order;
	if (a->ports->proto != b->ports->proto)
		return (int)a->ports->proto - (int)b->ports->proto;
	if (a->ports->low != b->ports->low)
		return (int)a->ports->low - (int)b->ports->low;
	return (a->service > b->service) - (a->service < b->service);
}

static void fault_overlap(struct reader *r, const struct node *services,
			  const struct frontend *a, const struct frontend *b)
{
	const struct frontend *late = a->service > b->service ? a : b;
	const struct frontend *early = late == a ? b : a;
	const char *proto = a->ports->proto == IPPROTO_TCP ? "tcp" : "udp";
	const struct sl_service_conf *conf = r->conf->services;
	const struct node *at = node_get(services, conf[late->service].name);
	char text[CONF_PREFIX_TEXT];

	conf_address_text(a->addr, text);
	if (late->service == early->service)
		fault(r, at ? at->key : services,
		      "service %s: %s port %u of %s is given twice",
		      conf[late->service].name, proto, b->ports->low, text);
	else
		fault(r, at ? at->key : services,
		      "service %s: %s port %u of %s is service %s's already",
		      conf[late->service].name, proto, b->ports->low, text,
		      conf[early->service].name);
}

static size_t count_places(const struct sl_config *conf)
{
	size_t i, n = 0;

	for (i = 0; i < conf->n_services; i++)
		n += conf->services[i].n_addresses * conf->services[i].n_ports;
	return n;
}

static void fill_places(const struct sl_config *conf, struct frontend *f)
{
	const struct sl_service_conf *service;
	size_t i, j, k;

	for (i = 0; i < conf->n_services; i++) {
		service = &conf->services[i];
		for (j = 0; j < service->n_addresses; j++)
			for (k = 0; k < service->n_ports; k++)
				*f++ = (struct frontend){ &service->addresses[j],
							  &service->ports[k], i };
	}
}

void check_overlaps(struct reader *r, const struct node *services)
{
	size_t i, n = count_places(r->conf);
	struct frontend *f = arena_array(r->scratch, n, sizeof(*f));
	const struct frontend *reach = f;	/* ends last, of those so far */

	if (!f)
		return;
	fill_places(r->conf, f);
	qsort(f, n, sizeof(*f), by_place);
	for (i = 1; i < n; i++) {
		if (f[i].ports->proto != reach->ports->proto ||
		    memcmp(f[i].addr, reach->addr, sizeof(*reach->addr))) {
			reach = &f[i];
			continue;
		}
		if (f[i].ports->low <= reach->ports->high)
			fault_overlap(r, services, reach, &f[i]);
		if (f[i].ports->high > reach->ports->high)
			reach = &f[i];
	}
}

uint64_t count_frontends(const struct sl_config *conf)
{
	const struct sl_service_conf *service;
	uint64_t n = 0, ports;
	size_t i, k;

	for (i = 0; i < conf->n_services; i++) {
		service = &conf->services[i];
		for (k = 0, ports = 0; k < service->n_ports; k++)
			ports += service->ports[k].high - service->ports[k].low + 1u;
		n += ports * service->n_addresses;
	}
	return n;
}
