// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a rule does: its action with a target, and whether it samples. */
#include <stdio.h>
#include <string.h>

#include "balancer.h"
#include "filter.h"

enum { CPU_LAST = 4095 };

static const char *const actions[] = {
	[SL_DO_PASS] = "pass", [SL_DO_DROP] = "drop", [SL_DO_COUNT] = "count",
	[SL_DO_REDIRECT] = "redirect:", [SL_DO_CPU] = "cpu:",
};

/* "3" or "0-3", up to a comma; moves *text behind it. */
static bool cpu_range_read(const char **text, struct sl_range *range)
{
	uint64_t low = 0, high = 0;
	char first[8], last[8];
	size_t n = strspn(*text, "0123456789");

	if (n >= sizeof(first))
		return false;
	snprintf(first, sizeof(first), "%.*s", (int)n, *text);
	*text += n;
	snprintf(last, sizeof(last), "%s", first);
	if (**text == '-') {
		n = strspn(++*text, "0123456789");
		if (n >= sizeof(last))
			return false;
		snprintf(last, sizeof(last), "%.*s", (int)n, *text);
		*text += n;
	}
	if (!number_read(first, 0, CPU_LAST, &low) ||
	    !number_read(last, 0, CPU_LAST, &high) || low > high)
		return false;
	*range = (struct sl_range){ false, (uint32_t)low, (uint32_t)high };
	return true;
}

static bool cpus_read(struct reader *r, const char *text,
		      struct sl_ranges *cpus)
{
	size_t most = 1;

	for (const char *c = text; *c; c++)
		most += *c == ',';
	cpus->item = arena_array(r->conf->arena, most, sizeof(*cpus->item));
	cpus->n = 0;
	while (cpus->item) {
		if (!cpu_range_read(&text, &cpus->item[cpus->n++]))
			return false;
		if (!*text)
			return true;
		if (*text++ != ',')
			return false;
	}
	return true; /* no memory: said elsewhere */
}

static void read_target(struct reader *r, const struct node *node,
			struct sl_rule_conf *rule, const char *target)
{
	rule->target = arena_copy(r->conf->arena, target, strlen(target));
	if (rule->action == SL_DO_REDIRECT && !interface_name_ok(target))
		fault(r, node, "action redirect:%.64s: expected the name of an interface",
		      target);
	if (rule->action == SL_DO_CPU && !cpus_read(r, target, &rule->cpus))
		fault(r, node, "action cpu:%.64s: expected CPUs such as 0-3,6",
		      target);
}

static void read_action(struct reader *r, const struct node *node,
			const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	struct sl_rule_conf *rule = object;
	size_t i, n;

	if (!text)
		return;
	for (i = 0; i <= SL_DO_CPU; i++) {
		n = strlen(actions[i]);
		if (strncmp(text, actions[i], n) || (i < SL_DO_REDIRECT && text[n]))
			continue;
		rule->action = (enum sl_conf_action)i;
		if (i >= SL_DO_REDIRECT)
			read_target(r, node, rule, text + n);
		return;
	}
	fault(r, node, "action %.64s: expected pass, drop, count, redirect:IFACE or cpu:LIST",
	      text);
}

static void write_action(struct text *t, const struct key *key,
			 const void *object)
{
	const struct sl_rule_conf *rule = object;
	struct text word = { 0 };

	(void)key;
	text_add(&word, "%s%s", actions[rule->action],
		 rule->target ? rule->target : "");
	text_word(t, text_of(&word));
	text_free(&word);
}

const struct type type_action = { "pass, drop, count, redirect:IFACE or cpu:LIST", read_action, write_action };

/* ---- sample: one packet of so many ------------------------------------ */

static void read_sample(struct reader *r, const struct node *node,
			const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	uint64_t number;

	if (!text)
		return;
	if (!strncmp(text, "1/", 2) &&
	    number_read(text + 2, key->low, key->high, &number))
		number_store(field_of(object, key), key->size, number);
	else
		fault(r, node, "sample %.64s: expected such as 1/1000", text);
}

static void write_sample(struct text *t, const struct key *key,
			 const void *object)
{
	uint64_t number = number_load(field_of(object, key), key->size);

	if (number)
		text_add(t, "1/%llu", (unsigned long long)number);
}

const struct type type_sample = { "a share such as 1/1000", read_sample, write_sample };
