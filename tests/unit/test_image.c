/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The classifier's image against a naive scan, and its size at a million. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random.h"
#include "user/lib/image.h"

enum { LISTS = 8, ITEMS_MAX = 400, MILLION = 1000000 };

/* Some prefixes, and the image that was made of them. */
struct world {
	struct sl_prefix prefix[ITEMS_MAX];
	uint16_t list[ITEMS_MAX];
	size_t n;
	struct classes *classes;
	struct image image;
	size_t lookups;
	unsigned deepest;
};

static void build(struct world *w)
{
	struct image_item item[ITEMS_MAX];
	struct sl_error x = { "" };

	for (size_t i = 0; i < w->n; i++)
		item[i] = image_item(&w->prefix[i], w->list[i]);
	w->classes = classes_new(SL_CLASSES_MAX - 1);
	assert_non_null(w->classes);
	if (image_build(item, w->n, w->classes, &w->image, &x))
		fail_msg("%s", x.text);
}

static void forget(struct world *w)
{
	image_free(w->image.word, w->image.words);
	classes_free(w->classes);
	w->image.word = NULL;
	w->n = 0;
}

/* ---- the naive side --------------------------------------------------- */

static void cut(struct sl_address *a, unsigned length)
{
	for (unsigned bit = length; bit < 128; bit++)
		a->octet[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
}

static bool covers(const struct sl_prefix *p, const struct sl_address *a)
{
	struct sl_address b = *a;

	cut(&b, p->length);
	return p->addr.family == a->family && !memcmp(p->addr.octet, b.octet, 16);
}

static unsigned naive(const struct world *w, const struct sl_address *a)
{
	unsigned lists = 0;

	for (size_t i = 0; i < w->n; i++)
		if (covers(&w->prefix[i], a))
			lists |= 1u << w->list[i];
	return lists;
}

static unsigned looked_up(struct world *w, const struct sl_address *a)
{
	struct image_end end = image_walk(w->image.word, w->image.words, a);
	unsigned lists = 0;
	const uint16_t *list;
	size_t n;

	if (end.steps > w->deepest)
		w->deepest = end.steps;
	if (end.class >= classes_count(w->classes))
		return ~0u;
	list = classes_lists(w->classes, end.class, &n);
	for (size_t i = 0; i < n; i++)
		lists |= 1u << list[i];
	return lists;
}

/* How many of the addresses are classified wrongly. */
static size_t wrong(struct world *w, const struct sl_address *a)
{
	w->lookups++;
	return naive(w, a) != looked_up(w, a);
}

/* ---- random prefixes and addresses ------------------------------------ */

static struct sl_address some_address(struct rnd *r, const struct sl_address *near)
{
	struct sl_address a = { .family = near->family };
	unsigned width = a.family == 4 ? 32 : 128;
	unsigned keep = rnd_below(r, width + 1);

	for (unsigned i = 0; i < width / 8; i++)
		a.octet[i] = (uint8_t)rnd64(r);
	for (unsigned bit = 0; bit < keep; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		a.octet[bit / 8] = (uint8_t)((a.octet[bit / 8] & ~mask) |
					     (near->octet[bit / 8] & mask));
	}
	return a;
}

static struct sl_prefix some_prefix(struct rnd *r, const struct sl_address *near)
{
	unsigned width = near->family == 4 ? 32 : 128;
	struct sl_prefix p = { .addr = some_address(r, near) };

	switch (rnd_below(r, 4)) {
	case 0:
		p.length = (uint8_t)width;
		break;
	case 1:
		p.length = (uint8_t)(width / 8 * (1 + rnd_below(r, 8)));
		break;
	default:
		p.length = (uint8_t)rnd_below(r, width + 1);
	}
	cut(&p.addr, p.length);
	return p;
}

/* Prefixes nest around a few addresses. */
static void fill(struct world *w, struct rnd *r)
{
	struct sl_address near[3] = { { .family = 4 }, { .family = 6 }, { .family = 6 } };

	near[0] = some_address(r, &near[0]);
	near[1] = some_address(r, &near[1]);
	w->n = rnd_below(r, rnd_one_in(r, 3) ? ITEMS_MAX + 1 : 12);
	for (size_t i = 0; i < w->n; i++) {
		w->prefix[i] = some_prefix(r, &near[rnd_below(r, 3)]);
		w->list[i] = (uint16_t)rnd_below(r, LISTS);
	}
}

/* The address one beyond, in either direction; it wraps, which does no harm. */
static struct sl_address step(struct sl_address a, int by)
{
	int i = a.family == 4 ? 3 : 15;

	for (; i >= 0; i--) {
		a.octet[i] = (uint8_t)(a.octet[i] + by);
		if (a.octet[i] != (by > 0 ? 0 : 0xff))
			break;
	}
	return a;
}

static struct sl_address last_of(const struct sl_prefix *p)
{
	struct sl_address a = p->addr;
	unsigned width = a.family == 4 ? 32 : 128;

	for (unsigned bit = p->length; bit < width; bit++)
		a.octet[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return a;
}

static size_t wrong_at_edges(struct world *w)
{
	size_t bad = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct sl_address first = w->prefix[i].addr;
		struct sl_address last = last_of(&w->prefix[i]);
		struct sl_address around[4] = {
			first, last, step(first, -1), step(last, 1),
		};

		for (int j = 0; j < 4; j++)
			bad += wrong(w, &around[j]);
	}
	return bad;
}

static size_t wrong_around(struct world *w, struct rnd *r)
{
	const struct sl_address zero[2] = { { .family = 4 }, { .family = 6 } };
	size_t bad = wrong(w, &zero[0]) + wrong(w, &zero[1]);

	for (size_t i = 0; i < 2 * w->n + 4; i++) {
		const struct sl_address *near =
			w->n ? &w->prefix[rnd_below(r, (uint32_t)w->n)].addr :
			       &zero[i & 1];
		struct sl_address a = some_address(r, near);

		bad += wrong(w, &a);
	}
	return bad;
}

/* ---- promises --------------------------------------------------------- */

static void agrees_with_a_naive_scan(void **state)
{
	struct rnd r = rnd_start();
	struct world w = { .n = 0 };
	size_t worlds = 0;

	(void)state;
	for (; w.lookups < 400000; worlds++) {
		fill(&w, &r);
		build(&w);
		assert_int_equal(wrong_at_edges(&w), 0);
		assert_int_equal(wrong_around(&w, &r), 0);
		forget(&w);
	}
	print_message("# %zu lookups in %zu images, %u steps at most\n",
		      w.lookups, worlds, w.deepest);
	assert_true(w.deepest < SL_STEPS_MAX);
}

static void one_changed_word_is_noticed(void **state)
{
	struct rnd r = rnd_start();
	struct world w = { .n = 0 };

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct image_end end;

		do
			fill(&w, &r);
		while (!w.n);
		build(&w);
		end = image_walk(w.image.word, w.image.words,
				 &w.prefix[rnd_below(&r, (uint32_t)w.n)].addr);
		w.image.word[end.at] = 0xffff;	/* a class that nobody has */
		assert_true(wrong_at_edges(&w) > 0);
		forget(&w);
	}
}

