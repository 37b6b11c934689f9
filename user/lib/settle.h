/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Slots come to rest, and what was removed goes: DESIGN 4. There need be no
 * daemon: every command that changes something does what is due.
 */
#ifndef SL_SETTLE_H
#define SL_SETTLE_H

#include "instance.h"

/* What is due, of all pools; at most once in a unit of time. What fails is tried
 * again by the next one. */
void settle_due(struct sl_instance *inst);

#endif
