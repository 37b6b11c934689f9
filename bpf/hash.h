/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The flow hash that chooses a slot: keyed and multilinear over 32-bit words,
 * so two flows that somebody chose collide with probability 2^-32. Pure.
 *
 *	sum of (a + k[2i]) * (b + k[2i + 1]) over pairs of words, mod 2^64
 *
 * then one fold and a multiply by key[11], which is odd, so that the low bits are
 * good as well: the outer source address is filled with them. The words are the addresses
 * (IPv4: one each), the ports, and the protocol with the family.
 */
#ifndef SLUICE_HASH_H
#define SLUICE_HASH_H

#include "packet.h"

static __always_inline __u64 hash_pair(const __u64 *key, __u64 a, __u64 b)
{
	return (a + key[0]) * (b + key[1]);
}

/* Both words of a 64-bit half, upper first. In the packet's struct they are read
 * one by one, which takes no shifts. */
static __always_inline __u64 hash_half(const __u64 *key, __u64 half)
{
	return hash_pair(key, half >> 32, (__u32)half);
}

static __always_inline __u64 upper(const __u64 *half)
{
	return load32((const __u8 *)half + 4);
}

static __always_inline __u64 hash_words(const __u64 *key, const __u64 *half)
{
	return hash_pair(key, upper(half), load32(half));
}

static __always_inline __u32 hash_finish(const __u64 *key, __u64 sum)
{
	sum ^= sum >> 32;
	sum *= key[11];
	return (__u32)(sum >> 32);
}

static __always_inline __u32 hash_flow(const __u64 *key, const struct pkt *p)
{
	__u64 ports = bpf_ntohl(load32(&p->sport));	/* and that of the destination */
	__u64 kind = load16(&p->family);		/* and the protocol above it */
	__u64 sum = hash_pair(key, ports, kind);

	if (p->family == 4) {
		sum += hash_pair(key + 2, upper(&p->src[0]), upper(&p->dst[0]));
	} else {
		sum += hash_words(key + 2, &p->src[0]) + hash_words(key + 4, &p->src[1]);
		sum += hash_words(key + 6, &p->dst[0]) + hash_words(key + 8, &p->dst[1]);
	}
	return hash_finish(key, sum);
}

/* The same for all flows of one source. */
static __always_inline __u32 hash_source(const __u64 *key, const struct pkt *p)
{
	return hash_finish(key, hash_words(key + 2, &p->src[0]) + hash_words(key + 4, &p->src[1]));
}

#endif
