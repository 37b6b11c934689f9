/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps of an instance: made, pinned as a whole, opened, mapped. */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <sluice/scope.h>

#include "maps.h"
#include "pins.h"
#include "program.h"

enum { MEMBERS_SPARE = 1 << 17, IMAGE_LEAST = 1 << 15 };
enum { TABLE = 1, GROWS = 2, HIDDEN = 4, CLOSED = 8, LARGE = 16, LATE = 32 };

/* clang-format off */
static const struct kind {
	const char *name;
	enum bpf_map_type type;
	uint32_t key, value;	/* value of GROWS: of one unit */
	uint32_t entries;	/* TABLE: items side by side in one element */
	unsigned flags;		/* HIDDEN: not the program's; CLOSED: not made here;
				 * LARGE: mapped half by half; LATE: see map_late() */
	uint32_t tail;		/* octets behind the items */
} kinds[MAP_COUNT] = {
#define ARRAY BPF_MAP_TYPE_ARRAY, 4
	[MAP_CONTROL] = { "control", ARRAY, sizeof(struct sl_control), 1, TABLE },
	[MAP_BANKS] = { "banks", ARRAY, sizeof(struct sl_bank), SL_BANKS, TABLE },
	[MAP_IMAGES] = { "images", ARRAY, 4, SL_BANKS, TABLE | GROWS | LARGE, SL_IMAGE_TAIL },
	[MAP_CLASSES] = { "classes", ARRAY, sizeof(struct sl_class), SL_BANKS, TABLE | GROWS },
	[MAP_FRONTENDS] = { "frontends", ARRAY, sizeof(struct sl_frontend) * SL_FRONTEND_WAYS, SL_BANKS, TABLE | GROWS },
	[MAP_SLOTS] = { "slots", ARRAY, 4, 1, TABLE | GROWS | LATE },
	[MAP_BACKENDS] = { "backends", ARRAY, sizeof(struct sl_backend), SL_BANKS, TABLE | GROWS },
	[MAP_POOLS] = { "pools", ARRAY, sizeof(struct sl_pool), SL_POOLS_MAX, TABLE },
	[MAP_FOLLOWED] = { "followed", ARRAY, 4, 1, TABLE | GROWS },
	[MAP_RECORDS] = { "records", ARRAY, sizeof(struct sl_records), 1, TABLE | GROWS },
	[MAP_FRAGMENTS] = { "fragments", ARRAY, sizeof(struct sl_records), SL_FRAGMENT_SETS, TABLE },
	[MAP_INTERFACES] = { "interfaces", ARRAY, sizeof(struct sl_interface), SL_INTERFACES_MAX, TABLE },
	[MAP_BUCKETS] = { "buckets", ARRAY, SL_BUCKETS_BYTES, 1, TABLE | GROWS, SL_BUCKETS_TAIL },
	[MAP_COUNTS] = { "counts", ARRAY, sizeof(struct sl_counts), 1, TABLE | GROWS },
	[MAP_DEVICES] = { "devices", BPF_MAP_TYPE_DEVMAP, 4, 4, SL_BANKS * SL_RULES_MAX, 0 },
	[MAP_CPUS] = { "cpus", BPF_MAP_TYPE_CPUMAP, 4, 4, 0, GROWS },
	[MAP_CAPTURE] = { "capture", BPF_MAP_TYPE_RINGBUF, 0, 0, SL_CAPTURE_BYTES, 0 },
	[MAP_REGISTRY] = { "registry", ARRAY, sizeof(struct sl_registry), 1, TABLE | HIDDEN },
	[MAP_MEMBERS] = { "members", ARRAY, 8, SL_BANKS, TABLE | GROWS | HIDDEN | LARGE },
	[MAP_EXPIRY] = { "expiry", BPF_MAP_TYPE_HASH, sizeof(struct sl_element_key), sizeof(struct sl_element), 0, GROWS | HIDDEN },
	[MAP_DUE] = { "due", ARRAY, sizeof(struct sl_due), 1, TABLE | GROWS | HIDDEN | LARGE },
	[MAP_KNOBS] = { "knobs", ARRAY, 0, 1, CLOSED },
#undef ARRAY
};
/* clang-format on */

