// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* announce: a mark in the run directory, by which sluiced announces nothing. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sluice/scope.h>

#include "../conf/store.h"
#include "cli.h"

static bool is_drained(const struct cli *cli)
{
	return !access(path_run(cli->instance, RUN_DRAINED).text, F_OK);
}

/* The directory is the instance's: without it there is nothing to drain. */
static int check_instance(struct cli *cli)
{
	struct sl_instance *inst = NULL;
	int end = open_look(cli, &inst);

	sl_close(inst);
	return end;
}

static int end(struct cli *cli, bool changed, const char *what)
{
	output_say(cli->out, "%s", changed ? what : "nothing changed");
	output_member(cli->out, "changed", json_boolean(changed));
	return DONE;
}

int cmd_announce_drain(struct cli *cli)
{
	struct path path = path_run(cli->instance, RUN_DRAINED);
	autoclose int fd = -1;
	int stop = check_instance(cli);

	if (stop)
		return stop;
	fd = open(path.text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0 && errno != EEXIST)
		return fail(cli, sl_fail_errno(&cli->x, "%s", path.text));
	return end(cli, fd >= 0, "drained: sluiced announces nothing until sluice announce resume");
}

int cmd_announce_resume(struct cli *cli)
{
	struct path path = path_run(cli->instance, RUN_DRAINED);
	int stop = check_instance(cli);
	bool was;

	if (stop)
		return stop;
	was = !unlink(path.text);
	if (!was && errno != ENOENT)
		return fail(cli, sl_fail_errno(&cli->x, "%s", path.text));
	return end(cli, was, "resumed: sluiced announces what is served");
}

void announce_show(struct cli *cli)
{
	bool drained = is_drained(cli);

	if (drained)
		output_line(cli->out, "announce  nothing: the host is drained, see sluice announce resume");
	output_member(cli->out, "drained", json_boolean(drained));
}
