/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For tests of one pool, "web", on the real kernel: what its slots, ids and records
 * are, and a past of any length. */
#ifndef TESTS_UNIT_POOL_LAB_H
#define TESTS_UNIT_POOL_LAB_H

#include "tests/unit/lab.h"
#include "user/lib/pools.h"
#include "user/lib/records.h"
#include "user/lib/slots.h"

#define B(n) "{address: 10.0.0." #n "}"
#define WITH(n, key) "{address: 10.0.0." #n ", " key "}"
#define WEB(slots, keys, backends) \
	HEAD "pools: {web: {slots: " slots keys ", next_hop: \"02:00:00:00:00:aa\", backends: [" backends "]}}\n" SERVICE

#define TIMES ", timers: {settle_after: 60s, settle_max: 10m, udp_grace: 30s}"

enum { SLOTS = 1024, UNIT = 60 };

typedef int pool_apply(struct sl_instance *, const struct sl_config *, uint64_t digest, struct sl_error *);

/* Nothing is left to do then. */
void apply(struct sl_instance *inst, const char *text);
void apply_by(struct sl_instance *inst, const char *text, pool_apply *how);

struct sl_registry_pool *web(const struct sl_instance *inst);
uint32_t *slots(const struct sl_instance *inst);
uint32_t *copy(const struct sl_instance *inst);		/* for the caller to free */
struct slot_counts counted(const struct sl_instance *inst);
bool names(const struct sl_instance *inst, uint16_t id);	/* does a slot? */

struct sl_address address(uint8_t last);		/* 10.0.0.`last` */
uint16_t id_of(const struct sl_instance *inst, uint8_t last);	/* 0: it has none */
const struct sl_registry_backend *entry_of(const struct sl_instance *inst, uint8_t last);

/* A record of a flow in this slot, in a way of its own. */
struct sl_record *record(const struct sl_instance *inst, uint32_t slot, uint16_t backend, uint32_t age);

struct sl_settled settled(struct sl_instance *inst);
/* Everything happened `units` earlier. */
void let_time_pass(const struct sl_instance *inst, uint32_t units);

#endif
