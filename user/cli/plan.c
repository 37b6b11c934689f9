/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an apply would change: the texts' difference and the library's plan. */
#include <stdio.h>
#include <string.h>

#include <sluice/scope.h>

#include "cli.h"

static json_t *lines_of(struct output *out, char *text)
{
	json_t *list = json_array();
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		if (!*line)
			continue;
		output_say(out, "%s", line);
		json_array_append_new(list, json_string(line));
	}
	return list;
}

void plan_pools_show(struct cli *cli, const struct sl_plan *plan)
{
	struct output *out = cli->out;
	json_t *list = json_array();

	for (size_t i = 0; i < plan->n_pools; i++) {
		const struct sl_plan_pool *p = &plan->pools[i];

		output_say(out, "pool %s: %u of %u slots move, %u had to", p->name, p->moved, p->slots, p->least);
		json_array_append_new(list, json_pack("{s:s,s:I,s:I,s:I}",
			"name", p->name, "slots", (json_int_t)p->slots,
			"moved", (json_int_t)p->moved,
			"least", (json_int_t)p->least));
	}
	output_member(out, "pools", list);
}

static json_t *sets_of(struct output *out, const struct sl_plan *plan)
{
	json_t *list = json_array();

	for (size_t i = 0; i < plan->n_sets; i++) {
		const struct sl_plan_set *s = &plan->sets[i];

		output_say(out, "set %s: %llu added, %llu removed, %llu kept%s", s->name,
			   (unsigned long long)s->added,
			   (unsigned long long)s->removed,
			   (unsigned long long)s->kept,
			   s->live_lost ? "; live edits are lost" : "");
		json_array_append_new(list, json_pack("{s:s,s:I,s:I,s:I,s:b}",
			"name", s->name, "added", (json_int_t)s->added,
			"removed", (json_int_t)s->removed,
			"kept", (json_int_t)s->kept,
			"live_lost", s->live_lost));
	}
	return list;
}

static json_t *services_of(struct output *out, const struct sl_plan *plan)
{
	json_t *list = json_array();

	for (size_t i = 0; i < plan->n_services; i++) {
		const struct sl_plan_service *s = &plan->services[i];

		output_say(out, "service %s: all its flows move: %s", s->name, s->why);
		json_array_append_new(list, json_pack("{s:s,s:s}", "name", s->name, "why", s->why));
	}
	return list;
}

bool plan_show(struct cli *cli, const struct sl_config *old,
	       const struct sl_config *now, const struct sl_plan *plan)
{
	struct output *out = cli->out;
	autofree char *text = conf_diff(old, now);
	bool differs = (text && *text) || !sl_plan_empty(plan);

	if (text)
		output_member(out, "changes", lines_of(out, text));
	plan_pools_show(cli, plan);
	output_member(out, "services", services_of(out, plan));
	output_member(out, "sets", sets_of(out, plan));
	output_member(out, "program", json_boolean(plan->program));
	output_member(out, "interfaces", json_boolean(plan->interfaces));
	if (differs && !(text && *text) && !plan->n_pools && !plan->n_sets &&
	    !plan->program && !plan->interfaces)
		output_say(out, "tables: brought up to date: a next hop, an element that expired, or what a killed command left");
	if (plan->program)
		output_say(out, "program: one for these features is loaded and swapped in");
	return differs;
}
