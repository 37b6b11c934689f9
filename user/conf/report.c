// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What was found wrong: collected with its place, told in the file's order. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

static void find(struct reader *r, struct findings *f, const struct node *at,
		 const char *format, va_list args)
{
	struct finding *item;
	char text[1024];

	f->total++;
	if (f->n == FINDINGS_MAX)
		return;
	item = &f->item[f->n++];
	item->line = at ? at->line : 1;
	item->column = at ? at->column : 1;
	item->count = 1;
	vsnprintf(text, sizeof(text), format, args);
	item->text = arena_copy(r->scratch, text, strlen(text));
}

void fault(struct reader *r, const struct node *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	find(r, &r->errors, at, format, args);
	va_end(args);
}

void caution(struct reader *r, const struct node *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	find(r, &r->warnings, at, format, args);
	va_end(args);
}

void fault_all(struct reader *r, const struct node *at,
	       const struct conf_report *from)
{
	struct findings *f = &r->errors;
	struct finding *item;

	if (!from->n_errors)
		return;
	f->total += from->n_errors;
	if (f->n == FINDINGS_MAX || !from->errors)
		return;
	item = &f->item[f->n++];
	item->line = at->line;
	item->column = at->column;
	item->count = from->n_errors;
	item->bare = true;
	item->text = arena_copy(r->scratch, from->errors, strlen(from->errors));
}

static int by_place(const void *one, const void *other)
{
	const struct finding *a = one, *b = other;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->column > b->column) - (a->column < b->column);
}

static void append(struct text *t, const char *line)
{
	text_add(t, "%s%s", t->n ? "\n" : "", line);
}

/* Adds to *lines; what does not fit in memory is left out. */
static void lines_add(char **lines, const char *line)
{
	struct text t = { 0 };
	char *joined;

	if (*lines)
		append(&t, *lines);
	append(&t, line);
	joined = text_take(&t);
	if (!joined)
		return;
	free(*lines);
	*lines = joined;
}

void report_line(char **lines, size_t *n, const char *format, ...)
{
	char line[1024];
	va_list args;

	if ((*n)++ >= FINDINGS_MAX)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	lines_add(lines, line);
}

void report_more(char **lines, size_t n, const char *file, const char *what)
{
	char line[1024];

	if (n <= FINDINGS_MAX)
		return;
	snprintf(line, sizeof(line), "%s: %zu more %s", file, n - FINDINGS_MAX,
		 what);
	lines_add(lines, line);
}

static int join(const struct reader *r, const struct findings *f,
		const char *what, char **lines, size_t *n)
{
	struct finding sorted[FINDINGS_MAX];
	struct text t = { 0 };
	size_t i, shown = 0;

	if (!f->total)
		return 0;
	memcpy(sorted, f->item, sizeof(sorted));
	qsort(sorted, f->n, sizeof(*sorted), by_place);
	for (i = 0; i < f->n && sorted[i].text; i++) {
		if (sorted[i].bare)
			append(&t, sorted[i].text);
		else
			text_add(&t, "%s%s:%u:%u: %s", t.n ? "\n" : "", r->file,
				 sorted[i].line, sorted[i].column,
				 sorted[i].text);
		shown += sorted[i].count;
	}
	if (f->total > shown)
		text_add(&t, "\n%s: %zu more %s", r->file, f->total - shown,
			 what);
	if (t.failed) {
		text_free(&t);
		return -ENOMEM;
	}
	lines_add(lines, text_of(&t));
	text_free(&t);
	*n += f->total;
	return *lines ? 0 : -ENOMEM;
}

static int findings_report(const struct reader *r, struct conf_report *report)
{
	int err = join(r, &r->errors, "errors", &report->errors,
		       &report->n_errors);

	return err ? err : join(r, &r->warnings, "warnings", &report->warnings,
				&report->n_warnings);
}

int reader_end(struct reader *r, struct conf_report *report)
{
	int err = -ENOMEM;

	if (r->scratch && !arena_failed(r->scratch) && !arena_failed(r->conf->arena))
		err = findings_report(r, report);
	if (!err && r->errors.total)
		err = -EINVAL;
	arena_free(r->scratch);
	return err;
}

void conf_report_clear(struct conf_report *report)
{
	free(report->errors);
	free(report->warnings);
	*report = (struct conf_report){ 0 };
}
