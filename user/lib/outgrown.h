/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tables that packets write, outgrown by larger ones: nothing that a packet wrote
 * in the old one is lost to the program that reads the new one.
 *
 * Two programs run side by side while links are given the new one, and what the one
 * records the other would not find. So nothing new is recorded in that moment: both
 * tables are full, and the change of a pool waits for those flows, as it does under
 * pressure. The old tables stay pinned, as maps_old/, until all is done: whoever
 * finds them there finishes or undoes what a killed command began.
 *
 *	maps_old -> old one is full -> grace -> copy, and the new one is full ->
 *	pins, links -> the new one has room -> grace -> copy what was refreshed
 */
#ifndef SL_OUTGROWN_H
#define SL_OUTGROWN_H

#include "instance.h"
#include "links.h"

/* Before the links get a program that uses `to`. */
int outgrown_hold(const struct sl_instance *inst, const struct links *links, const struct maps *to, struct sl_error *x);

/* All links have it. Waits for a grace period, if there is something to do. */
void outgrown_release(const struct sl_instance *inst, const struct maps *to);

/* An instance that was opened to be changed: undoes, or finishes, or leaves it to
 * the program that inst->repair asks for. */
int outgrown_mend(struct sl_instance *inst, struct sl_error *x);

/* Forgets it all. */
void outgrown_remove(const struct sl_instance *inst);

#endif
