/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Interned sets of list numbers. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <xxhash.h>

#include <sluice/abi.h>
#include <sluice/scope.h>

#include "classes.h"

struct span { uint32_t at, n; };	/* a class's lists in `list` */

struct added { uint32_t key; uint16_t class; bool used; };

/* Both tables are open-addressed and at most half full. */
struct classes {
	uint32_t limit, n;
	struct span *span;		/* [limit + 1] */
	uint16_t *list;			/* all classes' lists, one after another */
	uint32_t lists, list_room;
	uint32_t *by_set, set_room;	/* class + 1, by its lists; 0 free */
	struct added *by_step;		/* (class, list) -> class */
	uint32_t steps, step_room;
};

struct classes *classes_new(uint32_t limit)
{
	struct classes *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->limit = limit < SL_CLASSES_MAX ? limit : SL_CLASSES_MAX - 1;
	for (c->set_room = 16; c->set_room < 2 * (c->limit + 1);)
		c->set_room *= 2;
	c->list_room = c->step_room = 64;
	c->n = 1;
	c->span = calloc(c->limit + 1, sizeof(*c->span));
	c->by_set = calloc(c->set_room, sizeof(*c->by_set));
	c->list = calloc(c->list_room, sizeof(*c->list));
	c->by_step = calloc(c->step_room, sizeof(*c->by_step));
	if (c->span && c->by_set && c->list && c->by_step)
		return c;
	classes_free(c);
	return NULL;
}

void classes_free(struct classes *c)
{
	if (!c)
		return;
	free(c->span);
	free(c->by_set);
	free(c->list);
	free(c->by_step);
	free(c);
}

uint32_t classes_count(const struct classes *c)
{
	return c->n;
}

const uint16_t *classes_lists(const struct classes *c, uint32_t class,
			      size_t *n)
{
	*n = c->span[class].n;
	return c->list + c->span[class].at;
}

/* Where (class, list) stands or would stand. */
static struct added *step_find(const struct classes *c, uint32_t key)
{
	uint32_t i = key * 0x9e3779b1u;

	for (i ^= i >> 16;; i++) {
		struct added *a = &c->by_step[i & (c->step_room - 1)];

		if (!a->used || a->key == key)
			return a;
	}
}

static int step_remember(struct classes *c, uint32_t key, uint16_t class)
{
	struct added *old = c->by_step, *a;
	uint32_t old_room = c->step_room;

	if (2 * (c->steps + 1) > c->step_room) {
		a = calloc(2 * (size_t)old_room, sizeof(*a));
		if (!a)
			return -ENOMEM;
		c->by_step = a;
		c->step_room = 2 * old_room;
		for (uint32_t i = 0; i < old_room; i++)
			if (old[i].used)
				*step_find(c, old[i].key) = old[i];
		free(old);
	}
	a = step_find(c, key);
	*a = (struct added){ .key = key, .class = class, .used = true };
	c->steps++;
	return 0;
}

/* Room for one more class, of n lists. */
static int list_reserve(struct classes *c, uint32_t n)
{
	uint32_t want = c->lists + n, room = c->list_room;
	uint16_t *list;

	if (want <= room)
		return 0;
	while (room < want)
		room *= 2;
	list = realloc(c->list, room * sizeof(*list));
	if (!list)
		return -ENOMEM;
	c->list = list;
	c->list_room = room;
	return 0;
}

/* Writes the union behind the last class; false if the list was in already. */
static bool draft(struct classes *c, uint16_t class, uint16_t list,
		  struct span *out)
{
	const struct span from = c->span[class];
	const uint16_t *have = c->list + from.at;
	uint16_t *to = c->list + c->lists;
	uint32_t before = 0;

	while (before < from.n && have[before] < list)
		before++;
	if (before < from.n && have[before] == list)
		return false;
	memcpy(to, have, before * sizeof(*to));
	to[before] = list;
	memcpy(to + before + 1, have + before, (from.n - before) * sizeof(*to));
	*out = (struct span){ .at = c->lists, .n = from.n + 1 };
	return true;
}

/* The class that has exactly the drafted lists: an old one or the next one. */
static int intern(struct classes *c, struct span draft)
{
	size_t bytes = draft.n * sizeof(*c->list);
	const uint16_t *lists = c->list + draft.at;
	uint32_t i = (uint32_t)XXH64(lists, bytes, 0), *slot;

	for (;; i++) {
		slot = &c->by_set[i & (c->set_room - 1)];
		if (!*slot)
			break;
		const struct span *s = &c->span[*slot - 1];

		if (s->n == draft.n && !memcmp(c->list + s->at, lists, bytes))
			return (int)(*slot - 1);
	}
	if (c->n > c->limit)
		return -ENOSPC;
	c->span[c->n] = draft;
	c->lists += draft.n;
	*slot = ++c->n;
	return (int)(c->n - 1);
}

int classes_add(struct classes *c, uint16_t class, uint16_t list)
{
	uint32_t key = (uint32_t)class << 16 | list;
	const struct added *known = step_find(c, key);
	struct span wanted;
	int err, result = class;

	if (known->used)
		return known->class;
	err = list_reserve(c, c->span[class].n + 1);
	if (err)
		return err;
	if (draft(c, class, list, &wanted))
		result = intern(c, wanted);
	if (result < 0)
		return result;
	err = step_remember(c, key, (uint16_t)result);
	return err ? err : result;
}

int classes_put(struct classes *c, const uint16_t *list, size_t n)
{
	int err = list_reserve(c, (uint32_t)n);

	if (err)
		return err;
	memcpy(c->list + c->lists, list, n * sizeof(*list));
	return intern(c, (struct span){ .at = c->lists, .n = (uint32_t)n });
}
