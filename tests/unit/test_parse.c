/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parser on the host: frames that the kernel's test_run does not take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include "bpf/parse.h"
#pragma GCC diagnostic pop

enum { FRAME = 128 };

struct shape { const char *name; const char *hex; };

/* Frames without padding: every octet of them is needed. */
static const struct shape shapes[] = {
	{ "tcp over ipv4", "02000000000202000000000108004500002800000000400600000a0000050a000002"
			   "9c40005000000001000000005002ffff00000000" },
	{ "udp over ipv4, tagged", "0200000000020200000000018100006408004500001c00000000401100000a0000050a000002"
				   "9c40003500080000" },
	{ "tcp over ipv4, options", "02000000000202000000000108004600002c00000000400600000a0000050a00000201010100"
				    "9c40005000000001000000005002ffff00000000" },
	{ "tcp over ipv6", "02000000000202000000000186dd6000000000140640"
			   "20010db800000000000000000000000520010db8000000000000000000000002"
			   "9c40005000000001000000005002ffff00000000" },
	{ "udp over ipv6, destination options", "02000000000202000000000186dd6000000000103c40"
						"20010db800000000000000000000000520010db8000000000000000000000002"
						"11000104000000009c40003500080000" },
};

static size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned digit[2];

		for (int d = 0; d < 2; d++) {
			char c = hex[2 * i + (size_t)d];

			digit[d] = (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
		}
		out[i] = (uint8_t)(digit[0] << 4 | digit[1]);
	}
	return n;
}

/* As the program does it: the straight line, else everything. */
static int parse_octets(const uint8_t *frame, size_t n, struct pkt *p)
{
	struct cursor c = { .start = frame, .end = frame + n };

	memset(p, 0, sizeof(*p));
	if (!parse_straight(&c, p))
		return 0;
	memset(p, 0, sizeof(*p));
	p->length = c.limit = (__u32)n;
	c.off = 0;
	return parse_frame(&c, p);
}

static void a_whole_frame_is_parsed(void **state)
{
	uint8_t frame[FRAME];
	struct pkt p;

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		size_t n = unhex(shapes[i].hex, frame);

		assert_int_equal(parse_octets(frame, n, &p), 0);
		assert_int_equal(p.sport, BE16(40000));
		assert_true(p.family == 4 || p.family == 6);
	}
}

/* In memory of its own size, so that sanitizers see an octet read beyond. */
static void a_frame_cut_anywhere_is_never_taken(void **state)
{
	uint8_t whole[FRAME];
	struct pkt p;

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		size_t n = unhex(shapes[i].hex, whole);

		for (size_t cut = 0; cut < n; cut++) {
			uint8_t *frame = test_malloc(cut + 1);
			int err;

			memcpy(frame + 1, whole, cut);
			err = parse_octets(frame + 1, cut, &p);
			test_free(frame);
			assert_true(err == -SL_SHORT_FRAME || err == -SL_MALFORMED_L3);
			assert_int_equal(err == -SL_SHORT_FRAME, cut < 14u + 4u * (i == 1));
		}
	}
}

/* The IP header says that it ends there: what is behind is padding. */
static void padding_completes_no_header(void **state)
{
	uint8_t frame[FRAME];
	struct pkt p;
	size_t n = unhex(shapes[0].hex, frame);

	(void)state;
	for (uint8_t total = 0; total < 40; total++) {
		frame[17] = total;
		assert_int_equal(parse_octets(frame, n, &p), total < 20 ? -SL_MALFORMED_L3 : -SL_MALFORMED_L4);
	}
	frame[17] = 41;
	assert_int_equal(parse_octets(frame, n, &p), -SL_MALFORMED_L3);
	frame[17] = 40;
	assert_int_equal(parse_octets(frame, n, &p), 0);
}

static void the_straight_line_agrees_with_the_long_way(void **state)
{
	uint8_t frame[FRAME];
	struct pkt straight, all;

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		size_t n = unhex(shapes[i].hex, frame);
		struct cursor c = { .start = frame, .end = frame + n };

		memset(&straight, 0, sizeof(straight));
		memset(&all, 0, sizeof(all));
		if (parse_straight(&c, &straight))
			continue;
		all.length = c.limit = (__u32)n;
		assert_int_equal(parse_frame(&c, &all), 0);
		assert_memory_equal(&straight, &all, sizeof(all));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_frame_is_parsed),
		cmocka_unit_test(a_frame_cut_anywhere_is_never_taken),
		cmocka_unit_test(padding_completes_no_header),
		cmocka_unit_test(the_straight_line_agrees_with_the_long_way),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
