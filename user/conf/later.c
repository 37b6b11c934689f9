// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the grammar knows and this version cannot do: one row each. */
#include <string.h>

#include "schema.h"

static const struct later {
	const char *noun, *key;
} rows[] = {
	{ "daemon", "metrics" },
	{ "daemon", "announce" },
};

void refuse_later(struct reader *r, const struct node *node,
		  const struct schema *schema, const struct key *key)
{
	struct text path = { 0 };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(rows[i].noun, schema->noun) || strcmp(rows[i].key, key->name))
			continue;
		node_path(node, &path);
		fault(r, node, "%s: not in this version", text_of(&path));
		text_free(&path);
		return;
	}
}