const char *map_name(enum map_id id)
{
	return kinds[id].name;
}

bool map_is_table(enum map_id id)
{
	return kinds[id].flags & TABLE;
}

bool map_is_replaced(enum map_id id)
{
	return kinds[id].flags & CLOSED ||
	       (kinds[id].flags & (GROWS | HIDDEN)) == GROWS;
}

/* "0-3" or "0,8-11": packets count where their CPU's number says, and numbers
 * may be left out. */
uint32_t map_cpus(void)
{
	FILE *f = fopen("/sys/devices/system/cpu/possible", "re");
	unsigned number, highest = 0;

	if (!f)
		return (uint32_t)sysconf(_SC_NPROCESSORS_CONF);
	while (fscanf(f, "%u%*[-,]", &number) == 1)
		highest = number > highest ? number : highest;
	fclose(f);
	return highest + 1;
}

void maps_init(struct maps *m)
{
	*m = (struct maps){ 0 };
	for (int i = 0; i < MAP_COUNT; i++)
		m->map[i].fd = -1;
}

void maps_close(struct maps *m)
{
	for (int i = 0; i < MAP_COUNT; i++) {
		if (m->map[i].memory)
			munmap(m->map[i].memory, m->map[i].length);
		map_views_free(m->map[i].view);
		if (m->map[i].fd >= 0)
			close(m->map[i].fd);
	}
	maps_init(m);
}

/* ---- sizes ------------------------------------------------------------ */

/* CPU numbers are masked: a power of two. */
static uint32_t cpu_units(void)
{
	uint32_t n = 1, cpus = map_cpus();

	while (n < cpus)
		n *= 2;
	return n;
}

static uint32_t units(const struct map_sizes *s, int id)
{
	switch (id) {
	case MAP_COUNTS: return cpu_units();
	case MAP_CPUS: return map_cpus();
	case MAP_BUCKETS: return s->knobs.limit_mask + 1;
	case MAP_IMAGES: return s->knobs.image_mask + 1;
	case MAP_CLASSES: return s->knobs.class_mask + 1;
	case MAP_FRONTENDS: return s->knobs.bucket_mask + 1;
	case MAP_SLOTS: return s->knobs.slot_mask + 1;
	case MAP_BACKENDS:
	case MAP_FOLLOWED: return s->knobs.backend_mask + 1;
	case MAP_RECORDS: return s->knobs.record_mask + 1;
	case MAP_MEMBERS: return s->members;
	case MAP_EXPIRY:
	case MAP_DUE: return s->expiring;
	default: return 1;
	}
}

struct map_sizes maps_least(void)
{
	return (struct map_sizes){
		.knobs = { .limit_mask = SL_RULES_MAX - 1,
			   .image_mask = IMAGE_LEAST - 1,
			   .class_mask = 15,
			   .bucket_mask = 15,
			   .slot_mask = 1023,
			   .backend_mask = 15 },
		.members = (sizeof(struct sl_members) + MEMBERS_SPARE) / 8,
		.expiring = 16384,
	};
}

static uint32_t has_units(const struct maps *m, int id)
{
	const struct map *map = &m->map[id];

	return kinds[id].flags & TABLE
		       ? (uint32_t)(map->stride / kinds[id].value)
		       : map->entries;
}

struct map_sizes maps_sizes(const struct maps *m)
{
	return (struct map_sizes){
		.knobs = {
			.image_mask = has_units(m, MAP_IMAGES) - 1,
			.class_mask = has_units(m, MAP_CLASSES) - 1,
			.bucket_mask = has_units(m, MAP_FRONTENDS) - 1,
			.slot_mask = has_units(m, MAP_SLOTS) - 1,
			.backend_mask = has_units(m, MAP_BACKENDS) - 1,
			.record_mask = has_units(m, MAP_RECORDS) - 1,
			.cpu_mask = has_units(m, MAP_COUNTS) - 1,
			.limit_mask = has_units(m, MAP_BUCKETS) - 1,
		},
		.members = has_units(m, MAP_MEMBERS),
		.expiring = has_units(m, MAP_EXPIRY),
	};
}

