/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Builds the nodes in which the walk of an image ends: buckets and lines. */
#include <errno.h>
#include <string.h>

#include "builder.h"

enum {
	KEYS_MAX = sl_bucket_keys(SL_BUCKET_SIZES - 1),
	ITEMS_MAX = 2 * KEYS_MAX,
	LINE_ITEMS_MAX = 64,
};

/* ---- buckets: classes by the next 15 bits ------------------------------- */

struct bounds {
	unsigned n;			/* class[0] needs none */
	uint32_t at[KEYS_MAX + 1];
	uint16_t class[KEYS_MAX + 1];
	bool apart[KEYS_MAX + 1];
};

/* From x on, addresses have this class; false: too many. */
static bool bound(struct bounds *to, uint32_t x, uint16_t class, bool apart)
{
	if (to->at[to->n] == x) {
		to->class[to->n] = class;
		to->apart[to->n] |= apart;
		if (to->n && to->class[to->n - 1] == class && !to->apart[to->n])
			to->n--;
		return true;
	}
	if ((to->class[to->n] == class && !apart) || x >= SL_BUCKET_NONE)
		return true;
	if (to->n + 1 >= KEYS_MAX)
		return false;
	to->n++;
	to->at[to->n] = x;
	to->class[to->n] = class;
	to->apart[to->n] = apart;
	return true;
}

struct open { uint32_t end; uint16_t class; bool apart; };

/* The items sweep over the window; those that cover x lie on a stack. */
static int sweep(struct builder *b, const struct region *r, struct bounds *to)
{
	struct open stack[ITEMS_MAX + 1] = { { UINT32_MAX, r->class, false } };
	unsigned depth = 0;

	*to = (struct bounds){ .class = { r->class } };
	for (size_t i = r->first; i < r->end; i++) {
		const struct image_item *e = &b->item[i];
		uint32_t x = bits(e->hi, e->lo, r->pos, SL_BUCKET_BITS);
		uint32_t size = 1u << (r->pos + SL_BUCKET_BITS - e->length);
		struct open next = { .end = x + size, .apart = e->apart };
		int err;

		for (; stack[depth].end <= x; depth--)
			if (!bound(to, stack[depth].end, stack[depth - 1].class, stack[depth].apart))
				return 0;
		next.class = stack[depth].class;
		err = builder_class(b, &next.class, e->list);
		if (err)
			return err;
		stack[++depth] = next;
		if (!bound(to, x, next.class, e->apart))
			return 0;
	}
	for (; depth; depth--)
		if (!bound(to, stack[depth].end, stack[depth - 1].class, stack[depth].apart))
			return 0;
	return 1;
}

static int write_bucket(struct builder *b, const struct bounds *from, uint32_t *word)
{
	unsigned size = 0, keys;
	uint16_t *to;
	uint32_t at;
	int err;

	while (sl_bucket_keys(size) <= from->n)
		size++;
	keys = sl_bucket_keys(size);
	err = builder_node(b, keys, keys < 16 ? NODE_WORDS : 16, &at);
	if (err)
		return err;
	to = (uint16_t *)(b->word + at);
	for (unsigned i = 0; i < keys; i++) {
		to[i] = i < from->n ? (uint16_t)from->at[i + 1] : SL_BUCKET_NONE;
		to[keys + i] = from->class[i <= from->n ? i : from->n];
	}
	*word = (uint32_t)SL_BUCKET << 28 | size << SL_NODE_BITS | at / 4;
	return 1;
}

/* As long as a FAN that tells all apart would not be as small. */
static int bucket(struct builder *b, const struct region *r, uint32_t *word)
{
	unsigned longest = 0;
	struct bounds bounds;
	int fits;

	if (r->end - r->first > ITEMS_MAX)
		return 0;
	for (size_t i = r->first; i < r->end; i++)
		if (longest < b->item[i].length)
			longest = b->item[i].length;
	if (longest > r->pos + SL_BUCKET_BITS || longest <= r->pos + 4)
		return 0;
	fits = sweep(b, r, &bounds);
	if (fits <= 0)
		return fits;
	if (1u << (longest - r->pos) <= bounds.n)
		return 0;
	return write_bucket(b, &bounds, word);
}

