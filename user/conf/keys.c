// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Keys that a mapping gives twice. */
#include <stdlib.h>
#include <string.h>

#include "reader.h"

static int by_key(const void *one, const void *other)
{
	const struct node *a = *(struct node *const *)one;
	const struct node *b = *(struct node *const *)other;
	int order = strcmp(a->key->text, b->key->text);

	if (order)
		return order;
	if (a->key->line != b->key->line)
		return a->key->line < b->key->line ? -1 : 1;
	return a->key->column < b->key->column ? -1 : 1;
}

static void unlink_bad(struct node *map)
{
	struct node **at = &map->first, *last = NULL;

	map->n = 0;
	while (*at) {
		if ((*at)->kind == NODE_BAD) {
			*at = (*at)->next;
			continue;
		}
		last = *at;
		at = &last->next;
		map->n++;
	}
	map->last = last;
}

bool map_unique(struct reader *r, struct node *map)
{
	struct node **sorted, *child;
	size_t i = 0, first = 0;

	if (map->n < 2)
		return true;
	sorted = malloc(map->n * sizeof(struct node *));
	if (!sorted)
		return false;
	for (child = map->first; child; child = child->next)
		sorted[i++] = child;
	qsort(sorted, map->n, sizeof(struct node *), by_key);
	for (i = 1; i < map->n; i++) {
		if (strcmp(sorted[i]->key->text, sorted[first]->key->text)) {
			first = i;
			continue;
		}
		fault(r, sorted[i]->key,
		      "%s: given twice: the first is in line %u",
		      sorted[i]->key->text, sorted[first]->key->line);
		sorted[i]->kind = NODE_BAD;
	}
	free(sorted);
	unlink_bad(map);
	return true;
}
