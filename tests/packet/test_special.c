/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Loads every specialisation of both compilers' objects on this kernel and
 * sends one packet through each. Writes $BUILD/budget.txt: name, compiler,
 * verified instructions, octets of stack. Knows libbpf only, so that it also
 * runs in a guest.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/packet/special.h"
#include "user/lib/object.h"
#include "user/lib/specialise.h"

struct trial {
	const struct special *special;
	const char *compiler, *object;
	char name[64];
};

static FILE *budget;
static char log_text[1 << 16];

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* Where `knobs` lies in the object's .rodata. */
static size_t knobs_offset(struct bpf_object *obj)
{
	const struct btf *btf = bpf_object__btf(obj);
	const struct btf_type *section = btf__type_by_id(btf,
		(__u32)btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC));
	const struct btf_var_secinfo *var = btf_var_secinfos(section);

	for (int i = 0; i < btf_vlen(section); i++, var++) {
		const struct btf_type *t = btf__type_by_id(btf, var->type);

		if (!strcmp(btf__name_by_offset(btf, t->name_off), "knobs"))
			return var->offset;
	}
	fail_msg("no knobs in .rodata");
	return 0;
}

static void set_knobs(struct bpf_object *obj, const struct sl_knobs *knobs)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, ".rodata");
	struct bpf_map *each;
	size_t size;
	char *rodata;

	bpf_object__for_each_map(each, obj)
		if (strstr(bpf_map__name(each), ".rodata"))
			map = each;
	assert_non_null(map);
	rodata = (char *)(uintptr_t)bpf_map__initial_value(map, &size);
	assert_non_null(rodata);
	memcpy(rodata + knobs_offset(obj), knobs, sizeof(*knobs));
}

static int make_map(size_t size)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "table", 4, (__u32)size, 1, &opts);

	assert_true(fd >= 0);
	return fd;
}

/* A map of this size in the place of a section. As the library does it: libbpf
 * knows of a small one only, whose octets it unmaps in the end. */
static void put_table(struct bpf_object *obj, const char *name, size_t size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, name);
	int small = make_map(8), fd = make_map(size);

	assert_non_null(map);
	assert_int_equal(bpf_map__reuse_fd(map, small), 0);
	assert_true(dup3(fd, bpf_map__fd(map), O_CLOEXEC) >= 0);
	close(small);
	close(fd);
}

static void put_tables(struct bpf_object *obj, const struct sl_knobs *k)
{
	enum { BUCKET = SL_FRONTEND_WAYS * sizeof(struct sl_frontend) };

	put_table(obj, ".data.control", sizeof(struct sl_control));
	put_table(obj, ".data.banks", SL_BANKS * sizeof(struct sl_bank));
	put_table(obj, ".data.images", SL_BANKS * (k->image_mask + 1ul) * 4 + SL_IMAGE_TAIL);
	put_table(obj, ".data.classes", SL_BANKS * (k->class_mask + 1ul) * sizeof(struct sl_class));
	put_table(obj, ".data.frontends", SL_BANKS * (k->bucket_mask + 1ul) * BUCKET);
	put_table(obj, ".data.buckets", (k->limit_mask + 1ul) * SL_BUCKETS_BYTES + SL_BUCKETS_TAIL);
	put_table(obj, ".data.slots", (k->slot_mask + 1ul) * 4);
	put_table(obj, ".data.backends", SL_BANKS * (k->backend_mask + 1ul) * sizeof(struct sl_backend));
	put_table(obj, ".data.pools", SL_POOLS_MAX * sizeof(struct sl_pool));
	put_table(obj, ".data.followed", (k->backend_mask + 1ul) * 4);
	put_table(obj, ".data.records", (k->record_mask + 1ul) * sizeof(struct sl_records));
	put_table(obj, ".data.fragments", SL_FRAGMENT_SETS * sizeof(struct sl_records));
	put_table(obj, ".data.counts", (k->cpu_mask + 1ul) * sizeof(struct sl_counts));
	put_table(obj, ".data.interfaces", SL_INTERFACES_MAX * sizeof(struct sl_interface));
}

/* "stack depth 208+40+24": the program's, and the largest of its functions',
 * none of which calls another. */
