/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sets replaced and edited under a flood: no packet sees neither old nor new. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/lab.h"
#include "tests/unit/random.h"

enum { ELEMENTS = 1000000, RUN = 100000, PACKETS = 10000000, NEIGHBOURS = 200 };
#define COMMON "203.0.113.7"	/* in both versions */
#define NEVER "203.0.113.6"	/* in neither */
#define COMMON6 "2001:db8::7"
#define NEVER6 "2001:db8::6"

static struct sl_error x;

struct flooding {
	uint64_t packets;	/* sent so far, of each of the four */
	bool stop;
};

static void *send_all(void *arg)
{
	struct flooding *f = arg;

	while (!__atomic_load_n(&f->stop, __ATOMIC_ACQUIRE)) {
		flood(COMMON, "192.0.2.80", RUN);
		flood(NEVER, "192.0.2.80", RUN);
		flood(COMMON6, "2001:db8::80", RUN);
		flood(NEVER6, "2001:db8::80", RUN);
		__atomic_add_fetch(&f->packets, RUN, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* One of a version, each other one IPv6: among the first are neighbours of the
 * four, all around them. */
static struct sl_prefix some_element(struct rnd *r, size_t i)
{
	static const uint8_t near4[3] = { 203, 0, 113 }, near6[15] = { 0x20, 0x01, 0x0d, 0xb8 };
	struct sl_prefix p = { .addr.family = i % 2 ? 6 : 4, .length = i % 2 ? 128 : 32 };
	size_t last = i % 2 ? 15 : 3;
	uint64_t bits[2] = { rnd64(r), rnd64(r) };

	memcpy(p.addr.octet, bits, last + 1);
	if (i < NEIGHBOURS)
		memcpy(p.addr.octet, i % 2 ? near6 : near4, last);
	if (!memcmp(p.addr.octet, i % 2 ? near6 : near4, last) && p.addr.octet[last] == 6)
		p.addr.octet[last] = 7;
	return p;
}

static struct sl_prefix *version(struct rnd *r)
{
	struct sl_prefix *p = calloc(ELEMENTS, sizeof(*p));

	for (size_t i = 0; i < ELEMENTS; i++)
		p[i] = some_element(r, i);
	p[0] = prefix(COMMON);
	p[1] = prefix(COMMON6);
	return p;
}

static void edit_some(struct sl_instance *inst, struct rnd *r)
{
	size_t changed;

	for (int i = 0; i < 200; i++) {
		struct sl_prefix p = prefix("203.0.113.8");

		p.addr.octet[3] = (uint8_t)(8 + rnd_below(r, 248));
		if (rnd_below(r, 2))
			assert_int_equal(sl_set_add(inst, "bans", &p, 1, 0, &changed, &x), 0);
		else
			assert_int_equal(sl_set_del(inst, "bans", &p, 1, &changed, &x), 0);
	}
}

/* Around all four: what leads to them is written anew, to say the same. */
static void edit_around(struct sl_instance *inst, struct rnd *r)
{
	size_t changed;

	for (int i = 0; i < 200; i++) {
		struct sl_prefix p = prefix(i % 2 ? "2001:db8::" : "203.0.113.0");

		p.length = (uint8_t)((i % 2 ? 125 : 29) - rnd_below(r, 6));
		if (rnd_below(r, 2))
			assert_int_equal(sl_set_add(inst, "watched", &p, 1, 0, &changed, &x), 0);
		else
			assert_int_equal(sl_set_del(inst, "watched", &p, 1, &changed, &x), 0);
	}
}

static void every_packet_meets_the_old_set_or_the_new_one(void **state)
{
	static const char config[] = HEAD "sets: {bans: {}, watched: {}}\n"
		"filter: {rules: [{name: w, from: watched, action: count}, {name: b, from: bans, action: drop}]}\n";
	struct sl_instance *inst = applied(config);
	struct sl_config *conf = parse(config);
	struct rnd r = rnd_start();
	struct sl_prefix *versions[2] = { version(&r), version(&r) };
	struct flooding f = { 0 };
	struct sl_stats *stats;
	size_t rounds = 0;
	pthread_t thread;

	(void)state;
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_load(inst, "bans", versions[1], ELEMENTS, &x), 0);
	assert_int_equal(sl_stats_reset(inst, &x), 0);
	assert_int_equal(pthread_create(&thread, NULL, send_all, &f), 0);
	for (; rounds < 8 || __atomic_load_n(&f.packets, __ATOMIC_ACQUIRE) < PACKETS / 4; rounds++) {
		assert_int_equal(sl_set_load(inst, "bans", versions[rounds % 2], ELEMENTS, &x), 0);
		edit_some(inst, &r);
		edit_around(inst, &r);
	}
	__atomic_store_n(&f.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	assert_int_equal(sl_stats_read(inst, -1, &stats, &x), 0);
	print_message("# %zu replacements under %llu packets\n", rounds, (unsigned long long)f.packets * 4);
	assert_int_equal(stats->reasons[SL_RULE].packets, 2 * f.packets);
	assert_int_equal(stats->reasons[SL_PASS].packets, 2 * f.packets);
	sl_stats_free(stats);
	sl_close(inst);
	conf_free(conf);
	free(versions[0]);
	free(versions[1]);
}

/* ---- kills ------------------------------------------------------------------ */

static void edit_for_ever(uint64_t seed)
{
	struct sl_config *conf = parse(filter);
	struct rnd r = { seed };
	struct sl_instance *inst = NULL;

	if (sl_open(&inst, NAME, SL_OPEN_CHANGE, &x))
		_exit(1);
	sl_config_set(inst, conf);
	for (;;)
		edit_some(inst, &r);
}

/* Common is deleted and put back by nobody: always dropped. */
static void a_kill_in_an_edit_leaves_what_the_elements_say(void **state)
{
	struct sl_config *conf = parse(filter);
	struct sl_prefix common = prefix(COMMON), wide = prefix("2001:db8::/32");
	struct sl_instance *inst = applied(filter);
	struct rnd r = rnd_start();
	size_t changed;

	(void)state;
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_add(inst, "bans", &common, 1, 0, &changed, &x), 0);
	sl_close(inst);
	for (int i = 0; i < 40; i++) {
		struct timespec moment = { .tv_nsec = rnd_below(&r, 20000000) };
		struct sl_verify v;
		int status = 0;
		pid_t child = fork();

		if (!child)
			edit_for_ever(rnd64(&r) + (uint64_t)i);
		nanosleep(&moment, NULL);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(verdict(COMMON, "192.0.2.80"), XDP_DROP);
		inst = opened(SL_OPEN_CHANGE);
		sl_config_set(inst, conf);
		assert_int_equal(i % 2 ? sl_set_add(inst, "bans", &wide, 1, 0, &changed, &x) :
					 sl_set_del(inst, "bans", &wide, 1, &changed, &x), 0);
		if (i)
			assert_int_equal(changed, 1);
		assert_int_equal(sl_set_verify(inst, &v, &x), 0);
		assert_int_equal(v.wrong, 0);
		assert_int_equal(v.wrong_rows, 0);
		sl_close(inst);
	}
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_packet_meets_the_old_set_or_the_new_one),
		TEST(a_kill_in_an_edit_leaves_what_the_elements_say),
	};

	return RUN_IN_LAB("instance_flood", tests);
}
