// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Runs the command to make an instance, opens its pins, purges it. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <sluice/abi.h>
#include <sluice/scope.h>

#include "instance.h"

enum { NAME = 32, PATH = 128 };

static void say(char why[BENCH_WHY], const char *what, const char *detail)
{
	snprintf(why, BENCH_WHY, "%s%s%s", what, *detail ? ": " : "", detail);
	why[strcspn(why, "\n")] = '\0';
}

static void child(int output, char *const argv[])
{
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execv(argv[0], argv);
	dprintf(output, "%s: %s", argv[0], strerror(errno));
	_exit(127);
}

/* Exit status 0, or -1 and the beginning of what it said. */
static int run(char *const argv[], char why[BENCH_WHY])
{
	char said[BENCH_WHY] = "", rest[512];
	autoclose int reader = -1;
	int ends[2], status;
	size_t length = 0;
	ssize_t n;
	pid_t pid;

	if (pipe(ends))
		return say(why, "pipe", strerror(errno)), -1;
	reader = ends[0];
	pid = fork();
	if (pid == 0)
		child(ends[1], argv);
	close(ends[1]);
	while (length + 1 < sizeof(said) &&
	       (n = read(reader, said + length, sizeof(said) - 1 - length)) > 0)
		length += (size_t)n;
	while (read(reader, rest, sizeof(rest)) > 0)
		;
	if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0)
		return 0;
	return say(why, argv[3], said), -1;
}

static char *command(void)
{
	static char path[PATH];
	const char *build = getenv("BUILD");

	snprintf(path, sizeof(path), "%s/sluice", build ? build : "build");
	return path;
}

static int apply(enum config config, char *name, char why[BENCH_WHY])
{
	autoclose int fd = memfd_create("bench.yaml", 0);
	char path[PATH];
	FILE *yaml;

	if (fd < 0)
		return say(why, "memfd_create", strerror(errno)), -1;
	yaml = fdopen(dup(fd), "w");
	if (!yaml)
		return say(why, "fdopen", strerror(errno)), -1;
	config_write(config, yaml);
	fclose(yaml);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return run((char *[]){ command(), "-I", name, "apply", "--yes", path,
			       NULL },
		   why);
}

static int open_pin(const char *name, const char *pin, char why[BENCH_WHY])
{
	char path[PATH];
	int fd;

	snprintf(path, sizeof(path), "/sys/fs/bpf/sluice/%s/%s", name, pin);
	fd = bpf_obj_get(path);
	if (fd < 0)
		say(why, pin, strerror(errno));
	return fd;
}

/* A neighbour's owner was the owner before: flows with a record stay, SYNs get one. */
static int change_slots(const char *name, char why[BENCH_WHY])
{
	autoclose int fd = open_pin(name, "maps/slots", why);
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info), *slot, last;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return -1;
	slot = mmap(NULL, info.value_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (slot == MAP_FAILED)
		return say(why, "slots", strerror(errno)), -1;
	last = slot[0] & 0xffff;
	for (__u32 i = 0; i < info.value_size / sizeof(*slot); i++) {
		__u32 owner = slot[i] & 0xffff;

		slot[i] = SL_SLOT(owner, last == owner ? owner % CONFIG_BACKENDS + 1 : last);
		last = owner;
	}
	munmap(slot, info.value_size);
	return 0;
}

int instance_make(enum config config, struct instance *inst,
		  char why[BENCH_WHY])
{
	char name[NAME], ignored[BENCH_WHY];
	sigset_t hold, before;
	int err;

	snprintf(name, sizeof(name), "bench%d", getpid());
	*inst = (struct instance){ -1, -1 };
	sigemptyset(&hold);
	sigaddset(&hold, SIGINT);
	sigaddset(&hold, SIGTERM);
	sigprocmask(SIG_BLOCK, &hold, &before); /* until it is purged */
	err = apply(config, name, why);
	if (!err) {
		inst->prog = open_pin(name, "prog", why);
		inst->counts = open_pin(name, "maps/counts", why);
		err = inst->prog < 0 || inst->counts < 0 ? -1 : 0;
	}
	if (!err && config == CONFIG_CHANGING)
		err = change_slots(name, why);
	run((char *[]){ command(), "-I", name, "detach", "--all", "--purge",
			NULL },
	    ignored);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (err)
		instance_close(inst);
	return err;
}

void instance_close(struct instance *inst)
{
	if (inst->prog >= 0)
		close(inst->prog);
	if (inst->counts >= 0)
		close(inst->counts);
	*inst = (struct instance){ -1, -1 };
}

/* It runs with no interface that is listed. */
uint64_t instance_count(const struct instance *inst, enum sl_reason reason)
{
	struct bpf_map_info info = { 0 };
	autofree struct sl_counts *all = NULL;
	__u32 size = sizeof(info), zero = 0;
	uint64_t sum = 0;

	if (bpf_obj_get_info_by_fd(inst->counts, &info, &size))
		return UINT64_MAX;
	all = malloc(info.value_size);
	if (!all || bpf_map_lookup_elem(inst->counts, &zero, all))
		return UINT64_MAX;
	for (size_t cpu = 0; cpu < info.value_size / sizeof(*all); cpu++)
		sum += all[cpu].reason[SL_INTERFACES_MAX][reason].packets;
	return sum;
}
