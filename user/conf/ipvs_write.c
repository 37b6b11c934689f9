// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Writes what was read of ipvsadm as a file: services that have the same servers
 * share a pool, and ports of one address that have the same pool a service. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "ipvs.h"

enum { WEIGHT_MOST = 1000 };

struct writer {
	const struct ipvs_service *services;
	size_t n;
	char **pool;		/* a service's, as text; NULL: it is left out */
	size_t *number;		/* of its pool, from 1 */
	bool *done;		/* its port is written */
};

/* ---- pools ------------------------------------------------------------------ */

static uint32_t heaviest(const struct ipvs_service *s)
{
	uint32_t most = 0;

	for (size_t i = 0; i < s->n_servers; i++)
		if (s->servers[i].weight > most)
			most = s->servers[i].weight;
	return most;
}

static bool all_alike(const struct ipvs_service *s)
{
	for (size_t i = 0; i < s->n_servers; i++)
		if (s->servers[i].weight != s->servers[0].weight)
			return false;
	return true;
}

/* As they are, unless they are more than a weight can be: then their shares. */
static unsigned long long weight_of(const struct ipvs_service *s, uint32_t weight)
{
	unsigned long long most = heaviest(s), scaled;

	if (!weight || most <= WEIGHT_MOST)
		return weight;
	scaled = (weight * (unsigned long long)WEIGHT_MOST + most / 2) / most;
	return scaled ? scaled : 1;
}

static void put_server(struct text *t, const struct ipvs_service *s, const struct ipvs_server *server)
{
	char address[CONF_PREFIX_TEXT];

	text_add(t, "      - {address: ");
	text_word(t, conf_address_text(&server->addr, address));
	if (!server->weight)
		text_add(t, ", weight: 0");
	else if (s->weighted && !all_alike(s))
		text_add(t, ", weight: %llu", weight_of(s, server->weight));
	text_add(t, "}\n");
}

static char *pool_text(const struct ipvs_service *s)
{
	struct text t = { 0 };

	text_add(&t, "    encap: %s\n", conf_encap_word(s->encap));
	if (s->encap == SL_ENCAP_GUE)
		text_add(&t, "    gue: {port: %u}\n", s->gue_port);
	text_add(&t, "    hash: %s\n    backends:\n", conf_hash_word(s->hash));
	for (size_t i = 0; i < s->n_servers; i++)
		put_server(&t, s, &s->servers[i]);
	return text_take(&t);
}

static bool number_pools(struct writer *w)
{
	size_t pools = 0;

	for (size_t i = 0; i < w->n; i++) {
		if (!w->services[i].n_servers)
			continue;
		w->pool[i] = pool_text(&w->services[i]);
		if (!w->pool[i])
			return false;
		for (size_t k = 0; k < i && !w->number[i]; k++)
			if (w->pool[k] && !strcmp(w->pool[k], w->pool[i]))
				w->number[i] = w->number[k];
		if (!w->number[i])
			w->number[i] = ++pools;
	}
	return true;
}

static void put_pools(struct text *t, const struct writer *w)
{
	size_t written = 0;

	text_add(t, "pools:\n");
	for (size_t i = 0; i < w->n; i++)
		if (w->number[i] > written)
			text_add(t, "  pool%zu:\n%s", ++written, w->pool[i]);
}

/* ---- services --------------------------------------------------------------- */

static bool is_same_service(const struct writer *w, size_t one, size_t other)
{
	return w->number[one] == w->number[other] &&
	       !memcmp(&w->services[one].addr, &w->services[other].addr, sizeof(w->services[one].addr));
}

static void put_ports(struct text *t, struct writer *w, size_t first, uint8_t proto)
{
	const char *before = proto == IPPROTO_TCP ? ", tcp: [" : ", udp: [";

	for (size_t i = first; i < w->n; i++) {
		if (w->services[i].proto != proto || !is_same_service(w, first, i))
			continue;
		text_add(t, "%s%u", before, w->services[i].port);
		before = ", ";
		w->done[i] = true;
	}
	if (before[2] == 0)
		text_add(t, "]");
}

static void put_services(struct text *t, struct writer *w)
{
	char address[CONF_PREFIX_TEXT];
	size_t number = 0;

	text_add(t, "services:\n");
	for (size_t i = 0; i < w->n; i++) {
		if (!w->number[i] || w->done[i])
			continue;
		text_add(t, "  service%zu: {addresses: [", ++number);
		text_word(t, conf_address_text(&w->services[i].addr, address));
		text_add(t, "]");
		put_ports(t, w, i, IPPROTO_TCP);
		put_ports(t, w, i, IPPROTO_UDP);
		text_add(t, ", pool: pool%zu}\n", w->number[i]);
	}
}

static char *write_all(struct writer *w)
{
	struct text t = { 0 };

	text_add(&t, "# Made by sluice import ipvs. Still to be said: on which interfaces, by what seed.\n"
		     "sluice: 1\n"
		     "interfaces: {}          # {eth0: {}}\n"
		     "# seed: a secret that all balancers share\n");
	put_pools(&t, w);
	put_services(&t, w);
	return text_take(&t);
}

char *ipvs_write(const struct ipvs_service *services, size_t n)
{
	struct writer w = { services, n, calloc(n + 1, sizeof(char *)),
			    calloc(n + 1, sizeof(size_t)), calloc(n + 1, sizeof(bool)) };
	char *text = NULL;

	if (w.pool && w.number && w.done && number_pools(&w))
		text = write_all(&w);
	for (size_t i = 0; w.pool && i < n; i++)
		free(w.pool[i]);
	free(w.pool);
	free(w.number);
	free(w.done);
	return text;
}
