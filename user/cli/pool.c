/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* pool list, backend list: who is behind the services. */
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
	{ "slots", "SLOTS", COL_NUMBER, 0 },
	{ "backends", "BACKENDS", COL_NUMBER, 0 },
	{ "used", "USED", COL_NUMBER, 0 },
	{ "packets", "PACKETS", COL_NUMBER, 0 },
	{ "bytes", "BYTES", COL_BYTES, 0 },
};

static const struct column backend_columns[] = {
	{ "pool", "POOL", COL_TEXT, 0 },
	{ "address", "BACKEND", COL_TEXT, 0 },
	{ "weight", "WEIGHT", COL_NUMBER, 0 },
	{ "state", "STATE", COL_TEXT, 0 },
	{ "slots", "SLOTS", COL_NUMBER, 0 },
	{ "next_hop", "NEXT HOP", COL_TEXT, 0 },
	{ "packets", "PACKETS", COL_NUMBER, 0 },
	{ "bytes", "BYTES", COL_BYTES, 0 },
	{ "flows", "FLOWS", COL_NUMBER, 0 },
};

static const char *const encaps[] = {
	[SL_ENCAP_IPIP] = "ipip", [SL_ENCAP_GUE] = "gue", [SL_ENCAP_L2] = "l2",
};
static const char *const hashes[] = {
	[SL_HASH_5TUPLE] = "5tuple", [SL_HASH_SOURCE] = "source",
};
static const char *const states[] = {
	[SL_BACKEND_UP] = "up", [SL_BACKEND_DRAIN] = "drain",
	[SL_BACKEND_DISABLED] = "disabled",
};

static const struct sl_named_backend *
stats_of(const struct sl_stats *stats, const char *pool,
	 const struct sl_address *addr)
{
	for (size_t i = 0; i < stats->n_backends; i++) {
		const struct sl_named_backend *at = &stats->backends[i];

		if (!strcmp(at->pool, pool) &&
		    at->addr.family == addr->family &&
		    !memcmp(at->addr.octet, addr->octet, sizeof(addr->octet)))
			return at;
	}
	return NULL;
}

static json_t *next_hop_of(const struct sl_pool_conf *pool)
{
	const uint8_t *m = pool->mac;

	if (pool->next_hop == SL_NEXT_MAC)
		return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	return json_string(pool->next_hop == SL_NEXT_FIB ? "fib" : "auto");
}

static json_t *pool_row(const struct sl_pool_conf *pool,
			const struct sl_stats *stats)
{
	struct sl_traffic sum = { 0 };
	json_int_t used = 0;
	json_t *row;

	for (size_t i = 0; i < pool->n_backends; i++) {
		const struct sl_named_backend *at =
			stats_of(stats, pool->name, &pool->backends[i].addr);

		if (!at)
			continue;
		used += at->slots > 0;
		sum.packets += at->count.packets;
		sum.bytes += at->count.bytes;
		sum.flows += at->count.flows;
	}
	row = json_pack("{s:s,s:s,s:s,s:o,s:I,s:I,s:I}", "name", pool->name,
			"encap", encaps[pool->encap], "hash", hashes[pool->hash],
			"next_hop", next_hop_of(pool),
			"slots", (json_int_t)pool->slots,
			"backends", (json_int_t)pool->n_backends, "used", used);
	counts_set_traffic(row, &sum);
	return row;
}

int cmd_pool_list(struct cli *cli)
{
	json_t *list = json_array();
	struct look look;
	int end = look_open(cli, &look);

	for (size_t i = 0; !end && i < look.conf->n_pools; i++)
		json_array_append_new(list, pool_row(&look.conf->pools[i], look.stats));
	if (!end)
		output_table(cli->out, "pools", json_incref(list), pool_columns,
			     sizeof(pool_columns) / sizeof(pool_columns[0]));
	json_decref(list);
	look_close(&look);
	return end;
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

static json_t *backend_row(const struct sl_pool_conf *pool,
			   const struct sl_backend_conf *backend,
			   const struct sl_stats *stats)
{
	static const struct sl_traffic none;
	const struct sl_named_backend *at = stats_of(stats, pool->name, &backend->addr);
	char text[CONF_PREFIX_TEXT];
	json_t *row;

	row = json_pack("{s:s,s:s,s:I,s:s,s:I,s:o}", "pool", pool->name,
			"address", conf_address_text(&backend->addr, text),
			"weight", (json_int_t)backend->weight,
			"state", states[backend->state],
			"slots", (json_int_t)(at ? at->slots : 0),
			"next_hop", hop_of(at));
	counts_set_traffic(row, at ? &at->count : &none);
	return row;
}

static void add_backends(json_t *list, const struct sl_pool_conf *pool,
			 const struct sl_stats *stats)
{
	for (size_t i = 0; i < pool->n_backends; i++)
		json_array_append_new(list, backend_row(pool, &pool->backends[i], stats));
}

int cmd_backend_list(struct cli *cli)
{
	const char *only = cli->n_words ? cli->word[0] : NULL;
	json_t *list = json_array();
	struct look look;
	int end = look_open(cli, &look);

	if (!end && only && !pool_find(cli, look.conf, only))
		end = REFUSED;
	for (size_t i = 0; !end && i < look.conf->n_pools; i++)
		if (!only || !strcmp(look.conf->pools[i].name, only))
			add_backends(list, &look.conf->pools[i], look.stats);
	if (!end)
		output_table(cli->out, "backends", json_incref(list), backend_columns,
			     sizeof(backend_columns) / sizeof(backend_columns[0]));
	json_decref(list);
	look_close(&look);
	return end;
}
