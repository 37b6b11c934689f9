// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Writes structs as YAML by the grammar's tables. */
#include <stdlib.h>
#include <string.h>

#include "schema.h"

void list_open(struct text *t, size_t n)
{
	if (n > 1)
		text_add(t, "[");
}

void list_next(struct text *t, size_t i)
{
	if (i)
		text_add(t, ", ");
}

void list_close(struct text *t, size_t n)
{
	if (n > 1)
		text_add(t, "]");
}

void schema_value(struct text *t, const struct key *key, const void *object)
{
	size_t before = t->n;

	if (key->shape == KEY_GROUP)
		schema_flow(t, key->schema, field_of(object, key));
	else if (key->shape == KEY_VALUE)
		key->type->write(t, key, object);
	if (t->n == before && key->empty)
		text_add(t, "%s", key->empty);
}

/* The value, if it is to be written at all. */
static struct text shown_value(const struct text *t,
			       const struct schema *schema,
			       const struct key *key, const void *object)
{
	struct text now = { .flags = t->flags }, usual = { .flags = t->flags };
	bool same;

	schema_value(&now, key, object);
	schema_value(&usual, key, schema->defaults(object));
	same = !strcmp(text_of(&now), text_of(&usual));
	text_free(&usual);
	if (same && !key->required && (key->quiet || !(t->flags & CONF_FULL)))
		text_free(&now);
	return now;
}

void schema_flow(struct text *t, const struct schema *schema,
		 const void *object)
{
	const struct key *key;
	struct text value;
	size_t n = 0;

	text_add(t, "{");
	for (key = schema->keys; key < schema->keys + schema->n_keys; key++) {
		value = shown_value(t, schema, key, object);
		if (value.n)
			text_add(t, "%s%s: %s", n++ ? ", " : "", key->name,
				 value.s);
		t->failed |= value.failed;
		text_free(&value);
	}
	text_add(t, "}");
}

static void write_group(struct text *t, const struct key *key,
			const void *object, int indent)
{
	struct text inner = { .flags = t->flags };

	schema_block(&inner, key->schema, field_of(object, key), indent + 2);
	if (inner.n)
		text_add(t, "%*s%s:\n%s", indent, "", key->name, inner.s);
	else if (t->flags & CONF_FULL)
		text_add(t, "%*s%s: {}\n", indent, "", key->name);
	t->failed |= inner.failed;
	text_free(&inner);
}

static void write_named(struct text *t, const struct schema *schema,
			const char *object, int indent)
{
	struct text inner = { .flags = t->flags };

	text_add(t, "%*s", indent, "");
	text_word(t, object);
	if (schema->block)
		schema_block(&inner, schema, object, indent + 2);
	if (inner.n) {
		text_add(t, ":\n%s", inner.s);
	} else {
		text_add(t, ": ");
		schema_flow(t, schema, object);
		text_add(t, "\n");
	}
	t->failed |= inner.failed;
	text_free(&inner);
}

static void write_many(struct text *t, const struct key *key,
		       const void *object, int indent)
{
	size_t i, n;
	const char *item = array_of(object, key, &n);

	if (!n && t->flags & CONF_FULL)
		text_add(t, "%*s%s: %s\n", indent, "", key->name,
			 key->shape == KEY_MAP ? "{}" : "[]");
	if (n)
		text_add(t, "%*s%s:\n", indent, "", key->name);
	for (i = 0; i < n; i++, item += key->schema->size) {
		if (key->shape == KEY_MAP) {
			write_named(t, key->schema, item, indent + 2);
			continue;
		}
		text_add(t, "%*s- ", indent + 2, "");
		schema_flow(t, key->schema, item);
		text_add(t, "\n");
	}
}

static void write_line(struct text *t, const struct schema *schema,
		       const struct key *key, const void *object, int indent)
{
	struct text value = shown_value(t, schema, key, object);

	if (value.n)
		text_add(t, "%*s%s: %s\n", indent, "", key->name, value.s);
	t->failed |= value.failed;
	text_free(&value);
}

void schema_block(struct text *t, const struct schema *schema,
		  const void *object, int indent)
{
	const struct key *key;

	for (key = schema->keys; key < schema->keys + schema->n_keys; key++) {
		if (key->shape == KEY_MAP || key->shape == KEY_LIST)
			write_many(t, key, object, indent);
		else if (key->shape == KEY_GROUP && key->schema->block)
			write_group(t, key, object, indent);
		else
			write_line(t, schema, key, object, indent);
	}
}

char *conf_emit(const struct sl_config *conf, unsigned flags)
{
	struct text t = { .flags = flags };

	schema_block(&t, &schema_config, conf, 0);
	return text_take(&t);
}
