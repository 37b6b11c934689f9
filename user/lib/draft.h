/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A change, worked out and not yet made: ids, elements, next hops, rings and
 * the compiled bank. Making a draft changes nothing in the instance.
 */
#ifndef SL_DRAFT_H
#define SL_DRAFT_H

#include "bank.h"
#include "elements.h"
#include "hop.h"
#include "pools.h"
#include "registry.h"

enum edit_kind { EDIT_ADD, EDIT_DEL, EDIT_LOAD };

/* An edit of one set; without one, sets become what the configuration says. */
struct edit {
	enum edit_kind kind;
	const char *set;
	const struct sl_prefix *prefix;
	size_t n;
	uint64_t expires;
};

struct draft_set {
	const struct sl_prefix *member;	/* after the change */
	size_t n;
	struct sl_prefix *own;		/* they, unless they are the caller's */
	uint64_t added, removed, kept;
	bool expiry;			/* some that are kept get another */
};

struct draft {
	const struct sl_config *conf;
	const struct edit *edit;	/* NULL: none */
	uint32_t serial;		/* of the change */
	uint64_t now;
	struct sl_registry *registry;	/* a copy, with the ids of conf */
	struct registry_ids ids;
	struct elements before;		/* what expires now */
	size_t others;			/* void entries beside */
	uint64_t timed;			/* bits: sets some elements of which expire */
	struct elements write;		/* expiry, before the turn */
	bool gone;			/* expiry to clean afterwards */
	bool torn;			/* a killed edit was not shown whole */
	uint32_t generation[SL_SETS_MAX];
	struct draft_set *sets;		/* as conf->sets */
	struct hop *hops;		/* of all backends, pool after pool */
	uint32_t *devices;		/* of rules that redirect: ifindex, by rule */
	struct compile_pool *pools;
	struct pool_slots *slots;	/* as conf->pools; owns the rings */
	bool dead[SL_BACKENDS_MAX];	/* by id */
	struct compiled *compiled;
	struct map_sizes want;
};

int draft_make(struct sl_instance *inst, const struct sl_config *conf, uint64_t digest, const struct edit *edit, struct draft **out, struct sl_error *x);
void draft_free(struct draft *d);

/* The members as they are, of all sets. -ENOMEM. */
int draft_members(struct draft *d, const struct truth *t);
/* Makes of them what is asked. -ENOMEM. */
int draft_merge(struct draft_set *set, const struct edit *edit);
/* When something expires next, after the change; 0: nothing does. */
uint64_t draft_next_expiry(const struct draft *d);

/* Ends the moves of pools that a killed command began; false: there were none. */
bool draft_settle(const struct sl_instance *inst, struct sl_registry *r);

/* Can the running program do what the draft asks for? */
bool draft_covered(const struct draft *d, const struct sl_instance *inst);
/* And nothing beside? */
bool draft_exact(const struct draft *d, const struct sl_instance *inst);

#endif
