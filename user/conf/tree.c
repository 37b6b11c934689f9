// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* YAML text -> a tree of nodes with their places, by libyaml's events. */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "reader.h"

struct builder {
	struct reader *r;
	yaml_parser_t yaml;
	struct node *root;
	struct node *open[DEPTH_MAX];	/* lists and maps not yet ended */
	struct node *key[DEPTH_MAX];	/* of a map: waits for its value */
	size_t depth;
	bool done, stopped;		/* stopped: reported, no use to go on */
};

struct node *node_get(const struct node *map, const char *key)
{
	struct node *child;

	for (child = map ? map->first : NULL; child; child = child->next)
		if (child->key && !strcmp(child->key->text, key))
			return child;
	return NULL;
}

const char *node_kind_text(const struct node *node)
{
	if (node->kind == NODE_LIST)
		return "a list";
	if (node->kind == NODE_MAP)
		return "a mapping";
	return node->null ? "nothing" : "text";
}

static struct node *stop(struct builder *b, const struct node *at,
			 const char *why)
{
	fault(b->r, at, "%s", why);
	b->stopped = true;
	return NULL;
}

static struct node *node_new(struct builder *b, enum node_kind kind,
			     const yaml_event_t *event)
{
	struct node *node = arena_array(b->r->scratch, 1, sizeof(*node));

	if (!node) {
		b->stopped = true;
		return NULL;
	}
	node->kind = kind;
	node->text = "";
	node->line = (uint32_t)event->start_mark.line + 1;
	node->column = (uint32_t)event->start_mark.column + 1;
	return node;
}

/* Puts a node where it belongs: as the next key, a child, or the root. */
static void place(struct builder *b, struct node *node)
{
	struct node *parent = b->depth ? b->open[b->depth - 1] : NULL;
	struct node **key = b->depth ? &b->key[b->depth - 1] : NULL;

	node->parent = parent;
	if (!parent) {
		b->root = node;
		return;
	}
	if (parent->kind == NODE_MAP && !*key) {
		if (node->kind != NODE_TEXT) {
			stop(b, node, "a key: expected text");
			return;
		}
		*key = node;
		return;
	}
	node->key = *key;
	*key = NULL;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->n++;
}

static bool is_null(const yaml_event_t *event)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };
	size_t i;

	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp((char *)event->data.scalar.value, words[i]))
			return true;
	return false;
}

/* Anchors and tags have no meaning here; "!x" without quotes is a tag. */
static void refuse_marks(struct builder *b, struct node *node,
			 const unsigned char *anchor, const unsigned char *tag)
{
	if (anchor)
		fault(b->r, node, "anchor &%s: not allowed: write the value out",
		      (const char *)anchor);
	if (tag)
		fault(b->r, node,
		      "tag %s: not allowed: put text that begins with ! in quotes",
		      (const char *)tag);
	if (tag)
		node->kind = NODE_BAD;
}

static void take_scalar(struct builder *b, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;
	struct node *node = node_new(b, NODE_TEXT, event);

	if (!node)
		return;
	node->null = is_null(event);
	node->text = arena_copy(b->r->scratch, text, length);
	if (!node->text) {
		b->stopped = true;
		return;
	}
	if (strlen(text) != length) {
		stop(b, node, "text with a NUL in it: expected none");
		return;
	}
	refuse_marks(b, node, event->data.scalar.anchor, event->data.scalar.tag);
	place(b, node);
}

static void take_open(struct builder *b, const yaml_event_t *event,
		      enum node_kind kind)
{
	struct node *node = node_new(b, kind, event);

	if (!node)
		return;
	if (b->depth == DEPTH_MAX) {
		stop(b, node, "nested too deep: expected 32 levels at most");
		return;
	}
	if (kind == NODE_MAP)
		refuse_marks(b, node, event->data.mapping_start.anchor,
			     event->data.mapping_start.tag);
	else
		refuse_marks(b, node, event->data.sequence_start.anchor,
			     event->data.sequence_start.tag);
	place(b, node);
	b->key[b->depth] = NULL;
	b->open[b->depth++] = node;
}

static void take_end(struct builder *b)
{
	struct node *node = b->open[--b->depth];

	if (node->kind == NODE_MAP && !map_unique(b->r, node))
		b->stopped = true;
}

static void take_alias(struct builder *b, const yaml_event_t *event)
{
	struct node *node = node_new(b, NODE_BAD, event);

	if (!node)
		return;
	fault(b->r, node, "alias *%s: not allowed: write the value out",
	      (const char *)event->data.alias.anchor);
	place(b, node);
}

static void take(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		take_scalar(b, event);
		break;
	case YAML_SEQUENCE_START_EVENT:
		take_open(b, event, NODE_LIST);
		break;
	case YAML_MAPPING_START_EVENT:
		take_open(b, event, NODE_MAP);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		take_end(b);
		break;
	case YAML_ALIAS_EVENT:
		take_alias(b, event);
		break;
	case YAML_DOCUMENT_START_EVENT:
		if (b->root)
			stop(b, node_new(b, NODE_BAD, event),
			     "a second document: expected one in a file");
		break;
	case YAML_STREAM_END_EVENT:
		b->done = true;
		break;
	default:
		break;
	}
}

static void syntax_fault(struct builder *b)
{
	const yaml_parser_t *yaml = &b->yaml;
	struct node at = { 0 };

	at.line = (uint32_t)yaml->problem_mark.line + 1;
	at.column = (uint32_t)yaml->problem_mark.column + 1;
	fault(b->r, &at, "%s%s%s", yaml->problem ? yaml->problem : "not YAML",
	      yaml->context ? ": " : "", yaml->context ? yaml->context : "");
	b->stopped = true;
}

struct node *tree_read(struct reader *r, const char *text, size_t length)
{
	struct builder b = { .r = r };
	yaml_event_t event;

	if (!is_text(r, text, length) || !yaml_parser_initialize(&b.yaml))
		return NULL;
	yaml_parser_set_encoding(&b.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b.yaml, (const unsigned char *)text,
				     length);
	while (!b.done && !b.stopped) {
		if (!yaml_parser_parse(&b.yaml, &event)) {
			syntax_fault(&b);
			break;
		}
		take(&b, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&b.yaml);
	if (b.stopped)
		return NULL;
	if (!b.root || b.root->null)
		fault(r, NULL, "empty: expected at least `sluice: 1`");
	else if (b.root->kind == NODE_MAP)
		return b.root;
	else if (b.root->kind != NODE_BAD)
		fault(r, b.root, "expected a mapping, found %s",
		      node_kind_text(b.root));
	return NULL;
}
