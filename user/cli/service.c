/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* service list: what clients connect to. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "counts.h"

static const struct column columns[] = {
	{ "name", "SERVICE", COL_TEXT, 0 },
	{ "pool", "POOL", COL_TEXT, 0 },
	{ "packets", "PACKETS", COL_NUMBER, 0 },
	{ "bytes", "BYTES", COL_BYTES, 0 },
	{ "flows", "FLOWS", COL_NUMBER, 0 },
	{ "ports", "PORTS", COL_LIST, 0 },
	{ "addresses", "ADDRESSES", COL_LIST, 0 },
};

static json_t *addresses_of(const struct sl_service_conf *service)
{
	char text[CONF_PREFIX_TEXT];
	json_t *list = json_array();

	for (size_t i = 0; i < service->n_addresses; i++)
		json_array_append_new(list, json_string(conf_address_text(&service->addresses[i], text)));
	return list;
}

static json_t *ports_of(const struct sl_service_conf *service)
{
	json_t *list = json_array();

	for (size_t i = 0; i < service->n_ports; i++) {
		const struct sl_ports *p = &service->ports[i];
		const char *proto = p->proto == IPPROTO_TCP ? "tcp" : "udp";
		json_t *word = p->low == p->high ?
			json_sprintf("%s/%u", proto, p->low) :
			json_sprintf("%s/%u-%u", proto, p->low, p->high);

		json_array_append_new(list, word);
	}
	return list;
}

static json_t *row_of(const struct sl_service_conf *service,
		      const struct sl_stats *stats)
{
	static const struct sl_traffic none;
	const struct sl_traffic *count = &none;
	json_t *row;

	for (size_t i = 0; i < stats->n_services; i++)
		if (!strcmp(stats->services[i].name, service->name))
			count = &stats->services[i].count;
	row = json_pack("{s:s,s:s}", "name", service->name, "pool", service->pool);
	json_object_set_new(row, "addresses", addresses_of(service));
	json_object_set_new(row, "ports", ports_of(service));
	counts_set_traffic(row, count);
	return row;
}

int cmd_service_list(struct cli *cli)
{
	json_t *list = json_array();
	struct look look;
	int end = look_open(cli, &look);

	for (size_t i = 0; !end && i < look.conf->n_services; i++)
		json_array_append_new(list, row_of(&look.conf->services[i], look.stats));
	if (!end)
		output_table(cli->out, "services", json_incref(list), columns,
			     sizeof(columns) / sizeof(columns[0]));
	json_decref(list);
	look_close(&look);
	return end;
}
