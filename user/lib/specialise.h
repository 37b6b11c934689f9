/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The knobs become constants of the program, before the kernel sees it. */
#ifndef SL_SPECIALISE_H
#define SL_SPECIALISE_H

#include <stddef.h>

#include <sluice/abi.h>

/* Answers each question that the program in this object file asks (enum sl_ask).
 * Returns how many there were. `elf` is aligned to 8. */
size_t specialise(void *elf, size_t length, const struct sl_knobs *knobs);

#endif
