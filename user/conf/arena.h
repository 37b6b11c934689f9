/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory that is freed whole, and text that grows. Both remember a failed
 * allocation, so that callers may ask once, at the end. */
#ifndef CONF_ARENA_H
#define CONF_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct conf_arena;

struct conf_arena *arena_new(void);	/* NULL: no memory */
void arena_free(struct conf_arena *a);	/* NULL is fine */
/* Zeroed; NULL when there is no memory (remembered) or n is 0. */
void *arena_array(struct conf_arena *a, size_t n, size_t size);
/* A copy of n items with room, zeroed, for one more. NULL: no memory (remembered). */
void *arena_grown(struct conf_arena *a, const void *items, size_t n, size_t size);
char *arena_copy(struct conf_arena *a, const char *s, size_t length);
/* The arena frees a malloc'd block from now on, also if this fails (NULL). */
void *arena_adopt(struct conf_arena *a, void *block);
bool arena_failed(const struct conf_arena *a);

/* One of the *n goes, those behind it move up. */
void array_remove(void *items, size_t *n, void *item, size_t size);

struct text {			/* start it as {0} */
	char *s;		/* NUL-terminated, NULL while empty */
	size_t n, room;
	unsigned flags;		/* CONF_FULL, CONF_HIDE_SECRETS, TEXT_RAW */
	bool failed;
};

enum { TEXT_RAW = 1 << 8 };	/* text_word: for people, never quoted */

void text_add(struct text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A YAML scalar, plain or in double quotes, safe inside {} and []. */
void text_word(struct text *t, const char *word);
char *text_take(struct text *t);	/* malloc'd, "" if empty; NULL: no memory */
void text_free(struct text *t);
const char *text_of(const struct text *t);	/* never NULL */

/* Octets of the UTF-8 character at s, 0 if it is none. */
size_t utf8_next(const char *s, size_t room, unsigned *code);

#endif
