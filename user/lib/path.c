/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The way to an address: asked of the kernel by netlink. */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "device.h"
#include "netlink.h"
#include "path.h"

enum {
	MTU_UNKNOWN = 1500,
	PROTOCOL = 92,		/* of neighbours that this holds: RTPROT_*, of nobody else */
	INDEX_LEAST = 64,
};

struct egress {
	uint32_t ifindex;
	bool is_there;
	struct device device;
	struct sl_address source[2];	/* IPv4, IPv6 */
};

struct named { char name[IF_NAMESIZE]; uint32_t ifindex; };

struct paths {
	struct mnl_socket *socket;
	struct path *path;
	uint32_t *index;		/* by address: number + 1, 0 free; half full at most */
	size_t n, room, n_index;
	struct egress *egress;
	size_t n_egress;
	struct named *named;
	size_t n_named;
};

static int ask(struct paths *p, struct nlmsghdr *h, mnl_cb_t see, void *arg)
{
	if (!p->socket)
		p->socket = netlink_open();
	return netlink_ask_by(p->socket, h, see, arg);
}

/* A question with one answer, or an error: see() ends it. */
static int ask_one(struct paths *p, struct nlmsghdr *h, mnl_cb_t see, void *arg)
{
	h->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
	return ask(p, h, see, arg);
}

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

	if (h->nlmsg_type != RTM_NEWROUTE || route->rtm_type != RTN_UNICAST ||
	    route->rtm_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN))
		return MNL_CB_STOP;
	p->found = true;
	mnl_attr_parse(h, sizeof(*route), see_route_part, p);
	return MNL_CB_STOP;
}

/* No route is no error: the packet's own lookup will find none either. */
static void ask_route(struct paths *paths, struct path *p)
{
	char buffer[NETLINK_BUFFER];
	struct nlmsghdr *h = netlink_request(buffer, RTM_GETROUTE, 0);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(h, sizeof(*route));

	route->rtm_family = family(&p->to);
	route->rtm_dst_len = (unsigned char)(octets(&p->to) * 8);
	mnl_attr_put(h, RTA_DST, octets(&p->to), p->to.octet);
	p->via = p->to;
	if (ask_one(paths, h, see_route, p))
		p->found = false;
}

/* ---- neighbour -------------------------------------------------------- */

static int see_neighbour_part(const struct nlattr *a, void *arg)
{
	struct path *p = arg;

	switch (mnl_attr_get_type(a)) {
	case NDA_LLADDR:
		if (mnl_attr_get_payload_len(a) != 6)
			break;
		memcpy(p->hop.dst_mac, mnl_attr_get_payload(a), 6);
		p->neighbour = NEIGHBOUR_KNOWN;
		break;
	case NDA_FLAGS_EXT:
		p->is_held |= mnl_attr_get_u32(a) & NTF_EXT_MANAGED;
		break;
	}
	return MNL_CB_OK;
}

static int see_neighbour(const struct nlmsghdr *h, void *arg)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(h);
	struct path *p = arg;

	if (h->nlmsg_type != RTM_NEWNEIGH)
		return MNL_CB_STOP;
	p->is_held = nd->ndm_state & (NUD_PERMANENT | NUD_NOARP);
	mnl_attr_parse(h, sizeof(*nd), see_neighbour_part, p);
	if (nd->ndm_state & NUD_INCOMPLETE)
		p->neighbour = NEIGHBOUR_ASKED;
	else if (nd->ndm_state & NUD_FAILED)
		p->neighbour = NEIGHBOUR_DEAD;
	else if (!nd->ndm_state)
		p->neighbour = NEIGHBOUR_NONE;
	return MNL_CB_STOP;
}

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

void path_look_again(struct paths *paths, struct path *p)
{
	char buffer[NETLINK_BUFFER];

	p->neighbour = NEIGHBOUR_NONE;
	p->is_held = false;
	ask_one(paths, neighbour(buffer, p, RTM_GETNEIGH, 0, 0), see_neighbour, p);
	p->hop.kind = p->neighbour == NEIGHBOUR_KNOWN ? SL_HOP_OUT : SL_HOP_FIB;
}

/* One that is permanent would not be so any more. */
static void use(struct paths *paths, const struct path *p, bool holds)
{
	char buffer[NETLINK_BUFFER];
	struct nlmsghdr *h = neighbour(buffer, p, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, NTF_USE);

	if (holds) {
		mnl_attr_put_u8(h, NDA_PROTOCOL, PROTOCOL);
		mnl_attr_put_u32(h, NDA_FLAGS_EXT, NTF_EXT_MANAGED);
	}
	ask(paths, h, NULL, NULL);
}

void path_ask(struct paths *paths, const struct path *p)
{
	use(paths, p, p->is_held);
}

void path_hold(struct paths *paths, const struct path *p)
{
	if (p->found && p->has_neighbour && !p->is_held)
		use(paths, p, true);
}

/* ---- letting go --------------------------------------------------------- */

struct held { struct path *path; size_t n; };

static int see_held_part(const struct nlattr *a, void *arg)
{
	struct path *p = arg;

	switch (mnl_attr_get_type(a)) {
	case NDA_DST:
		take_address(&p->via, mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));
		break;
	case NDA_FLAGS_EXT: p->is_held = mnl_attr_get_u32(a) & NTF_EXT_MANAGED; break;
	case NDA_PROTOCOL: p->found = mnl_attr_get_u8(a) == PROTOCOL; break;
	}
	return MNL_CB_OK;
}

