/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Maps of the real kernel, and programs that it loads over them or refuses. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "user/lib/counts.h"
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

/* ---- CPUs -------------------------------------------------------------- */

static const char possible[] = "/sys/devices/system/cpu/possible";

static int real_cpus(void **state)
{
	(void)state;
	while (!umount2(possible, MNT_DETACH))
		;
	return 0;
}

static void pretend_cpus(const char *text)
{
	char path[] = "/tmp/possible.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	real_cpus(NULL);
	assert_int_equal(mount(path, possible, NULL, MS_BIND, NULL), 0);
	unlink(path);
}

static int own_mounts(void **state)
{
	(void)state;
	return unshare(CLONE_NEWNS) ||
	       mount(NULL, "/sys", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* Packets on CPU 5 count in element 5, not in another's. */
static void cpus_may_have_numbers_beyond_their_count(void **state)
{
	struct maps m;

	(void)state;
	pretend_cpus("0,5\n");
	assert_int_equal(map_cpus(), 6);
	make(&m);
	assert_int_equal(maps_sizes(&m).knobs.cpu_mask, 7);
	maps_close(&m);
}

static void counters_are_read_as_far_as_the_map_goes(void **state)
{
	struct sl_reason_count count;
	struct maps m;

	(void)state;
	pretend_cpus("0\n");
	make(&m);
	((struct sl_counts *)map_at(&m, MAP_COUNTS, 0))->reason[2][SL_PASS].packets = 3;
	pretend_cpus("0-255\n");
	count = counts_reason(&m, SL_PASS, -1);
	assert_int_equal(count.packets, 3);
	counts_zero(&m, 0, sizeof(struct sl_counts));
	count = counts_reason(&m, SL_PASS, -1);
	assert_int_equal(count.packets, 0);
	maps_close(&m);
}

int main(void)
{
	const struct CMUnitTest program[] = {
		cmocka_unit_test(a_refused_program_leaves_the_tables_mapped),
		cmocka_unit_test_teardown(cpus_may_have_numbers_beyond_their_count, real_cpus),
		cmocka_unit_test_teardown(counters_are_read_as_far_as_the_map_goes, real_cpus),
	};

	return cmocka_run_group_tests(program, own_mounts, NULL);
}
