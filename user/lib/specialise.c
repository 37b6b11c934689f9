/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds what the program asks, and puts the answers in place. */
#include <linux/bpf.h>
#include <string.h>

#include "insn.h"
#include "specialise.h"

/* A constant of 64 bits takes two instructions; the second has its upper half. */
static int is_question(const struct bpf_insn *low, const struct bpf_insn *high)
{
	if (!insn_is_wide(low) || low->src_reg || high->code)
		return 0;
	return high->imm == SL_ASK_FEATURES || high->imm == SL_ASK_WORD;
}

static __s32 answer(const struct sl_knobs *knobs, __s32 kind, __u32 what)
{
	__s32 word = 0;

	if (kind == SL_ASK_FEATURES)
		return (knobs->features & what) != 0;
	if (what <= sizeof(*knobs) - sizeof(word))
		memcpy(&word, (const char *)knobs + what, sizeof(word));
	return word;
}

/* Instructions are aligned to 8 in the file as well. */
size_t specialise(void *elf, size_t length, const struct sl_knobs *knobs)
{
	struct bpf_insn *in = elf;
	size_t found = 0;

	for (size_t i = 0; i + 1 < length / sizeof(*in); i++) {
		if (!is_question(&in[i], &in[i + 1]))
			continue;
		in[i].imm = answer(knobs, in[i + 1].imm, (__u32)in[i].imm);
		in[i + 1].imm = 0;
		found++;
	}
	return found;
}
