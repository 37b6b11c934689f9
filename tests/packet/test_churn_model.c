/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Does any flow break? Flows are born, send, pause, end and reuse old ports,
 * SYNs are repeated late, and the pool changes several times a second: backends
 * are added, drained, killed, recover and go, weights change, the ring grows. A
 * flow breaks when a packet of it reaches another backend than the one that
 * accepted it, while that one has been alive all the time.
 *
 * What no balancer without state for each flow can promise is left out, and
 * counted: a flow that was silent too long (the machine was busy elsewhere), and
 * a SYN repeated for a flow that has no record. The rules of DESIGN 4, written
 * down once more, are asked about every packet (churn.c).
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/packet/churn.h"
#include "tests/packet/flows.h"
#include "tests/packet/harness.h"
#include "user/lib/ticks.h"

enum { TUPLES = 40000, LATE = 512 };
enum { PAUSE_MS = 1500, SILENT_MS = 1000 * (UDP_GRACE_S - 1) };

struct flow_state {
	uint64_t sent_ms, pause_ms;	/* when last, and not before */
	uint8_t backend;		/* that accepted it; 0: it is not alive */
	bool fresh;			/* only its SYN was sent so far */
};

static struct run {
	const char *label;
	bool flood;
	unsigned flows;			/* to be born */
	struct pool pool;
	uint64_t random;
	unsigned born, broken, silent, differ, changes, flooded, late;
	unsigned long packets, tracked;
	uint64_t pressed;		/* counted before */
	struct flow_state flow[TUPLES];
} run;

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint32_t below(uint32_t n)
{
	return next_random(&run.random) % n;
}

/* Every fourth tuple is of UDP. */
static struct shot shot_of(unsigned tuple, bool syn)
{
	return (struct shot){
		.source = tuple >> 4,
		.sport = (uint16_t)(1024 + (tuple & 15)),
		.proto = tuple % 4 ? IPPROTO_TCP : IPPROTO_UDP,
		.syn = syn && tuple % 4,
	};
}

/* ---- the pool's changes ------------------------------------------------- */

static unsigned number_of(enum backend_is what)
{
	unsigned n = 0;

	for (unsigned i = 1; i <= POOL_BACKENDS; i++)
		n += run.pool.is[i] == what;
	return n;
}

/* One at random that is so; there are some. */
static unsigned some(enum backend_is what)
{
	unsigned i;

	do {
		i = 1 + below(POOL_BACKENDS);
	} while (run.pool.is[i] != what);
	return i;
}

static bool become(enum backend_is from, unsigned least, enum backend_is to, unsigned *which)
{
	if (number_of(from) <= least)
		return false;
	*which = some(from);
	run.pool.is[*which] = to;
	return true;
}

/* Flows of a backend that dies, or that goes for good, may end with it. */
static void forget_flows(unsigned backend)
{
	for (unsigned i = 0; i < TUPLES; i++)
		if (run.flow[i].backend == backend)
			run.flow[i].backend = 0;
}

static bool change(void)
{
	unsigned which = 0;

	switch (below(8)) {
	case 0: return become(ABSENT, 0, UP, &which);
	case 1: return become(UP, 5, DRAINED, &which);
	case 2: return become(DRAINED, 0, UP, &which);
	case 3:
		if (!become(UP, 5, DEAD, &which))
			return false;
		forget_flows(which);
		return true;
	case 4: return become(DEAD, 0, UP, &which);
	case 5: return become(UP, 8, ABSENT, &which);	/* it drains first */
	case 6:
		which = some(UP);
		run.pool.weight[which] = 50 + below(3) * 50;
		return true;
	default:
		if (run.pool.slots >= 16384 || below(6))
			return false;
		run.pool.slots *= 2;
		return true;
	}
}

static void change_pool(void)
{
	while (!change())
		;
	pool_apply(&run.pool);
	run.changes++;
}

/* ---- packets ------------------------------------------------------------- */

/* The packet may have seen the next tick before this process did. */
static bool is_past(uint64_t clock)
{
	struct timespec was, is;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &was);
	do {
		clock_gettime(CLOCK_MONOTONIC_COARSE, &is);
	} while (was.tv_nsec == is.tv_nsec);
	return ticks_now() != clock;
}

/* Sends it, and asks the rules: but for a tick in between, they must agree. */
static unsigned shoot_and_ask(const struct shot *shot)
{
	struct view view = view_of(shot);
	unsigned want = octet_of(rule_of(&view, shot)), got = shoot(shot);

	run.packets++;
	run.tracked += view.current != view.previous;
	if (got != want && !is_past(view.clock)) {
		run.differ++;
		print_message("# %s: %s%s to %u, the rules say %u: slot %u/%u, record %u%s\n",
			      run.label, shot->proto == IPPROTO_UDP ? "UDP" : "TCP", shot->syn ? " SYN" : "", got,
			      want, view.current, view.previous, view.record, view.live ? ", live" : "");
	}
	return got;
}

static void bear(unsigned tuple, uint64_t now)
{
	struct shot shot = shot_of(tuple, true);
	struct flow_state *f = &run.flow[tuple];

	*f = (struct flow_state){ .sent_ms = now, .fresh = true };
	f->backend = (uint8_t)shoot_and_ask(&shot);
	run.born++;
	if (!f->backend)
		fail_msg("a new flow was sent to no backend");
}

