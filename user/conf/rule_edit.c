// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Live edits of the rules: one is read as the file's are, put, moved, removed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "filter.h"

static bool is_taken(const struct sl_filter_conf *f, const char *name)
{
	for (size_t i = 0; i < f->n_rules; i++)
		if (!strcmp(f->rules[i].name, name))
			return true;
	return false;
}

static void name_free(const struct sl_filter_conf *f, char name[SL_NAME_LEN])
{
	size_t number = f->n_rules;

	do
		snprintf(name, SL_NAME_LEN, "rule-%zu", ++number);
	while (is_taken(f, name));
}

/* As the file has it: its dash in front is not the rule's. */
static const struct node *rule_node(struct reader *r, const char *text)
{
	const struct node *root;

	if (!strncmp(text, "- ", 2))
		text += 2;
	root = tree_read(r, text, strlen(text));
	if (!root && !r->errors.total)
		fault(r, NULL, "%s", strerror(ENOMEM));
	return root;
}

static void read_rule(struct reader *r, const char *text, bool full)
{
	struct sl_filter_conf *f = &r->conf->filter;
	struct sl_rule_conf *item = &f->rules[f->n_rules];
	const struct node *node;

	if (full) {
		fault(r, NULL, "rules: %zu of them: expected at most %d",
		      f->n_rules + 1, SL_RULES_MAX);
		return;
	}
	node = rule_node(r, text);
	if (!node)
		return;
	schema_default(&schema_rule, item);
	name_free(f, item->name);
	f->n_rules++;	/* its name is compared with those before it */
	schema_read(r, node, &schema_rule, item);
	f->n_rules--;
}

int conf_rule_add(struct sl_config *conf, const char *file, const char *text,
		  struct conf_report *report)
{
	struct sl_filter_conf *f = &conf->filter, before = *f;
	struct reader r = { .file = file, .conf = conf };
	int err;

	r.scratch = arena_new();
	f->rules = arena_grown(conf->arena, before.rules, f->n_rules, sizeof(*f->rules));
	if (r.scratch && f->rules)
		read_rule(&r, text, f->n_rules >= SL_RULES_MAX);
	err = reader_end(&r, report);
	if (err)
		*f = before;
	else
		f->n_rules++;
	return err;
}

void conf_rule_del(struct sl_config *conf, size_t at)
{
	struct sl_filter_conf *f = &conf->filter;

	array_remove(f->rules, &f->n_rules, &f->rules[at], sizeof(*f->rules));
}

void conf_rule_move(struct sl_config *conf, size_t from, size_t to)
{
	struct sl_rule_conf *rules = conf->filter.rules, moved = rules[from];

	if (from < to)
		memmove(&rules[from], &rules[from + 1], (to - from) * sizeof(moved));
	else
		memmove(&rules[to + 1], &rules[to], (from - to) * sizeof(moved));
	rules[to] = moved;
}
