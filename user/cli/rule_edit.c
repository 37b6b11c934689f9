/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* rule add, del, move: edits of the running rules. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "../conf/arena.h"
#include "cli.h"

/* ---- a place among the rules ------------------------------------------------ */

static bool is_place(const char *word)
{
	return !strcmp(word, "at") || !strcmp(word, "before") || !strcmp(word, "after");
}

/* "at 3", "before x", "after 2" as an index among `n` + 1 places, -1: none. */
static int place_of(struct cli *cli, const struct sl_config *conf, const char *how, const char *word)
{
	size_t n = conf->filter.n_rules;
	unsigned long number;
	char *rest;
	int at;

	if (strcmp(how, "at")) {
		at = rule_find(cli, conf, word);
		return at < 0 || !strcmp(how, "before") ? at : at + 1;
	}
	number = strtoul(word, &rest, 10);
	if (*word >= '1' && *word <= '9' && !*rest && number <= n + 1)
		return (int)number - 1;
	fail_with(cli, USAGE, "at %s: expected a place from 1 to %zu", word, n + 1);
	return -1;
}

static int edit_commit(struct cli *cli, struct change *c, const char *name, const char *did, int at)
{
	char what[SL_NAME_LEN + 32];
	int end;

	if (at >= 0)
		snprintf(what, sizeof(what), "rule %s: %s %d", name, did, at + 1);
	else
		snprintf(what, sizeof(what), "%s: %s", name, did);
	end = session_guard(cli, c, c->running, true);
	if (!end) {
		struct notes notes = notes_of(cli);

		note_untagged(&notes, c->running);
		return commit_and_close(cli, c, what);
	}
	change_close(c);
	return end;
}

/* ---- words as the file's line ------------------------------------------------ */

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(*list, word))
			return true;
	return false;
}

static bool is_action(const char *word)
{
	static const char *const actions[] = { "pass", "drop", "count", NULL };

	return is_one_of(word, actions) || !strncmp(word, "redirect:", 9) ||
	       !strncmp(word, "cpu:", 4);
}

/* "a,b" is a list of two, but in flags and where there are none. */
static void put_value(struct text *t, const char *key, const char *value)
{
	static const char *const lists[] = { "from", "to", "proto", "sport", "dport",
		"icmp_type", "vlan", "length", "ttl", "fragment", NULL };

	if (is_one_of(key, lists)) {
		put_list(t, key, value);
		return;
	}
	text_add(t, "%s: ", key);
	text_word(t, value);
}

/* KEY VALUE ... as a flow mapping; the keys of a rate stand among the others. */
static int put_words(struct cli *cli, struct text *t, char **word, int n)
{
	static const char *const rates[] = { "packets", "bits", "burst", "per", "per6", NULL };
	struct text rate = { 0 };
	int end = 0;

	text_add(t, "{");
	for (int i = 0; i < n && !end; i++) {
		bool bare = is_action(word[i]), rated = is_one_of(word[i], rates);
		struct text *to = rated ? &rate : t;

		if (!bare && i + 1 == n) {
			end = fail_with(cli, USAGE, "rule add: %s: expected a value behind it", word[i]);
			break;
		}
		if (to->n > 1 || (rated && to->n))
			text_add(to, ", ");
		put_value(to, bare ? "action" : word[i], bare ? word[i] : word[i + 1]);
		i += !bare;
	}
	if (rate.n)
		text_add(t, "%srate: {%s}", t->n > 1 ? ", " : "", text_of(&rate));
	text_add(t, "}");
	text_free(&rate);
	return end;
}

static bool is_yaml(const char *word)
{
	const char *colon = strchr(word, ':');

	return *word == '{' || *word == '-' || (colon && (!colon[1] || colon[1] == ' '));
}

static void put_yaml(struct text *t, char **word, int n)
{
	for (int i = 0; i < n; i++)
		text_add(t, "%s%s", i ? " " : "", word[i]);
}

static int read_rule(struct cli *cli, struct sl_config *conf, char **word, int n)
{
	struct conf_report report = { 0 };
	struct text text = { 0 };
	bool yaml = is_yaml(word[0]);
	int end = 0, err;

	if (yaml)
		put_yaml(&text, word, n);
	else
		end = put_words(cli, &text, word, n);
	if (!end) {
		err = text.failed ? -ENOMEM : conf_rule_add(conf, "rule", text_of(&text), &report);
		end = yaml ? report_end(cli, &report, err) : report_sentences(cli, "rule add", &report, err);
	}
	text_free(&text);
	return end;
}

