/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rows of the classes: what an address of each class satisfies and is. */
#include <errno.h>
#include <string.h>

#include <sluice/scope.h>

#include "rules.h"

/* Rules that say nothing about a side are satisfied by every class. */
static struct sl_rule_set unconditional(const struct terms *t, size_t rules)
{
	struct sl_rule_set all = { 0 };

	for (size_t i = 0; i < rules; i++)
		rule_set(&all, i);
	for (size_t i = 0; i < t->n; i++)
		rule_clear(&all, t->term[i].rule);
	return all;
}

static void satisfy(const struct terms *t, const bool *in_list,
		    struct sl_rule_set *out)
{
	for (size_t i = 0; i < t->n; i++)
		if (in_list[t->term[i].list] != t->term[i].negated)
			rule_set(out, t->term[i].rule);
}

static uint32_t flags_of(const struct lists *l, const bool *in_list)
{
	uint32_t flags = 0;

	if (l->management != LIST_NONE && in_list[l->management])
		flags |= SL_CLASS_MANAGEMENT;
	if (l->trusted != LIST_NONE && in_list[l->trusted])
		flags |= SL_CLASS_TRUSTED;
	if (l->decap != LIST_NONE && in_list[l->decap])
		flags |= SL_CLASS_DECAP;
	return flags;
}

int rows_fill(const struct lists *l, const struct classes *classes,
	      uint32_t first, struct sl_class *rows)
{
	const struct sl_rule_set from = unconditional(&l->from, l->n_rules);
	const struct sl_rule_set to = unconditional(&l->to, l->n_rules);
	autofree bool *in_list = calloc(LISTS_MAX + 1, sizeof(*in_list));

	if (!in_list)
		return -ENOMEM;
	for (uint32_t class = first; class < classes_count(classes); class++) {
		struct sl_class *row = &rows[class];
		const uint16_t *list;
		size_t n;

		*row = (struct sl_class){ .flags = 0 };
		list = classes_lists(classes, class, &n);
		for (size_t i = 0; i < n; i++)
			in_list[list[i]] = true;
		row->from = from;
		row->to = to;
		satisfy(&l->from, in_list, &row->from);
		satisfy(&l->to, in_list, &row->to);
		row->flags = flags_of(l, in_list);
		for (size_t i = 0; i < n; i++) {
			if (list[i] >= l->first_vip)
				row->vip = list[i] - l->first_vip + 1u;
			in_list[list[i]] = false;
		}
	}
	return 0;
}
