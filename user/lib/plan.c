/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an apply would change: a draft, told to a person. */
#include <errno.h>
#include <string.h>

#include <sluice/scope.h>

#include "links.h"
#include "probes.h"
#include "ring.h"
#include "transact.h"

/* The pool's ring as it is, in the size that it will have; NULL: no memory. */
static uint16_t *ring_before(const struct sl_instance *inst, const struct pool_slots *s)
{
	uint16_t *old = calloc(s->from_n, sizeof(*old));
	uint16_t *out = calloc(s->n, sizeof(*out));

	if (old && out) {
		slots_read(&inst->maps, s->from, old, s->from_n);
		for (uint32_t i = 0; i < s->n; i++)
			out[i] = old[slot_ancestor(i, s->n, s->from_n)];
	} else {
		free(out);
		out = NULL;
	}
	free(old);
	return out;
}

/* A new pool has nothing to move. */
static int plan_pool(struct sl_plan *plan, const struct sl_instance *inst,
		     const struct draft *d, size_t i, struct sl_error *x)
{
	const struct sl_pool_conf *c = &d->conf->pools[i];
	int id = registry_pool(registry(inst), c->name);
	struct sl_plan_pool *out = &plan->pools[plan->n_pools];
	uint16_t *before;

	if (id < 0 || !d->slots[i].ring)
		return 0;
	before = ring_before(inst, &d->slots[i]);
	if (!before)
		return sl_fail(x, ENOMEM, "plan: no memory");
	out->slots = c->slots;
	out->moved = ring_moved(before, d->slots[i].ring, c->slots);
	out->least = ring_least(before, d->slots[i].ring, c->slots);
	memcpy(out->name, c->name, sizeof(out->name));
	plan->n_pools += d->ids.fresh[i] || pool_differs(inst, &d->slots[i], d->dead);
	free(before);
	return 0;
}

/* The file says of this set what it said before, yet it changes. */
static bool live_lost(const struct sl_instance *inst,
		      const struct sl_set_conf *now)
{
	const struct sl_set_conf *old = NULL;

	for (size_t i = 0; inst->conf && i < inst->conf->n_sets; i++)
		if (!strcmp(inst->conf->sets[i].name, now->name))
			old = &inst->conf->sets[i];
	if (!old || old->kind != now->kind || now->kind != SL_SET_PREFIXES)
		return false;
	return old->n_prefixes == now->n_prefixes &&
	       (!now->n_prefixes ||
		!memcmp(old->prefixes, now->prefixes,
			now->n_prefixes * sizeof(*now->prefixes)));
}

static void plan_sets(struct sl_plan *plan, const struct sl_instance *inst,
		      const struct draft *d)
{
	for (size_t i = 0; i < d->conf->n_sets; i++) {
		const struct draft_set *s = &d->sets[i];
		struct sl_plan_set *out = &plan->sets[plan->n_sets];

		if (!s->added && !s->removed && !s->expiry)
			continue;
		memcpy(out->name, d->conf->sets[i].name, sizeof(out->name));
		out->added = s->added;
		out->removed = s->removed;
		out->kept = s->kept;
		out->live_lost = live_lost(inst, &d->conf->sets[i]);
		plan->n_sets++;
	}
}

static const struct sl_pool_conf *pool_of(const struct sl_config *conf, const struct sl_service_conf *s)
{
	for (size_t i = 0; i < conf->n_pools; i++)
		if (!strcmp(conf->pools[i].name, s->pool))
			return &conf->pools[i];
	return NULL;
}

/* NULL: its flows stay where their slots are. */
static const char *why_all_move(const struct sl_config *was, const struct sl_service_conf *before,
				const struct sl_config *now, const struct sl_service_conf *after)
{
	const struct sl_pool_conf *old = pool_of(was, before), *new = pool_of(now, after);

	if (strcmp(before->pool, after->pool) != 0)
		return "another pool";
	if (was->seed && now->seed && strcmp(was->seed, now->seed) != 0)
		return "another seed";
	if (old && new && old->hash != new->hash)
		return "another hash";
	return NULL;
}

static void plan_services(struct sl_plan *plan, const struct sl_config *was, const struct sl_config *now)
{
	for (size_t i = 0; i < now->n_services; i++)
		for (size_t j = 0; was && j < was->n_services; j++) {
			const struct sl_service_conf *after = &now->services[i], *before = &was->services[j];
			struct sl_plan_service *out = &plan->services[plan->n_services];

			if (strcmp(before->name, after->name) != 0)
				continue;
			out->why = why_all_move(was, before, now, after);
			memcpy(out->name, after->name, sizeof(out->name));
			plan->n_services += out->why != NULL;
		}
}

/* Names that come, and names that nothing asks for any more. */
static bool names_differ(const struct sl_instance *inst, const struct draft *d)
{
	autofree struct sl_registry *r = malloc(sizeof(*r));

	if (!r)
		return true;
	memcpy(r, d->registry, sizeof(*r));
	registry_sweep(r, d->conf);
	return memcmp(r, registry(inst), sizeof(*r)) != 0;
}

static int plan_links(struct sl_plan *plan, const struct sl_instance *inst,
		      const struct sl_config *conf, struct sl_error *x)
{
	struct links links = { 0 };
	int err = links_read(inst, &links, x);

	if (err)
		return err;
	plan->interfaces = links_differ(inst, &links, conf);
	err = links_check(&links, conf, x);
	links_free(&links);
	return err;
}

static int fill(struct sl_plan *plan, const struct sl_instance *inst,
		const struct draft *d, struct sl_error *x)
{
	int err = plan_links(plan, inst, d->conf, x);

	if (err)
		return err;
	plan->interfaces |= probes_differ(inst, d->conf, d->ids.backend);
	plan->pools = calloc(d->conf->n_pools + 1, sizeof(*plan->pools));
	plan->sets = calloc(d->conf->n_sets + 1, sizeof(*plan->sets));
	plan->services = calloc(d->conf->n_services + 1, sizeof(*plan->services));
	if (!plan->pools || !plan->sets || !plan->services)
		return sl_fail(x, ENOMEM, "plan: no memory");
	for (size_t i = 0; i < d->conf->n_pools && !err; i++)
		err = plan_pool(plan, inst, d, i, x);
	plan_sets(plan, inst, d);
	plan_services(plan, inst->conf, d->conf);
	plan->program = !draft_exact(d, inst);
	plan->tables = !bank_equals(&inst->maps, active(inst), serial(inst), d->compiled) ||
		       names_differ(inst, d);
	plan->repair = inst->repair || d->torn;
	return err;
}

int sl_plan_make(struct sl_instance *inst, const struct sl_config *conf,
		 struct sl_plan **plan, struct sl_error *x)
{
	struct sl_plan *made;
	struct draft *d = NULL;
	int err = draft_make(inst, conf, 0, NULL, &d, x);

	if (err)
		return err;
	made = calloc(1, sizeof(*made));
	if (made)
		err = fill(made, inst, d, x);
	else
		err = sl_fail(x, ENOMEM, "plan: no memory");
	draft_free(d);
	if (err)
		sl_plan_free(made);
	else
		*plan = made;
	return err;
}

bool sl_plan_empty(const struct sl_plan *plan)
{
	return !plan->n_pools && !plan->n_sets && !plan->program &&
	       !plan->interfaces && !plan->tables && !plan->repair;
}

void sl_plan_free(struct sl_plan *plan)
{
	if (!plan)
		return;
	free(plan->pools);
	free(plan->sets);
	free(plan->services);
	free(plan);
}
