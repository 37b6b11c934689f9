/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What constants make superfluous is taken out, nothing else is, and each
 * instruction can still be reached.
 */
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "user/lib/trim.h"

enum { ROOM = 64 };

#define NUMBER(r, n) { .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = (r), .imm = (n) }, { 0 }
#define MOVE(r, n) { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (r), .imm = (n) }
#define COPY(r, from) { .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (r), .src_reg = (from) }
#define ADD(r, n) { .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = (r), .imm = (n) }
#define AND32(r, from) { .code = BPF_ALU | BPF_AND | BPF_X, .dst_reg = (r), .src_reg = (from) }
#define LOAD(r, from) { .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = (r), .src_reg = (from) }
#define IF(op, r, n, to) { .code = BPF_JMP | (op) | BPF_K, .dst_reg = (r), .imm = (n), .off = (to) }
#define IF_32(op, r, n, to) { .code = BPF_JMP32 | (op) | BPF_K, .dst_reg = (r), .imm = (n), .off = (to) }
#define GO(to) { .code = BPF_JMP | BPF_JA, .off = (to) }
#define CALL(n) { .code = BPF_JMP | BPF_CALL, .imm = (n) }
#define LEAVE { .code = BPF_JMP | BPF_EXIT }
#define NOTHING GO(0)

#define EXPECT(in, ...) do { \
	const struct bpf_insn want_[] = { __VA_ARGS__ }; \
	assert_int_equal(sizeof(in), sizeof(want_)); \
	trim_all((in), sizeof(in) / sizeof(*(in))); \
	assert_memory_equal((in), want_, sizeof(want_)); \
} while (0)

static void trim_all(struct bpf_insn *in, size_t n)
{
	bool is_number[ROOM];

	memset(is_number, true, sizeof(is_number));
	trim(in, n, is_number);
}

