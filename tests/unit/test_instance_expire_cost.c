/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Many elements whose ends are spread over a time, beside as many that stay: each
 * second's are swept, by an instance that is opened for it, as the daemon does.
 * ELEMENTS=1000000 OVER=600 measures what the manual says; figures are printed only.
 */
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "tests/unit/lab.h"
#include "tests/unit/random.h"
#include "user/lib/due.h"
#include "user/lib/elements.h"

static const char two[] = HEAD "limits: {prefixes: 4194304}\nsets: {bans: {}, stay: {}}\n"
	"filter: {rules: [{name: r1, from: bans, action: drop}, {name: r2, from: stay, action: count}]}\n";

static struct sl_error x;

static size_t from_environment(const char *name, size_t usual)
{
	const char *given = getenv(name);

	return given ? strtoull(given, NULL, 0) : usual;
}

static struct sl_prefix *scattered(struct rnd *r, size_t n)
{
	struct sl_prefix *p = calloc(n, sizeof(*p));

	for (size_t i = 0; i < n; i++) {
		p[i] = (struct sl_prefix){ .addr.family = 4, .length = 32 };
		for (int octet = 0; octet < 4; octet++)
			p[i].addr.octet[octet] = (uint8_t)rnd64(r);
	}
	return p;
}

/* From now on, evenly. */
static void spread(struct sl_instance *inst, struct rnd *r, uint64_t over_ms)
{
	uint64_t now = elements_now();
	struct elements all;
	struct due due;
	size_t others;

	assert_int_equal(elements_read(inst, &all, &others, &x), 0);
	for (size_t i = 0; i < all.n; i++)
		all.e[i].value.expires = now + 1 + rnd64(r) % (over_ms * 1000000);
	assert_int_equal(elements_write(inst, all.e, all.n, &x), 0);
	elements_free(&all);
	assert_int_equal(due_open(inst, &due, &x), 0);
	assert_int_equal(due_make(inst, &due), 0);
}

static uint64_t cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

struct cost { uint64_t removed, sweeps, longest_ns, began_ns, cpu; };

/* What the daemon does: opened, swept for at most so long, closed. */
static void sweep(struct sl_config *conf, struct cost *c)
{
	struct sl_expired done;
	uint64_t began;

	do {
		struct sl_instance *inst = opened(SL_OPEN_CHANGE);

		began = elements_now();
		sl_config_set(inst, conf);
		if (sl_sets_expire(inst, 25, &done, &x))
			fail_msg("%s", x.text);
		sl_close(inst);
		began = elements_now() - began;
		c->longest_ns = began > c->longest_ns ? began : c->longest_ns;
		c->removed += done.removed;
		c->sweeps++;
	} while (done.more);
}

static void report(const struct cost *c)
{
	double seconds = (double)(elements_now() - c->began_ns) / 1e9;
	double cpu = (double)(cpu_us() - c->cpu) / 1e6;

	print_message("# %llu removed in %llu sweeps and %.0f s: %.1f %% of a core, locked for %.1f ms at most\n",
		      (unsigned long long)c->removed, (unsigned long long)c->sweeps, seconds,
		      100 * cpu / seconds, (double)c->longest_ns / 1e6);
}

static void spread_ends_are_swept_second_by_second(void **state)
{
	size_t n = from_environment("ELEMENTS", 20000), over = from_environment("OVER", 5);
	size_t seconds = from_environment("SECONDS", over), changed;
	struct timespec second = { .tv_nsec = 500000000 };
	struct sl_instance *inst = applied(two);
	struct sl_config *conf = parse(two);
	struct rnd r = rnd_start();
	struct sl_prefix *p = scattered(&r, n), *q = scattered(&r, n);
	struct cost c = { 0 };

	(void)state;
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_load(inst, "stay", q, n, &x), 0);
	if (sl_set_add(inst, "bans", p, n, over * 2000, &changed, &x))
		fail_msg("%s", x.text);
	spread(inst, &r, over * 1000);
	sl_close(inst);
	c.began_ns = elements_now();
	c.cpu = cpu_us();
	while (elements_now() < c.began_ns + seconds * 1000000000ull) {
		nanosleep(&second, NULL);	/* as the daemon's timer */
		sweep(conf, &c);
	}
	report(&c);
	inst = opened(SL_OPEN_READ);
	sl_config_set(inst, conf);
	if (seconds >= over) {
		uint64_t left = 1;

		sweep(conf, &c);
		assert_int_equal(c.removed, changed);
		assert_int_equal(sl_set_count(inst, (const char *[]){ "bans" }, 1, &left, &x), 0);
		assert_int_equal(left, 0);
	}
	sl_close(inst);
	free(p);
	free(q);
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(spread_ends_are_swept_second_by_second),
	};

	return RUN_IN_LAB("instance_expire_cost", tests);
}
