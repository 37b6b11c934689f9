/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What has ended goes, in the bank that packets read and without a turn:
 *
 *	classes in the image -> truth -> expiry -> due
 *
 * Each step may be done twice. Killed between two of them, the element is still there
 * to be found, and the next sweep does the rest.
 */
#ifndef SL_EXPIRE_H
#define SL_EXPIRE_H

#include "elements.h"

/* For about so many ms, 0: till nothing is left. *removed: how many; *more: time was
 * up. EDIT_ANEW: some cannot go in place; all others have. inst->conf is what runs. */
int expire(struct sl_instance *inst, uint64_t ms, uint32_t *removed, bool *more, struct sl_error *x);

/* What finds them is made anew if it must be: at the end of what wrote many. */
void expire_mend(struct sl_instance *inst);

/* How many there are of each set that have not expired. */
int elements_count(const struct sl_instance *inst, uint64_t n[SL_SETS_MAX], struct sl_error *x);

#endif
