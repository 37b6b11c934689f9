/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Works out what an edit changes in an image, and changes it by single stores. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/grow.h>

#include "live.h"

enum {
	ITEMS_MAX = 16384,	/* in the parts that one edit builds */
	SLOTS_MAX = 1024,	/* words of one FAN that an edit covers */
	CROWD = 1024,		/* more items than this stay as they are, if they may */
	SPLIT_BITS = 8,		/* of a FAN between an edit and a crowd */
};

/* A word that may be replaced, and what it is for: the first `pos` bits of hi, lo. */
struct slot {
	uint64_t hi, lo;
	unsigned pos, steps;
	uint32_t at;
	uint8_t family;
};

static unsigned width(const struct slot *s)
{
	return s->family == 4 ? 32 : 128;
}

static uint64_t first_bits(unsigned n)
{
	return n >= 64 ? ~0ULL : ~(~0ULL >> n);
}

static struct image_item cut(const struct slot *s, unsigned length)
{
	return (struct image_item){
		.hi = s->hi & first_bits(length),
		.lo = length > 64 ? s->lo & first_bits(length - 64) : 0,
		.length = (uint8_t)length,
		.family = s->family,
	};
}

/* Does `i` lie below the first bits of `wide`? */
static bool below(const struct image_item *i, const struct image_item *wide)
{
	return i->family == wide->family &&
	       !((i->hi ^ wide->hi) & first_bits(wide->length)) &&
	       (wide->length <= 64 ||
		!((i->lo ^ wide->lo) & first_bits(wide->length - 64u)));
}

/* ---- what lies there ------------------------------------------------------ */

static int take(struct live *l, const struct image_item *i)
{
	struct image_item *item;

	if (l->n_items == ITEMS_MAX)
		return -ENOSPC;
	item = sl_grown(l->item, l->n_items, &l->item_room, sizeof(*item), 64);
	if (!item)
		return -ENOMEM;
	l->item = item;
	item[l->n_items++] = *i;
	return 0;
}

/* Of one prefix, in all lists. */
static int take_exact(struct live *l, const struct image_item *prefix)
{
	struct truth_place at = truth_seek(l->truth, prefix);
	struct image_item i;
	int err = 0;

	while (!err && truth_next(l->truth, &at, &i)) {
		if (i.length != prefix->length || !below(&i, prefix))
			break;
		err = take(l, &i);
	}
	return err;
}

/* All that cover the slot, then all below it. */
static int gather(struct live *l, const struct slot *s)
{
	const uint8_t *occurs = l->truth->head->lengths[s->family == 6];
	struct image_item wide = cut(s, s->pos), i;
	struct truth_place at;
	int err = 0;

	l->n_items = 0;
	for (unsigned length = 0; length <= s->pos && !err; length++) {
		struct image_item prefix = cut(s, length);

		if (occurs[length])
			err = take_exact(l, &prefix);
	}
	wide.length = (uint8_t)s->pos;
	at = truth_seek(l->truth, &wide);
	while (!err && truth_next(l->truth, &at, &i) && below(&i, &wide))
		if (i.length > s->pos)
			err = take(l, &i);
	return err;
}

static uint32_t window(const struct image_item *e, unsigned pos, unsigned k)
{
	unsigned __int128 address = (unsigned __int128)e->hi << 64 | e->lo;

	return k ? (uint32_t)((address << pos) >> (128 - k)) : 0;
}

/* What will be there, as far as is known. */
static uint32_t word_at(const struct live *l, uint32_t at)
{
	for (size_t i = l->n; i > 0; i--)
		if (l->store[i - 1].at == at)
			return l->store[i - 1].word;
	return l->image.word[at];
}

/* ---- what becomes of it ---------------------------------------------------- */

static int store(struct live *l, uint32_t at, uint32_t word)
{
	struct live_store *grown = sl_grown(l->store, l->n, &l->room, sizeof(*grown), 16);

	if (!grown)
		return -ENOMEM;
	l->store = grown;
	grown[l->n++] = (struct live_store){ at, word };
	return 0;
}

static int render(struct live *l, const struct slot *s, struct sl_error *x)
{
	struct image_part part = { .pos = s->pos, .width = width(s), .steps = s->steps };
	int err = gather(l, s);
	uint32_t word;

	part.item = l->item;
	part.n = l->n_items;
	if (!err)
		err = image_render(&l->image, &part, l->classes, &word, x);
	return err ? err : store(l, s->at, word);
}

/* The words of a FAN of k bits that the edit covers: each is built for itself. */
static int render_all(struct live *l, struct slot fan, unsigned k, uint32_t node,
		      unsigned length, struct sl_error *x)
{
	uint32_t n = 1u << (fan.pos + k - length), left = 128 - fan.pos - k;
	struct slot s = fan;
	int err = 0;

	if (n > SLOTS_MAX)
		return -ENOSPC;
	s.pos += k;
	s.steps++;
	s.at = node;
	for (uint32_t i = 0; i < n && !err; i++) {
		unsigned __int128 address = (unsigned __int128)fan.hi << 64 | fan.lo;

		if (left < 128)
			address += (unsigned __int128)i << left;
		s.hi = (uint64_t)(address >> 64);
		s.lo = (uint64_t)address;
		err = render(l, &s, x);
		s.at++;
	}
	return err;
}

