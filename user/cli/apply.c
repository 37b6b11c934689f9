/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* apply, check, diff: a file against what runs. */
#include <errno.h>
#include <string.h>

#include <sluice/scope.h>

#include "cli.h"

static int read_file(struct cli *cli, struct sl_config **conf)
{
	struct conf_report report = { 0 };
	int err;

	err = conf_read(cli->word[0], 0, conf, &report);
	return report_end(cli, &report, err);
}

static bool loses_edits(const struct sl_plan *plan)
{
	for (size_t i = 0; i < plan->n_sets; i++)
		if (plan->sets[i].live_lost)
			return true;
	return false;
}

static int apply(struct cli *cli, struct change *c, struct sl_config *conf,
		 uint64_t for_ms)
{
	struct notes notes = notes_of(cli);
	bool changed;
	int end = 0;
	int err;

	err = change_propose(c, conf, cli->opt.force, &notes, &cli->x);
	if (err)
		return fail(cli, err);
	if (c->differs)
		end = session_guard(cli, c, conf, false);
	if (end)
		return end;
	output_member(cli->out, "changed", json_false());
	if (c->differs)
		plan_show(cli, c->running, conf, c->plan);
	else
		output_say(cli->out, "nothing changed");
	if (loses_edits(c->plan) && !cli->opt.yes &&
	    !output_ask("Live edits are lost. Go on?"))
		return fail_with(cli, REFUSED, "not applied");
	end = confirm_commit(cli, c, conf, strcmp(cli->word[0], "-") ? cli->word[0] : "standard input", for_ms, &changed);
	if (!end)
		output_member(cli->out, "changed", json_boolean(changed));
	return end;
}

int cmd_apply(struct cli *cli)
{
	struct sl_config *conf = NULL;
	uint64_t for_ms = 0;
	struct change c;
	int end;

	end = confirm_time(cli, &for_ms);
	if (!end)
		end = read_file(cli, &conf);
	if (end)
		return end;
	end = open_change(cli, &c, SL_OPEN_CREATE);
	if (!end) {
		end = confirm_refuse(cli);
		if (!end)
			end = apply(cli, &c, conf, for_ms);
		change_close(&c);
	}
	conf_free(conf);
	return end;
}

static int print_full(struct cli *cli, const struct sl_config *conf)
{
	autofree char *text = NULL;

	text = conf_emit(conf, CONF_FULL |
			       (cli->opt.secrets ? 0 : CONF_HIDE_SECRETS));
	if (!text)
		return fail(cli, -ENOMEM);
	output_text(cli->out, text);
	output_member(cli->out, "config", json_string(text));
	return DONE;
}

static json_t *list_of_lines(const char *text)
{
	json_t *list = json_array();
	size_t length;

	for (; text && *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		json_array_append_new(list, json_stringn(text, length));
	}
	return list;
}

int cmd_check(struct cli *cli)
{
	const char *name = strcmp(cli->word[0], "-") ? cli->word[0] : "standard input";
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	int err, end;

	err = conf_read(cli->word[0], 0, &conf, &report);
	output_member(cli->out, "valid", json_boolean(!err));
	output_member(cli->out, "errors", list_of_lines(report.errors));
	output_member(cli->out, "warnings", list_of_lines(report.warnings));
	end = report_end(cli, &report, err);
	if (end)
		return end;
	if (cli->opt.full)
		end = print_full(cli, conf);
	else
		output_say(cli->out, "%s: good: sets %zu, rules %zu, pools %zu, services %zu", name, conf->n_sets, conf->filter.n_rules, conf->n_pools, conf->n_services);
	conf_free(conf);
	return end;
}

static int diff(struct cli *cli, struct sl_instance *inst,
		const struct sl_config *old, struct sl_config *now)
{
	struct sl_plan *plan = NULL;
	bool differs;
	int err;

	sl_config_set(inst, old);
	err = conf_seed_settle(now, old);
	if (!err)
		err = sl_plan_make(inst, now, &plan, &cli->x);
	if (err)
		return fail(cli, err);
	differs = plan_show(cli, old, now, plan);
	output_member(cli->out, "differs", json_boolean(differs));
	sl_plan_free(plan);
	return differs ? REFUSED : DONE;
}

int cmd_diff(struct cli *cli)
{
	struct sl_config *now = NULL, *old = NULL;
	struct sl_instance *inst = NULL;
	int end;

	end = read_file(cli, &now);
	if (end)
		return end;
	end = running_look(cli, &old);
	if (!end)
		end = open_look(cli, &inst);
	if (!end)
		end = diff(cli, inst, old, now);
	sl_close(inst);
	if (old)
		conf_free(old);
	conf_free(now);
	return end;
}
