/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every address at which an image may begin to say something else. */
#include <string.h>

#include "image.h"

typedef unsigned __int128 wide;

struct visit {
	const uint32_t *word;
	uint32_t words;
	unsigned width;
	int (*each)(void *arg, const struct sl_address *edge);
	void *arg;
};

static wide bit(const struct visit *v, unsigned pos)
{
	return pos ? (wide)1 << (v->width - pos) : 0;
}

static int edge(const struct visit *v, wide address)
{
	struct sl_address a = { .family = v->width == 32 ? 4 : 6 };

	for (unsigned i = v->width / 8; i > 0; i--, address >>= 8)
		a.octet[i - 1] = (uint8_t)address;
	return v->each(v->arg, &a);
}

/* A prefix of this length begins here, and ends; the last one ends at zero. */
static int both_edges(const struct visit *v, wide address, unsigned length)
{
	int stop = edge(v, address);

	return stop ? stop : edge(v, address + bit(v, length));
}

static wide number(const struct visit *v, uint64_t high, uint64_t low)
{
	return v->width == 32 ? high >> 32 : (wide)high << 64 | low;
}

static int bucket(const struct visit *v, const uint32_t *node, unsigned size,
		  wide address, unsigned pos)
{
	const uint16_t *key = (const uint16_t *)node;
	int stop = 0;

	for (unsigned i = 0; i < sl_bucket_keys(size) && !stop; i++) {
		unsigned end = pos + SL_BUCKET_BITS;

		if (key[i] >= SL_BUCKET_NONE)
			continue;
		stop = edge(v, address + (end > v->width ? (wide)key[i] >> (end - v->width) :
							    (wide)key[i] << (v->width - end)));
	}
	return stop;
}

static int line(const struct visit *v, const uint32_t *node)
{
	struct sl_line l;
	int stop = 0;

	memcpy(&l, node, sizeof(l));
	for (int i = 0; i < SL_LINE_PREFIXES && !stop; i++)
		stop = both_edges(v, (wide)l.high[i] << 64, 64u - l.high_shift[i]);
	return stop;
}

static int lines(const struct visit *v, const uint32_t *node)
{
	struct sl_lines l;
	int stop = 0;

	memcpy(&l, node, sizeof(l));
	for (int i = 0; i < SL_LINE_PREFIXES && !stop; i++)
		stop = both_edges(v, (wide)l.high[i] << 64 | l.low[i],
				  l.high_shift[i] ? 64u - l.high_shift[i] : 128u - l.low_shift[i]);
	return stop;
}

static int visit(const struct visit *v, uint32_t w, wide address, unsigned pos)
{
	uint32_t at = (w & ((1u << SL_NODE_BITS) - 1)) * 4, k = w >> SL_NODE_BITS & 31;
	int stop = edge(v, address);
	struct sl_skip skip;

	if (stop || w >> 28 == SL_LEAF || at >= v->words)
		return stop;
	switch (w >> 28) {
	case SL_FAN:
		for (uint32_t i = 0; i < 1u << k && at + i < v->words && !stop; i++)
			stop = visit(v, v->word[at + i], address + i * bit(v, pos + k), pos + k);
		return stop;
	case SL_SKIP:
		memcpy(&skip, v->word + at, sizeof(skip));
		address = number(v, skip.hi,
				 skip.lo);
		stop = edge(v, address + bit(v, skip.length));
		return stop ? stop : visit(v, skip.inside, address, skip.length);
	case SL_BUCKET: return bucket(v, v->word + at, k % SL_BUCKET_SIZES, address, pos);
	case SL_LINE: return line(v, v->word + at);
	case SL_LINES: return lines(v, v->word + at);
	default: return 0;
	}
}

int image_edges(const uint32_t *word, uint32_t words,
		int (*each)(void *arg, const struct sl_address *edge), void *arg)
{
	const struct visit v4 = { word, words, 32, each, arg };
	const struct visit v6 = { word, words, 128, each, arg };
	int stop = visit(&v4, word[0], 0, 0);

	return stop ? stop : visit(&v6, word[1], 0, 0);
}