static bool fits(const struct maps *m, int id, const struct map_sizes *want)
{
	if (m->map[id].fd < 0)
		return false;
	return !(kinds[id].flags & GROWS) ||
	       has_units(m, id) >= units(want, id);
}

bool maps_fit(const struct maps *m, const struct map_sizes *want)
{
	for (int i = 0; i < MAP_KNOBS; i++)
		if (!fits(m, i, want))
			return false;
	return true;
}

/* ---- one map ---------------------------------------------------------- */

static int map_whole(struct map *map, int id, struct sl_error *x)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int access = PROT_READ | (map->write ? PROT_WRITE : 0);

	map->length = (map->value_size + page - 1) / page * page;
	map->memory = mmap(NULL, map->length, access, MAP_SHARED, map->fd, 0);
	if (map->memory != MAP_FAILED)
		return 0;
	map->memory = NULL;
	return sl_fail_errno(x, "map %s: mapping %zu octets", kinds[id].name,
			     map->length);
}

static int look_at(struct map *map, int id, bool write, struct sl_error *x)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(map->fd, &info, &length))
		return sl_fail_errno(x, "map %s", kinds[id].name);
	map->id = info.id;
	map->value_size = info.value_size;
	map->entries = info.max_entries;
	map->write = write;
	if (!(kinds[id].flags & TABLE))
		return 0;
	map->stride = (info.value_size - kinds[id].tail) / kinds[id].entries;
	if (kinds[id].flags & LATE && !write)
		return 0;
	if (!(kinds[id].flags & LARGE))
		return map_whole(map, id, x);
	map->view = map_views();
	return map->view ? 0 : sl_fail(x, ENOMEM, "map %s: no memory", kinds[id].name);
}

void *map_late(const struct maps *m, enum map_id id)
{
	struct map *map = (struct map *)&m->map[id];

	if (!map->memory)
		map_whole(map, id, NULL);
	return map->memory;
}

static int make_one(struct map *map, int id, const struct map_sizes *want,
		    struct sl_error *x)
{
	const struct kind *k = &kinds[id];
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	bool table = k->flags & TABLE;
	uint64_t value = k->value;
	uint32_t entries = table ? 1 : k->entries;

	if (table)
		value = value * units(want, id) * k->entries + k->tail;
	else if (k->flags & GROWS)
		entries = units(want, id);
	if (value > 1u << 29)
		return sl_fail(x, ENOSPC,
			       "map %s: %llu octets: at most 512 MiB", k->name,
			       (unsigned long long)value);
	if (k->flags & TABLE)
		opts.map_flags = BPF_F_MMAPABLE;
	if (k->type == BPF_MAP_TYPE_HASH)
		opts.map_flags = BPF_F_NO_PREALLOC;
	map->fd = bpf_map_create(k->type, k->name, k->key, (uint32_t)value,
				 entries, &opts);
	if (map->fd < 0)
		return sl_fail_errno(x, "map %s of %llu octets", k->name,
				     (unsigned long long)value * entries);
	return look_at(map, id, true, x);
}

static int take_over(struct map *map, const struct map *old, int id,
		     struct sl_error *x)
{
	map->fd = fcntl(old->fd, F_DUPFD_CLOEXEC, 0);
	if (map->fd < 0)
		return sl_fail_errno(x, "map %s", kinds[id].name);
	return look_at(map, id, true, x);
}

/* A map that must grow at least doubles; the largest one by a quarter. */
static struct map_sizes doubled(const struct maps *old,
				const struct map_sizes *want)
{
	struct map_sizes has = maps_sizes(old), s = *want;

#define GROW(field) \
	if (s.knobs.field > has.knobs.field && \
	    s.knobs.field < 2 * has.knobs.field) \
	s.knobs.field = 2 * has.knobs.field + 1
	GROW(image_mask);
	GROW(class_mask);
	GROW(bucket_mask);
	GROW(slot_mask);
	GROW(backend_mask);
	GROW(limit_mask);
	GROW(record_mask);
#undef GROW
	if (s.expiring > has.expiring && s.expiring < 2 * has.expiring)
		s.expiring = 2 * has.expiring;
	if (s.members > has.members)
		s.members += s.members / 4;
	return s;
}

