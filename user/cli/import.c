// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* import: what another program printed, as a file of sluice on standard output. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sluice/scope.h>

#include "../conf/ipvs.h"
#include "cli.h"

int cmd_import_ipvs(struct cli *cli)
{
	const char *name = cli->word[0];
	bool standard = !strcmp(name, "-");
	struct conf_report report = { 0 };
	struct conf_list from = {
		.name = standard ? "standard input" : name,
		.in = standard ? stdin : fopen(name, "re"),
		.skip_bad = cli->opt.skip_bad,
	};
	autofree char *text = NULL;
	int err, end;

	if (!from.in) {
		sl_fail_errno(&cli->x, "%s", name);
		return fail(cli, -EIO);
	}
	err = conf_ipvs_read(&from, &text, &report);
	if (!standard)
		fclose(from.in);
	end = report_end(cli, &report, err);
	if (end)
		return end;
	output_text(cli->out, text);
	output_member(cli->out, "config", json_string(text));
	return DONE;
}
