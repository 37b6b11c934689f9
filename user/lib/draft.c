/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A change, worked out and not yet made. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "lists.h"
#include "pool_draft.h"
#include "program.h"
#include "limits.h"
#include "targets.h"

enum { ELEMENTS_SLACK = 1024 };

static int no_memory(struct sl_error *x)
{
	return sl_fail(x, ENOMEM, "memory: not enough");
}

/* ---- ids -------------------------------------------------------------- */

static bool reads(const void *arg, uint32_t slot_base)
{
	const struct sl_instance *inst = arg;

	return bank_reads(&inst->maps, active(inst), slot_base);
}

bool draft_settle(const struct sl_instance *inst, struct sl_registry *r)
{
	return registry_settle(r, reads, inst);
}

static int draft_ids(struct draft *d, const struct sl_instance *inst,
		     struct sl_error *x)
{
	d->registry = malloc(sizeof(*d->registry));
	if (!d->registry)
		return no_memory(x);
	memcpy(d->registry, registry(inst), sizeof(*d->registry));
	draft_settle(inst, d->registry);
	return registry_assign(d->registry, d->conf, &d->ids, x);
}

/* ---- sets ------------------------------------------------------------- */

/* Some members of this set expire. */
static bool expires(const struct draft *d, uint16_t id)
{
	return d->timed >> id & 1;
}

/* Filled anew, a set forgets what would have expired. */
static void new_generation(struct draft *d, size_t i)
{
	uint16_t id = d->ids.set[i];

	d->sets[i].expiry = expires(d, id);
	if (!d->sets[i].expiry)
		return;
	d->generation[id] = d->serial;
	d->gone = true;
}

