/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* service add, del: edits of what clients connect to. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../conf/arena.h"
#include "cli.h"

static int check_words(struct cli *cli)
{
	const struct options *opt = &cli->opt;

	if (!conf_name_ok(cli->word[0]))
		return fail_with(cli, USAGE, "service %s: expected a letter, then up to 30 letters, digits, _ . -", cli->word[0]);
	if (!opt->address || !opt->pool || (!opt->tcp && !opt->udp))
		return fail_with(cli, USAGE, "service add: expected --address, --pool, and --tcp or --udp");
	return 0;
}

/* As the file has it. */
static void put_service(struct text *t, const struct options *opt)
{
	text_add(t, "{");
	put_list(t, "addresses", opt->address);
	text_add(t, ", pool: ");
	text_word(t, opt->pool);
	if (opt->tcp) {
		text_add(t, ", ");
		put_list(t, "tcp", opt->tcp);
	}
	if (opt->udp) {
		text_add(t, ", ");
		put_list(t, "udp", opt->udp);
	}
	text_add(t, "}");
}

static int add(struct cli *cli, struct sl_config *conf)
{
	struct conf_report report = { 0 };
	struct text text = { 0 };
	int err;

	put_service(&text, &cli->opt);
	err = text.failed ? -ENOMEM : conf_service_add(conf, cli->word[0], text_of(&text), &report);
	text_free(&text);
	if (err == -EEXIST)
		return fail_with(cli, REFUSED, "service %s: is there already: sluice service del takes it away", cli->word[0]);
	return report_sentences(cli, "service add", &report, err);
}

int cmd_service_add(struct cli *cli)
{
	struct change c;
	char what[64];
	int end;

	end = check_words(cli);
	if (!end)
		end = open_change(cli, &c, SL_OPEN_CHANGE);
	if (end)
		return end;
	end = pool_find(cli, c.running, cli->opt.pool) ? add(cli, c.running) : REFUSED;
	if (end) {
		change_close(&c);
		return end;
	}
	snprintf(what, sizeof(what), "service %s: added", cli->word[0]);
	return recheck_and_close(cli, &c, "service add", what);
}

int cmd_service_del(struct cli *cli)
{
	struct change c;
	char what[64];
	int end;

	end = open_change(cli, &c, SL_OPEN_CHANGE);
	for (int i = 0; i < cli->n_words && !end; i++) {
		end = service_find(cli, c.running, cli->word[i]) ? 0 : REFUSED;
		if (end)
			change_close(&c);
		else
			conf_service_del(c.running, cli->word[i]);
	}
	if (end)
		return end;
	if (cli->n_words == 1)
		snprintf(what, sizeof(what), "service %s: removed", cli->word[0]);
	else
		snprintf(what, sizeof(what), "%d services: removed", cli->n_words);
	return recheck_and_close(cli, &c, "service del", what);
}
