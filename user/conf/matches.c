// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Values that only rules have: TCP flags, fragments, family. */
#include <stdio.h>
#include <string.h>

#include "filter.h"

/* ---- TCP flags: "set among/looked at" --------------------------------- */

static const char *const flag_names[] = {
	"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr",
};

/* "syn,ack", or "none"; moves *text behind it. */
static bool flag_list_read(const char **text, uint8_t *flags)
{
	const char *s = *text;
	size_t i, n;

	*flags = 0;
	if (!strncmp(s, "none", 4) && (!s[4] || s[4] == '/')) {
		*text = s + 4;
		return true;
	}
	for (;; s++) {
		n = strcspn(s, ",/");
		for (i = 0; i < 8; i++)
			if (n == 3 && !strncmp(s, flag_names[i], n))
				break;
		if (i == 8)
			return false;
		*flags |= (uint8_t)(1 << i);
		s += n;
		if (*s != ',')
			break;
	}
	*text = s;
	return true;
}

static bool flags_value(struct reader *r, const struct node *node,
			struct sl_flags *flags)
{
	const char *text = node->text;

	flags->negated = *text == '!';
	text += flags->negated;
	if (!flag_list_read(&text, &flags->set))
		goto wrong;
	flags->mask = flags->set;
	if (*text == '/' && (text++, !flag_list_read(&text, &flags->mask)))
		goto wrong;
	if (*text || !flags->mask)
		goto wrong;
	if (!(flags->set & ~flags->mask))
		return true;
	fault(r, node, "flags %.64s: never matches: expected the flags before / also behind it",
	      node->text);
	return false;
wrong:
	fault(r, node, "flags %.64s: expected such as syn/syn,ack of fin syn rst psh ack urg ece cwr",
	      node->text);
	return false;
}

static void read_flags(struct reader *r, const struct node *node,
		       const struct key *key, void *object)
{
	struct values v = read_values(r, node, key);
	const struct node *value;
	struct sl_flags *list;
	bool negated = false;
	size_t n = 0;

	list = array_make(r, key, object, v.n, sizeof(*list));
	while (list && (value = values_next(r, &v, key))) {
		if (!flags_value(r, value, &list[n]))
			continue;
		negated |= list[n++].negated;
	}
	memcpy((char *)object + key->count, &n, sizeof(n));
	if (negated && n > 1)
		caution_negated(r, node, key);
}

static void flag_list_write(struct text *t, uint8_t flags)
{
	const char *comma = "";
	size_t i;

	if (!flags)
		text_add(t, "none");
	for (i = 0; i < 8; i++) {
		if (!(flags >> i & 1))
			continue;
		text_add(t, "%s%s", comma, flag_names[i]);
		comma = ",";
	}
}

static void write_flags(struct text *t, const struct key *key,
			const void *object)
{
	size_t i, n;
	const struct sl_flags *list = array_of(object, key, &n);
	struct text word = { 0 };

	if (!n)
		return;
	list_open(t, n);
	for (i = 0; i < n; i++) {
		if (list[i].negated)
			text_add(&word, "!");
		flag_list_write(&word, list[i].set);
		text_add(&word, "/");
		flag_list_write(&word, list[i].mask);
		list_next(t, i);
		text_word(t, text_of(&word));
		text_free(&word);
	}
	list_close(t, n);
}

const struct type type_flags = { "flags such as syn/syn,ack", read_flags, write_flags };

/* ---- fragments -------------------------------------------------------- */

static const struct { const char *name; uint8_t bits; } fragments[] = {
	{ "any", SL_MATCH_FIRST | SL_MATCH_LATER },
	{ "no", SL_MATCH_NO },
	{ "first", SL_MATCH_FIRST },
	{ "later", SL_MATCH_LATER },
};

static void read_fragment(struct reader *r, const struct node *node,
			  const struct key *key, void *object)
{
	struct values v = read_values(r, node, key);
	uint8_t *bits = field_of(object, key);
	const struct node *value;
	size_t i;

	while ((value = values_next(r, &v, key))) {
		for (i = 0; i < 4; i++)
			if (!strcmp(fragments[i].name, value->text))
				break;
		if (i < 4)
			*bits |= fragments[i].bits;
		else
			fault(r, value, "fragment %.64s: expected no, first, later or any",
			      value->text);
	}
}

static void write_fragment(struct text *t, const struct key *key,
			   const void *object)
{
	uint8_t left = *(const uint8_t *)field_of(object, key);
	struct text all = { 0 };
	size_t i, n = 0;

	for (i = 0; i < 4; i++) {
		if (!left || (left & fragments[i].bits) != fragments[i].bits)
			continue;
		left &= (uint8_t)~fragments[i].bits;
		text_add(&all, "%s%s", n++ ? ", " : "",
			 fragments[i].name);
	}
	list_open(t, n);
	text_add(t, "%s", text_of(&all));
	list_close(t, n);
	text_free(&all);
}

const struct type type_fragment = { "no, first, later or any", read_fragment, write_fragment };

/* ---- family ----------------------------------------------------------- */

static void read_family(struct reader *r, const struct node *node,
			const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	uint8_t *family = field_of(object, key);

	if (!text)
		return;
	if (!strcmp(text, "4") || !strcmp(text, "6"))
		*family = (uint8_t)(*text - '0');
	else
		fault(r, node, "family %.64s: expected 4 or 6", text);
}

static void write_family(struct text *t, const struct key *key,
			 const void *object)
{
	uint8_t family = *(const uint8_t *)field_of(object, key);

	if (family)
		text_add(t, "%u", family);
}

const struct type type_family = { "4 or 6", read_family, write_family };
