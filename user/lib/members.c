/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The members of one set before and after a change, and what is written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"

struct merge {
	struct draft *d;
	struct draft_set *set;
	const struct edit *edit; /* NULL: stay as they are */
};

static int append(struct elements *to, const struct element *e)
{
	/* room doubles at powers of two */
	if (!(to->n & (to->n - 1))) {
		struct element *grown = realloc(to->e, (to->n ? to->n * 2 : 1) *
							       sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		to->e = grown;
	}
	to->e[to->n++] = *e;
	return 0;
}

int draft_delete(struct draft *d, struct element e)
{
	d->gone = true;
	e.value.deleted = d->serial;
	return append(&d->write, &e);
}

static void stay(struct merge *m, const struct element *e)
{
	m->set->prefix[m->set->n++] = element_prefix(&e->key);
}

/* In the set, and asked for or not. */
static int present(struct merge *m, struct element e, bool named)
{
	bool live = element_live(&e.value, m->d->now);

	if (m->edit &&
	    (m->edit->kind == EDIT_LOAD ? !named
					: named && m->edit->kind == EDIT_DEL)) {
		m->set->removed += live;
		return draft_delete(m->d, e);
	}
	if (m->edit && named && e.value.expires != m->edit->expires) {
		e.value.expires = m->edit->expires;
		stay(m, &e);
		m->set->added += !live;
		m->set->kept += live;
		m->set->expiry = true;
		return append(m->edit->kind == EDIT_ADD ? &m->d->write
							: &m->d->refresh,
			      &e);
	}
	m->set->kept += live;
	if (live)
		stay(m, &e);
	else
		m->d->gone = true;
	return 0;
}

static int absent(struct merge *m, struct element e)
{
	if (m->edit->kind == EDIT_DEL)
		return 0;
	e.value = (struct sl_element){ .expires = m->edit->expires,
				       .added = m->d->serial };
	m->set->added++;
	stay(m, &e);
	return append(&m->d->write, &e);
}

static int merge(struct merge *m, const struct element *has, size_t n_has,
		 const struct element *asked, size_t n_asked)
{
	int err = 0, order;

	while ((n_has || n_asked) && !err) {
		order = !n_asked ? -1
			: !n_has ? 1
				 : element_compare(has, asked);
		if (order <= 0)
			err = present(m, *has, !order);
		else
			err = absent(m, *asked);
		if (order <= 0)
			has++, n_has--;
		if (order >= 0)
			asked++, n_asked--;
	}
	return err;
}

/* What is asked for, sorted, each once. */
static int sort_asked(const struct edit *edit, uint16_t id,
		      struct elements *out)
{
	struct elements all = { .e = calloc(edit->n + 1, sizeof(*all.e)) };

	if (!all.e)
		return -ENOMEM;
	for (size_t i = 0; i < edit->n; i++)
		all.e[i].key = element_key(id, &edit->prefix[i]);
	if (edit->n)
		qsort(all.e, edit->n, sizeof(*all.e), element_compare);
	for (size_t i = 0; i < edit->n; i++)
		if (!all.n || element_compare(&all.e[all.n - 1], &all.e[i]))
			all.e[all.n++] = all.e[i];
	*out = all;
	return 0;
}

int draft_members(struct draft *d, size_t set, const struct edit *edit)
{
	struct merge m = { .d = d, .set = &d->sets[set], .edit = edit };
	struct elements asked = { 0 };
	const struct element *has = d->before.e;
	uint16_t id = d->ids.set[set];
	size_t n = 0, left = d->before.n;
	int err = 0;

	for (; left && has->key.set != id; left--)
		has++;
	while (n < left && has[n].key.set == id)
		n++;
	if (edit)
		err = sort_asked(edit, id, &asked);
	m.set->prefix = calloc(n + asked.n + 1, sizeof(*m.set->prefix));
	if (!m.set->prefix)
		err = -ENOMEM;
	if (!err)
		err = merge(&m, has, n, asked.e, asked.n);
	free(asked.e);
	return err;
}
