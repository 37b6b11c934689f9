/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes out what has ended, and tells how much has not. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "due.h"
#include "edit.h"
#include "expire.h"
#include "fade.h"
#include "transact.h"

enum {
	ODD_MOST = 256,		/* in one sweep, that need nodes of their own */
	NESTED_MOST = 4096,	/* looked at inside one that ends */
	LOOK_AT_CLOCK = 8,
	MS = 1000000,
};
enum { SWEEP_MORE = 2 };	/* time was up; beside EDIT_ANEW */

struct sweep {
	struct sl_instance *inst;
	struct sl_error *x;
	struct truth truth;
	struct due due;
	struct fade fade;
	uint32_t rows;			/* classes that have theirs */
	struct truth_edit odd[ODD_MOST];
	size_t n_odd;
	uint64_t now, until;		/* it may take so long; 0: as long as it takes */
	uint32_t removed;
};

/* ---- out of the image ----------------------------------------------------- */

static sl_wide first_of(const struct image_item *i)
{
	return (sl_wide)i->hi << 64 | i->lo;
}

static sl_wide last_of(const struct image_item *i)
{
	return first_of(i) + (i->length ? ((sl_wide)1 << (128 - i->length)) - 1 : ~(sl_wide)0);
}

/* What covers it in the same set goes on doing so. */
static bool is_covered(const struct sweep *s, const struct image_item *i)
{
	const uint8_t *occurs = s->truth.head->lengths[i->family == 6];
	struct image_item wide = *i;

	for (unsigned length = 0; length < i->length; length++) {
		sl_wide mask = length ? ~(sl_wide)0 << (128 - length) : 0;
		sl_wide first = first_of(i) & mask;

		if (!occurs[length])
			continue;
		wide.hi = (uint64_t)(first >> 64);
		wide.lo = (uint64_t)first;
		wide.length = (uint8_t)length;
		if (truth_has(&s->truth, &wide))
			return true;
	}
	return false;
}

static int between(struct sweep *s, sl_wide from, sl_wide to, bool makes)
{
	int err = 0;

	s->fade.from = from;
	s->fade.to = to;
	if (makes)
		fade_make(&s->fade);
	else
		err = fade_try(&s->fade);
	return err;
}

/* Of its range, all that no element of the same set inside it covers. */
static int around_nested(struct sweep *s, const struct image_item *i, struct truth_place at,
			 bool makes)
{
	sl_wide from = first_of(i), last = last_of(i);
	struct image_item in;
	int err = 0;

	for (unsigned n = 0; !err && truth_next(&s->truth, &at, &in) && in.family == i->family &&
	     first_of(&in) <= last; n++) {
		if (n == NESTED_MOST)
			return -ENOSPC;
		if (in.list != i->list || in.length <= i->length || last_of(&in) < from)
			continue;
		if (first_of(&in) > from)
			err = between(s, from, first_of(&in) - 1, makes);
		if (last_of(&in) == last)
			return err;
		from = last_of(&in) + 1;
	}
	return err ? err : between(s, from, last, makes);
}

/* Classes that there were not before: first what rules make of them. */
static int add_rows(struct sweep *s)
{
	const struct map *map = &s->inst->maps.map[MAP_CLASSES];
	struct sl_class *rows = map_at(&s->inst->maps, MAP_CLASSES, active(s->inst));
	uint32_t n = classes_count(s->fade.classes);
	int err;

	if (n == s->rows)
		return 0;
	if (n > map->stride / sizeof(*rows))
		return -ENOSPC;
	err = edit_rows(s->inst, s->inst->conf, s->fade.classes, s->rows, rows, s->x);
	if (!err)
		err = truth_add_classes(&s->truth, s->fade.classes);
	if (!err)
		s->rows = n;
	return err;
}

static int fade_item(struct sweep *s, const struct image_item *i, struct truth_place at)
{
	int err;

	if (is_covered(s, i))
		return 0;
	s->fade.list = i->list;
	s->fade.family = i->family;
	err = around_nested(s, i, at, false);
	if (!err)
		err = add_rows(s);
	if (!err)
		around_nested(s, i, at, true);
	return err;
}

