/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a configuration makes of one pool: its ring, and how its backends stand. */
#ifndef SL_POOL_DRAFT_H
#define SL_POOL_DRAFT_H

#include "pools.h"
#include "registry.h"

/* For pool `p` of conf, whose ids are in `next`: fills `out`, which owns the ring,
 * and says in `next` how its backends stand and how long its slots wait. */
int pool_draft(const struct sl_config *conf, size_t p, const struct registry_ids *ids, const struct sl_registry *running, struct sl_registry *next, struct pool_slots *out, struct sl_error *x);
void pool_draft_free(struct pool_slots *s);

#endif
