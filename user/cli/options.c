/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Options by rows: parsing, help and the check of who takes what read them. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

struct option_row {
	const char *name;
	char letter;		/* 0: none */
	const char *arg;	/* NULL: none, the field is a bool */
	unsigned bit;
	size_t at;		/* in struct options */
	const char *what;
};

#define AT(field) offsetof(struct options, field)

static const struct option_row rows[] = {
	{ "instance", 'I', "NAME", OPT_GLOBAL, AT(instance), "which instance; else SLUICE_INSTANCE, else \"default\"" },
	{ "json", 'j', NULL, OPT_GLOBAL, AT(json), "JSON for programs" },
	{ "quiet", 'q', NULL, OPT_GLOBAL, AT(quiet), "no words about what was done, no notes" },
	{ "help", 'h', NULL, OPT_GLOBAL, AT(help), "this text, also for each command" },
	{ "version", 0, NULL, OPT_GLOBAL, AT(version), "the same as the command" },
	{ "mode", 0, "native|generic", OPT_MODE, AT(mode), "in the driver (default), or after it" },
	{ "via", 0, "auto|link", OPT_VIA, AT(via), "how it is attached; both mean our own bpf_link" },
	{ "all", 0, NULL, OPT_ALL, AT(all), "every interface" },
	{ "purge", 0, NULL, OPT_PURGE, AT(purge), "remove program, maps and run directory too" },
	{ "full", 0, NULL, OPT_FULL, AT(full), "print the file with all defaults filled in" },
	{ "secrets", 0, NULL, OPT_SECRETS, AT(secrets), "print the seed, not ***" },
	{ "yes", 0, NULL, OPT_YES, AT(yes), "do not ask before live edits are lost, do not mind who is shut out" },
	{ "confirm", 0, "SECONDS", OPT_CONFIRM, AT(confirm), "take it back after this time, unless sluice confirm comes" },
	{ "force", 0, NULL, OPT_FORCE, AT(force), "let a pool have fewer slots than it has, or no backend" },
	{ "skip-bad", 0, NULL, OPT_SKIP_BAD, AT(skip_bad), "bad lines are warnings" },
	{ "now", 0, NULL, OPT_NOW, AT(now), "cut its flows, do not drain it" },
	{ "per-cpu", 0, NULL, OPT_PER_CPU, AT(per_cpu), "of each CPU as well" },
	{ "for", 0, "TIME", OPT_FOR, AT(lasting), "they expire after 90s, 10m, 2h" },
	{ "weight", 0, "N", OPT_WEIGHT, AT(weight), "0 to 1000; 0: it gets no new flows" },
	{ "address", 0, "ADDR,...", OPT_FRONTENDS, AT(address), "what clients connect to" },
	{ "tcp", 0, "PORT,...", OPT_FRONTENDS, AT(tcp), "such as 80,443,8000-8010" },
	{ "udp", 0, "PORT,...", OPT_FRONTENDS, AT(udp), "the same of UDP" },
	{ "pool", 0, "POOL", OPT_FRONTENDS, AT(pool), "whose backends serve it" },
	{ "fix-script", 0, NULL, OPT_DOCTOR, AT(fix_script), "what mends it, as a shell script; nothing is run" },
	{ "quick", 0, NULL, OPT_DOCTOR, AT(quick), "do not look for some seconds at what the CPUs lose" },
	{ "list", 0, NULL, OPT_DOCTOR, AT(list), "the checks, and what each looks at" },
};

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]), FIRST_VALUE = 256 };

static void store(struct options *opt, const struct option_row *row,
		  const char *arg)
{
	char *field = (char *)opt + row->at;

	if (row->arg)
		memcpy(field, &arg, sizeof(arg));
	else
		*(bool *)field = true;
}

/* What a value was before this one; NULL: none. */
static const char *stored(const struct options *opt, const struct option_row *row)
{
	const char *arg = NULL;

	if (row->arg)
		memcpy(&arg, (const char *)opt + row->at, sizeof(arg));
	return arg;
}

static const struct option_row *row_of(int value)
{
	for (int i = 0; value && i < N_ROWS; i++)
		if (value == FIRST_VALUE + i || value == rows[i].letter)
			return &rows[i];
	return NULL;
}