/* ---- one after another ------------------------------------------------------- */

/* When it ends as expiry has it; 0: it does not, or is none. */
static uint64_t ends(const struct sweep *s, const struct sl_element_key *key)
{
	if (key->set >= SL_SETS_MAX)
		return 0;
	return elements_end_now(s->inst, s->truth.head->generation[key->set], key);
}

static int end_one(struct sweep *s, const struct sl_due *e)
{
	struct image_item item = element_item(&e->key);
	struct truth_place at;
	int err = 0;

	if (!truth_find(&s->truth, &item, &at)) {
		elements_remove(s->inst, &e->key);
		return 0;
	}
	err = fade_item(s, &item, at);
	if (err == -ENOSPC && s->n_odd < ODD_MOST) {
		s->odd[s->n_odd++] = (struct truth_edit){ item, true, 0 };
		return 0;
	}
	if (err)
		return err;
	truth_end(&s->truth, &item, &at);
	elements_remove(s->inst, &e->key);
	s->removed++;
	return 0;
}

/* Refreshed since it came here, it goes back to where it belongs. */
static int take_first(struct sweep *s, struct sl_due e)
{
	uint64_t end = ends(s, &e.key);
	int err = 0;

	if (end && end <= s->now)
		err = end_one(s, &e);
	if (err)
		return err;
	due_pop(&s->due);
	if (end > s->now) {
		e.expires = end;
		err = due_put(&s->due, &e);
	}
	return err;
}

static bool is_time_up(const struct sweep *s, unsigned n)
{
	return s->until && n % LOOK_AT_CLOCK == LOOK_AT_CLOCK - 1 && elements_now() >= s->until;
}

static int take_all(struct sweep *s)
{
	const struct sl_due *e;
	int err = 0;

	for (unsigned n = 0; !err && (e = due_first(&s->due)) && e->expires <= s->now; n++) {
		if (s->n_odd == ODD_MOST || is_time_up(s, n))
			return SWEEP_MORE;
		err = take_first(s, *e);
	}
	return err;
}

static int drop_odd(struct sweep *s)
{
	int err = s->n_odd ? edit_drop(s->inst, &s->truth, s->odd, s->n_odd, s->x) : 0;

	for (size_t i = 0; i < s->n_odd && !err; i++) {
		struct sl_element_key key = element_of(&s->odd[i].item);

		elements_remove(s->inst, &key);
		s->removed++;
	}
	return err;
}

/* ---- a sweep ------------------------------------------------------------------ */

static int carry_out(struct sweep *s)
{
	struct sl_members *head = s->truth.head;
	const struct sl_due *next;
	int more, err;

	__atomic_store_n(&head->swept, head->swept | 1, __ATOMIC_SEQ_CST);
	due_begin(&s->due);
	more = take_all(s);
	err = more < 0 ? more : drop_odd(s);
	next = due_first(&s->due);
	__atomic_store_n(&head->next_expiry, next ? next->expires : 0, __ATOMIC_RELEASE);
	__atomic_store_n(&head->swept, head->swept + 1, __ATOMIC_SEQ_CST);
	if (!err)
		due_done(&s->due);
	if (err == -ENOSPC)
		err = EDIT_ANEW;
	return err ? err : more;
}

static int begin(struct sweep *s)
{
	const struct map *images = &s->inst->maps.map[MAP_IMAGES];
	int err = elements_truth(s->inst, &s->truth, s->x);

	if (err)
		return err;
	s->fade.word = map_half(&s->inst->maps, MAP_IMAGES, active(s->inst), s->x);
	err = s->fade.word && images->stride ?
		truth_classes(&s->truth, s->inst->conf->limits.classes, &s->fade.classes) : -ENOMEM;
	if (err == -EINVAL)
		return EDIT_ANEW;
	s->rows = err ? 0 : classes_count(s->fade.classes);
	return err;
}


/* Somebody was killed, or has left it to the next one. */
static int mend(struct sl_instance *inst, struct due *d)
{
	struct sl_members *head = map_half(&inst->maps, MAP_MEMBERS, active(inst), NULL);

	if (!d->head->torn)
		return 0;
	if (!head)
		return -ENOMEM;
	truth_recount(head);
	return due_make(inst, d) ? EDIT_ANEW : 0;
}

