/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Limits: what passes is the burst and what the rate brings, by the clock that
 * the test reads as well, whatever its packets' pace and however busy the
 * machine is.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/packet/harness.h"
#include "tests/packet/rig.h"

#define RULES(text) HEAD "filter: {rules: [" text "]}\n"
/* Buckets follow a rule by its name: each test has its own. */
#define LIMIT(name, rate) RULES("{name: " name ", rate: {" rate "}, action: drop}")

/* The coarse clock moves with the tick that packets read: when the CPU that keeps
 * time is taken away both stand still. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double tick(void)
{
	struct timespec t;

	clock_getres(CLOCK_MONOTONIC_COARSE, &t);
	return (double)t.tv_nsec / 1e9;
}

static void udp_from(struct frame *f, uint32_t source)
{
	char text[32];

	snprintf(text, sizeof(text), "%u.%u.%u.%u", source >> 24, source >> 16 & 255, source >> 8 & 255, source & 255);
	frame_build(f, PACKET(ETH(), IP4(.src = text), UDP()), NULL);
}

static int passes(const struct frame *f)
{
	static __thread uint8_t out[FRAME_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = f->byte, .data_size_in = (uint32_t)f->length,
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1);

	if (bpf_prog_test_run_opts(rig_prog_fd(), &run))
		fail_msg("BPF_PROG_TEST_RUN: %s", strerror(errno));
	return run.retval == XDP_PASS;
}

/* ---- a second of packets ------------------------------------------------------ */

struct limit { double rate, burst; };

/* Who sends, and what it saw; times in seconds. A packet is decided between the
 * two times around it. */
struct sender {
	pthread_t thread;
	const struct frame *frame;
	struct limit limit;
	int cpu, passed;
	double end;
	double before;		/* the last packet */
	double first;		/* was decided by then */
	double dropped;		/* the last one that was: not before then */
	double lost;		/* with a full bucket, as no packet came */
};

static void send_one(struct sender *s)
{
	double before = now(), after, without;
	int passed = passes(s->frame);

	after = now();
	s->passed += passed;
	if (!s->first)
		s->first = after;
	else if ((without = after - s->before) > s->limit.burst / s->limit.rate)
		s->lost += without - s->limit.burst / s->limit.rate;
	if (!passed)
		s->dropped = before;
	s->before = before;
}

/* When one is dropped the bucket is empty: the burst has passed, and all that the
 * rate brought. With several, one that never waited is enough. */
static void expect_share(const struct sender *s, int n, double start)
{
	double first = s->first, dropped = s->dropped, lost = s->lost, end = now();
	double low, high;
	int passed = 0;

	for (int i = 0; i < n; i++) {
		passed += s[i].passed;
		first = s[i].first < first ? s[i].first : first;
		dropped = s[i].dropped > dropped ? s[i].dropped : dropped;
		lost = s[i].lost < lost ? s[i].lost : lost;
	}
	low = s->limit.burst + s->limit.rate * (dropped - first - lost);
	high = s->limit.burst + s->limit.rate * (end - start);
	if (passed < 0.98 * low || passed > 1.02 * high)
		fail_msg("%d passed: want %.0f to %.0f, 2 %% more or less", passed, low, high);
}

/* What is known of one bucket: until when it is paid for, at least and at most. */
struct bucket { double least, most; };

/* A packet was decided between two times: could it be? */
static void expect_step(struct bucket *b, const struct limit *l, double before, double after, int passed)
{
	double price = 1 / l->rate, room = l->burst / l->rate;
	int must_pass = b->most + price <= before + room;
	int must_drop = b->least + price > after + room;

	if (passed ? must_drop : must_pass)
		fail_msg("a packet %s: %.1f to %.1f of %.0f are in use", passed ? "passed" : "was dropped",
			 (b->least - after) * l->rate, (b->most - before) * l->rate, l->burst);
	if (passed) {
		b->least = (b->least > before ? b->least : before) + price;
		b->most = (b->most > after ? b->most : after) + price;
	} else if (b->least < before + room - price) {
		b->least = before + room - price;
	}
}

/* 1100, that is, when the machine has the time for it: each packet's fate follows
 * from when those before it came. */
static void of_5000_packets_in_a_second_1100_pass(void **state)
{
	const struct limit limit = { 1000, 100 };
	struct bucket bucket = { 0, 0 };
	double start, before;
	int passed = 1;
	struct frame f;

	(void)state;
	rig_apply_again(HEAD);
	rig_apply_again(LIMIT("second", "packets: 1000/s, burst: 100, per: source"));
	udp_from(&f, 0x0a000001u);
	start = now();
	for (int i = 0; i < 5000 || passed; i++) {
		while (i < 5000 && now() < start + (double)i / 5000)
			;
		before = now() - tick();
		passed = passes(&f);
		expect_step(&bucket, &limit, before, now() + tick(), passed);
	}
	udp_from(&f, 0x0a0000ff);
	for (int i = 0; i < 100; i++)
		assert_true(passes(&f)); /* another source, its own burst */
}

