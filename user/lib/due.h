/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which element ends next: the `due` map, a heap over what the `expiry` map says
 * (truth.h). It only finds: whether something has ended, expiry says.
 *
 * Whoever changes it holds the lock and says so in `torn` first; if he is killed, the
 * next one makes it anew.
 */
#ifndef SL_DUE_H
#define SL_DUE_H

#include "instance.h"

struct due {
	struct sl_due_head *head;
	struct sl_due *at;		/* [1..head->n] */
	uint32_t room;
};

/* -ENOMEM. */
int due_open(const struct sl_instance *inst, struct due *d, struct sl_error *x);

/* The one that ends next, NULL: none. */
const struct sl_due *due_first(const struct due *d);
int due_put(struct due *d, const struct sl_due *e);	/* -ENOSPC: make it anew, or larger */
void due_pop(struct due *d);

void due_begin(struct due *d);	/* a change */
void due_done(struct due *d);	/* it is whole again */

/* What is in these maps is not all: as if its change had been killed. -ENOMEM. */
int due_tear(const struct maps *m, struct sl_error *x);

/* From all that expires. -ENOSPC, -ENOMEM. */
int due_make(const struct sl_instance *inst, struct due *d);

/* Calls each() for all that ends up to `until`, in no order; it stops at non-zero. Who
 * holds no lock may see one twice, or miss one. */
int due_until(const struct due *d, uint64_t until, int (*each)(void *arg, const struct sl_element_key *key), void *arg);

#endif
