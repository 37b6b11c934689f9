/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows of JSON as an aligned table. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

enum {
	CELL = 256,		/* longer lists are cut, with "..." */
	LEAST_TEXT = 8,		/* letters of a text, however narrow the terminal is */
};

struct cell { char text[CELL]; };

void human_bytes(char *text, size_t size, unsigned long long bytes)
{
	static const char units[] = " KMGTPE";
	double value = (double)bytes;
	int unit = 0;

	while (value >= 999.5 && units[unit + 1]) {
		value /= 1024;
		unit++;
	}
	if (!unit)
		snprintf(text, size, "%llu", bytes);
	else
		snprintf(text, size, value < 9.95 ? "%.1f%c" : "%.0f%c", value,
			 units[unit]);
}

void human_time(char *text, size_t size, unsigned long long ms)
{
	unsigned long long s = ms / 1000;

	if (s < 120)
		snprintf(text, size, "%llus", s);
	else if (s < 120 * 60)
		snprintf(text, size, "%llum", s / 60);
	else if (s < 48 * 3600)
		snprintf(text, size, "%lluh", s / 3600);
	else
		snprintf(text, size, "%llud", s / 86400);
}

static void list_text(struct cell *cell, json_t *list)
{
	size_t used = 0, i;
	json_t *item;

	json_array_foreach(list, i, item) {
		const char *word = json_string_value(item);
		size_t length = word ? strlen(word) : 0;

		if (used + length + 8 > CELL) {
			memcpy(cell->text + used, "...", 4);
			return;
		}
		used += (size_t)snprintf(cell->text + used, CELL - used, "%s%s",
					 i ? "," : "", word ? word : "");
	}
}

static void fill(struct cell *cell, const struct column *column,
		 const char *name, json_t *row)
{
	json_t *value = json_object_get(row, column->key);
	json_t *cpus = json_object_get(row, "cpus");

	cell->text[0] = 0;
	if (column->kind == COL_CPU)
		value = json_object_get(json_array_get(cpus, (size_t)column->cpu),
					column->key);
	if (!*column->key && name)
		snprintf(cell->text, CELL, "%s", name);
	else if (json_is_array(value))
		list_text(cell, value);
	else if (json_is_string(value))
		snprintf(cell->text, CELL, "%s", json_string_value(value));
	else if (json_is_integer(value) && column->kind == COL_BYTES)
		human_bytes(cell->text, CELL,
			    (unsigned long long)json_integer_value(value));
	else if (json_is_integer(value) && column->kind == COL_TIME)
		human_time(cell->text, CELL,
			   (unsigned long long)json_integer_value(value));
	else if (json_is_real(value))
		snprintf(cell->text, CELL, "%.1f%%", 100 * json_real_value(value));
	else if (json_is_integer(value))
		snprintf(cell->text, CELL, "%lld",
			 (long long)json_integer_value(value));
	if (!cell->text[0])
		strcpy(cell->text, "-");
}

static bool is_text(const struct column *column)
{
	return column->kind == COL_TEXT || column->kind == COL_LIST;
}

/* What is longer than its column ends with dots. */
static void cut(struct cell *cell, int width)
{
	if ((int)strlen(cell->text) > width)
		strcpy(cell->text + width - 2, "..");
}

static void print_row(FILE *to, struct cell *cells,
		      const struct column *columns, const int *width, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *gap = i ? "  " : "";

		cut(&cells[i], width[i]);

		if (!is_text(&columns[i]))
			fprintf(to, "%s%*s", gap, width[i], cells[i].text);
		else if (i + 1 < n)
			fprintf(to, "%s%-*s", gap, width[i], cells[i].text);
		else
			fprintf(to, "%s%s", gap, cells[i].text);
	}
}

/* Of texts the longest gives way, as far as its title is whole. */
static void narrow(int *width, const struct cell *titles,
		   const struct column *columns, size_t n, int room)
{
	int all = 2 * ((int)n - 1);

	for (size_t i = 0; i < n; i++)
		all += width[i];
	for (; all > room; all--) {
		int *most = NULL;

		for (size_t i = 0; i < n; i++)
			if (is_text(&columns[i]) && width[i] > LEAST_TEXT &&
			    width[i] > (int)strlen(titles[i].text) &&
			    (!most || width[i] > *most))
				most = &width[i];
		if (!most)
			return;
		--*most;
	}
}

static size_t fill_all(struct cell *cells, json_t *rows,
		       const struct column *columns, size_t n)
{
	const char *name;
	size_t used = 0, i;
	json_t *row;

	json_array_foreach(rows, i, row) {
		for (size_t c = 0; c < n; c++)
			fill(&cells[used++], &columns[c], NULL, row);
	}
	json_object_foreach(rows, name, row) {
		for (size_t c = 0; c < n; c++)
			fill(&cells[used++], &columns[c], name, row);
	}
	return n ? used / n : 0;
}

void table_print(FILE *to, json_t *rows, const struct column *columns, size_t n,
		 bool colour, int room)
{
	size_t size = json_is_object(rows) ? json_object_size(rows) :
					     json_array_size(rows);
	autofree struct cell *cells = calloc((size + 1) * n, sizeof(*cells));
	autofree int *width = calloc(n, sizeof(*width));
	size_t count;

	if (!cells || !width)
		return;
	for (size_t c = 0; c < n; c++)
		snprintf(cells[c].text, CELL, "%s", columns[c].title);
	count = 1 + fill_all(cells + n, rows, columns, n);
	for (size_t i = 0; i < count * n; i++)
		if ((int)strlen(cells[i].text) > width[i % n])
			width[i % n] = (int)strlen(cells[i].text);
	if (room)
		narrow(width, cells, columns, n, room);
	fputs(colour ? "\033[1m" : "", to);
	print_row(to, cells, columns, width, n);
	fputs(colour ? "\033[0m\n" : "\n", to);
	for (size_t i = 1; i < count; i++) {
		print_row(to, cells + i * n, columns, width, n);
		putc('\n', to);
	}
}
