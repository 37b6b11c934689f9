/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names in bpffs: directories, pins, and what replaces them by a rename. */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pins.h"

void pin_name(char *out, size_t size, const char *name)
{
	snprintf(out, size, "%s", name);
	for (char *c = out; *c; c++)
		if (*c == '.')
			*c = ':';
}

void pin_unname(char *name)
{
	for (char *c = name; *c; c++)
		if (*c == ':')
			*c = '.';
}

int pin_make_dir(const char *path, struct sl_error *x)
{
	struct group *group = getgrnam("sluice");

	if (mkdir(path, 0700))
		return errno == EEXIST ? 0 : sl_fail_errno(x, "%s", path);
	if (!group)
		return 0;
	if (chown(path, (uid_t)-1, group->gr_gid) || chmod(path, 02770))
		return sl_fail_errno(x, "%s", path);
	return 0;
}

int pin(int fd, const char *path, struct sl_error *x)
{
	if (bpf_obj_pin(fd, path) || chmod(path, 0660))
		return sl_fail_errno(x, "%s", path);
	return 0;
}

int pin_replace(int fd, const char *staged, const char *path,
		struct sl_error *x)
{
	int err;

	unlink(staged);
	err = pin(fd, staged, x);
	if (err)
		return err;
	if (!rename(staged, path))
		return 0;
	err = sl_fail_errno(x, "%s", path);
	unlink(staged);
	return err;
}

int pin_swap_dir(const char *staged, const char *path, struct sl_error *x)
{
	if (!renameat2(AT_FDCWD, staged, AT_FDCWD, path, RENAME_EXCHANGE))
		return 0;
	if (errno == ENOENT && !rename(staged, path))
		return 0;
	return sl_fail_errno(x, "%s", path);
}

int pin_remove_dir(const char *path)
{
	char file[PIN_PATH + 256];
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		unlink(file);
	}
	closedir(dir);
	rmdir(path);
	return 1;
}
