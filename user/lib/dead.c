/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Leads to all dead code of a function by one jump. */
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "dead.h"
#include "insn.h"

struct dead {
	struct bpf_insn *in;
	size_t n;
	const bool *is_number, *is_live;
	bool *is_reached;
};

static const struct bpf_insn leave = { .code = BPF_JMP | BPF_EXIT };

/* The last one leads nowhere by itself: it stays. Where the live begins again it
 * ends, if it may: what the live reads shall not be wanted by the dead, too. */
static void wipe(struct dead *d)
{
	for (size_t i = 0; i + 1 < d->n; i++) {
		size_t length = insn_is_wide(&d->in[i]) ? 2 : 1;

		if (!d->is_live[i] && d->is_number[i]) {
			for (size_t k = 0; k < length; k++)
				d->in[i + k] = insn_go_on;
			if (d->is_live[i + length])
				d->in[i + length - 1] = leave;
		}
		i += length - 1;
	}
}

static void reach(struct dead *d, size_t i)
{
	while (i < d->n && !d->is_live[i] && !d->is_reached[i])
		d->is_reached[i++] = true;
}

static bool is_free(const struct dead *d, size_t i)
{
	return !d->is_live[i] && !memcmp(&d->in[i], &insn_go_on, sizeof(insn_go_on));
}

/* Where nothing leads to yet and most jumps find room; n: there is no such place. */
static size_t next_unreached(const struct dead *d)
{
	size_t best = d->n, most = 0;

	for (size_t i = 0; i < d->n; i++) {
		size_t first = i, room = 0;

		for (; i < d->n && !d->is_live[i] && !d->is_reached[i]; i++)
			room += is_free(d, i);
		if (i > first && (best == d->n || room > most)) {
			best = first;
			most = room;
		}
	}
	return best;
}

static bool lead_to(struct dead *d, size_t where)
{
	for (size_t i = 0; i < d->n; i++) {
		long way = (long)where - (long)i - 1;

		if (!d->is_reached[i] || !is_free(d, i) || way != (__s16)way)
			continue;
		d->in[i] = (struct bpf_insn){ .code = BPF_JMP | BPF_JEQ | BPF_K, .off = (__s16)way };
		reach(d, where);
		return true;
	}
	return false;
}

/* Nor shall a register that the dead read be wanted before the gate. */
static void forget_registers(struct dead *d, size_t i)
{
	for (unsigned int r = 0; r < BPF_REG_10 && i < d->n && is_free(d, i); r++, i++)
		d->in[i] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = r & 0xf };
}

bool dead_join(struct bpf_insn *in, size_t n, const bool *is_number, const bool *is_live, size_t gate)
{
	autofree struct bpf_insn *before = malloc(n * sizeof(*in));
	autofree bool *is_reached = calloc(n, sizeof(*is_reached));
	struct dead d = { in, n, is_number, is_live, is_reached };
	size_t where;

	if (!before || !is_reached)
		return false;
	memcpy(before, in, n * sizeof(*in));
	wipe(&d);
	where = is_live[gate + 1] ? (size_t)((long)gate + 1 + in[gate].off) : gate + 1;
	forget_registers(&d, where);
	reach(&d, where);
	while ((where = next_unreached(&d)) < n)
		if (!lead_to(&d, where)) {
			memcpy(in, before, n * sizeof(*in));
			return false;
		}
	return true;
}
