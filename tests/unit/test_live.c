/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Random edits of a live image against a naive scan; the seed is printed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random.h"
#include "user/lib/live.h"

enum { SETS = 6, NAIVE_MAX = 3000, WORDS = 1 << 20, CROWD = 1500 };

/* A half of both maps, and what must be in it. */
struct world {
	uint32_t *word;
	void *half;
	size_t size;
	uint32_t serial;
	struct image_item item[NAIVE_MAX];
	size_t n;
	size_t lookups, edits, builds;
};

static uint64_t first_bits(unsigned n)
{
	return n >= 64 ? ~0ULL : ~(~0ULL >> n);
}

static bool covers(const struct image_item *p, const struct image_item *a)
{
	return p->family == a->family &&
	       !((p->hi ^ a->hi) & first_bits(p->length)) &&
	       (p->length <= 64 || !((p->lo ^ a->lo) & first_bits(p->length - 64u)));
}

static unsigned naive(const struct world *w, const struct image_item *a)
{
	unsigned sets = 0;

	for (size_t i = 0; i < w->n; i++)
		if (covers(&w->item[i], a))
			sets |= 1u << w->item[i].list;
	return sets;
}

/* ---- what is random ------------------------------------------------------- */

static struct image_item some_item(struct rnd *r, const struct world *w)
{
	struct image_item i = { .family = (uint8_t)(rnd_below(r, 2) ? 4 : 6) };
	unsigned width = i.family == 4 ? 32 : 128, keep = rnd_below(r, width + 1);
	const struct image_item *near = w->n ? &w->item[rnd_below(r, (uint32_t)w->n)] : &i;

	if (near->family != i.family)
		near = &i;
	i.hi = (near->hi & first_bits(keep)) | (rnd64(r) & ~first_bits(keep));
	i.lo = keep > 64 ? (near->lo & first_bits(keep - 64)) | (rnd64(r) & ~first_bits(keep - 64)) : rnd64(r);
	switch (rnd_below(r, 4)) {
	case 0: i.length = (uint8_t)rnd_below(r, width + 1); break;
	case 1: i.length = (uint8_t)(width / 8 * (1 + rnd_below(r, 8))); break;
	default: i.length = (uint8_t)width; break;
	}
	i.hi &= first_bits(i.length);
	i.lo = i.length > 64 ? i.lo & first_bits(i.length - 64u) : 0;
	i.list = (uint16_t)rnd_below(r, SETS);
	return i;
}

static size_t find(const struct world *w, const struct image_item *i)
{
	size_t at = 0;

	while (at < w->n && image_order(&w->item[at], i))
		at++;
	return at;
}

/* Half of them deletes, once there is enough to delete. */
static bool some_edit(struct rnd *r, struct world *w, struct truth_edit *out)
{
	size_t at;

	if (w->n && (w->n >= NAIVE_MAX - 20 || rnd_below(r, 100) < 45)) {
		at = rnd_below(r, (uint32_t)w->n);
		*out = (struct truth_edit){ w->item[at], true, 0 };
		w->item[at] = w->item[--w->n];
		return true;
	}
	*out = (struct truth_edit){ some_item(r, w), false, 0 };
	if (find(w, &out->item) < w->n)
		return false;
	w->item[w->n++] = out->item;
	return true;
}

/* ---- building and editing --------------------------------------------------- */

static void build(struct world *w)
{
	struct classes *classes = classes_new(SL_CLASSES_MAX - 1);
	struct image_item *item = calloc(w->n + 1, sizeof(*item));
	struct sl_error x = { "" };
	struct image image;

	memcpy(item, w->item, w->n * sizeof(*item));
	if (image_build(item, w->n, classes, &image, &x))
		fail_msg("%s", x.text);
	w->size = truth_size(item, w->n, classes);
	w->half = realloc(w->half, w->size);
	truth_write(w->half, item, w->n, classes, image.used);
	assert_true(image.used <= WORDS);
	memset(w->word, 0xff, WORDS * sizeof(*w->word));
	memcpy(w->word, image.word, image.used * sizeof(*w->word));
	image_free(image.word, image.words);
	free(item);
	classes_free(classes);
	w->builds++;
}

static struct truth opened(struct world *w)
{
	struct truth t;

	assert_int_equal(truth_open(&t, w->half, w->size, w->serial), 0);
	return t;
}

/* As a command does it; false: it must be built anew. */
static bool edit_live(struct world *w, const struct truth_edit *edit, size_t n)
{
	struct truth t = opened(w);
	struct live l = { .truth = &t };
	struct sl_error x = { "" };
	int err;

	assert_int_equal(truth_classes(&t, SL_CLASSES_MAX - 1, &l.classes), 0);
	l.image = (struct image){ w->word, WORDS, t.head->image_used };
	err = live_draw(&l, edit, n, &x);
	if (!err)
		err = truth_add_classes(&t, l.classes);
	if (!err)
		err = truth_append(&t, edit, n, w->serial + 1);
	if (err && err != -ENOSPC)
		fail_msg("%d: %s", err, x.text);
	if (!err) {
		t.head->image_used = l.image.used;
		w->serial++;
		live_show(&l);
	}
	live_free(&l);
	classes_free(l.classes);
	truth_close(&t);
	return !err;
}

