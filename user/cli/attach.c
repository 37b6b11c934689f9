/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* attach, detach: which interfaces carry the program. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

static int parse_mode(struct cli *cli, enum sl_mode *mode)
{
	const char *word = cli->opt.mode;

	*mode = SL_MODE_NATIVE;
	if (!word || !strcmp(word, "native"))
		return 0;
	*mode = SL_MODE_GENERIC;
	if (!strcmp(word, "generic"))
		return 0;
	return fail_with(cli, USAGE, "--mode %s: expected native or generic", word);
}

static int check_via(struct cli *cli)
{
	const char *word = cli->opt.via;

	if (!word || !strcmp(word, "auto") || !strcmp(word, "link"))
		return 0;
	return fail_with(cli, USAGE, "--via %s: expected auto or link", word);
}

static int add_interface(struct cli *cli, struct sl_config *conf,
			 const char *name, enum sl_mode mode)
{
	const struct sl_interface_conf *present = conf_interface_find(conf, name);
	int err;

	if (strlen(name) >= sizeof(present->name))
		return fail_with(cli, USAGE, "%s: no interface has so long a name: at most 15 characters", name);
	if (present && (!cli->opt.mode || present->mode == mode))
		return 0;
	err = present ? 0 : sl_interface_check(name, mode, &cli->x);
	if (err)
		return fail(cli, err);
	err = conf_interface_add(conf, name, mode);
	if (err == -ENOSPC)
		return fail_with(cli, REFUSED, "%s: no room for another interface: at most %d", name, SL_INTERFACES_MAX);
	return err ? fail(cli, err) : 0;
}

static int attach(struct cli *cli, struct change *c, enum sl_mode mode)
{
	int end;

	if (c->lost)
		return fail_with(cli, REFUSED, "instance %s: %s/running.yaml is missing: apply the configuration again", cli->instance, sl_run_dir(c->inst));
	for (int i = 0; i < cli->n_words; i++) {
		end = add_interface(cli, c->running, cli->word[i], mode);
		if (end)
			return end;
	}
	end = session_guard(cli, c, c->running, true);
	if (end || c->running->seed)
		return end;
	/* nothing was applied yet: the empty configuration gets its seed */
	return conf_seed_settle(c->running, c->running) ?
		fail(cli, -ENOMEM) : 0;
}

int cmd_attach(struct cli *cli)
{
	enum sl_mode mode;
	struct change c;
	int end;

	end = parse_mode(cli, &mode);
	if (!end)
		end = check_via(cli);
	if (!end)
		end = open_change(cli, &c, SL_OPEN_CREATE);
	if (end)
		return end;
	end = attach(cli, &c, mode);
	if (!end) {
		struct notes notes = notes_of(cli);

		note_untagged(&notes, c.running);
		return commit_and_close(cli, &c, "attached");
	}
	change_close(&c);
	return end;
}

/* What needs neither its maps nor its configuration. */
static int take_away(struct cli *cli, int (*step)(struct sl_instance *inst, struct sl_error *x), const char *did)
{
	struct sl_instance *inst = NULL;
	int err, end = check_kernel(cli);

	if (end)
		return end;
	err = sl_open(&inst, cli->instance, SL_OPEN_REMOVE, &cli->x);
	if (err)
		return fail_open(cli, err);
	err = step(inst, &cli->x);
	sl_close(inst);
	if (err)
		return fail(cli, err);
	output_say(cli->out, "%s", did);
	output_member(cli->out, "changed", json_true());
	return DONE;
}

static int nothing_to_detach(struct cli *cli)
{
	output_say(cli->out, "nothing changed");
	output_member(cli->out, "changed", json_false());
	return DONE;
}

/* Also what a command that was killed in its first apply left. */
static int detach_all(struct cli *cli)
{
	struct sl_instance *inst = NULL;
	struct change c;
	int end = check_kernel(cli);

	if (end)
		return end;
	if (sl_open(&inst, cli->instance, SL_OPEN_READ, NULL) == -ENOENT)
		return nothing_to_detach(cli);
	sl_close(inst);
	end = open_change(cli, &c, SL_OPEN_CREATE);
	if (end)
		return end;
	if (c.fresh || c.lost) {
		bool lost = c.lost;

		change_close(&c);
		return lost ? take_away(cli, sl_detach, "detached") :
			      nothing_to_detach(cli);
	}
	c.running->n_interfaces = 0;
	return commit_and_close(cli, &c, "detached");
}

static int detach_some(struct cli *cli)
{
	struct change c;
	int end;

	end = open_change(cli, &c, SL_OPEN_CHANGE);
	if (end)
		return end;
	for (int i = 0; i < cli->n_words && !end; i++)
		if (conf_interface_del(c.running, cli->word[i]))
			end = fail_with(cli, ABSENT, "%s: not attached: sluice status says what is", cli->word[i]);
	if (!end)
		return commit_and_close(cli, &c, "detached");
	change_close(&c);
	return end;
}

int cmd_detach(struct cli *cli)
{
	if (!cli->opt.all == !cli->n_words)
		return fail_with(cli, USAGE, "detach: expected either interfaces or --all");
	if (cli->opt.purge && !cli->opt.all)
		return fail_with(cli, USAGE, "detach: --purge goes with --all");
	if (cli->opt.purge)
		return take_away(cli, sl_purge, "removed");
	return cli->opt.all ? detach_all(cli) : detach_some(cli);
}
