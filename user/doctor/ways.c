/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's way to backends that nothing was resolved for. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ask.h"

enum { MOST = 256 };	/* each takes two questions */

struct route { struct doctor_way *way; uint32_t ifindex; };

static uint8_t family_of(const struct sl_address *addr)
{
	return addr->family == 4 ? AF_INET : AF_INET6;
}

static uint16_t length_of(const struct sl_address *addr)
{
	return addr->family == 4 ? 4 : 16;
}

static int see_attribute(const struct nlattr *attr, void *arg)
{
	struct route *route = arg;
	const struct rtvia *via;

	switch (mnl_attr_get_type(attr)) {
	case RTA_OIF: route->ifindex = mnl_attr_get_u32(attr); break;
	case RTA_GATEWAY:
		memcpy(route->way->via.octet, mnl_attr_get_payload(attr), length_of(&route->way->via));
		break;
	case RTA_VIA:
		via = mnl_attr_get_payload(attr);
		route->way->via.family = via->rtvia_family == AF_INET ? 4 : 6;
		memcpy(route->way->via.octet, via->rtvia_addr, length_of(&route->way->via));
		break;
	}
	return MNL_CB_OK;
}

static int see_route(const struct nlmsghdr *h, void *arg)
{
	return mnl_attr_parse(h, sizeof(struct rtmsg), see_attribute, arg);
}

static int see_neighbour(const struct nlmsghdr *h, void *arg)
{
	const struct ndmsg *neighbour = mnl_nlmsg_get_payload(h);

	*(bool *)arg = neighbour->ndm_state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP);
	return MNL_CB_OK;
}

static void ask_way(struct doctor_way *way)
{
	char buffer[DOCTOR_QUESTION];
	struct nlmsghdr *h = doctor_question(buffer, RTM_GETROUTE, 0);
	struct rtmsg *ask = mnl_nlmsg_put_extra_header(h, sizeof(*ask));
	struct route route = { way, 0 };
	struct ndmsg *who;

	way->via = way->addr;
	ask->rtm_family = family_of(&way->addr);
	ask->rtm_dst_len = (uint8_t)(8 * length_of(&way->addr));
	mnl_attr_put(h, RTA_DST, length_of(&way->addr), way->addr.octet);
	way->err = -doctor_ask(NETLINK_ROUTE, h, see_route, &route);
	if (way->err)
		return;
	h = doctor_question(buffer, RTM_GETNEIGH, 0);
	who = mnl_nlmsg_put_extra_header(h, sizeof(*who));
	who->ndm_family = family_of(&way->via);
	who->ndm_ifindex = (int)route.ifindex;
	mnl_attr_put(h, NDA_DST, length_of(&way->via), way->via.octet);
	doctor_ask(NETLINK_ROUTE, h, see_neighbour, &way->is_known);
}

void ask_ways(struct doctor_host *host)
{
	const struct sl_stats *stats = host->stats;

	host->ways = stats ? calloc(MOST, sizeof(*host->ways)) : NULL;
	for (size_t i = 0; host->ways && i < stats->n_backends && host->n_ways < MOST; i++) {
		const struct sl_named_backend *b = &stats->backends[i];

		if (b->hop != SL_HOP_NONE && b->hop != SL_HOP_FIB)
			continue;
		host->ways[host->n_ways].addr = b->addr;
		ask_way(&host->ways[host->n_ways++]);
	}
}
