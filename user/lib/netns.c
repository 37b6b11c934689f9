/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Network namespaces by inode and name. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "netns.h"

uint64_t netns_here(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) ? 0 : st.st_ino;
}

bool netns_name(uint64_t netns, char name[NETNS_NAME])
{
	DIR *dir = opendir("/run/netns");
	struct dirent *entry;
	bool found = false;
	struct stat st;

	while (dir && !found && (entry = readdir(dir))) {
		found = !fstatat(dirfd(dir), entry->d_name, &st, 0) &&
			st.st_ino == netns;
		if (found)
			snprintf(name, NETNS_NAME, "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}