/* Where the edit's word, or words, of that FAN begin. */
static int render_in(struct live *l, struct slot fan, unsigned k, uint32_t at,
		     const struct image_item *e, struct sl_error *x)
{
	if (e->length <= fan.pos + k)
		return render_all(l, fan, k, at, e->length, x);
	fan.at = at;
	fan.pos += k;
	fan.steps++;
	return render(l, &fan, x);
}

/* ---- an edit beside many --------------------------------------------------- */

/* What lies there is more than is built anew for an edit that it is not about. */
static bool crowded(struct live *l, const struct slot *s)
{
	return gather(l, s) == -ENOSPC || l->n_items > CROWD;
}

/* Of an edit and what lies inside a SKIP: bits that they share. */
static unsigned shared(const struct image_item *e, const struct sl_skip *skip)
{
	uint64_t hi = e->hi ^ skip->hi;
	uint64_t lo = e->lo ^ skip->lo;

	return hi ? (unsigned)__builtin_clzll(hi) : lo ? 64 + (unsigned)__builtin_clzll(lo) : 128;
}

/* Nodes of the image that nothing leads to yet. */
static int node(struct live *l, uint32_t words, uint32_t *at)
{
	uint32_t from = (l->image.used + 15) & ~15u;

	if (from + words > l->image.words)
		return -ENOSPC;
	l->image.used = from + words;
	*at = from;
	return 0;
}

/* A SKIP over the first n bits that the other one has. */
static struct sl_skip shorter(const struct sl_skip *skip, unsigned n, uint32_t inside)
{
	const struct slot s = { .hi = skip->hi,
				.lo = skip->lo };
	struct image_item first = cut(&s, n);

	return (struct sl_skip){
		.hi = first.hi, .lo = first.lo,
		.length = n, .inside = inside, .outside = skip->outside,
	};
}

/*
 * The edit parts from many at bit n, inside what their SKIP is over:
 *
 *	SKIP to bit n -> FAN -> their SKIP, as it is
 *			     -> what the edit makes
 */
static int split(struct live *l, struct slot s, const struct sl_skip *skip, unsigned n,
		 const struct image_item *e, struct sl_error *x)
{
	unsigned k = skip->length - n < SPLIT_BITS ? skip->length - n : SPLIT_BITS;
	const struct image_item many = { skip->hi, skip->lo, 0, 0, 0, false };
	unsigned most = e->family == 4 ? SL_STEPS4_MAX : SL_STEPS_MAX;
	uint32_t fan, above, first = s.at, *word = l->image.word, old = word_at(l, first);
	struct sl_skip top;
	int err;

	if (s.steps + 2 * ++l->splits + image_steps(word, l->image.words, old) >= most)
		return -ENOSPC;
	err = node(l, 1u << k, &fan);
	if (!err)
		err = node(l, sizeof(top) / 4, &above);
	if (err)
		return err;
	for (uint32_t i = 0; i < 1u << k; i++)
		word[fan + i] = skip->outside;
	word[fan + window(&many, n, k)] = old;
	top = shorter(skip, n, (uint32_t)SL_FAN << 28 | k << SL_NODE_BITS | fan / 4);
	memcpy(word + above, &top, sizeof(top));
	err = store(l, first, n > s.pos ? (uint32_t)SL_SKIP << 28 | above / 4 : top.inside);
	if (err)
		return err;
	s.steps += n > s.pos;
	s.pos = n;
	return render_in(l, s, k, fan + window(e, n, k), e, x);
}

/* Down to the last word that leads to all that the edit changes. */
static int draw(struct live *l, const struct image_item *e, struct sl_error *x)
{
	struct slot s = { e->hi, e->lo, .at = e->family == 6, .family = e->family };

	for (; s.steps < SL_STEPS_MAX; s.steps++) {
		uint32_t word = word_at(l, s.at), k = word >> SL_NODE_BITS & 31;
		uint32_t at = (word & ((1u << SL_NODE_BITS) - 1)) * 4;
		struct sl_skip skip;
		unsigned same;

		if (word >> 28 == SL_FAN) {
			at += window(e, s.pos, k);
			if (e->length <= s.pos + k)
				return render_all(l, s, k, at, e->length, x);
			s.at = at;
			s.pos += k;
			continue;
		}
		if (word >> 28 != SL_SKIP)
			break;
		memcpy(&skip, l->image.word + at, sizeof(skip));
		same = shared(e, &skip);
		if (same < skip.length && same < e->length && crowded(l, &s))
			return split(l, s, &skip, same, e, x);
		if (same < skip.length || e->length <= skip.length)
			break;
		s.at = at + offsetof(struct sl_skip, inside) / 4;
		s.pos = skip.length;
	}
	return render(l, &s, x);
}

int live_draw(struct live *l, const struct truth_edit *edit, size_t n,
	      struct sl_error *x)
{
	int err = truth_foresee(l->truth, edit, n);

	for (size_t i = 0; i < n; i++)		/* gather() asks which occur */
		l->truth->head->lengths[edit[i].item.family == 6][edit[i].item.length] = 1;
	for (size_t i = 0; i < n && !err; i++)
		err = draw(l, &edit[i].item, x);
	return err;
}

/* Nodes are there before what leads to them. */
void live_show(const struct live *l)
{
	for (size_t i = 0; i < l->n; i++)
		__atomic_store_n(&l->image.word[l->store[i].at],
				 l->store[i].word, __ATOMIC_RELEASE);
}

void live_free(struct live *l)
{
	free(l->store);
	free(l->item);
	l->store = NULL;
	l->item = NULL;
	l->n = l->room = l->n_items = l->item_room = 0;
}
