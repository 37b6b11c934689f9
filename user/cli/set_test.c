/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* set test: is it in the set, by which elements, and what its rules did. */
#include <stdio.h>
#include <string.h>

#include <sluice/scope.h>

#include "cli.h"
#include "set.h"

static const struct column rule_columns[] = {
	{ "name", "RULE", COL_TEXT, 0 },
	{ "uses", "USES", COL_LIST, 0 },
	{ "packets", "PACKETS", COL_NUMBER, 0 },
	{ "bytes", "BYTES", COL_BYTES, 0 },
};

/* ---- elements --------------------------------------------------------- */

struct found {
	json_t *list;
	size_t used;
	char line[129 * (CONF_PREFIX_TEXT + 40)]; /* one of each length */
};

static void found_add(struct found *f, const struct sl_element_info *e)
{
	char text[CONF_PREFIX_TEXT], until[40] = "";

	conf_prefix_text(&e->prefix, text);
	json_array_append_new(f->list, json_pack("{s:s,s:o}", "prefix", text,
						 "expires_in_ms", set_expiry(e)));
	if (e->expires_in_ms)
		snprintf(until, sizeof(until), " (expires in %llus)",
			 (unsigned long long)set_seconds(e));
	f->used += (size_t)snprintf(f->line + f->used, sizeof(f->line) - f->used,
				    ", %s%s", text, until);
}

/* One bit shorter: it and its neighbour. */
static void widen(struct sl_prefix *p)
{
	unsigned bit = --p->length;

	p->addr.octet[bit / 8] &= (uint8_t)~(0x80u >> bit % 8);
}

/* How many elements cover `p` whole, the longest first; negative: -errno. */
static int find_all(struct cli *cli, struct sl_instance *inst,
		    const struct sl_prefix *p, struct found *f)
{
	struct sl_prefix at = *p;
	struct sl_element_info e;
	int n = 0, member;

	for (;;) {
		member = sl_set_test(inst, cli->word[0], &at, &e, &cli->x);
		if (member < 0)
			return member;
		if (!member)
			return n;
		found_add(f, &e);
		n++;
		at = e.prefix;
		if (!at.length)
			return n;
		widen(&at);
	}
}

/* 1: a member, 0: not, negative: could not be told. */
static int test_one(struct cli *cli, struct sl_instance *inst, json_t *list,
		    const struct sl_prefix *p)
{
	struct found f = { .list = json_array() };
	char asked[CONF_PREFIX_TEXT];
	json_t *first;
	int n;

	n = find_all(cli, inst, p, &f);
	if (n < 0) {
		json_decref(f.list);
		return n;
	}
	conf_prefix_text(p, asked);
	output_say(cli->out, "%s: %s%s", asked, n ? "yes" : "no", f.line);
	first = json_array_get(f.list, 0);
	json_array_append_new(list, json_pack("{s:s,s:b,s:O?,s:O?,s:o}",
		"prefix", asked, "member", n > 0,
		"element", json_object_get(first, "prefix"),
		"expires_in_ms", json_object_get(first, "expires_in_ms"),
		"elements", f.list));
	return n > 0;
}

/* ---- rules ------------------------------------------------------------ */

static void add_uses(json_t *uses, const char *key, const char *set,
		     const struct sl_address_item *item, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(item[i].set, set))
			json_array_append_new(uses, json_sprintf("%s %s%s", key, item[i].negated ? "!" : "", set));
}

static json_t *row_of(const struct sl_rule_conf *rule, json_t *uses,
		      const struct sl_stats *stats)
{
	struct sl_rule_count count = stats_rule(stats, rule->name);

	return json_pack("{s:s,s:O,s:I,s:I}", "name", rule->name, "uses", uses,
			 "packets", (json_int_t)count.packets,
			 "bytes", (json_int_t)count.bytes);
}

static void show_rules(struct cli *cli, const struct look *look)
{
	const struct sl_filter_conf *filter = &look->conf->filter;
	json_t *list = json_array();

	for (size_t i = 0; i < filter->n_rules; i++) {
		const struct sl_rule_conf *rule = &filter->rules[i];
		json_t *uses = json_array();

		add_uses(uses, "from", cli->word[0], rule->from, rule->n_from);
		add_uses(uses, "to", cli->word[0], rule->to, rule->n_to);
		if (json_array_size(uses))
			json_array_append_new(list, row_of(rule, uses, look->stats));
		json_decref(uses);
	}
	if (!cli->opt.quiet)
		output_rows(cli->out, list, rule_columns,
			    sizeof(rule_columns) / sizeof(rule_columns[0]));
	output_member(cli->out, "rules", list);
}

/* ---- the command ------------------------------------------------------ */

static int test_all(struct cli *cli, const struct look *look,
		    const struct sl_prefix *prefixes, size_t n)
{
	json_t *list = json_array();
	int member = 1, end = DONE;

	for (size_t i = 0; i < n && member >= 0; i++) {
		member = test_one(cli, look->inst, list, &prefixes[i]);
		if (!member)
			end = REFUSED;
	}
	output_member(cli->out, "set", json_string(cli->word[0]));
	output_member(cli->out, "tests", list);
	if (member < 0)
		return fail(cli, member);
	show_rules(cli, look);
	return end;
}

int cmd_set_test(struct cli *cli)
{
	autofree struct sl_prefix *prefixes = NULL;
	int n = cli->n_words - 1, end;
	struct look look = { 0 };

	end = words_to_prefixes(cli, cli->word + 1, n, &prefixes);
	if (!end)
		end = look_open(cli, &look);
	if (!end && !set_find(cli, look.conf, cli->word[0]))
		end = REFUSED;
	if (!end)
		end = test_all(cli, &look, prefixes, (size_t)n);
	look_close(&look);
	return end;
}
