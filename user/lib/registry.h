/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names and their ids. An id keeps its meaning while the object exists.
 *
 * These work on a copy of the registry; registry_store writes what is new to
 * the real one. A name appears and goes by its first octet, so that a reader
 * (and whoever comes after a killed command) sees whole names only.
 */
#ifndef SL_REGISTRY_H
#define SL_REGISTRY_H

#include <sluice/sluice.h>

/* First octet of a pool whose slots move: the name is that of another entry. */
enum { POOL_MOVING = 0x80 };

/* The id of a name, or -1. */
int registry_set(const struct sl_registry *r, const char *name);
int registry_pool(const struct sl_registry *r, const char *name);
int registry_backend(const struct sl_registry *r, int pool, const struct sl_address *addr);

struct registry_ids {
	uint16_t *rule, *set, *service, *pool;	/* as in conf */
	uint16_t **backend;	/* [pool][backend] */
	uint32_t *slot_base;	/* by pool */
	bool *fresh;		/* by pool: nobody reads its slots yet */
	uint32_t slots;		/* in all: a power of two */
};

/* Ids for everything in conf: those that there are, else new ones in `r`.
 * -ENOSPC: no room beside what runs; -EINVAL: limits.slots. */
int registry_assign(struct sl_registry *r, const struct sl_config *conf, struct registry_ids *out, struct sl_error *x);
/* The same for the backends of some pools that there are, all else being as it is;
 * of other pools `out` has nothing. */
int registry_assign_backends(struct sl_registry *r, const struct sl_config *conf, const bool *which, struct registry_ids *out, struct sl_error *x);
void registry_ids_free(struct registry_ids *ids, const struct sl_config *conf);

/* Writes entries of `from` that `to` has not. */
void registry_store(struct sl_registry *to, const struct sl_registry *from);
/* Is it the number of a pool of conf? */
bool registry_asked(const struct sl_registry *r, uint32_t pool, const struct sl_config *conf);
/* How backends stand and how long slots wait, as `from` says. */
void registry_stand(struct sl_registry *to, const struct sl_registry *from);
/* Ids whose slots and records lead nowhere. */
void registry_dead(const struct sl_registry *r, bool dead[SL_BACKENDS_MAX]);
void registry_free_backend(struct sl_registry *r, uint16_t id);
/* Frees what conf does not name; backends with their pool only. */
void registry_sweep(struct sl_registry *r, const struct sl_config *conf);
/* A pool whose slots were moving: `reads` tells which region packets read. */
bool registry_settle(struct sl_registry *r, bool (*reads)(const void *arg, uint32_t slot_base), const void *arg);

#endif
