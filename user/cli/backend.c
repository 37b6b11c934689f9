/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* backend add, set, enable, disable, del: edits of a running pool. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* What an edit is about: the words, looked up. */
struct edit {
	struct sl_address addr;
	uint32_t weight;
	struct change change;
	struct sl_pool_conf *pool;
	struct sl_backend_conf *backend;	/* NULL: the pool has none such */
};

static int parse_weight(struct cli *cli, uint32_t *weight)
{
	const char *word = cli->opt.weight;
	unsigned long value;
	char *rest;

	*weight = 100;
	if (!word)
		return 0;
	value = strtoul(word, &rest, 10);
	if (*word < '0' || *word > '9' || *rest || value > 1000)
		return fail_with(cli, USAGE, "--weight %s: expected 0 to 1000", word);
	*weight = (uint32_t)value;
	return 0;
}

static int edit_close(struct edit *e, int end)
{
	change_close(&e->change);
	return end;
}

static int edit_open(struct cli *cli, struct edit *e)
{
	int err, end;

	err = conf_address(cli->word[1], &e->addr, &cli->x);
	if (err)
		return fail(cli, -EINVAL);
	end = parse_weight(cli, &e->weight);
	if (!end)
		end = open_change(cli, &e->change, SL_OPEN_CHANGE);
	if (end)
		return end;
	e->pool = pool_find(cli, e->change.running, cli->word[0]);
	if (!e->pool)
		return edit_close(e, REFUSED);
	e->backend = conf_backend_find(e->pool, &e->addr);
	return 0;
}

/* The same, for a backend that must be there. */
static int edit_open_present(struct cli *cli, struct edit *e)
{
	int end = edit_open(cli, e);

	if (end || e->backend)
		return end;
	end = fail_with(cli, REFUSED, "pool %s: no backend %s", cli->word[0], cli->word[1]);
	return edit_close(e, end);
}

int cmd_backend_add(struct cli *cli)
{
	struct sl_backend_conf backend = { .state = SL_BACKEND_UP };
	struct edit e;
	int end, err;

	end = edit_open(cli, &e);
	if (end)
		return end;
	if (e.backend)
		return edit_close(&e, fail_with(cli, REFUSED, "pool %s: backend %s is there already: sluice backend set changes its weight", cli->word[0], cli->word[1]));
	backend.addr = e.addr;
	backend.weight = e.weight;
	err = conf_backend_add(e.change.running, e.pool, &backend);
	if (err == -ENOSPC)
		return edit_close(&e, fail_with(cli, REFUSED, "pool %s: no room for another backend: at most %u in all pools: raise limits.backends, or remove some", cli->word[0], e.change.running->limits.backends));
	if (err)
		return edit_close(&e, fail(cli, err));
	return commit_and_close(cli, &e.change, "added");
}

int cmd_backend_set(struct cli *cli)
{
	struct edit e;
	int end;

	if (!cli->opt.weight)
		return fail_with(cli, USAGE, "backend set: expected --weight N");
	end = edit_open_present(cli, &e);
	if (end)
		return end;
	e.backend->weight = e.weight;
	return commit_and_close(cli, &e.change, "changed");
}

static int set_state(struct cli *cli, enum sl_backend_state state, const char *did)
{
	struct edit e;
	int end;

	end = edit_open_present(cli, &e);
	if (end)
		return end;
	e.backend->state = state;
	return commit_and_close(cli, &e.change, did);
}

int cmd_backend_enable(struct cli *cli)
{
	return set_state(cli, SL_BACKEND_UP, "enabled");
}

int cmd_backend_disable(struct cli *cli)
{
	return set_state(cli, SL_BACKEND_DISABLED, "disabled");
}

int cmd_backend_del(struct cli *cli)
{
	struct edit e;
	int end;

	end = edit_open_present(cli, &e);
	if (end)
		return end;
	conf_backend_del(e.pool, &e.addr);
	return commit_and_close(cli, &e.change, "removed");
}
