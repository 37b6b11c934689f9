/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Elements of sets: the truth of a running instance, and the `expiry` map,
 * which this writes, of those that end by themselves.
 *
 * What expires has its entry before it is an element and until it is none any
 * more; an entry without element, or of another generation of its set, is void.
 */
#ifndef SL_ELEMENTS_H
#define SL_ELEMENTS_H

#include "instance.h"
#include "truth.h"

struct element {
	struct sl_element_key key;
	struct sl_element value;
};

struct elements { struct element *e; size_t n; };	/* sorted by key */

struct sl_element_key element_key(uint16_t set, const struct sl_prefix *p);
struct sl_element_key element_of(const struct image_item *i);
struct image_item element_item(const struct sl_element_key *key);
struct sl_prefix element_prefix(const struct image_item *i);
uint64_t elements_now(void);		/* CLOCK_BOOTTIME, ns */

/* The prefixes that packets are classified by. */
int elements_truth(const struct sl_instance *inst, struct truth *t, struct sl_error *x);

/* All entries of the running generations. *others: how many there are beside. */
int elements_read(const struct sl_instance *inst, struct elements *out, size_t *others, struct sl_error *x);
void elements_free(struct elements *all);
/* Calls each() for them, in no order; stops at non-zero, which it returns. -ENOMEM. */
int elements_each(const struct sl_instance *inst, int (*each)(void *arg, const struct element *e), void *arg);
/* When it ends, 0: never. */
uint64_t elements_end(const struct elements *all, const struct sl_element_key *key);
/* The same, asked of the map: of the running generation of its set. */
uint64_t elements_end_now(const struct sl_instance *inst, uint32_t generation, const struct sl_element_key *key);

/* -E2BIG: no room. */
int elements_write(const struct sl_instance *inst, const struct element *e, size_t n, struct sl_error *x);
void elements_remove(const struct sl_instance *inst, const struct sl_element_key *key);
/* Removes the entries that are void. */
int elements_clean(const struct sl_instance *inst, struct sl_error *x);
int elements_copy(int to, int from, struct sl_error *x);

#endif
