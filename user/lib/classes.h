/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Classes of addresses: interned sets of list numbers.
 *
 * Class 0 is the empty set. Addresses that belong to exactly the same lists
 * share a class, so a class is all that a packet needs to carry.
 */
#ifndef SL_CLASSES_H
#define SL_CLASSES_H

#include <stddef.h>
#include <stdint.h>

struct classes;

/* NULL: no memory. At most `limit` classes beside class 0. */
struct classes *classes_new(uint32_t limit);
void classes_free(struct classes *c);		/* NULL is fine */

/* The class of `class` and one list more. -ENOMEM; -ENOSPC: the limit. */
int classes_add(struct classes *c, uint16_t class, uint16_t list);

/* The class of these lists, ascending. -ENOMEM; -ENOSPC. */
int classes_put(struct classes *c, const uint16_t *list, size_t n);

uint32_t classes_count(const struct classes *c);	/* with class 0 */

/* The lists of a class, ascending; valid until the next classes_add. */
const uint16_t *classes_lists(const struct classes *c, uint32_t class, size_t *n);

#endif
