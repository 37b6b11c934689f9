/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes a list out of the classes of a range, in place. */
#include <errno.h>
#include <string.h>

#include <sluice/scope.h>

#include "fade.h"

enum { WORDS_MOST = 1 << 16 };	/* that one range may change */

struct walk {
	const struct fade *f;
	bool writes;
	unsigned seen;
};

/* Addresses that share their first bits, and the place of what says their class. */
struct part {
	sl_wide first, last;
	uint32_t at;
	unsigned pos;
};

static sl_wide span(unsigned pos)
{
	return pos ? ((sl_wide)1 << (128 - pos)) - 1 : ~(sl_wide)0;
}

static bool is_beyond(const struct fade *f, sl_wide first, sl_wide last)
{
	return last < f->from || first > f->to;
}

static bool is_within(const struct fade *f, sl_wide first, sl_wide last)
{
	return first >= f->from && last <= f->to;
}

/* ---- classes ------------------------------------------------------------- */

static bool has(const struct fade *f, uint16_t class)
{
	size_t n;
	const uint16_t *list = classes_lists(f->classes, class, &n);

	for (size_t i = 0; i < n; i++)
		if (list[i] == f->list)
			return true;
	return false;
}

static int without(const struct fade *f, uint16_t class)
{
	size_t n, kept = 0;
	const uint16_t *list = classes_lists(f->classes, class, &n);
	autofree uint16_t *others = NULL;

	if (n == 1)
		return 0;
	others = malloc(n * sizeof(*others));
	if (!others)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (list[i] != f->list)
			others[kept++] = list[i];
	return classes_put(f->classes, others, kept);
}

/* The class that these addresses, all together, get instead. */
static int instead(struct walk *w, uint16_t class, sl_wide first, sl_wide last)
{
	if (++w->seen > WORDS_MOST)
		return -ENOSPC;
	if (is_beyond(w->f, first, last) || !has(w->f, class))
		return class;
	return is_within(w->f, first, last) ? without(w->f, class) : -ENOSPC;
}

static int put(struct walk *w, uint16_t *at, sl_wide first, sl_wide last)
{
	int class = instead(w, *at, first, last);

	if (class >= 0 && class != *at && w->writes)
		__atomic_store_n(at, (uint16_t)class, __ATOMIC_RELEASE);
	return class < 0 ? class : 0;
}

/* A LEAF: its class is its lower half. */
static int put_leaf(struct walk *w, uint32_t at, sl_wide first, sl_wide last)
{
	uint32_t *word = &w->f->word[at];
	int class = instead(w, (uint16_t)*word, first, last);

	if (class >= 0 && class != (uint16_t)*word && w->writes)
		__atomic_store_n(word, (*word & ~0xffffu) | (uint32_t)class, __ATOMIC_RELEASE);
	return class < 0 ? class : 0;
}

/* ---- nodes in which walks end ----------------------------------------------- */

/* Where the bound x of a bucket begins. */
static sl_wide bound_at(const struct part *p, uint32_t x)
{
	unsigned end = p->pos + SL_BUCKET_BITS;

	return p->first + (end <= 128 ? (sl_wide)x << (128 - end) : x >> (end - 128));
}

static int bucket(struct walk *w, const struct part *p, uint32_t node, uint32_t size)
{
	uint32_t keys = sl_bucket_keys(size), i = 0;
	uint16_t *bound = (uint16_t *)&w->f->word[node], *class = bound + keys;
	sl_wide first = p->first;
	int err = 0;

	for (; !err && bound[i] < SL_BUCKET_NONE; i++) {
		sl_wide next = bound_at(p, bound[i]);

		err = put(w, &class[i], first, next - 1);
		first = next;
	}
	return err ? err : put(w, &class[i], first, p->last);
}

struct prefix { sl_wide first; unsigned length; };

/* Longest first: what lies in two of them has the class of the one before. A range
 * that begins or ends within one of them does not fit. */
