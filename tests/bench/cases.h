/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is measured: a configuration, a packet, and what must become of it. */
#ifndef BENCH_CASES_H
#define BENCH_CASES_H

#include <stddef.h>

#include <sluice/reasons.h>

#include "configs.h"
#include "frames.h"
#include "wrapper.h"

enum { BENCH_CASES_MAX = 64 };

struct bench_case {
	const char *name;
	enum config config;
	struct frame_layers layers;
	enum sl_reason reason;
	int verdict; /* XDP_* */
	enum bench_change change;
	enum bench_vary vary;
	double goal; /* in H; 0: none */
	const char *beside; /* the goal is for what it costs more than this */
	double part; /* ... as a part of it, floor included; 0: none */
	double goal_r; /* in R; 0: none */
	const struct frame_layers *before; /* a packet of the flow, or of each; NULL */
};

extern const struct bench_case bench_cases[];
extern const size_t bench_n_cases;

#endif
