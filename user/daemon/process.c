// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What this process takes: from /proc/self. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "process.h"

static uint64_t ms_of(clockid_t clock)
{
	struct timespec t = { 0 };

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n > 3 ? n - 3 : 0;	/* ., .. and the directory's own */
}

/* Fields 22 and 24 of proc(5); the name before them may have spaces. */
void process_look(struct process *p)
{
	static uint64_t start_ms;
	unsigned long long started = 0;
	long pages = 0;
	char line[1024] = "", *at;
	FILE *f = fopen("/proc/self/stat", "re");

	if (f && !fgets(line, sizeof(line), f))
		line[0] = 0;
	if (f)
		fclose(f);
	at = strrchr(line, ')');
	if (at)
		sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu %*u %ld",
		       &started, &pages);
	started *= 1000 / (unsigned long long)sysconf(_SC_CLK_TCK);
	if (!start_ms) /* once, for the clocks drift */
		start_ms = ms_of(CLOCK_REALTIME) - ms_of(CLOCK_BOOTTIME) + started;
	p->start_ms = start_ms;
	p->cpu_ms = ms_of(CLOCK_PROCESS_CPUTIME_ID);
	p->resident = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
	p->fds = open_fds();
}
