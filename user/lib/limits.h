/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rates of rules become prices in ticks of the kernel's clock. */
#ifndef SL_LIMITS_H
#define SL_LIMITS_H

#include "compile.h"
#include "maps.h"

/* Ticks a second of the clock that packets read, as this kernel has them. */
uint32_t limits_hz(void);

/* Sets of buckets that the rules need, a power of two: all that limits.buckets
 * allows if a rule tells addresses apart. */
uint32_t limits_sets(const struct sl_config *conf);

/* Fills bank->limit; the rules are there. */
void limits_fill(const struct compile_input *in, struct sl_bank *bank, __u64 *features);

/* Before `new` comes after `old`: a rule that begins, or gets another rate, finds
 * the one bucket that it has empty. */
void limits_begin(const struct maps *m, const struct sl_bank *old, const struct sl_bank *new);

#endif
