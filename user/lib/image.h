/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The classifier's image (abi.h): from prefixes with list numbers to words.
 *
 * The class of an address is the union of all lists that have a prefix which
 * covers it: membership, not longest match.
 */
#ifndef SL_IMAGE_H
#define SL_IMAGE_H

#include <sluice/sluice.h>

#include "classes.h"

enum { IMAGE_WORDS_MIN = 1024 };
enum { IMAGE_APART = 2 };	/* a word that no walk reads: parts are built there */

struct image_item {
	uint64_t hi, lo;	/* the address, left aligned, host bits zero */
	uint16_t list;
	uint8_t length, family;		/* family 4 or 6 */
	bool apart;		/* no neighbour of its class takes its bounds away */
};

struct image {
	uint32_t *word;		/* image_free; the tail is zero, and takes no memory */
	uint32_t words;		/* a power of two */
	uint32_t used;
};

struct image_item image_item(const struct sl_prefix *prefix, uint16_t list);

/* Sorts `item` in place. -ENOMEM; -EINVAL: too many classes or words. */
int image_build(struct image_item *item, size_t n, struct classes *classes, struct image *out, struct sl_error *x);

void image_free(uint32_t *word, uint32_t words);	/* NULL is fine */

/* In order of family, address, length, list: what covers comes before. */
int image_order(const void *left, const void *right);

/* ---- parts, for images that packets are reading ------------------------- */

/* What lies below the first `pos` bits of some address: all items there, and
 * before them all that cover it. */
struct image_part {
	const struct image_item *item;	/* sorted */
	size_t n;
	unsigned pos, width, steps;	/* steps: of a walk that gets there */
};

/* Builds a part behind image->used, which grows; nothing that is in use changes.
 * *word is what leads to it. -ENOSPC: image->words are too few. */
int image_render(struct image *image, const struct image_part *part, struct classes *classes, uint32_t *word, struct sl_error *x);

/* Where a walk ends: what the packets' program does, step by step. */
struct image_end {
	uint16_t class;
	uint32_t at;		/* the place of the word that ends it */
	uint32_t pos;		/* how many bits led there */
	unsigned steps;		/* nodes on the way */
};

struct image_end image_walk(const uint32_t *word, uint32_t words, const struct sl_address *addr);
uint16_t image_lookup(const uint32_t *word, uint32_t words, const struct sl_address *addr);

/* The most steps that any walk takes from this word on. */
unsigned image_steps(const uint32_t *word, uint32_t words, uint32_t w);

/* Calls each() for every address from which on the image may say something else,
 * some more than once; stops at non-zero, which it returns. */
int image_edges(const uint32_t *word, uint32_t words, int (*each)(void *arg, const struct sl_address *edge), void *arg);

#endif
