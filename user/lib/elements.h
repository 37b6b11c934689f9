/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The elements of sets, as truth: the `elements` map, which this writes.
 *
 * Each carries the serial of the change that added it and of the one that
 * deleted it, so a change is seen whole or not at all: the store that turns
 * the banks makes both true. Elements that are away by then are left-overs.
 */
#ifndef SL_ELEMENTS_H
#define SL_ELEMENTS_H

#include "instance.h"

struct element {
	struct sl_element_key key;
	struct sl_element value;
};

struct elements { struct element *e; size_t n; };	/* sorted by key */

/* In order of set, family, address, length. */
int element_compare(const void *a, const void *b);
struct sl_element_key element_key(uint16_t set, const struct sl_prefix *p);
struct sl_prefix element_prefix(const struct sl_element_key *key);
uint64_t elements_now(void);		/* CLOCK_BOOTTIME, ns */

static inline bool element_live(const struct sl_element *v, uint64_t now)
{
	return !v->expires || v->expires > now;
}

static inline bool element_visible(const struct sl_element *v, uint32_t at)
{
	return v->added <= at && (!v->deleted || v->deleted > at);
}

/* All that are visible at the serial `at`, expired ones too, as never deleted;
 * *others: how many elements a killed command left. `set` -1: of all sets. */
int elements_read(const struct sl_instance *inst, uint32_t at, int set, struct elements *out, size_t *others, struct sl_error *x);
/* How many are visible and have not expired. */
int elements_count(const struct sl_instance *inst, int set, uint64_t *out, struct sl_error *x);
void elements_free(struct elements *all);

/* Writes these as they are. */
int elements_write(const struct sl_instance *inst, const struct element *e, size_t n, struct sl_error *x);
/* Undoes what was not committed at `at`, removes what is deleted, and what
 * has expired at `now` (0: nothing has). */
int elements_clean(const struct sl_instance *inst, uint32_t at, uint64_t now, struct sl_error *x);
int elements_copy(int to, int from, struct sl_error *x);

#endif
