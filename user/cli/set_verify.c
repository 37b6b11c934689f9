/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* set verify: is what packets read what the sets say? */
#include "cli.h"

static int tell(struct cli *cli, const struct sl_verify *v)
{
	struct sl_prefix first = { .addr = v->first,
				   .length = v->first.family == 4 ? 32 : 128 };
	char text[CONF_PREFIX_TEXT] = "";

	if (v->wrong)
		conf_prefix_text(&first, text);
	output_member(cli->out, "elements", json_integer((json_int_t)v->elements));
	output_member(cli->out, "compared", json_integer((json_int_t)v->compared));
	output_member(cli->out, "wrong", json_integer((json_int_t)v->wrong));
	output_member(cli->out, "first", v->wrong ? json_string(text) : json_null());
	output_member(cli->out, "wrong_rows", json_integer((json_int_t)v->wrong_rows));
	if (v->wrong)
		return fail_with(cli, REFUSED, "sets: %llu of %llu addresses are not what the elements say, first %s: apply the configuration again",
				 (unsigned long long)v->wrong, (unsigned long long)v->compared, text);
	if (v->wrong_rows)
		return fail_with(cli, REFUSED, "sets: %llu classes are not what the rules say: apply the configuration again",
				 (unsigned long long)v->wrong_rows);
	output_say(cli->out, "%llu elements: all of %llu addresses are what they say",
		   (unsigned long long)v->elements, (unsigned long long)v->compared);
	return DONE;
}

/* Nobody edits meanwhile: it takes the lock. */
int cmd_set_verify(struct cli *cli)
{
	struct sl_verify v;
	struct change c;
	int end, err;

	end = open_change(cli, &c, SL_OPEN_CHANGE);
	if (end)
		return end;
	err = sl_set_verify(c.inst, &v, &cli->x);
	end = err ? fail(cli, err) : tell(cli, &v);
	change_close(&c);
	return end;
}