/* ---- CPUs side by side ----------------------------------------------------- */

static void *send_until(void *arg)
{
	struct sender *s = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)s->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	do
		send_one(s);
	while (s->before < s->end);
	return NULL;
}

/* Two senders at least, on as many CPUs as there are. */
static void all_cpus_share_a_bucket(const char *config, uint32_t source)
{
	int n = sl_cpus() < 2 ? 2 : sl_cpus() > 16 ? 16 : sl_cpus();
	struct sender s[16] = { { 0 } };
	struct frame f;
	double start;

	rig_apply_again(HEAD);
	rig_apply_again(config);
	udp_from(&f, source);
	start = now();
	for (int i = 0; i < n; i++) {
		s[i] = (struct sender){ .frame = &f, .limit = { 20000, 2000 }, .cpu = i % sl_cpus(), .end = start + 1 };
		assert_int_equal(pthread_create(&s[i].thread, NULL, send_until, &s[i]), 0);
	}
	for (int i = 0; i < n; i++)
		pthread_join(s[i].thread, NULL);
	expect_share(s, n, start);
}

static void all_cpus_share_the_bucket_of_a_source(void **state)
{
	(void)state;
	all_cpus_share_a_bucket(LIMIT("cpus", "packets: 20k/s, burst: 2000, per: source"), 0x0a000100);
}

static void all_cpus_share_the_bucket_of_a_rule(void **state)
{
	(void)state;
	all_cpus_share_a_bucket(RULES("{name: cpus2, proto: udp, rate: {packets: 20k/s, burst: 2000, per: rule}, action: drop}"
				      ", {name: tcp, proto: tcp, rate: {packets: 1/s, per: rule}, action: drop}"), 0x0a000100);
}

/* ---- what shares a bucket ---------------------------------------------------- */

#define SLOW "packets: 1/s, burst: 50"

static double exhausted;	/* since then a bucket is empty, but for one a second */

static int passed_of(int n, const struct layer *packet)
{
	struct frame f;
	int passed = 0;

	frame_build(&f, packet, NULL);
	for (int i = 0; i < n; i++)
		passed += passes(&f);
	return passed;
}

static void exhaust(const struct layer *packet)
{
	int n;

	exhausted = now();
	n = passed_of(70, packet);
	assert_true(n >= 50 && n <= 51 + now() - exhausted);
}

static void expect_shared(const struct layer *packet)
{
	assert_true(passed_of(70, packet) <= 1 + now() - exhausted);
}

#define EXHAUST(packet)	exhaust(packet)
#define SHARES(packet)	expect_shared(packet)
#define ALONE(packet)	assert_true(passed_of(70, packet) >= 50)
#define FROM(a)		PACKET(ETH(), IP4(.src = (a)), UDP())
#define FROM_TO(a, b)	PACKET(ETH(), IP4(.src = (a), .dst = (b)), UDP())
#define FROM6(a)	PACKET(ETH(), IP6(.src = (a)), UDP())

static void a_prefix_shares_a_bucket_and_the_next_does_not(void **state)
{
	(void)state;
	rig_apply_again(HEAD);
	rig_apply(LIMIT("prefix", SLOW ", per: source/24, per6: source/56"));
	EXHAUST(FROM("192.0.2.1"));
	SHARES(FROM("192.0.2.255"));
	ALONE(FROM("192.0.3.1"));
	EXHAUST(FROM6("2001:db8:1:ff00::1"));
	SHARES(FROM6("2001:db8:1:ff80::2"));
	ALONE(FROM6("2001:db8:1:fe00::1"));
}

static void an_address_is_a_source_of_its_own(void **state)
{
	(void)state;
	rig_apply_again(HEAD);
	rig_apply(LIMIT("address", SLOW ", per: source"));
	EXHAUST(FROM("192.0.2.1"));
	ALONE(FROM("192.0.2.2"));
	EXHAUST(FROM6("2001:db8::1:0:0:1"));
	ALONE(FROM6("2001:db8::1:0:0:2"));
	ALONE(FROM6("2001:db8::2:0:0:1"));
}

static void destinations_have_buckets_too(void **state)
{
	(void)state;
	rig_apply_again(HEAD);
	rig_apply(LIMIT("to", SLOW ", per: destination/24"));
	EXHAUST(FROM_TO("192.0.2.1", "203.0.113.1"));
	SHARES(FROM_TO("198.51.100.1", "203.0.113.2"));
	ALONE(FROM_TO("192.0.2.1", "203.0.114.1"));
}

