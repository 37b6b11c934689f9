/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records' table on the host: what is found, what is recorded, what goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/flows.h"
#include "tests/unit/random.h"

/* ---- the fingerprint --------------------------------------------------------- */

/* SipHash-1-3 of any octets, by the letter of the paper. */
static uint64_t sip_octets(const __u64 secret[2], const uint8_t *octet, size_t n)
{
	uint64_t word = 0;
	struct sip s;
	__u64 key[4];

	sl_sip_key(secret, key);
	sip_begin(&s, key);
	for (size_t i = 0; i < n; i++) {
		word |= (uint64_t)octet[i] << 8 * (i % 8);
		if (i % 8 == 7) {
			sip_word(&s, word);
			word = 0;
		}
	}
	sip_end(&s, word | (uint64_t)n << 56);
	return sip_sum(&s);
}

/* Of the octets 0, 1, 2 ... under the key 0, 1, 2 ...: published with Rust. */
static void siphash_says_what_others_say(void **state)
{
	static const __u64 key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	uint8_t octet[64];

	(void)state;
	for (uint8_t i = 0; i < 64; i++)
		octet[i] = i;
	assert_int_equal(sip_octets(key, octet, 0), 0xabac0158050fc4dc);
	assert_int_equal(sip_octets(key, octet, 1), 0xc9f49bf37d57ca93);
	assert_int_equal(sip_octets(key, octet, 15), 0xd320d86d2a519956);
}

static struct flow flow_from(const struct pkt *p)
{
	static const __u64 key[4] = { 11, 22, 33, 44 };
	struct flow f = { 0 };

	flow_of(p, key, &f);
	return f;
}

static void every_field_of_a_flow_is_in_its_fingerprint(void **state)
{
	struct pkt base = { .src = { 1ull << 32 }, .dst = { 2ull << 32 },
			    .sport = 3, .dport = 4, .proto = 6, .family = 4 };
	struct flow first = flow_from(&base), other;

	(void)state;
#define DIFFERS(change) do { \
		struct pkt p = base; \
		change; \
		other = flow_from(&p); \
		assert_int_not_equal(other.tag, first.tag); \
		assert_int_not_equal(other.set, first.set); \
	} while (0)
	DIFFERS(p.src[0] += 1ull << 32);
	DIFFERS(p.dst[0] += 1ull << 32);
	DIFFERS(p.sport++);
	DIFFERS(p.dport++);
	DIFFERS(p.proto = 17);
	DIFFERS(p.family = 6);
	base.family = 6;
	first = flow_from(&base);
	DIFFERS(p.src[0]++);
	DIFFERS(p.src[1]++);
	DIFFERS(p.dst[0]++);
	DIFFERS(p.dst[1]++);
#undef DIFFERS
	assert_int_equal(first.tag & 1, 0);
	assert_int_equal(first.tag, flow_from(&base).tag);
}

/* ---- the table ------------------------------------------------------------------ */

enum { LASTS = 500, HASH = 0x12345400, POOL = 7 };

static struct sl_records set;
static struct sl_record *at;

/* Flow i of that time. */
static struct flow flow_at(uint64_t i, uint32_t now)
{
	return (struct flow){ .tag = (i + 1) << 1, .lasts = LASTS,
			      .longest = LASTS, .is = SL_RECORD(0, POOL, HASH, now) };
}

static int insert(uint64_t i, uint32_t backend, uint32_t now)
{
	struct flow f = flow_at(i, now);

	f.is |= backend;
	return record_insert(&set, &f);
}

/* Its backend, as a packet that looks only. */
static uint32_t look(uint64_t i, uint32_t now)
{
	struct flow f = flow_at(i, now);

	return SL_RECORD_BACKEND(record_find(&set, &f, OF_FLOW, &at).is);
}

static uint32_t packet(uint64_t i, uint32_t now, int confirms)
{
	struct flow f = flow_at(i, now);
	struct sl_record was = record_find(&set, &f, OF_FLOW, &at);

	if (was.tag)
		record_refresh(at, was, &f);
	if (was.tag && confirms)
		record_confirm(at, was.tag);
	return SL_RECORD_BACKEND(was.is);
}

