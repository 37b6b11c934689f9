/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counters that are set to zero while somebody counts. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

#include "user/lib/counts.h"

enum { ROUNDS = 400, PAUSE = 30 };

static const uint64_t many = 1ULL << 40;
static atomic_bool ended;

/* As packets on another CPU do it, and like theirs in one instruction where there
 * is one: a thread that waits for its turn between load and store is no packet. */
static void *count(void *arg)
{
	__u64 *counter = arg;

	while (!ended) {
		++*counter;
		__asm__ volatile("" ::: "memory");
		for (volatile int i = 0; i < PAUSE; i++)
			;
	}
	return NULL;
}

static void a_packet_brings_no_counter_back(void **state)
{
	struct map_sizes least = maps_least();
	struct sl_error x;
	pthread_t thread;
	struct maps m;
	unsigned back = 0;
	volatile __u64 *counter;

	(void)state;
	if (maps_make(&m, NULL, &least, &x))
		fail_msg("%s", x.text);
	counter = &((struct sl_counts *)map_at(&m, MAP_COUNTS, 0))->reason[0][SL_PASS].packets;
	assert_int_equal(pthread_create(&thread, NULL, count, (void *)counter), 0);
	for (int i = 0; i < ROUNDS; i++) {
		while (*counter < many)
			*counter = many;
		assert_int_equal(counts_zero(&m, 0, sizeof(struct sl_counts)), 0);
		back += *counter >= many;
	}
	ended = true;
	pthread_join(thread, NULL);
	maps_close(&m);
	/* One that is stopped between load and store for longer than anybody
	 * waits still can; without the second look it was a tenth to a third. */
	assert_in_range(back, 0, ROUNDS / 20);
}

int main(void)
{
	const struct CMUnitTest counts[] = {
		cmocka_unit_test(a_packet_brings_no_counter_back),
	};

	return cmocka_run_group_tests(counts, NULL, NULL);
}
