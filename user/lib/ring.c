/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The Maglev ring: who owns which slot. */
#include <errno.h>
#include <string.h>

#include <xxhash.h>

#include <sluice/scope.h>

#include "ring.h"

enum { NOBODY = 0xffff };	/* in a slot that nobody has taken yet */

/* A member while the ring is filled. */
struct player {
	const struct ring_member *member;
	uint64_t order;		/* the hash that offsets come from */
	uint64_t at, skip;	/* the next slot of its permutation, the step */
	uint64_t credit;	/* proportional: earned; Envoy: its target */
};

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static int by_identity(const void *left, const void *right)
{
	const struct player *a = left, *b = right;
	size_t shorter = a->member->length;
	int diff;

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	if (shorter > b->member->length)
		shorter = b->member->length;
	diff = memcmp(a->member->identity, b->member->identity, shorter);
	if (diff)
		return diff;
	return (a->member->length > b->member->length) -
	       (a->member->length < b->member->length);
}

/* Writes the members that have weight into players: how many, or -EINVAL. */
static long seat(const struct ring_rule *rule, const struct ring_member *member,
		 size_t n, size_t size, struct player *players)
{
	long seated = 0;

	for (size_t i = 0; i < n; i++) {
		const struct ring_member *m = &member[i];
		struct player *p = &players[seated];
		uint64_t second;

		if (!m->weight)
			continue;
		second = rule->hash(m->identity, m->length, rule->skip_seed);
		p->member = m;
		p->order = rule->hash(m->identity, m->length, rule->offset_seed);
		p->at = p->order % size;
		p->skip = rule->skip(second, size) % size;
		p->credit = 0;
		if (gcd(p->skip, size) != 1)
			return -EINVAL;
		seated++;
	}
	return seated;
}

static uint32_t heaviest(const struct player *players, size_t n)
{
	uint32_t most = 0;

	for (size_t i = 0; i < n; i++)
		if (players[i].member->weight > most)
			most = players[i].member->weight;
	return most;
}

/* Does the player take a slot in this round (counted from 1)? */
static bool its_turn(const struct ring_rule *rule, struct player *p,
		     uint64_t round, uint64_t most)
{
	if (rule->weighting == RING_ENVOY) {
		if (round * p->member->weight < p->credit)
			return false;
		p->credit += most;
		return true;
	}
	p->credit += p->member->weight;
	if (p->credit < most)
		return false;
	p->credit -= most;
	return true;
}

static void take_slot(struct player *p, uint16_t *ring, size_t size)
{
	while (ring[p->at] != NOBODY) {
		p->at += p->skip;
		if (p->at >= size)
			p->at -= size;
	}
	ring[p->at] = p->member->id;
}

static void fill(const struct ring_rule *rule, struct player *players, size_t n,
		 uint16_t *ring, size_t size)
{
	uint64_t most = heaviest(players, n);
	size_t left = size;

	memset(ring, 0xff, size * sizeof(*ring));
	for (uint64_t round = 1; left; round++)
		for (size_t i = 0; i < n && left; i++)
			if (its_turn(rule, &players[i], round, most)) {
				take_slot(&players[i], ring, size);
				left--;
			}
}

int ring_build(const struct ring_rule *rule, const struct ring_member *member,
	       size_t n, uint16_t *ring, size_t size)
{
	autofree struct player *players = NULL;
	long seated;

	if (!size)
		return -EINVAL;
	players = calloc(n + 1, sizeof(*players));
	if (!players)
		return -ENOMEM;
	seated = seat(rule, member, n, size, players);
	if (seated < 0)
		return (int)seated;
	if (!seated) {
		memset(ring, 0, size * sizeof(*ring));
		return 0;
	}
	if (!rule->keep_order)
		qsort(players, (size_t)seated, sizeof(*players), by_identity);
	fill(rule, players, (size_t)seated, ring, size);
	return 0;
}

static uint64_t xxh64(const void *identity, size_t length, uint64_t seed)
{
	return XXH64(identity, length, seed);
}

/* Odd, so coprime to a power of two. */
static uint64_t odd(uint64_t hash, uint64_t size)
{
	return (hash % size) | 1;
}

struct ring_rule ring_sluice(const char *seed)
{
	size_t length = strlen(seed);

	return (struct ring_rule){
		.hash = xxh64,
		.offset_seed = XXH64(seed, length, 1),
		.skip_seed = XXH64(seed, length, 2),
		.skip = odd,
		.weighting = RING_PROPORTIONAL,
	};
}

/* A backend's name in the ring: its address and family. */
struct identity { uint8_t octet[16], family; };

int ring_of_pool(const struct sl_pool_conf *pool, const char *seed,
		 const uint16_t *backend_id, const struct standing *standing,
		 uint16_t *ring)
{
	struct ring_rule rule = ring_sluice(seed ? seed : "");
	autofree struct ring_member *members = NULL;
	autofree struct identity *names = NULL;

	members = calloc(pool->n_backends + 1, sizeof(*members));
	names = calloc(pool->n_backends + 1, sizeof(*names));
	if (!members || !names)
		return -ENOMEM;
	for (size_t i = 0; i < pool->n_backends; i++) {
		const struct sl_backend_conf *b = &pool->backends[i];

		memcpy(names[i].octet, b->addr.octet, sizeof(names[i].octet));
		names[i].family = b->addr.family;
		members[i].identity = &names[i];
		members[i].length = sizeof(names[i]);
		members[i].weight = standing[i].takes ? b->weight : 0;
		members[i].id = backend_id[i];
	}
	return ring_build(&rule, members, pool->n_backends, ring, pool->slots);
}

uint32_t ring_moved(const uint16_t *old_ring, const uint16_t *new_ring,
		    size_t size)
{
	uint32_t moved = 0;

	for (size_t i = 0; i < size; i++)
		moved += old_ring[i] != new_ring[i];
	return moved;
}

uint32_t ring_least(const uint16_t *old_ring, const uint16_t *new_ring,
		    size_t size)
{
	/* by id: what it had more than it has; at most size, so it fits */
	autofree int32_t *loss = calloc(UINT16_MAX + 1, sizeof(*loss));
	uint32_t least = 0;

	if (!loss)
		return 0;
	for (size_t i = 0; i < size; i++) {
		loss[old_ring[i]]++;
		loss[new_ring[i]]--;
	}
	for (size_t id = 0; id <= UINT16_MAX; id++)
		if (loss[id] > 0)
			least += (uint32_t)loss[id];
	return least;
}
