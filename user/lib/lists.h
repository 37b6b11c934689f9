/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The lists that the classifier tells apart, and what each is for.
 *
 * A list is a named set (its number is the set's), the plain prefixes of one
 * rule's `from` or `to`, one negated prefix, the management sources, the trusted
 * tunnel sources, the decap addresses, or one service address.
 */
#ifndef SL_LISTS_H
#define SL_LISTS_H

#include "compile.h"
#include "image.h"

enum { LIST_NONE = 0xffff, LISTS_MAX = 0xffff };

/* One way for an address to satisfy a rule: to be in the list, or not to be. */
struct term { uint16_t list; uint8_t rule; bool negated; };
struct terms { struct term *term; size_t n, room; };

struct lists {
	struct image_item *item;	/* every prefix of every list */
	size_t n_items, room;
	uint32_t n;			/* lists */
	bool v4, v6;			/* somebody asks, or may ask, for such prefixes */
	struct terms from, to;
	size_t n_rules;
	uint16_t management, trusted, decap;	/* or LIST_NONE */
	uint16_t first_vip;		/* the lists of vip[0], vip[1] ... */
	struct sl_address *vip;		/* sorted; VIP numbers start at 1 */
	size_t n_vips;
	uint16_t *of_set;		/* as conf->sets */
};

/* *lists must be zero or fresh from here; lists_free it also on failure. */
int lists_make(const struct compile_input *in, struct lists *l, struct sl_error *x);
void lists_free(struct lists *l);

/* The VIP number of a service address, 0: none. */
uint32_t lists_vip(const struct lists *l, const struct sl_address *addr);

#endif
