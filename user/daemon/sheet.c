// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Text that grows, and what makes the text of others harmless in it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../conf/arena.h"
#include "sheet.h"

void sheet_free(struct sheet *t)
{
	free(t->s);
	*t = (struct sheet){ 0 };
}

bool sheet_grow(struct sheet *t, size_t n)
{
	size_t room = t->room ? t->room : 4096;
	char *more;

	while (room - t->n <= n)
		room *= 2;
	if (t->failed || room == t->room)
		return !t->failed;
	more = realloc(t->s, room);
	t->failed = !more;
	if (more) {
		t->s = more;
		t->room = room;
	}
	return more;
}

void sheet_add(struct sheet *t, const char *s)
{
	sheet_octets(t, s, strlen(s));
}

/* Thousands of them make a page: printf takes five times as long. */
void sheet_number(struct sheet *t, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + n % 10);
	while (n /= 10);
	sheet_octets(t, digits + at, sizeof(digits) - at);
}

void sheet_decimal(struct sheet *t, uint64_t n, uint64_t per)
{
	uint64_t rest = n % per;
	char digit;

	sheet_number(t, n / per);
	if (rest)
		sheet_octets(t, ".", 1);
	while (rest) {
		rest *= 10;
		digit = (char)('0' + rest / per);
		sheet_octets(t, &digit, 1);
		rest %= per;
	}
}

void sheet_print(struct sheet *t, const char *format, ...)
{
	char line[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(line))
		t->failed = true;
	else
		sheet_octets(t, line, (size_t)n);
}

/* Each character as `change` has it, or as it is when that is NULL. */
static void add_changed(struct sheet *t, const char *s,
			const char *(*change)(unsigned code, char text[8]))
{
	const char *end = s + strlen(s), *instead;
	char text[8];
	unsigned code;
	size_t n;

	for (; s < end; s += n ? n : 1) {
		n = utf8_next(s, (size_t)(end - s), &code);
		instead = n ? change(code, text) : "?";
		if (instead)
			sheet_add(t, instead);
		else
			sheet_octets(t, s, n);
	}
}

static const char *in_html(unsigned code, char text[8])
{
	(void)text;
	switch (code) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return code < ' ' || code == 0x7f ? " " : NULL;
	}
}

void sheet_html(struct sheet *t, const char *s)
{
	add_changed(t, s, in_html);
}

static const char *in_json(unsigned code, char text[8])
{
	if (code == '"')
		return "\\\"";
	if (code == '\\')
		return "\\\\";
	if (code >= ' ' && code != 0x7f && code != '<')
		return NULL;
	snprintf(text, 8, "\\u%04x", code);
	return text;
}

void sheet_json(struct sheet *t, const char *s)
{
	sheet_add(t, "\"");
	add_changed(t, s, in_json);
	sheet_add(t, "\"");
}

static const char *in_label(unsigned code, char text[8])
{
	(void)text;
	switch (code) {
	case '"': return "\\\"";
	case '\\': return "\\\\";
	case '\n': return "\\n";
	default: return NULL;
	}
}

void sheet_label(struct sheet *t, const char *s)
{
	add_changed(t, s, in_label);
}
