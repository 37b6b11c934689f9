/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The balancer's clock, as packets read it. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include <sluice/sluice.h>

#include "limits.h"
#include "ticks.h"

enum { FRAME = 14 };		/* the least that a test run takes */

uint32_t ticks_shift(void)
{
	uint32_t shift = 0, hz = limits_hz();

	while ((3u << shift) / 2 < hz)
		shift++;
	return shift;
}

/* Whole ticks that CLOCK_MONOTONIC has seen. */
static uint64_t monotonic(void)
{
	struct timespec t = { 0 };
	uint64_t tick = 1000000000u / limits_hz();

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return ((uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec) / tick;
}

/* The lower 32 bits, >> shift: r0 = jiffies64; r0 >>= shift. False: not allowed. */
static bool ask(uint32_t shift, uint32_t *out)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_jiffies64 },
		{ .code = BPF_ALU64 | BPF_RSH | BPF_K, .imm = (int)shift },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char frame[FRAME] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = FRAME);
	int prog = bpf_prog_load(BPF_PROG_TYPE_XDP, "sluice_clock", "GPL", code,
				 sizeof(code) / sizeof(*code), NULL);
	int err;

	if (prog < 0)
		return false;
	err = bpf_prog_test_run_opts(prog, &run);
	close(prog);
	*out = run.retval;
	return !err;
}

/* What jiffies are ahead of CLOCK_MONOTONIC, in ticks. The kernel begins at
 * 5 minutes before 2^32; how many were lost while it came up, only it knows. */
static uint64_t ahead(void)
{
	static uint64_t known;
	uint64_t before, began = (1ull << 32) - 300ull * limits_hz();
	uint32_t low = 0;

	if (known)
		return known;
	before = monotonic();
	if (!ask(0, &low))
		return began;
	known = before + began;
	known += (uint64_t)(int64_t)(int32_t)(low - (uint32_t)known) - before;
	return known;
}

void sl_prepare(void)
{
	ahead();
}

uint32_t ticks_now(void)
{
	return (uint32_t)((monotonic() + ahead()) >> ticks_shift());
}

uint32_t ticks_from_ms(uint64_t ms)
{
	uint64_t unit = 1ull << ticks_shift();
	uint64_t ticks = (ms * limits_hz() + 999) / 1000;

	return (uint32_t)((ticks + unit - 1) / unit);
}

uint64_t ticks_to_ms(uint64_t units)
{
	return (units << ticks_shift()) * 1000 / limits_hz();
}

uint64_t ticks_ms_since(uint32_t then)
{
	uint32_t age = ticks_now() - then;

	return ticks_to_ms((int32_t)age > 0 ? age : 1);
}
