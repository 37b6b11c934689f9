/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where rules send packets: interfaces and CPUs. Writes the maps `devices` and
 * `cpus`; a rule's entry in `devices` is that of its bank and its place.
 */
#ifndef SL_TARGETS_H
#define SL_TARGETS_H

#include "instance.h"

/* The ifindex of each rule's interface, 0: none; the caller frees it. -ENODEV: no
 * such interface or CPU; -EOPNOTSUPP: it cannot send what others received. */
int targets_find(const struct sl_config *conf, uint32_t **devices, struct sl_error *x);
/* The same as the running bank has them; an interface that is gone is none. -ENOMEM. */
int targets_running(const struct sl_instance *inst, const struct sl_config *conf, uint32_t **devices);

/* Makes the entries that `bank`, not yet in its place, will need there. Nobody may
 * be reading the place's old ones. */
int targets_write(const struct sl_instance *inst, uint32_t place, const struct sl_bank *bank, struct sl_error *x);
/* Removes the CPUs that this bank does not need. */
void targets_sweep(const struct sl_instance *inst, const struct sl_bank *bank);

#endif
