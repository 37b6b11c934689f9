/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Interfaces, what their XDP can and who is at tc, by netlink. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

/* ---- links --------------------------------------------------------------- */

struct list { struct doctor_nic *nic; size_t n; bool failed; };

static int see_kind(const struct nlattr *attr, void *arg)
{
	struct doctor_nic *nic = arg;

	if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
		snprintf(nic->kind, sizeof(nic->kind), "%s", mnl_attr_get_str(attr));
	return MNL_CB_OK;
}

static int see_program(const struct nlattr *attr, void *arg)
{
	struct doctor_nic *nic = arg;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_XDP_ATTACHED: nic->xdp.mode = mnl_attr_get_u8(attr); break;
	case IFLA_XDP_PROG_ID:
	case IFLA_XDP_DRV_PROG_ID:
	case IFLA_XDP_SKB_PROG_ID:
		if (!nic->xdp.prog_id)
			nic->xdp.prog_id = mnl_attr_get_u32(attr);
		break;
	}
	return MNL_CB_OK;
}

static int see_attribute(const struct nlattr *attr, void *arg)
{
	struct doctor_nic *nic = arg;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME: snprintf(nic->name, sizeof(nic->name), "%s", mnl_attr_get_str(attr)); break;
	case IFLA_MTU: nic->mtu = mnl_attr_get_u32(attr); break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attr) == sizeof(nic->mac))
			memcpy(nic->mac, mnl_attr_get_payload(attr), sizeof(nic->mac));
		break;
	case IFLA_LINKINFO: mnl_attr_parse_nested(attr, see_kind, nic); break;
	case IFLA_XDP: mnl_attr_parse_nested(attr, see_program, nic); break;
	}
	return MNL_CB_OK;
}

static int see_link(const struct nlmsghdr *h, void *arg)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(h);
	struct list *list = arg;
	struct doctor_nic *grown = realloc(list->nic, (list->n + 1) * sizeof(*grown));

	if (!grown) {
		list->failed = true;
		return MNL_CB_STOP;
	}
	list->nic = grown;
	grown += list->n++;
	*grown = (struct doctor_nic){ .ifindex = (uint32_t)info->ifi_index };
	grown->up = info->ifi_flags & IFF_UP;
	grown->ethernet = info->ifi_type == ARPHRD_ETHER;
	mnl_attr_parse(h, sizeof(*info), see_attribute, grown);
	return MNL_CB_OK;
}

int ask_links(struct doctor_nic **links, size_t *n)
{
	char buffer[DOCTOR_QUESTION];
	struct nlmsghdr *h = doctor_question(buffer, RTM_GETLINK, NLM_F_DUMP);
	struct list list = { 0 };
	int err;

	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	err = doctor_ask(NETLINK_ROUTE, h, see_link, &list);
	if (!err && list.failed)
		err = -ENOMEM;
	if (err) {
		free(list.nic);
		return err;
	}
	*links = list.nic;
	*n = list.n;
	return 0;
}

/* ---- what its XDP can ------------------------------------------------------ */

/* linux/netdev.h, which came with 6.3 */
enum { DEV_GET = 1, DEV_IFINDEX = 1, DEV_XDP_FEATURES = 3 };

static struct nlmsghdr *generic(char *buffer, uint16_t family, uint8_t command)
{
	struct nlmsghdr *h = doctor_question(buffer, family, 0);
	struct genlmsghdr *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	g->cmd = command;
	g->version = 1;
	return h;
}

static int see_family_attribute(const struct nlattr *attr, void *arg)
{
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
		*(uint16_t *)arg = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int see_family(const struct nlmsghdr *h, void *arg)
{
	return mnl_attr_parse(h, sizeof(struct genlmsghdr), see_family_attribute, arg);
}

static int see_features_attribute(const struct nlattr *attr, void *arg)
{
	struct doctor_nic *nic = arg;

	if (mnl_attr_get_type(attr) == DEV_XDP_FEATURES) {
		nic->can.features = mnl_attr_get_u64(attr);
		nic->can.err = 0;
	}
	return MNL_CB_OK;
}

static int see_features(const struct nlmsghdr *h, void *arg)
{
	return mnl_attr_parse(h, sizeof(struct genlmsghdr), see_features_attribute, arg);
}

void ask_features(struct doctor_nic *nic)
{
	char buffer[DOCTOR_QUESTION];
	struct nlmsghdr *h = generic(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	uint16_t family = 0;

	nic->can.err = ENOENT;
	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, "netdev");
	if (doctor_ask(NETLINK_GENERIC, h, see_family, &family) || !family)
		return;
	h = generic(buffer, family, DEV_GET);
	mnl_attr_put_u32(h, DEV_IFINDEX, nic->ifindex);
	doctor_ask(NETLINK_GENERIC, h, see_features, nic);
}

/* ---- who is at tc ---------------------------------------------------------- */

static int see_name(const struct nlattr *attr, void *arg)
{
	static const char probe[] = "probe_in:[";	/* sluice's own, see probe.bpf.c */
	struct doctor_nic *nic = arg;
	size_t used = strlen(nic->filters.names);

	if (mnl_attr_get_type(attr) != TCA_BPF_NAME || !strncmp(mnl_attr_get_str(attr), probe, strlen(probe)))
		return MNL_CB_OK;
	snprintf(nic->filters.names + used, sizeof(nic->filters.names) - used, "%s%s", used ? ", " : "", mnl_attr_get_str(attr));
	nic->filters.n++;
	return MNL_CB_OK;
}

static int see_filter_attribute(const struct nlattr *attr, void *arg)
{
	if (mnl_attr_get_type(attr) == TCA_OPTIONS)
		mnl_attr_parse_nested(attr, see_name, arg);
	return MNL_CB_OK;
}

static int see_kind_of_filter(const struct nlattr *attr, void *arg)
{
	if (mnl_attr_get_type(attr) == TCA_KIND)
		*(bool *)arg = !strcmp(mnl_attr_get_str(attr), "bpf");
	return MNL_CB_OK;
}

static int see_filter(const struct nlmsghdr *h, void *arg)
{
	bool is_bpf = false;

	mnl_attr_parse(h, sizeof(struct tcmsg), see_kind_of_filter, &is_bpf);
	return is_bpf ? mnl_attr_parse(h, sizeof(struct tcmsg), see_filter_attribute, arg) : MNL_CB_OK;
}

void ask_filters(struct doctor_nic *nic)
{
	char buffer[DOCTOR_QUESTION];
	struct nlmsghdr *h = doctor_question(buffer, RTM_GETTFILTER, NLM_F_DUMP);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(h, sizeof(*tc));

	tc->tcm_ifindex = (int)nic->ifindex;
	tc->tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
	nic->filters.err = -doctor_ask(NETLINK_ROUTE, h, see_filter, nic);
}
