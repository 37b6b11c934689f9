/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The Maglev ring (Eisenbud et al., NSDI '16, 3.4), weighted. Pure.
 *
 * Hash, skip rule and weighting rule are parameters, so that published vectors
 * can be replayed; ring_sluice is what the balancer uses.
 */
#ifndef SL_RING_H
#define SL_RING_H

#include <stddef.h>
#include <stdint.h>

#include "standing.h"

struct ring_member {
	const void *identity;	/* what is hashed; members are ordered by it */
	size_t length;
	uint32_t weight;	/* 0: owns nothing */
	uint16_t id;		/* what is written into the ring; not 0xffff */
};

struct ring_rule {
	uint64_t (*hash)(const void *identity, size_t length, uint64_t seed);
	uint64_t offset_seed, skip_seed;
	/* skip from the second hash; must be coprime to the size */
	uint64_t (*skip)(uint64_t hash, uint64_t size);
	enum { RING_PROPORTIONAL, RING_ENVOY } weighting;
	int keep_order;		/* do not sort the members (Envoy's vectors) */
};

/* Fills ring[size]; 0 everywhere if no member has weight. -ENOMEM, -EINVAL. */
int ring_build(const struct ring_rule *rule, const struct ring_member *member, size_t n, uint16_t *ring, size_t size);

/* The rule of a seed: size a power of two, odd skip, proportional weights. */
struct ring_rule ring_sluice(const char *seed);

/* Ring of a pool's backends that take new flows. */
int ring_of_pool(const struct sl_pool_conf *pool, const char *seed, const uint16_t *backend_id, const struct standing *standing, uint16_t *ring);

/* Slots whose owner differs, and the least number that had to: the sum over
 * the ids of what each loses, old share to new share. */
uint32_t ring_moved(const uint16_t *old_ring, const uint16_t *new_ring, size_t size);
uint32_t ring_least(const uint16_t *old_ring, const uint16_t *new_ring, size_t size);

#endif
