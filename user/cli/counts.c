/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counters as JSON: lists of objects, the reasons as an object by name. */
#include "counts.h"

#include <string.h>

#include "../conf/conf.h"

static void set(json_t *row, const char *key, uint64_t value)
{
	json_object_set_new(row, key, json_integer((json_int_t)value));
}

void counts_set_traffic(json_t *row, const struct sl_traffic *count)
{
	set(row, "packets", count->packets);
	set(row, "bytes", count->bytes);
	set(row, "flows", count->flows);
	set(row, "records", count->records);
	set(row, "previous", count->previous);
}

json_t *counts_interfaces(const struct sl_stats *stats)
{
	json_t *list = json_array();

	for (size_t i = 0; i < stats->n_interfaces; i++) {
		const struct sl_named_interface *at = &stats->interfaces[i];
		json_t *row = json_pack("{s:s}", "name", at->name);

		set(row, "ifindex", at->ifindex);
		set(row, "packets", at->count.packets);
		set(row, "bytes", at->count.bytes);
		set(row, "dropped", at->count.dropped);
		set(row, "sent", at->count.sent);
		json_array_append_new(list, row);
	}
	return list;
}

json_t *counts_reasons(const struct sl_stats *stats)
{
	json_t *all = json_object();

	for (int i = SL_NO_REASON + 1; i < SL_REASON_COUNT; i++) {
		json_t *row = json_object();

		set(row, "packets", stats->reasons[i].packets);
		set(row, "bytes", stats->reasons[i].bytes);
		set(row, "dropped", stats->reasons[i].dropped);
		json_object_set_new(all, sl_reason_name(i), row);
	}
	return all;
}

json_t *counts_rules(const struct sl_stats *stats)
{
	json_t *list = json_array();

	for (size_t i = 0; i < stats->n_rules; i++) {
		json_t *row = json_pack("{s:s}", "name", stats->rules[i].name);

		set(row, "packets", stats->rules[i].count.packets);
		set(row, "bytes", stats->rules[i].count.bytes);
		json_array_append_new(list, row);
	}
	return list;
}

json_t *counts_services(const struct sl_stats *stats)
{
	json_t *list = json_array();

	for (size_t i = 0; i < stats->n_services; i++) {
		json_t *row = json_pack("{s:s}", "name", stats->services[i].name);

		counts_set_traffic(row, &stats->services[i].count);
		json_array_append_new(list, row);
	}
	return list;
}

json_t *counts_backends(const struct sl_stats *stats)
{
	json_t *list = json_array();
	char text[CONF_PREFIX_TEXT];

	for (size_t i = 0; i < stats->n_backends; i++) {
		const struct sl_named_backend *at = &stats->backends[i];
		json_t *row = json_pack("{s:s,s:s}", "pool", at->pool,
			"address", conf_address_text(&at->addr, text));

		counts_set_traffic(row, &at->count);
		json_array_append_new(list, row);
	}
	return list;
}

static void add_to_row(json_t *row, json_t *part)
{
	json_t *cpus = json_object_get(row, "cpus"), *own = json_object(), *value;
	const char *key;

	if (!cpus) {
		cpus = json_array();
		json_object_set_new(row, "cpus", cpus);
	}
	json_object_foreach(part, key, value)
		if (json_is_integer(value) && strcmp(key, "ifindex"))
			json_object_set(own, key, value);
	json_array_append_new(cpus, own);
}

void counts_add_cpu(json_t *rows, json_t *part)
{
	const char *name;
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		add_to_row(row, json_array_get(part, i));
	json_object_foreach(rows, name, row)
		add_to_row(row, json_object_get(part, name));
}
