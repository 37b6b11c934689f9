/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The address that flow i comes from, in four lists: scattered hosts, or prefixes
 * of all lengths as published lists have them. Octets are as in the frame.
 */
#ifndef BENCH_SOURCES_H
#define BENCH_SOURCES_H

#include <linux/types.h>

#define BENCH_INLINE static inline __attribute__((always_inline))

struct bench_address6 { __u64 network, host; };

/* One to one, and nothing like its argument. */
BENCH_INLINE __u32 bench_scatter(__u32 x)
{
	x = (x ^ x >> 16) * 0x7feb352du;
	x = (x ^ x >> 15) * 0x846ca68bu;
	return x ^ x >> 16;
}

/* Each flow has a source address of its own, in 16.0.0.0 to 79.255.255.255:
 * every step is one to one modulo 2^30. */
BENCH_INLINE __u32 bench_source4(__u32 flow)
{
	__u32 x = flow & 0x3fffffff;

	x = (x ^ x >> 15) * 0x2c1b3c6du & 0x3fffffff;
	x = (x ^ x >> 12) * 0x297a2d39u & 0x3fffffff;
	return __builtin_bswap32((x ^ x >> 15) + 0x10000000);
}

/* In IPv6, of a /64 of its own. */
BENCH_INLINE struct bench_address6 bench_source6(__u32 flow)
{
	__u32 source = bench_source4(flow);

	return (struct bench_address6){ 0x20002aULL | (__u64)source << 32,
					(__u64)source << 32 | source };
}

/* Below 8192 of the /16 there. */
BENCH_INLINE __u32 bench_listed4(__u32 flow)
{
	__u32 h = bench_scatter(flow), network = (h & 8191) * 40503 & 0x3fff;

	return __builtin_bswap32(((network + 0x1000) << 16) | bench_scatter(h) >> 16);
}

enum { BENCH_NETWORK, BENCH_SITE, BENCH_SUBNET, BENCH_HOST };

BENCH_INLINE __u32 bench_kind6(__u32 flow)
{
	__u32 kind = bench_scatter(bench_scatter(flow)) >> 29;

	return !(flow & 8191) ? BENCH_NETWORK :
	       !kind	      ? BENCH_SITE :
	       kind < 4	      ? BENCH_SUBNET :
				BENCH_HOST;
}

/* 8192 networks, each with up to 1024 sites; hosts are crowded into few. */
BENCH_INLINE struct bench_address6 bench_listed6(__u32 flow)
{
	__u32 h = bench_scatter(flow), g = bench_scatter(h);
	__u32 network = 0x24000000 + ((h & 8191) * 0x9e3779b1u >> 5);
	__u32 crowded = bench_kind6(flow) == BENCH_HOST;
	__u32 site = h >> 13 & (crowded ? 63 : 1023);
	__u32 subnet = crowded ? h >> 19 & 7 : h >> 23;
	__u64 host = g & 1 ? (g >> 8 & 0xffff) + 1 : (__u64)g << 32 | bench_scatter(g);

	return (struct bench_address6){
		__builtin_bswap64((__u64)network << 32 | (site << 16 | subnet)),
		__builtin_bswap64(host),
	};
}

#endif
