/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes out of a function what its constants make superfluous. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "dead.h"
#include "insn.h"
#include "trim.h"

enum { REGISTERS = 11 };

/* What a register holds: nothing yet, this number, or whatever. */
enum kind { UNSEEN, NUMBER, ANYTHING };

struct value {
	enum kind kind;
	uint64_t bits;
};

struct state { struct value reg[REGISTERS]; };

/* A function, and what is known before each of its instructions. */
struct trimmed {
	struct bpf_insn *in;
	size_t n;
	const bool *is_number;
	struct state *before;
	bool *is_seen, *is_queued;
	size_t *queue, queued;
	uint16_t *read_later;		/* bit r: register r, after the instruction */
};

static bool is_jump(const struct bpf_insn *in)
{
	__u8 class = BPF_CLASS(in->code), op = BPF_OP(in->code);

	if (class != BPF_JMP && class != BPF_JMP32)
		return false;
	return op != BPF_CALL && op != BPF_EXIT;
}

static bool is_conditional(const struct bpf_insn *in)
{
	return is_jump(in) && BPF_OP(in->code) != BPF_JA;
}

static struct value operand(const struct state *s, const struct bpf_insn *in)
{
	if (BPF_SRC(in->code) == BPF_X)
		return s->reg[in->src_reg];
	return (struct value){ NUMBER, (uint64_t)(int64_t)in->imm };
}

/* ---- constants ---------------------------------------------------------- */

static bool compute(__u8 op, uint64_t a, uint64_t b, unsigned int bits, uint64_t *out)
{
	switch (op) {
	case BPF_MOV: *out = b; return true;
	case BPF_ADD: *out = a + b; return true;
	case BPF_SUB: *out = a - b; return true;
	case BPF_AND: *out = a & b; return true;
	case BPF_OR: *out = a | b; return true;
	case BPF_XOR: *out = a ^ b; return true;
	case BPF_LSH: *out = a << (b & (bits - 1)); return true;
	case BPF_RSH: *out = a >> (b & (bits - 1)); return true;
	default: return false;
	}
}

static struct value calculate(const struct state *s, const struct bpf_insn *in)
{
	bool is_narrow = BPF_CLASS(in->code) == BPF_ALU;
	struct value a = s->reg[in->dst_reg], b = operand(s, in);
	struct value out = { NUMBER, 0 };

	if (in->off)			/* of a newer instruction set */
		return (struct value){ ANYTHING, 0 };
	if (BPF_OP(in->code) == BPF_MOV)
		a = (struct value){ NUMBER, 0 };
	if (is_narrow) {
		a.bits = (uint32_t)a.bits;
		b.bits = (uint32_t)b.bits;
	}
	if (a.kind != NUMBER || b.kind != NUMBER ||
	    !compute(BPF_OP(in->code), a.bits, b.bits, is_narrow ? 32 : 64, &out.bits))
		return (struct value){ ANYTHING, 0 };
	if (is_narrow)
		out.bits = (uint32_t)out.bits;
	return out;
}

/* Registers that the instruction writes, a bit each. */
static uint16_t written(const struct bpf_insn *in)
{
	switch (BPF_CLASS(in->code)) {
	case BPF_ALU:
	case BPF_ALU64:
	case BPF_LDX:
		return (uint16_t)(1U << in->dst_reg);
	case BPF_LD:			/* others than wide ones return in r0 */
		return insn_is_wide(in) ? (uint16_t)(1U << in->dst_reg) : 0x3f;
	case BPF_STX:
		if (BPF_MODE(in->code) != BPF_ATOMIC || !(in->imm & BPF_FETCH))
			return 0;
		return in->imm == BPF_CMPXCHG ? 1 : (uint16_t)(1U << in->src_reg);
	case BPF_JMP:
		return BPF_OP(in->code) == BPF_CALL ? 0x3f : 0;
	default:
		return 0;
	}
}

static void step(const struct trimmed *t, size_t i, struct state *s)
{
	const struct bpf_insn *in = &t->in[i];
	__u8 class = BPF_CLASS(in->code);
	struct value value = { ANYTHING, 0 };
	uint16_t regs = written(in);

	if (class == BPF_ALU || class == BPF_ALU64)
		value = calculate(s, in);
	else if (insn_is_wide(in) && t->is_number[i])
		value = (struct value){ NUMBER, (uint32_t)in->imm | (uint64_t)in[1].imm << 32 };
	for (int r = 0; r < REGISTERS; r++)
		if (regs & 1U << r)
			s->reg[r] = value;
}

static bool compare(__u8 op, uint64_t a, uint64_t b, int64_t sa, int64_t sb)
{
	switch (op) {
	case BPF_JEQ: return a == b;
	case BPF_JNE: return a != b;
	case BPF_JGT: return a > b;
	case BPF_JGE: return a >= b;
	case BPF_JLT: return a < b;
	case BPF_JLE: return a <= b;
	case BPF_JSET: return a & b;
	case BPF_JSGT: return sa > sb;
	case BPF_JSGE: return sa >= sb;
	case BPF_JSLT: return sa < sb;
	default: return sa <= sb;	/* BPF_JSLE */
	}
}

