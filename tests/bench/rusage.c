// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a command costs as a whole process. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rusage.h"

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int rusage_run(char *const argv[])
{
	double begin = now_ms();
	struct rusage used;
	int status;
	pid_t pid = fork();

	if (!pid) {
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid || status)
		return 1;
	fprintf(stderr, "%.1f %ld\n", now_ms() - begin, used.ru_maxrss);
	return 0;
}
