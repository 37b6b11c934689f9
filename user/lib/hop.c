/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Next hops: route, egress device and neighbour of each backend, by netlink. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if_arp.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sluice/grow.h>

#include "device.h"
#include "hop.h"
#include "netlink.h"

enum { WAIT_MS = 1000, STEP_MS = 10, MTU_UNKNOWN = 1500 };

struct path {
	struct sl_address to;  /* the backend */
	struct sl_address via; /* the neighbour: a gateway, or `to` */
	bool found, waits;     /* a unicast route; for the neighbour */
	struct hop hop;
};

struct hop_cache {
	struct path *path;
	size_t n, room;
};

static size_t octets(const struct sl_address *a)
{
	return a->family == 4 ? 4 : 16;
}

static unsigned char family(const struct sl_address *a)
{
	return a->family == 4 ? AF_INET : AF_INET6;
}

static void take_address(struct sl_address *out, const void *octet, size_t n)
{
	*out = (struct sl_address){ .family = n == 4 ? 4 : 6 };
	memcpy(out->octet, octet, n == 4 ? 4 : 16);
}

/* ---- route ------------------------------------------------------------ */

static int see_route_part(const struct nlattr *a, void *arg)
{
	size_t n = mnl_attr_get_payload_len(a);
	const struct rtvia *via = mnl_attr_get_payload(a);
	struct path *p = arg;

	switch (mnl_attr_get_type(a)) {
	case RTA_OIF: p->hop.ifindex = mnl_attr_get_u32(a); break;
	case RTA_GATEWAY: take_address(&p->via, via, n); break;
	case RTA_VIA:
		take_address(&p->via, via->rtvia_addr, n - sizeof(*via));
		break;
	case RTA_PREFSRC: take_address(&p->hop.source, via, n); break;
	}
	return MNL_CB_OK;
}

static int see_route(const struct nlmsghdr *h, void *arg)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(h);
	struct path *p = arg;

	if (h->nlmsg_type != RTM_NEWROUTE || route->rtm_type != RTN_UNICAST)
		return MNL_CB_OK;
	p->found = true;
	mnl_attr_parse(h, sizeof(*route), see_route_part, p);
	return MNL_CB_OK;
}

/* No route is no error: the packet's own lookup will find none either. */
static void ask_route(struct path *p)
{
	char buffer[NETLINK_BUFFER];
	struct nlmsghdr *h = netlink_request(buffer, RTM_GETROUTE, 0);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(h, sizeof(*route));

	route->rtm_family = family(&p->to);
	route->rtm_dst_len = (unsigned char)(octets(&p->to) * 8);
	mnl_attr_put(h, RTA_DST, octets(&p->to), p->to.octet);
	p->via = p->to;
	if (netlink_ask(h, see_route, p))
		p->found = false;
}

/* ---- neighbour -------------------------------------------------------- */

static struct nlmsghdr *neighbour(char *buffer, const struct path *p,
				  uint16_t type, uint16_t flags, uint8_t ntf)
{
	struct nlmsghdr *h = netlink_request(buffer, type, flags);
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(h, sizeof(*nd));

	nd->ndm_family = family(&p->via);
	nd->ndm_ifindex = (int)p->hop.ifindex;
	nd->ndm_flags = ntf;
	mnl_attr_put(h, NDA_DST, octets(&p->via), p->via.octet);
	return h;
}

static int see_lladdr(const struct nlattr *a, void *arg)
{
	struct path *p = arg;

	if (mnl_attr_get_type(a) != NDA_LLADDR ||
	    mnl_attr_get_payload_len(a) != 6)
		return MNL_CB_OK;
	memcpy(p->hop.dst_mac, mnl_attr_get_payload(a), 6);
	p->hop.kind = SL_HOP_OUT;
	p->waits = false;
	return MNL_CB_OK;
}

static int see_neighbour(const struct nlmsghdr *h, void *arg)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(h);

	if (h->nlmsg_type != RTM_NEWNEIGH ||
	    nd->ndm_state & (NUD_INCOMPLETE | NUD_FAILED) || !nd->ndm_state)
		return MNL_CB_OK;
	mnl_attr_parse(h, sizeof(*nd), see_lladdr, arg);
	return MNL_CB_OK;
}

static void ask_neighbour(struct path *p)
{
	char buffer[NETLINK_BUFFER];

	netlink_ask(neighbour(buffer, p, RTM_GETNEIGH, 0, 0), see_neighbour, p);
}

static void want_neighbour(const struct path *p)
{
	char buffer[NETLINK_BUFFER];

	netlink_ask(neighbour(buffer, p, RTM_NEWNEIGH,
			      NLM_F_CREATE | NLM_F_REPLACE, NTF_USE),
		    NULL, NULL);
}

static void wait_for_neighbours(struct hop_cache *c, size_t from)
{
	struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	size_t waiting = 0;

	for (size_t i = from; i < c->n; i++) {
		if (c->path[i].waits)
			ask_neighbour(&c->path[i]);
		if (c->path[i].waits)
			want_neighbour(&c->path[i]);
		waiting += c->path[i].waits;
	}
	for (int waited = 0; waiting && waited < WAIT_MS; waited += STEP_MS) {
		nanosleep(&step, NULL);
		waiting = 0;
		for (size_t i = from; i < c->n; i++) {
			if (c->path[i].waits)
				ask_neighbour(&c->path[i]);
			waiting += c->path[i].waits;
		}
	}
}

/* ---- all of them ------------------------------------------------------ */

