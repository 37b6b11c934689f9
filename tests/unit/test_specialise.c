/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the program asks is answered in its instructions, and nothing else. */
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "user/lib/specialise.h"

static const struct sl_knobs knobs = {
	.features = SL_F_FROM | SL_F_TTL,
	.image_mask = 0x7fffffff,
};

/* r1 = high << 32 | low */
#define CONSTANT(source, low, high) \
	{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = (source), .imm = (low) }, \
	{ .imm = (high) }

static __s32 answer(__s32 kind, __s32 what)
{
	struct bpf_insn in[] = { CONSTANT(0, what, kind) };

	assert_int_equal(specialise(in, sizeof(in), &knobs), 1);
	assert_int_equal(in[1].imm, 0);
	assert_int_equal(in[0].dst_reg, 1);
	return in[0].imm;
}

static void a_feature_is_one_or_zero(void **state)
{
	(void)state;
	assert_int_equal(answer(SL_ASK_FEATURES, SL_F_TTL), 1);
	assert_int_equal(answer(SL_ASK_FEATURES, SL_F_TTL | SL_F_TO), 1);
	assert_int_equal(answer(SL_ASK_FEATURES, SL_F_TO), 0);
}

static void a_word_is_its_value(void **state)
{
	(void)state;
	assert_int_equal(answer(SL_ASK_WORD, offsetof(struct sl_knobs, image_mask)), 0x7fffffff);
	assert_int_equal(answer(SL_ASK_WORD, offsetof(struct sl_knobs, slot_mask)), 0);
	assert_int_equal(answer(SL_ASK_WORD, sizeof(struct sl_knobs)), 0);
}

static void other_constants_stay(void **state)
{
	struct bpf_insn in[] = {
		CONSTANT(0, SL_F_TTL, 1),
		CONSTANT(BPF_PSEUDO_MAP_FD, SL_F_TTL, SL_ASK_FEATURES),
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = SL_F_TTL },
		{ .code = BPF_JMP | BPF_EXIT, .imm = SL_ASK_FEATURES },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .imm = SL_F_TTL },	/* cut */
	}, before[sizeof(in) / sizeof(*in)];

	(void)state;
	memcpy(before, in, sizeof(in));
	assert_int_equal(specialise(in, sizeof(in), &knobs), 0);
	assert_memory_equal(in, before, sizeof(in));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_feature_is_one_or_zero),
		cmocka_unit_test(a_word_is_its_value),
		cmocka_unit_test(other_constants_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
