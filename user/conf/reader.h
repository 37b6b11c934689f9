/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reading one file: the tree of its nodes, each with its place, and what was
 * found wrong. Readers go on after a fault, so that all are reported.
 */
#ifndef CONF_READER_H
#define CONF_READER_H

#include <stdint.h>

#include "arena.h"
#include "conf.h"

enum { FINDINGS_MAX = 50, DEPTH_MAX = 32 };

enum node_kind {
	NODE_BAD,		/* was reported; readers skip it */
	NODE_TEXT, NODE_LIST, NODE_MAP
};

struct node {
	enum node_kind kind;
	bool null;		/* plain and empty, ~ or null */
	uint32_t line, column;	/* from 1 */
	const char *text;
	struct node *key;	/* of a child of a map, else NULL */
	struct node *parent, *first, *last, *next;
	size_t n;		/* children */
};

struct finding {
	uint32_t line, column;
	size_t count;		/* of what the text tells */
	bool bare;		/* the text has its own places */
	char *text;
};

struct findings {
	struct finding item[FINDINGS_MAX];
	size_t n, total;
};

struct reader {
	const char *file;
	unsigned flags;			/* CONF_RUNNING */
	struct conf_arena *scratch;	/* tree and findings */
	struct sl_config *conf;		/* in the making; conf->arena owns it */
	struct findings errors, warnings;
};

/* at NULL: line 1, column 1 */
void fault(struct reader *r, const struct node *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void caution(struct reader *r, const struct node *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The absolute path of `text`, which may be relative to the file's directory;
 * malloc'd; NULL: it cannot be a path (not reported). */
char *path_beside(const struct reader *r, const char *text);
/* Takes over what another report found, at this place. */
void fault_all(struct reader *r, const struct node *at, const struct conf_report *from);
/* Adds what was found to the report and frees the scratch. 0; -EINVAL: there are
 * errors; -ENOMEM, now or before. */
int reader_end(struct reader *r, struct conf_report *report);

/* One line; beyond FINDINGS_MAX only counted. */
void report_line(char **lines, size_t *n, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void report_more(char **lines, size_t n, const char *file, const char *what);

/* Nothing in it that no YAML in UTF-8 contains; else one sentence, at the first
 * such octet. */
bool is_text(struct reader *r, const char *text, size_t length);
/* Reports keys that were given before, and takes them out of the map; false:
 * no memory. */
bool map_unique(struct reader *r, struct node *map);
/* The file's one document; NULL: there is none (reported). */
struct node *tree_read(struct reader *r, const char *text, size_t length);
struct node *node_get(const struct node *map, const char *key);	/* NULL */
const char *node_kind_text(const struct node *node);	/* "a list" */

#endif
