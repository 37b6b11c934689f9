/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps of an instance: one table that says what each is; made, pinned,
 * opened, mapped into memory and replaced by larger ones.
 *
 * They are pinned as a whole: a directory is filled beside and takes the
 * place of the old one by one rename, so `maps/` is never half of anything.
 */
#ifndef SL_MAPS_H
#define SL_MAPS_H

#include <sluice/sluice.h>

enum map_id {
	MAP_REGISTRY,		/* opened first: it has the layout's number */
	MAP_CONTROL, MAP_BANKS, MAP_IMAGES, MAP_CLASSES, MAP_FRONTENDS,
	MAP_SLOTS, MAP_BACKENDS, MAP_POOLS, MAP_FOLLOWED, MAP_RECORDS, MAP_FRAGMENTS,
	MAP_INTERFACES, MAP_BUCKETS, MAP_COUNTS, MAP_DEVICES, MAP_CPUS, MAP_CAPTURE, MAP_MEMBERS, MAP_EXPIRY, MAP_DUE,
	MAP_KNOBS,		/* the program's .rodata: pinned, never made here */
	MAP_COUNT
};

struct map_view;

struct map {
	int fd;			/* -1: none */
	uint32_t id, value_size, entries;
	void *memory;		/* tables: all of it, else NULL */
	size_t length, stride;	/* of `memory`; from item to item */
	struct map_view *view;	/* tables of two large halves: of each */
	bool write;
};

struct maps { struct map map[MAP_COUNT]; };

/* How many units the maps that grow have: masks of `knobs`, and beside: words of
 * 8 octets in each half of `members`, entries of `expiry` and of `due`. */
struct map_sizes { struct sl_knobs knobs; uint32_t members, expiring; };

void maps_init(struct maps *m);
void maps_close(struct maps *m);
const char *map_name(enum map_id id);
bool map_is_table(enum map_id id);	/* one element, which the program addresses */
bool map_is_replaced(enum map_id id);	/* with the program that uses it */
uint32_t map_cpus(void);	/* the highest possible number + 1 */

/* The sizes of an instance that holds nothing. */
struct map_sizes maps_least(void);
struct map_sizes maps_sizes(const struct maps *m);
bool maps_fit(const struct maps *m, const struct map_sizes *want);

/* New maps, in memory only. Those of `old` (may be NULL) that are large enough
 * are taken over, by another descriptor. */
int maps_make(struct maps *out, const struct maps *old, const struct map_sizes *want, struct sl_error *x);

/* Pins all of them as `dir`/maps, in place of what is there, by one rename. */
int maps_pin(const struct maps *m, const char *dir, struct sl_error *x);
int maps_pin_one(const struct maps *m, enum map_id id, const char *dir, struct sl_error *x);
/* -EIO: one is missing; -EPROTO, without a sentence: they are another version's.
 * `write` false: opened to look only. */
int maps_open(struct maps *out, const char *dir, bool write, struct sl_error *x);
/* One of them, by its pin; `map` is one of maps_init. No error: there are no knobs. */
int map_open(struct map *map, enum map_id id, const char *path, bool write, struct sl_error *x);
/* Removes staged and unused pins of a killed command. 1: there were some. */
int maps_clean(const char *dir);

/* The i-th item of a table: bank, interface; not of one of large halves. */
static inline void *map_at(const struct maps *m, enum map_id id, uint32_t i)
{
	return (char *)m->map[id].memory + m->map[id].stride * i;
}

/* All of `slots`: who opened it to look only has it mapped by this, as that takes
 * milliseconds and not everybody looks. NULL: no room. */
void *map_late(const struct maps *m, enum map_id id);

/*
 * Tables of two large halves, images and members, and of one, due: a half is mapped
 * when it is asked for and stays so until it is left, as what is mapped counts as
 * memory of the process. Copies never have more than a few MiB mapped.
 */
struct map_view *map_views(void);	/* NULL: no memory */
void map_views_free(struct map_view *view);
void *map_half(const struct maps *m, enum map_id id, uint32_t half, struct sl_error *x);	/* NULL: why */
void map_leave(const struct maps *m, enum map_id id, uint32_t half);
/* Its first n octets become these. */
int map_write(const struct maps *m, enum map_id id, uint32_t half, const void *from, size_t n, struct sl_error *x);
/* The same half of other maps, which may be larger. */
int map_move(const struct maps *to, const struct maps *from, enum map_id id, uint32_t half, struct sl_error *x);

/* Octets of all its items. */
static inline size_t map_size(const struct maps *m, enum map_id id)
{
	return m->map[id].value_size;
}

/* The knobs of the pinned program; -ENOENT: there is none. */
int maps_knobs(const struct maps *m, struct sl_knobs *out);

#endif
