/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tables of the status page are made of. */
#ifndef SLUICE_PAGE_CELLS_H
#define SLUICE_PAGE_CELLS_H

#include "sheet.h"

void add_number(struct sheet *t, uint64_t n);	/* 12 345 678 */
void add_bytes(struct sheet *t, uint64_t n);	/* 1.2 MB */
void add_time(struct sheet *t, uint64_t ms);	/* 5 min */

void cell_text(struct sheet *t, const char *text);	/* escaped */
void cell_number(struct sheet *t, uint64_t n);
void cell_bytes(struct sheet *t, uint64_t n);
/* A bar and a percentage; `kind`: one more class of the bar. */
void cell_share(struct sheet *t, uint64_t part, uint64_t whole, const char *kind);

/* A title (NULL: none, and no card around it) and the columns, which end with NULL;
 * those that begin with # are numbers. */
void table_open(struct sheet *t, const char *title, const char *const *columns);
void table_close(struct sheet *t);		/* and the card */

#define COLUMNS(...) (const char *const[]){ __VA_ARGS__, NULL }

#endif
