/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the running kernel says of interfaces: netlink, ethtool's requests. */
#ifndef ASK_H
#define ASK_H

#include <libmnl/libmnl.h>

#include "doctor.h"

/* ---- netlink.c */
enum { DOCTOR_QUESTION = 512 };

/* Starts a message in `buffer`; `flags` beside NLM_F_REQUEST | NLM_F_ACK. */
struct nlmsghdr *doctor_question(char *buffer, uint16_t type, uint16_t flags);
/* Sends it and gives what comes back to `see`; 0 or -errno. */
int doctor_ask(int bus, struct nlmsghdr *h, mnl_cb_t see, void *arg);

/* ---- links.c: all interfaces, by name, kind, MTU, program; n of them, malloc'd */
int ask_links(struct doctor_nic **links, size_t *n);
/* Whether the kernel's XDP of its driver is known, and what BPF is at tc's ingress. */
void ask_features(struct doctor_nic *nic);
void ask_filters(struct doctor_nic *nic);

/* ---- ways.c: of backends in stats that have no resolved next hop */
void ask_ways(struct doctor_host *host);

/* ---- ethtool.c: driver, queues, ring, coalesce, rss, udp_hash, offload */
void ask_ethtool(struct doctor_nic *nic);

#endif
