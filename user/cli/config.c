/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* config: the running configuration, as apply reads it. */
#include <errno.h>

#include <sluice/scope.h>

#include "../conf/store.h"
#include "cli.h"

/* The running configuration as text; NULL: *end says how to end. */
static char *running_text(struct cli *cli, unsigned flags, int *end)
{
	struct sl_config *conf = NULL;
	char *text;

	*end = running_look(cli, &conf);
	if (*end)
		return NULL;
	text = conf_emit(conf, flags);
	conf_free(conf);
	if (!text)
		*end = fail(cli, -ENOMEM);
	return text;
}

int cmd_config_show(struct cli *cli)
{
	autofree char *text = NULL;
	int end;

	text = running_text(cli, cli->opt.secrets ? 0 : CONF_HIDE_SECRETS, &end);
	if (!text)
		return end;
	output_text(cli->out, text);
	output_member(cli->out, "config", json_string(text));
	return DONE;
}

int cmd_config_save(struct cli *cli)
{
	autofree char *text = NULL;
	int end, err;

	text = running_text(cli, 0, &end);
	if (!text)
		return end;
	err = text_save(cli->word[0], text, &cli->x);
	if (err)
		return fail(cli, err);
	output_say(cli->out, "%s: saved", cli->word[0]);
	output_member(cli->out, "saved", json_string(cli->word[0]));
	return DONE;
}
