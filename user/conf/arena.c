// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Memory that is freed whole: a chain of blocks, the newest one in use. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

enum { BLOCK = 64 * 1024, ALIGN = 16 };

struct block {
	struct block *next;
	void *adopted;		/* a block of malloc, or NULL */
	size_t used, room;
	_Alignas(ALIGN) unsigned char data[];
};

struct conf_arena {
	struct block *blocks;
	bool failed;
};

struct conf_arena *arena_new(void)
{
	return calloc(1, sizeof(struct conf_arena));
}

void arena_free(struct conf_arena *a)
{
	struct block *b, *next;

	if (!a)
		return;
	for (b = a->blocks; b; b = next) {
		next = b->next;
		free(b->adopted);
		free(b);
	}
	free(a);
}

static struct block *block_add(struct conf_arena *a, size_t room)
{
	struct block *b = calloc(1, sizeof(*b) + room);

	if (!b) {
		a->failed = true;
		return NULL;
	}
	b->room = room;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *arena_array(struct conf_arena *a, size_t n, size_t size)
{
	struct block *b = a->blocks;
	size_t need;

	if (!n || !size)
		return NULL;
	if (n > (SIZE_MAX / 4) / size) {
		a->failed = true;
		return NULL;
	}
	need = (n * size + ALIGN - 1) / ALIGN * ALIGN;
	if (!b || b->room - b->used < need)
		b = block_add(a, need > BLOCK / 4 ? need : BLOCK);
	if (!b)
		return NULL;
	b->used += need;
	return b->data + b->used - need;
}

void *arena_grown(struct conf_arena *a, const void *items, size_t n, size_t size)
{
	void *copy = arena_array(a, n + 1, size);

	if (copy && n)
		memcpy(copy, items, n * size);
	return copy;
}

char *arena_copy(struct conf_arena *a, const char *s, size_t length)
{
	char *copy = arena_array(a, length + 1, 1);

	if (copy)
		memcpy(copy, s, length);
	return copy;
}

void *arena_adopt(struct conf_arena *a, void *block)
{
	struct block *b = block ? block_add(a, 0) : NULL;

	if (!b) {
		free(block);
		return NULL;
	}
	b->adopted = block;
	return block;
}

bool arena_failed(const struct conf_arena *a)
{
	return a->failed;
}

void array_remove(void *items, size_t *n, void *item, size_t size)
{
	char *last = (char *)items + --*n * size;

	memmove(item, (char *)item + size, (size_t)(last - (char *)item));
}
