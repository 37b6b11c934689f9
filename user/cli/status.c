/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* status: what runs, and where. */
#include <errno.h>
#include <stdio.h>

#include <sluice/scope.h>

#include "cli.h"
#include "table.h"

static const struct column link_columns[] = {
	{ "name", "INTERFACE", COL_TEXT, 0 },
	{ "ifindex", "IFINDEX", COL_NUMBER, 0 },
	{ "mode", "MODE", COL_TEXT, 0 },
	{ "mtu", "MTU", COL_NUMBER, 0 },
	{ "program", "PROGRAM", COL_NUMBER, 0 },
	{ "state", "STATE", COL_TEXT, 0 },
};

static json_t *links_of(const struct sl_status *status)
{
	json_t *list = json_array();

	for (size_t i = 0; i < status->n_links; i++) {
		const struct sl_link_status *at = &status->links[i];
		const char *mode = at->mode == SL_MODE_GENERIC ? "generic" : "native";

		json_array_append_new(list, json_pack("{s:s,s:I,s:s,s:I,s:I,s:s}",
			"name", at->interface, "ifindex", (json_int_t)at->ifindex,
			"mode", mode, "mtu", (json_int_t)at->mtu,
			"program", (json_int_t)at->prog_id,
			"state", at->ifindex ? "attached" : "gone"));
	}
	return list;
}

static json_t *features_of(struct output *out, uint64_t features)
{
	json_t *list = json_array();
	char text[512] = "";
	const char *name;
	size_t used = 0;

	for (int bit = 0; (name = sl_feature_name(bit)); bit++) {
		if (!(features & 1ull << bit))
			continue;
		json_array_append_new(list, json_string(name));
		if (used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, " %s", name);
	}
	output_line(out, "features  %s", used ? text + 1 : "none");
	return list;
}

/* Pools that wait for their slots to settle, and the records that this takes. */
static void show_pools(struct output *out, const struct sl_status *s)
{
	char since[16];

	human_time(since, sizeof(since), s->waits_ms);
	if (s->waiting_pools)
		output_line(out, "waiting   pools %u, since %s: see sluice pool list", s->waiting_pools, since);
	if (s->record_room > SL_RECORD_WAYS)
		output_line(out, "records   %llu of %llu%s", (unsigned long long)s->records, (unsigned long long)s->record_room,
			    s->record_pressure ? ": new flows found no room: raise limits: flows" : "");
	output_member(out, "waiting_pools", json_integer(s->waiting_pools));
	output_member(out, "waits_ms", s->waiting_pools ? json_integer((json_int_t)s->waits_ms) : json_null());
	output_member(out, "records", json_integer((json_int_t)s->records));
	output_member(out, "record_room", json_integer((json_int_t)s->record_room));
	output_member(out, "record_pressure", json_integer((json_int_t)s->record_pressure));
}

static const struct column mss_columns[] = {
	{ "name", "POOL", COL_TEXT, 0 },
	{ "encap", "ENCAP", COL_TEXT, 0 },
	{ "fits", "FITS", COL_NUMBER, 0 },
	{ "mss4", "MSS-IPV4", COL_NUMBER, 0 },
	{ "mss6", "MSS-IPV6", COL_NUMBER, 0 },
};

/* What a service's hosts should announce, so that nothing is too big. */
static void show_mss(struct output *out, const struct sl_pool_mss *list, size_t n)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(rows, json_pack("{s:s,s:s,s:I,s:I,s:I}",
			"name", list[i].name, "encap", conf_encap_word(list[i].encap),
			"fits", (json_int_t)list[i].fits,
			"mss4", (json_int_t)list[i].mss4, "mss6", (json_int_t)list[i].mss6));
	output_table(out, "pools", rows, mss_columns,
		     sizeof(mss_columns) / sizeof(mss_columns[0]));
}

static void show(struct cli *cli, const struct sl_status *s)
{
	struct output *out = cli->out;
	char size[16];

	human_bytes(size, sizeof(size), s->map_bytes);
	output_line(out, "instance  %s", cli->instance);
	output_line(out, "program   %u, %u instructions verified", s->prog_id, s->instructions);
	output_line(out, "serial    %u", s->serial);
	output_line(out, "maps      %s", size);
	output_line(out, "elements  %llu", (unsigned long long)s->elements);
	output_member(out, "instance", json_string(cli->instance));
	output_member(out, "program", json_integer(s->prog_id));
	output_member(out, "instructions", json_integer(s->instructions));
	output_member(out, "serial", json_integer(s->serial));
	output_member(out, "map_bytes", json_integer((json_int_t)s->map_bytes));
	output_member(out, "elements", json_integer((json_int_t)s->elements));
	output_member(out, "features", features_of(out, s->features));
	show_pools(out, s);
	confirm_show(cli);
	announce_show(cli);
	if (!s->n_links)
		output_line(out, "attached  nowhere");
	output_table(out, "interfaces", links_of(s), link_columns,
		     sizeof(link_columns) / sizeof(link_columns[0]));
}

int cmd_status(struct cli *cli)
{
	struct sl_instance *inst = NULL;
	struct sl_status *status = NULL;
	autofree struct sl_pool_mss *mss = NULL;
	size_t n_mss = 0;
	int end, err;

	end = open_look(cli, &inst);
	if (end)
		return end;
	err = sl_status_read(inst, &status, &cli->x);
	if (!err)
		err = sl_mss_read(inst, &mss, &n_mss, &cli->x);
	sl_close(inst);
	if (err)
		return fail(cli, err);
	if (status->prog_id)
		show(cli, status);
	else
		end = fail_open(cli, -ENOENT);
	if (!end)
		show_mss(cli->out, mss, n_mss);
	sl_status_free(status);
	return end;
}