/* A packet of a flow that lives. */
static void go_on(unsigned tuple, uint64_t now)
{
	struct flow_state *f = &run.flow[tuple];
	struct shot shot = shot_of(tuple, false);
	bool silent = now - f->sent_ms > SILENT_MS;
	unsigned got = shoot_and_ask(&shot);

	f->sent_ms = now;
	f->fresh = false;
	f->pause_ms = below(50) ? 0 : now + below(PAUSE_MS);
	if (got == f->backend)
		return;
	if (silent)
		run.silent++;
	else
		run.broken++;
	f->backend = 0;
}

/* A SYN once more, after others came: of a flow that has a record. */
static void repeat_syn(unsigned tuple)
{
	struct shot shot = shot_of(tuple, true);
	struct view view = view_of(&shot);

	if (!shot.syn || !run.flow[tuple].backend || !view.live)
		return;
	run.late++;
	if (shoot_and_ask(&shot) == run.flow[tuple].backend)
		return;
	run.broken++;
	run.flow[tuple].backend = 0;
}

/* Twice the record table, in all, of SYNs that nobody answers. */
static void flood_some(void)
{
	for (unsigned i = 0; run.flood && i < 200 && run.flooded < 2 * CHURN_RECORDS; i++) {
		struct shot shot = { .source = 1 << 20 | next_random(&run.random) >> 12,
				     .sport = (uint16_t)(1 + below(65535)),
				     .proto = IPPROTO_TCP,
				     .syn = true };

		shoot_and_ask(&shot);
		run.flooded++;
	}
}

/* ---- the run --------------------------------------------------------------- */

static void some_packets(void)
{
	uint64_t now = now_ms();

	for (unsigned i = 0; i < 400; i++) {
		unsigned tuple = below(TUPLES);
		struct flow_state *f = &run.flow[tuple];

		if (!f->backend)
			bear(tuple, now);
		else if (f->fresh || f->pause_ms <= now)
			go_on(tuple, now);
		if (f->backend && !f->fresh && !below(6))
			f->backend = 0;
		if (!below(200))
			repeat_syn(below(TUPLES));
	}
	flood_some();
}

/* Each that lives, so that none is silent for longer than its pause. */
static void everyone(void)
{
	uint64_t now = now_ms();

	for (unsigned i = 0; i < TUPLES; i++)
		if (run.flow[i].backend && run.flow[i].pause_ms <= now)
			go_on(i, now);
}

static void prepare(const char *label, bool flood, bool generations)
{
	struct sl_stats *stats;

	memset(&run, 0, sizeof(run));
	run.label = label;
	run.flood = flood;
	run.flows = 160000;
	run.random = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 0) : (uint64_t)time(NULL);
	print_message("# %s: SEED=%llu\n", label, (unsigned long long)run.random);
	run.pool = (struct pool){ .generations = generations, .slots = 1024 };
	for (unsigned i = 1; i <= POOL_BACKENDS; i++)
		run.pool.weight[i] = 100;
	for (unsigned i = 1; i <= 12; i++)
		run.pool.is[i] = UP;
	rig_apply_again(HEAD);	/* nothing is left of another run */
	stats = rig_stats();
	run.pressed = stats->events[SL_EVENT_RECORD_PRESSURE];
	sl_stats_free(stats);
	pool_apply(&run.pool);
}

static void say(void)
{
	struct sl_stats *stats = rig_stats();

	print_message("# %s: %u of %u flows broke; %lu packets, %.0f %% of them to slots that were not stable; %u changes; "
		      "%u SYNs of a flood, %llu that waited; %u repeated; %u flows were silent too long\n",
		      run.label, run.broken, run.born, run.packets, 100.0 * (double)run.tracked / (double)run.packets,
		      run.changes, run.flooded, (unsigned long long)stats->events[SL_EVENT_RECORD_PRESSURE] - run.pressed,
		      run.late, run.silent);
	sl_stats_free(stats);
}

static void churn(const char *label, bool flood, bool generations)
{
	prepare(label, flood, generations);
	while (run.born < run.flows) {
		for (unsigned i = 0; i < 20; i++)
			some_packets();
		everyone();
		change_pool();
	}
	everyone();
	say();
}

static void no_flow_breaks(void **state)
{
	(void)state;
	churn("two generations", false, true);
	expect_number(run.broken, 0);
	expect_number(run.differ, 0);
	assert_true(run.silent * 100 < run.born);
}

static void no_flow_breaks_under_a_flood_of_syns(void **state)
{
	(void)state;
	churn("two generations, SYN flood", true, true);
	expect_number(run.broken, 0);
	expect_number(run.differ, 0);
	assert_true(run.silent * 100 < run.born);
}

/* The same harness finds what breaks: thousands, with the ring alone. */
static void the_ring_alone_breaks_thousands(void **state)
{
	(void)state;
	churn("the ring alone", false, false);
	expect_number(run.differ, 0);
	assert_true(run.broken > 2000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_flow_breaks),
		cmocka_unit_test(no_flow_breaks_under_a_flood_of_syns),
		cmocka_unit_test(the_ring_alone_breaks_thousands),
	};

	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(*tests));
}
