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

static bool covers(const struct sl_prefix *wide, const struct sl_prefix *p)
{
	int whole = wide->length / 8, rest = wide->length % 8;
	const uint8_t *a = wide->addr.octet, *b = p->addr.octet;

	return wide->addr.family == p->addr.family &&
	       wide->length <= p->length && !memcmp(a, b, (size_t)whole) &&
	       (!rest || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

struct listing {
	struct output *out;
	const struct sl_prefix *within;		/* NULL: all */
};

static int list_one(void *arg, const struct sl_element_info *e)
{
	struct listing *l = arg;
	char text[CONF_PREFIX_TEXT], line[CONF_PREFIX_TEXT + 40];
	bool json = output_is_json(l->out);
	json_t *value = NULL;

	if (l->within && !covers(l->within, &e->prefix) &&
	    !covers(&e->prefix, l->within))
		return 0;
	conf_prefix_text(&e->prefix, text);
	if (json)
		value = json_pack("{s:s,s:o}", "prefix", text,
				  "expires_in_ms", set_expiry(e));
	else if (e->expires_in_ms)
		snprintf(line, sizeof(line), "%s  # expires in %llus", text,
			 (unsigned long long)set_seconds(e));
	else
		snprintf(line, sizeof(line), "%s", text);
	output_stream_item(l->out, line, value);
	return 0;
}

static int list_elements(struct cli *cli, struct sl_instance *inst,
			 const struct sl_prefix *within)
{
	struct listing l = { cli->out, within };
	int err;

	output_stream(cli->out, "set", cli->word[0], "elements");
	err = sl_set_list(inst, cli->word[0], list_one, &l, &cli->x);
	return err ? fail(cli, err) : DONE;
}

static int list_sets(struct cli *cli, struct sl_instance *inst,
		     const struct sl_config *conf)
{
	json_t *list = json_array();
	int err = 0;

	for (size_t i = 0; i < conf->n_sets && !err; i++) {
		const struct sl_set_conf *set = &conf->sets[i];
		uint64_t n = 0;

		err = sl_set_count(inst, set->name, &n, &cli->x);
		json_array_append_new(list, json_pack("{s:s,s:s,s:I}",
			"name", set->name, "kind", kinds[set->kind],
			"elements", (json_int_t)n));
	}
	if (!err)
		output_table(cli->out, "sets", json_incref(list), set_columns,
			     sizeof(set_columns) / sizeof(set_columns[0]));
	json_decref(list);
	return err ? fail(cli, err) : DONE;
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
