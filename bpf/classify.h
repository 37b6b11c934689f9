/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Source and destination address become classes: one walk of the bank's image
 * each (abi.h has its form). What nobody asks for is not looked up.
 */
#ifndef SLUICE_CLASSIFY_H
#define SLUICE_CLASSIFY_H

#include "maps.h"

#define NODE(word) (((word) << 2) & ((4u << SL_NODE_BITS) - 1))
#define BITS(word) ((word) >> SL_NODE_BITS & 31)
#define SIZE(word) ((word) >> SL_NODE_BITS & (SL_BUCKET_SIZES - 1))
#define NODE_AT(image, word) ((const void *)((image) + IDX((word) << 2, KNOB(image_mask))))

static __always_inline int is_leaf(__u32 word)
{
	return word >> 28 == SL_LEAF;
}

/* In each quarter of `keys` that is not above x: its lowest bit. Keys have 15
 * bits, so nothing is borrowed; 0x8000 is above all. */
static __always_inline __u64 not_above(__u64 keys, __u64 x)
{
	return (x - keys) >> 15 & 0x0001000100010001;
}

/* How many bounds are not above x says whose class it is: no branch depends on
 * the address, only on the bucket's size. */
static __always_inline __u16 in_bucket(const __u32 *image, __u32 word, __u64 x)
{
	const __u64 *keys = NODE_AT(image, word);
	__u32 size = SIZE(word), index = 8u << size;
	__u64 sum;

	x = x * 0x0001000100010001 | 0x8000800080008000;
	sum = not_above(keys[0], x) + not_above(keys[1], x);
	if (size)
		sum += not_above(keys[2], x) + not_above(keys[3], x);
	if (size > 1)
		sum += not_above(keys[4], x) + not_above(keys[5], x) +
		       not_above(keys[6], x) + not_above(keys[7], x);
	if (size > 2) {
		sum += not_above(keys[8], x) + not_above(keys[9], x) +
		       not_above(keys[10], x) + not_above(keys[11], x);
		sum += not_above(keys[12], x) + not_above(keys[13], x) +
		       not_above(keys[14], x) + not_above(keys[15], x);
	}
	index += sum * 0x0001000100010001 >> 48;
	return ((const __u16 *)keys)[IDX(index, 127)];
}

/* IPv4: 32 bits, left aligned, are all there is. `rest` are those to come. */
static __always_inline __u16 walk_ipv4(const __u32 *image, const __u64 address)
{
	__u64 rest = address;
	__u32 word = image[0];

	for (int i = 0; i < SL_STEPS4_MAX; i++) {
		const struct sl_skip *skip;
		__u32 next;

		CHECKPOINT();
		if (word >> 28 == SL_FAN) {
			next = NODE(word) + (__u32)SHIFT_RIGHT(rest, -BITS(word));
			rest = SHIFT_LEFT(rest, BITS(word));
			word = SETTLED(image[IDX(next, KNOB(image_mask))]);
			continue;
		}
		if (word >> 28 != SL_SKIP)
			break;
		skip = NODE_AT(image, word);
		rest = SHIFT_RIGHT(address ^ skip->hi, -skip->length);
		if (rest)
			return (__u16)SETTLED(skip->outside);
		word = SETTLED(skip->inside);
		if (is_leaf(word))	/* a single address, most often */
			return (__u16)word;
		rest = SHIFT_LEFT(address, skip->length);
	}
	if (is_leaf(word))
		return (__u16)word;
	return in_bucket(image, word, rest >> (64 - SL_BUCKET_BITS));
}

/* An IPv6 address, or what is left of one. */
struct bits { __u64 high, low; };

/* The first n of them, 1 to 63, go. */
static __always_inline void shift_few(struct bits *b, __u32 n)
{
	b->high = SHIFT_LEFT(b->high, n) | SHIFT_RIGHT(b->low, -n);
	b->low = SHIFT_LEFT(b->low, n);
}

/* Without a branch: n is 1 to 128, and all ones or none say whether over 63. */
static __always_inline void shift_many(struct bits *b, __u32 n)
{
	__u64 most = -(__u64)(n >> 6 & 1);
	__u64 low = SHIFT_LEFT(b->low, n);

	b->high = ((SHIFT_LEFT(b->high, n) | SHIFT_RIGHT(b->low >> 1, ~n)) & ~most) | (low & most);
	b->low = low & ~most;
}

/* Not zero if the first `length` bits of the address are not those of the node. */
static __always_inline __u64 differs(const struct sl_skip *skip, const struct bits *b)
{
	__u64 high = b->high ^ skip->hi;
	__u64 low = b->low ^ skip->lo;
	__s32 rest = 64 - (__s32)skip->length;		/* of the first half */
	__u64 is_long = SETTLED((__u64)(__s64)(rest >> 31));	/* all ones: beyond it */

	high = SHIFT_RIGHT(high, (__u32)rest & ~(__u32)is_long);
	return high | (SHIFT_RIGHT(low, (__u32)rest) & is_long);
}