int maps_make(struct maps *out, const struct maps *old,
	      const struct map_sizes *want, struct sl_error *x)
{
	struct map_sizes sizes = old ? doubled(old, want) : *want;
	struct maps m;
	int err = 0;

	maps_init(&m);
	for (int i = 0; i < MAP_KNOBS && !err; i++) {
		if (old && fits(old, i, want))
			err = take_over(&m.map[i], &old->map[i], i, x);
		else
			err = make_one(&m.map[i], i, &sizes, x);
	}
	if (!err && old && old->map[MAP_KNOBS].fd >= 0)
		err = take_over(&m.map[MAP_KNOBS], &old->map[MAP_KNOBS],
				MAP_KNOBS, x);
	if (err) {
		maps_close(&m);
		return err;
	}
	*out = m;
	return 0;
}

/* ---- pins ------------------------------------------------------------- */

int maps_pin_one(const struct maps *m, enum map_id id, const char *dir,
		 struct sl_error *x)
{
	char path[PIN_PATH], staged[PIN_PATH];

	snprintf(path, sizeof(path), "%s/maps/%s", dir, kinds[id].name);
	snprintf(staged, sizeof(staged), "%s/maps/%s_new", dir, kinds[id].name);
	return pin_replace(m->map[id].fd, staged, path, x);
}

int maps_pin(const struct maps *m, const char *dir, struct sl_error *x)
{
	char staged[PIN_PATH], path[PIN_PATH];
	int err;

	snprintf(staged, sizeof(staged), "%s/maps_new", dir);
	pin_remove_dir(staged);
	err = pin_make_dir(staged, x);
	for (int i = 0; i < MAP_COUNT && !err; i++) {
		if (m->map[i].fd < 0)
			continue;
		snprintf(path, sizeof(path), "%s/maps_new/%s", dir,
			 kinds[i].name);
		err = pin(m->map[i].fd, path, x);
	}
	snprintf(path, sizeof(path), "%s/maps", dir);
	if (!err)
		err = pin_swap_dir(staged, path, x);
	pin_remove_dir(staged);
	return err;
}

int map_open(struct map *map, enum map_id id, const char *path, bool write, struct sl_error *x)
{
	map->fd = bpf_obj_get(path);
	if (map->fd < 0 && errno == ENOENT && id == MAP_KNOBS)
		return 0;
	if (map->fd < 0 && errno == ENOENT)
		return sl_fail(
			x, EIO,
			"%s: missing: detach --all --purge, then apply again",
			path);
	if (map->fd < 0)
		return sl_fail_errno(x, "%s", path);
	return look_at(map, id, write, x);
}

static int check_layout(const struct sl_registry *r)
{
	return r && r->abi == SL_ABI ? 0 : -EPROTO;
}

int maps_open(struct maps *out, const char *dir, bool write, struct sl_error *x)
{
	char path[PIN_PATH];
	struct maps m;
	int err = 0;

	maps_init(&m);
	for (int i = 0; i < MAP_COUNT && !err; i++) {
		snprintf(path, sizeof(path), "%s/maps/%s", dir, kinds[i].name);
		err = map_open(&m.map[i], i, path, write, x);
		if (!err && i == MAP_REGISTRY)
			err = check_layout(map_at(&m, i, 0));
	}
	if (err) {
		maps_close(&m);
		return err;
	}
	*out = m;
	return 0;
}

int maps_clean(const char *dir)
{
	char path[PIN_PATH];
	int found;

	snprintf(path, sizeof(path), "%s/maps_new", dir);
	found = pin_remove_dir(path);
	snprintf(path, sizeof(path), "%s/maps/knobs_new", dir);
	found |= !unlink(path);
	return found;
}

int maps_knobs(const struct maps *m, struct sl_knobs *out)
{
	const struct map *map = &m->map[MAP_KNOBS];
	autofree char *value = NULL;
	uint32_t zero = 0;

	if (map->fd < 0)
		return -ENOENT;
	value = malloc(map->value_size);
	if (!value)
		return -ENOMEM;
	if (bpf_map_lookup_elem(map->fd, &zero, value))
		return -errno;
	return program_knobs(value, map->value_size, out);
}
