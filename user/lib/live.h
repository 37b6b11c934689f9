/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Edits of an image that packets are reading: what an edit changes is built
 * behind what is in use, then each place that leads there gets one store.
 *
 * Nothing is reused, so nobody waits: what is left over goes when the image is
 * built anew, which must happen when one of its tables is full.
 */
#ifndef SL_LIVE_H
#define SL_LIVE_H

#include "truth.h"

struct live_store { uint32_t at, word; };

struct live {
	struct image image;		/* of the half; `used` grows */
	struct truth *truth;
	struct classes *classes;	/* of the half; grow */
	struct live_store *store;	/* to be made */
	size_t n, room;
	unsigned splits;		/* each of them may make walks longer by two */
	struct image_item *item;	/* of the part that is being built */
	size_t n_items, item_room;
};

/* Works the edits out; packets see nothing of it yet. The truth sees them from
 * here on. -ENOSPC: a table is full, or an edit changes too much: build anew. */
int live_draw(struct live *l, const struct truth_edit *edit, size_t n, struct sl_error *x);
/* The stores, one after another. */
void live_show(const struct live *l);
void live_free(struct live *l);		/* store and item, not what came from outside */

#endif
