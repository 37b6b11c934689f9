// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the grammar knows and this version cannot do: one row each. */
#include <string.h>

#include "schema.h"

enum { BUT_DEFAULT, BUT_WORD, ALWAYS };

static const struct later {
	const char *noun, *key;
	int when;		/* another value than the default; this word */
	const char *word;
} rows[] = {
	{ "pool", "encap", BUT_DEFAULT, NULL },
	{ "pool", "gue", BUT_DEFAULT, NULL },
	{ "pool", "tracking", BUT_DEFAULT, NULL },
	{ "pool", "timers", BUT_DEFAULT, NULL },
	{ "pool", "quic", BUT_DEFAULT, NULL },
	{ "pool", "on_down", BUT_DEFAULT, NULL },
	{ "pool", "panic", BUT_DEFAULT, NULL },
	{ "pool", "check", ALWAYS, NULL },
	{ "backend", "state", BUT_WORD, "drain" },
	{ "daemon", "metrics", ALWAYS, NULL },
	{ "daemon", "announce", ALWAYS, NULL },
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

static bool has_word(const struct key *key, const void *object,
		     const char *word)
{
	struct text now = { .flags = TEXT_RAW };
	size_t n = strlen(word);
	bool has;

	schema_value(&now, key, object);
	has = !strncmp(text_of(&now), word, n) &&
	      (!text_of(&now)[n] || text_of(&now)[n] == ':');
	text_free(&now);
	return has;
}

static bool is_later(const struct later *row, const struct schema *schema,
		     const struct key *key, const void *object)
{
	if (strcmp(row->noun, schema->noun) || strcmp(row->key, key->name))
		return false;
	if (row->when == BUT_DEFAULT)
		return !is_default(schema, key, object);
	return row->when == ALWAYS || has_word(key, object, row->word);
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
		if (rows[i].when == BUT_WORD)
			text_add(&path, ": %s", rows[i].word);
		fault(r, node, "%s: not in this version", text_of(&path));
		text_free(&path);
		return;
	}
}