static int empty(void **state)
{
	(void)state;
	memset(&set, 0, sizeof(set));
	return 0;
}

static void a_record_is_found_and_no_other(void **state)
{
	(void)state;
	assert_int_equal(look(1, 100), 0);
	assert_true(insert(1, 42, 100));
	assert_int_equal(look(1, 100), 42);
	assert_int_equal(look(2, 100), 0);
	assert_int_equal(look(0, 100), 0);
}

static void a_record_of_another_pool_or_hash_is_not_the_flows(void **state)
{
	struct flow f = flow_at(1, 100);

	(void)state;
	assert_true(insert(1, 42, 100));
	f.is = SL_RECORD(0, POOL + 1, HASH, 100);
	assert_int_equal(record_find(&set, &f, OF_FLOW, &at).tag, 0);
	f.is = SL_RECORD(0, POOL, HASH + 1024, 100);
	assert_int_equal(record_find(&set, &f, OF_FLOW, &at).tag, 0);
	f.is = SL_RECORD(0, POOL, HASH + 1023, 100);	/* 22 bits are kept */
	assert_int_equal(SL_RECORD_BACKEND(record_find(&set, &f, OF_FLOW, &at).is), 42);
}

static void an_unconfirmed_record_lasts_a_minute_after_the_last_syn(void **state)
{
	(void)state;
	assert_true(insert(1, 42, 100));
	assert_int_equal(look(1, 159), 42);
	assert_int_equal(look(1, 160), 0);
	assert_int_equal(packet(1, 150, 0), 42);
	assert_int_equal(look(1, 209), 42);
	assert_int_equal(look(1, 210), 0);
}

/* Pools differ in how long theirs last. */
static void a_flow_of_a_pool_of_short_memory_takes_no_others_record(void **state)
{
	struct flow f;

	(void)state;
	for (uint64_t i = 0; i < SL_RECORD_WAYS; i++) {
		assert_true(insert(i, 42, 100));
		assert_int_equal(packet(i, 100, 1), 42);
	}
	f = flow_at(50, 110 + LASTS / 2);
	f.is = SL_RECORD(43, POOL + 1, HASH, 110 + LASTS / 2);
	f.lasts = LASTS / 2;
	assert_false(record_insert(&set, &f));
	f.is = SL_RECORD(43, POOL + 1, HASH, 100 + LASTS);
	assert_true(record_insert(&set, &f));
}

static void a_confirmed_record_lasts_as_its_pool_says(void **state)
{
	(void)state;
	assert_true(insert(1, 42, 100));
	assert_int_equal(packet(1, 110, 1), 42);
	assert_int_equal(look(1, 110 + LASTS - 1), 42);
	assert_int_equal(look(1, 110 + LASTS), 0);
	assert_int_equal(packet(1, 400, 0), 42);	/* a SYN refreshes it too */
	assert_int_equal(look(1, 400 + LASTS - 1), 42);
}

static void time_wraps(void **state)
{
	(void)state;
	assert_true(insert(1, 42, 0xfffff0));
	assert_int_equal(look(1, 0xfffff0 + 59), 42);
	assert_int_equal(look(1, 0xfffff0 + 60), 0);
}

static void a_clock_that_is_behind_makes_nothing_old(void **state)
{
	(void)state;
	assert_true(insert(1, 42, 100));
	assert_int_equal(packet(1, 99, 1), 42);
	assert_int_equal(look(1, 98), 42);
}

static void fill(uint32_t now)
{
	for (uint64_t i = 1; i <= SL_RECORD_WAYS; i++)
		assert_true(insert(i, 10 + (uint32_t)i, now));
}

static void a_full_set_keeps_handshakes(void **state)
{
	(void)state;
	fill(100);
	assert_false(insert(9, 42, 100));
	assert_false(insert(9, 42, 102));
	for (uint64_t i = 1; i <= SL_RECORD_WAYS; i++)
		assert_int_equal(look(i, 102), 10 + i);
}

