/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Maps of the real kernel, and programs that it loads over them or refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "user/lib/program.h"

static struct sl_error x;

static void make(struct maps *m)
{
	struct map_sizes least = maps_least();

	if (maps_make(m, NULL, &least, &x))
		fail_msg("%s", x.text);
}

/* ---- a program that is refused ---------------------------------------- */

static int load(struct maps *m, uint32_t slot_mask)
{
	struct sl_knobs knobs = maps_sizes(m).knobs;

	knobs.features = SL_F_CLASS4 | SL_F_BALANCE | SL_F_OUTER4;
	knobs.slot_mask = slot_mask;
	return program_load(m, &knobs, &x);
}

/* Reads every page: a table that is no longer mapped ends the test. */
static void touch(const struct maps *m)
{
	volatile uint64_t sum = 0;

	for (int i = 0; i < MAP_KNOBS; i++) {
		const char *at = m->map[i].memory;

		for (size_t n = 0; at && n < m->map[i].length; n += 4096)
			sum += (unsigned char)at[n];
	}
}

static void a_refused_program_leaves_the_tables_mapped(void **state)
{
	struct maps m;
	int prog;

	(void)state;
	make(&m);
	assert_true(load(&m, (1 << 24) - 1) < 0); /* far beyond the map */
	touch(&m);
	prog = load(&m, maps_sizes(&m).knobs.slot_mask);
	assert_true(prog >= 0);
	touch(&m);
	close(prog);
	maps_close(&m);
}

int main(void)
{
	const struct CMUnitTest program[] = {
		cmocka_unit_test(a_refused_program_leaves_the_tables_mapped),
	};

	return cmocka_run_group_tests(program, NULL, NULL);
}
