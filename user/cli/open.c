/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ways into an instance, with what they say when they do not lead there. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "cli.h"

int check_kernel(struct cli *cli)
{
	int err = sl_kernel_check(&cli->x);

	return err ? fail(cli, err) : 0;
}

int open_look(struct cli *cli, struct sl_instance **inst)
{
	int end = check_kernel(cli);
	int err;

	if (end)
		return end;
	err = sl_open(inst, cli->instance, SL_OPEN_READ, &cli->x);
	return err ? fail_open(cli, err) : 0;
}

int open_change(struct cli *cli, struct change *c, enum sl_open how)
{
	int end = check_kernel(cli);
	int err;

	if (end)
		return end;
	signal(SIGPIPE,
	       SIG_IGN); /* a change outlives whoever reads its words */
	err = change_open(c, cli->instance, how, &cli->x);
	if (err)
		return fail_open(cli, err);
	if (c->repaired[0])
		output_note(cli->out, "%s", c->repaired);
	return 0;
}

int running_look(struct cli *cli, struct sl_config **conf)
{
	int err = running_read(cli->instance, conf, &cli->x);

	if (err == -EACCES)
		return fail_with(cli, REFUSED, "%s: run as root", cli->x.text);
	return err ? fail_open(cli, err) : 0;
}

/* An edit may be one that waits for its confirming, or be made beside one. */
static int check_confirm(struct cli *cli, uint64_t *for_ms)
{
	int end = confirm_time(cli, for_ms);

	if (!end && *for_ms)
		end = confirm_refuse(cli);
	else if (!end)
		confirm_note(cli);
	return end;
}

static int commit(struct cli *cli, struct change *c, const char *what)
{
	bool changed = false;
	uint64_t for_ms = 0;
	char name[128];
	int end = check_confirm(cli, &for_ms), err;

	if (end)
		return end;
	err = change_prepare(c, c->running, &cli->x);
	if (err)
		return fail(cli, err);
	if (c->plan->n_pools)
		plan_pools_show(cli, c->plan);
	snprintf(name, sizeof(name), "the edit (%s)", what);
	end = confirm_commit(cli, c, c->running, name, for_ms, &changed);
	if (end)
		return end;
	output_say(cli->out, "%s", changed ? what : "nothing changed");
	output_member(cli->out, "changed", json_boolean(changed));
	return DONE;
}

int commit_and_close(struct cli *cli, struct change *c, const char *what)
{
	int end = commit(cli, c, what);

	change_close(c);
	return end;
}

int recheck_and_close(struct cli *cli, struct change *c, const char *who, const char *what)
{
	struct conf_report report = { 0 };
	int err = conf_recheck(c->running, c->running_text, &report);
	int end = report_sentences(cli, who, &report, err);

	if (!end)
		end = session_guard(cli, c, c->running, true);
	if (!end)
		return commit_and_close(cli, c, what);
	change_close(c);
	return end;
}

int look_open(struct cli *cli, struct look *look)
{
	int end, err;

	*look = (struct look){ 0 };
	end = running_look(cli, &look->conf);
	if (!end)
		end = open_look(cli, &look->inst);
	if (end)
		return end;
	err = sl_stats_read(look->inst, -1, &look->stats, &cli->x);
	return err ? fail(cli, err) : 0;
}

void look_close(struct look *look)
{
	sl_stats_free(look->stats);
	sl_close(look->inst);
	if (look->conf)
		conf_free(look->conf);
}
