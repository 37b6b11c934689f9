/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* backend add, set, drain, enable, disable, del: edits of a running pool. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* What an edit is about: POOL ADDR... as words, looked up. */
struct edit {
	const char *verb;
	struct sl_address *addr;
	int n;
	struct change change;
	struct sl_pool_conf *pool;
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
	free(e->addr);
	return end;
}

static int parse_addresses(struct cli *cli, struct edit *e)
{
	e->n = cli->n_words - 1;
	e->addr = calloc((size_t)e->n, sizeof(*e->addr));
	if (!e->addr)
		return fail(cli, -ENOMEM);
	for (int i = 0; i < e->n; i++) {
		if (conf_address(cli->word[1 + i], &e->addr[i], &cli->x))
			return fail(cli, -EINVAL);
		for (int k = 0; k < i; k++)
			if (!memcmp(&e->addr[k], &e->addr[i], sizeof(*e->addr)))
				return fail_with(cli, USAGE, "%s: given twice", cli->word[1 + i]);
	}
	return 0;
}

static int edit_open(struct cli *cli, struct edit *e, const char *verb)
{
	int end;

	*e = (struct edit){ .verb = verb };
	end = parse_addresses(cli, e);
	if (!end)
		end = open_change(cli, &e->change, SL_OPEN_CHANGE);
	if (end) {
		free(e->addr);
		return end;
	}
	e->pool = pool_find(cli, e->change.running, cli->word[0]);
	return e->pool ? 0 : edit_close(e, REFUSED);
}

/* The backend that the words name at `i`; NULL: the pool has none such. */
static struct sl_backend_conf *backend_at(struct cli *cli, const struct edit *e, int i)
{
	struct sl_backend_conf *backend = conf_backend_find(e->pool, &e->addr[i]);

	if (!backend)
		fail_with(cli, REFUSED, "pool %s: no backend %s", cli->word[0], cli->word[1 + i]);
	return backend;
}

/* "pool web: 10.0.0.21 added", "pool web: 3 backends added" */
static int edit_commit(struct cli *cli, struct edit *e, const char *did)
{
	char who[32], what[160];
	int end;

	snprintf(who, sizeof(who), "backend %s", e->verb);
	if (e->n == 1)
		snprintf(what, sizeof(what), "pool %s: %.63s %s", cli->word[0], cli->word[1], did);
	else
		snprintf(what, sizeof(what), "pool %s: %d backends %s", cli->word[0], e->n, did);
	end = recheck_and_close(cli, &e->change, who, what);
	free(e->addr);
	return end;
}

/* ---- add ---------------------------------------------------------------- */

static int add(struct cli *cli, struct edit *e, int i, uint32_t weight)
{
	struct sl_backend_conf backend = { e->addr[i], weight, SL_BACKEND_UP };
	struct sl_config *conf = e->change.running;
	int err = conf_backend_add(conf, e->pool, &backend);

	if (err == -EEXIST)
		return fail_with(cli, REFUSED, "pool %s: backend %s is there already: sluice backend set changes its weight", cli->word[0], cli->word[1 + i]);
	if (err == -ENOSPC)
		return fail_with(cli, REFUSED, "pool %s: no room for another backend: at most %u in all pools: raise limits.backends, or remove some", cli->word[0], conf->limits.backends);
	return err ? fail(cli, err) : 0;
}

int cmd_backend_add(struct cli *cli)
{
	uint32_t weight;
	struct edit e;
	int end;

	end = parse_weight(cli, &weight);
	if (!end)
		end = edit_open(cli, &e, "add");
	if (end)
		return end;
	for (int i = 0; i < e.n && !end; i++)
		end = add(cli, &e, i, weight);
	return end ? edit_close(&e, end) : edit_commit(cli, &e, "added");
}

/* ---- set, drain, enable, disable ---------------------------------------- */

int cmd_backend_set(struct cli *cli)
{
	struct sl_backend_conf *backend;
	uint32_t weight;
	struct edit e;
	int end;

	if (!cli->opt.weight)
		return fail_with(cli, USAGE, "backend set: expected --weight N");
	end = parse_weight(cli, &weight);
	if (!end)
		end = edit_open(cli, &e, "set");
	if (end)
		return end;
	for (int i = 0; i < e.n; i++) {
		backend = backend_at(cli, &e, i);
		if (!backend)
			return edit_close(&e, REFUSED);
		backend->weight = weight;
	}
	return edit_commit(cli, &e, e.n > 1 ? "have another weight" : "has another weight");
}