enum branch { GOES_ON, JUMPS, EITHER };

static enum branch branch(const struct state *s, const struct bpf_insn *in)
{
	struct value a = s->reg[in->dst_reg], b = operand(s, in);
	bool jumps;

	if (BPF_OP(in->code) == BPF_JA)
		return JUMPS;
	if (a.kind != NUMBER || b.kind != NUMBER)
		return EITHER;
	if (BPF_CLASS(in->code) == BPF_JMP32)
		jumps = compare(BPF_OP(in->code), (uint32_t)a.bits, (uint32_t)b.bits,
				(int32_t)a.bits, (int32_t)b.bits);
	else
		jumps = compare(BPF_OP(in->code), a.bits, b.bits, (int64_t)a.bits, (int64_t)b.bits);
	return jumps ? JUMPS : GOES_ON;
}

/* Two ways come together. Has that told anything new? */
static bool join(struct state *into, const struct state *from)
{
	bool is_new = false;

	for (int r = 0; r < REGISTERS; r++) {
		struct value *v = &into->reg[r];

		if (v->kind == ANYTHING || from->reg[r].kind == UNSEEN)
			continue;
		if (v->kind == NUMBER && from->reg[r].kind == NUMBER && v->bits == from->reg[r].bits)
			continue;
		*v = v->kind == UNSEEN ? from->reg[r] : (struct value){ ANYTHING, 0 };
		is_new = true;
	}
	return is_new;
}

static void enter(struct trimmed *t, size_t i, const struct state *s)
{
	if (i >= t->n || (!join(&t->before[i], s) && t->is_seen[i]))
		return;
	t->is_seen[i] = true;
	if (!t->is_queued[i])
		t->queue[t->queued++] = i;
	t->is_queued[i] = true;
}

static size_t target(size_t i, const struct bpf_insn *in)
{
	return (size_t)((long)i + 1 + in->off);
}

static void follow(struct trimmed *t, size_t i)
{
	const struct bpf_insn *in = &t->in[i];
	enum branch way = is_jump(in) ? branch(&t->before[i], in) : GOES_ON;
	struct state s = t->before[i];

	if (in->code == (BPF_JMP | BPF_EXIT))
		return;
	step(t, i, &s);
	if (way != JUMPS)
		enter(t, i + 1 + insn_is_wide(in), &s);
	if (way != GOES_ON)
		enter(t, target(i, in), &s);
}

static void propagate(struct trimmed *t)
{
	struct state s;

	for (int r = 0; r < REGISTERS; r++)
		s.reg[r] = (struct value){ ANYTHING, 0 };
	enter(t, 0, &s);
	while (t->queued) {
		size_t i = t->queue[--t->queued];

		t->is_queued[i] = false;
		follow(t, i);
	}
}

/* The instruction that a jump whose way is known never goes on with; n: both are. */
static size_t never(const struct trimmed *t, size_t i)
{
	enum branch way = EITHER;

	if (t->is_seen[i] && is_conditional(&t->in[i]))
		way = branch(&t->before[i], &t->in[i]);
	return way == GOES_ON ? target(i, &t->in[i]) : way == JUMPS ? i + 1 : t->n;
}

/* Of the jumps to what is never run the one behind which there is most of it. */
static size_t find_gate(const struct trimmed *t)
{
	size_t gate = t->n, most = 0;

	for (size_t i = 0; i < t->n; i++) {
		size_t first = never(t, i), end = first;

		while (end < t->n && !t->is_seen[end])
			end++;
		if (end - first > most) {
			gate = i;
			most = end - first;
		}
	}
	return gate;
}

/* So that only the gate leads to what is never run. */
static bool join_dead(const struct trimmed *t, size_t gate)
{
	bool *is_live = t->is_queued;		/* nothing is, by now */

	if (gate == t->n)
		return false;
	memcpy(is_live, t->is_seen, t->n * sizeof(*is_live));
	for (size_t i = 0; i + 1 < t->n; i++)
		is_live[i + 1] |= t->is_seen[i] && insn_is_wide(&t->in[i]);
	return dead_join(t->in, t->n, t->is_number, is_live, gate);
}

static void settle_jumps(struct trimmed *t)
{
	size_t gate = find_gate(t);
	bool is_joined = join_dead(t, gate);

	for (size_t i = 0; i < t->n; i++) {
		struct bpf_insn *in = &t->in[i];
		size_t dead = never(t, i);

		if (dead == t->n || (!t->is_seen[dead] && (!is_joined || i == gate)))
			continue;
		*in = dead == i + 1 ? (struct bpf_insn){ .code = BPF_JMP | BPF_JA, .off = in->off } : insn_go_on;
	}
}

/* The constant itself, in place of how it was computed. */
static void settle_numbers(struct trimmed *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct bpf_insn *in = &t->in[i];
		__u8 class = BPF_CLASS(in->code);
		struct value v;

		if (!t->is_seen[i] || (class != BPF_ALU && class != BPF_ALU64) ||
		    (BPF_OP(in->code) == BPF_MOV && BPF_SRC(in->code) == BPF_K))
			continue;
		v = calculate(&t->before[i], in);
		if (v.kind != NUMBER || (v.bits != (uint32_t)v.bits && v.bits != (uint64_t)(int32_t)v.bits))
			continue;
		class = v.bits == (uint32_t)v.bits ? BPF_ALU : BPF_ALU64;
		*in = (struct bpf_insn){ .code = class | BPF_MOV | BPF_K, .dst_reg = in->dst_reg, .imm = (__s32)v.bits };
	}
}

