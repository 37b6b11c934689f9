// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* completion: the script for bash, and what that asks: which words may come next. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "names.h"

extern const char _binary_sluice_bash_start[], _binary_sluice_bash_end[];

int cmd_completion_bash(struct cli *cli)
{
	(void)cli;
	return fwrite(_binary_sluice_bash_start, (size_t)(_binary_sluice_bash_end - _binary_sluice_bash_start), 1, stdout) == 1 ? DONE : REFUSED;
}

/* ---- the words so far ------------------------------------------------------- */

static bool is_row(const struct asked *a, const struct command *row)
{
	return a->n_words && !strcmp(row->noun, a->word[0]) &&
	       (!row->verb || (a->n_words > 1 && !strcmp(row->verb, a->word[1])));
}

/* The one with a verb before the noun's own. */
static const struct command *row_of(const struct asked *a)
{
	const struct command *found = NULL;

	for (size_t i = 0; i < n_commands; i++)
		if (is_row(a, &commands[i]) && (!found || commands[i].verb))
			found = &commands[i];
	return found;
}

/* All but the last word, which is not whole yet, without options. NULL: that is no
 * option's value; else what it is called in the option's row. */
static const char *sort_words(struct asked *a, char **word, int n)
{
	const char *option, *arg, *value;

	for (int i = 0; i + 1 < n; i++) {
		option = option_in(word[i], &arg);
		if (!option)
			a->word[a->n_words++] = word[i];
		if (!option || !arg)
			continue;
		value = strchr(word[i], '=');
		if (!value && i + 2 == n)
			return arg;
		value = value ? value + 1 : word[++i];
		if (!strcmp(option, "instance"))
			a->instance = value;
	}
	return NULL;
}

/* ---- what may come ---------------------------------------------------------- */

static void offer_commands(struct asked *a)
{
	for (size_t i = 0; i < n_commands; i++) {
		if (!*commands[i].what)
			continue;
		if (!a->n_words)
			offer(a, commands[i].noun);
		else if (a->n_words == 1 && commands[i].verb && !strcmp(commands[i].noun, a->word[0]))
			offer(a, commands[i].verb);
	}
}

/* "a|b" are words, "--all" is found among the options, NAMES have their lists. */
static void offer_token(struct asked *a, const struct command *row, char *token)
{
	char *one;

	while ((one = strsep(&token, "|")))
		if (islower((unsigned char)*one))
			offer(a, one);
		else if (*one != '-')
			offer_names(a, row, one);
}

/* The token of `args` that stands there: the last again if it ends with dots. */
static void offer_args(struct asked *a, const struct command *row)
{
	int at = a->n_words - (row->verb ? 2 : 1);
	char args[128], *rest = args, *token, *last = NULL;

	snprintf(args, sizeof(args), "%s", row->args);
	a->args = a->word + (row->verb ? 2 : 1);
	a->n_args = at;
	while ((token = strsep(&rest, " []"))) {
		size_t n = strlen(token);
		bool dots = n > 3 && !strcmp(token + n - 3, "...");

		if (!n)
			continue;
		last = dots ? token : NULL;
		if (dots)
			token[n - 3] = 0;
		if (!at--)
			break;
	}
	if (!token && !last)
		offer_names(a, row, "");
	else
		offer_token(a, row, token ? token : last);
}

/* "--mode=nat": the value behind it. */
static bool offer_value(struct asked *a, const struct command *row)
{
	char *value = strchr(a->last, '=');
	char text[128];
	const char *arg;

	if (!value || !option_in(a->last, &arg) || !arg)
		return false;
	a->before = (int)(value + 1 - a->last);
	snprintf(text, sizeof(text), "%s", arg);
	offer_token(a, row, text);
	return true;
}

static void offer_options(struct asked *a, const struct command *row)
{
	char text[64];
	const char *name;
	unsigned bit;

	for (size_t i = 0; (name = option_at(i, &bit)); i++) {
		if (!(bit & (OPT_GLOBAL | (row ? row->options : 0))))
			continue;
		snprintf(text, sizeof(text), "--%s", name);
		offer(a, text);
	}
}

static void answer(struct asked *a, const char *arg)
{
	const struct command *row = row_of(a);
	char text[128];

	if (arg) {
		snprintf(text, sizeof(text), "%s", arg);
		offer_token(a, row, text);
		return;
	}
	if (offer_value(a, row))
		return;
	if (a->last[0] == '-') {
		offer_options(a, row);
		return;
	}
	offer_commands(a);
	if (row)
		offer_args(a, row);
}

int cmd_completion_words(struct cli *cli)
{
	struct asked a = { .cli = cli, .instance = cli->instance };
	char *none = "", **word = cli->n_words ? cli->word : &none;
	int n = cli->n_words ? cli->n_words : 1;
	const char *arg;

	a.word = calloc((size_t)n + 1, sizeof(*a.word));
	a.last = word[n - 1];
	if (!a.word)
		return REFUSED;
	arg = sort_words(&a, word, n);
	if (conf_name_ok(a.instance))
		answer(&a, arg);
	names_end(&a);
	free(a.word);
	return DONE;
}
