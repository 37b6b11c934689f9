// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Drives a program under measurement: undoes what it did to the frame, varies
 * the flow, reads the clock now and then, and calls it.
 *
 * A repeated test run gives a program its own output. So the frame is moved
 * back to the same place before each packet, and what was overwritten there is
 * put back from a template. The same wrapper around a program that returns
 * XDP_DROP does the same work; what it takes is subtracted.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "wrapper.h"

const volatile struct bench_knobs knobs = {};
const volatile __u8 template[BENCH_TEMPLATE] __attribute__((aligned(8))) = {};
struct bench_state state = {};

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

/* Stores as wide as fields are read at most: a load that spans two recent
 * stores waits for both, which no packet from a wire would. */
#define PUT(type, at) \
	(*(type *)(frame + (at)) = *(const volatile type *)&template[at])

static __always_inline void put_back(void *frame)
{
	if (knobs.change == BENCH_ENCAPSULATED) {
		PUT(__u64, 0);
		PUT(__u32, 8);
		PUT(__u16, 12);
	} else if (knobs.change == BENCH_STRIPPED4) {
		PUT(__u32, 20);
		PUT(__u16, 24);
		PUT(__u64, 26);
	} else if (knobs.change == BENCH_STRIPPED6) {
		PUT(__u64, 38);
		PUT(__u64, 46);
	}
}

static __always_inline void put_source4(void *frame, __u32 source)
{
	__u64 *address = frame + knobs.l3 + 12;

	*address = (*address & ~0xffffffffULL) | source;
}

static __always_inline void put_source6(void *frame, struct bench_address6 source)
{
	__u64 *address = frame + knobs.l3 + 8;

	address[0] = source.network;
	address[1] = source.host;
}

static __always_inline void vary(void *frame)
{
	__u32 flow;

	if (knobs.vary == BENCH_ONE_FLOW)
		return;
	state.random =
		state.random * 6364136223846793005ULL + 1442695040888963407ULL;
	flow = (__u32)(state.random >> 40) & knobs.flow_mask;
	if (knobs.vary == BENCH_SERVICES4)
		*(__u16 *)(frame + knobs.l3 + 18) = bench_service4(flow);
	if (knobs.vary == BENCH_FLOWS4 || knobs.vary == BENCH_SERVICES4)
		put_source4(frame, bench_source4(flow));
	else if (knobs.vary == BENCH_LISTED4)
		put_source4(frame, bench_listed4(flow));
	else if (knobs.vary == BENCH_FLOWS6)
		put_source6(frame, bench_source6(flow));
	else
		put_source6(frame, bench_listed6(flow));
	*(__u32 *)(frame + knobs.ports) =
		(*(__u32 *)(frame + knobs.ports) & 0xffff0000) |
		bench_port(flow);
}

static __always_inline void read_clock(void)
{
	__u64 now;

	if (state.packets++ & (BENCH_WINDOW - 1))
		return;
	now = bpf_ktime_get_ns();
	if (!state.begin_ns)
		state.begin_ns = now;
	else if (now - state.end_ns < state.least_ns)
		state.least_ns = now - state.end_ns;
	state.end_ns = now;
}

/* XDP_ABORTED: no program under measurement ends so. */
SEC("xdp.frags")
int wrap(struct xdp_md *ctx)
{
	void *frame = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	long length = end - frame;

	if (knobs.change != BENCH_SAME) {
		asm volatile(""
			     : "+r"(length)); /* no 32-bit pointer arithmetic */
		if (bpf_xdp_adjust_head(ctx, (int)(length - knobs.length)))
			return XDP_ABORTED;
		frame = (void *)(long)ctx->data;
		end = (void *)(long)ctx->data_end;
	}
	if (frame + BENCH_TEMPLATE > end)
		return XDP_ABORTED;
	put_back(frame);
	vary(frame);
	read_clock();
	bpf_tail_call(ctx, &target, 0);
	return XDP_ABORTED;
}

char _license[] SEC("license") = "Dual BSD/GPL";
