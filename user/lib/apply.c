/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Applying: the idle bank is filled, one store turns the banks, and the rest
 * follows. Before that store everything can be undone, after it everything
 * can be finished: by this command, or by the one that comes after a kill.
 *
 *	expiry -> a program that can do old and new -> new
 *	interfaces, probes -> slots nobody reads yet -> grace -> idle bank -> names ->
 *	TURN -> grace -> slots -> narrow program -> grace -> what went
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sluice/scope.h>

#include "counts.h"
#include "due.h"
#include "edit.h"
#include "expire.h"
#include "limits.h"
#include "links.h"
#include "outgrown.h"
#include "probes.h"
#include "program.h"
#include "records.h"
#include "settle.h"
#include "targets.h"
#include "ticks.h"
#include "transact.h"

/* ---- the program ------------------------------------------------------ */

static int pin_program(struct sl_instance *inst, const struct maps *m,
		       bool grown, int prog, struct sl_error *x)
{
	char path[PIN_PATH], staged[PIN_PATH];
	int err;

	snprintf(path, sizeof(path), "%s/prog", inst->dir);
	snprintf(staged, sizeof(staged), "%s/prog_new", inst->dir);
	if (grown)
		err = maps_pin(m, inst->dir, x);
	else
		err = maps_pin_one(m, MAP_KNOBS, inst->dir, x);
	return err ? err : pin_replace(prog, staged, path, x);
}

/* `m`: inst's own maps, or larger ones that hold the same. The pins go first:
 * whoever finds links that run another program than `prog` repairs them. */
static int run_program(struct sl_instance *inst, struct maps *m,
		       const struct sl_knobs *features, struct sl_error *x)
{
	struct sl_knobs knobs = maps_sizes(m).knobs;
	struct program_info info = { 0 };
	struct links links = { 0 };
	int err, prog;

	knobs.features = features->features;
	knobs.rule_words = features->rule_words;
	knobs.tick_shift = ticks_shift();
	knobs.object = program_object();
	prog = program_load(m, &knobs, x);
	if (prog < 0)
		return prog;
	err = links_read(inst, &links, x);
	if (!err)
		err = outgrown_hold(inst, &links, m, x);
	if (!err)
		err = pin_program(inst, m, m != &inst->maps, prog, x);
	if (!err)
		err = links_swap(&links, prog, x);
	if (!err)
		outgrown_release(inst, m);
	links_free(&links);
	if (err) {
		close(prog);
		inst->repair = true;
		return err;
	}
	program_look(prog, &info);
	sl_scope_close(&inst->prog);
	inst->prog = prog;
	inst->prog_id = info.id;
	inst->knobs = knobs;
	inst->repair = false;
	return 0;
}

static int grow(struct sl_instance *inst, const struct map_sizes *want,
		const struct sl_knobs *features, struct sl_error *x)
{
	struct maps *old = &inst->maps, m;
	int err = maps_make(&m, old, want, x);

	if (err)
		return err;
	err = bank_move(&m, old, active(inst), x);
	if (!err && m.map[MAP_EXPIRY].id != old->map[MAP_EXPIRY].id)
		err = elements_copy(m.map[MAP_EXPIRY].fd,
				    old->map[MAP_EXPIRY].fd, x);
	if (!err && m.map[MAP_DUE].id != old->map[MAP_DUE].id)
		err = due_tear(&m, x);
	if (!err)
		err = run_program(inst, &m, features, x);
	if (err) {
		maps_close(&m);
		return err;
	}
	grace_wait(&inst->grace);
	maps_close(old);
	*old = m;
	return 0;
}

/* What runs, over tables that are large enough for what is asked for. Those that a
 * killed command pinned get their program before others replace them. */
static int fit(struct sl_instance *inst, const struct map_sizes *want,
	       const struct sl_knobs *features, struct sl_error *x)
{
	bool fits = maps_fit(&inst->maps, want);
	int err = 0;

	if (fits || (inst->repair && inst->prog >= 0))
		err = run_program(inst, &inst->maps, features, x);
	return err || fits ? err : grow(inst, want, features, x);
}

/* The program that can do what runs and what is asked for. */
static int widen(struct sl_instance *inst, const struct draft *d,
		 struct sl_error *x)
{
	struct sl_knobs both = d->compiled->knobs;
	int err;

	if (draft_covered(d, inst))
		return 0;
	both.features |= inst->knobs.features;
	if (both.rule_words < inst->knobs.rule_words)
		both.rule_words = inst->knobs.rule_words;
	if (inst->prog >= 0 && inst->knobs.object != program_object()) {
		both.features = SL_F_ALL; /* another build may mean others */
		both.rule_words = SL_RULE_WORDS;
	}
	err = fit(inst, &d->want, &both, x);
	if (err)
		instance_reload(inst, NULL); /* some of it may be pinned */
	return err;
}

/* The wide one does the same, only slower, so a failure is no failure. */
static void narrow(struct sl_instance *inst, const struct draft *d)
{
	if (!draft_exact(d, inst))
		run_program(inst, &inst->maps, &d->compiled->knobs, NULL);
}

