/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What follows from constants: jumps that are known, numbers that nobody reads. */
#ifndef SL_TRIM_H
#define SL_TRIM_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Replaces instructions of one function by "go on with the next one", which the
 * kernel takes out. is_number[i]: in[i] loads 64 bits that are what they say (not
 * an address that is still to be filled in). The program does the same as before,
 * and every instruction can still be reached, as the verifier demands: a jump to
 * code that nothing else leads to stays (the kernel takes it out together with
 * that code). Sparse conditional constant propagation (Wegman, Zadeck), then dead
 * stores. Without memory, it leaves the rest as it is.
 */
void trim(struct bpf_insn *in, size_t n, const bool *is_number);

#endif