/* ---- lines: a few IPv6 prefixes side by side ------------------------------ */

static bool same_prefix(const struct image_item *a, const struct image_item *b)
{
	return a->hi == b->hi && a->lo == b->lo && a->length == b->length;
}

static bool covers(const struct image_item *wide, const struct image_item *i)
{
	uint64_t hi = wide->hi ^ i->hi, lo = wide->lo ^ i->lo;

	if (wide->length > i->length)
		return false;
	if (wide->length <= 64)
		return !wide->length || !(hi >> (64 - wide->length));
	return !hi && !(lo >> (128 - wide->length));
}

struct few {
	const struct image_item *item[SL_LINE_PREFIXES];	/* longest first */
	uint16_t class[SL_LINE_PREFIXES];
	unsigned n;
};

static bool choose(const struct builder *b, const struct region *r, struct few *f)
{
	for (size_t i = r->first; i < r->end; i++) {
		const struct image_item *e = &b->item[i];
		unsigned at;

		if (i > r->first && same_prefix(e, e - 1))
			continue;
		if (f->n == SL_LINE_PREFIXES)
			return false;
		for (at = f->n++; at && f->item[at - 1]->length < e->length; at--)
			f->item[at] = f->item[at - 1];
		f->item[at] = e;
	}
	return true;
}

static int add_covering(struct builder *b, const struct region *r, struct few *f)
{
	int err = 0;

	for (unsigned i = 0; i < f->n; i++) {
		f->class[i] = r->class;
		for (size_t j = r->first; j < r->end && !err; j++)
			if (covers(&b->item[j], f->item[i]))
				err = builder_class(b, &f->class[i],
						    b->item[j].list);
	}
	return err;
}

static int write_line(struct builder *b, const struct few *f, uint16_t none, uint32_t *word)
{
	struct sl_line line = { .none = none };
	uint32_t at;
	int err = builder_node(b, sizeof(line) / 4, sizeof(line) / 4, &at);

	if (err)
		return err;
	for (unsigned i = 0; i < SL_LINE_PREFIXES; i++) {
		unsigned from = i < f->n ? i : f->n - 1;

		line.high[i] = f->item[from]->hi;
		line.high_shift[i] = (uint8_t)(64 - f->item[from]->length);
		line.class[i] = f->class[from];
	}
	memcpy(b->word + at, &line, sizeof(line));
	*word = (uint32_t)SL_LINE << 28 | at / 4;
	return 1;
}

static int write_lines(struct builder *b, const struct few *f, uint16_t none, uint32_t *word)
{
	struct sl_lines lines = { .none = none };
	uint32_t at;
	int err = builder_node(b, sizeof(lines) / 4, NODE_WORDS, &at);

	if (err)
		return err;
	for (unsigned i = 0; i < SL_LINE_PREFIXES; i++) {
		unsigned from = i < f->n ? i : f->n - 1;
		const struct image_item *e = f->item[from];

		lines.high[i] = e->hi;
		lines.low[i] = e->lo;
		lines.high_shift[i] = (uint8_t)(e->length < 64 ? 64 - e->length : 0);
		lines.low_shift[i] = (uint8_t)(e->length > 64 ? 128 - e->length : 64);
		lines.class[i] = f->class[from];
	}
	memcpy(b->word + at, &lines, sizeof(lines));
	*word = (uint32_t)SL_LINES << 28 | at / 4;
	return 1;
}

/* One prefix alone is a SKIP. */
static int few_prefixes(struct builder *b, const struct region *r, uint32_t *word)
{
	struct few f = { .n = 0 };
	int err;

	if (r->end - r->first > LINE_ITEMS_MAX || !choose(b, r, &f) || f.n < 2)
		return 0;
	err = add_covering(b, r, &f);
	if (err)
		return err;
	return f.item[0]->length <= 64 ? write_line(b, &f, r->class, word) :
					 write_lines(b, &f, r->class, word);
}

int builder_end(struct builder *b, const struct region *r, uint32_t *word)
{
	int done = bucket(b, r, word);

	if (done || r->width == 32)
		return done;
	return few_prefixes(b, r, word);
}