/* One that a command began, killed before it is true: at `step` of its stores. */
static void edit_killed(struct world *w, const struct truth_edit *edit, unsigned step)
{
	struct truth t = opened(w);
	struct live l = { .truth = &t };
	struct sl_error x = { "" };
	uint32_t classes = t.head->classes;
	int err;

	assert_int_equal(truth_classes(&t, SL_CLASSES_MAX - 1, &l.classes), 0);
	l.image = (struct image){ w->word, WORDS, t.head->image_used };
	err = live_draw(&l, edit, 1, &x);
	if (!err && step > 0)
		err = truth_add_classes(&t, l.classes);
	if (!err && step == 1)
		t.head->classes = classes;	/* the last of those stores */
	if (!err && step > 2)
		t.head->image_used = l.image.used;
	if (!err && step > 3)
		truth_append(&t, edit, 1, w->serial + 1);
	live_free(&l);
	classes_free(l.classes);
	truth_close(&t);
}

/* ---- looking ------------------------------------------------------------------ */

static unsigned looked_up(const struct world *w, const struct classes *classes, const struct image_item *a)
{
	struct sl_address addr = { .family = a->family };
	const uint16_t *list;
	unsigned sets = 0;
	size_t n = 0;

	for (int i = 0; i < 8; i++) {
		addr.octet[i] = (uint8_t)(a->hi >> (56 - 8 * i));
		addr.octet[8 + i] = (uint8_t)(a->family == 6 ? a->lo >> (56 - 8 * i) : 0);
	}
	list = classes_lists(classes, image_lookup(w->word, WORDS, &addr), &n);
	for (size_t i = 0; i < n; i++)
		sets |= 1u << list[i];
	return sets;
}

/* The first and the last address of the prefix, and those beside. */
static size_t wrong_around(struct world *w, const struct classes *classes, const struct image_item *p)
{
	uint64_t hi = p->hi | ~first_bits(p->length);
	uint64_t lo = p->length > 64 ? p->lo | ~first_bits(p->length - 64u) : ~0ULL;
	struct image_item at[4] = { *p, *p, *p, *p };
	size_t bad = 0;

	if (p->family == 4)
		hi &= ~0ULL << 32, lo = 0;
	at[1].hi = hi;
	at[1].lo = lo;
	at[2].hi = p->family == 4 ? p->hi - (1ULL << 32) : p->hi - !p->lo;
	at[2].lo = p->family == 4 ? 0 : p->lo - 1;
	at[3].hi = p->family == 4 ? hi + (1ULL << 32) : hi + !(lo + 1);
	at[3].lo = p->family == 4 ? 0 : lo + 1;
	for (int i = 0; i < 4; i++)
		bad += naive(w, &at[i]) != looked_up(w, classes, &at[i]);
	w->lookups += 4;
	return bad;
}

static size_t wrong_beside(struct world *w, const struct image_item *p)
{
	struct truth t = opened(w);
	struct classes *classes;
	size_t bad;

	assert_int_equal(truth_classes(&t, SL_CLASSES_MAX - 1, &classes), 0);
	bad = wrong_around(w, classes, p);
	classes_free(classes);
	truth_close(&t);
	return bad;
}

static size_t wrong_anywhere(struct world *w, struct rnd *r, size_t n)
{
	struct truth t = opened(w);
	struct classes *classes;
	size_t bad = 0;

	assert_int_equal(truth_classes(&t, SL_CLASSES_MAX - 1, &classes), 0);
	for (size_t i = 0; i < n && w->n; i++)
		bad += wrong_around(w, classes, &w->item[rnd_below(r, (uint32_t)w->n)]);
	for (size_t i = 0; i < n; i++) {
		struct image_item any = some_item(r, w);

		bad += wrong_around(w, classes, &any);
	}
	classes_free(classes);
	truth_close(&t);
	return bad;
}

struct looking { struct world *w; struct classes *classes; size_t bad; };

static int look_at(void *arg, const struct sl_address *edge)
{
	const struct sl_prefix p = { .addr = *edge };
	struct image_item a = image_item(&p, 0);
	struct looking *l = arg;

	l->w->lookups++;
	l->bad += naive(l->w, &a) != looked_up(l->w, l->classes, &a);
	return 0;
}

/* Wherever the image begins to say something else. */
static size_t wrong_at_its_edges(struct world *w)
{
	struct looking l = { .w = w };
	struct truth t = opened(w);

	assert_int_equal(truth_classes(&t, SL_CLASSES_MAX - 1, &l.classes), 0);
	image_edges(w->word, WORDS, look_at, &l);
	classes_free(l.classes);
	truth_close(&t);
	return l.bad;
}