static void a_rule_has_one_bucket(void **state)
{
	(void)state;
	rig_apply_again(HEAD);
	rig_apply(LIMIT("whole", SLOW ", per: rule"));
	EXHAUST(FROM("192.0.2.1"));
	SHARES(FROM("10.0.0.1"));
	SHARES(FROM6("2001:db8::1"));
}

static void two_rules_have_their_own(void **state)
{
	(void)state;
	rig_apply_again(HEAD);
	rig_apply(RULES("{name: a, dport: 1, proto: udp, rate: {" SLOW ", per: source}, action: drop}, "
			"{name: b, dport: 2, proto: udp, rate: {" SLOW ", per: source}, action: drop}"));
	EXHAUST(PACKET(ETH(), IP4(), UDP(.dport = 1)));
	ALONE(PACKET(ETH(), IP4(), UDP(.dport = 2)));
}

/* 8 kbit and 8 bit/s: 1000 octets at first, and hardly more while this lasts. */
static void bits_are_those_of_the_frame(void **state)
{
	int passed;

	(void)state;
	rig_apply_again(HEAD);
	rig_apply(LIMIT("bits", "bits: 8bit/s, burst: 80000bit, per: rule"));
	passed = passed_of(100, PACKET(ETH(), IP4(), UDP(), DATA(458))); /* 500 octets */
	expect_number((uint64_t)passed, 20);
	rig_apply_again(HEAD);
	rig_apply(LIMIT("bits6", "bits: 8bit/s, burst: 80000bit, per: source"));
	passed = passed_of(100, PACKET(ETH(), IP4(), UDP(), DATA(58)));
	expect_number((uint64_t)passed, 100);
}

/* Two of these at once, and then one in hours. */
#define TWO "bits: 1bit/s, burst: 24kbit"
#define LONG DATA(1400)

/* ---- where a limit stands among rules ------------------------------------------ */

static void send_expecting(const struct layer *packet, int action, enum sl_reason reason, const char *rules)
{
	static struct outcome o;

	rig_send(packet, &o);
	expect_verdict(&o, action, reason);
	expect_text(o.rules, rules);
}

static void under_the_rate_the_next_rule_decides(void **state)
{
	const struct layer *packet = PACKET(ETH(), IP4(), UDP(), LONG);

	(void)state;
	rig_apply_again(HEAD);
	rig_apply(RULES("{name: under, rate: {" TWO ", per: rule}, action: drop}, {name: d, action: drop}"));
	send_expecting(packet, XDP_DROP, SL_RULE, "d");
	send_expecting(packet, XDP_DROP, SL_RULE, "d");
	passed_of(3, packet);
	send_expecting(packet, XDP_DROP, SL_RATE_LIMIT, "under");
}

static void a_verdict_before_the_limit_pays_nothing(void **state)
{
	(void)state;
	rig_apply_again(HEAD);
	rig_apply(RULES("{name: p, proto: udp, action: pass}, {name: behind, rate: {" TWO ", per: rule}, action: drop}"));
	for (int i = 0; i < 9; i++)
		send_expecting(PACKET(ETH(), IP4(), UDP(), LONG), XDP_PASS, SL_RULE, "p");
	send_expecting(PACKET(ETH(), IP4(), TCP(), LONG), XDP_PASS, SL_PASS, "");
}

static void counts_and_limits_are_visited_in_order(void **state)
{
	const struct layer *packet = PACKET(ETH(), IP4(), UDP(), LONG);

	(void)state;
	rig_apply_again(HEAD);
	rig_apply(RULES("{name: a, action: count}, {name: order, rate: {" TWO ", per: source}, action: drop}, "
			"{name: b, action: count}, {name: d, proto: tcp, action: drop}"));
	send_expecting(packet, XDP_PASS, SL_PASS, "a b");
	send_expecting(PACKET(ETH(), IP4(), TCP(), LONG), XDP_DROP, SL_RULE, "a b d");
	passed_of(3, packet);
	send_expecting(packet, XDP_DROP, SL_RATE_LIMIT, "a order");
}

static void what_is_over_may_also_be_counted_or_passed(void **state)
{
	const struct layer *packet = PACKET(ETH(), IP4(), UDP(), LONG);

	(void)state;
	rig_apply_again(HEAD);
	rig_apply(RULES("{name: k, rate: {" TWO ", per: source}, action: count}"));
	send_expecting(packet, XDP_PASS, SL_PASS, "");
	passed_of(4, packet);
	send_expecting(packet, XDP_PASS, SL_PASS, "k");
	rig_apply(RULES("{name: m, rate: {" TWO ", per: source}, action: drop, dry_run: true}"));
	passed_of(4, packet);
	send_expecting(packet, XDP_PASS, SL_PASS, "m");
	rig_apply(RULES("{name: n, rate: {" TWO ", per: source}, action: pass}"));
	passed_of(4, packet);
	send_expecting(packet, XDP_PASS, SL_RULE, "n");
}

