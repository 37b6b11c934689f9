/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files of the tree that is looked at. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "exam.h"

static int open_in(const struct doctor_host *host, const char *path, int flags)
{
	char whole[PATH_MAX];
	int fd;

	if (snprintf(whole, sizeof(whole), "%s/%s", host->root, path) >= PATH_MAX)
		return -ENAMETOOLONG;
	fd = open(whole, O_RDONLY | O_CLOEXEC | flags);
	return fd < 0 ? -errno : fd;
}

static int read_at(const struct doctor_host *host, char *text, size_t size, const char *path)
{
	autoclose int fd = open_in(host, path, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, text, size - 1);
	if (n < 0)
		return -errno;
	text[n] = 0;
	if (n && text[n - 1] == '\n')
		text[n - 1] = 0;
	return 0;
}

int file_text(const struct doctor_host *host, char *text, size_t size, const char *path, ...)
{
	char name[PATH_MAX];
	va_list args;

	va_start(args, path);
	vsnprintf(name, sizeof(name), path, args);
	va_end(args);
	return read_at(host, text, size, name);
}

int file_number(const struct doctor_host *host, long long *number, const char *path, ...)
{
	char name[PATH_MAX], text[LINE], *end;
	long long value;
	va_list args;
	int err;

	va_start(args, path);
	vsnprintf(name, sizeof(name), path, args);
	va_end(args);
	err = read_at(host, text, sizeof(text), name);
	if (err)
		return err;
	value = strtoll(text, &end, 10);
	if (end == text)
		return -EINVAL;
	*number = value;
	return 0;
}

char *file_whole(const struct doctor_host *host, const char *path)
{
	int fd = open_in(host, path, 0);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	char *text = NULL;
	size_t room = 0;

	if (!in) {
		sl_scope_close(&fd);
		return NULL;
	}
	if (getdelim(&text, &room, 0, in) < 0) {
		free(text);
		text = feof(in) ? strdup("") : NULL;
	}
	fclose(in);
	return text;
}

bool each_name(const struct doctor_host *host, const char *path, bool (*each)(const char *name, void *arg), void *arg)
{
	int fd = open_in(host, path, O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool stopped = false;

	if (!dir) {
		sl_scope_close(&fd);
		return false;
	}
	while (!stopped && (entry = readdir(dir)))
		stopped = entry->d_name[0] != '.' && each(entry->d_name, arg);
	closedir(dir);
	return stopped;
}

bool device_path(const struct doctor_exam *exam, const char *file, struct path *out)
{
	static const char *const places[] = { "device", "device/.." };

	for (size_t i = 0; exam->nic->in_sys && i < 2; i++) {
		autoclose int fd = -1;

		snprintf(out->text, sizeof(out->text), "sys/class/net/%s/%s/%s", exam->nic->name, places[i], file);
		fd = open_in(exam->host, out->text, 0);
		if (fd >= 0)
			return true;
	}
	return false;
}

void mend_sysctl(struct doctor_exam *exam, long long value, const char *key, ...)
{
	char name[LINE];
	va_list args;

	va_start(args, key);
	vsnprintf(name, sizeof(name), key, args);
	va_end(args);
	mend(exam, "sysctl -w %s=%lld", word_of(name).text, value);
}

bool core_sysctl(struct doctor_exam *exam, const char *key, long long *value)
{
	int err = file_number(exam->host, value, "proc/sys/net/core/%s", key);

	if (err == -ENOENT)
		found(exam, DOCTOR_UNKNOWN, "this network namespace does not show net.core.%s: look in the host's own", key);
	else if (err)
		found(exam, DOCTOR_UNKNOWN, "net.core.%s: %s", key, strerror(-err));
	return !err;
}

struct kernel kernel_of(const struct doctor_host *host)
{
	struct kernel kernel = { 0 };

	if (!file_text(host, kernel.release, sizeof(kernel.release), "proc/sys/kernel/osrelease"))
		sscanf(kernel.release, "%u.%u", &kernel.major, &kernel.minor);
	return kernel;
}

bool kernel_before(const struct kernel *kernel, unsigned major, unsigned minor)
{
	return kernel->major != major ? kernel->major < major : kernel->minor < minor;
}
