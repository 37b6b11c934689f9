/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Flows through the real program while their pool changes in every way it can, by
 * turns and in place: none may lose the backend that accepted it, as long as that
 * backend lives. Time is made to pass by making everything older.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/packet/flows.h"
#include "tests/packet/harness.h"
#include "user/conf/conf.h"
#include "user/lib/instance.h"
#include "user/lib/registry.h"

enum { BACKENDS = 14, FLOWS = 3000, ROUNDS = 60, BIRTHS = 600, STEP = 30, ROOM = 8192 };
enum { SRC = 26, SPORT = 34, FLAGS = 47, OUTER_DST = 30 };

struct world {
	const char *keys;
	unsigned flood;		/* SYNs of nobody, each round */
	uint64_t random;
	unsigned slots;
	struct { bool listed, down; enum sl_backend_state state; unsigned weight; } backend[BACKENDS + 1];
	uint8_t of[FLOWS];	/* the last octet of its backend; 0: no such flow */
	unsigned born, broken, packets, settled, stable;
	struct sl_config *running;
};

static uint32_t pick(struct world *w, uint32_t n)
{
	return next_random(&w->random) % n;
}

/* ---- packets ------------------------------------------------------------------ */

static unsigned send_packet(struct world *w, uint32_t source, uint16_t sport, uint8_t flags)
{
	static struct frame in, out;

	if (!in.length)
		frame_build(&in, PACKET(ETH(), IP4(.src = "10.9.0.1", .dst = "203.0.113.10"),
					TCP(.sport = 1, .dport = 80)), NULL);
	source = htonl(source);
	sport = htons(sport);
	memcpy(in.byte + SRC, &source, 4);
	memcpy(in.byte + SPORT, &sport, 2);
	in.byte[FLAGS] = flags;
	w->packets++;
	return rig_run(&in, &out) == XDP_TX ? out.byte[OUTER_DST + 3] : 0;
}

static unsigned of_flow(struct world *w, unsigned flow, uint8_t flags)
{
	return send_packet(w, 0x0a090000 + flow / 7, (uint16_t)(1024 + flow), flags);
}

static bool lives(const struct world *w, unsigned backend)
{
	return w->backend[backend].state != SL_BACKEND_DISABLED && !w->backend[backend].down;
}

static void touch(struct world *w, unsigned flow)
{
	if (!w->of[flow])
		return;
	if (!lives(w, w->of[flow])) {
		w->of[flow] = 0;
	} else if (of_flow(w, flow, ACK) != w->of[flow]) {
		w->broken++;
		w->of[flow] = 0;
	} else if (!pick(w, 7)) {
		w->of[flow] = 0;	/* it ends: its ports are used again */
	}
}

static void let_flows_live(struct world *w)
{
	unsigned fresh[BIRTHS], n = 0;

	for (unsigned i = 0; i < BIRTHS; i++) {
		unsigned flow = pick(w, FLOWS);

		if (w->of[flow])
			continue;
		w->of[flow] = (uint8_t)of_flow(w, flow, SYN);
		w->born += w->of[flow] != 0;
		if (w->of[flow] && !pick(w, 20))	/* a repeated one */
			w->broken += of_flow(w, flow, SYN) != w->of[flow];
		fresh[n++] = flow;
	}
	for (unsigned i = 0; i < w->flood; i++)
		send_packet(w, 0x0b000000 | pick(w, 1 << 24), (uint16_t)pick(w, 65536), SYN);
	for (unsigned i = 0; i < n; i++)
		touch(w, fresh[i]);
	for (unsigned flow = 0; flow < FLOWS; flow++)
		touch(w, flow);
}

/* ---- time --------------------------------------------------------------------- */

static void grow_old(const struct sl_instance *inst)
{
	uint32_t *followed = map_at(&inst->maps, MAP_FOLLOWED, 0);
	struct sl_record *way = map_at(&inst->maps, MAP_RECORDS, 0);

	for (size_t i = 0; i < map_size(&inst->maps, MAP_FOLLOWED) / sizeof(*followed); i++)
		followed[i] -= STEP;
	for (size_t i = 0; i < map_size(&inst->maps, MAP_RECORDS) / sizeof(*way); i++)
		way[i].is -= (uint64_t)STEP << 48;
	for (int i = 0; i < SL_POOLS_MAX; i++)
		registry(inst)->pool[i].changed -= STEP;
}

/* ---- changes ------------------------------------------------------------------- */

static void write_config(const struct world *w, char text[4096])
{
	static const char *const states[] = { "up", "drain", "disabled" };
	char *to = text + sprintf(text, HEAD "limits: {flows: %u}\npools:\n  web:\n    slots: %u\n    next_hop: \"02:00:00:00:00:aa\"\n    timers: {settle_after: 60s}\n%s    backends:\n", ROOM, w->slots, w->keys);

	for (unsigned i = 1; i <= BACKENDS; i++)
		if (w->backend[i].listed)
			to += sprintf(to, "      - {address: 10.0.0.%u, weight: %u, state: %s}\n", i,
				      w->backend[i].weight, states[w->backend[i].state]);
	sprintf(to, "services: {www: {addresses: [203.0.113.10], tcp: [80], pool: web}}\n");
}

