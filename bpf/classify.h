/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Source and destination address become classes: one walk of the bank's image
 * each (abi.h has its form). What nobody asks for is not looked up.
 */
#ifndef SLUICE_CLASSIFY_H
#define SLUICE_CLASSIFY_H

#include "maps.h"

/* The next k bits of an address, 1 to 16, from bit `pos` on. */
static __always_inline __u32 next_bits(const __u64 address[2], __u32 pos, __u32 k)
{
	__u64 high = address[0], low = address[1];

	if (pos >= 64)
		high = low << (pos & 63);
	else if (pos)
		high = high << pos | low >> (64 - pos);
	return (__u32)(high >> ((64 - k) & 63));
}

/* Do the first bits of the address differ from those of the node? */
static __always_inline int differs(const struct sl_skip *skip, const __u64 address[2])
{
	__u64 high = address[0] ^ ((__u64)skip->hi_high << 32 | skip->hi_low);
	__u64 low = address[1] ^ ((__u64)skip->lo_high << 32 | skip->lo_low);
	__u32 length = skip->length;

	if (length < 64)
		return high >> ((64 - length) & 63) != 0;
	if (length == 64)
		return high != 0;
	return high || low >> ((128 - length) & 63);
}

/* The verifier must forget what it knows of `pos`, else no turn is like another. */
static __always_inline __u32 walk(const __u32 *image, __u32 root, const __u64 address[2])
{
	__u32 word = image[root & 1], pos = 0;

	for (int i = 0; i < SL_STEPS_MAX; i++) {
		__u32 tag = word >> 28, node = word << 2, k = word >> SL_NODE_BITS & 31;
		const struct sl_skip *skip;

		if (tag == SL_LEAF)
			break;
		if (tag == SL_FAN) {
			word = image[IDX((node & ((4u << SL_NODE_BITS) - 1)) +
					 next_bits(address, pos, k), knobs.image_mask)];
			pos = IDX(FORGET(pos + k, word), 127);
			continue;
		}
		skip = (const void *)(image + IDX(node, knobs.image_mask & ~7u));
		if (differs(skip, address)) {
			word = skip->outside;
			break;
		}
		word = skip->inside;
		pos = IDX(FORGET(skip->length, word), 127);
	}
	return word & 0xffff;
}

static __always_inline int is_classified(const struct pkt *p)
{
	return p->family == 4 ? USES(SL_F_CLASS4) != 0 : USES(SL_F_CLASS6) != 0;
}

enum {
	SOURCE_ASKED = SL_F_FROM | SL_F_MANAGEMENT | SL_F_DECAP,
	DESTINATION_ASKED = SL_F_TO | SL_F_BALANCE | SL_F_DECAP,
};

static __always_inline int classify(struct pkt *p)
{
	const struct sl_class *row;
	const __u32 *image;

	p->from_class = p->to_class = p->vip = p->flags = 0;
	if (!is_classified(p))
		return 0;
	image = image_of(p->turn);
	if (!image)
		return 0;
	if (USES(SOURCE_ASKED))
		p->from_class = walk(image, p->family == 6, p->src);
	if (USES(DESTINATION_ASKED))
		p->to_class = walk(image, p->family == 6, p->dst);
	if (USES(SL_F_MANAGEMENT | SL_F_DECAP)) {
		row = class_row(p->turn, p->from_class);
		if (row)
			p->flags = row->flags & (SL_CLASS_MANAGEMENT | SL_CLASS_TRUSTED);
	}
	if (USES(SL_F_BALANCE | SL_F_DECAP)) {
		row = class_row(p->turn, p->to_class);
		if (!row)
			return 0;
		p->vip = row->vip;
		p->flags |= row->flags & SL_CLASS_DECAP;
	}
	return 0;
}

#endif
