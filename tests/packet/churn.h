/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A pool that changes, and what packets of its service meet: by the tables, as
 * the rules of DESIGN 4 say, and by the program. Failures fail the test.
 */
#ifndef TESTS_PACKET_CHURN_H
#define TESTS_PACKET_CHURN_H

#include <stdbool.h>
#include <stdint.h>

enum { POOL_BACKENDS = 48, POOL_IDS = 4096 };	/* 10.0.0.1 to .48 */
enum { SETTLE_AFTER_S = 6, UDP_GRACE_S = 3 };
enum { CHURN_RECORDS = 65536 };

enum backend_is { ABSENT, UP, DRAINED, DEAD };	/* DEAD: by order */

struct pool {
	bool generations;	/* else tracking: off */
	uint32_t slots;
	enum backend_is is[POOL_BACKENDS + 1];	/* by the last octet */
	uint32_t weight[POOL_BACKENDS + 1];
};

void pool_apply(const struct pool *pool);

/* From 10.s.s.s to the service. */
struct shot {
	uint32_t source;
	uint16_t sport;
	uint8_t proto;
	bool syn;
};

/* What a packet meets in the tables. */
struct view {
	uint16_t current, previous;	/* of its slot */
	bool live, confirmed;		/* its record, */
	uint16_t record;		/* which names this backend */
	bool room;			/* it would find room for one */
	bool grace;			/* of UDP, after the last change */
	uint64_t clock;
};

struct view view_of(const struct shot *shot);
/* The backend that this packet belongs to, by its id; 0: none. */
uint16_t rule_of(const struct view *view, const struct shot *shot);
/* The last octet of an id's address; 0: it is nobody's, or dead. */
unsigned octet_of(uint16_t id);

/* Sends it: the last octet of the backend's address, 0: to none. */
unsigned shoot(const struct shot *shot);

#endif
