/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One path for every change: of the configuration, and of a set's elements. */
#ifndef SL_TRANSACT_H
#define SL_TRANSACT_H

#include "draft.h"

/* Makes the kernel agree with conf and `edit` (may be NULL). *changed, if not
 * NULL, counts what an edit added or deleted. */
int transact(struct sl_instance *inst, const struct sl_config *conf, uint64_t digest, const struct edit *edit, size_t *changed, struct sl_error *x);

/* The same, never in place. */
int transact_anew(struct sl_instance *inst, const struct sl_config *conf, uint64_t digest, const struct edit *edit, size_t *changed, struct sl_error *x);

#endif
