// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Numbers, sizes and times as people read them, and the cells of a table. */
#include "page_cells.h"

/* 12 345 678, with narrow spaces that do not break. */
void add_number(struct sheet *t, uint64_t n)
{
	if (n < 1000) {
		sheet_number(t, n);
		return;
	}
	add_number(t, n / 1000);
	sheet_print(t, "\u202f%03u", (unsigned)(n % 1000));
}

void add_bytes(struct sheet *t, uint64_t n)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB" };
	double size = (double)n;
	size_t i = 0;

	if (n < 1000) {
		sheet_print(t, "%u B", (unsigned)n);
		return;
	}
	for (size /= 1000; size >= 999.5 && i < 4; i++)
		size /= 1000;
	sheet_print(t, size < 9.95 ? "%.1f %s" : "%.0f %s", size, units[i]);
}

void add_time(struct sheet *t, uint64_t ms)
{
	uint64_t s = ms / 1000;

	if (s < 120)
		sheet_print(t, "%u s", (unsigned)s);
	else if (s < 7200)
		sheet_print(t, "%u min", (unsigned)(s / 60));
	else if (s < 172800)
		sheet_print(t, "%u h", (unsigned)(s / 3600));
	else
		sheet_print(t, "%u days", (unsigned)(s / 86400));
}

void cell_text(struct sheet *t, const char *text)
{
	sheet_add(t, "<td>");
	sheet_html(t, text);
	sheet_add(t, "</td>");
}

void cell_number(struct sheet *t, uint64_t n)
{
	sheet_add(t, "<td class=\"n\">");
	add_number(t, n);
	sheet_add(t, "</td>");
}

void cell_bytes(struct sheet *t, uint64_t n)
{
	sheet_add(t, "<td class=\"n\">");
	add_bytes(t, n);
	sheet_add(t, "</td>");
}

void cell_share(struct sheet *t, uint64_t part, uint64_t whole, const char *kind)
{
	double share = whole ? 100.0 * (double)part / (double)whole : 0;

	sheet_print(t, "<td><svg class=\"bar %s\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"%.2f\" height=\"6\"/></svg>%.1f %%</td>",
		    kind, share, share);
}

/* A title and the columns; those that begin with # are numbers. */
void table_open(struct sheet *t, const char *title, const char *const *columns)
{
	if (title)
		sheet_print(t, "<h2>%s</h2><div class=\"card\">", title);
	sheet_add(t, "<table><thead><tr>");
	for (; *columns; columns++)
		if (**columns == '#')
			sheet_print(t, "<th class=\"n\">%s</th>", *columns + 1);
		else
			sheet_print(t, "<th>%s</th>", *columns);
	sheet_add(t, "</tr></thead><tbody>");
}

void table_close(struct sheet *t)
{
	sheet_add(t, "</tbody></table></div>\n");
}
