// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reads a tree into structs by the grammar's tables. */
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "schema.h"

void *field_of(const void *object, const struct key *key)
{
	union { const void *given; char *octets; } at = { object };

	return at.octets + key->offset;
}

void *array_of(const void *object, const struct key *key, size_t *n)
{
	void *items;

	memcpy(&items, (const char *)object + key->offset, sizeof(items));
	memcpy(n, (const char *)object + key->count, sizeof(*n));
	return items;
}

void schema_default(const struct schema *schema, void *object)
{
	memcpy(object, schema->defaults(NULL), schema->size);
}

void *array_make(struct reader *r, const struct key *key, void *object,
		 size_t n, size_t size)
{
	void *items = arena_array(r->conf->arena, n, size);

	memcpy((char *)object + key->offset, &items, sizeof(items));
	return items;
}

static void set_count(const struct key *key, void *object, size_t n)
{
	memcpy((char *)object + key->count, &n, sizeof(n));
}

static bool kind_is(struct reader *r, const struct node *node,
		    enum node_kind kind, const char *noun)
{
	const char *expected = kind == NODE_MAP ? "a mapping" : "a list";

	if (node->kind == kind)
		return true;
	if (node->kind != NODE_BAD && !node->null)
		fault(r, node, "%s: expected %s, found %s",
		      node->key ? node->key->text : noun, expected,
		      node_kind_text(node));
	return false;
}

static const struct key *key_find(const struct schema *schema, const char *name)
{
	size_t i;

	for (i = 0; i < schema->n_keys; i++)
		if (!strcmp(schema->keys[i].name, name))
			return &schema->keys[i];
	return NULL;
}

static void fault_unknown_key(struct reader *r, const struct node *at,
			      const struct schema *schema)
{
	const char *names[32], *near;
	struct text all = { 0 };
	size_t i;

	for (i = 0; i < schema->n_keys; i++) {
		names[i] = schema->keys[i].name;
		text_add(&all, "%s%s", i ? ", " : "", names[i]);
	}
	near = conf_nearest(at->text, names, schema->n_keys);
	if (near)
		fault(r, at, "%.64s: unknown key: did you mean %s?", at->text,
		      near);
	else
		fault(r, at, "%.64s: unknown key of %s: expected %s", at->text,
		      schema->noun, text_of(&all));
	text_free(&all);
}

static void refuse_unknown(struct reader *r, const struct node *map,
			   const struct schema *schema)
{
	const struct node *child;

	for (child = map->first; child; child = child->next) {
		if (key_find(schema, child->key->text))
			continue;
		if (r->errors.n < FINDINGS_MAX)
			fault_unknown_key(r, child->key, schema);
		else
			fault(r, child->key, "unknown key");
	}
}

static bool fits(struct reader *r, const struct node *node,
		 const struct key *key)
{
	if (node->n <= key->most)
		return true;
	fault(r, node, "%s: %zu of them: expected at most %zu", key->name,
	      node->n, key->most);
	return false;
}

static void read_map(struct reader *r, const struct node *map,
		     const struct key *key, void *object)
{
	const struct schema *schema = key->schema;
	const struct node *child;
	char *item;
	size_t n = 0;

	if (!kind_is(r, map, NODE_MAP, schema->noun) || !fits(r, map, key))
		return;
	item = array_make(r, key, object, map->n, schema->size);
	for (child = map->first; item && child; child = child->next) {
		if (!schema->name_ok(child->key->text)) {
			fault(r, child->key, "%s %.64s: expected %s",
			      schema->noun,
			      *child->key->text ? child->key->text : "\"\"",
			      schema->name_expected);
			continue;
		}
		schema_default(schema, item);
		memcpy(item, child->key->text, strlen(child->key->text) + 1);
		/* counted first: it may be named by what it contains */
		set_count(key, object, ++n);
		schema_read(r, child, schema, item);
		item += schema->size;
	}
}

