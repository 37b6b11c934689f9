// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A configuration from its file: opened, read, parsed, freed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sluice/grow.h>
#include <sluice/scope.h>

#include "schema.h"

enum { FILE_MAX = 64 << 20 };

int conf_empty(struct sl_config **conf)
{
	struct conf_arena *arena = arena_new();
	struct sl_config *made = arena ? arena_array(arena, 1, sizeof(*made)) :
					 NULL;

	if (!made) {
		arena_free(arena);
		return -ENOMEM;
	}
	schema_default(&schema_config, made);
	made->arena = arena;
	*conf = made;
	return 0;
}

void conf_free(struct sl_config *conf)
{
	if (conf)
		arena_free(conf->arena);
}

static void parse(struct reader *r, const char *text, size_t length)
{
	const struct node *root = tree_read(r, text, length);

	if (root)
		schema_read(r, root, &schema_config, r->conf);
	else if (!r->errors.total)
		fault(r, NULL, "%s", strerror(ENOMEM));
}

int conf_parse(const char *file, const char *text, size_t length,
	       unsigned flags, struct sl_config **conf,
	       struct conf_report *report)
{
	struct reader r = { .file = file, .flags = flags };
	int err = conf_empty(&r.conf);

	if (err)
		return err;
	r.scratch = arena_new();
	if (r.scratch)
		parse(&r, text, length);
	err = reader_end(&r, report);
	if (err)
		conf_free(r.conf);
	else
		*conf = r.conf;
	return err;
}

static int read_all(int fd, char **text, size_t *length)
{
	size_t room = 0, n = 0;
	autofree char *s = NULL;
	ssize_t got = 1;
	char *more;

	while (got > 0 && n <= FILE_MAX) {
		more = sl_grown(s, n, &room, 1, 64 * 1024);
		if (!more)
			return -ENOMEM;
		s = more;
		got = read(fd, s + n, room - n);
		if (got < 0 && errno != EINTR)
			return -errno;
		n += got > 0 ? (size_t)got : 0;
		got = got < 0 ? 1 : got;
	}
	if (n > FILE_MAX)
		return -EFBIG;
	*text = s;
	*length = n;
	s = NULL;
	return 0;
}

static int read_file(const char *file, char **text, size_t *length)
{
	autoclose int fd = !strcmp(file, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) :
						  open(file, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (S_ISREG(st.st_mode) && st.st_size > FILE_MAX)
		return -EFBIG;
	return read_all(fd, text, length);
}

int conf_read(const char *file, unsigned flags, struct sl_config **conf,
	      struct conf_report *report)
{
	autofree char *text = NULL;
	size_t length = 0;
	int err = read_file(file, &text, &length);

	if (!strcmp(file, "-"))
		file = "standard input";
	if (err == -ENOMEM)
		return err;
	if (err == -EFBIG)
		report_line(&report->errors, &report->n_errors,
			    "%s: too big: expected at most 64 MiB", file);
	else if (err)
		report_line(&report->errors, &report->n_errors, "%s: %s", file,
			    strerror(-err));
	return err ? err : conf_parse(file, text, length, flags, conf, report);
}
