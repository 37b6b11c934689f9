/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The records of flows, as the control side sees them: looked at, erased, and
 * carried into a larger table. Packets may be writing.
 */
#ifndef SL_RECORDS_H
#define SL_RECORDS_H

#include "maps.h"

/* Sets that limits.flows allows, a power of two; 1 where nothing is tracked. */
uint32_t records_sets(const struct sl_config *conf);

/* Every record that is there, once; those for which `drop` says true are erased. */
void records_sweep(const struct maps *m, bool (*drop)(void *arg, struct sl_record r), void *arg);

/* The same, of n sets from this one on; where to go on, 0: that was the last. */
uint32_t records_sweep_some(const struct maps *m, uint32_t from, uint32_t n, bool (*drop)(void *arg, struct sl_record r), void *arg);
/* Those of fragments. */
void records_sweep_fragments(const struct maps *m, bool (*drop)(void *arg, struct sl_record r), void *arg);

bool record_is_live(const struct maps *m, struct sl_record r, uint32_t now);

/* Those of fragments, too. */
void records_erase_backends(const struct maps *m, const bool ids[SL_BACKENDS_MAX]);

/* All of these pools, by index. */
void records_erase_pools(const struct maps *m, const bool pools[SL_POOLS_MAX]);

/* Puts what is live where packets look for it in `to`, which has another size. Of
 * what is there the later holds. */
void records_merge(const struct maps *to, const struct maps *from);

/* From a grace period after `now` on, and until an instant after the second unit of
 * time that follows it, packets find and refresh what is there, and record nothing
 * new: it is full. `m`: of an instance, for its pools. */
void records_close(const struct maps *from, const struct maps *m, uint32_t now);
/* Its free ways are free again. */
void records_open(const struct maps *from);
void records_clear(const struct maps *m);	/* nobody reads it */

#endif