static void a_full_set_gives_up_its_oldest_unconfirmed(void **state)
{
	(void)state;
	fill(100);
	for (uint64_t i = 1; i <= SL_RECORD_WAYS; i++)
		if (i != 5)
			packet(i, 101, 0);
	assert_true(insert(9, 42, 110));
	assert_int_equal(look(5, 110), 0);
	assert_int_equal(look(9, 110), 42);
	for (uint64_t i = 1; i <= SL_RECORD_WAYS; i++)
		assert_int_equal(look(i, 110), i == 5 ? 0 : 10 + i);
}

static void a_confirmed_record_never_goes_while_it_lives(void **state)
{
	(void)state;
	fill(100);
	for (uint64_t i = 1; i <= SL_RECORD_WAYS; i++)
		packet(i, 100, 1);
	assert_false(insert(9, 42, 100 + LASTS - 1));
	assert_true(insert(9, 42, 100 + LASTS));
}

static void what_has_passed_goes_before_what_lives(void **state)
{
	(void)state;
	fill(100);
	for (uint64_t i = 1; i <= SL_RECORD_WAYS; i++)
		if (i != 3)
			packet(i, 130, 0);
	assert_true(insert(9, 42, 165));
	assert_int_equal(look(3, 165), 0);
	assert_int_equal(look(4, 165), 14);
}

static void a_flow_takes_its_own_old_way_again(void **state)
{
	(void)state;
	assert_true(insert(1, 42, 100));
	assert_true(insert(2, 43, 100));
	packet(1, 100, 1);
	assert_true(insert(1, 44, 100 + LASTS));
	assert_int_equal(look(1, 100 + LASTS), 44);
	assert_int_equal(look(1, 100 + LASTS + 60), 0);	/* unconfirmed anew */
	for (int i = 2; i < SL_RECORD_WAYS; i++)
		assert_int_equal(set.way[i].tag, 0);
}

static void what_is_being_written_is_left_alone(void **state)
{
	(void)state;
	for (int i = 0; i < SL_RECORD_WAYS; i++)
		set.way[i].tag = SL_RECORD_BUSY;
	assert_int_equal(look(0, 100), 0);
	assert_false(insert(0, 42, 100));
	set.way[6].tag = 0;
	assert_true(insert(0, 42, 100));
	assert_int_equal(set.way[6].tag, 2);
}

static void who_took_the_way_keeps_it(void **state)
{
	const struct sl_record taken = { 8, SL_RECORD(43, POOL, HASH, 150) };
	struct flow f = flow_at(1, 120);
	struct sl_record was;

	(void)state;
	assert_true(insert(1, 42, 100));
	was = record_find(&set, &f, OF_FLOW, &at);
	assert_int_equal(SL_RECORD_BACKEND(was.is), 42);
	*at = taken;
	record_refresh(at, was, &f);
	record_confirm(at, was.tag);
	assert_memory_equal(at, &taken, sizeof(taken));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, empty)
	static const struct CMUnitTest tests[] = {
		TEST(siphash_says_what_others_say),
		TEST(every_field_of_a_flow_is_in_its_fingerprint),
		TEST(a_record_is_found_and_no_other),
		TEST(a_record_of_another_pool_or_hash_is_not_the_flows),
		TEST(an_unconfirmed_record_lasts_a_minute_after_the_last_syn),
		TEST(a_confirmed_record_lasts_as_its_pool_says),
		TEST(a_flow_of_a_pool_of_short_memory_takes_no_others_record),
		TEST(time_wraps),
		TEST(a_clock_that_is_behind_makes_nothing_old),
		TEST(a_full_set_keeps_handshakes),
		TEST(a_full_set_gives_up_its_oldest_unconfirmed),
		TEST(a_confirmed_record_never_goes_while_it_lives),
		TEST(what_has_passed_goes_before_what_lives),
		TEST(a_flow_takes_its_own_old_way_again),
		TEST(what_is_being_written_is_left_alone),
		TEST(who_took_the_way_keeps_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
