/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel tells of links, routes and neighbours: is it our concern? */
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sluice/scope.h>

#include "watch.h"

enum { ROOM = 32768, BUFFER = 4 << 20 };

static const int groups[] = {
	RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_NEXTHOP,
	RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE,
	RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE,
};

/* It is the caller's from now on. */
static int give(int *fd)
{
	int got = *fd;

	*fd = -1;
	return got;
}

/* What there is no room for is read anew as a whole: the buffer may be small. */
int events_open(struct sl_error *x)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int size = BUFFER;

	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)))
		return sl_fail_errno(x, "netlink");
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof(*groups)))
			return sl_fail_errno(x, "netlink: group %d", groups[i]);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return give(&fd);
}

/* ---- neighbours: they change all the time ------------------------------------------ */

struct heard {
	struct sl_neighbour is;
	bool has_addr, has_mac;
};

static int see_part(const struct nlattr *a, void *arg)
{
	size_t n = mnl_attr_get_payload_len(a);
	struct heard *h = arg;

	switch (mnl_attr_get_type(a)) {
	case NDA_DST:
		if (n != 4 && n != 16)
			break;
		h->is.addr.family = n == 4 ? 4 : 6;
		memcpy(h->is.addr.octet, mnl_attr_get_payload(a), n);
		break;
	case NDA_LLADDR:
		if (n != sizeof(h->is.mac))
			break;
		memcpy(h->is.mac, mnl_attr_get_payload(a), n);
		h->has_mac = true;
		break;
	case NDA_FLAGS_EXT: h->is.is_held = mnl_attr_get_u32(a) & NTF_EXT_MANAGED; break;
	}
	return MNL_CB_OK;
}

static const struct sl_neighbour *find(const struct sl_hops *hops, const struct sl_neighbour *n)
{
	for (size_t i = 0; i < hops->n; i++)
		if (hops->neighbour[i].ifindex == n->ifindex &&
		    !memcmp(&hops->neighbour[i].addr, &n->addr, sizeof(n->addr)))
			return &hops->neighbour[i];
	return NULL;
}

/* It is asked for again and again, and answers the same: that is none. */
static bool is_news(const struct nlmsghdr *h, const struct sl_hops *hops)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(h);
	struct heard heard = { .is.ifindex = (uint32_t)nd->ndm_ifindex };
	const struct sl_neighbour *was;

	mnl_attr_parse(h, sizeof(*nd), see_part, &heard);
	was = find(hops, &heard.is);
	if (!was)
		return false;
	if (h->nlmsg_type == RTM_DELNEIGH)
		return true;
	heard.is.is_held |= (nd->ndm_state & (NUD_PERMANENT | NUD_NOARP)) != 0;
	heard.is.is_known = heard.has_mac && nd->ndm_state &&
			    !(nd->ndm_state & (NUD_INCOMPLETE | NUD_FAILED));
	return was->is_held != heard.is.is_held || was->is_known != heard.is.is_known ||
	       (heard.is.is_known && memcmp(was->mac, heard.is.mac, sizeof(was->mac)) != 0);
}

/* ---- all of it ------------------------------------------------------------------------ */

struct reading { const struct sl_hops *hops; struct news *news; };

static int see(const struct nlmsghdr *h, void *arg)
{
	const struct reading *r = arg;

	switch (h->nlmsg_type) {
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		r->news->ways |= is_news(h, r->hops);
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		r->news->links = true;
		r->news->ways = true;
		break;
	default:
		r->news->ways = true;
		break;
	}
	return MNL_CB_OK;
}

void events_read(int fd, const struct sl_hops *hops, struct news *news)
{
	char room[ROOM] __attribute__((aligned(8)));
	struct reading r = { hops, news };
	ssize_t n;

	while ((n = recv(fd, room, sizeof(room), 0)) > 0 || errno == ENOBUFS || errno == EINTR)
		if (n > 0)
			mnl_cb_run(room, (size_t)n, 0, 0, see, &r);
		else if (errno == ENOBUFS)
			news->lost = news->links = news->ways = true;
}
