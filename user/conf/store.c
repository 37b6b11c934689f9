/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Texts as files: read whole, written so that nobody sees half of one. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sluice/scope.h>

#define RUN_DIR "/run/sluice"

struct path path_in(const char *dir, const char *file)
{
	struct path p;

	if (snprintf(p.text, sizeof(p.text), "%s/%s", dir, file) >=
	    (int)sizeof(p.text))
		p.text[0] = 0;
	return p;
}

struct path path_run(const char *instance, const char *file)
{
	return path_in(path_in(RUN_DIR, instance).text, file);
}

static int read_whole(int fd, char *to, size_t size, size_t *length)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, to + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		got += (size_t)n;
	}
	*length = got;
	return 0;
}

static int write_whole(int fd, const char *from, size_t length)
{
	while (length) {
		ssize_t n = write(fd, from, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		from += n;
		length -= (size_t)n;
	}
	return 0;
}

int text_read(const char *path, char **text, struct sl_error *x)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	autofree char *got = NULL;
	struct stat st;
	size_t length = 0;
	int err;

	if (fd < 0 || fstat(fd, &st))
		return sl_fail_errno(x, "%s", path);
	got = malloc((size_t)st.st_size + 1);
	if (!got)
		return sl_fail(x, ENOMEM, "%s: no memory to read it", path);
	err = read_whole(fd, got, (size_t)st.st_size, &length);
	if (err)
		return sl_fail(x, err, "%s: %s", path, strerror(-err));
	got[length] = 0;
	*text = got;
	got = NULL;
	return 0;
}

static int write_new(const char *path, const char *text, struct sl_error *x)
{
	autoclose int fd = -1;
	int err;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0 || fchmod(fd, 0640))
		return sl_fail_errno(x, "%s", path);
	err = write_whole(fd, text, strlen(text));
	if (!err && fsync(fd))
		err = -errno;
	if (err)
		return sl_fail(x, err, "%s: %s", path, strerror(-err));
	return 0;
}

int text_write(const char *path, const char *text, struct sl_error *x)
{
	char new[PATH_MAX];
	int err;

	if (snprintf(new, sizeof(new), "%s.new", path) >= (int)sizeof(new))
		return sl_fail(x, ENAMETOOLONG, "%s: the path is too long", path);
	err = write_new(new, text, x);
	if (err) {
		unlink(new);
		return err;
	}
	if (rename(new, path)) {
		err = sl_fail_errno(x, "%s", path);
		unlink(new);
	}
	return err;
}

/* A pipe, a terminal: it is written to, not replaced. */
static int write_into(const char *path, const char *text, struct sl_error *x)
{
	autoclose int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return sl_fail_errno(x, "%s", path);
	err = write_whole(fd, text, strlen(text));
	return err ? sl_fail(x, err, "%s: %s", path, strerror(-err)) : 0;
}

int text_save(const char *path, const char *text, struct sl_error *x)
{
	autofree char *real = realpath(path, NULL);
	struct stat st;

	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return write_into(path, text, x);
	return text_write(real ? real : path, text, x);
}
