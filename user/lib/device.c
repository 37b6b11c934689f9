/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel says about a network device. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <ifaddrs.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <sluice/scope.h>

#include "device.h"
#include "netlink.h"

enum { LOWER_UP = 1 << 16 };	/* IFF_LOWER_UP of linux/if.h, which net/if.h does not have */

static int see_kind(const struct nlattr *attr, void *arg)
{
	struct device *d = arg;

	if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
		snprintf(d->kind, sizeof(d->kind), "%s",
			 mnl_attr_get_str(attr));
	return MNL_CB_OK;
}

static int see_link(const struct nlattr *attr, void *arg)
{
	struct device *d = arg;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		snprintf(d->name, sizeof(d->name), "%s",
			 mnl_attr_get_str(attr));
		break;
	case IFLA_MTU: d->mtu = mnl_attr_get_u32(attr); break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attr) == 6)
			memcpy(d->mac, mnl_attr_get_payload(attr), 6);
		break;
	case IFLA_LINKINFO: mnl_attr_parse_nested(attr, see_kind, d); break;
	}
	return MNL_CB_OK;
}

static int see_answer(const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(h);
	struct device *d = arg;

	d->type = info->ifi_type;
	d->runs = info->ifi_flags & IFF_UP && info->ifi_flags & LOWER_UP;
	mnl_attr_parse(h, sizeof(*info), see_link, d);
	return MNL_CB_OK;
}

int device_look(uint32_t ifindex, struct device *out)
{
	char buffer[NETLINK_BUFFER];
	struct nlmsghdr *h = netlink_request(buffer, RTM_GETLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));
	struct device d = { .mtu = 0 };
	int err;

	info->ifi_index = (int)ifindex;
	err = netlink_ask(h, see_answer, &d);
	if (!err)
		*out = d;
	return err;
}

int device_mode(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);

	return bpf_xdp_query((int)ifindex, 0, &opts) ? XDP_ATTACHED_NONE
						     : opts.attach_mode;
}

void device_address(const char *name, uint8_t family, struct sl_address *out)
{
	int want = family == 4 ? AF_INET : AF_INET6;
	struct ifaddrs *all = NULL, *a;

	*out = (struct sl_address){ 0 };
	if (getifaddrs(&all))
		return;
	for (a = all; a; a = a->ifa_next) {
		const struct sockaddr_in6 *six = (void *)a->ifa_addr;
		const struct sockaddr_in *four = (void *)a->ifa_addr;

		if (!a->ifa_addr || a->ifa_addr->sa_family != want ||
		    strcmp(a->ifa_name, name))
			continue;
		if (want == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr))
			continue;
		out->family = family;
		if (want == AF_INET)
			memcpy(out->octet, &four->sin_addr, 4);
		else
			memcpy(out->octet, &six->sin6_addr, 16);
		break;
	}
	freeifaddrs(all);
}

/* ---- what its driver can ---------------------------------------------- */

/* linux/netdev.h, which came with 6.3 */
enum { DEV_GET = 1, DEV_IFINDEX = 1, DEV_XDP_FEATURES = 3, XDP_BASIC = 1, XDP_SENDS = 4 };

static int see_family(const struct nlattr *attr, void *arg)
{
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
		*(uint16_t *)arg = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int see_features(const struct nlattr *attr, void *arg)
{
	if (mnl_attr_get_type(attr) == DEV_XDP_FEATURES)
		*(uint64_t *)arg = mnl_attr_get_u64(attr);
	return MNL_CB_OK;
}

static int see_family_answer(const struct nlmsghdr *h, void *arg)
{
	return mnl_attr_parse(h, sizeof(struct genlmsghdr), see_family, arg);
}

static int see_features_answer(const struct nlmsghdr *h, void *arg)
{
	return mnl_attr_parse(h, sizeof(struct genlmsghdr), see_features, arg);
}

/* All ones where the kernel does not tell. */
static uint64_t xdp_features(uint32_t ifindex)
{
	char buffer[NETLINK_BUFFER];
	uint64_t features = ~0ull;
	uint16_t family = 0;
	struct nlmsghdr *h;

	h = netlink_generic(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, "netdev");
	if (netlink_ask_generic(h, see_family_answer, &family) || !family)
		return features;
	h = netlink_generic(buffer, family, DEV_GET);
	mnl_attr_put_u32(h, DEV_IFINDEX, ifindex);
	netlink_ask_generic(h, see_features_answer, &features);
	return features;
}

bool device_native(uint32_t ifindex)
{
	return xdp_features(ifindex) & XDP_BASIC;
}

bool device_sends(uint32_t ifindex)
{
	return xdp_features(ifindex) & XDP_SENDS;
}

/* ---- offloads --------------------------------------------------------- */

void device_offloads(const char *name, struct device *d)
{
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
	struct ifreq request = { .ifr_data = (void *)&flags };
	autoclose int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (sock < 0 || ioctl(sock, SIOCETHTOOL, &request))
		flags.data = 0;
	d->lro = flags.data & ETH_FLAG_LRO;
	d->untags = flags.data & ETH_FLAG_RXVLAN;
}

bool sl_interface_untags(const char *ifname)
{
	struct device d = { .mtu = 0 };

	device_offloads(ifname, &d);
	return d.untags;
}
