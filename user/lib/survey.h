/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who owns how many slots. Slots that were made of the same have the same owners, and
 * where nothing waits all of them are stable: such a pool is not counted again.
 */
#ifndef SL_SURVEY_H
#define SL_SURVEY_H

#include "instance.h"
#include "slots.h"

/* Fills in the pools of `s`, and owns: how many slots each id has. -ENOMEM. */
int survey_read(const struct sl_instance *inst, struct sl_stats *s, uint32_t owns[SL_BACKENDS_MAX]);

#endif