/* Does something lead to each instruction, as the verifier asks? */
static void expect_reachable(const struct bpf_insn *in, size_t n)
{
	bool is_reached[ROOM] = { true }, is_new = true;

	while (is_new) {
		is_new = false;
		for (size_t i = 0; i < n; i++) {
			size_t width = in[i].code == (BPF_LD | BPF_IMM | BPF_DW) ? 2 : 1;
			__u8 op = BPF_OP(in[i].code), class = BPF_CLASS(in[i].code);
			bool jumps = (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;

			if (!is_reached[i])
				continue;
			if (in[i].code != (BPF_JMP | BPF_EXIT) && in[i].code != (BPF_JMP | BPF_JA)) {
				assert_true(i + width < n);
				is_new |= !is_reached[i + width];
				is_reached[i + width] = true;
			}
			if (jumps) {
				is_new |= !is_reached[(int)i + 1 + in[i].off];
				is_reached[(int)i + 1 + in[i].off] = true;
			}
			if (width == 2)
				is_reached[i + 1] = true;
		}
	}
	for (size_t i = 0; i < n; i++)
		assert_true(is_reached[i]);
}

static void a_jump_that_is_never_taken_goes(void **state)
{
	struct bpf_insn in[] = {
		LOAD(2, 1), IF(BPF_JEQ, 2, 7, 4), ADD(2, 1), NUMBER(3, 1), IF(BPF_JEQ, 3, 0, 1), ADD(2, 5), COPY(0, 2), LEAVE,
	};

	(void)state;
	EXPECT(in, LOAD(2, 1), IF(BPF_JEQ, 2, 7, 4), ADD(2, 1), NOTHING, NOTHING, NOTHING, ADD(2, 5), COPY(0, 2), LEAVE);
}

static void a_jump_that_is_always_taken_asks_no_more(void **state)
{
	struct bpf_insn in[] = {
		LOAD(2, 1), IF(BPF_JEQ, 2, 7, 3), NUMBER(3, 0), IF_32(BPF_JEQ, 3, 0, 1), ADD(2, 5), COPY(0, 2), LEAVE,
	};

	(void)state;
	EXPECT(in, LOAD(2, 1), IF(BPF_JEQ, 2, 7, 3), NOTHING, NOTHING, GO(1), ADD(2, 5), COPY(0, 2), LEAVE);
}

static void what_is_computed_of_constants_is_one(void **state)
{
	struct bpf_insn in[] = { MOVE(2, 15), ADD(2, 1), LOAD(3, 1), AND32(3, 2), COPY(0, 3), LEAVE };

	(void)state;
	EXPECT(in, NOTHING, { .code = BPF_ALU | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 16 }, LOAD(3, 1), AND32(3, 2),
	       COPY(0, 3), LEAVE);
}

static void what_differs_where_ways_meet_is_no_constant(void **state)
{
	struct bpf_insn in[] = {
		LOAD(2, 1), MOVE(3, 1), IF(BPF_JEQ, 2, 7, 1), MOVE(3, 2), IF(BPF_JEQ, 3, 1, 1), MOVE(2, 0), COPY(0, 2), LEAVE,
	}, before[sizeof(in) / sizeof(*in)];

	(void)state;
	memcpy(before, in, sizeof(in));
	trim_all(in, sizeof(in) / sizeof(*in));
	assert_memory_equal(in, before, sizeof(in));
}

static void what_a_loop_changes_is_no_constant(void **state)
{
	struct bpf_insn in[] = { MOVE(0, 0), ADD(0, 1), IF(BPF_JNE, 0, 4, -2), LEAVE }, before[4];

	(void)state;
	memcpy(before, in, sizeof(in));
	trim_all(in, sizeof(in) / sizeof(*in));
	assert_memory_equal(in, before, sizeof(in));
}

static void what_a_call_leaves_is_no_constant(void **state)
{
	struct bpf_insn in[] = { MOVE(0, 0), MOVE(6, 3), CALL(7), IF(BPF_JEQ, 0, 0, 1), MOVE(6, 2), COPY(0, 6), LEAVE };

	(void)state;
	EXPECT(in, NOTHING, MOVE(6, 3), CALL(7), IF(BPF_JEQ, 0, 0, 1), MOVE(6, 2), COPY(0, 6), LEAVE);
}

static void a_jump_that_makes_no_difference_goes(void **state)
{
	struct bpf_insn in[] = {
		MOVE(0, 1), LOAD(2, 1), IF(BPF_JEQ, 2, 5, 2),
		NUMBER(3, 0), IF(BPF_JNE, 3, 0, 1), GO(0), LEAVE,
	};

	(void)state;
	trim_all(in, sizeof(in) / sizeof(*in));
	for (size_t i = 2; i < sizeof(in) / sizeof(*in) - 1; i++)
		assert_false(BPF_OP(in[i].code) == BPF_JEQ || BPF_OP(in[i].code) == BPF_JNE);
}

static void a_jump_over_something_stays(void **state)
{
	struct bpf_insn in[] = { MOVE(0, 1), LOAD(2, 1), IF(BPF_JEQ, 2, 5, 1), MOVE(0, 2), LEAVE }, before[5];

	(void)state;
	memcpy(before, in, sizeof(in));
	trim_all(in, sizeof(in) / sizeof(*in));
	assert_memory_equal(in, before, sizeof(in));
}

/* By nothing but the jump is its target led to: without it the kernel refuses all. */
static void a_jump_that_alone_leads_somewhere_stays(void **state)
{
	struct bpf_insn in[] = {
		LOAD(2, 1), IF(BPF_JEQ, 2, 5, 2), MOVE(0, 1), LEAVE, GO(-3),
	}, before[5];

	(void)state;
	memcpy(before, in, sizeof(in));
	trim_all(in, sizeof(in) / sizeof(*in));
	assert_memory_equal(in, before, sizeof(in));
}

static void an_address_to_be_filled_in_stays(void **state)
{
	struct bpf_insn in[] = { NUMBER(2, 0), IF(BPF_JNE, 2, 0, 1), MOVE(0, 0), LEAVE };
	const struct bpf_insn want[] = { NUMBER(2, 0), IF(BPF_JNE, 2, 0, 1), MOVE(0, 0), LEAVE };
	bool is_number[] = { false, true, true, true, true };

	(void)state;
	trim(in, sizeof(in) / sizeof(*in), is_number);
	assert_memory_equal(in, want, sizeof(want));
}

/* Three places of dead code, one of them with a call that must be filled in. */
static void one_gate_leads_to_all_that_is_dead(void **state)
{
	struct bpf_insn in[] = {
		LOAD(6, 1),
		NUMBER(2, 0), IF(BPF_JEQ, 2, 0, 2), CALL(9), MOVE(7, 1),		/* 1 */
		NUMBER(2, 1), IF(BPF_JNE, 2, 0, 1), GO(-8),				/* 6 */
		NUMBER(2, 0), IF(BPF_JEQ, 2, 0, 14),					/* 10 */
		ADD(6, 1), ADD(6, 1), ADD(6, 1), ADD(6, 1), ADD(6, 1), ADD(6, 1),	/* 13 */
		ADD(6, 1), ADD(6, 1), ADD(6, 1), ADD(6, 1), ADD(6, 1), ADD(6, 1),
		ADD(6, 1), ADD(6, 1), COPY(0, 6), LEAVE,
	};
	bool is_number[sizeof(in) / sizeof(*in)];
	size_t n = sizeof(in) / sizeof(*in), jumps = 0;

	(void)state;
	memset(is_number, true, sizeof(is_number));
	is_number[4] = false;
	expect_reachable(in, n);
	trim(in, n, is_number);
	expect_reachable(in, n);
	assert_int_equal(in[4].code, BPF_JMP | BPF_CALL);
	for (size_t i = 0; i < 13; i++)
		jumps += BPF_CLASS(in[i].code) == BPF_JMP && BPF_OP(in[i].code) == BPF_JEQ;
	assert_int_equal(jumps, 1);		/* the gate: its constant stays, too */
	assert_int_equal(in[12].code, BPF_JMP | BPF_JEQ | BPF_K);
	assert_int_equal(in[10].code, BPF_LD | BPF_IMM | BPF_DW);
	assert_int_equal(in[1].code, BPF_JMP | BPF_JA);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_jump_that_is_never_taken_goes),
		cmocka_unit_test(a_jump_that_is_always_taken_asks_no_more),
		cmocka_unit_test(what_is_computed_of_constants_is_one),
		cmocka_unit_test(what_differs_where_ways_meet_is_no_constant),
		cmocka_unit_test(what_a_loop_changes_is_no_constant),
		cmocka_unit_test(what_a_call_leaves_is_no_constant),
		cmocka_unit_test(a_jump_that_makes_no_difference_goes),
		cmocka_unit_test(a_jump_over_something_stays),
		cmocka_unit_test(a_jump_that_alone_leads_somewhere_stays),
		cmocka_unit_test(an_address_to_be_filled_in_stays),
		cmocka_unit_test(one_gate_leads_to_all_that_is_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
