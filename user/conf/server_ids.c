// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The ids by which QUIC names backends: the last octets of their addresses. */
#include <stdlib.h>
#include <string.h>

#include "balancer.h"

struct server {
	const struct node *node;
	const uint8_t *id;
	size_t bytes;
};

static int by_id(const void *one, const void *other)
{
	const struct server *a = one, *b = other;
	int order = memcmp(a->id, b->id, a->bytes);

	return order ? order : (a->id > b->id) - (a->id < b->id);
}

static size_t octets(const struct sl_address *a)
{
	return a->family == 4 ? 4 : 16;
}

/* `node` of a backend -> its id; false: it has none. */
static bool name_server(struct reader *r, const struct node *node, const struct sl_backend_conf *b,
			size_t bytes, struct server *out)
{
	if (!b->addr.family)
		return false;	/* that is told already */
	if (bytes > octets(&b->addr)) {
		fault(r, node, "quic: server_id_bytes %zu: an IPv4 backend has 4: expected at most 4", bytes);
		return false;
	}
	*out = (struct server){ node, b->addr.octet + octets(&b->addr) - bytes, bytes };
	return true;
}

void check_server_ids(struct reader *r, const struct node *pool, const struct sl_pool_conf *conf)
{
	size_t bytes = conf->quic_server_id_bytes, n = 0;
	const struct node *list = node_get(pool, "backends"), *node;
	struct server *server;

	if (!bytes || !list)
		return;
	server = arena_array(r->scratch, conf->n_backends, sizeof(*server));
	if (!server)
		return;
	node = list->first;
	for (size_t i = 0; node && i < conf->n_backends; i++, node = node->next)
		n += name_server(r, node, &conf->backends[i], bytes, &server[n]);
	qsort(server, n, sizeof(*server), by_id);
	for (size_t i = 1; i < n; i++)
		if (!memcmp(server[i].id, server[i - 1].id, bytes))
			fault(r, server[i].node,
			      "quic: the last %zu octets are those of the backend in line %u: expected another address, or a larger server_id_bytes",
			      bytes, server[i - 1].node->line);
}
