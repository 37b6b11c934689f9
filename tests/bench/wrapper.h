/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the wrapper program and its driver agree on: knobs, state, flows. */
#ifndef BENCH_WRAPPER_H
#define BENCH_WRAPPER_H

#include "sources.h"

/* What the target does to a frame, hence what must be undone. */
enum bench_change {
	BENCH_SAME,         /* nothing */
	BENCH_ENCAPSULATED, /* outer header in front: the MACs are overwritten
			     */
	BENCH_STRIPPED4, /* outer IPv4 gone: its end is overwritten by the MACs
			  */
	BENCH_STRIPPED6,
};

/* What differs from packet to packet. */
enum bench_vary {
	BENCH_ONE_FLOW,
	BENCH_FLOWS4, BENCH_FLOWS6,	/* scattered: sources.h */
	BENCH_LISTED4, BENCH_LISTED6,
	BENCH_SERVICES4,	/* BENCH_FLOWS4, to one of many services */
};

enum { BENCH_MANY = 1000 };	/* services: 198.18.0.1 and so on */

enum { BENCH_TEMPLATE = 64 }; /* octets of the frame that can be put back */

struct bench_knobs { /* .rodata: what is not used costs nothing */
	__u32 change, vary;
	__u32 length;    /* of the frame as it was made */
	__u32 l3, ports; /* offsets */
	__u32 flow_mask; /* flows - 1 */
};

/* The clock is read before packets 0, WINDOW, 2 * WINDOW and so on. */
enum { BENCH_WINDOW = 4096 };

struct bench_state { /* .bss */
	__u64 random;
	__u64 packets;          /* of this run, so far */
	__u64 begin_ns, end_ns; /* first and last reading */
	__u64 least_ns;         /* of a window; starts as the largest number */
};

/* The last octets of its service's address, as in the frame. */
BENCH_INLINE __u16 bench_service4(__u32 flow)
{
	return __builtin_bswap16((__u16)(flow % BENCH_MANY + 1));
}

BENCH_INLINE __u16 bench_port(__u32 flow)
{
	return (__u16)(flow * 40503u | 4); /* 1024 or more */
}

#endif
