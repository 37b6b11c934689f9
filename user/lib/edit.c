/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An edit of a few elements, made in what packets are reading:
 *
 *	nodes, classes, rows that nobody reads yet -> expiry -> the edit, not true
 *	yet -> SERIAL -> one store for each place -> `shown` -> expiry of what went
 *
 * Killed before the store of the serial, nothing has happened; killed after it,
 * the truth is not the one that is shown, and the next command builds anew.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "due.h"
#include "edit.h"
#include "live.h"
#include "program.h"
#include "rules.h"

enum { EDITS_MAX = 1024 };

struct work {
	struct sl_instance *inst;
	const struct sl_config *conf;
	const struct edit *edit;
	struct sl_error *x;
	uint64_t now;
	uint16_t id;			/* of the set */
	struct truth truth;
	struct truth_edit op[EDITS_MAX];
	size_t n, changed;
};

/* ---- what changes ------------------------------------------------------- */

static int expiry_map(const struct work *w)
{
	return w->inst->maps.map[MAP_EXPIRY].fd;
}

static bool expired(const struct work *w, const struct sl_element_key *key)
{
	struct sl_element v;

	return w->truth.head->next_expiry &&
	       !bpf_map_lookup_elem(expiry_map(w), key, &v) &&
	       v.generation == w->truth.head->generation[key->set] &&
	       v.expires <= w->now;
}

static bool planned(const struct work *w, const struct image_item *i)
{
	for (size_t n = 0; n < w->n; n++)
		if (!image_order(&w->op[n].item, i))
			return true;
	return false;
}

/* Is it among the first n that are given? */
static bool given(const struct work *w, size_t n, const struct sl_element_key *key)
{
	while (n--) {
		struct sl_element_key one = element_key(w->id, &w->edit->prefix[n]);

		if (!memcmp(&one, key, sizeof(one)))
			return true;
	}
	return false;
}

static int plan(struct work *w, const struct image_item *i, bool gone)
{
	if (truth_has(&w->truth, i) != gone || planned(w, i))
		return 0;
	if (w->n == EDITS_MAX)
		return EDIT_ANEW;
	w->op[w->n] = (struct truth_edit){ *i, gone, 0 };
	w->op[w->n++].item.apart = w->edit->expires > 0;
	return 0;
}

static int plan_all(struct work *w)
{
	int err = 0;

	for (size_t n = 0; n < w->edit->n && !err; n++) {
		struct sl_element_key key = element_key(w->id, &w->edit->prefix[n]);
		struct image_item i = element_item(&key);
		bool gone = w->edit->kind == EDIT_DEL, again = given(w, n, &key);
		bool member = truth_has(&w->truth, &i) && !expired(w, &key);

		w->changed += !again && member == gone;
		err = plan(w, &i, gone);
	}
	return err;
}

/* ---- may it be ------------------------------------------------------------ */

static int check_limit(const struct work *w)
{
	uint64_t members = 0;

	for (int i = 0; i < SL_SETS_MAX; i++)
		members += w->truth.count[i];
	for (size_t n = 0; n < w->n; n++)
		members += w->op[n].gone ? UINT64_MAX : 1;
	if (w->edit->kind == EDIT_ADD && members > w->conf->limits.prefixes)
		return sl_fail(w->x, EINVAL, "sets: %llu elements: raise limits.prefixes (%u)",
			       (unsigned long long)members, w->conf->limits.prefixes);
	return 0;
}

/* The program that runs looks at addresses of this family. */
static bool looked_at(const struct work *w)
{
	for (size_t n = 0; n < w->n; n++) {
		uint32_t needs = w->op[n].item.family == 4 ? SL_F_CLASS4 : SL_F_CLASS6;

		if (!w->op[n].gone && !(w->inst->knobs.features & needs))
			return false;
	}
	return true;
}

bool edit_is_possible(const struct sl_instance *inst)
{
	const struct sl_members *head = map_half(&inst->maps, MAP_MEMBERS, active(inst), NULL);

	return head && !inst->repair && inst->prog >= 0 &&
	       inst->knobs.object == program_object() &&
	       head->shown == serial(inst);
}

/* ---- expiry ------------------------------------------------------------------ */

static int write_one(struct work *w, struct due *due, const struct sl_element *v,
		     const struct sl_element_key *key)
{
	uint64_t had = elements_end_now(w->inst, v->generation, key);
	const struct sl_due e = { .expires = v->expires, .key = *key };

	if (bpf_map_update_elem(expiry_map(w), key, v, BPF_ANY))
		return EDIT_ANEW;
	if (had && had <= v->expires)	/* it is found then, and goes back */
		return 0;
	return due_put(due, &e) && due_make(w->inst, due) ? EDIT_ANEW : 0;
}

static int write_ends(struct work *w)
{
	struct sl_members *head = w->truth.head;
	const struct sl_element v = { w->edit->expires, head->generation[w->id], 0 };
	struct due due;
	int err = due_open(w->inst, &due, w->x);

	if (err)
		return err;
	if (!head->next_expiry || v.expires < head->next_expiry)
		head->next_expiry = v.expires;
	due_begin(&due);
	for (size_t n = 0; n < w->edit->n && !err; n++) {
		struct sl_element_key key = element_key(w->id, &w->edit->prefix[n]);

		err = write_one(w, &due, &v, &key);
	}
	if (!err)
		due_done(&due);
	return err;
}

/* Before the elements are there; those for ever lose the entry that they had. */
static int write_expiry(struct work *w)
{
	if (w->edit->kind != EDIT_ADD)
		return 0;
	if (w->edit->expires)
		return write_ends(w);
	for (size_t n = 0; n < w->edit->n; n++) {
		struct sl_element_key key = element_key(w->id, &w->edit->prefix[n]);

		bpf_map_delete_elem(expiry_map(w), &key);
	}
	return 0;
}

