/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Code that is never run, but that the verifier wants to be led to. */
#ifndef SL_DEAD_H
#define SL_DEAD_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Of a function of n instructions those without is_live never run. They become
 * "go on with the next one", except those that are not is_number (libbpf fills
 * them in) and the last; and some become jumps that are never taken, so that the
 * conditional jump `gate`, which stays, is the only one that leads to them: every
 * other from the live may be made unconditional. The kernel takes it all out.
 * False: that cannot be, or there is no memory; nothing has changed then.
 */
bool dead_join(struct bpf_insn *in, size_t n, const bool *is_number, const bool *is_live, size_t gate);

#endif
