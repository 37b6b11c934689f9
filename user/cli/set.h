/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the commands about sets share. */
#ifndef SET_H
#define SET_H

#include "cli.h"

/* n words as prefixes, malloc'd; 0, or how to end (and says why). */
int words_to_prefixes(struct cli *cli, char **word, int n, struct sl_prefix **out);

#endif
