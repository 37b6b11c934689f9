/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Health probes by `via: encap`: the tc programs of bpf/probe.bpf.c, pinned below the
 * instance's directory with their maps, on every interface that probes leave or
 * answers come by. No mark, no effect: they may be there before they are needed.
 */
#ifndef SL_PROBES_H
#define SL_PROBES_H

#include "instance.h"

/* Would the two below do anything? After a kill, or where somebody took filters away. */
bool probes_differ(const struct sl_instance *inst, const struct sl_config *conf, uint16_t *const *id);
/* Before the turn: what the probes of conf need, beside what is there; `id` of each
 * backend, as in conf. If it fails, what it did has no effect. */
int probes_prepare(struct sl_instance *inst, const struct sl_config *conf, uint16_t *const *id, struct sl_error *x);
/* After it: away with what conf does not need. */
void probes_finish(struct sl_instance *inst, const struct sl_config *conf, uint16_t *const *id);
/* Off every interface; their pins. */
void probes_remove(const struct sl_instance *inst);

#endif
