/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs of bpf/probe.bpf.c: loaded, pinned in INSTANCE/probe, and as filters of
 * an interface's clsact, under a handle of the instance's. An empty clsact stays
 * behind on interfaces that had none: it may be another's by now.
 */
#ifndef SL_PROBE_TC_H
#define SL_PROBE_TC_H

#include "instance.h"

struct probe_tc { int out, in, targets; };

#define PROBE_TC_NONE ((struct probe_tc){ -1, -1, -1 })

bool probe_tc_is_there(const struct sl_instance *inst);
/* Those of this build. -ENOENT: they were never loaded, or not whole. */
int probe_tc_open(const struct sl_instance *inst, struct probe_tc *tc);
int probe_tc_targets(const struct sl_instance *inst);	/* that map alone */
/* Loads and pins them; `targets` is empty then. */
int probe_tc_load(const struct sl_instance *inst, struct probe_tc *tc, struct sl_error *x);
void probe_tc_close(struct probe_tc *tc);
void probe_tc_unpin(const struct sl_instance *inst);

/* In the place of what is there of this instance's. */
int probe_tc_attach(const struct sl_instance *inst, const struct probe_tc *tc, uint32_t ifindex, struct sl_error *x);
bool probe_tc_is_on(const struct sl_instance *inst, const struct probe_tc *tc, uint32_t ifindex);
void probe_tc_detach(const struct sl_instance *inst, uint32_t ifindex);

#endif
