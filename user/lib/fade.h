/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A list goes from the classes of a range of addresses, in an image that packets are
 * reading: where the range has words and bounds of its own, each class is replaced by
 * one store, and nothing is built. Images keep such bounds for what expires
 * (image_item.apart).
 */
#ifndef SL_FADE_H
#define SL_FADE_H

#include "image.h"

typedef unsigned __int128 sl_wide;	/* an address, left aligned */

struct fade {
	uint32_t *word;			/* the image */
	struct classes *classes;	/* grow: those that are left */
	uint16_t list;
	uint8_t family;
	sl_wide from, to;		/* both belong to the range */
};

/* Could it be, and which classes does it take? -ENOSPC: not in place; -ENOMEM. */
int fade_try(struct fade *f);
/* Does it: fade_try said 0, and the rows of all classes are there. */
void fade_make(struct fade *f);

#endif
