/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One thing under measurement: a program behind a wrapper of its own, and the
 * same wrapper in front of `return XDP_DROP`. The difference is its extra cost.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "cases.h"
#include "instance.h"

struct sample {
	double least, mean;
}; /* of a round: best window, all packets */

struct driven {
	struct wrapper_bpf *wrapper;
};

struct subject {
	const char *name;
	double goal; /* in H; 0: none */
	struct frame frame;
	enum bench_change change;
	enum bench_vary vary;
	int verdict;
	const struct instance *inst; /* NULL: a unit, it counts nothing */
	enum sl_reason reason;
	struct driven target, floor;
	struct sample *target_ns, *floor_ns; /* by round */
	char why[BENCH_WHY]; /* why it has no number; "": it has */
	double extra_ns,
		median_ns; /* over the floor: least, and median of the rounds */
};

struct measure_plan {
	int rounds;
	uint32_t windows,
		flow_windows; /* of a round; the second with many flows */
	uint32_t flows;       /* a power of two */
};

/* prog: the target; drop: returns XDP_DROP. Failure is told in s->why. */
void measure_open(struct subject *s, int prog, int drop,
		  const struct measure_plan *plan);
/* One round: target, then floor. */
void measure_round(struct subject *s, int round,
		   const struct measure_plan *plan);
void measure_sum_up(struct subject *s, const struct measure_plan *plan);
uint32_t measure_packets(uint32_t windows);
void measure_close(struct subject *s);

#endif