void expire_mend(struct sl_instance *inst)
{
	struct due due;

	if (!due_open(inst, &due, NULL))
		mend(inst, &due);
}

static int sweep(struct sweep *s)
{
	const struct sl_due *first;
	int err = due_open(s->inst, &s->due, s->x);

	if (!err)
		err = mend(s->inst, &s->due);
	if (err)
		return err;
	first = due_first(&s->due);
	if (!first || first->expires > s->now)
		return 0;
	if (!edit_is_possible(s->inst))
		return EDIT_ANEW;
	err = begin(s);
	if (!err)
		err = carry_out(s);
	truth_close(&s->truth);
	classes_free(s->fade.classes);
	return err;
}

int expire(struct sl_instance *inst, uint64_t ms, uint32_t *removed, bool *more,
	   struct sl_error *x)
{
	uint64_t began = elements_now();
	struct sweep *s;
	int err = SWEEP_MORE;

	*removed = 0;
	while (err == SWEEP_MORE) {
		s = calloc(1, sizeof(*s));
		if (!s)
			return sl_fail(x, ENOMEM, "memory: not enough");
		*s = (struct sweep){ .inst = inst, .x = x, .now = elements_now(),
				     .until = ms ? began + ms * MS : 0 };
		err = sweep(s);
		*removed += s->removed;
		free(s);
		*more = err == SWEEP_MORE;
		if (ms)
			break;
	}
	return err == SWEEP_MORE ? 0 : err;
}

/* ---- how many are left ---------------------------------------------------------- */

struct ended { struct sl_element_key *key; size_t n, room; };

static int note(void *arg, const struct sl_element_key *key)
{
	struct ended *all = arg;
	struct sl_element_key *grown;

	if (all->n == all->room) {
		all->room = all->room ? all->room * 2 : 64;
		grown = realloc(all->key, all->room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		all->key = grown;
	}
	all->key[all->n++] = *key;
	return 0;
}

static int note_ended(void *arg, const struct element *e)
{
	return e->value.expires <= elements_now() ? note(arg, &e->key) : 0;
}

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct sl_element_key));
}

/* What may have ended, and nobody has swept. */
static int find_ended(const struct sl_instance *inst, uint64_t now, struct ended *all, struct sl_error *x)
{
	struct due due;
	int err = due_open(inst, &due, x);

	if (!err && due.head->torn)
		err = elements_each(inst, note_ended, all);
	else if (!err)
		err = due_until(&due, now, note, all);
	if (!err && all->n)
		qsort(all->key, all->n, sizeof(*all->key), by_key);
	return err;
}

static int count_all(const struct sl_instance *inst, const struct truth *t,
		 uint64_t count[SL_SETS_MAX], struct sl_error *x)
{
	uint64_t now = elements_now();
	struct ended all = { .n = 0 };
	int err = 0;

	for (int i = 0; i < SL_SETS_MAX; i++)
		count[i] = t->count[i];
	if (t->head->next_expiry && t->head->next_expiry <= now)
		err = find_ended(inst, now, &all, x);
	for (size_t i = 0; i < all.n && !err; i++) {
		struct image_item item = element_item(&all.key[i]);
		uint64_t end;

		if ((i && !by_key(&all.key[i - 1], &all.key[i])) || item.list >= SL_SETS_MAX)
			continue;
		end = elements_end_now(inst, t->head->generation[item.list], &all.key[i]);
		count[item.list] -= end && end <= now && truth_has(t, &item);
	}
	free(all.key);
	return err;
}

int elements_count(const struct sl_instance *inst, uint64_t n[SL_SETS_MAX], struct sl_error *x)
{
	struct truth t;
	bool stands;
	int err;

	do {
		err = elements_truth(inst, &t, x);
		if (err)
			return err;
		err = count_all(inst, &t, n, x);
		stands = truth_stands(&t);
		truth_close(&t);
	} while (!err && !stands);
	return err == -ENOMEM ? sl_fail(x, err, "elements: no memory") : err;
}
