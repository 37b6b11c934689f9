/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The balancer's clock: 2^shift ticks of the kernel's, about a second. Packets
 * read jiffies; so does this, by a program of three instructions, once: from
 * there on both move with CLOCK_MONOTONIC, tick for tick.
 */
#ifndef SL_TICKS_H
#define SL_TICKS_H

#include <stdint.h>

uint32_t ticks_shift(void);		/* of this kernel */
uint32_t ticks_now(void);		/* in units of 2^shift ticks */
/* At least as long: rounded up, never 0 unless `ms` is. */
uint32_t ticks_from_ms(uint64_t ms);
uint64_t ticks_to_ms(uint64_t units);
/* Of the clock. One unit at least: also of what has just begun. */
uint64_t ticks_ms_since(uint32_t then);

#endif
