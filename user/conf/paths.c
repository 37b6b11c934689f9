// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Paths in the file, which are relative to it. */
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "reader.h"

/* `name` beside the configuration's file; NULL: there is no such directory. */
static char *beside(const char *file, const char *name)
{
	autofree char *copy = strdup(file), *directory = NULL;
	struct text path = { 0 };

	if (*name == '/')
		return strdup(name);
	directory = copy ? realpath(dirname(copy), NULL) : NULL;
	if (!directory)
		return NULL;
	text_add(&path, "%s/%s", strcmp(directory, "/") ? directory : "", name);
	return text_take(&path);
}

static bool printable(const char *path)
{
	unsigned code = 0;
	size_t n;

	for (; *path; path += n) {
		n = utf8_next(path, strlen(path), &code);
		if (!n || code < ' ' || code == 0x7f)
			return false;
	}
	return true;
}

char *path_beside(const struct reader *r, const char *text)
{
	char *path = *text ? beside(r->file, text) : NULL;

	if (path && strlen(path) < PATH_MAX && printable(path))
		return path;
	free(path);
	return NULL;
}
