/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads a classifier's image as the packets' program does. */
#include <string.h>

#include "image.h"

static uint64_t be64(const uint8_t *octet)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | octet[i];
	return value;
}

struct image_item image_item(const struct sl_prefix *prefix, uint16_t list)
{
	bool v6 = prefix->addr.family == 6;

	return (struct image_item){
		.hi = be64(prefix->addr.octet) & (v6 ? ~0ULL : ~0ULL << 32),
		.lo = v6 ? be64(prefix->addr.octet + 8) : 0,
		.list = list,
		.length = prefix->length,
		.family = prefix->addr.family,
	};
}

/* The next k bits; 0 to 20 of them, none beyond bit 128. */
static uint32_t window(uint64_t hi, uint64_t lo, uint32_t pos, uint32_t k)
{
	uint64_t next = pos >= 128 ? 0 :
			pos >= 64  ? lo << (pos - 64) :
			pos	   ? hi << pos | lo >> (64 - pos) :
				     hi;

	return k ? (uint32_t)(next >> (64 - k)) : 0;
}

/* Are the first `length` bits (1 to 128) of both addresses the same? */
static bool same(const struct sl_skip *s, uint64_t hi, uint64_t lo)
{
	uint64_t high = hi ^ s->hi;
	uint64_t low = lo ^ s->lo;

	if (s->length <= 64)
		return !s->length || !(high >> (64 - s->length));
	return !high && (s->length > 128 || !(low >> (128 - s->length)));
}

static uint16_t in_bucket(const uint32_t *node, unsigned size, uint32_t x)
{
	const uint16_t *key = (const uint16_t *)node;
	unsigned keys = sl_bucket_keys(size), index = 0;

	for (unsigned i = 0; i < keys; i++)
		index += key[i] <= x;
	return key[keys + index];
}

static uint16_t in_line(const uint32_t *node, uint64_t hi)
{
	struct sl_line l;

	memcpy(&l, node, sizeof(l));
	for (int i = 0; i < SL_LINE_PREFIXES; i++)
		if (!((hi ^ l.high[i]) >> l.high_shift[i]))
			return l.class[i];
	return l.none;
}

static uint16_t in_lines(const uint32_t *node, uint64_t hi, uint64_t lo)
{
	struct sl_lines l;

	memcpy(&l, node, sizeof(l));
	for (int i = 0; i < SL_LINE_PREFIXES; i++) {
		unsigned shift = l.low_shift[i] / 2u;
		uint64_t low = (lo ^ l.low[i]) >> shift;

		if (!((hi ^ l.high[i]) >> l.high_shift[i]) &&
		    !(low >> (l.low_shift[i] - shift)))
			return l.class[i];
	}
	return l.none;
}

/* Where a FAN leads, or a SKIP. */
static void go_on(const uint32_t *word, uint32_t mask, uint32_t w,
		  const struct image_item *a, struct image_end *end)
{
	uint32_t node = (w & ((1u << SL_NODE_BITS) - 1)) * 4;
	struct sl_skip skip;

	if (w >> 28 == SL_FAN) {
		uint32_t k = w >> SL_NODE_BITS & 31;

		k = k < SL_FAN_BITS_MAX ? k : SL_FAN_BITS_MAX;
		end->at = node + window(a->hi, a->lo, end->pos, k);
		end->pos += k;
		return;
	}
	node &= mask & ~7u;
	memcpy(&skip, word + node, sizeof(skip));
	if (same(&skip, a->hi, a->lo)) {
		end->at = node + offsetof(struct sl_skip, inside) / 4;
		end->pos = skip.length;
	} else {
		end->at = node + offsetof(struct sl_skip, outside) / 4;
	}
}

struct image_end image_walk(const uint32_t *word, uint32_t words,
			    const struct sl_address *addr)
{
	const struct sl_prefix host = { .addr = *addr };
	const struct image_item a = image_item(&host, 0);
	struct image_end end = { .at = addr->family == 6 };
	uint32_t mask = words - 1, w, size, x;
	const uint32_t *node;

	for (; end.steps < SL_STEPS_MAX; end.steps++) {
		w = word[end.at & mask];
		if (w >> 28 != SL_FAN && w >> 28 != SL_SKIP)
			break;
		go_on(word, mask, w, &a, &end);
	}
	w = word[end.at & mask];
	node = word + ((w & ((1u << SL_NODE_BITS) - 1)) * 4 & mask & ~7u);
	size = w >> SL_NODE_BITS & (SL_BUCKET_SIZES - 1);
	x = window(a.hi, a.lo, end.pos, SL_BUCKET_BITS);
	switch (w >> 28) {
	case SL_LEAF: end.class = (uint16_t)w; break;
	case SL_BUCKET: end.class = in_bucket(node, size, x); break;
	case SL_LINE: end.class = in_line(node, a.hi); break;
	case SL_LINES: end.class = in_lines(node, a.hi, a.lo); break;
	default: break;	/* longer than any image that is built: class 0 */
	}
	return end;
}

uint16_t image_lookup(const uint32_t *word, uint32_t words,
		      const struct sl_address *addr)
{
	return image_walk(word, words, addr).class;
}

unsigned image_steps(const uint32_t *word, uint32_t words, uint32_t w)
{
	uint32_t node = (w & ((1u << SL_NODE_BITS) - 1)) * 4, k = w >> SL_NODE_BITS & 31;
	unsigned most = 0, n;

	if (w >> 28 == SL_SKIP && node < words) {
		node += offsetof(struct sl_skip, inside) / 4;
		return 1 + image_steps(word, words, word[node]);
	}
	if (w >> 28 != SL_FAN)
		return 0;
	for (uint32_t i = 0; i < 1u << k && node + i < words; i++) {
		if (word[node + i] >> 28 == SL_LEAF)	/* most are */
			continue;
		n = image_steps(word, words, word[node + i]);
		most = n > most ? n : most;
	}
	return 1 + most;
}
