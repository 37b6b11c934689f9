/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filters and frames at random, made to meet each other. */
#ifndef TESTS_PACKET_DRAW_H
#define TESTS_PACKET_DRAW_H

#include "tests/packet/layers.h"
#include "tests/packet/model.h"
#include "tests/unit/random.h"

/* Around these addresses prefixes and packets lie: [0] IPv4, [1] IPv6. */
struct draw {
	struct rnd rnd;
	struct m_address base[2][3];
	unsigned names;		/* of rules, given so far */
	unsigned fields;	/* FIELD_*: what the rules of this filter ask for */
	bool narrow;		/* each of its rules matches few packets */
	uint32_t verdicts;	/* one of so many rules has another action than count */
};

enum {
	FIELD_FROM = 1, FIELD_TO = 2, FIELD_PROTO = 4, FIELD_TYPE = 8, FIELD_SPORT = 16, FIELD_DPORT = 32,
	FIELD_FLAGS = 64, FIELD_VLAN = 128, FIELD_LENGTH = 256, FIELD_TTL = 512, FIELD_PART = 1024,
	FIELD_FAMILY = 2048, FIELD_COUNT = 4096, FIELD_RATE = 8192, FIELD_ALL = 16383,
};

void draw_bases(struct draw *d);
void draw_filter(struct draw *d, struct m_filter *f);	/* all of it anew */
void draw_rule(struct draw *d, const struct m_filter *f, struct m_rule *r);
void draw_change(struct draw *d, struct m_filter *f);	/* what an apply changes */
struct m_prefix draw_prefix(struct draw *d);

/* A packet with addresses at the edges of what the filter names, its fields
 * those that rules ask for; now and then broken. */
void draw_frame(struct draw *d, const struct m_filter *f, struct frame *out);

bool draw_set_add(struct m_set *s, const struct m_prefix *p);	/* false: it had it */
bool draw_set_del(struct m_set *s, const struct m_prefix *p);	/* false: it had not */
void draw_sweep(struct m_filter *f);	/* what is brief goes */

/* One of an array. */
#define ONE_OF(rnd, array) ((array)[rnd_below((rnd), (uint32_t)(sizeof(array) / sizeof((array)[0])))])

extern const unsigned draw_ports[], draw_ttls[], draw_vlans[];
enum { DRAW_PORTS = 20, DRAW_TTLS = 8, DRAW_VLANS = 6 };

#endif
