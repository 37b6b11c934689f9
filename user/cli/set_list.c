/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* set list: the sets, or what is in one. */
#include <stdio.h>
#include <string.h>

#include <sluice/scope.h>

#include "cli.h"
#include "set.h"

static const struct column set_columns[] = {
	{ "name", "SET", COL_TEXT, 0 },
	{ "kind", "FILLED BY", COL_TEXT, 0 },
	{ "elements", "ELEMENTS", COL_NUMBER, 0 },
};

static const char *const kinds[] = {
	[SL_SET_LIVE] = "commands", [SL_SET_PREFIXES] = "prefixes",
	[SL_SET_FILE] = "file",
};

uint64_t set_seconds(const struct sl_element_info *e)
{
	return (e->expires_in_ms + 999) / 1000;
}

json_t *set_expiry(const struct sl_element_info *e)
{
	return e->expires_in_ms ? json_integer((json_int_t)e->expires_in_ms) :
				  json_null();
}

static int list_one(void *arg, const struct sl_element_info *e)
{
	struct output *out = arg;
	char text[CONF_PREFIX_TEXT], line[CONF_PREFIX_TEXT + 40];
	bool json = output_is_json(out);
	json_t *value = NULL;

	conf_prefix_text(&e->prefix, text);
	if (json)
		value = json_pack("{s:s,s:o}", "prefix", text,
				  "expires_in_ms", set_expiry(e));
	else if (e->expires_in_ms)
		snprintf(line, sizeof(line), "%s  # expires in %llus", text,
			 (unsigned long long)set_seconds(e));
	else
		snprintf(line, sizeof(line), "%s", text);
	output_stream_item(out, line, value);
	return 0;
}

static int list_elements(struct cli *cli, struct sl_instance *inst,
			 const struct sl_prefix *within)
{
	int err;

	output_stream(cli->out, "set", cli->word[0], "elements");
	err = sl_set_list(inst, cli->word[0], within, list_one, cli->out, &cli->x);
	return err ? fail(cli, err) : DONE;
}

static int list_sets(struct cli *cli, struct sl_instance *inst,
		     const struct sl_config *conf)
{
	const char *name[SL_SETS_MAX];
	uint64_t n[SL_SETS_MAX];
	json_t *list;
	int err;

	for (size_t i = 0; i < conf->n_sets; i++)
		name[i] = conf->sets[i].name;
	err = sl_set_count(inst, name, conf->n_sets, n, &cli->x);
	if (err)
		return fail(cli, err);
	list = json_array();
	for (size_t i = 0; i < conf->n_sets; i++)
		json_array_append_new(list, json_pack("{s:s,s:s,s:I}",
			"name", name[i], "kind", kinds[conf->sets[i].kind],
			"elements", (json_int_t)n[i]));
	output_table(cli->out, "sets", list, set_columns,
		     sizeof(set_columns) / sizeof(set_columns[0]));
	return DONE;
}

int cmd_set_list(struct cli *cli)
{
	autofree struct sl_prefix *within = NULL;
	struct sl_instance *inst = NULL;
	struct sl_config *conf = NULL;
	int end = 0;

	if (cli->n_words == 2)
		end = words_to_prefixes(cli, cli->word + 1, 1, &within);
	if (!end)
		end = running_look(cli, &conf);
	if (!end && cli->n_words && !set_find(cli, conf, cli->word[0]))
		end = REFUSED;
	if (!end)
		end = open_look(cli, &inst);
	if (!end)
		end = cli->n_words ? list_elements(cli, inst, within) :
				     list_sets(cli, inst, conf);
	sl_close(inst);
	if (conf)
		conf_free(conf);
	return end;
}
