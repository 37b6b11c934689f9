/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The real program with one of the configurations: applied by the command to
 * an instance of its own, opened, and the instance purged at once. The
 * descriptors keep the program and its maps alive, so nothing is left behind.
 */
#ifndef BENCH_INSTANCE_H
#define BENCH_INSTANCE_H

#include <stdint.h>

#include <sluice/reasons.h>

#include "configs.h"

enum { BENCH_WHY = 160 };

struct instance {
	int prog, counts;
};

/* 0, or -1 and the reason why. Close both with instance_close(). */
int instance_make(enum config config, struct instance *inst,
		  char why[BENCH_WHY]);
void instance_close(struct instance *inst);

/* Packets that ended so, over all CPUs; UINT64_MAX: cannot be read. */
uint64_t instance_count(const struct instance *inst, enum sl_reason reason);

#endif
