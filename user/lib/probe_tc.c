/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tc programs of probes: loading, pinning, and on interfaces. */
#include "probe_tc.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <sluice/scope.h>

#include "program.h"
#include "probe.skel.h"

enum { PRIORITY = 51 };		/* of our filters among an interface's */

/* ---- pins ------------------------------------------------------------------- */

static void probe_dir(const struct sl_instance *inst, char path[PIN_PATH])
{
	snprintf(path, PIN_PATH, "%s/probe", inst->dir);
}

/* Their names tell the build: another one's are not found. */
static void pin_path(const struct sl_instance *inst, const char *what, char path[PIN_PATH])
{
	size_t length;
	const void *elf = probe_bpf__elf_bytes(&length);

	asm("" : "+r"(length));
	snprintf(path, PIN_PATH, "%s/probe/%s_%08x", inst->dir, what,
		 (uint32_t)XXH3_64bits(elf, length));
}

static int open_pin(const struct sl_instance *inst, const char *what, int *fd)
{
	char path[PIN_PATH];

	pin_path(inst, what, path);
	*fd = bpf_obj_get(path);
	return *fd < 0 ? -errno : 0;
}

bool probe_tc_is_there(const struct sl_instance *inst)
{
	char path[PIN_PATH];

	probe_dir(inst, path);
	return !access(path, F_OK);
}

void probe_tc_close(struct probe_tc *tc)
{
	sl_scope_close(&tc->out);
	sl_scope_close(&tc->in);
	sl_scope_close(&tc->targets);
	*tc = PROBE_TC_NONE;
}

/* `in` is pinned last: with it, all are there. */
int probe_tc_open(const struct sl_instance *inst, struct probe_tc *tc)
{
	struct probe_tc got = PROBE_TC_NONE;
	int err = open_pin(inst, "in", &got.in);

	if (!err)
		err = open_pin(inst, "out", &got.out);
	if (!err)
		err = open_pin(inst, "targets", &got.targets);
	if (err) {
		probe_tc_close(&got);
		return -ENOENT;
	}
	*tc = got;
	return 0;
}

int probe_tc_targets(const struct sl_instance *inst)
{
	int fd;

	open_pin(inst, "targets", &fd);
	return fd;
}

void probe_tc_unpin(const struct sl_instance *inst)
{
	char path[PIN_PATH];

	probe_dir(inst, path);
	pin_remove_dir(path);
}

/* ---- loading ------------------------------------------------------------------ */

static int say_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

static int pin_one(const struct sl_instance *inst, int fd, const char *what, struct sl_error *x)
{
	char path[PIN_PATH];

	pin_path(inst, what, path);
	return pin(fd, path, x);
}

static int pin_all(const struct sl_instance *inst, const struct probe_bpf *skel, struct sl_error *x)
{
	char path[PIN_PATH];
	int err;

	probe_tc_unpin(inst);
	probe_dir(inst, path);
	err = pin_make_dir(path, x);
	if (!err)
		err = pin_one(inst, bpf_map__fd(skel->maps.probe_targets), "targets", x);
	if (!err)
		err = pin_one(inst, bpf_program__fd(skel->progs.probe_out), "out", x);
	return err ? err : pin_one(inst, bpf_program__fd(skel->progs.probe_in), "in", x);
}

int probe_tc_load(const struct sl_instance *inst, struct probe_tc *tc, struct sl_error *x)
{
	libbpf_print_fn_t before = libbpf_set_print(say_nothing);
	struct probe_bpf *skel = probe_bpf__open_and_load();
	int err = skel ? pin_all(inst, skel, x) :
			 sl_fail_errno(x, "probes: the kernel refuses their program");

	probe_bpf__destroy(skel);
	libbpf_set_print(before);
	if (err)
		return err;
	err = probe_tc_open(inst, tc);
	return err ? sl_fail(x, err, "probes: their pins are gone") : 0;
}

/* ---- interfaces ----------------------------------------------------------------- */

static uint32_t handle_of(const struct sl_instance *inst)
{
	return (uint32_t)XXH3_64bits(inst->name, strlen(inst->name)) % 0xfffe + 1;
}

static int attach_one(const struct sl_instance *inst, uint32_t ifindex, enum bpf_tc_attach_point point,
		      int prog)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle_of(inst), .priority = PRIORITY,
		    .prog_fd = prog, .flags = BPF_TC_F_REPLACE);
	int err = bpf_tc_hook_create(&hook);

	if (err && err != -EEXIST)
		return err;
	return bpf_tc_attach(&hook, &opts);
}

int probe_tc_attach(const struct sl_instance *inst, const struct probe_tc *tc, uint32_t ifindex,
		    struct sl_error *x)
{
	libbpf_print_fn_t before = libbpf_set_print(say_nothing);
	char name[IF_NAMESIZE] = "?";
	int err = attach_one(inst, ifindex, BPF_TC_EGRESS, tc->out);

	if (!err)
		err = attach_one(inst, ifindex, BPF_TC_INGRESS, tc->in);
	libbpf_set_print(before);
	if (!err)
		return 0;
	if_indextoname(ifindex, name);
	return sl_fail(x, err, "%s: tc does not take the program of probes: %s", name, strerror(-err));
}

static bool is_on(const struct sl_instance *inst, uint32_t ifindex, enum bpf_tc_attach_point point,
		  int prog)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle_of(inst), .priority = PRIORITY);
	struct program_info info = { 0 };

	return !bpf_tc_query(&hook, &opts) && !program_look(prog, &info) && opts.prog_id == info.id;
}

bool probe_tc_is_on(const struct sl_instance *inst, const struct probe_tc *tc, uint32_t ifindex)
{
	libbpf_print_fn_t before = libbpf_set_print(say_nothing);
	bool on = is_on(inst, ifindex, BPF_TC_EGRESS, tc->out) &&
		  is_on(inst, ifindex, BPF_TC_INGRESS, tc->in);

	libbpf_set_print(before);
	return on;
}

static void detach_one(const struct sl_instance *inst, uint32_t ifindex, enum bpf_tc_attach_point point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = handle_of(inst), .priority = PRIORITY);

	bpf_tc_detach(&hook, &opts);
}

void probe_tc_detach(const struct sl_instance *inst, uint32_t ifindex)
{
	libbpf_print_fn_t before = libbpf_set_print(say_nothing);

	detach_one(inst, ifindex, BPF_TC_EGRESS);
	detach_one(inst, ifindex, BPF_TC_INGRESS);
	libbpf_set_print(before);
}
