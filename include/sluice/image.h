/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The address classifier as packets read it: part of what crosses the kernel
 * line (abi.h).
 */
#ifndef SLUICE_IMAGE_H
#define SLUICE_IMAGE_H

#include <linux/types.h>

/* ---- images: two of image_mask + 1 words, and a tail; the classifier ---- */

/*
 * An image is an array of 32-bit words. Word 0 is the root for IPv4, word 1
 * for IPv6; nodes start at multiples of 4 words. An address is 128 bits, left
 * aligned (IPv4: the first 32 bits, the rest zero); `pos` bits are consumed.
 * The first field of a word is in its highest bits: tag = word >> 28.
 *
 *	LEAF    0:4 | 0:12 | class:16
 *	FAN     1:4 | k:5  | node:23	go on at word[4 * node + next k bits], 1..20
 *	SKIP    2:4 | 0:5  | node:23	struct sl_skip at word 4 * node
 *	BUCKET  3:4 | s:5  | node:23	ends: sl_bucket_keys(s) bounds, then as many classes
 *	LINE    4:4 | 0:5  | node:23	ends: struct sl_line, of IPv6 prefixes up to /64
 *	LINES   5:4 | 0:5  | node:23	ends: struct sl_lines, of any IPv6 prefixes
 *
 * A node never changes, but for the words of a FAN or SKIP and the classes of the
 * others: each is replaced by one store. A walk reads at most SL_STEPS_MAX words, for IPv4 SL_STEPS4_MAX; whoever
 * builds sees to it.
 */
enum { SL_LEAF, SL_FAN, SL_SKIP, SL_BUCKET, SL_LINE, SL_LINES };
enum { SL_STEPS_MAX = 36, SL_STEPS4_MAX = 12, SL_NODE_BITS = 23, SL_FAN_BITS_MAX = 20 };
enum { SL_IMAGE_TAIL = 256 };	/* octets behind both images: a node may be read whole */

struct sl_skip {		/* 32 bytes, aligned to 32 */
	__u64 hi, lo;		/* the first `length` bits of the address must be these */
	__u32 length;		/* 1..128: then go on with `inside` at this bit */
	__u32 inside;
	__u32 outside;		/* else this word, always a LEAF */
	__u32 zero;
};

/* The next SL_BUCKET_BITS bits are x: its class is that of the number of bounds
 * <= x. Bounds are sorted, unused ones (the last one always) SL_BUCKET_NONE. */
enum { SL_BUCKET_BITS = 15, SL_BUCKET_NONE = 1 << SL_BUCKET_BITS, SL_BUCKET_SIZES = 4 };
#define sl_bucket_keys(size) (8u << (size))

/* The class of the first prefix that is the address's beginning, else `none`.
 * Those not needed repeat the last one. */
enum { SL_LINE_PREFIXES = 4 };

struct sl_line {		/* 64 bytes, aligned to 64 */
	__u64 high[SL_LINE_PREFIXES];
	__u8  high_shift[SL_LINE_PREFIXES];	/* 64 - length */
	__u16 class[SL_LINE_PREFIXES], none;
	__u8  zero[18];
};

struct sl_lines {		/* 96 bytes, aligned to 32 */
	__u64 high[SL_LINE_PREFIXES], low[SL_LINE_PREFIXES];
	__u8  high_shift[SL_LINE_PREFIXES];	/* 64 - length, or 0 */
	__u8  low_shift[SL_LINE_PREFIXES];	/* 128 - length, or 64 */
	__u16 class[SL_LINE_PREFIXES], none;
	__u8  zero[14];
};

_Static_assert(sizeof(struct sl_skip) == 32, "skip node has holes");
_Static_assert(sizeof(struct sl_line) == 64, "line has holes");
_Static_assert(sizeof(struct sl_lines) == 96, "lines have holes");

#endif
