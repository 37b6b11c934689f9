/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The file's grammar as tables: one row per key, bound to a field by its
 * offset. Reading, writing, comparing and "did you mean" read the same rows.
 */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include "reader.h"

struct key;

/* How a value is read into a field and written back. */
struct type {
	const char *expected;		/* "a number" */
	void (*read)(struct reader *r, const struct node *node,
		     const struct key *key, void *object);
	/* Nothing for what is not there; uses text_word. */
	void (*write)(struct text *t, const struct key *key,
		      const void *object);
};

enum shape {
	KEY_VALUE,	/* type */
	KEY_GROUP,	/* an embedded object */
	KEY_MAP,	/* objects by name, the name first in the object */
	KEY_LIST,	/* objects in order, identified by their first key */
};

struct key {
	const char *name;
	enum shape shape;
	const struct type *type;
	const struct schema *schema;	/* of the others */
	size_t offset, size;		/* of the field */
	size_t count;			/* the field points to so many: offset */
	uint64_t low, high;		/* of numbers */
	size_t most;			/* of maps and lists */
	const char *const *words;	/* of a choice; the index is the value */
	const char *empty;		/* how a list without items is written */
	bool required;			/* must be there, is always written */
	bool quiet;			/* a default is not even written in full */
	bool not_empty;			/* a list of nothing is refused */
	bool no_negation;		/* "!x" is refused */
	bool comparison;		/* ">x" and "<x" are understood */
	bool secret;
};

struct schema {
	const char *noun;		/* "rule" */
	const struct key *keys;
	size_t n_keys;
	size_t size;
	bool block;			/* one key a line */
	/* What keys left out have; object NULL: before anything is read. */
	const void *(*defaults)(const void *object);
	bool (*name_ok)(const char *name);
	const char *name_expected;
	size_t name_size;
	/* What only the whole object can tell. */
	void (*finish)(struct reader *r, const struct node *node, void *object);
};

#define FIELD(type, member) \
	.offset = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define ARRAY(type, member, number) \
	.offset = offsetof(type, member), .count = offsetof(type, number)
#define KEYS(rows) .keys = (rows), .n_keys = sizeof(rows) / sizeof(*(rows))

extern const struct schema schema_config, schema_interface, schema_set,
	schema_filter, schema_rule, schema_rate, schema_pool, schema_service,
	schema_daemon;

/* types.c */
extern const struct type type_choice, type_number, type_percent, type_duration,
	type_text, type_name;
/* ranges.c, addresses.c */
extern const struct type type_ranges, type_ports, type_prefixes, type_addresses,
	type_address, type_items;
extern const struct type type_check;	/* checks.c */

#define NAME_EXPECTED \
	"a letter, then up to 30 letters, digits, _ . -"

void schema_read(struct reader *r, const struct node *map,
		 const struct schema *schema, void *object);
void schema_default(const struct schema *schema, void *object);
/* The value of one key, "" if there is none; flags as for conf_emit. */
void schema_value(struct text *t, const struct key *key, const void *object);
void schema_flow(struct text *t, const struct schema *schema,
		 const void *object);
void schema_block(struct text *t, const struct schema *schema,
		  const void *object, int indent);
void schema_diff(struct text *t, const struct schema *schema, const char *name,
		 const void *old, const void *now);

/* ---- for readers ------------------------------------------------------ */

/* The words of a value: one text, or a list of texts. */
struct values {
	const struct node *next;
	size_t n, left;
};

/* The object is not const behind it if it was not before. */
void *field_of(const void *object, const struct key *key);
void *array_of(const void *object, const struct key *key, size_t *n);
/* NULL: it is something else (reported). */
const char *read_text(struct reader *r, const struct node *node,
		      const struct key *key);
/* Walk them with values_next, which skips and reports what is no text. */
struct values read_values(struct reader *r, const struct node *node,
			  const struct key *key);
const struct node *values_next(struct reader *r, struct values *v,
			       const struct key *key);
/* An array in the config for that many items; its count is still 0. */
void *array_make(struct reader *r, const struct key *key, void *object,
		 size_t n, size_t size);
bool number_read(const char *text, uint64_t low, uint64_t high,
		 uint64_t *number);
void number_store(void *field, size_t size, uint64_t number);
uint64_t number_load(const void *field, size_t size);
/* "[a, b]", or "a" alone. */
void list_open(struct text *t, size_t n);
void list_next(struct text *t, size_t i);
void list_close(struct text *t, size_t n);
/* "no such set: did you mean office?" for a name that is not there. */
void fault_unknown(struct reader *r, const struct node *at, const char *what,
		   const char *name, const char *near);

#endif
