/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The map reason_counts: what became of packets, by interface and reason. Each
 * packet is in one element of it, so either sum is a sum over the other.
 */
#ifndef SL_REASONS_H
#define SL_REASONS_H

#include "maps.h"

/* All of it, of all CPUs; free(). -ENOMEM, or what the kernel says. */
int reasons_read(const struct maps *m, struct sl_reason_count **all);

/* What `all` says of a reason, or of a row; `cpu` -1: all. */
struct sl_reason_count reasons_of(const struct sl_reason_count *all, uint32_t reason, int cpu);
struct sl_interface_count reasons_at(const struct sl_reason_count *all, uint32_t row, int cpu);

/* Another interface takes this row: what is in it goes to SL_ROW_GONE. No packet
 * counts there; one that still counts in the row may be lost. */
int reasons_retire(const struct maps *m, uint32_t row);

#endif
