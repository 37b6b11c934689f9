// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Names that live, for completion: without the rights to read them there are none,
 * and nothing is said of that. */
#include "names.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/schema.h"
#include "../conf/store.h"

void offer(struct asked *a, const char *word)
{
	size_t length = strlen(word) + 1;
	char *said;

	if (strncmp(word, a->last + a->before, strlen(a->last + a->before)) != 0)
		return;
	for (size_t at = 0; at < a->n_said; at += strlen(a->said + at) + 1)
		if (!strcmp(a->said + at, word))
			return;
	said = realloc(a->said, a->n_said + length);
	if (!said)
		return;
	memcpy(said + a->n_said, word, length);
	a->said = said;
	a->n_said += length;
	printf("%.*s%s\n", a->before, a->last, word);
}

static const struct sl_config *running(struct asked *a)
{
	struct sl_error x;

	if (!a->was_read && running_read(a->instance, &a->conf, &x))
		a->conf = NULL;
	a->was_read = true;
	return a->conf;
}

void names_end(struct asked *a)
{
	if (a->conf)
		conf_free(a->conf);
	free(a->said);
}

static void offer_dir(struct asked *a, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			offer(a, entry->d_name);
	if (dir)
		closedir(dir);
}

/* Items of a list that begin with their name, but those that stand there already. */
static void offer_items(struct asked *a, const void *items, size_t n, size_t size)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = (const char *)items + i * size;
		bool there = false;

		for (int k = 0; k < a->n_args; k++)
			there |= !strcmp(a->args[k], name);
		if (!there)
			offer(a, name);
	}
}

#define OFFER(list, number) \
	if (running(a)) \
		offer_items(a, a->conf->list, a->conf->number, sizeof(*a->conf->list))

static void instances(struct asked *a) { offer_dir(a, "/run/sluice"); }
static void devices(struct asked *a) { offer_dir(a, "/sys/class/net"); }
static void attached(struct asked *a) { OFFER(interfaces, n_interfaces); }
static void sets(struct asked *a) { OFFER(sets, n_sets); }
static void pools(struct asked *a) { OFFER(pools, n_pools); }
static void services(struct asked *a) { OFFER(services, n_services); }
static void rules(struct asked *a) { OFFER(filter.rules, filter.n_rules); }
static void nothing(struct asked *a) { (void)a; }
static void files(struct asked *a) { (void)a; puts("/"); }

static void backends(struct asked *a)
{
	struct sl_pool_conf *pool = running(a) && a->n_args ? conf_pool_find(a->conf, a->args[0]) : NULL;
	char text[CONF_PREFIX_TEXT];

	for (size_t i = 0; pool && i < pool->n_backends; i++) {
		conf_address_text(&pool->backends[i].addr, text);
		offer_items(a, text, 1, sizeof(text));
	}
}

/* ---- rule add, rule move ---------------------------------------------------- */

static void offer_all(struct asked *a, const char *words)
{
	char copy[128], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strsep(&rest, " ")))
		offer(a, word);
}

static const char *last_arg(const struct asked *a)
{
	return a->n_args ? a->args[a->n_args - 1] : "";
}

static void places(struct asked *a)
{
	const char *before = last_arg(a);

	if (!strcmp(before, "before") || !strcmp(before, "after"))
		rules(a);
	else if (a->n_args == 1)
		offer_all(a, "at before after");
}

/* Keys whose values are a few words. */
static const struct { const char *key, *words; } values[] = {
	{ "action", "pass drop count redirect: cpu:" },
	{ "proto", "tcp udp icmp icmpv6 sctp gre esp ah" },
	{ "fragment", "no first later any" },
	{ "family", "4 6" },
	{ "per", "source destination rule" },
	{ "dry_run", "yes no" },
};

static void value_of(struct asked *a, const char *key)
{
	const char *comma = strrchr(a->last, ',');

	if (!strcmp(key, "before") || !strcmp(key, "after"))
		rules(a);
	if (comma)
		a->before = (int)(comma + 1 - a->last);
	if (!strcmp(key, "from") || !strcmp(key, "to"))
		sets(a);
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (!strcmp(key, values[i].key))
			offer_all(a, values[i].words);
}

static bool is_bare(const char *word)
{
	return !strcmp(word, "pass") || !strcmp(word, "drop") || !strcmp(word, "count") ||
	       !strncmp(word, "redirect:", 9) || !strncmp(word, "cpu:", 4);
}

/* Keys and values take turns; an action needs no key before it. */
static void rule_words(struct asked *a)
{
	const char *key = NULL;

	for (int i = 0; i < a->n_args; i++)
		key = key || is_bare(a->args[i]) ? NULL : a->args[i];
	if (key) {
		value_of(a, key);
		return;
	}
	for (size_t i = 0; i < schema_rule.n_keys; i++)
		if (schema_rule.keys[i].shape == KEY_VALUE)
			offer(a, schema_rule.keys[i].name);
	for (size_t i = 0; i < schema_rate.n_keys; i++)
		offer(a, schema_rate.keys[i].name);
	offer_all(a, "pass drop count at before after");
}

/* ---- by what stands in a row ------------------------------------------------ */

static const struct kind {
	const char *noun, *verb;	/* NULL: of all */
	const char *token;		/* NULL: whatever it is, also behind the last */
	void (*offer)(struct asked *a);
} kinds[] = {
	{ "rule", "add", NULL, rule_words },
	{ "rule", "move", "NAME", rules },
	{ "rule", "move", NULL, places },
	{ "rule", NULL, "NAME", rules },
	{ "set", NULL, "NAME", sets },
	{ "service", "add", "NAME", nothing },
	{ "service", NULL, "NAME", services },
	{ "backend", "add", "ADDR", nothing },
	{ NULL, NULL, "ADDR", backends },
	{ NULL, NULL, "POOL", pools },
	{ "detach", NULL, "IFACE", attached },
	{ NULL, NULL, "IFACE", devices },
	{ NULL, NULL, "INSTANCE", instances },
	{ NULL, NULL, "FILE", files },
};

static bool is_same(const char *want, const char *is)
{
	return !want || (is && !strcmp(want, is));
}

void offer_names(struct asked *a, const struct command *row, const char *token)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct kind *k = &kinds[i];

		if (!is_same(k->noun, row ? row->noun : NULL) || !is_same(k->verb, row ? row->verb : NULL) ||
		    (k->token && strncmp(token, k->token, strlen(k->token)) != 0))
			continue;
		k->offer(a);
		return;
	}
}
