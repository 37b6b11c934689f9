/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One question to the kernel by netlink, and its answer. */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>

#include "netlink.h"

struct nlmsghdr *netlink_request(char *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buffer);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	h->nlmsg_seq = 1;
	return h;
}

struct nlmsghdr *netlink_generic(char *buffer, uint16_t family, uint8_t command)
{
	struct nlmsghdr *h = netlink_request(buffer, family, 0);
	struct genlmsghdr *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	g->cmd = command;
	g->version = 1;
	return h;
}

static int exchange(struct mnl_socket *socket, struct nlmsghdr *h, mnl_cb_t see,
		    void *arg)
{
	char answer[NETLINK_BUFFER];
	ssize_t n;
	int more = MNL_CB_OK;

	if (mnl_socket_sendto(socket, h, h->nlmsg_len) < 0)
		return -errno;
	while (more > MNL_CB_STOP) {
		n = mnl_socket_recvfrom(socket, answer, sizeof(answer));
		if (n < 0)
			return -errno;
		more = mnl_cb_run(answer, (size_t)n, h->nlmsg_seq,
				  mnl_socket_get_portid(socket), see, arg);
	}
	return more < 0 ? -errno : 0;
}

static struct mnl_socket *open_bus(int bus)
{
	struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC);

	if (socket && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID)) {
		mnl_socket_close(socket);
		socket = NULL;
	}
	return socket;
}

static int ask(int bus, struct nlmsghdr *h, mnl_cb_t see, void *arg)
{
	struct mnl_socket *socket = open_bus(bus);
	int err;

	if (!socket)
		return -errno;
	err = exchange(socket, h, see, arg);
	mnl_socket_close(socket);
	return err;
}

struct mnl_socket *netlink_open(void)
{
	return open_bus(NETLINK_ROUTE);
}

int netlink_ask_by(struct mnl_socket *socket, struct nlmsghdr *h, mnl_cb_t see, void *arg)
{
	return socket ? exchange(socket, h, see, arg) : -EBADF;
}

int netlink_ask(struct nlmsghdr *h, mnl_cb_t see, void *arg)
{
	return ask(NETLINK_ROUTE, h, see, arg);
}

int netlink_ask_generic(struct nlmsghdr *h, mnl_cb_t see, void *arg)
{
	return ask(NETLINK_GENERIC, h, see, arg);
}
