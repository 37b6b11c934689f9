/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stats: the counters, as sums or by CPU, and how to reset them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "cli.h"
#include "counts.h"

struct view {
	const char *name;
	json_t *(*make)(const struct sl_stats *stats);
	const struct column *columns;
	size_t n;
};

static const struct column interface_columns[] = {
	{ "name", "INTERFACE", COL_TEXT, 0 },
	{ "packets", "PACKETS", COL_NUMBER, 0 },
	{ "bytes", "BYTES", COL_BYTES, 0 },
	{ "dropped", "DROPPED", COL_NUMBER, 0 },
	{ "sent", "SENT", COL_NUMBER, 0 },
};

static const struct column reason_columns[] = {
	{ "", "REASON", COL_TEXT, 0 },
	{ "packets", "PACKETS", COL_NUMBER, 0 },
	{ "bytes", "BYTES", COL_BYTES, 0 },
	{ "dropped", "DROPPED", COL_NUMBER, 0 },
};

static const struct column rule_columns[] = {
	{ "name", "RULE", COL_TEXT, 0 },
	{ "packets", "PACKETS", COL_NUMBER, 0 },
	{ "bytes", "BYTES", COL_BYTES, 0 },
};

static const struct column service_columns[] = {
	{ "name", "SERVICE", COL_TEXT, 0 },
	{ "packets", "PACKETS", COL_NUMBER, 0 },
	{ "bytes", "BYTES", COL_BYTES, 0 },
	{ "flows", "FLOWS", COL_NUMBER, 0 },
};

static const struct column backend_columns[] = {
	{ "pool", "POOL", COL_TEXT, 0 },
	{ "address", "BACKEND", COL_TEXT, 0 },
	{ "packets", "PACKETS", COL_NUMBER, 0 },
	{ "bytes", "BYTES", COL_BYTES, 0 },
	{ "flows", "FLOWS", COL_NUMBER, 0 },
};

static const struct column event_columns[] = {
	{ "", "EVENT", COL_TEXT, 0 },
	{ "count", "COUNT", COL_NUMBER, 0 },
};

#define COLUMNS(table) table, sizeof(table) / sizeof(table[0])

static const struct view views[] = {
	{ "interfaces", counts_interfaces, COLUMNS(interface_columns) },
	{ "reasons", counts_reasons, COLUMNS(reason_columns) },
	{ "rules", counts_rules, COLUMNS(rule_columns) },
	{ "services", counts_services, COLUMNS(service_columns) },
	{ "backends", counts_backends, COLUMNS(backend_columns) },
};

enum { N_VIEWS = sizeof(views) / sizeof(views[0]) };

struct reading {
	struct sl_stats *sum;
	struct sl_stats **cpu;		/* n_cpus of them; NULL without --per-cpu */
	int n_cpus;
};

static void reading_free(struct reading *r)
{
	sl_stats_free(r->sum);
	for (int i = 0; r->cpu && i < r->n_cpus; i++)
		sl_stats_free(r->cpu[i]);
	free(r->cpu);
}

static int reading_take(struct cli *cli, struct sl_instance *inst,
			struct reading *r)
{
	int err;

	err = sl_stats_read(inst, -1, &r->sum, &cli->x);
	if (err || !cli->opt.per_cpu)
		return err;
	r->n_cpus = sl_cpus();
	r->cpu = calloc((size_t)r->n_cpus, sizeof(struct sl_stats *));
	if (!r->cpu)
		return sl_fail(&cli->x, ENOMEM, "no memory for the counters");
	for (int i = 0; i < r->n_cpus && !err; i++)
		err = sl_stats_read(inst, i, &r->cpu[i], &cli->x);
	return err;
}

/* Table rows for people: what never happened is left out. */
static json_t *without_zeros(json_t *rows)
{
	json_t *some = json_object(), *row;
	const char *name;

	json_object_foreach(rows, name, row)
		if (json_integer_value(json_object_get(row, "packets")))
			json_object_set(some, name, row);
	return some;
}

