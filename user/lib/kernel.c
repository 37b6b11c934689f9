/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What this kernel lacks of what sluice needs, and what it says of processes. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <sluice/sluice.h>

enum { NEED_MAJOR = 6, NEED_MINOR = 1 };

static int check_version(struct sl_error *x)
{
	unsigned major = 0, minor = 0;
	struct utsname u;

	if (uname(&u) || sscanf(u.release, "%u.%u", &major, &minor) != 2)
		return 0;
	if (major > NEED_MAJOR || (major == NEED_MAJOR && minor >= NEED_MINOR))
		return 0;
	return sl_fail(x, EOPNOTSUPP,
		       "kernel %s: too old: sluice needs %d.%d or later",
		       u.release, NEED_MAJOR, NEED_MINOR);
}

static int check_jit(struct sl_error *x)
{
	FILE *f = fopen("/proc/sys/net/core/bpf_jit_enable", "re");
	int on = f ? fgetc(f) : EOF; /* absent: always on */

	if (f)
		fclose(f);
	return on != '0'
		       ? 0
		       : sl_fail(x, EOPNOTSUPP,
				 "kernel: its BPF compiler is off: sysctl net.core.bpf_jit_enable=1");
}

static bool capable(unsigned bit)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct caps[2] = { { 0 } };

	if (syscall(SYS_capget, &header, caps))
		return true; /* the attempt will tell */
	return caps[bit / 32].effective >> bit % 32 & 1;
}

/* The name of one that is lacking, NULL: none is. CAP_SYS_ADMIN is more than two. */
static const char *lacking(void)
{
	bool all = capable(CAP_SYS_ADMIN);

	if (!capable(CAP_NET_ADMIN))
		return "CAP_NET_ADMIN";
	if (!all && !capable(CAP_BPF))
		return "CAP_BPF";
	return all || capable(CAP_PERFMON) ? NULL : "CAP_PERFMON";
}

/* Capabilities there are not those that programs and maps take. */
static bool in_user_namespace(void)
{
	FILE *f = fopen("/proc/self/uid_map", "re");
	unsigned long inside = 0, outside = 0, n = UINT32_MAX;
	int got = f ? fscanf(f, "%lu %lu %lu", &inside, &outside, &n) : EOF;

	if (f)
		fclose(f);
	return got == 3 && n != UINT32_MAX;
}

static int check_capabilities(struct sl_error *x)
{
	const char *lacks = lacking();

	if (!lacks && in_user_namespace())
		return sl_fail(x, EPERM, "not permitted in a user namespace, as of a rootless container: run as root of the host");
	if (!lacks)
		return 0;
	if (geteuid())
		return sl_fail(x, EPERM, "not permitted: run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON");
	return sl_fail(x, EPERM, "not permitted: root lacks %s here: give this place CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON", lacks);
}

/* The inode of a process's mount namespace; 0: it does not say. */
static uint64_t mounts_of(int pid)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	return stat(path, &st) ? 0 : st.st_ino;
}

/* A name may have brackets and blanks in it: its end is the last one. */
int sl_parent_of(int pid)
{
	char path[32], line[512] = "";
	const char *rest;
	int parent = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	in = fopen(path, "re");
	if (!in)
		return 0;
	rest = fgets(line, sizeof(line), in) ? strrchr(line, ')') : NULL;
	fclose(in);
	return rest && sscanf(rest, ") %*c %d", &parent) == 1 ? parent : 0;
}

/* Did somebody that this command comes from leave the mounts of the host? A
 * mount in here goes with the command, and takes the pins along. */
static bool mounts_are_private(void)
{
	uint64_t here = mounts_of(getpid()), there;

	for (int pid = getppid(); pid > 0; pid = sl_parent_of(pid)) {
		there = mounts_of(pid);
		if (there && there != here)
			return true;
	}
	return false;
}

static int check_bpffs(struct sl_error *x)
{
	static const char path[] = "/sys/fs/bpf";
	struct statfs fs;

	if (!statfs(path, &fs) && fs.f_type == BPF_FS_MAGIC)
		return 0;
	if (mounts_are_private())
		return sl_fail(
			x, EOPNOTSUPP,
			"%s: no BPF filesystem in this mount namespace (`ip netns exec` hides it): enter the network's alone: nsenter --net=/run/netns/NAME sluice ...",
			path);
	if (!mount("bpf", path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		   "mode=0700"))
		return 0;
	return sl_fail(x, EOPNOTSUPP,
		       "%s: no BPF filesystem: mount -t bpf bpf %s", path,
		       path);
}

int sl_kernel_check(struct sl_error *x)
{
	int err = check_version(x);

	if (!err && access("/sys/kernel/btf/vmlinux", R_OK))
		err = sl_fail(
			x, EOPNOTSUPP,
			"kernel: no BTF (/sys/kernel/btf/vmlinux): it needs CONFIG_DEBUG_INFO_BTF");
	if (!err)
		err = check_jit(x);
	if (!err)
		err = check_capabilities(x);
	return err ? err : check_bpffs(x);
}
