/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The only way to the terminal. Results are JSON values with a list of
 * columns: `-j` prints the values, people get a table of the columns.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

enum column_kind {
	COL_TEXT, COL_NUMBER,
	COL_BYTES,		/* people: 1.5M */
	COL_SHARE,		/* of 1; people: 33.3% */
	COL_TIME,		/* ms or null; people: 12m */
	COL_LIST,		/* an array of words */
	COL_CPU,		/* member `key` of element `cpu` of "cpus" */
};

struct column {
	const char *key;	/* of the row's member; "": the row's own name */
	const char *title;
	enum column_kind kind;
	int cpu;
};

struct output;

/* NULL: no memory. */
struct output *output_new(bool json, bool quiet);
bool output_is_json(const struct output *out);

/* A member of the JSON object; takes `value`. Nothing for people. */
void output_member(struct output *out, const char *key, json_t *value);

/* The same, shown to people as a table: `value` is a list of objects, or an
 * object of objects, each a row. No rows: nothing. */
void output_table(struct output *out, const char *key, json_t *value, const struct column *columns, size_t n);
/* A table of rows that are in the JSON under another name; borrows `rows`. */
void output_rows(struct output *out, json_t *rows, const struct column *columns, size_t n);

/* A text for people, as it is. */
void output_text(struct output *out, const char *text);
/* A line for people; say: not when quiet. */
void output_line(struct output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void output_say(struct output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* To stderr: "sluice: sentence"; each line of a text, `before` before it; a note
 * unless quiet. */
void output_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void output_lines(const char *before, const char *text);
void output_note(struct output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line on stderr in place of the last such line, if that is a terminal and
 * somebody listens; end takes it away before anything else is printed. */
void output_progress(struct output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void output_progress_end(struct output *out);

/* On a terminal, asks; elsewhere the answer is yes. */
bool output_ask(const char *question);

/* A list too long for memory: begin, items, end. Each item is one line for
 * people and takes a JSON value, which output_stream_item() releases. */
void output_stream(struct output *out, const char *name, const char *value, const char *list);
void output_stream_item(struct output *out, const char *line, json_t *value);

/* Help: on stdout, whatever the format. */
void output_help(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints what was collected and releases all. -EIO: stdout did not take it. */
int output_end(struct output *out);

#endif
