/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Instructions of BPF, as far as the library changes them. */
#ifndef SL_INSN_H
#define SL_INSN_H

#include <linux/bpf.h>
#include <stdbool.h>

/* On with the next one: the kernel takes it out. */
static const struct bpf_insn insn_go_on = { .code = BPF_JMP | BPF_JA };

/* A load of 64 bits, which takes two. */
static inline bool insn_is_wide(const struct bpf_insn *in)
{
	return in->code == (BPF_LD | BPF_IMM | BPF_DW);
}

#endif
