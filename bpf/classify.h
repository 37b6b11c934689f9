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
#define SKIP_AT(image, word) ((const struct sl_skip *)((image) + IDX((word) << 2, knobs.image_mask & ~7u)))
enum { IPV4_STEPS_MAX = 32 };

/* IPv4: 32 bits, left aligned, are all there is. `rest` are those to come. */
static __always_inline __u16 walk_ipv4(const __u32 *image, const __u64 address)
{
	__u64 rest = address;
	__u32 word = image[0];

	for (int i = 0; i < IPV4_STEPS_MAX; i++) {
		const struct sl_skip *skip;
		__u32 next;

		CHECKPOINT();
		if (word >> 28 == SL_LEAF)
			break;
		if (word >> 28 == SL_FAN) {
			next = NODE(word) + (__u32)(rest >> (-BITS(word) & 63));
			rest <<= BITS(word);
			word = SETTLED(image[IDX(next, knobs.image_mask)]);
			continue;
		}
		skip = SKIP_AT(image, word);
		rest = (address ^ (__u64)skip->hi_high << 32) >> (-skip->length & 63);
		if (rest) {
			word = SETTLED(skip->outside);
			break;
		}
		rest = address << (skip->length & 63);
		word = SETTLED(skip->inside);
	}
	return (__u16)word;
}

/* An IPv6 address, or what is left of one. */
struct bits { __u64 high, low; };

/* The first n of them, 1 to 31, go. */
static __always_inline void shift_few(struct bits *b, __u32 n)
{
	b->high = b->high << n | b->low >> (-n & 63);
	b->low <<= n;
}

/* Without a branch: n is 1 to 128, and all ones or none say whether over 63. */
static __always_inline void shift_many(struct bits *b, __u32 n)
{
	__u64 most = -(__u64)(n >> 6 & 1), few = n & 63;

	b->high = ((b->high << few | b->low >> 1 >> (63 - few)) & ~most) | (b->low << few & most);
	b->low = b->low << few & ~most;
}

/* Not zero if the first `length` bits of the address are not those of the node. */
static __always_inline __u64 differs(const struct sl_skip *skip, const struct bits *b)
{
	__u64 high = b->high ^ ((__u64)skip->hi_high << 32 | skip->hi_low);
	__u64 low = b->low ^ ((__u64)skip->lo_high << 32 | skip->lo_low);
	__s32 rest = 64 - (__s32)skip->length;		/* of the first half */
	__u64 is_long = SETTLED((__u64)(__s64)(rest >> 31));	/* all ones: beyond it */

	high >>= (__u32)rest & ~(__u32)is_long & 63;
	low >>= (__u32)rest & 63;
	return high | (low & is_long);
}

static __always_inline __u16 walk_ipv6(const __u32 *image, const __u64 address[2])
{
	const struct bits all = { .high = address[0], .low = address[1] };
	struct bits rest = all;
	__u32 word = image[1];

	for (int i = 0; i < SL_STEPS_MAX; i++) {
		const struct sl_skip *skip;
		__u32 next;

		CHECKPOINT();
		if (word >> 28 == SL_LEAF)
			break;
		if (word >> 28 == SL_FAN) {
			next = NODE(word) + (__u32)(rest.high >> (-BITS(word) & 63));
			shift_few(&rest, BITS(word));
			word = SETTLED(image[IDX(next, knobs.image_mask)]);
			continue;
		}
		skip = SKIP_AT(image, word);
		if (differs(skip, &all)) {
			word = SETTLED(skip->outside);
			break;
		}
		rest = all;
		shift_many(&rest, skip->length);
		word = SETTLED(skip->inside);
	}
	return (__u16)word;
}

/* To the verifier the address in p and the one that is walked are not the same:
 * else it tells ways apart by where both came from. */
static __always_inline __u16 class_of(const struct pkt *p, const __u32 *image, const __u64 of[2])
{
	__u64 address[2] = { FORGET(of[0], p->zero) };

	if (p->family == 4)
		return walk_ipv4(image, address[0]);
	address[1] = FORGET(of[1], p->zero);
	return USES(SL_F_CLASS6) ? walk_ipv6(image, address) : 0;
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
	const struct sl_class *row;

	p->to_class = class_of(p, image, p->dst);
	if (!USES(SL_F_BALANCE | SL_F_DECAP) || !p->to_class)
		return;		/* in no list: nobody's service or decap address */
	row = class_row(p->turn, p->to_class);
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
