/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* pool list and settle, backend list: who is behind the services. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "counts.h"

static const struct column pool_columns[] = {
	{ "name", "POOL", COL_TEXT, 0 },
	{ "encap", "ENCAP", COL_TEXT, 0 },
	{ "hash", "HASH", COL_TEXT, 0 },
	{ "next_hop", "NEXT HOP", COL_TEXT, 0 },
	{ "backends", "BACKENDS", COL_NUMBER, 0 },
	{ "used", "USED", COL_NUMBER, 0 },
	{ "slots", "SLOTS", COL_NUMBER, 0 },
	{ "changing", "CHANGING", COL_NUMBER, 0 },
	{ "settling", "SETTLING", COL_NUMBER, 0 },
	{ "waits_ms", "SINCE", COL_TIME, 0 },
	{ "packets", "PACKETS", COL_NUMBER, 0 },
	{ "bytes", "BYTES", COL_BYTES, 0 },
};

static const struct column backend_columns[] = {
	{ "pool", "POOL", COL_TEXT, 0 },
	{ "address", "BACKEND", COL_TEXT, 0 },
	{ "weight", "WEIGHT", COL_NUMBER, 0 },
	{ "state", "STATE", COL_TEXT, 0 },
	{ "since_ms", "SINCE", COL_TIME, 0 },
	{ "slots", "SLOTS", COL_NUMBER, 0 },
	{ "share", "SHARE", COL_SHARE, 0 },
	{ "next_hop", "NEXT HOP", COL_TEXT, 0 },
	{ "packets", "PACKETS", COL_NUMBER, 0 },
	{ "bytes", "BYTES", COL_BYTES, 0 },
	{ "flows", "FLOWS", COL_NUMBER, 0 },
	{ "records", "RECORDS", COL_NUMBER, 0 },
	{ "previous", "PREVIOUS", COL_NUMBER, 0 },
};

static const char *const states[SL_STANDINGS] = {
	[SL_STANDS_UP] = "up", [SL_STANDS_DRAIN] = "drain",
	[SL_STANDS_DISABLED] = "disabled", [SL_STANDS_DOWN] = "down",
	[SL_STANDS_REMOVED] = "removed",
};

static json_t *next_hop_of(const struct sl_pool_conf *pool)
{
	const uint8_t *m = pool->mac;

	if (pool->next_hop == SL_NEXT_MAC)
		return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	return json_string(pool->next_hop == SL_NEXT_FIB ? "fib" : "auto");
}

static const struct sl_named_pool *slots_of(const struct sl_stats *stats, const char *pool)
{
	static const struct sl_named_pool none;

	for (size_t i = 0; i < stats->n_pools; i++)
		if (!strcmp(stats->pools[i].name, pool))
			return &stats->pools[i];
	return &none;
}

static json_t *pool_row(const struct sl_pool_conf *pool,
			const struct sl_stats *stats)
{
	const struct sl_named_pool *slots = slots_of(stats, pool->name);
	struct sl_traffic sum = { 0 };
	json_int_t used = 0;
	json_t *row;

	for (size_t i = 0; i < stats->n_backends; i++) {
		const struct sl_named_backend *at = &stats->backends[i];

		if (strcmp(at->pool, pool->name))
			continue;
		used += at->slots > 0;
		sum.packets += at->count.packets;
		sum.bytes += at->count.bytes;
		sum.flows += at->count.flows;
		sum.records += at->count.records;
		sum.previous += at->count.previous;
	}
	row = json_pack("{s:s,s:s,s:s,s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "name", pool->name,
			"encap", conf_encap_word(pool->encap), "hash", conf_hash_word(pool->hash),
			"next_hop", next_hop_of(pool),
			"slots", (json_int_t)pool->slots,
			"backends", (json_int_t)pool->n_backends, "used", used,
			"stable", (json_int_t)slots->stable,
			"changing", (json_int_t)slots->changing,
			"settling", (json_int_t)slots->settling,
			"waits_ms", slots->waits_ms ? json_integer((json_int_t)slots->waits_ms) : json_null());
	counts_set_traffic(row, &sum);
	return row;
}

/* How packets reach it now: "back", "fib", "none" or an interface. */
static json_t *hop_of(const struct sl_named_backend *at)
{
	char name[IF_NAMESIZE];

	if (!at || at->hop == SL_HOP_NONE)
		return json_string("none");
	if (at->hop == SL_HOP_BACK)
		return json_string("back");
	if (at->hop == SL_HOP_FIB)
		return json_string("fib");
	if (if_indextoname(at->ifindex, name))
		return json_string(name);
	return json_sprintf("interface %u", at->ifindex);
}

