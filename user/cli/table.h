/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows of JSON as an aligned table. */
#ifndef TABLE_H
#define TABLE_H

#include <stdio.h>

#include "output.h"

/* `rows`: a list of objects, or an object of objects. room: columns of the terminal,
 * into which long texts are cut; 0: they are not. */
void table_print(FILE *to, json_t *rows, const struct column *columns, size_t n, bool colour, int room);

/* "1.5M": three digits at most, powers of 1024. */
void human_bytes(char *text, size_t size, unsigned long long bytes);
/* "12m": whole units, rounded down. */
void human_time(char *text, size_t size, unsigned long long ms);

#endif