/* Those that are added get an expiry, or lose the one that they had. */
static int new_expiry(struct draft *d, uint16_t id, const struct edit *edit)
{
	struct element *e;

	d->gone |= !edit->expires;
	if (edit->kind != EDIT_ADD || !edit->expires)
		return 0;
	e = calloc(edit->n + 1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	for (size_t i = 0; i < edit->n; i++) {
		e[i].key = element_key(id, &edit->prefix[i]);
		e[i].value = (struct sl_element){ edit->expires, d->generation[id], 0 };
	}
	d->write = (struct elements){ e, edit->n };
	return 0;
}

/* A set of the file becomes what the file says, a live one what it is given;
 * others stay. */
static int draft_set(struct draft *d, size_t i, const struct edit *edit)
{
	const struct sl_set_conf *c = &d->conf->sets[i];
	struct edit file = { .kind = EDIT_LOAD,
			     .prefix = c->prefixes,
			     .n = c->n_prefixes };
	int err;

	if (edit && strcmp(edit->set, c->name))
		return 0;
	if (!edit &&
	    (c->unread || (c->kind == SL_SET_LIVE && !c->prefixes)))
		return 0;
	if (!edit)
		edit = &file;
	err = draft_merge(&d->sets[i], edit);
	if (!err && edit->kind == EDIT_LOAD)
		new_generation(d, i);
	else if (!err)
		err = new_expiry(d, d->ids.set[i], edit);
	return err;
}

/* Sets that have, or get, elements which expire. */
static void find_timed(struct draft *d, const struct edit *edit)
{
	for (size_t i = 0; i < d->before.n; i++)
		d->timed |= 1ull << d->before.e[i].key.set;
	for (size_t i = 0; edit && edit->expires && i < d->conf->n_sets; i++)
		if (!strcmp(d->conf->sets[i].name, edit->set))
			d->timed |= 1ull << d->ids.set[i];
}

/* A number that another set had keeps nothing of it. */
static void generations(struct draft *d, const struct sl_instance *inst, const struct truth *t)
{
	memcpy(d->generation, t->head->generation, sizeof(d->generation));
	for (size_t i = 0; i < d->conf->n_sets; i++)
		if (registry_set(registry(inst), d->conf->sets[i].name) < 0)
			d->generation[d->ids.set[i]] = d->serial;
	d->torn = t->head->shown != d->serial - 1;
}

static int draft_sets(struct draft *d, const struct sl_instance *inst,
		      const struct edit *edit, struct sl_error *x)
{
	struct truth t;
	uint64_t members = 0;
	int err = elements_read(inst, &d->before, &d->others, x);

	if (!err)
		err = elements_truth(inst, &t, x);
	if (err)
		return err;
	find_timed(d, edit);
	d->sets = calloc(d->conf->n_sets + 1, sizeof(*d->sets));
	err = d->sets ? draft_members(d, &t) : -ENOMEM;
	generations(d, inst, &t);
	truth_close(&t);
	map_leave(&inst->maps, MAP_MEMBERS, active(inst));	/* room for the next one */
	for (size_t i = 0; i < d->conf->n_sets && !err; i++) {
		err = draft_set(d, i, edit);
		members += d->sets[i].n;
	}
	if (err)
		return no_memory(x);
	if (members > d->conf->limits.prefixes)
		return sl_fail(
			x, EINVAL,
			"sets: %llu elements: raise limits.prefixes (%u)",
			(unsigned long long)members, d->conf->limits.prefixes);
	return 0;
}

uint64_t draft_next_expiry(const struct draft *d)
{
	uint64_t next = 0;

	for (size_t i = 0; i < d->before.n + d->write.n; i++) {
		const struct element *e = i < d->before.n ?
			&d->before.e[i] : &d->write.e[i - d->before.n];

		if (e->value.expires > d->now && e->value.generation == d->generation[e->key.set] &&
		    (!next || e->value.expires < next))
			next = e->value.expires;
	}
	return next;
}

/* ---- pools ------------------------------------------------------------ */

/* An edit of a set leaves the next hops as they are. */
static int hops_running(struct draft *d, const struct sl_instance *inst)
{
	const struct sl_config *conf = d->conf;
	struct hop *hops = calloc(hop_count(conf) + 1, sizeof(*hops));
	struct hop *next = hops;
	int err = 0;

	if (!hops)
		return -ENOMEM;
	for (size_t p = 0; p < conf->n_pools; p++)
		for (size_t b = 0; b < conf->pools[p].n_backends && !err; b++)
			err = bank_hop(&inst->maps, active(inst),
				       d->ids.backend[p][b], next++);
	if (err)
		free(hops);
	else
		d->hops = hops;
	return err;
}

static int draft_pools(struct draft *d, const struct sl_instance *inst, struct sl_error *x)
{
	const struct hop *hop = d->hops;
	int err = 0;

	d->pools = calloc(d->conf->n_pools + 1, sizeof(*d->pools));
	d->slots = calloc(d->conf->n_pools + 1, sizeof(*d->slots));
	if (!d->pools || !d->slots)
		return no_memory(x);
	for (size_t p = 0; p < d->conf->n_pools && !err; p++) {
		d->pools[p] = (struct compile_pool){ d->ids.slot_base[p], d->ids.pool[p],
						     d->ids.backend[p], hop };
		hop += d->conf->pools[p].n_backends;
		err = pool_draft(d->conf, p, &d->ids, registry(inst), d->registry, &d->slots[p], x);
	}
	if (!err)
		registry_dead(d->registry, d->dead);
	return err;
}

/* ---- tables ----------------------------------------------------------- */

static int draft_compile(struct draft *d, uint64_t digest, struct sl_error *x)
{
	const struct sl_config *conf = d->conf;
	struct compile_set *sets = calloc(conf->n_sets + 1, sizeof(*sets));
	struct compile_input in = {
		.conf = conf,
		.digest = digest,
		.sets = sets,
		.set_id = d->ids.set,
		.rule_counter = d->ids.rule,
		.rule_device = d->devices,
		.hz = limits_hz(),
		.service_id = d->ids.service,
		.pools = d->pools,
		.slots = d->ids.slots,
	};
	int err;

	if (!sets)
		return no_memory(x);
	for (size_t i = 0; i < conf->n_sets; i++)
		sets[i] =
			(struct compile_set){ d->sets[i].member, d->sets[i].n,
					      d->timed >> d->ids.set[i] & 1 };
	err = compile_bank(&in, &d->compiled, x);
	free(sets);
	return err;
}

/* Backends that were removed and keep their flows: they still need what they did. */
static void draft_removed(struct draft *d, const struct sl_instance *inst)
{
	struct sl_knobs *k = &d->compiled->knobs;

	for (uint32_t id = 1; id < SL_BACKENDS_MAX; id++) {
		const struct sl_registry_backend *b = &d->registry->backend[id];

		if (!b->pool || b->standing != SL_STANDS_REMOVED ||
		    !registry_asked(d->registry, b->pool - 1u, d->conf))
			continue;
		k->features |= bank_needs(&inst->maps, active(inst), id);
		while (k->backend_mask < id)
			k->backend_mask = 2 * k->backend_mask + 1;
	}
}

/* Of what expires, old and new are in the map together. */
static void draft_sizes(struct draft *d)
{
	struct map_sizes least = maps_least();
	uint64_t expiring = d->before.n + d->others + d->write.n + ELEMENTS_SLACK;
	size_t members = truth_size(d->compiled->lists->item, d->compiled->lists->n_items,
				    d->compiled->of_lists) / 8 + 1;

	d->want.knobs = d->compiled->knobs;
	if (d->want.knobs.slot_mask < d->ids.slots - 1)
		d->want.knobs.slot_mask = d->ids.slots - 1;
	d->want.members = members < UINT32_MAX ? (uint32_t)members : UINT32_MAX;
	d->want.expiring = least.expiring;
	while (d->want.expiring < expiring)
		d->want.expiring *= 2;
}

static int work_out(struct draft *d, struct sl_instance *inst, uint64_t digest,
		    const struct edit *edit, struct sl_error *x)
{
	int err = draft_ids(d, inst, x);

	if (!err)
		err = draft_sets(d, inst, edit, x);
	if (!err && !(edit && !hops_running(d, inst)))
		err = hop_find_all(d->conf, inst->hops, &d->hops, x);
	if (!err)
		err = edit ? targets_running(inst, d->conf, &d->devices) :
			     targets_find(d->conf, &d->devices, x);
	if (!err)
		err = draft_pools(d, inst, x);
	if (!err)
		err = draft_compile(d, digest, x);
	if (!err)
		draft_removed(d, inst);
	if (!err)
		draft_sizes(d);
	return err;
}

int draft_make(struct sl_instance *inst, const struct sl_config *conf,
	       uint64_t digest, const struct edit *edit, struct draft **out,
	       struct sl_error *x)
{
	struct draft *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return no_memory(x);
	d->conf = conf;
	d->edit = edit;
	d->serial = serial(inst) + 1;
	d->now = elements_now();
	err = work_out(d, inst, digest, edit, x);
	if (err)
		draft_free(d);
	else
		*out = d;
	return err;
}

void draft_free(struct draft *d)
{
	if (!d)
		return;
	for (size_t i = 0; d->sets && i < d->conf->n_sets; i++)
		free(d->sets[i].own);
	for (size_t p = 0; d->slots && p < d->conf->n_pools; p++)
		pool_draft_free(&d->slots[p]);
	free(d->sets);
	free(d->slots);
	free(d->pools);
	free(d->hops);
	free(d->devices);
	registry_ids_free(&d->ids, d->conf);
	free(d->registry);
	elements_free(&d->before);
	elements_free(&d->write);
	compiled_free(d->compiled);
	free(d);
}

/* ---- the program ------------------------------------------------------ */

bool draft_covered(const struct draft *d, const struct sl_instance *inst)
{
	const struct sl_knobs *want = &d->compiled->knobs, *has = &inst->knobs;

	return !inst->repair && inst->prog >= 0 &&
	       has->object == program_object() &&
	       maps_fit(&inst->maps, &d->want) &&
	       !(want->features & ~has->features) &&
	       want->rule_words <= has->rule_words;
}

bool draft_exact(const struct draft *d, const struct sl_instance *inst)
{
	const struct sl_knobs *want = &d->compiled->knobs, *has = &inst->knobs;

	return draft_covered(d, inst) && want->features == has->features &&
	       want->rule_words == has->rule_words;
}
