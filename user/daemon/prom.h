/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The metrics, in Prometheus' text format: one table of families names them all. */
#ifndef SLUICE_PROM_H
#define SLUICE_PROM_H

#include "announce.h"
#include "sheet.h"
#include "view.h"

/* What no instance tells. */
struct prom_process {
	bool runs;			/* a view could be taken */
	uint64_t swaps;			/* programs that were seen to replace another */
	const struct announce_state *announce;
};

/* `v` is what view_take() filled in; of an empty one only the process is told. */
void prom_write(struct sheet *out, const struct view *v, const struct prom_process *p);

#endif
