// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Values of one word: choices, numbers, times, text. */
#include <stdlib.h>
#include <string.h>

#include "schema.h"

bool number_read(const char *text, uint64_t low, uint64_t high,
		 uint64_t *number)
{
	size_t n = strlen(text);
	uint64_t value;

	if (!n || n > 19 || strspn(text, "0123456789") != n)
		return false;
	if (*text == '0' && n > 1)	/* octal, to some */
		return false;
	value = strtoull(text, NULL, 10);
	if (value < low || value > high)
		return false;
	*number = value;
	return true;
}

void number_store(void *field, size_t size, uint64_t number)
{
	uint8_t one = (uint8_t)number;
	uint16_t two = (uint16_t)number;
	uint32_t four = (uint32_t)number;

	if (size == 1)
		memcpy(field, &one, 1);
	else if (size == 2)
		memcpy(field, &two, 2);
	else if (size == 4)
		memcpy(field, &four, 4);
	else
		memcpy(field, &number, 8);
}

uint64_t number_load(const void *field, size_t size)
{
	uint8_t one;
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	if (size == 1)
		return memcpy(&one, field, 1), one;
	if (size == 2)
		return memcpy(&two, field, 2), two;
	if (size == 4)
		return memcpy(&four, field, 4), four;
	return memcpy(&eight, field, 8), eight;
}

static void read_choice(struct reader *r, const struct node *node,
			const struct key *key, void *object)
{
	const char *text = node->kind == NODE_TEXT ? node->text : NULL;
	struct text all = { 0 };
	size_t i;

	for (i = 0; text && key->words[i]; i++)
		if (!strcmp(key->words[i], text))
			break;
	if (text && key->words[i]) {
		number_store(field_of(object, key), key->size, i);
		return;
	}
	for (i = 0; key->words[i]; i++)
		text_add(&all, "%s%s", !i ? "" : key->words[i + 1] ? ", " : " or ",
			 key->words[i]);
	if (text && *text)
		fault(r, node, "%s %.64s: expected %s", key->name, text,
		      text_of(&all));
	else
		fault(r, node, "%s: expected %s, found %s", key->name,
		      text_of(&all), node_kind_text(node));
	text_free(&all);
}

static void write_choice(struct text *t, const struct key *key,
			 const void *object)
{
	/* true and false are not in quotes, unlike a name of that kind */
	text_add(t, "%s",
		 key->words[number_load(field_of(object, key), key->size)]);
}

const struct type type_choice = { "one of its words", read_choice, write_choice };

static void read_number(struct reader *r, const struct node *node,
			const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	uint64_t number;

	if (!text)
		return;
	if (number_read(text, key->low, key->high, &number))
		number_store(field_of(object, key), key->size, number);
	else if (key->low == key->high)
		fault(r, node, "%s %.64s: expected %llu", key->name, text,
		      (unsigned long long)key->low);
	else
		fault(r, node, "%s %.64s: expected %llu to %llu", key->name,
		      text, (unsigned long long)key->low,
		      (unsigned long long)key->high);
}

static void write_number(struct text *t, const struct key *key,
			 const void *object)
{
	uint64_t number = number_load(field_of(object, key), key->size);

	text_add(t, "%llu", (unsigned long long)number);
}

const struct type type_number = { "a number", read_number, write_number };

static void read_percent(struct reader *r, const struct node *node,
			 const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	size_t n = text ? strlen(text) : 0;
	char digits[8] = "";
	uint64_t number;

	if (!text)
		return;
	if (n > 1 && n < sizeof(digits) && text[n - 1] == '%')
		memcpy(digits, text, n - 1);
	if (number_read(digits, 0, 100, &number))
		number_store(field_of(object, key), key->size, number);
	else
		fault(r, node, "%s %.64s: expected 0%% to 100%%", key->name,
		      text);
}

static void write_percent(struct text *t, const struct key *key,
			  const void *object)
{
	write_number(t, key, object);
	text_add(t, "%%");
}

const struct type type_percent = { "a share such as 50%", read_percent, write_percent };

static void duration_add(struct text *t, uint64_t ms)
{
	static const struct { unsigned ms; const char *unit; } units[] = {
		{ 3600000, "h" }, { 60000, "m" }, { 1000, "s" }, { 1, "ms" },
	};
	size_t i = 0;

	while (ms % units[i].ms || ms < units[i].ms)
		if (++i == 3)
			break;
	text_add(t, "%llu%s", (unsigned long long)(ms / units[i].ms),
		 units[i].unit);
}

static void fault_duration(struct reader *r, const struct node *node,
			   const struct key *key)
{
	struct text ends = { 0 };

	duration_add(&ends, key->low);
	text_add(&ends, " to ");
	duration_add(&ends, key->high);
	fault(r, node, "%s %.64s: expected %s", key->name, node->text,
	      text_of(&ends));
	text_free(&ends);
}

static void read_duration(struct reader *r, const struct node *node,
			  const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	struct sl_error x;
	uint64_t ms;

	if (!text)
		return;
	if (conf_duration_ms(text, &ms, &x))
		fault(r, node, "%s %s", key->name, x.text);
	else if (ms < key->low || ms > key->high)
		fault_duration(r, node, key);
	else
		number_store(field_of(object, key), key->size, ms);
}

static void write_duration(struct text *t, const struct key *key,
			   const void *object)
{
	duration_add(t, number_load(field_of(object, key), key->size));
}

const struct type type_duration = { "a time such as 15m", read_duration, write_duration };

static void read_string(struct reader *r, const struct node *node,
			const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	char *copy;
	size_t n;

	if (!text)
		return;
	n = strlen(text);
	if (n < key->low || n > key->high) {
		fault(r, node, "%s: %zu characters: expected %llu to %llu",
		      key->name, n, (unsigned long long)key->low,
		      (unsigned long long)key->high);
		return;
	}
	copy = arena_copy(r->conf->arena, text, n);
	memcpy((char *)object + key->offset, &copy, sizeof(copy));
}

static void write_string(struct text *t, const struct key *key,
			 const void *object)
{
	const char *string;

	memcpy(&string, (const char *)object + key->offset, sizeof(string));
	if (string && key->secret && t->flags & CONF_HIDE_SECRETS)
		text_word(t, "***");
	else if (string)
		text_word(t, string);
}

const struct type type_text = { "text", read_string, write_string };

static void read_name(struct reader *r, const struct node *node,
		      const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);

	if (!text)
		return;
	if (conf_name_ok(text))
		memcpy((char *)object + key->offset, text, strlen(text) + 1);
	else
		fault(r, node, "%s %.64s: expected " NAME_EXPECTED, key->name,
		      text);
}

static void write_name(struct text *t, const struct key *key,
		       const void *object)
{
	const char *name = (const char *)object + key->offset;

	if (*name)
		text_word(t, name);
}

const struct type type_name = { "a name", read_name, write_name };