/* All that the truth says, in order, is all that must be. */
static bool truth_differs(struct world *w)
{
	const struct image_item zero = { .family = 4 };
	struct truth t = opened(w);
	struct truth_place at = truth_seek(&t, &zero);
	struct image_item i, last = zero;
	uint32_t count[SL_SETS_MAX] = { 0 };
	bool differs = false;
	size_t n = 0;

	for (; truth_next(&t, &at, &i); n++) {
		differs |= n && image_order(&last, &i) >= 0;
		differs |= find(w, &i) == w->n || !truth_has(&t, &i);
		count[i.list]++;
		last = i;
	}
	differs |= n != w->n || memcmp(count, t.count, sizeof(count));
	truth_close(&t);
	return differs;
}

/* ---- promises -------------------------------------------------------------------- */

static struct world *new_world(void)
{
	struct world *w = calloc(1, sizeof(*w));

	w->word = calloc(WORDS, sizeof(*w->word));
	w->serial = 7;
	build(w);
	return w;
}

static void free_world(struct world *w)
{
	free(w->word);
	free(w->half);
	free(w);
}

static void edits_agree_with_a_naive_scan(void **state)
{
	struct rnd r = rnd_start();
	struct world *w = new_world();
	size_t bad = 0;

	(void)state;
	while (w->lookups < 1000000) {
		struct truth_edit edit[8];
		size_t n = 0, want = rnd_one_in(&r, 8) ? 8 : 1;

		while (n < want && some_edit(&r, w, &edit[n]))
			n++;
		w->edits += n;
		if (!n)
			continue;
		if (rnd_one_in(&r, 4)) {
			struct truth_edit killed = { some_item(&r, w), false, 0 };

			if (find(w, &killed.item) == w->n)
				edit_killed(w, &killed, rnd_below(&r, 5));
		}
		if (!edit_live(w, edit, n))
			build(w);
		for (size_t i = 0; i < n; i++)
			bad += wrong_beside(w, &edit[i].item);
		assert_int_equal(bad, 0);
		if (w->edits % 64)
			continue;
		assert_int_equal(wrong_anywhere(w, &r, 100), 0);
		assert_false(truth_differs(w));
		if (w->edits % 2048 == 0)
			assert_int_equal(wrong_at_its_edges(w), 0);
	}
	print_message("# %zu lookups, %zu edits, %zu builds\n", w->lookups, w->edits, w->builds);
	free_world(w);
}

/* Side by side in one /64: all but a few of their bits are skipped. */
static void crowd(struct world *w, struct rnd *r)
{
	while (w->n < CROWD) {
		struct image_item i = { .hi = 0x20010db800010002, .lo = rnd64(r) & 0xffffff,
					.length = 128, .family = 6 };

		if (find(w, &i) == w->n)
			w->item[w->n++] = i;
	}
	build(w);
	w->builds = 0;
}

/* Of the first bits that a crowd shares some, then others. */
static struct truth_edit beside(struct rnd *r, const struct world *w)
{
	const struct image_item *near = &w->item[rnd_below(r, CROWD)];
	unsigned same = rnd_below(r, 104), length = same + 1 + rnd_below(r, 128 - same);
	struct image_item i = { .family = 6, .list = 1, .length = (uint8_t)length };
	uint64_t differs = 1ULL << (63 - same % 64);

	i.hi = same < 64 ? (near->hi ^ differs) & first_bits(length) : near->hi;
	i.lo = same >= 64 ? near->lo ^ differs : near->lo;
	i.lo = length > 64 ? i.lo & first_bits(length - 64) : 0;
	return (struct truth_edit){ i, false, 0 };
}

/* Nobody builds a crowd anew because of who comes beside it. */
static void edits_beside_many_touch_few(void **state)
{
	struct rnd r = rnd_start();
	struct world *w = new_world();
	struct truth_edit edit[4];
	uint32_t used;
	size_t n;

	(void)state;
	crowd(w, &r);
	while (w->edits < 400) {
		used = ((struct sl_members *)w->half)->image_used;
		for (n = 0; n < 4;) {
			edit[n] = w->n > CROWD && rnd_one_in(&r, 3) ?
				(struct truth_edit){ w->item[w->n - 1], true, 0 } : beside(&r, w);
			if (edit[n].gone)
				w->n--;
			else if (find(w, &edit[n].item) == w->n)
				w->item[w->n++] = edit[n].item;
			else
				continue;
			n++;
		}
		w->edits += n;
		if (!edit_live(w, edit, n))
			build(w);
		else
			assert_true(((struct sl_members *)w->half)->image_used < used + 4000);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(wrong_beside(w, &edit[i].item), 0);
		assert_int_equal(wrong_anywhere(w, &r, 20), 0);
		assert_true(image_steps(w->word, WORDS, w->word[1]) < SL_STEPS_MAX);
	}
	assert_int_equal(wrong_at_its_edges(w), 0);
	assert_false(truth_differs(w));
	print_message("# %zu edits, %zu builds\n", w->edits, w->builds);
	assert_true(w->builds <= 10);	/* of 100: walks got too long */
	free_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_agree_with_a_naive_scan),
		cmocka_unit_test(edits_beside_many_touch_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