/* conf NULL: the pool has it no more. at NULL: it has no number yet. */
static json_t *backend_row(const struct sl_pool_conf *pool, const struct sl_address *addr,
			   const struct sl_backend_conf *conf,
			   const struct sl_named_backend *at)
{
	static const struct sl_named_backend none;
	char text[CONF_PREFIX_TEXT];
	json_t *row;

	row = json_pack("{s:s,s:s,s:I,s:o}", "pool", pool->name,
			"address", conf_address_text(addr, text),
			"weight", (json_int_t)(conf ? conf->weight : 0),
			"next_hop", hop_of(at));
	at = at ? at : &none;
	json_object_set_new(row, "state", json_string(states[at->standing % SL_STANDINGS]));
	json_object_set_new(row, "since_ms", json_integer((json_int_t)at->stands_ms));
	json_object_set_new(row, "slots", json_integer(at->slots));
	json_object_set_new(row, "share", json_real((double)at->slots / pool->slots));
	counts_set_traffic(row, &at->count);
	return row;
}

/* Those that were removed and still have flows come last. */
static void add_backends(json_t *list, const struct sl_pool_conf *pool,
			 const struct sl_stats *stats)
{
	for (size_t i = 0; i < pool->n_backends; i++) {
		const struct sl_backend_conf *b = &pool->backends[i];

		json_array_append_new(list, backend_row(pool, &b->addr, b, stats_find(stats, pool->name, &b->addr)));
	}
	for (size_t i = 0; i < stats->n_backends; i++) {
		const struct sl_named_backend *at = &stats->backends[i];

		if (at->standing == SL_STANDS_REMOVED && !at->dead && !strcmp(at->pool, pool->name))
			json_array_append_new(list, backend_row(pool, &at->addr, NULL, at));
	}
}

enum { WITH_POOLS, BACKENDS_ONLY };

static int list(struct cli *cli, int what)
{
	const char *only = cli->n_words ? cli->word[0] : NULL;
	json_t *pools = json_array(), *backends = json_array();
	struct look look;
	int end = look_open(cli, &look);

	if (!end && only && !pool_find(cli, look.conf, only))
		end = REFUSED;
	for (size_t i = 0; !end && i < look.conf->n_pools; i++)
		if (!only || !strcmp(look.conf->pools[i].name, only)) {
			json_array_append_new(pools, pool_row(&look.conf->pools[i], look.stats));
			add_backends(backends, &look.conf->pools[i], look.stats);
		}
	if (!end && what == WITH_POOLS)
		output_table(cli->out, "pools", json_incref(pools), pool_columns,
			     sizeof(pool_columns) / sizeof(pool_columns[0]));
	if (!end)
		output_table(cli->out, "backends", json_incref(backends), backend_columns,
			     sizeof(backend_columns) / sizeof(backend_columns[0]));
	json_decref(pools);
	json_decref(backends);
	look_close(&look);
	return end;
}

int cmd_pool_list(struct cli *cli)
{
	return list(cli, WITH_POOLS);
}

int cmd_backend_list(struct cli *cli)
{
	return list(cli, BACKENDS_ONLY);
}

/* ---- settling --------------------------------------------------------------- */

static int settle(struct cli *cli, struct change *c, const char *only)
{
	struct sl_settled done;
	int err;

	if (only && !pool_find(cli, c->running, only))
		return REFUSED;
	err = sl_pool_settle(c->inst, only, &done, &cli->x);
	if (err)
		return fail(cli, err);
	output_line(cli->out, "%u slots settle, %u are stable now, %u still wait", done.settling, done.stable, done.waiting);
	if (done.freed)
		output_line(cli->out, "%u removed backends are gone", done.freed);
	output_member(cli->out, "settling", json_integer(done.settling));
	output_member(cli->out, "stable", json_integer(done.stable));
	output_member(cli->out, "waiting", json_integer(done.waiting));
	output_member(cli->out, "freed", json_integer(done.freed));
	return DONE;
}

int cmd_pool_settle(struct cli *cli)
{
	struct change c;
	int end = open_change(cli, &c, SL_OPEN_CHANGE);

	if (end)
		return end;
	end = settle(cli, &c, cli->n_words ? cli->word[0] : NULL);
	change_close(&c);
	return end;
}
