/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The program: loading a specialisation, and what the kernel says about one. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include <sluice/scope.h>

#include "object.h"
#include "program.h"
#include "specialise.h"
#include "sluice.skel.h"

enum { SECTION_SIZE = 8 };	/* of each table in the object: bpf/maps.h */

#define KNOBS_AT offsetof(struct sluice_bpf__rodata, knobs)

/* The end of what libbpf last said; it prints nothing. */
static char said[2048];

static void remember(const char *text)
{
	size_t n = strlen(text), kept = strlen(said), drop;

	if (n >= sizeof(said)) {
		text += n - (sizeof(said) - 1);
		n = sizeof(said) - 1;
	}
	drop = kept + n < sizeof(said) ? 0 : kept + n - (sizeof(said) - 1);
	memmove(said, said + drop, kept - drop);
	memcpy(said + kept - drop, text, n + 1);
}

static int listen_to(enum libbpf_print_level level, const char *format,
		     va_list args)
{
	char *text;

	if (level == LIBBPF_DEBUG || vasprintf(&text, format, args) < 0)
		return 0;
	remember(text);
	free(text);
	return 0;
}

/* The last lines of the verifier's log, on one line; libbpf's if there is none.
 */
static void last_words(char *out, size_t size)
{
	char *end = strstr(said, "processed "), *from;

	if (!end)
		end = strstr(said, "-- END PROG LOAD LOG");
	if (!end)
		end = said + strlen(said);
	*end = 0;
	from = end;
	for (int lines = 0; from > said && end - from < 260; from--)
		if (from[-1] == '\n' && lines++ == 3)
			break;
	out[0] = out[size - 1] = 0;
	memccpy(out, from, 0, size - 1);
	for (char *c = out; *c; c++)
		if (*c == '\n')
			*c = c[1] ? '|' : 0;
}

int program_knobs(const void *rodata, size_t length, struct sl_knobs *out)
{
	if (KNOBS_AT + sizeof(*out) > length)
		return -EINVAL;
	memcpy(out, (const char *)rodata + KNOBS_AT, sizeof(*out));
	return 0;
}

/* In the program a table is a section of data. NULL: it does not use it. */
static struct bpf_map *map_in(const struct bpf_object *obj, enum map_id id)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%s", map_is_table(id) ? ".data." : "",
		 map_name(id));
	return bpf_object__find_map_by_name(obj, name);
}

/* libbpf unmaps its copy of a section when it closes the object, but as many
 * octets as it thinks the map has that took the section's place. So it is given
 * `small`, a map of the section's size, and the real one takes its descriptor. */
static int give_map(struct bpf_map *map, int small, int fd)
{
	int err = bpf_map__reuse_fd(map, small);

	if (!err && dup3(fd, bpf_map__fd(map), O_CLOEXEC) < 0)
		err = -errno;
	return err;
}

static int give_maps(struct bpf_object *obj, const struct maps *m, int small)
{
	struct bpf_map *map;
	int err = 0;

	for (int i = 0; i < MAP_KNOBS && !err; i++) {
		map = map_in(obj, i);
		if (map)
			err = give_map(map, small, m->map[i].fd);
	}
	return err;
}

uint64_t program_object(void)
{
	size_t length;
	const void *elf = sluice_bpf__elf_bytes(&length);

	/* else gcc warns of the ends of stripes that xxhash does not read */
	asm("" : "+r"(length));
	return XXH3_64bits(elf, length);
}

static int give_knobs(struct bpf_object *obj, const struct sl_knobs *knobs)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, ".rodata");
	const void *initial;
	size_t length = 0;
	char *rodata;
	int err;

	initial = map ? bpf_map__initial_value(map, &length) : NULL;
	if (!initial || KNOBS_AT + sizeof(*knobs) > length)
		return -EINVAL;
	rodata = malloc(length);
	if (!rodata)
		return -ENOMEM;
	memcpy(rodata, initial, length);
	memcpy(rodata + KNOBS_AT, knobs, sizeof(*knobs));
	err = bpf_map__set_initial_value(map, rodata, length);
	free(rodata);
	return err;
}

static int refused(int err, struct sl_error *x)
{
	char words[320];

	last_words(words, sizeof(words));
	if (err == -EPERM)
		return sl_fail(
			x, err,
			"program: not permitted: run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON");
	return sl_fail(x, err, "program: the kernel refuses it: %s: %s",
		       strerror(-err), *words ? words : "it does not say why");
}

/* The object is closed; the program and its knobs stay. */
static int keep(struct bpf_object *obj, struct maps *m, struct sl_error *x)
{
	struct bpf_program *sluice =
		bpf_object__find_program_by_name(obj, "sluice");
	struct bpf_map *rodata = bpf_object__find_map_by_name(obj, ".rodata");
	int prog = fcntl(bpf_program__fd(sluice), F_DUPFD_CLOEXEC, 0);
	int knobs = fcntl(bpf_map__fd(rodata), F_DUPFD_CLOEXEC, 0);
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);
	struct map *map = &m->map[MAP_KNOBS];
	int err;

	if (prog < 0 || knobs < 0 ||
	    bpf_obj_get_info_by_fd(knobs, &info, &length)) {
		err = sl_fail_errno(x, "program");
		sl_scope_close(&prog);
		sl_scope_close(&knobs);
		return err;
	}
	sl_scope_close(&map->fd);
	*map = (struct map){ .fd = knobs,
			     .id = info.id,
			     .value_size = info.value_size,
			     .entries = 1 };
	return prog;
}

/* The object file with these knobs in it, for the caller to free. */
static void *special_elf(const struct sl_knobs *knobs, size_t *length)
{
	const void *general = sluice_bpf__elf_bytes(length);
	void *elf = malloc(*length);

	if (!elf)
		return NULL;
	specialise(memcpy(elf, general, *length), *length, knobs);
	object_trim(elf, *length);
	return elf;
}

int program_load(struct maps *m, const struct sl_knobs *knobs,
		 struct sl_error *x)
{
	size_t length;
	autofree void *elf = special_elf(knobs, &length);
	libbpf_print_fn_t before;
	struct bpf_object *obj;
	int err, small = bpf_map_create(BPF_MAP_TYPE_ARRAY, "small", 4,
					SECTION_SIZE, 1, NULL);

	if (small < 0)
		return refused(-errno, x);
	before = libbpf_set_print(listen_to);
	said[0] = 0;
	obj = elf ? bpf_object__open_mem(elf, length, NULL) : NULL;
	err = obj ? give_knobs(obj, knobs) : -errno;
	if (!err)
		err = give_maps(obj, m, small);
	if (!err)
		err = bpf_object__load(obj);
	err = err ? refused(err, x) : keep(obj, m, x);
	bpf_object__close(obj);
	close(small);
	libbpf_set_print(before);
	return err;
}

int program_look(int fd, struct program_info *out)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	*out = (struct program_info){ .id = info.id,
				      .instructions = info.verified_insns };
	return 0;
}

bool program_uses(int fd, const struct maps *m)
{
	__u32 ids[64];
	struct bpf_prog_info info = { .nr_map_ids = 64,
				      .map_ids = (uintptr_t)ids };
	__u32 length = sizeof(info), found;

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return false;
	for (int i = 0; i < MAP_COUNT; i++) {
		if (!map_is_replaced(i))
			continue;
		for (found = 0; found < info.nr_map_ids && found < 64; found++)
			if (ids[found] == m->map[i].id)
				break;
		if (found == info.nr_map_ids)
			return false;
	}
	return true;
}
