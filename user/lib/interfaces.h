/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The `interfaces` map, which this writes: the MACs that are an interface's own. */
#ifndef SL_INTERFACES_H
#define SL_INTERFACES_H

#include "instance.h"

/* Lists it, or its MACs anew. Before its link is made, so that the first packet
 * finds them. -ENOSPC: no place for this index. */
int interface_list(struct sl_instance *inst, uint32_t ifindex, const struct sl_interface_conf *c, struct sl_error *x);
/* Would that change anything? */
bool interface_differs(const struct sl_instance *inst, uint32_t ifindex, const struct sl_interface_conf *c);
/* Forgets all but these. */
void interfaces_forget(struct sl_instance *inst, const uint32_t *live, size_t n);

#endif
