/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The result for people, and for programs. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>

#include "units.h"

struct report {
	const struct units *units;
	const struct subject *cases;
	size_t n;
	const struct measure_plan *plan;
};

void report_table(const struct report *r, FILE *out);
/* An array of {name, min_ns, median_ns, extra_ns, h, r, goal, met}; min_ns and
 * median_ns are whole, floor included; goal and met are null without a goal,
 * all figures are null for a case that was not measured, which has `why`. */
void report_json(const struct report *r, FILE *out);
void report_tap(const struct report *r, FILE *out); /* verified: ok */

#endif
