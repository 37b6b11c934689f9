/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One thing under measurement: a program behind a wrapper of its own, and the
 * same wrapper in front of `return XDP_DROP`. The difference is its extra cost.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>

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
	double goal, goal_r; /* in H, in R; 0: none */
	const struct subject *beside; /* of what else it is the goal; NULL: the floor */
	double part; /* in parts of `beside`, floor included; 0: none */
	struct frame frame, before; /* before: of length 0, none */
	enum bench_change change;
	enum bench_vary vary;
	int verdict;
	const struct instance *inst; /* NULL: a unit, it counts nothing */
	enum sl_reason reason;
	struct driven target, floor;
	struct sample *target_ns, *floor_ns; /* of all rounds so far */
	int rounds;
	char why[BENCH_WHY]; /* why it has no number; "": it has */
	double extra_ns;     /* over the floor: best windows */
	double median_ns;    /* the same: medians of the rounds */
};

/* Where the kernel puts a program moves its figures by several nanoseconds, so
 * all is loaded anew in every pass. */
struct measure_plan {
	int passes, rounds;    /* rounds of a pass */
	uint32_t windows;      /* of a round */
	uint32_t flow_windows; /* the same with many flows */
	uint32_t flows;        /* a power of two */
};

uint32_t measure_packets(uint32_t windows);

/* Loads the wrappers of a pass. prog: the target; drop: returns XDP_DROP.
 * Failure is told in s->why, and then the others do nothing. */
void measure_attach(struct subject *s, int prog, int drop,
		    const struct measure_plan *plan);
/* Target, then floor; the first of a pass warms up and is not kept. */
void measure_round(struct subject *s, bool keep,
		   const struct measure_plan *plan);
void measure_detach(struct subject *s);
void measure_sum_up(struct subject *s);
void measure_free(struct subject *s);

#endif
