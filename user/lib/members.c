/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The members of the sets before and after a change. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"

static int order(const void *left, const void *right)
{
	const struct sl_prefix *a = left, *b = right;
	int o;

	if (a->addr.family != b->addr.family)
		return a->addr.family < b->addr.family ? -1 : 1;
	o = memcmp(a->addr.octet, b->addr.octet, sizeof(a->addr.octet));
	return o ? o : a->length - b->length;
}

/* ---- before --------------------------------------------------------------- */

/* What has expired is no member any more. */
static bool lives(struct draft *d, const struct image_item *i)
{
	struct sl_element_key key;
	uint64_t ends;

	if (!d->before.n)
		return true;
	key = element_of(i);
	ends = elements_end(&d->before, &key);
	if (!ends || ends > d->now)
		return true;
	d->gone = true;
	return false;
}

static int make_room(struct draft *d, const struct truth *t)
{
	for (size_t i = 0; i < d->conf->n_sets; i++) {
		uint32_t n = t->count[d->ids.set[i]];

		d->sets[i].own = calloc((size_t)n + 1, sizeof(*d->sets[i].own));
		d->sets[i].member = d->sets[i].own;
		if (!d->sets[i].own)
			return -ENOMEM;
	}
	return 0;
}

/* One pass over all: they are in order of place, not of set. */
int draft_members(struct draft *d, const struct truth *t)
{
	struct draft_set *of[SL_SETS_MAX] = { NULL };
	struct truth_place at = { 0, 0 };
	struct image_item i;
	int err = make_room(d, t);

	for (size_t s = 0; s < d->conf->n_sets && !err; s++)
		of[d->ids.set[s]] = &d->sets[s];
	while (!err && truth_next(t, &at, &i)) {
		struct draft_set *set = i.list < SL_SETS_MAX ? of[i.list] : NULL;

		if (set && set->n < t->count[i.list] && lives(d, &i))
			set->own[set->n++] = element_prefix(&i);
		else if (!set && i.list < SL_SETS_MAX)
			d->gone = true;		/* of a set that is no more */
	}
	for (size_t s = 0; s < d->conf->n_sets; s++)
		d->sets[s].kept = d->sets[s].n;
	return err;
}

/* ---- after ---------------------------------------------------------------- */

/* What is asked for, sorted, each once; *own if it had to be copied. */
static int sorted(const struct edit *edit, const struct sl_prefix **out, size_t *n,
		  struct sl_prefix **own)
{
	size_t i = 1, kept = 1;
	struct sl_prefix *p;

	while (i < edit->n && order(&edit->prefix[i - 1], &edit->prefix[i]) < 0)
		i++;
	*out = edit->prefix;
	*n = edit->n;
	if (i >= edit->n)
		return 0;
	p = malloc(edit->n * sizeof(*p));
	if (!p)
		return -ENOMEM;
	memcpy(p, edit->prefix, edit->n * sizeof(*p));
	qsort(p, edit->n, sizeof(*p), order);
	for (i = 1; i < edit->n; i++)
		if (order(&p[kept - 1], &p[i]))
			p[kept++] = p[i];
	*out = *own = p;
	*n = kept;
	return 0;
}

struct merge {
	const struct sl_prefix *has, *asked;
	size_t n_has, n_asked;
};

/* Both are sorted; `to` has room for both, or is NULL: the result is `asked`. */
static void merge(struct merge m, enum edit_kind kind, struct draft_set *s,
		  struct sl_prefix *to)
{
	s->n = s->kept = 0;
	while (m.n_has || m.n_asked) {
		int o = !m.n_asked ? -1 : !m.n_has ? 1 : order(m.has, m.asked);
		bool before = o <= 0, named = o >= 0;
		bool after = kind == EDIT_DEL ? before && !named :
			     kind == EDIT_LOAD ? named : before || named;

		s->added += after && !before;
		s->removed += before && !after;
		s->kept += before && after;
		if (after && to)
			to[s->n] = before ? *m.has : *m.asked;
		s->n += after;
		m.has += before, m.n_has -= before;
		m.asked += named, m.n_asked -= named;
	}
}

int draft_merge(struct draft_set *s, const struct edit *edit)
{
	struct sl_prefix *own = NULL, *to = NULL;
	struct merge m = { .has = s->member, .n_has = s->n };
	int err = sorted(edit, &m.asked, &m.n_asked, &own);

	if (err)
		return err;
	if (edit->kind != EDIT_LOAD) {
		to = calloc(m.n_asked + m.n_has + 1, sizeof(*to));
		if (!to) {
			free(own);
			return -ENOMEM;
		}
	}
	merge(m, edit->kind, s, to);
	free(s->own);
	s->member = to ? to : m.asked;
	s->own = to ? to : own;
	if (to)
		free(own);
	return 0;
}
