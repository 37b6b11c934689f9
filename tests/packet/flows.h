/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Flows as numbers, and the backends that they are sent to. */
#ifndef TESTS_PACKET_FLOWS_H
#define TESTS_PACKET_FLOWS_H

#include <stdint.h>

/* From 10.s.s.s or 2001:db8:5::s:s. */
struct flow {
	int family, proto;
	const char *vip;
	uint32_t source, sport, dport;
};

/* The last octet of the outer destination; fails unless the packet is sent. */
unsigned backend_of(const struct flow *f);

uint32_t next_random(uint64_t *state);

#endif