static void an_empty_image_is_class_0(void **state)
{
	const struct sl_address v4 = { 4, { 10, 0, 0, 1 } }, v6 = { 6, { 0x20 } };
	struct world w = { .n = 0 };

	(void)state;
	build(&w);
	assert_int_equal(w.image.words, IMAGE_WORDS_MIN);
	assert_int_equal(image_lookup(w.image.word, w.image.words, &v4), 0);
	assert_int_equal(image_lookup(w.image.word, w.image.words, &v6), 0);
	forget(&w);
}

static void prefixes_of_length_0_cover_their_family(void **state)
{
	const struct sl_address v4 = { 4, { 255, 255, 255, 255 } }, v6 = { 6, { 0 } };
	struct world w = { .prefix = { { .addr = { .family = 4 } } }, .n = 1 };

	(void)state;
	build(&w);
	assert_int_equal(image_lookup(w.image.word, w.image.words, &v4), 1);
	assert_int_equal(image_lookup(w.image.word, w.image.words, &v6), 0);
	forget(&w);
}

/* 0/0, 0/1, 0/2 ... : no chain of prefixes needs more steps than there are. */
static void the_deepest_nesting_fits(void **state)
{
	struct world w = { .n = 0 };

	(void)state;
	for (unsigned length = 0; length <= 128; length++) {
		struct sl_prefix *p = &w.prefix[w.n];

		p->addr.family = 6;
		memset(p->addr.octet, 0xa5, 16);
		cut(&p->addr, length);
		p->length = (uint8_t)length;
		w.list[w.n++] = (uint16_t)(length % LISTS);
		if (length % 2)		/* and its sibling */
			w.prefix[w.n] = *p, w.list[w.n] = 1,
			w.prefix[w.n++].addr.octet[(length - 1) / 8] ^=
				(uint8_t)(0x80 >> (length - 1) % 8);
	}
	build(&w);
	assert_int_equal(wrong_at_edges(&w), 0);
	print_message("# %zu nested prefixes: %u steps\n", w.n, w.deepest);
	assert_true(w.deepest < SL_STEPS_MAX);
	forget(&w);
}

static void too_many_classes_name_the_limit(void **state)
{
	const struct sl_prefix nested[2] = {
		{ .addr = { 4, { 10 } }, .length = 8 },
		{ .addr = { 4, { 10, 1 } }, .length = 16 },
	};
	struct image_item item[2] = {
		image_item(&nested[0], 0), image_item(&nested[1], 1),
	};
	struct classes *classes = classes_new(1);
	struct sl_error x = { "" };
	struct image image;

	(void)state;
	assert_int_equal(image_build(item, 1, classes, &image, &x), 0);
	image_free(image.word, image.words);
	assert_int_equal(image_build(item, 2, classes, &image, &x), -EINVAL);
	assert_non_null(strstr(x.text, "limits: classes"));
	classes_free(classes);
}

