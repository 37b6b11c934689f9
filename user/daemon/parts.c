/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of control, in the order in which they start and stop. */
#include "control.h"

const struct part *const control_parts[] = {
	&part_health,
	&part_clock,
	&part_watch,
	&part_metrics,
	&part_announce,
	NULL
};
