// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Text that grows, and how a word is written as a YAML scalar. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"

static bool room_for(struct text *t, size_t more)
{
	size_t room = t->room ? t->room : 64;
	char *s;

	if (t->failed)
		return false;
	while (room <= t->n + more)
		room *= 2;
	if (room == t->room)
		return true;
	s = realloc(t->s, room);
	if (!s) {
		t->failed = true;
		return false;
	}
	t->s = s;
	t->room = room;
	return true;
}

void text_add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || !room_for(t, (size_t)n))
		return;
	va_start(args, format);
	vsnprintf(t->s + t->n, (size_t)n + 1, format, args);
	va_end(args);
	t->n += (size_t)n;
}

/* Words that a YAML reader may take for something else than text. */
static bool looks_special(const char *word)
{
	static const char *const words[] = {
		"null", "true", "false", "yes", "no", "on", "off", "y", "n",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(word, words[i]))
			return true;
	return false;
}

static bool is_plain(const char *word)
{
	static const char first[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/";
	static const char rest[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/"
		"_.%-";

	return *word && strchr(first, *word) && !word[strspn(word, rest)] &&
	       !looks_special(word);
}

void text_word(struct text *t, const char *word)
{
	unsigned c = 0;
	size_t n;

	if (t->flags & TEXT_RAW || is_plain(word)) {
		text_add(t, "%s", word);
		return;
	}
	text_add(t, "\"");
	for (; *word; word += n) {
		n = utf8_next(word, strlen(word), &c);
		if (!n) {	/* refused when it was read; keep the text whole */
			n = 1;
			c = 0xfffd;
		}
		if (c == '"' || c == '\\')
			text_add(t, "\\%c", (int)c);
		else if (c >= ' ' && c < 0x7f)
			text_add(t, "%c", (int)c);
		else
			text_add(t, "\\U%08X", c);
	}
	text_add(t, "\"");
}

const char *text_of(const struct text *t)
{
	return t->n ? t->s : "";
}

char *text_take(struct text *t)
{
	char *s = t->s;

	if (t->failed || (!s && !(s = calloc(1, 1)))) {
		text_free(t);
		return NULL;
	}
	*t = (struct text){ 0 };
	return s;
}

void text_free(struct text *t)
{
	free(t->s);
	*t = (struct text){ 0 };
}
