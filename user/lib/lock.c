/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One command at a time changes an instance: a lock on a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sluice/scope.h>

#include "lock.h"
#include "pins.h"

enum { WAIT_MS = 5000, STEP_MS = 20, HOLDER = 128 };

/* "process 12 (sluice)", as whoever took it wrote. */
static const char *holder(const char *path, char text[HOLDER])
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, HOLDER - 1);

	text[n > 0 ? n : 0] = 0;
	text[strcspn(text, "\n")] = 0;
	return *text ? text : strcpy(text, "another command");
}

/* A purge removes the file: a lock on a file that is gone is none. */
static bool still_there(int fd, const char *path)
{
	struct stat held, named;

	return !fstat(fd, &held) && !stat(path, &named) &&
	       held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

static void sign(int fd)
{
	char command[64] = "sluice", line[HOLDER];
	FILE *comm = fopen("/proc/self/comm", "re");
	int n;

	if (comm) {
		if (fgets(command, sizeof(command), comm))
			command[strcspn(command, "\n")] = 0;
		fclose(comm);
	}
	n = snprintf(line, sizeof(line), "process %d (%s)\n", (int)getpid(),
		     command);
	if (!ftruncate(fd, 0) && pwrite(fd, line, (size_t)n, 0) < 0)
		errno = 0; /* only the name of the holder is lost */
}

/* One try: the descriptor; -EAGAIN: somebody has it, and it is closed; -errno. */
static int try_lock(const char *path, struct sl_error *x)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0660);

	if (fd < 0)
		return sl_fail_errno(x, "%s", path);
	if (!flock(fd, LOCK_EX | LOCK_NB) && still_there(fd, path)) {
		sign(fd);
		return fd;
	}
	close(fd);
	return -EAGAIN;
}

int lock_take(const char *dir, bool wait, struct sl_error *x)
{
	struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	char path[PIN_PATH], by[HOLDER];
	int fd;

	snprintf(path, sizeof(path), "%s/lock", dir);
	for (int waited = 0;; waited += STEP_MS) {
		fd = try_lock(path, x);
		if (fd != -EAGAIN)
			return fd;
		if (!wait)
			return sl_fail(x, EAGAIN, "%s: held by %s", path, holder(path, by));
		if (waited >= WAIT_MS)
			return sl_fail(x, EBUSY, "%s: held by %s for more than 5 s", path, holder(path, by));
		nanosleep(&step, NULL);
	}
}

/* Beside the instance's directory, which a purge takes away. */
static void claim_path(const char *name, char path[PIN_PATH])
{
	snprintf(path, PIN_PATH, RUN_ROOT "/.%s.sluiced", name);
}

int sl_daemon_claim(const char *name, struct sl_error *x)
{
	char path[PIN_PATH], by[HOLDER];
	int fd = pin_make_dir(RUN_ROOT, x);

	claim_path(name, path);
	if (!fd)
		fd = try_lock(path, x);
	if (fd == -EAGAIN)
		return sl_fail(x, EBUSY, "instance %s: has its sluiced already: %s", name, holder(path, by));
	return fd;
}

void sl_daemon_leave(const char *name, int claim)
{
	char path[PIN_PATH];

	claim_path(name, path);
	unlink(path);		/* first: whoever comes makes a new one */
	close(claim);
}

/* By what it wrote, not by its lock: who tries that might stand in the way of one that
 * begins. */
bool sl_daemon_runs(const char *name)
{
	char path[PIN_PATH], by[HOLDER], comm[64] = "";
	int pid;
	FILE *f;

	snprintf(path, sizeof(path), RUN_ROOT "/.%s.sluiced", name);
	if (sscanf(holder(path, by), "process %d", &pid) != 1)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(comm, sizeof(comm), f))
		*comm = 0;
	fclose(f);
	return !strncmp(comm, "sluiced", 7);
}
