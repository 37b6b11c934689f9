/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Checks of the kernel: its version, its compiler, where pins and memory go. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "exam.h"

enum { NEED_MAJOR = 6, NEED_MINOR = 1 };

/* What is better with a later one. */
static const struct { unsigned major, minor; const char *what; } later[] = {
	{ 6, 3, "lists what a driver's XDP can" },
	{ 6, 9, "takes large frames in generic mode uncopied" },
	{ 6, 10, "finds a CPU's counters without a call" },
};

void look_kernel(struct doctor_exam *exam)
{
	struct kernel kernel = kernel_of(exam->host);
	char text[LINE] = "";
	size_t used = 0;

	if (!kernel.major) {
		found(exam, DOCTOR_UNKNOWN, "/proc/sys/kernel/osrelease does not say");
		return;
	}
	if (kernel_before(&kernel, NEED_MAJOR, NEED_MINOR)) {
		found(exam, DOCTOR_BAD, "%s: %d.%d or later is needed", kernel.release, NEED_MAJOR, NEED_MINOR);
		advise(exam, "install a kernel of %d.%d or later, such as Debian 12's", NEED_MAJOR, NEED_MINOR);
		return;
	}
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (kernel_before(&kernel, later[i].major, later[i].minor))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "; %u.%u %s", later[i].major, later[i].minor, later[i].what);
	found(exam, DOCTOR_OK, "%s%s", kernel.release, text);
}

void look_btf(struct doctor_exam *exam)
{
	char text[2];

	if (!file_text(exam->host, text, sizeof(text), "sys/kernel/btf/vmlinux")) {
		found(exam, DOCTOR_OK, "/sys/kernel/btf/vmlinux is there");
		return;
	}
	found(exam, DOCTOR_BAD, "/sys/kernel/btf/vmlinux is not to be read");
	advise(exam, "install a kernel with CONFIG_DEBUG_INFO_BTF, as distributions' are");
}

void look_jit(struct doctor_exam *exam)
{
	long long on;
	int err = file_number(exam->host, &on, "proc/sys/net/core/bpf_jit_enable");

	if (err) {
		core_sysctl(exam, "bpf_jit_enable", &on);
	} else if (on == 1) {
		found(exam, DOCTOR_OK, "on");
	} else {
		found(exam, on ? DOCTOR_WARN : DOCTOR_BAD, on ? "on, and prints each program to the kernel's log" : "off");
		mend_sysctl(exam, 1, "net.core.bpf_jit_enable");
	}
}

void look_jit_harden(struct doctor_exam *exam)
{
	long long level;

	if (!core_sysctl(exam, "bpf_jit_harden", &level))
		return;
	if (level < 2) {
		found(exam, DOCTOR_OK, level ? "for programs of unprivileged users" : "off");
		return;
	}
	found(exam, DOCTOR_WARN, "for all programs");
	mend_sysctl(exam, 1, "net.core.bpf_jit_harden");
}

static bool is_mounted(const char *mounts)
{
	return strstr(mounts, " /sys/fs/bpf bpf ");
}

void look_bpffs(struct doctor_exam *exam)
{
	autofree char *mounts = file_whole(exam->host, "proc/mounts");

	if (!mounts) {
		found(exam, DOCTOR_UNKNOWN, "/proc/mounts is not to be read");
	} else if (is_mounted(mounts)) {
		found(exam, DOCTOR_OK, "mounted at /sys/fs/bpf");
	} else {
		found(exam, DOCTOR_WARN, "not mounted at /sys/fs/bpf");
		mend(exam, "mount -t bpf bpf /sys/fs/bpf");
	}
}

/* ---- memory ------------------------------------------------------------- */

enum { MEBIBYTE = 1 << 20, LEAST_MB = 64 };

/* Of the groups from this one up, the one with the least left: MiB; -1: no limit. */
static long long least_left(struct doctor_exam *exam, char *group, struct path *where)
{
	long long left = -1, most, now;

	group[strcspn(group, "\n")] = 0;
	for (char *end; *group; *end = 0) {
		end = strrchr(group, '/');
		if (!end)
			break;
		if (end[1] && !file_number(exam->host, &most, "sys/fs/cgroup%s/memory.max", group) &&
		    !file_number(exam->host, &now, "sys/fs/cgroup%s/memory.current", group) &&
		    (left < 0 || (most - now) / MEBIBYTE < left)) {
			left = most > now ? (most - now) / MEBIBYTE : 0;
			snprintf(where->text, sizeof(where->text), "%s", group);
		}
	}
	return left;
}

/* A change may need as much again, while the old and the new are there. */
static long long wanted_mb(const struct doctor_host *host)
{
	long long mb = host->status ? (long long)(host->status->map_bytes / MEBIBYTE) + 1 : 0;

	return mb > LEAST_MB ? mb : LEAST_MB;
}

void look_memory(struct doctor_exam *exam)
{
	autofree char *groups = file_whole(exam->host, "proc/self/cgroup");
	char *own = groups ? strstr(groups, "0::/") : NULL;	/* none: none was ever mounted */
	long long left, wanted = wanted_mb(exam->host);
	struct path where = { "" };

	if (!groups || strstr(groups, ":memory:")) {
		found(exam, DOCTOR_UNKNOWN, groups ? "the memory of control groups is version 1's" : "/proc/self/cgroup is not to be read");
		return;
	}
	left = own ? least_left(exam, own + strlen("0::"), &where) : -1;
	if (left < 0) {
		found(exam, DOCTOR_OK, "no limit; RLIMIT_MEMLOCK does not count since 5.11");
	} else if (left >= wanted) {
		found(exam, DOCTOR_OK, "%lld MiB are left to control group %s", left, where.text);
	} else {
		found(exam, DOCTOR_WARN, "%lld MiB are left to control group %s, of %lld that a change may take", left, where.text, wanted);
		advise(exam, "echo max >/sys/fs/cgroup%s/memory.max", word_of(where.text).text);
	}
}
