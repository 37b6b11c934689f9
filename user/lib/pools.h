/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a pool's change does to running slots. Each slot changes by one store, and
 * the same change once more changes nothing: so what a killed command left is
 * finished by making the change again, and undone by making the one before.
 */
#ifndef SL_POOLS_H
#define SL_POOLS_H

#include "instance.h"
#include "slots.h"

/* The slots of one pool, and what they shall be. */
struct pool_slots {
	uint16_t pool;		/* index in the registry */
	uint32_t base, n;
	uint32_t from, from_n;	/* those they descend from; from_n 0: new, so stable at once */
	uint16_t *ring;		/* NULL: they are already */
	uint64_t made_of;
	bool tracked;		/* else stable always */
	uint32_t udp_grace;	/* units */
};

/* Would pool_write store anything? Ids that are `dead` lose their slots. */
bool pool_differs(const struct sl_instance *inst, const struct pool_slots *s, const bool dead[SL_BACKENDS_MAX]);
/* Restarts the pool's clocks, then stores each slot that differs. The backends
 * that the ring names are in the bank that packets read, or the slots are read
 * by nobody yet. */
void pool_write(const struct sl_instance *inst, const struct pool_slots *s, const bool dead[SL_BACKENDS_MAX]);

/* What is not by slot: how long records last, and whose QUIC ids are looked at;
 * `index`: of the pools of `conf`, in its order. */
void pools_describe(const struct sl_instance *inst, const uint16_t *index, const struct sl_config *conf);

/* Ids that `next` says are alive again, before their pool is written: no record
 * from before may lead to them. */
void pools_revive(const struct sl_instance *inst, const struct sl_registry *next);
/* Ids that it says are dead, after it is written. */
void pools_bury(const struct sl_instance *inst, const struct sl_registry *next);

/* Current owners; ids beyond the map read as 0. */
void slots_read(const struct maps *m, uint32_t base, uint16_t *ring, uint32_t n);
const uint32_t *slots_at(const struct maps *m, uint32_t base, uint32_t n);	/* NULL: beyond the map */

#endif