static unsigned stack_depth(const char *text)
{
	const char *at = strstr(text, "stack depth ");
	unsigned own, most = 0;
	char *end;

	if (!at)
		return 0;
	own = (unsigned)strtoul(at + strlen("stack depth "), &end, 10);
	while (*end == '+') {
		unsigned depth = (unsigned)strtoul(end + 1, &end, 10);

		most = depth > most ? depth : most;
	}
	return own + most;
}

static void write_budget(const struct trial *t, int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	if (budget)
		fprintf(budget, "%s %s %u %u\n", t->special->name, t->compiler,
			info.verified_insns, stack_depth(log_text));
}

/* A TCP segment of 60 octets from 192.0.2.1; the maps are empty. */
static void send_one(int fd)
{
	unsigned char frame[60] = {
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0xf6, 0xca,
		192, 0, 2, 1, 192, 0, 2, 2,
		0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff,
	}, out[256];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame),
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(fd, &run), 0);
	assert_int_equal(run.retval, XDP_PASS);
	assert_int_equal(run.data_size_out, sizeof(frame));
	assert_memory_equal(out, frame, sizeof(frame));
}

/* The object with these knobs in its instructions. */
static struct bpf_object *open_special(const char *path, const struct sl_knobs *knobs)
{
	FILE *file = fopen(path, "r");
	struct bpf_object *obj;
	long length;
	void *elf;

	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	fseek(file, 0, SEEK_END);
	length = ftell(file);
	rewind(file);
	elf = malloc((size_t)length);
	assert_non_null(elf);
	assert_int_equal(fread(elf, 1, (size_t)length, file), length);
	fclose(file);
	assert_true(specialise(elf, (size_t)length, knobs) > 0);
	object_trim(elf, (size_t)length);
	obj = bpf_object__open_mem(elf, (size_t)length, NULL);
	free(elf);
	return obj;
}

static void loads_and_runs(void **state)
{
	const struct trial *t = *state;
	struct bpf_object *obj = open_special(t->object, &t->special->knobs);
	struct bpf_program *prog;
	int err;

	if (!obj)
		fail_msg("%s: %s", t->object, strerror(errno));
	set_knobs(obj, &t->special->knobs);
	put_tables(obj, &t->special->knobs);
	prog = bpf_object__find_program_by_name(obj, "sluice");
	assert_non_null(prog);
	log_text[0] = '\0';
	bpf_program__set_log_level(prog, 4);
	bpf_program__set_log_buf(prog, log_text, sizeof(log_text));
	err = bpf_object__load(obj);
	if (err)
		fail_msg("%s: %.2000s", strerror(-err), log_text);
	write_budget(t, bpf_program__fd(prog));
	send_one(bpf_program__fd(prog));
	bpf_object__close(obj);
}

static size_t add_trials(struct CMUnitTest *tests, struct trial *trials, const char *compiler, const char *object)
{
	size_t n = sizeof(specials) / sizeof(*specials);

	for (size_t i = 0; i < n; i++) {
		trials[i] = (struct trial){ .special = &specials[i], .compiler = compiler, .object = object };
		snprintf(trials[i].name, sizeof(trials[i].name), "%s_by_%s_loads", specials[i].name, compiler);
		tests[i] = (struct CMUnitTest){ .name = trials[i].name,
			.test_func = loads_and_runs, .initial_state = &trials[i] };
	}
	return n;
}

int main(void)
{
	static struct trial trials[2 * sizeof(specials) / sizeof(*specials)];
	static struct CMUnitTest tests[2 * sizeof(specials) / sizeof(*specials)];
	const char *build = getenv("BUILD") ? getenv("BUILD") : "build";
	char first[256], second[256], path[256];
	size_t n;
	int failed;

	snprintf(first, sizeof(first), "%s/sluice.bpf.o", build);
	snprintf(second, sizeof(second), "%s/clang19/sluice.bpf.o", build);
	snprintf(path, sizeof(path), "%s/budget.txt", build);
	libbpf_set_print(silent);
	budget = fopen(path, "w");
	n = add_trials(tests, trials, "clang-14", first);
	n += add_trials(tests + n, trials + n, "clang-19", second);
	failed = _cmocka_run_group_tests("special", tests, n, NULL, NULL);
	if (budget)
		fclose(budget);
	return failed != 0;
}