/* The same, if these are fewer than 64, as where most walks begin. */
static __always_inline __u64 differs_soon(const struct sl_skip *skip, __u64 high)
{
	return SHIFT_RIGHT(high ^ skip->hi, -skip->length);
}

/* Sixty-four is too many for one shift. */
static __always_inline __u64 shift_right(__u64 x, __u32 n)
{
	return SHIFT_RIGHT(SHIFT_RIGHT(x, n >> 1), n - (n >> 1));
}

static __always_inline __u16 in_line(const struct sl_line *l, __u64 high)
{
	UNROLL
	for (int i = 0; i < SL_LINE_PREFIXES; i++)
		if (!SHIFT_RIGHT(high ^ l->high[i], l->high_shift[i]))
			return l->class[i];
	return l->none;
}

static __always_inline __u16 in_lines(const struct sl_lines *l, const __u64 of[2])
{
	UNROLL
	for (int i = 0; i < SL_LINE_PREFIXES; i++)
		if (!SHIFT_RIGHT(of[0] ^ l->high[i], l->high_shift[i]) &&
		    !shift_right(of[1] ^ l->low[i], l->low_shift[i]))
			return l->class[i];
	return l->none;
}

/* Where a walk ends. */
static __always_inline __u16 end_ipv6(const __u32 *image, __u32 word, const __u64 of[2], __u64 rest)
{
	if (is_leaf(word))
		return (__u16)word;
	if (word >> 28 == SL_LINES)
		return in_lines(NODE_AT(image, word), of);
	if (word >> 28 == SL_LINE)
		return in_line(NODE_AT(image, word), of[0]);
	return in_bucket(image, word, rest >> (64 - SL_BUCKET_BITS));
}

static __always_inline __u16 walk_ipv6(const __u32 *image, const __u64 address[2], const __u64 of[2])
{
	const struct bits all = { .high = address[0], .low = address[1] };
	struct bits rest = all;
	__u32 word = image[1];

	for (int i = 0; i < SL_STEPS_MAX; i++) {
		const struct sl_skip *skip;
		__u32 next;

		CHECKPOINT();
		if (word >> 28 == SL_FAN) {
			next = NODE(word) + (__u32)SHIFT_RIGHT(rest.high, -BITS(word));
			shift_few(&rest, BITS(word));
			word = SETTLED(image[IDX(next, KNOB(image_mask))]);
			continue;
		}
		if (word >> 28 != SL_SKIP)
			break;
		skip = NODE_AT(image, word);
		rest = all;
		if (skip->length < 64 ? differs_soon(skip, all.high) : differs(skip, &all))
			return (__u16)SETTLED(skip->outside);
		word = SETTLED(skip->inside);
		if (is_leaf(word))
			return (__u16)word;
		if (skip->length < 64)
			shift_few(&rest, skip->length);
		else
			shift_many(&rest, skip->length);
	}
	return end_ipv6(image, word, of, rest.high);
}

/* To the verifier the address in p and the one that is walked are not the same:
 * else it tells ways apart by where both came from. */
static __always_inline __u16 class_of(const struct pkt *p, const __u32 *image, const __u64 of[2])
{
	__u64 address[2] = { FORGET(of[0], p->zero) };

	if (p->family == 4)
		return walk_ipv4(image, address[0]);
	address[1] = FORGET(of[1], p->zero);
	return USES(SL_F_CLASS6) ? walk_ipv6(image, address, of) : 0;
}

static __always_inline void classify_source(struct pkt *p, const __u32 *image)
{
	const struct sl_class *row;

	p->from_class = class_of(p, image, p->src);
	if (!USES(SL_F_MANAGEMENT | SL_F_DECAP))
		return;
	row = class_row(p->turn, p->from_class);
	p->flags = (__u8)row->flags & (SL_CLASS_MANAGEMENT | SL_CLASS_TRUSTED);
}

static __always_inline void classify_destination(struct pkt *p, const __u32 *image)
{
	__u16 class = class_of(p, image, p->dst);
	const struct sl_class *row;

	p->to_class = class;
	if (!USES(SL_F_BALANCE | SL_F_DECAP) || !class)
		return;		/* in no list: nobody's service or decap address */
	row = class_row(p->turn, class);
	p->vip = row->vip;
	p->flags |= row->flags & SL_CLASS_DECAP;
}

enum {
	SOURCE_ASKED = SL_F_FROM | SL_F_MANAGEMENT | SL_F_DECAP,
	DESTINATION_ASKED = SL_F_TO | SL_F_BALANCE | SL_F_DECAP,
};

static __always_inline int classify(struct pkt *p)
{
	const __u32 *image;

	if (!USES(SL_F_CLASS4 | SL_F_CLASS6))
		return 0;
	image = image_of(p->turn);
	if (USES(SOURCE_ASKED))
		classify_source(p, image);
	if (USES(DESTINATION_ASKED))
		classify_destination(p, image);
	return 0;
}

#endif
