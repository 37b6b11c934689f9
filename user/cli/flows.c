/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* flows list: the flows that have a record. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

#define LINE "%-16s  %-24s  %8s  %s"

struct listing {
	struct cli *cli;
	const char *pool;		/* NULL: all */
	struct sl_address backend;	/* family 0: all */
};

static bool is_asked(const struct listing *l, const struct sl_flow *flow)
{
	return (!l->pool || !strcmp(flow->pool, l->pool)) &&
	       (!l->backend.family ||
		!memcmp(&flow->backend, &l->backend, sizeof(l->backend)));
}

static int list_one(void *arg, const struct sl_flow *flow)
{
	struct listing *l = arg;
	struct output *out = l->cli->out;
	char addr[CONF_PREFIX_TEXT], age[24], line[160];
	json_t *value = NULL;

	if (!is_asked(l, flow))
		return 0;
	conf_address_text(&flow->backend, addr);
	snprintf(age, sizeof(age), "%llus", (unsigned long long)flow->age_ms / 1000);
	snprintf(line, sizeof(line), LINE, flow->pool, addr, age, flow->confirmed ? "yes" : "no");
	if (output_is_json(out))
		value = json_pack("{s:s,s:s,s:I,s:b}", "pool", flow->pool, "backend", addr,
				  "age_ms", (json_int_t)flow->age_ms, "confirmed", flow->confirmed);
	output_stream_item(out, line, value);
	return 0;
}

/* Words that name nobody are refused: a backend that drains for its removal is no
 * member of the pool any more, and may still have flows. */
static int parse_words(struct cli *cli, struct listing *l)
{
	struct sl_config *conf = NULL;
	int end = running_look(cli, &conf);

	l->pool = cli->n_words ? cli->word[0] : NULL;
	if (!end && l->pool && !pool_find(cli, conf, l->pool))
		end = REFUSED;
	if (!end && cli->n_words > 1 && conf_address(cli->word[1], &l->backend, &cli->x))
		end = fail(cli, -EINVAL);
	if (conf)
		conf_free(conf);
	return end;
}

int cmd_flows_list(struct cli *cli)
{
	struct listing l = { .cli = cli };
	struct sl_instance *inst = NULL;
	int end;

	end = parse_words(cli, &l);
	if (!end)
		end = open_look(cli, &inst);
	if (end)
		return end;
	output_stream(cli->out, "instance", cli->instance, "flows");
	output_line(cli->out, LINE, "POOL", "BACKEND", "AGE", "CONFIRMED");
	sl_flows_list(inst, list_one, &l);
	sl_close(inst);
	return DONE;
}