static void forget_expiry(struct work *w)
{
	for (size_t n = 0; n < w->n; n++) {
		struct sl_element_key key = element_of(&w->op[n].item);

		if (w->op[n].gone)
			elements_remove(w->inst, &key);
	}
}

/* ---- making it ------------------------------------------------------------------ */

int edit_rows(const struct sl_instance *inst, const struct sl_config *conf,
	      const struct classes *classes, uint32_t first, struct sl_class *rows,
	      struct sl_error *x)
{
	struct compile_set none[SL_SETS_MAX] = { { NULL, 0, false } };
	uint16_t ids[SL_SETS_MAX] = { 0 };
	struct compile_input in = { .conf = conf, .sets = none, .set_id = ids };
	struct lists lists = { 0 };
	int err;

	for (size_t i = 0; i < conf->n_sets && i < SL_SETS_MAX; i++) {
		int id = registry_set(registry(inst), conf->sets[i].name);

		if (id < 0)
			return sl_fail(x, ENOENT, "set %s: no such set", conf->sets[i].name);
		ids[i] = (uint16_t)id;
	}
	err = lists_make(&in, &lists, x);
	if (!err)
		err = rows_fill(&lists, classes, first, rows);
	lists_free(&lists);
	return err;
}

/* Of classes that there were not before. */
static int write_rows(struct work *w, const struct classes *classes)
{
	struct map *map = &w->inst->maps.map[MAP_CLASSES];
	struct sl_class *rows = map_at(&w->inst->maps, MAP_CLASSES, active(w->inst));
	uint32_t first = w->truth.head->classes;

	if (classes_count(classes) == first)
		return 0;
	if (classes_count(classes) > map->stride / sizeof(*rows))
		return EDIT_ANEW;
	return edit_rows(w->inst, w->conf, classes, first, rows, w->x);
}

static int commit(struct work *w, const struct live *l)
{
	struct sl_members *head = w->truth.head;
	uint32_t next = serial(w->inst) + 1;
	int err = write_rows(w, l->classes);

	if (!err)
		err = write_expiry(w);
	if (err)
		return err;
	if (truth_add_classes(&w->truth, l->classes))
		return EDIT_ANEW;
	head->image_used = l->image.used;
	if (truth_append(&w->truth, w->op, w->n, next))
		return EDIT_ANEW;
	__atomic_store_n(&control(w->inst)->turn, (uint64_t)next << 1 | active(w->inst),
			 __ATOMIC_RELEASE);
	live_show(l);
	__atomic_store_n(&head->shown, next, __ATOMIC_RELEASE);
	return 0;
}

static int make(struct work *w)
{
	struct map *images = &w->inst->maps.map[MAP_IMAGES];
	struct live l = { .truth = &w->truth };
	int err = truth_classes(&w->truth, w->conf->limits.classes, &l.classes);

	if (err)
		return err == -ENOMEM ? err : EDIT_ANEW;
	l.image = (struct image){ map_half(&w->inst->maps, MAP_IMAGES, active(w->inst), NULL),
				  (uint32_t)(images->stride / 4),
				  w->truth.head->image_used };
	err = l.image.word ? live_draw(&l, w->op, w->n, NULL) : -ENOMEM;
	if (!err)
		err = commit(w, &l);
	else if (err != -ENOMEM)
		err = EDIT_ANEW;	/* it says what is too much, if it still is */
	live_free(&l);
	classes_free(l.classes);
	if (err)
		map_leave(&w->inst->maps, MAP_IMAGES, active(w->inst));
	return err;
}

static int carry_out(struct work *w)
{
	int err = check_limit(w);

	if (!err && !looked_at(w))
		err = EDIT_ANEW;
	if (!err)
		err = w->n ? make(w) : write_expiry(w);
	if (!err)
		forget_expiry(w);
	return err;
}

int edit_live(struct sl_instance *inst, const struct sl_config *conf,
	      const struct edit *edit, size_t *changed, struct sl_error *x)
{
	struct work *w;
	int id, err;

	id = registry_set(registry(inst), edit->set);
	if (id < 0 || edit->kind == EDIT_LOAD || edit->n > EDITS_MAX / 2 ||
	    !edit_is_possible(inst))
		return EDIT_ANEW;
	w = calloc(1, sizeof(*w));
	if (!w)
		return sl_fail(x, ENOMEM, "memory: not enough");
	*w = (struct work){ .inst = inst, .conf = conf, .edit = edit, .x = x,
			    .now = elements_now(), .id = (uint16_t)id };
	err = elements_truth(inst, &w->truth, x);
	if (!err) {
		w->truth.head->timed |= (uint64_t)(edit->expires > 0) << id;
		err = plan_all(w);
		if (!err)
			*changed = w->changed;
		if (!err)
			err = carry_out(w);
		truth_close(&w->truth);
	}
	if (err == -ENOMEM)
		sl_fail(x, err, "memory: not enough");
	free(w);
	return err;
}

int edit_drop(struct sl_instance *inst, struct truth *truth, const struct truth_edit *op,
	      size_t n, struct sl_error *x)
{
	static const struct edit nothing = { .kind = EDIT_DEL };
	struct work *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	*w = (struct work){ .inst = inst, .conf = inst->conf, .edit = &nothing, .x = x,
			    .truth = *truth, .n = n };
	memcpy(w->op, op, n * sizeof(*op));
	err = make(w);
	*truth = w->truth;
	free(w);
	return err;
}
