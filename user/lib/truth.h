/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The prefixes of all lists, as truth: one half of the `members` map (abi.h).
 *
 * A half is written whole, beside the one that is true, or gets edits behind.
 * Pure: it sees memory and a serial, and knows nothing of the kernel.
 */
#ifndef SL_TRUTH_H
#define SL_TRUTH_H

#include "image.h"

struct truth_edit {
	struct image_item item;
	bool gone;
	uint32_t at;			/* its place in the half, once it has one */
};

/* A half as it was at a serial, and edits that are to come. */
struct truth {
	struct sl_members *head;
	const struct sl_member4 *v4;
	const struct sl_member6 *v6;
	size_t n4, n6;			/* as they were: the half may be written anew */
	size_t size;			/* of the half, octets */
	uint32_t made;			/* as the half says */
	struct truth_edit *edit;	/* the last of each item, sorted */
	size_t n_edits;
	uint32_t count[SL_SETS_MAX];
};

/* Octets that a half must have for so much, with room for edits. */
size_t truth_size(const struct image_item *item, size_t n, const struct classes *classes);
/* Writes a half. Items are sorted; those of lists below SL_SETS_MAX are sets'. The
 * head's generation, next_expiry and shown are the caller's to fill, then made. */
void truth_write(void *half, const struct image_item *item, size_t n, const struct classes *classes, uint32_t image_used);

int truth_open(struct truth *t, void *half, size_t size, uint32_t serial);	/* -ENOMEM, -EINVAL */
/* Is what was read till now of one piece? Who holds no lock asks: the half may have
 * been written anew meanwhile. */
bool truth_stands(const struct truth *t);
void truth_close(struct truth *t);

bool truth_has(const struct truth *t, const struct image_item *item);

/* All from `from` on, in order. */
struct truth_place { size_t base, edit; };

/* Is it there, and where it is, or would be. */
bool truth_find(const struct truth *t, const struct image_item *item, struct truth_place *at);
struct truth_place truth_seek(const struct truth *t, const struct image_item *from);
bool truth_next(const struct truth *t, struct truth_place *at, struct image_item *out);

/* What was found has ended: one store takes it out of the half, another counts it no
 * more. */
void truth_end(struct truth *t, const struct image_item *item, const struct truth_place *at);
/* Counts the half's members anew: truth_end was killed between the two. */
void truth_recount(struct sl_members *head);

/* Sees these edits from here on; nothing is written. -ENOMEM. */
int truth_foresee(struct truth *t, const struct truth_edit *edit, size_t n);
/* Writes them behind those that are true at serial - 1. -ENOSPC: no room. */
int truth_append(struct truth *t, const struct truth_edit *edit, size_t n, uint32_t serial);

/* The classes of the half, and room for those that are added. -ENOMEM, -EINVAL. */
int truth_classes(const struct truth *t, uint32_t limit, struct classes **out);
int truth_add_classes(struct truth *t, const struct classes *classes);	/* -ENOSPC */

#endif