static int few(struct walk *w, const struct part *p, const struct prefix *prefix,
	       uint16_t *class, uint16_t *none)
{
	int err = put(w, none, p->first, p->last);

	for (unsigned i = 0; i < SL_LINE_PREFIXES && !err; i++)
		err = put(w, &class[i], prefix[i].first,
			  prefix[i].first + span(prefix[i].length));
	return err;
}

static int line(struct walk *w, const struct part *p, uint32_t node)
{
	struct sl_line *l = (struct sl_line *)&w->f->word[node];
	struct prefix prefix[SL_LINE_PREFIXES];

	for (unsigned i = 0; i < SL_LINE_PREFIXES; i++)
		prefix[i] = (struct prefix){ (sl_wide)l->high[i] << 64, 64u - l->high_shift[i] };
	return few(w, p, prefix, l->class, &l->none);
}

static int lines(struct walk *w, const struct part *p, uint32_t node)
{
	struct sl_lines *l = (struct sl_lines *)&w->f->word[node];
	struct prefix prefix[SL_LINE_PREFIXES];

	for (unsigned i = 0; i < SL_LINE_PREFIXES; i++)
		prefix[i] = (struct prefix){
			(sl_wide)l->high[i] << 64 | l->low[i],
			l->high_shift[i] ? 64u - l->high_shift[i] : 128u - l->low_shift[i],
		};
	return few(w, p, prefix, l->class, &l->none);
}

/* ---- nodes that lead on -------------------------------------------------------- */

static int visit(struct walk *w, const struct part *p);

static int fan(struct walk *w, const struct part *p, uint32_t node, unsigned k)
{
	const struct fade *f = w->f;
	unsigned left = 128 - p->pos - k;
	uint32_t i = f->from > p->first ? (uint32_t)((f->from - p->first) >> left) : 0;
	uint32_t end = f->to < p->last ? (uint32_t)((f->to - p->first) >> left) : (1u << k) - 1;
	int err = k ? 0 : -EIO;

	for (; i <= end && !err; i++) {
		struct part child = { .first = p->first + ((sl_wide)i << left),
				      .at = node + i, .pos = p->pos + k };

		child.last = child.first + span(child.pos);
		err = visit(w, &child);
	}
	return err;
}

/* What is outside lies before and behind what is inside, and has one class. */
static int skip(struct walk *w, const struct part *p, uint32_t node)
{
	const struct sl_skip *s = (const struct sl_skip *)&w->f->word[node];
	sl_wide hi = s->hi, lo = s->lo;
	struct part in = { .first = hi << 64 | lo, .pos = s->length };
	uint32_t outside = node + offsetof(struct sl_skip, outside) / 4;
	bool before, behind;

	in.last = in.first + span(in.pos);
	in.at = node + offsetof(struct sl_skip, inside) / 4;
	before = in.first > p->first && !is_beyond(w->f, p->first, in.first - 1);
	behind = in.last < p->last && !is_beyond(w->f, in.last + 1, p->last);
	if (before || behind) {
		int err = put_leaf(w, outside, p->first, p->last);

		if (err)
			return err;
	}
	return visit(w, &in);
}

static int visit(struct walk *w, const struct part *p)
{
	uint32_t word = w->f->word[p->at], bits = word >> SL_NODE_BITS & 31;
	uint32_t node = (word & ((1u << SL_NODE_BITS) - 1)) * 4;

	if (is_beyond(w->f, p->first, p->last))
		return 0;
	switch (word >> 28) {
	case SL_LEAF: return put_leaf(w, p->at, p->first, p->last);
	case SL_FAN: return fan(w, p, node, bits);
	case SL_SKIP: return skip(w, p, node);
	case SL_BUCKET: return bucket(w, p, node, bits);
	case SL_LINE: return line(w, p, node);
	default: return lines(w, p, node);
	}
}

static int from_root(struct fade *f, bool writes)
{
	struct walk w = { .f = f, .writes = writes };
	const struct part all = { .last = span(0), .at = f->family == 6 };

	return visit(&w, &all);
}

int fade_try(struct fade *f)
{
	return from_root(f, false);
}

void fade_make(struct fade *f)
{
	from_root(f, true);
}