static struct sl_config *config_of(const struct world *w)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	char text[4096];

	write_config(w, text);
	if (conf_parse("churn.yaml", text, strlen(text), 0, &conf, &report))
		fail_msg("%s", report.errors);
	conf_report_clear(&report);
	return conf;
}

static void apply(struct world *w, bool in_place)
{
	struct sl_config *conf = config_of(w);
	struct sl_error x;

	if ((in_place ? sl_pools_apply : sl_apply)(rig_instance(), conf, w->born + 1, &x))
		fail_msg("%s", x.text);
	conf_free(w->running);
	w->running = conf;
	sl_config_set(rig_instance(), conf);
	rig_reopen();
}

static void turn_health(struct world *w, unsigned i)
{
	struct sl_address a = { 4, { 10, 0, 0, (uint8_t)i } };
	struct sl_error x;

	w->backend[i].down = !w->backend[i].down;
	if (sl_backend_health(rig_instance(), "web", &a, !w->backend[i].down, &x))
		fail_msg("%s", x.text);
}

/* How many get new flows. */
static unsigned able(const struct world *w)
{
	unsigned n = 0;

	for (unsigned i = 1; i <= BACKENDS; i++)
		n += w->backend[i].listed && w->backend[i].state == SL_BACKEND_UP &&
		     w->backend[i].weight && !w->backend[i].down;
	return n;
}

static void change(struct world *w, unsigned round)
{
	unsigned i = 1 + pick(w, BACKENDS);

	if (round == ROUNDS / 3 || round == ROUNDS / 2) {
		w->slots *= 2;
		apply(w, false);
		return;
	}
	if (!w->backend[i].listed) {
		w->backend[i].listed = true;
		w->backend[i].state = SL_BACKEND_UP;
		w->backend[i].weight = 100;
	} else if (able(w) < 5) {
		w->backend[i].state = SL_BACKEND_UP;
		if (w->backend[i].down)
			turn_health(w, i);
	} else if (!pick(w, 4)) {
		turn_health(w, i);
		return;
	} else if (!pick(w, 4) && !w->backend[i].down && w->backend[i].state != SL_BACKEND_DISABLED) {
		w->backend[i].listed = false;
	} else if (!pick(w, 3)) {
		w->backend[i].weight = 50 * pick(w, 5);
	} else {
		w->backend[i].state = (enum sl_backend_state)pick(w, 3);
	}
	apply(w, pick(w, 2));
}

static void forget_the_dead(struct world *w)
{
	for (unsigned f = 0; f < FLOWS; f++)
		if (w->of[f] && !lives(w, w->of[f]))
			w->of[f] = 0;
}

static void run(struct world *w)
{
	struct sl_settled done;
	struct sl_error x;

	w->slots = 1024;
	for (unsigned i = 1; i <= BACKENDS / 2; i++) {
		w->backend[i].listed = true;
		w->backend[i].weight = 100;
	}
	rig_apply_again(HEAD);
	w->running = config_of(w);
	apply(w, false);
	for (unsigned round = 0; round < ROUNDS; round++) {
		let_flows_live(w);
		if (pick(w, 3))
			change(w, round);
		forget_the_dead(w);
		grow_old(rig_instance());
		let_flows_live(w);
		if (sl_pool_settle(rig_instance(), NULL, &done, &x))
			fail_msg("%s", x.text);
		w->settled += done.settling;
		w->stable += done.stable;
	}
	sl_config_set(rig_instance(), NULL);
	conf_free(w->running);
	rig_apply_again(HEAD);
}

/* From `seeds` beginnings. */
static void no_flow_breaks(const char *what, unsigned seeds, unsigned flood)
{
	struct world sum = { 0 };

	for (unsigned seed = 1; seed <= seeds; seed++) {
		struct world w = { .keys = "", .flood = flood, .random = seed };

		run(&w);
		sum.born += w.born;
		sum.broken += w.broken;
		sum.packets += w.packets;
		sum.settled += w.settled;
		sum.stable += w.stable;
	}
	printf("# %s: %u of %u flows broke, %u packets; %u slots settled, %u became stable\n", what,
	       sum.broken, sum.born, sum.packets, sum.settled, sum.stable);
	assert_true(sum.born > seeds * ROUNDS * BIRTHS / 3);
	assert_true(sum.stable > 0);	/* changes may settle slots before they are asked to */
	assert_int_equal(sum.broken, 0);
}

static void no_flow_breaks_while_a_pool_changes(void **state)
{
	(void)state;
	no_flow_breaks("two generations", 9, 0);
}

static void nor_under_a_flood_of_twice_the_table(void **state)
{
	(void)state;
	no_flow_breaks("under a SYN flood", 1, 2 * ROOM);
}

static void without_generations_many_do(void **state)
{
	struct world w = { .keys = "    tracking: off\n", .random = 1 };

	(void)state;
	run(&w);
	printf("# tracking off: %u of %u flows broke\n", w.broken, w.born);
	assert_true(w.broken > 1000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_flow_breaks_while_a_pool_changes),
		cmocka_unit_test(nor_under_a_flood_of_twice_the_table),
		cmocka_unit_test(without_generations_many_do),
	};

	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(tests[0]));
}
