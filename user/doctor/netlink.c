/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One question to the kernel by netlink, and its answer. */
#include <errno.h>
#include <stdlib.h>

#include "ask.h"

enum { ANSWER = 32768 };

struct nlmsghdr *doctor_question(char *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buffer);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	h->nlmsg_seq = 1;
	return h;
}

static int exchange(struct mnl_socket *socket, struct nlmsghdr *h, mnl_cb_t see, void *arg)
{
	char *answer = malloc(ANSWER);
	int more = MNL_CB_OK;
	ssize_t n = 0;

	if (!answer || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) || mnl_socket_sendto(socket, h, h->nlmsg_len) < 0)
		n = -1;
	while (n >= 0 && more > MNL_CB_STOP) {
		n = mnl_socket_recvfrom(socket, answer, ANSWER);
		if (n >= 0)
			more = mnl_cb_run(answer, (size_t)n, h->nlmsg_seq, mnl_socket_get_portid(socket), see, arg);
	}
	free(answer);
	return n < 0 || more < 0 ? -errno : 0;
}

int doctor_ask(int bus, struct nlmsghdr *h, mnl_cb_t see, void *arg)
{
	struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	int err;

	if (!socket)
		return -errno;
	err = exchange(socket, h, see, arg);
	mnl_socket_close(socket);
	return err;
}
