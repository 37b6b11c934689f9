/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An edit of a few elements, in place: nothing is built anew, nobody waits. */
#ifndef SL_EDIT_H
#define SL_EDIT_H

#include "draft.h"

enum { EDIT_ANEW = 1 };

/* EDIT_ANEW: not in place; nothing has happened, but expiries may be written. *changed
 * is set once it is known, then too. */
int edit_live(struct sl_instance *inst, const struct sl_config *conf, const struct edit *edit, size_t *changed, struct sl_error *x);

/* What packets read may be edited: it is whole, and of this very program. */
bool edit_is_possible(const struct sl_instance *inst);

/* Takes n elements out, 1024 at most; what expires stays to be written. EDIT_ANEW. */
int edit_drop(struct sl_instance *inst, struct truth *truth, const struct truth_edit *op, size_t n, struct sl_error *x);

/* The rows of classes from `first` on, as the rules of conf see them. */
int edit_rows(const struct sl_instance *inst, const struct sl_config *conf, const struct classes *classes, uint32_t first, struct sl_class *rows, struct sl_error *x);

#endif
