/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The large tables: a half is mapped when somebody asks for it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "maps.h"

enum { WINDOW = 4 << 20 };	/* octets that a copy has mapped at a time */

/* Part of a half, mapped: from a page's beginning, as mmap wants it. */
struct map_view {
	void *page;
	size_t length;
	char *at;
};

struct map_view *map_views(void)
{
	return calloc(SL_BANKS, sizeof(struct map_view));
}

/* false: no memory, or no room for the mapping; it says which. */
static bool look(const struct map *map, size_t from, size_t n, struct map_view *v,
		 struct sl_error *x)
{
	size_t before = from % (size_t)sysconf(_SC_PAGESIZE);
	int access = PROT_READ | (map->write ? PROT_WRITE : 0);

	v->length = before + n;
	v->page = mmap(NULL, v->length, access, MAP_SHARED, map->fd, (off_t)(from - before));
	if (v->page == MAP_FAILED) {
		v->page = NULL;
		sl_fail_errno(x, "maps: mapping %zu octets", n);
		return false;
	}
	v->at = (char *)v->page + before;
	return true;
}

static void look_away(struct map_view *v)
{
	if (v->page)
		munmap(v->page, v->length);
	*v = (struct map_view){ NULL, 0, NULL };
}

void *map_half(const struct maps *m, enum map_id id, uint32_t half, struct sl_error *x)
{
	const struct map *map = &m->map[id];
	struct map_view *v = &map->view[half];

	if (!v->page && !look(map, map->stride * half, map->stride, v, x))
		return NULL;
	return v->at;
}

void map_leave(const struct maps *m, enum map_id id, uint32_t half)
{
	look_away(&m->map[id].view[half]);
}

void map_views_free(struct map_view *view)
{
	for (uint32_t half = 0; view && half < SL_BANKS; half++)
		look_away(&view[half]);
	free(view);
}

static size_t least(size_t n)
{
	return n < WINDOW ? n : WINDOW;
}

static int put(const struct map *map, size_t at, const void *from, size_t n,
	       struct sl_error *x)
{
	struct map_view v;

	if (!look(map, at, n, &v, x))
		return -ENOMEM;
	memcpy(v.at, from, n);
	look_away(&v);
	return 0;
}

int map_write(const struct maps *m, enum map_id id, uint32_t half, const void *from,
	      size_t n, struct sl_error *x)
{
	const struct map *map = &m->map[id];
	int err = 0;

	for (size_t done = 0, part; done < n && !err; done += part) {
		part = least(n - done);
		err = put(map, map->stride * half + done, (const char *)from + done, part, x);
	}
	return err;
}

int map_move(const struct maps *to, const struct maps *from, enum map_id id,
	     uint32_t half, struct sl_error *x)
{
	const struct map *source = &from->map[id], *target = &to->map[id];
	struct map_view v;
	int err = 0;

	for (size_t done = 0, part; done < source->stride && !err; done += part) {
		part = least(source->stride - done);
		if (!look(source, source->stride * half + done, part, &v, x))
			return -ENOMEM;
		err = put(target, target->stride * half + done, v.at, part, x);
		look_away(&v);
	}
	return err;
}
