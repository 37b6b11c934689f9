/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lists of prefixes that the flows of a benchmark are on. */
#ifndef BENCH_LISTS_H
#define BENCH_LISTS_H

#include <stdint.h>
#include <stdio.h>

/* What flows [first, first + n) come from, one a line: "scattered4", "scattered6":
 * /32, /128; "listed4", "listed6": /8 to /32, /32 to /128, as published lists have
 * them, a few twice; "mixed": scattered4 and listed6 in turn. -1: no such list. */
int list_write(FILE *to, const char *list, uint32_t first, uint32_t n);

#endif