static void note_weightless(struct cli *cli, const struct sl_backend_conf *backend,
			    const char *addr)
{
	if (backend->state == SL_BACKEND_UP && !backend->weight)
		output_note(cli->out, "pool %s: %s has weight 0 and gets no new flows: sluice backend set %s %s --weight N", cli->word[0], addr, cli->word[0], addr);
}

static int set_state(struct cli *cli, enum sl_backend_state state, const char *verb, const char *did)
{
	struct sl_backend_conf *backend;
	struct edit e;
	int end;

	end = edit_open(cli, &e, verb);
	if (end)
		return end;
	for (int i = 0; i < e.n; i++) {
		backend = backend_at(cli, &e, i);
		if (!backend)
			return edit_close(&e, REFUSED);
		backend->state = state;
		note_weightless(cli, backend, cli->word[1 + i]);
	}
	return edit_commit(cli, &e, did);
}

int cmd_backend_drain(struct cli *cli)
{
	return set_state(cli, SL_BACKEND_DRAIN, "drain", "drained");
}

int cmd_backend_enable(struct cli *cli)
{
	return set_state(cli, SL_BACKEND_UP, "enable", "enabled");
}

int cmd_backend_disable(struct cli *cli)
{
	return set_state(cli, SL_BACKEND_DISABLED, "disable", "disabled");
}

/* ---- del ---------------------------------------------------------------- */

static const struct sl_service_conf *service_of(const struct sl_config *conf, const struct sl_pool_conf *pool)
{
	for (size_t i = 0; i < conf->n_services; i++)
		if (!strcmp(conf->services[i].pool, pool->name))
			return &conf->services[i];
	return NULL;
}

/* Before they are removed. */
static int refuse_last(struct cli *cli, const struct edit *e)
{
	const struct sl_service_conf *service = service_of(e->change.running, e->pool);

	if (e->pool->n_backends > (size_t)e->n || !service || cli->opt.force)
		return 0;
	return fail_with(cli, REFUSED, "pool %s: no backend would be left, and what comes for service %s dropped: add another first, or give --force", cli->word[0], service->name);
}

/* Removed before, and it drains: it has flows still. */
static bool is_leaving(struct cli *cli, const struct edit *e, const struct sl_address *addr)
{
	const struct sl_named_backend *at;
	struct sl_stats *stats = NULL;
	bool leaving;

	if (sl_stats_read(e->change.inst, -1, &stats, &cli->x))
		return false;
	at = stats_find(stats, e->pool->name, addr);
	leaving = at && at->standing == SL_STANDS_REMOVED;
	sl_stats_free(stats);
	return leaving;
}

/* Are they there? To be cut, one that is leaving comes back for a moment. */
static int check_all(struct cli *cli, struct edit *e)
{
	int end = 0;

	for (int i = 0; i < e->n && !end; i++) {
		if (conf_backend_find(e->pool, &e->addr[i]))
			continue;
		if (cli->opt.now && is_leaving(cli, e, &e->addr[i]))
			end = add(cli, e, i, 0);
		else
			end = backend_at(cli, e, i) ? 0 : REFUSED;
	}
	return end;
}

/* First they are as good as dead, so that nothing is left to drain. */
static int cut(struct cli *cli, struct edit *e)
{
	struct change *c = &e->change;
	bool changed;
	int err;

	for (int i = 0; i < e->n; i++)
		conf_backend_find(e->pool, &e->addr[i])->state = SL_BACKEND_DISABLED;
	err = change_prepare(c, c->running, &cli->x);
	if (err)
		return fail(cli, err);
	if (c->plan->n_pools)
		plan_pools_show(cli, c->plan);
	err = change_commit(c, c->running, &changed, &cli->x);
	return err ? fail(cli, err) : 0;
}

int cmd_backend_del(struct cli *cli)
{
	struct edit e;
	int end;

	if (cli->opt.now && cli->opt.confirm)
		return fail_with(cli, USAGE, "backend del: --now goes without --confirm: flows that are cut do not come back");
	end = edit_open(cli, &e, "del");
	if (end)
		return end;
	end = check_all(cli, &e);
	if (!end)
		end = refuse_last(cli, &e);
	if (!end && cli->opt.now)
		end = cut(cli, &e);
	if (end)
		return edit_close(&e, end);
	for (int i = 0; i < e.n; i++)
		conf_backend_del(e.pool, &e.addr[i]);
	return edit_commit(cli, &e, "removed");
}