static void a_bucket_follows_its_rule_by_name(void **state)
{
	const struct layer *packet = PACKET(ETH(), IP4(), UDP());

	(void)state;
	rig_apply_again(HEAD);
	rig_apply(LIMIT("follow", SLOW ", per: source"));
	EXHAUST(packet);
	rig_apply(RULES("{name: other, proto: tcp, action: drop}, {name: follow, rate: {" SLOW ", per: source}, action: drop}"));
	SHARES(packet);
}

/* What was taken at a rate that was too low is not to be waited for. */
static void another_rate_begins_anew(void **state)
{
	static const char *const pers[] = { "source", "rule" };
	char low[200], more[200];
	struct frame f;

	(void)state;
	udp_from(&f, 0x0a000001);
	for (int i = 0; i < 2; i++) {
		snprintf(low, sizeof(low), LIMIT("again", "packets: 1/s, burst: 3000, per: %s"), pers[i]);
		snprintf(more, sizeof(more), LIMIT("again", "packets: 1/s, burst: 3, per: %s"), pers[i]);
		rig_apply_again(HEAD);
		rig_apply(low);
		for (int n = 0; n < 3000; n++)
			assert_true(passes(&f));
		rig_apply(more);
		assert_true(passes(&f) && passes(&f));
		while (passes(&f))	/* the same rate goes on */
			continue;
		rig_apply_again(more);
		assert_false(passes(&f) && passes(&f) && passes(&f));
	}
}

/* ---- a table that is too small ---------------------------------------------- */

enum { SPOOFED = 2000000, BETWEEN = 500 };
#define FIVE "bits: 1bit/s, burst: 60kbit"	/* and the next in hours */

/* Each bucket is taken while this lasts, and far more come than there are. */
static void two_million_sources_neither_free_nor_rob_another(void **state)
{
	struct frame spoofed, heavy, early;
	int passed, others = 0;

	(void)state;
	rig_apply_again(HEAD);
	rig_apply("sluice: 1\ninterfaces: {}\nseed: packets\nlimits: {buckets: 100000}\n"
		  "filter: {rules: [{name: flood, rate: {" FIVE ", per: source}, action: drop}]}\n");
	frame_build(&heavy, PACKET(ETH(), IP4(.src = "192.0.2.1"), UDP(), LONG), NULL);
	frame_build(&early, PACKET(ETH(), IP4(.src = "192.0.2.2"), UDP(), LONG), NULL);
	spoofed = heavy;
	passed = passes(&heavy);
	assert_true(passes(&early));
	for (uint32_t i = 0; i < SPOOFED; i++) {
		uint32_t source = i * 2654435761u;

		for (int at = 0; at < 4; at++)
			spoofed.byte[26 + at] = (uint8_t)(source >> (24 - 8 * at));
		others += passes(&spoofed);
		if (i % BETWEEN == 0)
			passed += passes(&heavy);
	}
	assert_int_equal(passed, 5);
	/* the table was full: newcomers shared, and were limited too */
	assert_true(others > 65536 && others < SPOOFED / 2);
	assert_false(passes(&heavy));
	for (int i = 1; i < 5; i++)
		assert_true(passes(&early)); /* what it has is its own */
	assert_false(passes(&early));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_5000_packets_in_a_second_1100_pass),
		cmocka_unit_test(all_cpus_share_the_bucket_of_a_source),
		cmocka_unit_test(all_cpus_share_the_bucket_of_a_rule),
		cmocka_unit_test(a_prefix_shares_a_bucket_and_the_next_does_not),
		cmocka_unit_test(an_address_is_a_source_of_its_own),
		cmocka_unit_test(destinations_have_buckets_too),
		cmocka_unit_test(a_rule_has_one_bucket),
		cmocka_unit_test(two_rules_have_their_own),
		cmocka_unit_test(bits_are_those_of_the_frame),
		cmocka_unit_test(under_the_rate_the_next_rule_decides),
		cmocka_unit_test(a_verdict_before_the_limit_pays_nothing),
		cmocka_unit_test(counts_and_limits_are_visited_in_order),
		cmocka_unit_test(what_is_over_may_also_be_counted_or_passed),
		cmocka_unit_test(a_bucket_follows_its_rule_by_name),
		cmocka_unit_test(another_rate_begins_anew),
		cmocka_unit_test(two_million_sources_neither_free_nor_rob_another),
	};

	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(tests[0]));
}