static int see_held(const struct nlmsghdr *h, void *arg)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(h);
	struct path p = { .hop.ifindex = (uint32_t)nd->ndm_ifindex }, *grown;
	struct held *held = arg;

	mnl_attr_parse(h, sizeof(*nd), see_held_part, &p);
	if (!p.found || !p.is_held || !p.via.family)
		return MNL_CB_OK;
	grown = realloc(held->path, (held->n + 1) * sizeof(*grown));
	if (!grown)
		return MNL_CB_STOP;
	held->path = grown;
	grown[held->n++] = p;
	return MNL_CB_OK;
}

static bool is_used(const struct paths *paths, const struct path *held)
{
	for (size_t i = 0; i < paths->n; i++)
		if (paths->path[i].hop.ifindex == held->hop.ifindex &&
		    !memcmp(&paths->path[i].via, &held->via, sizeof(held->via)))
			return true;
	return false;
}

void paths_let_go(struct paths *paths)
{
	char buffer[NETLINK_BUFFER];
	struct nlmsghdr *h = netlink_request(buffer, RTM_GETNEIGH, NLM_F_DUMP);
	struct held held = { NULL, 0 };

	mnl_nlmsg_put_extra_header(h, sizeof(struct ndmsg));
	ask(paths, h, see_held, &held);
	for (size_t i = 0; i < held.n; i++)
		if (!is_used(paths, &held.path[i]))
			use(paths, &held.path[i], false);
	free(held.path);
}

/* ---- egress --------------------------------------------------------------- */

static const struct egress *egress(struct paths *paths, uint32_t ifindex)
{
	struct egress *e = paths->egress;
	size_t i = 0;

	while (i < paths->n_egress && e[i].ifindex != ifindex)
		i++;
	if (i < paths->n_egress)
		return &e[i];
	e = realloc(e, (paths->n_egress + 1) * sizeof(*e));
	if (!e)
		return NULL;
	paths->egress = e;
	e += paths->n_egress++;
	*e = (struct egress){ .ifindex = ifindex };
	e->is_there = !device_look(ifindex, &e->device);
	if (e->is_there) {
		device_address(e->device.name, 4, &e->source[0]);
		device_address(e->device.name, 6, &e->source[1]);
	}
	return e;
}

uint32_t path_ifindex(struct paths *paths, const char *name)
{
	struct named *grown;

	for (size_t i = 0; i < paths->n_named; i++)
		if (!strcmp(paths->named[i].name, name))
			return paths->named[i].ifindex;
	grown = realloc(paths->named, (paths->n_named + 1) * sizeof(*grown));
	if (!grown)
		return if_nametoindex(name);
	paths->named = grown;
	grown += paths->n_named++;
	snprintf(grown->name, sizeof(grown->name), "%s", name);
	grown->ifindex = if_nametoindex(name);
	return grown->ifindex;
}

bool path_device(struct paths *paths, uint32_t ifindex, uint8_t family, uint32_t *mtu,
		 struct sl_address *source)
{
	const struct egress *e = egress(paths, ifindex);

	if (!e || !e->is_there)
		return false;
	*mtu = e->device.mtu;
	*source = e->source[family == 6];
	return true;
}

static void look_at_egress(struct paths *paths, struct path *p)
{
	const struct egress *e = p->found ? egress(paths, p->hop.ifindex) : NULL;

	if (!e || !e->is_there)
		return;
	p->found = e->device.runs;
	memcpy(p->device, e->device.name, sizeof(p->device));
	if (!strcmp(e->device.kind, "vlan"))
		strcpy(p->refusal, "VLAN");
	else if (!strcmp(e->device.kind, "bond"))
		strcpy(p->refusal, "bond");
	p->hop.mtu = e->device.mtu;
	memcpy(p->hop.src_mac, e->device.mac, 6);
	p->has_neighbour = e->device.type == ARPHRD_ETHER;
	if (p->hop.source.family != p->to.family)
		p->hop.source = e->source[p->to.family == 6];
	if (p->has_neighbour && !*p->refusal)
		path_look_again(paths, p);
}

/* ---- all of them ------------------------------------------------------------ */

static uint32_t *place(struct paths *p, const struct sl_address *to)
{
	size_t i = XXH3_64bits(to, sizeof(*to)) & (p->n_index - 1);

	while (p->index[i] && memcmp(&p->path[p->index[i] - 1].to, to, sizeof(*to)) != 0)
		i = (i + 1) & (p->n_index - 1);
	return &p->index[i];
}

static bool grow(struct paths *p)
{
	size_t room = p->room ? p->room * 2 : INDEX_LEAST / 2;
	struct path *path = realloc(p->path, room * sizeof(*path));
	uint32_t *index = calloc(room * 2, sizeof(*index));

	if (path)
		p->path = path;
	if (!path || !index) {
		free(index);
		return false;
	}
	free(p->index);
	p->index = index;
	p->n_index = room * 2;
	p->room = room;
	for (size_t i = 0; i < p->n; i++)
		*place(p, &p->path[i].to) = (uint32_t)i + 1;
	return true;
}

struct path *path_look(struct paths *p, const struct sl_address *to)
{
	struct path *new;
	uint32_t *at;

	if (p->n == p->room && !grow(p))
		return NULL;
	at = place(p, to);
	if (*at)
		return &p->path[*at - 1];
	new = &p->path[p->n++];
	*at = (uint32_t)p->n;
	*new = (struct path){ .to = *to, .hop = { .kind = SL_HOP_FIB, .mtu = MTU_UNKNOWN } };
	ask_route(p, new);
	look_at_egress(p, new);
	return new;
}

struct path *path_at(struct paths *p, size_t i)
{
	return i < p->n ? &p->path[i] : NULL;
}

struct paths *paths_new(void)
{
	return calloc(1, sizeof(struct paths));
}

void paths_free(struct paths *p)
{
	if (!p)
		return;
	if (p->socket)
		mnl_socket_close(p->socket);
	free(p->path);
	free(p->index);
	free(p->egress);
	free(p->named);
	free(p);
}