/* ---- the commands ------------------------------------------------------------ */

/* Where "before x" stands: first or last, or where a key may; -1: nowhere. */
static int place_at(char **word, int n)
{
	if (n >= 2 && is_place(word[0]))
		return 0;
	if (n >= 1 && is_yaml(word[0]))
		return n >= 3 && is_place(word[n - 2]) ? n - 2 : -1;
	for (int i = 0; i + 1 < n; i += is_action(word[i]) ? 1 : 2)
		if (is_place(word[i]))
			return i;
	return -1;
}

/* Takes it out of the words; NULL: at the end. */
static const char *take_place(struct cli *cli, const char **where)
{
	int at = place_at(cli->word, cli->n_words);
	char **word = cli->word + at;
	const char *how;

	if (at < 0)
		return NULL;
	how = word[0];
	*where = word[1];
	cli->n_words -= 2;
	memmove(word, word + 2, (size_t)(cli->n_words - at) * sizeof(*word));
	return how;
}

static int add(struct cli *cli, struct sl_config *conf, const char *how, const char *where, int *at)
{
	int end;

	*at = how ? place_of(cli, conf, how, where) : (int)conf->filter.n_rules;
	if (*at < 0)
		return how && !strcmp(how, "at") ? USAGE : REFUSED;
	end = read_rule(cli, conf, cli->word, cli->n_words);
	if (!end)
		conf_rule_move(conf, conf->filter.n_rules - 1, (size_t)*at);
	return end;
}

int cmd_rule_add(struct cli *cli)
{
	const char *where = NULL, *how = take_place(cli, &where);
	struct change c;
	int at, end;

	if (!cli->n_words)
		return fail_with(cli, USAGE, "rule add: expected a rule as words or as the file's line");
	end = open_change(cli, &c, SL_OPEN_CHANGE);
	if (end)
		return end;
	end = add(cli, c.running, how, where, &at);
	if (!end) {
		const char *name = c.running->filter.rules[at].name;

		output_member(cli->out, "rule", json_string(name));
		return edit_commit(cli, &c, name, "added as number", at);
	}
	change_close(&c);
	return end;
}

static int del(struct cli *cli, struct sl_config *conf)
{
	bool gone[SL_RULES_MAX] = { false };

	for (int i = 0; i < cli->n_words; i++) {
		int at = rule_find(cli, conf, cli->word[i]);

		if (at < 0)
			return REFUSED;
		gone[at] = true;
	}
	for (size_t i = conf->filter.n_rules; i--;)
		if (gone[i])
			conf_rule_del(conf, i);
	return 0;
}

int cmd_rule_del(struct cli *cli)
{
	struct change c;
	int end;

	end = open_change(cli, &c, SL_OPEN_CHANGE);
	if (end)
		return end;
	end = del(cli, c.running);
	if (!end)
		return edit_commit(cli, &c, cli->n_words > 1 ? "rules" : "rule", "removed", -1);
	change_close(&c);
	return end;
}

static int move(struct cli *cli, struct sl_config *conf, int *from, int *to)
{
	const char *how = cli->n_words == 3 ? cli->word[1] : "at";

	if (!is_place(how))
		return fail_with(cli, USAGE, "rule move: %s: expected at N, before NAME or after NAME", how);
	*from = rule_find(cli, conf, cli->word[0]);
	if (*from < 0)
		return REFUSED;
	*to = place_of(cli, conf, how, cli->word[cli->n_words - 1]);
	if (*to < 0)
		return strcmp(how, "at") ? REFUSED : USAGE;
	/* it leaves its own place: what was behind it moves up */
	if (strcmp(how, "at") && *to > *from)
		--*to;
	if (*to == (int)conf->filter.n_rules)
		--*to;
	conf_rule_move(conf, (size_t)*from, (size_t)*to);
	return 0;
}

int cmd_rule_move(struct cli *cli)
{
	int from = 0, to = 0, end;
	struct change c;

	end = open_change(cli, &c, SL_OPEN_CHANGE);
	if (end)
		return end;
	end = move(cli, c.running, &from, &to);
	if (!end)
		return edit_commit(cli, &c, c.running->filter.rules[to].name, "moved to number", to);
	change_close(&c);
	return end;
}
