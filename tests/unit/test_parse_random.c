/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parser on the host: both ways over frames that chance has changed. */
#include <string.h>

#include "tests/unit/parse_frames.h"
#include "tests/unit/random.h"

enum { ROUNDS = 300000, MOST = 160, LONGEST = 256, PADDING = 16 };

static struct frame whole[MOST];

static size_t write_shapes(void)
{
	size_t n = 0;

	for (size_t i = 0; i < n_shapes; i++) {
		assert_true(n < MOST);
		frame_write(&whole[n], shapes[i].text);
		n += whole[n].n + PADDING <= LONGEST;
	}
	return n;
}

/* A bit, an octet, or two that mean something in another place. */
static void change(struct rnd *r, uint8_t *octet, size_t n)
{
	uint8_t *at = octet + rnd_below(r, (uint32_t)n);
	const uint8_t *other = octet + rnd_below(r, (uint32_t)n);

	switch (rnd_below(r, 4)) {
	case 0: *at ^= (uint8_t)(1u << rnd_below(r, 8)); break;
	case 1: *at = (uint8_t)rnd64(r); break;
	case 2: *at = (uint8_t)(*at + rnd_below(r, 3) - 1); break;
	case 3: memmove(at, other, 2); break;
	}
}

static size_t mutate(struct rnd *r, uint8_t *octet, size_t n)
{
	for (uint32_t i = rnd_below(r, 4); i; i--)
		change(r, octet, n);
	if (rnd_one_in(r, 8))
		return rnd_below(r, (uint32_t)n + 1);
	if (rnd_one_in(r, 4))
		n += rnd_below(r, PADDING);
	return n;
}

static void ends_inside(const struct pkt *p, size_t n)
{
	if (!p->family)
		return;
	assert_true(p->l3 + p->ip_length <= n);
	assert_true(p->l4 <= p->l3 + p->ip_length);
}

static void both_ways_agree_on_whatever_comes(void **state)
{
	static const int reasons[] = {
		SL_SHORT_FRAME, SL_VLAN_DEPTH, SL_MALFORMED_L3, SL_MALFORMED_L4,
		SL_EXTENSION_DEPTH, SL_FRAGMENT_BAD, SL_MALFORMED_ND,
	};
	unsigned straight = 0, seen[SL_REASON_COUNT] = { 0 };
	struct rnd r = { 1 };
	size_t shapes_in = write_shapes();

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		const struct frame *from = &whole[rnd_below(&r, (uint32_t)shapes_in)];
		uint8_t octet[LONGEST] = { 0 };
		struct pkt all, p;
		size_t n;
		int err;

		memcpy(octet, from->octet, from->n);
		n = mutate(&r, octet, from->n);
		err = parse_long_way(octet, n, &all);
		assert_in_range(-err, 0, SL_REASON_COUNT - 1);
		seen[-err]++;
		if (!err)
			ends_inside(&all, n);
		if (!parse_short_way(octet, n, &p)) {
			assert_int_equal(err, 0);
			expect_pkt("straight", &p, &all);
			straight++;
		}
		if (!parse_first_buffer(octet, n, rnd_below(&r, (uint32_t)n + 1), &p)) {
			assert_int_equal(err, 0);
			expect_pkt("first buffer", &p, &all);
		}
	}
	assert_true(straight > ROUNDS / 50);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		assert_true(seen[reasons[i]] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_agree_on_whatever_comes),
	};

	return cmocka_run_group_tests_name("parse_random", tests, NULL, NULL);
}
