/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Next hops of backends, from the ways to their addresses. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hop.h"

enum { WAIT_MS = 1000, WAIT_DEAD_MS = 100, STEP_MS = 10, MTU_UNKNOWN = 1500 };

/* ---- neighbours ------------------------------------------------------- */

static bool is_wanted(const struct path *p)
{
	return p->found && p->has_neighbour && !*p->refusal && p->neighbour != NEIGHBOUR_KNOWN;
}

/* Those for which the kernel has asked in vain are not worth long. */
static bool ask_for(struct paths *paths, struct path *p)
{
	bool is_dead = p->neighbour == NEIGHBOUR_DEAD || p->is_held;

	p->patience_ms = 0;
	if (!is_wanted(p) || p->was_asked)
		return false;
	path_ask(paths, p);
	p->was_asked = true;
	p->patience_ms = is_dead ? WAIT_DEAD_MS : WAIT_MS;
	return true;
}

static void wait_for_neighbours(struct paths *paths)
{
	struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	bool waits = false;
	struct path *p;

	for (size_t i = 0; (p = path_at(paths, i)); i++)
		waits |= ask_for(paths, p);
	for (uint32_t waited = STEP_MS; waits; waited += STEP_MS) {
		waits = false;
		nanosleep(&step, NULL);
		for (size_t i = 0; (p = path_at(paths, i)); i++) {
			if (p->patience_ms && is_wanted(p))
				path_look_again(paths, p);
			waits |= is_wanted(p) && waited < p->patience_ms;
		}
	}
}

/* ---- one backend --------------------------------------------------------- */

/* A given MAC is behind the ingress interface: the least MTU of those. */
static struct hop hop_back(const struct sl_config *conf,
			   const struct sl_pool_conf *pool,
			   const struct sl_address *to, struct paths *paths)
{
	struct hop hop = { .kind = SL_HOP_BACK };
	struct sl_address source;
	uint32_t mtu;

	memcpy(hop.dst_mac, pool->mac, 6);
	for (size_t i = 0; i < conf->n_interfaces; i++) {
		uint32_t ifindex = path_ifindex(paths, conf->interfaces[i].name);

		if (!ifindex || !path_device(paths, ifindex, to->family, &mtu, &source))
			continue;
		if (!hop.mtu || mtu < hop.mtu)
			hop.mtu = mtu;
		if (!hop.source.family)
			hop.source = source;
	}
	if (!hop.mtu)
		hop.mtu = MTU_UNKNOWN;
	return hop;
}

/* L2 changes the frame's addresses only: behind a gateway nobody would know that
 * the packet is for the backend. */
static int check(const struct sl_pool_conf *pool, const struct path *p, struct sl_error *x)
{
	char to[INET6_ADDRSTRLEN];

	inet_ntop(p->to.family == 4 ? AF_INET : AF_INET6, p->to.octet, to, sizeof(to));
	if (*p->refusal)
		return sl_fail(x, EINVAL,
			       "%s: XDP cannot send through a %s device: route %s over the device below it",
			       p->device, p->refusal, to);
	if (pool->encap != SL_ENCAP_L2 || !p->found || !memcmp(&p->via, &p->to, sizeof(p->to)))
		return 0;
	return sl_fail(x, EINVAL, "pool %s: %s is behind a gateway: encap l2 needs it on the wire: expected ipip or gue",
		       pool->name, to);
}

/* Without interfaces nothing is sent, and nothing is asked. */
int hop_look(const struct sl_config *conf, const struct sl_pool_conf *pool,
	     const struct sl_address *to, struct paths *paths, const struct path **path,
	     struct hop *hop, struct sl_error *x)
{
	const struct path *p;
	int err;

	*path = NULL;
	*hop = (struct hop){ .kind = SL_HOP_FIB, .mtu = MTU_UNKNOWN };
	if (pool->next_hop == SL_NEXT_MAC)
		*hop = hop_back(conf, pool, to, paths);
	if (pool->next_hop == SL_NEXT_MAC || !conf->n_interfaces)
		return 0;
	p = path_look(paths, to);
	if (!p)
		return sl_fail(x, ENOMEM, "next hops: no memory");
	*path = p;
	err = check(pool, p, x);
	if (!err && pool->next_hop == SL_NEXT_AUTO && p->hop.kind == SL_HOP_OUT) {
		*hop = p->hop;
	} else {
		hop->mtu = p->hop.mtu;
		hop->source = p->hop.source;
	}
	return err;
}

/* ---- all of them ------------------------------------------------------ */

size_t hop_count(const struct sl_config *conf)
{
	size_t n = 0;

	for (size_t p = 0; p < conf->n_pools; p++)
		n += conf->pools[p].n_backends;
	return n;
}

static int look_at_all(const struct sl_config *conf, struct paths *paths, struct hop *to,
		       struct sl_error *x)
{
	const struct path *path;
	int err = 0;

	for (size_t p = 0; p < conf->n_pools && !err; p++)
		for (size_t b = 0; b < conf->pools[p].n_backends && !err; b++)
			err = hop_look(conf, &conf->pools[p], &conf->pools[p].backends[b].addr,
				       paths, &path, to++, x);
	return err;
}

int hop_find_all(const struct sl_config *conf, struct paths *paths, struct hop **hops,
		 struct sl_error *x)
{
	struct hop *all = calloc(hop_count(conf) + 1, sizeof(*all));
	int err;

	if (!all)
		return sl_fail(x, ENOMEM, "next hops: no memory");
	err = look_at_all(conf, paths, all, x);
	if (!err) {
		wait_for_neighbours(paths);
		err = look_at_all(conf, paths, all, x);
	}
	if (err)
		free(all);
	else
		*hops = all;
	return err;
}

void hops_hold(const struct sl_config *conf, struct paths *paths)
{
	struct hop hop;
	const struct path *path;

	for (size_t p = 0; p < conf->n_pools; p++)
		for (size_t b = 0; b < conf->pools[p].n_backends; b++)
			if (!hop_look(conf, &conf->pools[p], &conf->pools[p].backends[b].addr, paths,
				      &path, &hop, NULL) && path)
				path_hold(paths, path);
	paths_let_go(paths);
}

uint32_t hop_device(struct paths *paths, const struct sl_address *to)
{
	const struct path *p = path_look(paths, to);

	return p && p->found ? p->hop.ifindex : 0;
}
