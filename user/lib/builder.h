/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What builds an image: shared by the nodes that lead on and those that end. */
#ifndef SL_BUILDER_H
#define SL_BUILDER_H

#include "image.h"

enum { NODE_WORDS = 8 };	/* nodes start at multiples of this */

struct builder {
	const struct image_item *item;	/* sorted */
	const uint8_t *common;		/* bits that items i - 1 and i share */
	struct classes *classes;
	uint32_t *word;
	uint32_t used, room;
	bool fixed;			/* `word` cannot grow */
	struct sl_error *x;
};

/* The items [first, end) below the first `pos` bits that they share. */
struct region {
	size_t first, end;
	unsigned pos, width, steps;
	uint16_t class;
};

static inline uint32_t leaf(unsigned class)
{
	return (uint32_t)SL_LEAF << 28 | class;
}

/* k bits of the address from `pos`; k is 1 to 20. */
static inline uint32_t bits(uint64_t hi, uint64_t lo, unsigned pos, unsigned k)
{
	uint64_t window = pos >= 64 ? lo << (pos - 64) :
			  pos	    ? hi << pos | lo >> (64 - pos) :
				      hi;

	return (uint32_t)(window >> (64 - k));
}

/* A node of n words, all LEAFs of class 0, at a multiple of `align` words. */
int builder_node(struct builder *b, uint32_t n, uint32_t align, uint32_t *at);
/* *class becomes that of its lists and one more. */
int builder_class(struct builder *b, uint16_t *class, uint16_t list);

/* A node in which walks through the region end. 1: written to *word, 0: the
 * region does not fit one, or is better off with nodes that lead on. */
int builder_end(struct builder *b, const struct region *r, uint32_t *word);

#endif
