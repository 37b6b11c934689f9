/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What may stand in a command's place: names that live, as far as they can be read. */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include "cli.h"

/* A line that is not whole yet. */
struct asked {
	struct cli *cli;
	const char *instance;
	char **word, **args;		/* whole ones, without options; those behind the verb */
	int n_words, n_args;
	char *last;			/* what is typed of this one */
	int before;			/* so much of it stays: "--mode=", "a,b," */
	struct sl_config *conf;		/* what runs; NULL: not read, or it cannot be */
	bool was_read;
	char *said;			/* what was offered: each is, once */
	size_t n_said;
};

/* Prints a word if what is typed begins it. */
void offer(struct asked *a, const char *word);
/* `token` as in the rows of commands.c and options.c: NAME, POOL, FILE ...; a row of
 * NULL: of no command yet. */
void offer_names(struct asked *a, const struct command *row, const char *token);
/* Frees what the others made. */
void names_end(struct asked *a);

#endif
