/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Random numbers for tests, with a seed that is printed and can be given. */
#ifndef TESTS_UNIT_RANDOM_H
#define TESTS_UNIT_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct rnd { uint64_t state; };

/* SEED=N in the environment repeats a run. */
static inline struct rnd rnd_start(void)
{
	const char *given = getenv("SEED");
	struct rnd r = { given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) };

	printf("# SEED=%llu\n", (unsigned long long)r.state);
	return r;
}

static inline uint64_t rnd64(struct rnd *r)	/* splitmix64 */
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static inline uint32_t rnd_below(struct rnd *r, uint32_t n)
{
	return (uint32_t)((rnd64(r) >> 32) * n >> 32);
}

static inline int rnd_one_in(struct rnd *r, uint32_t n)
{
	return rnd_below(r, n) == 0;
}

#endif