/* ---- before the turn -------------------------------------------------- */

static void fresh_slots(const struct sl_instance *inst, const struct draft *d)
{
	pools_describe(inst, d->ids.pool, d->conf);
	for (size_t p = 0; p < d->conf->n_pools; p++)
		if (d->ids.fresh[p])
			pool_write(inst, &d->slots[p], d->dead);
}

/* A name that begins, begins at zero. */
static void new_names(const struct sl_instance *inst, const struct draft *d)
{
	struct sl_registry *now = registry(inst);
	const struct sl_registry *next = d->registry;

	for (uint32_t i = 0; i < SL_RULES_MAX; i++)
		if (next->rule[i].name[0] &&
		    strcmp(now->rule[i].name, next->rule[i].name))
			counts_zero(&inst->maps, COUNTS_AT(rule[i]), sizeof(struct sl_rule_count));
	for (uint32_t i = 0; i < SL_SERVICES_MAX; i++)
		if (next->service[i].name[0] &&
		    strcmp(now->service[i].name, next->service[i].name))
			counts_zero(&inst->maps, COUNTS_AT(service[i]), sizeof(struct sl_traffic));
	for (uint32_t i = 1; i < SL_BACKENDS_MAX; i++)
		if (next->backend[i].pool && !now->backend[i].pool)
			counts_zero(&inst->maps, COUNTS_AT(backend[i]), sizeof(struct sl_traffic));
	registry_store(now, next);
}

/* Rules that send packets on, now or after the change. */
static bool steers(const struct sl_instance *inst, const struct draft *d)
{
	return (inst->knobs.features | d->compiled->knobs.features) & SL_F_STEER;
}

static int prepare_targets(struct sl_instance *inst, const struct draft *d,
			   struct sl_error *x)
{
	if (!steers(inst, d))
		return 0;
	grace_wait(&inst->grace);	/* of the turn before */
	return targets_write(inst, !active(inst), d->compiled->bank, x);
}

static int write_expiry(struct sl_instance *inst, const struct draft *d, struct sl_error *x)
{
	int err = d->write.n ? due_tear(&inst->maps, x) : 0;

	return err ? err : elements_write(inst, d->write.e, d->write.n, x);
}

static int prepare(struct sl_instance *inst, const struct draft *d,
		   struct sl_error *x)
{
	struct links links = { 0 };
	int err = widen(inst, d, x);

	if (!err)
		err = prepare_targets(inst, d, x);
	if (!err)
		err = write_expiry(inst, d, x);
	if (!err)
		err = links_forget(inst, x);
	if (!err)
		err = links_read(inst, &links, x);
	if (!err)
		err = links_attach(inst, &links, d->conf, inst->prog, x);
	links_free(&links);
	return err ? err : probes_prepare(inst, d->conf, d->ids.backend, x);
}

/* ---- the turn, and after it ------------------------------------------- */

static int commit(struct sl_instance *inst, const struct draft *d,
		  struct sl_error *x)
{
	uint32_t bank = !active(inst);
	struct sl_members *head = map_half(&inst->maps, MAP_MEMBERS, bank, x);
	int err = -ENOMEM;

	pools_revive(inst, d->registry);
	fresh_slots(inst, d);
	grace_wait(&inst->grace);
	if (head)
		err = bank_write(&inst->maps, bank, d->compiled, registry(inst), x);
	if (err)
		return err;
	memcpy(head->generation, d->generation, sizeof(head->generation));
	head->next_expiry = draft_next_expiry(d);
	head->shown = d->serial;
	__atomic_store_n(&head->made, d->serial, __ATOMIC_RELEASE);
	limits_begin(&inst->maps, map_at(&inst->maps, MAP_BANKS, !bank), d->compiled->bank);
	new_names(inst, d);
	__atomic_store_n(&control(inst)->turn, (uint64_t)d->serial << 1 | bank,
			 __ATOMIC_RELEASE);
	return 0;
}

static bool always(const void *arg, uint32_t slot_base)
{
	return arg && slot_base + 1;
}

/* Added for ever, an element does not expire any more. */
static void forget_expiry(const struct sl_instance *inst, const struct edit *edit)
{
	int id = edit->kind == EDIT_ADD && !edit->expires ?
			 registry_set(registry(inst), edit->set) : -1;

	for (size_t i = 0; id >= 0 && i < edit->n; i++) {
		struct sl_element_key key = element_key((uint16_t)id, &edit->prefix[i]);

		elements_remove(inst, &key);
	}
}

/* Those that are fresh were written before the turn. */
static void change_pools(const struct sl_instance *inst, const struct draft *d)
{
	for (size_t p = 0; p < d->conf->n_pools; p++)
		if (!d->ids.fresh[p])
			pool_write(inst, &d->slots[p], d->dead);
	pools_bury(inst, d->registry);
	registry_stand(registry(inst), d->registry);
}

