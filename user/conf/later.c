// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the grammar knows and this version cannot do: one row each. */
#include <string.h>

#include "schema.h"

enum { BUT_DEFAULT, ALWAYS };

static const struct later {
	const char *noun, *key;
	int when;		/* any value; another than the default */
} rows[] = {
	{ "pool", "encap", BUT_DEFAULT },
	{ "pool", "gue", BUT_DEFAULT },
	{ "pool", "check", ALWAYS },
	{ "daemon", "metrics", ALWAYS },
	{ "daemon", "announce", ALWAYS },
};

static bool is_default(const struct schema *schema, const struct key *key,
		       const void *object)
{
	struct text now = { 0 }, usual = { 0 };
	bool same;

	schema_value(&now, key, object);
	schema_value(&usual, key, schema->defaults(object));
	same = !strcmp(text_of(&now), text_of(&usual));
	text_free(&now);
	text_free(&usual);
	return same;
}

static bool is_later(const struct later *row, const struct schema *schema,
		     const struct key *key, const void *object)
{
	if (strcmp(row->noun, schema->noun) || strcmp(row->key, key->name))
		return false;
	return row->when == ALWAYS || !is_default(schema, key, object);
}

void refuse_later(struct reader *r, const struct node *node,
		  const struct schema *schema, const struct key *key,
		  const void *object)
{
	struct text path = { 0 };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!is_later(&rows[i], schema, key, object))
			continue;
		node_path(node, &path);
		fault(r, node, "%s: not in this version", text_of(&path));
		text_free(&path);
		return;
	}
}