/* ---- what nobody reads -------------------------------------------------- */

static uint16_t read_by(const struct bpf_insn *in)
{
	uint16_t dst = (uint16_t)(1U << in->dst_reg), src = (uint16_t)(1U << in->src_reg);
	__u8 op = BPF_OP(in->code);

	switch (BPF_CLASS(in->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (op == BPF_NEG || op == BPF_END)
			return dst;
		return (uint16_t)((op == BPF_MOV ? 0 : dst) | (BPF_SRC(in->code) == BPF_X ? src : 0));
	case BPF_LDX: return src;
	case BPF_LD: return insn_is_wide(in) ? 0 : 0x7ff;
	case BPF_ST: return dst;
	case BPF_STX: return (uint16_t)(dst | src | 1);
	default: break;
	}
	if (op == BPF_CALL)
		return 0x3e;
	if (op == BPF_EXIT)
		return 1;
	if (op == BPF_JA)
		return 0;
	return (uint16_t)(dst | (BPF_SRC(in->code) == BPF_X ? src : 0));
}

static uint16_t read_from(const struct trimmed *t, size_t i)
{
	if (i >= t->n || !t->is_seen[i])
		return 0;
	return (uint16_t)((t->read_later[i] & ~written(&t->in[i])) | read_by(&t->in[i]));
}

static uint16_t read_after(const struct trimmed *t, size_t i)
{
	const struct bpf_insn *in = &t->in[i];
	uint16_t regs = 0;

	if (in->code == (BPF_JMP | BPF_EXIT))
		return 0;
	if (!is_jump(in) || is_conditional(in))
		regs = read_from(t, i + 1 + insn_is_wide(in));
	if (is_jump(in))
		regs |= read_from(t, target(i, in));
	return regs;
}

static void find_readers(struct trimmed *t)
{
	bool is_new = true;

	memset(t->read_later, 0, t->n * sizeof(*t->read_later));
	while (is_new) {
		is_new = false;
		for (size_t i = t->n; i-- > 0;) {
			uint16_t regs = t->is_seen[i] ? read_after(t, i) : 0;

			is_new |= regs != t->read_later[i];
			t->read_later[i] = regs;
		}
	}
}

/* Does nothing but write a register. Loads of addresses stay: by them the kernel
 * knows which maps the program holds. */
static bool is_pure(const struct trimmed *t, size_t i)
{
	__u8 class = BPF_CLASS(t->in[i].code);

	return class == BPF_ALU || class == BPF_ALU64 ||
	       (insn_is_wide(&t->in[i]) && t->is_number[i]);
}

static bool drop_unread(struct trimmed *t)
{
	bool has_dropped = false;

	for (size_t i = 0; i < t->n; i++) {
		if (!t->is_seen[i] || !is_pure(t, i) || written(&t->in[i]) & t->read_later[i])
			continue;
		if (insn_is_wide(&t->in[i]))
			t->in[i + 1] = insn_go_on, t->is_seen[i + 1] = true;
		t->in[i] = insn_go_on;
		has_dropped = true;
	}
	return has_dropped;
}

/* Does the jump lead where one comes without it too? */
static bool is_idle(const struct trimmed *t, size_t jump)
{
	size_t i = jump + 1, to = target(jump, &t->in[jump]);

	for (size_t steps = 0; steps < t->n && i < t->n; steps++) {
		if (i == to)
			return true;
		if (t->in[i].code != (BPF_JMP | BPF_JA))
			return false;
		i = target(i, &t->in[i]);
	}
	return false;
}

static bool drop_idle(struct trimmed *t)
{
	bool has_dropped = false;

	for (size_t i = 0; i < t->n; i++) {
		if (!t->is_seen[i] || !is_conditional(&t->in[i]) || never(t, i) != t->n || !is_idle(t, i))
			continue;
		t->in[i] = insn_go_on;
		has_dropped = true;
	}
	return has_dropped;
}

void trim(struct bpf_insn *in, size_t n, const bool *is_number)
{
	autofree struct state *before = calloc(n, sizeof(*before));
	autofree bool *is_seen = calloc(n, sizeof(*is_seen));
	autofree bool *is_queued = calloc(n, sizeof(*is_queued));
	autofree size_t *queue = calloc(n, sizeof(*queue));
	autofree uint16_t *read_later = calloc(n, sizeof(*read_later));
	struct trimmed t = { in, n, is_number, before, is_seen, is_queued, queue, 0, read_later };

	if (!before || !is_seen || !is_queued || !queue || !read_later)
		return;
	propagate(&t);
	settle_jumps(&t);
	settle_numbers(&t);
	do
		find_readers(&t);
	while (drop_unread(&t) || drop_idle(&t));
}