static int unknown(struct cli *cli, const char *word, int value)
{
	const struct option_row *row = row_of(value);
	const char *names[N_ROWS], *near;
	char name[64];

	if (row)
		return fail_with(cli, USAGE, "--%s: takes no value", row->name);
	if (value)
		return fail_with(cli, USAGE, "-%c: no such option: see sluice --help", value);
	for (int i = 0; i < N_ROWS; i++)
		names[i] = rows[i].name;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	near = conf_nearest(name, names, N_ROWS);
	if (near)
		return fail_with(cli, USAGE, "--%s: no such option: did you mean --%s", name, near);
	return fail_with(cli, USAGE, "--%s: no such option: see sluice --help", name);
}

static int missing(struct cli *cli, int value)
{
	const struct option_row *row = row_of(value);

	if (row && row->letter == value)
		return fail_with(cli, USAGE, "-%c: expected %s", value, row->arg);
	return fail_with(cli, USAGE, "--%s: expected %s", row ? row->name : "",
			 row ? row->arg : "");
}

int options_parse(struct cli *cli, int *argc, char **argv)
{
	struct option longs[N_ROWS + 1] = { 0 };
	const struct option_row *row;
	const char *before;
	int value;

	for (int i = 0; i < N_ROWS; i++) {
		longs[i].name = rows[i].name;
		longs[i].has_arg = rows[i].arg ? required_argument : no_argument;
		longs[i].val = FIRST_VALUE + i;
	}
	opterr = 0;
	while ((value = getopt_long(*argc, argv, ":I:jqh", longs, NULL)) != -1) {
		if (value == '?')
			return unknown(cli, argv[optind - 1], optopt);
		if (value == ':')
			return missing(cli, optopt);
		row = row_of(value);
		before = stored(&cli->opt, row);
		if (before && row->bit != OPT_GLOBAL)
			return fail_with(cli, USAGE, "--%s: given twice%s", row->name, strchr(row->arg, ',') ? ": expected one list, with commas" : "");
		store(&cli->opt, row, optarg);
	}
	cli->word = argv + optind;
	*argc -= optind;
	return 0;
}

const char *option_foreign(const struct options *opt, unsigned allowed)
{
	for (int i = 0; i < N_ROWS; i++) {
		const char *field = (const char *)opt + rows[i].at;

		if ((stored(opt, &rows[i]) || (!rows[i].arg && *(const bool *)field)) &&
		    !(rows[i].bit & (allowed | OPT_GLOBAL)))
			return rows[i].name;
	}
	return NULL;
}

void options_help(unsigned which)
{
	char text[64];

	for (int i = 0; i < N_ROWS; i++) {
		if (!(rows[i].bit & which))
			continue;
		snprintf(text, sizeof(text), "%c%c%s--%s%s%s",
			 rows[i].letter ? '-' : ' ',
			 rows[i].letter ? rows[i].letter : ' ',
			 rows[i].letter ? ", " : "  ", rows[i].name,
			 rows[i].arg ? " " : "", rows[i].arg ? rows[i].arg : "");
		output_help("  %-28s  %s", text, rows[i].what);
	}
}

const char *option_at(size_t i, unsigned *bit)
{
	if (i >= N_ROWS)
		return NULL;
	*bit = rows[i].bit;
	return rows[i].name;
}

const char *option_in(const char *word, const char **arg)
{
	size_t length = word[0] == '-' && word[1] == '-' ? strcspn(word + 2, "=") : 0;

	for (int i = 0; i < N_ROWS; i++) {
		bool is_short = rows[i].letter && word[0] == '-' && word[1] == rows[i].letter && !word[2];

		if (!is_short && (!length || strlen(rows[i].name) != length || strncmp(word + 2, rows[i].name, length) != 0))
			continue;
		/* NAME is what a command calls its own */
		*arg = rows[i].letter == 'I' ? "INSTANCE" : rows[i].arg;
		return rows[i].name;
	}
	*arg = NULL;
	return *word == '-' && word[1] ? "" : NULL;
}
