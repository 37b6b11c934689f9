/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the commands about sets share. */
#ifndef SET_H
#define SET_H

#include "cli.h"

/* n words as prefixes, malloc'd; 0, or how to end (and says why). */
int words_to_prefixes(struct cli *cli, char **word, int n, struct sl_prefix **out);

/* Around an edit of the set that the first word names: opens the instance, finds
 * the set, and notes when the file will undo this; 0, or how to end. */
int set_edit_open(struct cli *cli, struct change *c);
/* `err` is what the edit returned, with a sentence in cli->x; how to end. */
int set_edit_close(struct cli *cli, struct change *c, int err);

/* Makes these the elements of that set; how to end. */
int set_replace(struct cli *cli, const struct sl_prefix *prefixes, size_t n);

json_t *set_expiry(const struct sl_element_info *e);	/* ms; null: never */
uint64_t set_seconds(const struct sl_element_info *e);	/* until then, rounded up */

#endif
