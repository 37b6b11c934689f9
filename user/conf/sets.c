// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Named sets: live, of the file's prefixes, or of a file of their own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "balancer.h"

static const void *set_defaults(const void *object)
{
	static const struct sl_set_conf usual;

	(void)object;
	return &usual;
}

static void read_set_prefixes(struct reader *r, const struct node *node,
			      const struct key *key, void *object)
{
	struct sl_set_conf *set = object;

	set->kind = SL_SET_PREFIXES;
	type_prefixes.read(r, node, key, object);
}

static void write_set_prefixes(struct text *t, const struct key *key,
			       const void *object)
{
	const struct sl_set_conf *set = object;

	if (set->kind == SL_SET_PREFIXES && !set->n_prefixes)
		text_add(t, "[]");
	else if (set->kind == SL_SET_PREFIXES)
		type_prefixes.write(t, key, object);
}

static const struct type type_set_prefixes = { "an IPv4 or IPv6 prefix", read_set_prefixes, write_set_prefixes };

static void read_elements(struct reader *r, const struct node *node,
			  struct sl_set_conf *set)
{
	struct conf_report report = { 0 };
	struct sl_prefix *list = NULL;
	FILE *in = fopen(set->file, "re");
	size_t n = 0;
	int err;

	if (!in) {
		fault(r, node, "file %s: %s", set->file, strerror(errno));
		return;
	}
	err = conf_prefix_list(set->file, in, 0, &list, &n, &report);
	fclose(in);
	if (report.n_errors)
		fault_all(r, node, &report);
	else if (err)
		fault(r, node, "file %s: %s", set->file, strerror(-err));
	conf_report_clear(&report);
	if (err || !list)
		return;
	set->prefixes = arena_adopt(r->conf->arena, list);
	set->n_prefixes = set->prefixes ? n : 0;
}

static void read_file(struct reader *r, const struct node *node,
		      const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	struct sl_set_conf *set = object;
	autofree char *path = NULL;

	if (!text)
		return;
	path = path_beside(r, text);
	if (!path) {
		fault(r, node, "file %.64s: expected the path of a list of prefixes",
		      text);
		return;
	}
	set->kind = SL_SET_FILE;
	set->file = arena_copy(r->conf->arena, path, strlen(path));
	set->unread = r->flags & CONF_RUNNING;
	if (set->file && !set->unread)
		read_elements(r, node, set);
}

static void write_file(struct text *t, const struct key *key,
		       const void *object)
{
	const struct sl_set_conf *set = object;

	(void)key;
	if (set->kind == SL_SET_FILE && set->file)
		text_word(t, set->file);
}

static const struct type type_file = { "the path of a file", read_file, write_file };

static void finish_set(struct reader *r, const struct node *node, void *object)
{
	(void)object;
	if (node_get(node, "prefixes") && node_get(node, "file"))
		fault(r, node_get(node, "file"),
		      "file: expected prefixes or file, not both");
}

static const struct key set_keys[] = {
	{ "prefixes", .type = &type_set_prefixes, .quiet = true,
	  ARRAY(struct sl_set_conf, prefixes, n_prefixes) },
	{ "file", .type = &type_file, .quiet = true,
	  FIELD(struct sl_set_conf, file) },
};

const struct schema schema_set = {
	.noun = "set", KEYS(set_keys), .size = sizeof(struct sl_set_conf),
	.defaults = set_defaults, .finish = finish_set,
	.name_ok = name_ok, .name_expected = NAME_EXPECTED,
};