/* Nothing leads to them any more: another may get their number. */
static void forget_pools(const struct sl_instance *inst, const struct sl_config *conf)
{
	const struct sl_registry *r = registry(inst);
	bool ids[SL_BACKENDS_MAX] = { false }, some = false;

	for (uint32_t id = 1; id < SL_BACKENDS_MAX; id++) {
		ids[id] = r->backend[id].pool && !registry_asked(r, r->backend[id].pool - 1u, conf);
		some |= ids[id];
	}
	if (some)
		records_erase_backends(&inst->maps, ids);
}

/* Their flows go where slots say: what was recorded before is not true any more,
 * when they are tracked again. */
static void forget_untracked(const struct sl_instance *inst, const struct draft *d)
{
	bool pools[SL_POOLS_MAX] = { false }, some = false;

	for (size_t p = 0; p < d->conf->n_pools; p++) {
		pools[d->ids.pool[p]] = !d->slots[p].tracked;
		some |= !d->slots[p].tracked;
	}
	if (some)
		records_erase_pools(&inst->maps, pools);
}

/* The change is made: what fails here is left over, and the next one's plan is
 * not empty. */
static void finish(struct sl_instance *inst, const struct draft *d)
{
	grace_wait(&inst->grace);
	change_pools(inst, d);
	if (steers(inst, d))
		targets_sweep(inst, d->compiled->bank);
	narrow(inst, d);
	links_detach(inst, d->conf, NULL);
	probes_finish(inst, d->conf, d->ids.backend);
	grace_wait(&inst->grace);
	links_forget(inst, NULL);
	registry_settle(registry(inst), always, inst);
	forget_pools(inst, d->conf);
	forget_untracked(inst, d);
	registry_sweep(registry(inst), d->conf);
	if (d->edit)
		forget_expiry(inst, d->edit);
	if (d->gone)
		elements_clean(inst, NULL);
	expire_mend(inst);
	if (!d->edit)
		hops_hold(d->conf, inst->hops);
}

static void undo(struct sl_instance *inst, const struct sl_knobs *before,
		 bool ran)
{
	if (ran && (before->features != inst->knobs.features ||
		    before->rule_words != inst->knobs.rule_words))
		run_program(inst, &inst->maps, before, NULL);
	links_forget(inst, NULL);
	elements_clean(inst, NULL);
	expire_mend(inst);
}

static int carry_out(struct sl_instance *inst, const struct draft *d,
		     struct sl_error *x)
{
	struct sl_knobs before = inst->knobs;
	struct links links = { 0 };
	bool ran = inst->prog >= 0;
	int err = links_read(inst, &links, x);

	if (!err)
		err = links_check(&links, d->conf, x);
	links_free(&links);
	if (err)
		return err;
	err = prepare(inst, d, x);
	if (!err)
		err = commit(inst, d, x);
	if (err) {
		undo(inst, &before, ran);
		return err;
	}
	finish(inst, d);
	return 0;
}

int transact_anew(struct sl_instance *inst, const struct sl_config *conf,
		  uint64_t digest, const struct edit *edit, size_t *changed,
		  struct sl_error *x)
{
	struct draft *d = NULL;
	size_t merged = 0;
	int err;

	err = grace_make(&inst->grace, x);
	if (err)
		return err;
	if (draft_settle(inst, registry(inst)))
		grace_wait(&inst->grace);
	err = draft_make(inst, conf, digest, edit, &d, x);
	if (!err)
		err = carry_out(inst, d, x);
	for (size_t i = 0; !err && edit && i < conf->n_sets; i++)
		if (!strcmp(conf->sets[i].name, edit->set))
			merged = (size_t)(d->sets[i].added + d->sets[i].removed);
	draft_free(d);
	if (!err && changed)
		*changed = merged;
	return err;
}

static int edit_in_place(struct sl_instance *inst, const struct edit *edit, size_t *n,
			 struct sl_error *x)
{
	uint32_t removed;
	bool more;
	int err = expire(inst, 0, &removed, &more, x);

	return err ? err : edit_live(inst, inst->conf, edit, n, x);
}

int transact(struct sl_instance *inst, const struct sl_config *conf,
	     uint64_t digest, const struct edit *edit, size_t *changed,
	     struct sl_error *x)
{
	size_t n = SIZE_MAX;
	int err;

	if (inst->how == SL_OPEN_READ)
		return sl_fail(x, EPERM, "instance %s: opened to look only",
			       inst->name);
	settle_due(inst);
	err = edit ? edit_in_place(inst, edit, &n, x) : EDIT_ANEW;
	if (err == EDIT_ANEW)
		err = transact_anew(inst, conf, digest, edit, changed, x);
	if (!err && changed && n != SIZE_MAX)
		*changed = n;
	return err;
}

int sl_apply(struct sl_instance *inst, const struct sl_config *conf,
	     uint64_t digest, struct sl_error *x)
{
	return transact(inst, conf, digest, NULL, NULL, x);
}