static void read_list(struct reader *r, const struct node *list,
		      const struct key *key, void *object)
{
	const struct schema *schema = key->schema;
	const struct node *child;
	char *item;
	size_t n = 0;

	if (!kind_is(r, list, NODE_LIST, schema->noun) || !fits(r, list, key))
		return;
	item = array_make(r, key, object, list->n, schema->size);
	for (child = list->first; item && child; child = child->next) {
		schema_default(schema, item);
		set_count(key, object, ++n);
		if (child->null)
			fault(r, child, "%s: expected a mapping, found nothing",
			      schema->noun);
		schema_read(r, child, schema, item);
		item += schema->size;
	}
}

static void read_key(struct reader *r, const struct node *node,
		     const struct key *key, void *object)
{
	if (node->kind == NODE_BAD)
		return;
	if (key->shape == KEY_VALUE)
		key->type->read(r, node, key, object);
	else if (key->shape == KEY_GROUP)
		schema_read(r, node, key->schema, field_of(object, key));
	else if (key->shape == KEY_MAP)
		read_map(r, node, key, object);
	else
		read_list(r, node, key, object);
}

/* In the table's order, so that sets are known before rules name them. */
void schema_read(struct reader *r, const struct node *map,
		 const struct schema *schema, void *object)
{
	const struct node *child, empty = {
		.kind = NODE_MAP, .line = map->line, .column = map->column,
		.key = map->key, .parent = map->parent, .text = "",
	};
	const struct key *key;

	if (map->null)
		map = &empty;
	if (!kind_is(r, map, NODE_MAP, schema->noun))
		return;
	refuse_unknown(r, map, schema);
	for (key = schema->keys; key < schema->keys + schema->n_keys; key++) {
		child = node_get(map, key->name);
		if (child) {
			read_key(r, child, key, object);
		} else if (key->required) {
			fault(r, map->key ? map->key : map,
			      "%s: missing: expected %s", key->name,
			      key->type->expected);
		}
	}
	if (schema->finish)
		schema->finish(r, map, object);
}

/* ---- for readers ------------------------------------------------------ */

const char *read_text(struct reader *r, const struct node *node,
		      const struct key *key)
{
	if (node->kind == NODE_TEXT && *node->text && !node->null)
		return node->text;
	if (node->kind == NODE_TEXT && !node->null)
		fault(r, node, "%s: empty text: expected %s", key->name,
		      key->type->expected);
	else if (node->kind != NODE_BAD)
		fault(r, node, "%s: expected %s, found %s", key->name,
		      key->type->expected, node_kind_text(node));
	return NULL;
}

struct values read_values(struct reader *r, const struct node *node,
			  const struct key *key)
{
	struct values none = { 0 };

	if (key->not_empty && (node->null ||
			       (node->kind == NODE_LIST && !node->n)))
		fault(r, node, "%s: empty: expected %s, or no such key",
		      key->name, key->type->expected);
	if (node->null || node->kind == NODE_BAD)
		return none;
	if (node->kind == NODE_TEXT)
		return (struct values){ node, 1, 1 };
	if (node->kind == NODE_LIST)
		return (struct values){ node->first, node->n, node->n };
	fault(r, node, "%s: expected %s, or a list of them, found a mapping",
	      key->name, key->type->expected);
	return none;
}

const struct node *values_next(struct reader *r, struct values *v,
			       const struct key *key)
{
	const struct node *node;

	while (v->left) {
		v->left--;
		node = v->next;
		v->next = node->next;
		if (read_text(r, node, key))
			return node;
	}
	return NULL;
}

void fault_unknown(struct reader *r, const struct node *at, const char *what,
		   const char *name, const char *near)
{
	if (near)
		fault(r, at, "%s %.64s: no such %s: did you mean %s?",
		      at->key ? at->key->text : what, name, what, near);
	else
		fault(r, at, "%s %.64s: no such %s: expected the name of one",
		      at->key ? at->key->text : what, name, what);
}
