/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* set load: a list becomes the elements of a set. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sluice/scope.h>

#include "cli.h"
#include "set.h"

static void show_lines(void *arg, size_t lines)
{
	struct cli *cli = arg;

	output_progress(cli->out, "set %s: %zu lines read", cli->word[0], lines);
}

int set_replace(struct cli *cli, const struct sl_prefix *prefixes, size_t n)
{
	struct change c;
	int end, err;

	end = set_edit_open(cli, &c);
	if (end)
		return end;
	output_progress(cli->out, "set %s: loading %zu element%s", cli->word[0], n, n == 1 ? "" : "s");
	err = sl_set_load(c.inst, cli->word[0], prefixes, n, &cli->x);
	output_progress_end(cli->out);
	end = set_edit_close(cli, &c, err);
	if (end)
		return end;
	output_say(cli->out, "set %s: %zu element%s", cli->word[0], n, n == 1 ? "" : "s");
	output_member(cli->out, "set", json_string(cli->word[0]));
	output_member(cli->out, "elements", json_integer((json_int_t)n));
	return DONE;
}

/* "-" is standard input. */
static int read_list(struct cli *cli, struct sl_prefix **prefixes, size_t *n,
		     size_t *skipped)
{
	const char *name = cli->word[1];
	bool standard = !strcmp(name, "-");
	struct conf_report report = { 0 };
	struct conf_list from = {
		.name = standard ? "standard input" : name,
		.in = standard ? stdin : fopen(name, "re"),
		.skip_bad = cli->opt.skip_bad,
		.progress = show_lines,
		.arg = cli,
	};
	int err;

	if (!from.in) {
		sl_fail_errno(&cli->x, "%s", name);
		return fail(cli, -EIO);
	}
	err = conf_list_read(&from, prefixes, n, &report);
	output_progress_end(cli->out);
	if (!standard)
		fclose(from.in);
	*skipped = report.n_warnings;
	return report_end(cli, &report, err);
}

int cmd_set_load(struct cli *cli)
{
	autofree struct sl_prefix *prefixes = NULL;
	size_t n = 0, skipped = 0;
	int end;

	end = read_list(cli, &prefixes, &n, &skipped);
	if (end)
		return end;
	if (skipped && !n)
		return fail_with(cli, USAGE, "%s: no good line in it: set %s stays as it is", cli->word[1], cli->word[0]);
	end = set_replace(cli, prefixes, n);
	if (end)
		return end;
	if (!n)
		output_note(cli->out, "%s: no prefix in it: set %s is empty now", cli->word[1], cli->word[0]);
	if (skipped)
		output_say(cli->out, "%zu bad line%s skipped", skipped, skipped == 1 ? "" : "s");
	output_member(cli->out, "skipped", json_integer((json_int_t)skipped));
	return DONE;
}
