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

#include "lock.h"
#include "pins.h"

enum { WAIT_MS = 5000, STEP_MS = 20 };

static int busy(int fd, const char *path, struct sl_error *x)
{
	char holder[128] = "";
	ssize_t n = pread(fd, holder, sizeof(holder) - 1, 0);

	holder[n > 0 ? n : 0] = 0;
	holder[strcspn(holder, "\n")] = 0;
	return sl_fail(x, EBUSY, "%s: held by %s for more than 5 s", path,
		       *holder ? holder : "another command");
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
	char command[64] = "sluice", line[128];
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

int lock_take(const char *dir, struct sl_error *x)
{
	struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	char path[PIN_PATH];
	int err, fd;

	snprintf(path, sizeof(path), "%s/lock", dir);
	for (int waited = 0;; waited += STEP_MS) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
		if (fd < 0)
			return sl_fail_errno(x, "%s", path);
		if (!flock(fd, LOCK_EX | LOCK_NB) && still_there(fd, path))
			break;
		if (waited >= WAIT_MS) {
			err = busy(fd, path, x);
			close(fd);
			return err;
		}
		close(fd);
		nanosleep(&step, NULL);
	}
	sign(fd);
	return fd;
}