/* ---- a million -------------------------------------------------------- */

static double ms_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) * 1e3 +
	       (double)(now.tv_nsec - start->tv_nsec) / 1e6;
}

/* Lookups of the elements themselves, each of which must be in the list. */
static void million(const char *what, struct sl_prefix *prefix)
{
	struct image_item *item = calloc(MILLION, sizeof(*item));
	struct classes *classes = classes_new(SL_CLASSES_MAX - 1);
	struct sl_error x = { "" };
	struct timespec start;
	struct image image;
	size_t steps = 0;

	assert_non_null(item);
	for (size_t i = 0; i < MILLION; i++)
		item[i] = image_item(&prefix[i], 0);
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (image_build(item, MILLION, classes, &image, &x))
		fail_msg("%s: %s", what, x.text);
	print_message("# %s: %.0f ms, %.1f MiB used of %u\n", what, ms_since(&start),
		      image.used / 262144.0, image.words / 262144);
	free(item);
	for (size_t i = 0; i < MILLION; i++) {
		struct image_end end = image_walk(image.word, image.words,
						  &prefix[i].addr);

		if (end.class != 1)
			fail_msg("%s: element %zu has class %u", what, i, end.class);
		steps += end.steps;
	}
	print_message("# %s: %.1f steps a member\n", what, (double)steps / MILLION);
	image_free(image.word, image.words);
	classes_free(classes);
}

static struct sl_prefix *million_prefixes(void)
{
	struct sl_prefix *p = calloc(MILLION, sizeof(*p));

	assert_non_null(p);
	return p;
}

static void a_million_scattered_ipv4_addresses_fit(void **state)
{
	struct sl_prefix *p = million_prefixes();
	struct rnd r = rnd_start();

	(void)state;
	for (size_t i = 0; i < MILLION; i++) {
		uint64_t bits = rnd64(&r);

		p[i].addr.family = 4;
		memcpy(p[i].addr.octet, &bits, 4);
		p[i].length = 32;
	}
	million("1 M scattered /32", p);
	free(p);
}

/* IPv4 hosts and networks, IPv6 /32 to /128 below 8,000 providers. */
static void a_million_mixed_prefixes_fit(void **state)
{
	static const uint8_t lengths[2][4] = { { 32, 32, 24, 16 }, { 48, 64, 64, 128 } };
	struct sl_prefix *p = million_prefixes();
	struct rnd r = rnd_start();

	(void)state;
	for (size_t i = 0; i < MILLION; i++) {
		uint64_t bits[2] = { rnd64(&r), rnd64(&r) };
		unsigned v6 = rnd_below(&r, 2), provider = rnd_below(&r, 8000);
		const uint8_t head[4] = {
			0x2a, (uint8_t)(provider >> 12), (uint8_t)(provider >> 4),
			(uint8_t)(provider << 4),
		};

		p[i].addr.family = v6 ? 6 : 4;
		p[i].length = lengths[v6][rnd_below(&r, 4)];
		memcpy(p[i].addr.octet, bits, v6 ? 16 : 4);
		if (v6)
			memcpy(p[i].addr.octet, head, 4);
		cut(&p[i].addr, p[i].length);
	}
	million("1 M mixed", p);
	free(p);
}

static void a_million_scattered_ipv6_addresses_fit(void **state)
{
	struct sl_prefix *p = million_prefixes();
	struct rnd r = rnd_start();

	(void)state;
	for (size_t i = 0; i < MILLION; i++) {
		uint64_t bits[2] = { rnd64(&r), rnd64(&r) };

		p[i].addr.family = 6;
		memcpy(p[i].addr.octet, bits, 16);
		p[i].addr.octet[0] = (uint8_t)(0x20 | (p[i].addr.octet[0] & 0x1f));
		p[i].length = rnd_one_in(&r, 2) ? 64 : 128;
		cut(&p[i].addr, p[i].length);
	}
	million("1 M scattered IPv6", p);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_image_is_class_0),
		cmocka_unit_test(prefixes_of_length_0_cover_their_family),
		cmocka_unit_test(agrees_with_a_naive_scan),
		cmocka_unit_test(one_changed_word_is_noticed),
		cmocka_unit_test(the_deepest_nesting_fits),
		cmocka_unit_test(too_many_classes_name_the_limit),
		cmocka_unit_test(a_million_scattered_ipv4_addresses_fit),
		cmocka_unit_test(a_million_mixed_prefixes_fit),
		cmocka_unit_test(a_million_scattered_ipv6_addresses_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
