// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How two configurations differ, object by object, for people. */
#include <stdlib.h>
#include <string.h>

#include "schema.h"

enum { VALUE_SHOWN = 80 };	/* longer values are only said to differ */

/* The objects of one map or list, and what tells them apart. */
struct many {
	const char *item;
	char **id;
	size_t n;
};

static char *id_of(const struct key *key, const char *item)
{
	struct text t = { .flags = TEXT_RAW };

	if (key->shape == KEY_MAP)
		text_add(&t, "%s", item);
	else
		schema_value(&t, &key->schema->keys[0], item);
	return text_take(&t);
}

static bool many_open(struct many *m, const struct key *key, const void *object)
{
	size_t i, n;

	m->item = array_of(object, key, &n);
	m->n = n;
	m->id = calloc(n + 1, sizeof(char *));
	for (i = 0; m->id && i < n; i++) {
		m->id[i] = id_of(key, m->item + i * key->schema->size);
		if (!m->id[i])
			return false;
	}
	return m->id;
}

static void many_close(struct many *m)
{
	size_t i;

	for (i = 0; m->id && i < m->n; i++)
		free(m->id[i]);
	free(m->id);
}

/* Begins after the last one found: what kept its order is found at once. */
static bool many_find(const struct many *m, const char *id, size_t *at)
{
	size_t i, j;

	for (i = 0; i < m->n; i++) {
		j = (*at + i) % m->n;
		if (strcmp(m->id[j], id))
			continue;
		*at = j;
		return true;
	}
	return false;
}

static void say(struct text *t, char sign, const struct schema *schema,
		const char *owner, const char *id)
{
	text_add(t, "%c %s%s%s %s\n", sign, schema->noun, *owner ? " " : "",
		 owner, id);
}

static void diff_many(struct text *t, const struct key *key, const char *owner,
		      const void *old, const void *now)
{
	const struct schema *schema = key->schema;
	struct many was = { 0 }, is = { 0 };
	size_t i, at = 0, last = 0;
	bool moved = false;
	struct text name = { 0 };

	t->failed |= !many_open(&was, key, old) || !many_open(&is, key, now);
	for (i = 0; !t->failed && i < was.n; i++)
		if (!many_find(&is, was.id[i], &at))
			say(t, '-', schema, owner, was.id[i]);
	for (i = 0, at = 0; !t->failed && i < is.n; i++) {
		if (!many_find(&was, is.id[i], &at)) {
			say(t, '+', schema, owner, is.id[i]);
			continue;
		}
		moved |= at < last;
		last = at;
		text_add(&name, "%s%s%s", owner, *owner ? " " : "", is.id[i]);
		schema_diff(t, schema, text_of(&name),
			    was.item + at * schema->size,
			    is.item + i * schema->size);
		text_free(&name);
	}
	if (moved && schema == &schema_rule)
		text_add(t, "~ rules: in another order\n");
	many_close(&was);
	many_close(&is);
}

static void diff_value(struct text *t, const struct schema *schema,
		       const struct key *key, const char *name, const void *old,
		       const void *now)
{
	const char *noun = schema == &schema_config ? "" : schema->noun;
	struct text a = { .flags = TEXT_RAW }, b = { .flags = TEXT_RAW };

	schema_value(&a, key, old);
	schema_value(&b, key, now);
	t->failed |= a.failed | b.failed;
	if (strcmp(text_of(&a), text_of(&b))) {
		text_add(t, "~ %s%s%s%s%s", noun,
			 *noun && *name ? " " : "", name,
			 *noun ? ": " : "", key->name);
		if (key->secret && !a.n != !b.n)
			text_add(t, a.n ? " *** -> none\n" : " none -> ***\n");
		else if (key->secret || a.n > VALUE_SHOWN || b.n > VALUE_SHOWN)
			text_add(t, ": changed\n");
		else
			text_add(t, " %s -> %s\n", a.n ? a.s : "none",
				 b.n ? b.s : "none");
	}
	text_free(&a);
	text_free(&b);
}

void schema_diff(struct text *t, const struct schema *schema, const char *name,
		 const void *old, const void *now)
{
	const struct key *key;

	for (key = schema->keys; key < schema->keys + schema->n_keys; key++) {
		if (key->shape == KEY_MAP || key->shape == KEY_LIST)
			diff_many(t, key, name, old, now);
		else if (key->shape == KEY_GROUP && schema == &schema_config)
			schema_diff(t, key->schema, name, field_of(old, key),
				    field_of(now, key));
		else
			diff_value(t, schema, key, name, old, now);
	}
}

char *conf_diff(const struct sl_config *old, const struct sl_config *now)
{
	struct text t = { 0 };

	schema_diff(&t, &schema_config, "", old, now);
	return text_take(&t);
}
