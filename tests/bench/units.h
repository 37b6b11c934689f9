/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The units of the same run: the floor; H, one hot lookup in a hash; R, one
 * random lookup in the same; and an LPM trie, to compare.
 */
#ifndef BENCH_UNITS_H
#define BENCH_UNITS_H

#include "measure.h"

enum unit { UNIT_H, UNIT_R, UNIT_LPM_HOT, UNIT_LPM_RANDOM, UNITS };

struct units {
	struct units_bpf *tables; /* holds the maps */
	struct units_bpf *progs;  /* of this pass, over the same maps */
	int drop;                 /* the program that is the floor */
	double floor_ns; /* least duration of a packet, without wrapper */
	struct subject subject[UNITS];
};

/* Fills the tables with plan->flows addresses. 0, or -1 and the reason why. */
int units_open(struct units *u, const struct measure_plan *plan,
	       char why[BENCH_WHY]);
int units_attach(struct units *u, const struct measure_plan *plan,
		 char why[BENCH_WHY]);
void units_round(struct units *u, bool keep, const struct measure_plan *plan);
void units_detach(struct units *u);
void units_close(struct units *u);

#endif
