/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* set add, del, flush: edits of a running set. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "cli.h"
#include "set.h"

#define FOR_MAX_MS (876000 * 3600000ULL)	/* 100 years: fits the clock's ns */

int words_to_prefixes(struct cli *cli, char **word, int n, struct sl_prefix **out)
{
	struct sl_prefix *p = calloc((size_t)n + 1, sizeof(*p));

	if (!p)
		return fail(cli, -ENOMEM);
	for (int i = 0; i < n; i++) {
		if (conf_prefix(word[i], &p[i], &cli->x)) {
			free(p);
			return fail(cli, -EINVAL);
		}
	}
	*out = p;
	return 0;
}

int set_edit_open(struct cli *cli, struct change *c)
{
	const struct sl_set_conf *set;
	int end, err;

	end = open_change(cli, c, SL_OPEN_CHANGE);
	if (end)
		return end;
	set = set_find(cli, c->running, cli->word[0]);
	if (!set) {
		change_close(c);
		return REFUSED;
	}
	if (set->kind != SL_SET_LIVE)
		output_note(cli->out, "set %s is the file's: the next apply of the file puts its elements back", set->name);
	err = change_begin_set(c, set->name, &cli->x);
	if (!err)
		return 0;
	end = fail(cli, err);
	change_close(c);
	return end;
}

/* The words were right, so what is refused now is refused by the world. */
int set_edit_close(struct cli *cli, struct change *c, int err)
{
	int end = DONE;

	if (err) {
		fail(cli, err);
		end = REFUSED;
	}
	err = change_end_set(c, &cli->x);
	if (err && !end)
		end = fail(cli, err);
	change_close(c);
	return end;
}

int cmd_set_add(struct cli *cli)
{
	size_t n = (size_t)cli->n_words - 1, changed = 0;
	autofree struct sl_prefix *prefixes = NULL;
	uint64_t for_ms = 0;
	struct change c;
	int end, err;

	if (cli->opt.lasting &&
	    conf_duration_ms(cli->opt.lasting, &for_ms, &cli->x))
		return fail(cli, -EINVAL);
	if (cli->opt.lasting && (!for_ms || for_ms > FOR_MAX_MS))
		return fail_with(cli, USAGE, "--for %s: expected 1ms to 876000h", cli->opt.lasting);
	end = words_to_prefixes(cli, cli->word + 1, (int)n, &prefixes);
	if (!end)
		end = set_edit_open(cli, &c);
	if (end)
		return end;
	if (for_ms && !sl_daemon_runs(cli->instance))
		output_note(cli->out, "no sluiced runs: packets match an expired prefix until the next change of the instance");
	err = sl_set_add(c.inst, cli->word[0], prefixes, n, for_ms, &changed, &cli->x);
	end = set_edit_close(cli, &c, err);
	if (end)
		return end;
	output_say(cli->out, "set %s: %zu added, %zu there already", cli->word[0], changed, n - changed);
	output_member(cli->out, "set", json_string(cli->word[0]));
	output_member(cli->out, "added", json_integer((json_int_t)changed));
	output_member(cli->out, "refreshed", json_integer((json_int_t)(n - changed)));
	return DONE;
}

int cmd_set_del(struct cli *cli)
{
	size_t n = (size_t)cli->n_words - 1, changed = 0;
	autofree struct sl_prefix *prefixes = NULL;
	struct change c;
	int end, err;

	end = words_to_prefixes(cli, cli->word + 1, (int)n, &prefixes);
	if (!end)
		end = set_edit_open(cli, &c);
	if (end)
		return end;
	err = sl_set_del(c.inst, cli->word[0], prefixes, n, &changed, &cli->x);
	end = set_edit_close(cli, &c, err);
	if (end)
		return end;
	if (changed)
		output_say(cli->out, "set %s: %zu deleted", cli->word[0], changed);
	output_member(cli->out, "set", json_string(cli->word[0]));
	output_member(cli->out, "deleted", json_integer((json_int_t)changed));
	output_member(cli->out, "absent", json_integer((json_int_t)(n - changed)));
	if (changed == n)
		return DONE;
	if (n == 1)
		return fail_with(cli, REFUSED, "set %s: no element %s", cli->word[0], cli->word[1]);
	return fail_with(cli, REFUSED, "set %s: %zu of %zu are no elements", cli->word[0], n - changed, n);
}

int cmd_set_flush(struct cli *cli)
{
	return set_replace(cli, NULL, 0);
}