static int look_at_egress(struct path *p, struct sl_error *x)
{
	char text[INET6_ADDRSTRLEN];
	struct device d;

	if (!p->found || device_look(p->hop.ifindex, &d))
		return 0;
	if (!strcmp(d.kind, "vlan") || !strcmp(d.kind, "bond")) {
		inet_ntop(family(&p->to), p->to.octet, text, sizeof(text));
		return sl_fail(
			x, EINVAL,
			"%s: XDP cannot send through a %s device: route %s over the device below it",
			d.name, *d.kind == 'v' ? "VLAN" : "bond", text);
	}
	p->hop.mtu = d.mtu;
	memcpy(p->hop.src_mac, d.mac, 6);
	p->waits = d.type == ARPHRD_ETHER;
	if (p->hop.source.family != p->to.family)
		device_address(d.name, p->to.family, &p->hop.source);
	return 0;
}

static struct path *known(const struct hop_cache *c,
			  const struct sl_address *to)
{
	for (size_t i = 0; i < c->n; i++)
		if (!memcmp(&c->path[i].to, to, sizeof(*to)))
			return &c->path[i];
	return NULL;
}

static int look_up(struct hop_cache *c, const struct sl_address *to,
		   struct sl_error *x)
{
	struct path *path;
	int err;

	if (known(c, to))
		return 0;
	path = sl_grown(c->path, c->n, &c->room, sizeof(*path), 16);
	if (!path)
		return sl_fail(x, ENOMEM, "next hops: no memory");
	c->path = path;
	path += c->n++;
	*path = (struct path){
		.to = *to, .hop = { .kind = SL_HOP_FIB, .mtu = MTU_UNKNOWN }
	};
	ask_route(path);
	err = look_at_egress(path, x);
	c->n -= err != 0;
	return err;
}

/* A given MAC is behind the ingress interface: the least MTU of those. */
static struct hop hop_back(const struct sl_config *conf,
			   const struct sl_pool_conf *pool,
			   const struct sl_address *to)
{
	struct hop hop = { .kind = SL_HOP_BACK };
	struct device d;

	memcpy(hop.dst_mac, pool->mac, 6);
	for (size_t i = 0; i < conf->n_interfaces; i++) {
		uint32_t ifindex = if_nametoindex(conf->interfaces[i].name);

		if (!ifindex || device_look(ifindex, &d))
			continue;
		if (!hop.mtu || d.mtu < hop.mtu)
			hop.mtu = d.mtu;
		if (!hop.source.family)
			device_address(d.name, to->family, &hop.source);
	}
	if (!hop.mtu)
		hop.mtu = MTU_UNKNOWN;
	return hop;
}

static struct hop hop_of(const struct sl_config *conf,
			 const struct sl_pool_conf *pool,
			 const struct sl_address *to, const struct hop_cache *c)
{
	const struct path *p = known(c, to);
	struct hop hop = { .kind = SL_HOP_FIB, .mtu = MTU_UNKNOWN };

	if (pool->next_hop == SL_NEXT_MAC)
		return hop_back(conf, pool, to);
	if (!p)
		return hop;
	if (pool->next_hop == SL_NEXT_AUTO && p->hop.kind == SL_HOP_OUT)
		return p->hop;
	hop.mtu = p->hop.mtu;
	hop.source = p->hop.source;
	return hop;
}

/* L2 changes the frame's addresses only: behind a gateway nobody would know that
 * the packet is for the backend. */
static int look_up_of(struct hop_cache *c, const struct sl_pool_conf *pool,
		      const struct sl_address *to, struct sl_error *x)
{
	char text[INET6_ADDRSTRLEN];
	const struct path *p;
	int err = look_up(c, to, x);

	if (err || pool->encap != SL_ENCAP_L2)
		return err;
	p = known(c, to);
	if (!p->found || !memcmp(&p->via, to, sizeof(*to)))
		return 0;
	return sl_fail(x, EINVAL, "pool %s: %s is behind a gateway: encap l2 needs it on the wire: expected ipip or gue",
		       pool->name, inet_ntop(family(to), to->octet, text, sizeof(text)));
}

/* Without interfaces nothing is sent, and nothing is asked. */
static int look_up_all(const struct sl_config *conf, struct hop_cache *c,
		       struct sl_error *x)
{
	size_t from = c->n;
	int err = 0;

	for (size_t p = 0; p < conf->n_pools && conf->n_interfaces; p++) {
		const struct sl_pool_conf *pool = &conf->pools[p];

		for (size_t b = 0; b < pool->n_backends && !err; b++)
			if (pool->next_hop != SL_NEXT_MAC)
				err = look_up_of(c, pool, &pool->backends[b].addr, x);
	}
	if (!err)
		wait_for_neighbours(c, from);
	return err;
}

size_t hop_count(const struct sl_config *conf)
{
	size_t n = 0;

	for (size_t p = 0; p < conf->n_pools; p++)
		n += conf->pools[p].n_backends;
	return n;
}

int hop_find_all(const struct sl_config *conf, struct hop_cache *cache,
		 struct hop **hops, struct sl_error *x)
{
	struct hop *all = calloc(hop_count(conf) + 1, sizeof(*all)),
		   *next = all;
	int err;

	if (!all)
		return sl_fail(x, ENOMEM, "next hops: no memory");
	err = look_up_all(conf, cache, x);
	if (err) {
		free(all);
		return err;
	}
	for (size_t p = 0; p < conf->n_pools; p++)
		for (size_t b = 0; b < conf->pools[p].n_backends; b++)
			*next++ =
				hop_of(conf, &conf->pools[p],
				       &conf->pools[p].backends[b].addr, cache);
	*hops = all;
	return 0;
}

struct hop_cache *hop_cache_new(void)
{
	return calloc(1, sizeof(struct hop_cache));
}

void hop_cache_free(struct hop_cache *cache)
{
	if (cache)
		free(cache->path);
	free(cache);
}
