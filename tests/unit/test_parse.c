/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parser on the host: what it takes, and what it reads of it. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/parse_frames.h"

static struct frame f;

static void every_kind_of_frame_is_read(void **state)
{
	struct pkt p, want;

	(void)state;
	for (const struct shape *s = shapes; s < shapes + n_shapes; s++) {
		frame_write(&f, s->text);
		want = shape_want(s, &f);
		if (parse_long_way(f.octet, f.n, &p))
			fail_msg("%s: refused", s->name);
		expect_pkt(s->name, &p, &want);
		if (!parse_short_way(f.octet, f.n, &p))
			expect_pkt(s->name, &p, &want);
	}
}

/* Of the length of the shortest frame on a wire, or what asks for one. */
static void the_common_packet_goes_straight(void **state)
{
	static const char *const common[] = {
		MACS IP4(P_TCP) "/" TCP, MACS IP4(P_UDP) "/" UDP "{18}",
		MACS IP6(P_TCP) "/" TCP, MACS IP6(P_UDP) "/" UDP,
		MACS IP4(P_TCP) "/" TCP "| {6}", MACS IP4(P_UDP) "/" UDP "| {18}",
	};
	struct pkt p;

	(void)state;
	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++) {
		frame_write(&f, common[i]);
		if (parse_short_way(f.octet, f.n, &p))
			fail_msg("%s: refused", common[i]);
	}
}

static void a_frame_cut_anywhere_is_never_taken(void **state)
{
	struct pkt p;

	(void)state;
	for (const struct shape *s = shapes; s < shapes + n_shapes; s++) {
		size_t l3, needed;

		frame_write(&f, s->text);
		l3 = 14 + 4u * s->want.tags;
		needed = s->want.family ? f.end : l3;
		for (size_t n = 0; n < f.n; n++) {
			int reason = n < l3 ? SL_SHORT_FRAME : n < needed ? SL_MALFORMED_L3 : 0;

			if (parse_long_way(f.octet, n, &p) != -reason)
				fail_msg("%s: cut to %zu octets", s->name, n);
			if (!parse_short_way(f.octet, n, &p) && reason)
				fail_msg("%s: cut to %zu octets, taken", s->name, n);
		}
	}
}

static void padding_is_never_read(void **state)
{
	struct pkt p, want;

	(void)state;
	for (const struct shape *s = shapes; s < shapes + n_shapes; s++) {
		frame_write(&f, s->text);
		want = shape_want(s, &f);
		for (int i = 0; i < 46; i++) {
			f.octet[f.n++] = 0xff;
			want.length++;
			if (parse_long_way(f.octet, f.n, &p))
				fail_msg("%s: padded to %zu octets", s->name, f.n);
			expect_pkt(s->name, &p, &want);
			if (!parse_short_way(f.octet, f.n, &p))
				expect_pkt(s->name, &p, &want);
		}
	}
}

/* Octets of the transport header that are read. */
static size_t header_size(const struct pkt *p)
{
	if (p->fragment == SL_FRAG_LATER)
		return 0;
	switch (p->proto) {
	case PROTO_TCP: return 20;
	case PROTO_UDP: return 8;
	case PROTO_SCTP: return 12;
	case PROTO_ICMP: return p->family == 4 ? 8 : 0;
	case PROTO_ICMPV6: return p->family == 6 ? 8 : 0;
	}
	return 0;
}

static bool is_cut_at(int reason, size_t linear, const struct pkt *want)
{
	int in_first = want->fragment == SL_FRAG_FIRST ? SL_FRAGMENT_BAD : 0;

	if (linear < want->l3)
		return reason == SL_SHORT_FRAME;
	if (linear < want->l3 + (want->family == 4 ? 20u : 40u))
		return reason == SL_MALFORMED_L3;
	if (linear >= want->l4)
		return reason == (in_first ? in_first : SL_MALFORMED_L4);
	return reason && (reason == SL_MALFORMED_L3 || reason == SL_MALFORMED_L4 || reason == in_first);
}

static void headers_in_a_later_buffer_are_cut(void **state)
{
	struct pkt p, want;

	(void)state;
	for (const struct shape *s = shapes; s < shapes + n_shapes; s++) {
		size_t needed;

		frame_write(&f, s->text);
		want = shape_want(s, &f);
		needed = want.family ? f.l4 + header_size(&want) : want.l3;
		for (size_t linear = 0; linear < f.n; linear++) {
			int err = parse_first_buffer(f.octet, f.n, linear, &p);

			if (linear >= needed ? err : !is_cut_at(-err, linear, &want))
				fail_msg("%s: reason %d with %zu octets", s->name, -err, linear);
			if (!err)
				expect_pkt(s->name, &p, &want);
		}
	}
}

/* n extension headers before TCP: at `place` of this kind, else destination
 * options. */
static void write_chain(const char *kind, int n, int place)
{
	char text[1024];
	int used = sprintf(text, MACS IP6("%s"), n && !place ? kind : n ? P_DST : P_TCP);

	for (int i = 0; i < n; i++) {
		const char *next = i + 1 == n ? P_TCP : i + 1 == place ? kind : P_DST;
		const char *format = EXT("%s");

		if (i == place && !strcmp(kind, P_FRAG))
			format = ATOMIC("%s");
		else if (i == place && !strcmp(kind, P_AH))
			format = AH("%s");
		used += snprintf(text + used, sizeof(text) - (size_t)used, format, next);
	}
	snprintf(text + used, sizeof(text) - (size_t)used, "/" TCP);
	frame_write(&f, text);
}

static int chain_reason(const char *kind, int n, int place)
{
	if (!strcmp(kind, P_HOP) && place && place <= SL_EXTENSIONS_MAX)
		return SL_MALFORMED_L3;
	return n > SL_EXTENSIONS_MAX ? SL_EXTENSION_DEPTH : 0;
}

static void six_extension_headers_are_walked_and_no_more(void **state)
{
	static const char *const kinds[] = { P_HOP, P_DST, P_ROUTING, P_FRAG, P_AH, P_MOBILITY };
	struct pkt p;

	(void)state;
	for (int n = 0; n <= 8; n++) {
		for (int i = 0; i < 6 * n; i++) {
			const char *kind = kinds[i % 6];
			int reason = chain_reason(kind, n, i / 6);

			write_chain(kind, n, i / 6);
			if (parse_long_way(f.octet, f.n, &p) != -reason)
				fail_msg("%d headers, %s at %d", n, kind, i / 6);
			if (!reason)
				assert_int_equal(p.l4, f.l4);
			if (!reason)
				assert_int_equal(p.dport, BE16(80));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_frame_is_read),
		cmocka_unit_test(the_common_packet_goes_straight),
		cmocka_unit_test(a_frame_cut_anywhere_is_never_taken),
		cmocka_unit_test(padding_is_never_read),
		cmocka_unit_test(headers_in_a_later_buffer_are_cut),
		cmocka_unit_test(six_extension_headers_are_walked_and_no_more),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
