/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The only way to the terminal: text for people, JSON for programs. */
#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "table.h"

struct output {
	bool json, quiet, colour;
	bool streaming, progress;
	size_t streamed, tables;
	json_t *root;
};

static bool is_dumb(void)
{
	const char *term = getenv("TERM");

	return !term || !strcmp(term, "dumb");
}

/* 0: standard output is no terminal, or it does not say. */
static int terminal_width(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? 0 : size.ws_col;
}

struct output *output_new(bool json, bool quiet)
{
	struct output *out = calloc(1, sizeof(*out));
	const char *plain = getenv("NO_COLOR");

	if (!out)
		return NULL;
	out->json = json;
	out->quiet = quiet;
	out->colour = isatty(STDOUT_FILENO) && !(plain && *plain) && !is_dumb();
	out->root = json_object();
	return out;
}

bool output_is_json(const struct output *out)
{
	return out->json;
}

void output_member(struct output *out, const char *key, json_t *value)
{
	json_object_set_new(out->root, key, value);
}

void output_rows(struct output *out, json_t *rows,
		 const struct column *columns, size_t n)
{
	size_t size = json_is_object(rows) ? json_object_size(rows) :
					     json_array_size(rows);

	if (out->json || !size)
		return;
	if (out->tables++)
		putchar('\n');
	table_print(stdout, rows, columns, n, out->colour, terminal_width());
}

void output_table(struct output *out, const char *key, json_t *value,
		  const struct column *columns, size_t n)
{
	output_rows(out, value, columns, n);
	output_member(out, key, value);
}

void output_text(struct output *out, const char *text)
{
	if (!out->json)
		fputs(text, stdout);
}

static void put_line(FILE *to, const char *format, va_list args)
{
	vfprintf(to, format, args);
	putc('\n', to);
}

void output_line(struct output *out, const char *format, ...)
{
	va_list args;

	if (out->json)
		return;
	va_start(args, format);
	put_line(stdout, format, args);
	va_end(args);
}

void output_say(struct output *out, const char *format, ...)
{
	va_list args;

	if (out->json || out->quiet)
		return;
	va_start(args, format);
	put_line(stdout, format, args);
	va_end(args);
}

void output_error(const char *format, ...)
{
	va_list args;

	fputs("sluice: ", stderr);
	va_start(args, format);
	put_line(stderr, format, args);
	va_end(args);
}

void output_lines(const char *before, const char *text)
{
	int length;

	for (; *text; text += length + (text[length] == '\n')) {
		length = (int)strcspn(text, "\n");
		fprintf(stderr, "%s%.*s\n", before, length, text);
	}
}

void output_note(struct output *out, const char *format, ...)
{
	va_list args;

	if (out->quiet)
		return;
	fputs("sluice: note: ", stderr);
	va_start(args, format);
	put_line(stderr, format, args);
	va_end(args);
}

void output_progress_end(struct output *out)
{
	if (out->progress)
		fputs("\r\033[K", stderr);
	out->progress = false;
}

void output_progress(struct output *out, const char *format, ...)
{
	va_list args;

	if (out->quiet || !isatty(STDERR_FILENO))
		return;
	output_progress_end(out);
	out->progress = true;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
}

bool output_ask(const char *question)
{
	char answer[16];

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return true;
	fprintf(stderr, "%s [y/N] ", question);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	return *answer == 'y' || *answer == 'Y';
}

void output_help(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(stdout, format, args);
	va_end(args);
}

void output_stream(struct output *out, const char *name, const char *value,
		   const char *list)
{
	json_t *text = json_string(value);

	out->streaming = true;
	if (out->json) {
		printf("{\"%s\": ", name);
		json_dumpf(text, stdout, JSON_ENCODE_ANY);
		printf(", \"%s\": [", list);
	}
	json_decref(text);
}

void output_stream_item(struct output *out, const char *line, json_t *value)
{
	if (out->json) {
		fputs(out->streamed++ ? ",\n" : "\n", stdout);
		json_dumpf(value, stdout, JSON_ENCODE_ANY);
	} else {
		puts(line);
	}
	json_decref(value);
}

int output_end(struct output *out)
{
	int err;

	if (out->json && out->streaming)
		puts("]}");
	else if (out->json && json_object_size(out->root))
		json_dumpf(out->root, stdout, JSON_INDENT(2)), putchar('\n');
	err = fflush(stdout) || ferror(stdout) ? -EIO : 0;
	json_decref(out->root);
	free(out);
	return err;
}
