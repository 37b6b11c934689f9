/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counters as JSON: lists of objects, the reasons as an object by name. */
#ifndef COUNTS_H
#define COUNTS_H

#include <jansson.h>

#include <sluice/sluice.h>

json_t *counts_interfaces(const struct sl_stats *stats);
json_t *counts_reasons(const struct sl_stats *stats);
json_t *counts_rules(const struct sl_stats *stats);
json_t *counts_services(const struct sl_stats *stats);
json_t *counts_backends(const struct sl_stats *stats);

/* Appends the counters of one CPU, as one of the above made them, to the array
 * "cpus" of the same row of `rows`. */
void counts_add_cpu(json_t *rows, json_t *part);

/* Sets packets, bytes, flows, records and previous of `row`. */
void counts_set_traffic(json_t *row, const struct sl_traffic *count);

#endif