static void show_events(struct cli *cli, const struct sl_stats *stats)
{
	json_t *events = json_object(), *rows = json_object();

	for (int i = 0; i < SL_EVENT_COUNT; i++) {
		const char *name = sl_event_name(i);
		json_int_t n = (json_int_t)stats->events[i];

		json_object_set_new(events, name, json_integer(n));
		if (n)
			json_object_set_new(rows, name, json_pack("{s:I}", "count", n));
	}
	output_rows(cli->out, rows, COLUMNS(event_columns));
	json_decref(rows);
	output_member(cli->out, "events", events);
}

/* The view's columns and one for the packets of each CPU. */
static struct column *columns_with_cpus(const struct view *view, int n_cpus, char (*titles)[16])
{
	struct column *columns = calloc(view->n + (size_t)n_cpus, sizeof(*columns));

	if (!columns)
		return NULL;
	memcpy(columns, view->columns, view->n * sizeof(*columns));
	for (int i = 0; i < n_cpus; i++) {
		snprintf(titles[i], sizeof(titles[i]), "CPU%d", i);
		columns[view->n + (size_t)i] = (struct column){
			"packets", titles[i], COL_CPU, i };
	}
	return columns;
}

static int show(struct cli *cli, const struct view *view, struct reading *r)
{
	autofree char (*titles)[16] = calloc((size_t)r->n_cpus + 1, 16);
	autofree struct column *columns = NULL;
	json_t *rows = view->make(r->sum), *seen;
	bool reasons = view->make == counts_reasons;

	columns = titles ? columns_with_cpus(view, r->n_cpus, titles) : NULL;
	if (!columns || !rows)
		return fail_with(cli, REFUSED, "no memory for the counters");
	for (int i = 0; i < r->n_cpus; i++) {
		json_t *part = view->make(r->cpu[i]);

		counts_add_cpu(rows, part);
		json_decref(part);
	}
	seen = reasons ? without_zeros(rows) : json_incref(rows);
	output_rows(cli->out, seen, columns, view->n + (size_t)r->n_cpus);
	json_decref(seen);
	output_member(cli->out, view->name, rows);
	if (reasons)
		show_events(cli, r->sum);
	return DONE;
}

static const struct view *view_find(struct cli *cli, const char *name)
{
	const char *names[N_VIEWS + 1], *near;

	for (int i = 0; i < N_VIEWS; i++) {
		if (!strcmp(views[i].name, name))
			return &views[i];
		names[i] = views[i].name;
	}
	names[N_VIEWS] = "reset";
	near = conf_nearest(name, names, N_VIEWS + 1);
	fail_with(cli, USAGE, "stats %s: no such counters: %s %s", name,
		  near ? "did you mean" : "expected",
		  near ? near : "interfaces, reasons, rules, services or backends");
	return NULL;
}

int cmd_stats(struct cli *cli)
{
	const struct view *one = NULL;
	struct sl_instance *inst = NULL;
	struct reading r = { 0 };
	int end, err;

	if (cli->n_words) {
		one = view_find(cli, cli->word[0]);
		if (!one)
			return USAGE;
	}
	end = open_look(cli, &inst);
	if (end)
		return end;
	err = reading_take(cli, inst, &r);
	if (err)
		end = fail(cli, err);
	for (int i = 0; i < N_VIEWS && !end; i++)
		if (!one || one == &views[i])
			end = show(cli, &views[i], &r);
	reading_free(&r);
	sl_close(inst);
	return end;
}

int cmd_stats_reset(struct cli *cli)
{
	struct change c;
	int end, err;

	end = open_change(cli, &c, SL_OPEN_CHANGE);
	if (end)
		return end;
	err = sl_stats_reset(c.inst, &cli->x);
	change_close(&c);
	if (err)
		return fail(cli, err);
	output_say(cli->out, "all counters are zero");
	output_member(cli->out, "changed", json_true());
	return DONE;
}
