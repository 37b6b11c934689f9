/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The map `counts`: what packets counted, a struct sl_counts of each CPU. They
 * may be counting while it is read or set to zero.
 */
#ifndef SL_COUNTS_H
#define SL_COUNTS_H

#include <sluice/sluice.h>

#include "maps.h"

/* Where a member is: COUNTS_AT(rule[i]). */
#define COUNTS_AT(member) offsetof(struct sl_counts, member)

/* Sums the u64s that lie there, of one CPU or (-1) of all, into `out`. */
void counts_read(const struct maps *m, size_t at, int cpu, void *out, size_t size);
int counts_zero(const struct maps *m, size_t at, size_t size);	/* or -ENOMEM */

/* Of all interfaces; of one row for all reasons. */
struct sl_reason_count counts_reason(const struct maps *m, uint32_t reason, int cpu);
struct sl_interface_count counts_interface(const struct maps *m, uint32_t row, int cpu);

/* Another interface takes this row: what is in it goes to SL_ROW_GONE, where no
 * packet counts. */
void counts_retire(const struct maps *m, uint32_t row);

#endif
