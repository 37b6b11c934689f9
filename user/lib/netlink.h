/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One question to the kernel by netlink, and its answer. */
#ifndef SL_NETLINK_H
#define SL_NETLINK_H

#include <libmnl/libmnl.h>

enum { NETLINK_BUFFER = 16384 };

/* Starts a message in `buffer`; `flags` beside NLM_F_REQUEST | NLM_F_ACK. */
struct nlmsghdr *netlink_request(char *buffer, uint16_t type, uint16_t flags);
/* The same, to a family of generic netlink. */
struct nlmsghdr *netlink_generic(char *buffer, uint16_t family, uint8_t command);
/* Sends it and gives what comes back to `see`; 0 or the kernel's -errno. */
int netlink_ask(struct nlmsghdr *h, mnl_cb_t see, void *arg);
int netlink_ask_generic(struct nlmsghdr *h, mnl_cb_t see, void *arg);

/* Who asks much does it by one socket, which mnl_socket_close() ends; NULL: errno. */
struct mnl_socket *netlink_open(void);
int netlink_ask_by(struct mnl_socket *socket, struct nlmsghdr *h, mnl_cb_t see, void *arg);

#endif
