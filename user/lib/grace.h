/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Waiting until no packet holds what it read before: an RCU grace period.
 *
 * The update of a map in a map does that. The map is made before anything is
 * changed, so that waiting cannot fail afterwards. Who may make no map waits by
 * membarrier(2), which needs no capability, and which kernels with nohz_full
 * cores refuse.
 */
#ifndef SL_GRACE_H
#define SL_GRACE_H

#include <sluice/sluice.h>

struct grace { int inner, outer; bool barrier; };	/* start as GRACE_NONE */

#define GRACE_NONE ((struct grace){ -1, -1, false })

int grace_make(struct grace *g, struct sl_error *x);	/* made before: fine */
void grace_wait(const struct grace *g);
void grace_close(struct grace *g);

#endif
