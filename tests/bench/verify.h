/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A case is timed only if it does its work: one packet, looked at closely. */
#ifndef BENCH_VERIFY_H
#define BENCH_VERIFY_H

#include "cases.h"
#include "instance.h"

/* Sends a packet that makes the next one what it is. 0, or -1 and the reason why. */
int verify_before(const struct instance *inst, const struct frame *frame, char why[BENCH_WHY]);

/* Verdict, reason and frame of one packet. 0, or -1 and the reason why. */
int verify_case(const struct bench_case *c, const struct instance *inst,
		const struct frame *frame, char why[BENCH_WHY]);

#endif
