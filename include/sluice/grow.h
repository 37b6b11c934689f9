/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An array that doubles its room whenever it is full. */
#ifndef SLUICE_GROW_H
#define SLUICE_GROW_H

#include <stdlib.h>

/*
 * The n items, of `size` octets each, with room for one more: `first` of them to
 * begin with, when items is NULL and *room is 0. What came of items is void then,
 * and what is returned is for the caller to free. NULL: no memory, and items and
 * *room are as they were.
 */
static inline void *sl_grown(void *items, size_t n, size_t *room, size_t size, size_t first)
{
	size_t more = *room ? 2 * *room : first;

	if (n < *room)
		return items;
	items = reallocarray(items, more, size);
	if (items)
		*room = more;
	return items;
}

#endif
