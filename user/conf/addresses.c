// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Addresses, prefixes and names of sets, alone or in lists. */
#include <stdio.h>
#include <string.h>

#include "filter.h"
#include "prefixes.h"
#include "schema.h"

static void set_count(const struct key *key, void *object, size_t n)
{
	memcpy((char *)object + key->count, &n, sizeof(n));
}

/* ---- addresses -------------------------------------------------------- */

static bool address_value(struct reader *r, const struct node *node,
			  const struct key *key, struct sl_address *a)
{
	struct sl_error x;

	if (!conf_address(node->text, a, &x))
		return true;
	fault(r, node, "%s %s", key->name, x.text);
	return false;
}

static void read_address(struct reader *r, const struct node *node,
			 const struct key *key, void *object)
{
	if (read_text(r, node, key))
		address_value(r, node, key, field_of(object, key));
}

static void write_address(struct text *t, const struct key *key,
			  const void *object)
{
	const struct sl_address *a = field_of(object, key);
	char text[CONF_PREFIX_TEXT];

	if (a->family)
		text_word(t, conf_address_text(a, text));
}

const struct type type_address = { "an IPv4 or IPv6 address", read_address, write_address };

static bool has_address(const struct sl_address *list, size_t n,
			const struct sl_address *a)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!memcmp(&list[i], a, sizeof(*a)))
			return true;
	return false;
}

static void read_addresses(struct reader *r, const struct node *node,
			   const struct key *key, void *object)
{
	struct values v = read_values(r, node, key);
	struct sl_address *list, a;
	const struct node *value;
	size_t n = 0;

	if (v.n > key->most) {
		fault(r, node, "%s: %zu of them: expected at most %zu",
		      key->name, v.n, key->most);
		return;
	}
	list = array_make(r, key, object, v.n, sizeof(*list));
	while (list && (value = values_next(r, &v, key))) {
		if (!address_value(r, value, key, &a))
			continue;
		if (has_address(list, n, &a))
			fault(r, value, "%s %.64s: given twice", key->name,
			      value->text);
		else
			list[n++] = a;
	}
	set_count(key, object, n);
}

static void write_addresses(struct text *t, const struct key *key,
			    const void *object)
{
	size_t i, n;
	const struct sl_address *list = array_of(object, key, &n);
	char text[CONF_PREFIX_TEXT];

	if (!n)
		return;
	text_add(t, "[");
	for (i = 0; i < n; i++) {
		list_next(t, i);
		text_word(t, conf_address_text(&list[i], text));
	}
	text_add(t, "]");
}

const struct type type_addresses = { "an IPv4 or IPv6 address", read_addresses, write_addresses };

/* ---- prefixes --------------------------------------------------------- */

static bool prefix_value(struct reader *r, const struct node *node,
			 const struct key *key, const char *text,
			 struct sl_prefix *p)
{
	struct sl_error x;

	if (!conf_prefix(text, p, &x))
		return true;
	fault(r, node, "%s %s", key->name, x.text);
	return false;
}

static void read_prefixes(struct reader *r, const struct node *node,
			  const struct key *key, void *object)
{
	struct values v = read_values(r, node, key);
	const struct node *value;
	struct sl_prefix *list;
	size_t n = 0;

	list = array_make(r, key, object, v.n, sizeof(*list));
	while (list && (value = values_next(r, &v, key)))
		n += prefix_value(r, value, key, value->text, &list[n]);
	set_count(key, object, prefixes_sort(list, n));
}

static void write_prefixes(struct text *t, const struct key *key,
			   const void *object)
{
	size_t i, n;
	const struct sl_prefix *list = array_of(object, key, &n);
	char text[CONF_PREFIX_TEXT];

	if (!n)
		return;
	text_add(t, "[");
	for (i = 0; i < n; i++) {
		list_next(t, i);
		text_word(t, conf_prefix_text(&list[i], text));
	}
	text_add(t, "]");
}

const struct type type_prefixes = { "an IPv4 or IPv6 prefix", read_prefixes, write_prefixes };

/* ---- items of from and to: a set's name or a prefix, perhaps negated --- */

static bool set_exists(struct reader *r, const struct node *node,
		       const char *name)
{
	const struct sl_config *conf = r->conf;

	if (conf_set_find(r->conf, name))
		return true;
	fault_unknown(r, node, "set", name,
		      conf_nearest_name(name, conf->sets, conf->n_sets, sizeof(*conf->sets)));
	return false;
}

static bool item_value(struct reader *r, const struct node *node,
		       const struct key *key, struct sl_address_item *item)
{
	const char *text = node->text;

	item->negated = *text == '!';
	text += item->negated;
	if (!conf_name_ok(text))
		return prefix_value(r, node, key, text, &item->prefix);
	if (!set_exists(r, node, text))
		return false;
	snprintf(item->set, sizeof(item->set), "%s", text);
	return true;
}

static void read_items(struct reader *r, const struct node *node,
		       const struct key *key, void *object)
{
	struct values v = read_values(r, node, key);
	struct sl_address_item *list;
	const struct node *value;
	bool negated = false;
	size_t n = 0;

	list = array_make(r, key, object, v.n, sizeof(*list));
	while (list && (value = values_next(r, &v, key))) {
		if (!item_value(r, value, key, &list[n]))
			continue;
		negated |= list[n++].negated;
	}
	set_count(key, object, n);
	if (negated && n > 1)
		caution_negated(r, node, key);
}

static void write_items(struct text *t, const struct key *key,
			const void *object)
{
	size_t i, n;
	const struct sl_address_item *list = array_of(object, key, &n);
	char prefix[CONF_PREFIX_TEXT], word[CONF_PREFIX_TEXT + 1];

	if (!n)
		return;
	list_open(t, n);
	for (i = 0; i < n; i++) {
		snprintf(word, sizeof(word), "%s%s",
			 list[i].negated ? "!" : "",
			 *list[i].set ? list[i].set :
				conf_prefix_text(&list[i].prefix, prefix));
		list_next(t, i);
		text_word(t, word);
	}
	list_close(t, n);
}

const struct type type_items = { "a set's name or a prefix", read_items, write_items };
