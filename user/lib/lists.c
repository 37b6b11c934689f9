/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Gathers the prefixes of a configuration into numbered lists. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/grow.h>

#include "lists.h"

static int item_add(struct lists *l, const struct sl_prefix *p, uint16_t list, bool apart)
{
	struct image_item *item = sl_grown(l->item, l->n_items, &l->room, sizeof(*item), 64);

	if (!item)
		return -ENOMEM;
	l->item = item;
	item[l->n_items] = image_item(p, list);
	item[l->n_items++].apart = apart;
	return 0;
}

static void asks_for(struct lists *l, const struct sl_prefix *p, size_t n)
{
	for (size_t i = 0; i < n && !(l->v4 && l->v6); i++)
		*(p[i].addr.family == 4 ? &l->v4 : &l->v6) = true;
}

static int rule_item(struct lists *l, const struct sl_prefix *p, uint16_t list)
{
	asks_for(l, p, 1);
	return item_add(l, p, list, false);
}

static int items_add(struct lists *l, const struct sl_prefix *p, size_t n,
		     uint16_t list, bool apart)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = item_add(l, &p[i], list, apart);
	return err;
}

static int ask_all(struct lists *l, const struct sl_prefix *p, size_t n, uint16_t list)
{
	asks_for(l, p, n);
	return items_add(l, p, n, list, false);
}

static int address_add(struct lists *l, const struct sl_address *a,
		       uint16_t list)
{
	const struct sl_prefix host = {
		.addr = *a, .length = a->family == 4 ? 32 : 128,
	};

	return rule_item(l, &host, list);
}

static int new_list(struct lists *l, uint16_t *list, struct sl_error *x)
{
	if (l->n >= LISTS_MAX)
		return sl_fail(x, EINVAL,
			       "filter: more than %d lists of prefixes: put them into sets",
			       LISTS_MAX);
	*list = (uint16_t)l->n++;
	return 0;
}

static int term_add(struct terms *t, struct term term)
{
	struct term *grown = sl_grown(t->term, t->n, &t->room, sizeof(*grown), 16);

	if (!grown)
		return -ENOMEM;
	t->term = grown;
	grown[t->n++] = term;
	return 0;
}

/* Each set is a list, that of its number in the registry, though no rule may ask. */
static int add_sets(const struct compile_input *in, struct lists *l)
{
	size_t members = 64;
	int err = 0;

	for (size_t i = 0; i < in->conf->n_sets; i++)
		members += in->sets[i].n;
	l->item = calloc(members, sizeof(*l->item));
	if (!l->item)
		return -ENOMEM;
	l->room = members;
	l->n = SL_SETS_MAX;
	for (size_t i = 0; i < in->conf->n_sets && !err; i++) {
		l->of_set[i] = in->set_id ? in->set_id[i] : (uint16_t)i;
		err = items_add(l, in->sets[i].prefix, in->sets[i].n, l->of_set[i], in->sets[i].timed);
	}
	return err;
}

static int set_list(const struct compile_input *in, struct lists *l,
		    const char *name, uint16_t *list, struct sl_error *x)
{
	const struct sl_config *conf = in->conf;
	size_t i = 0;

	while (i < conf->n_sets && strcmp(conf->sets[i].name, name) != 0)
		i++;
	if (i == conf->n_sets)
		return sl_fail(x, EINVAL, "set %s: no such set", name);
	*list = l->of_set[i];
	if (conf->sets[i].kind == SL_SET_LIVE)
		l->v4 = l->v6 = true;	/* no new program for its first element */
	asks_for(l, in->sets[i].prefix, in->sets[i].n);
	return 0;
}

/* A rule's `from` or `to`. */
struct side {
	struct terms *terms;
	const struct sl_address_item *item;
	size_t n;
};

/* All plain prefixes of a side make one list. */
static int add_side(const struct compile_input *in, struct lists *l,
		    struct side side, uint8_t rule, struct sl_error *x)
{
	uint16_t plain = LIST_NONE;
	int err = 0;

	for (size_t i = 0; i < side.n && !err; i++) {
		const struct sl_address_item *a = &side.item[i];
		struct term term = { .rule = rule, .negated = a->negated };
		bool again = !a->set[0] && !a->negated && plain != LIST_NONE;

		if (a->set[0])
			err = set_list(in, l, a->set, &term.list, x);
		else if (again)
			term.list = plain;
		else
			err = new_list(l, &term.list, x);
		if (!err && !a->set[0])
			err = rule_item(l, &a->prefix, term.list);
		if (!a->set[0] && !a->negated)
			plain = term.list;
		if (!err && !again)
			err = term_add(side.terms, term);
	}
	return err;
}

static int add_rules(const struct compile_input *in, struct lists *l,
		     struct sl_error *x)
{
	const struct sl_filter_conf *f = &in->conf->filter;
	int err = 0;

	l->n_rules = f->n_rules;
	for (size_t i = 0; i < f->n_rules && !err; i++) {
		const struct sl_rule_conf *r = &f->rules[i];

		err = add_side(in, l, (struct side){ &l->from, r->from, r->n_from },
			       (uint8_t)i, x);
		if (!err)
			err = add_side(in, l, (struct side){ &l->to, r->to, r->n_to },
				       (uint8_t)i, x);
	}
	return err;
}

/* Ports to manage but no sources: everybody may. */
static int add_management(const struct sl_filter_conf *f, struct lists *l,
			  struct sl_error *x)
{
	static const struct sl_prefix everybody[2] = {
		{ .addr.family = 4 }, { .addr.family = 6 },
	};
	bool from = f->n_management;
	int err;

	if (!f->management_tcp.n && !f->management_udp.n)
		return 0;
	err = new_list(l, &l->management, x);
	return err ? err :
		     ask_all(l, from ? f->management : everybody,
			       from ? f->n_management : 2, l->management);
}

static int add_decap(const struct sl_config *c, struct lists *l,
		     struct sl_error *x)
{
	int err;

	if (!c->n_decap)
		return 0;
	err = new_list(l, &l->decap, x);
	for (size_t i = 0; i < c->n_decap && !err; i++)
		err = address_add(l, &c->decap[i], l->decap);
	if (!err)
		err = new_list(l, &l->trusted, x);
	return err ? err : ask_all(l, c->decap_from, c->n_decap_from, l->trusted);
}

static int by_address(const void *left, const void *right)
{
	const struct sl_address *a = left, *b = right;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->octet, b->octet, sizeof(a->octet));
}

/* The service addresses, sorted, each once. */
static int gather_vips(const struct sl_config *c, struct lists *l)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < c->n_services; i++)
		n += c->services[i].n_addresses;
	l->vip = calloc(n + 1, sizeof(*l->vip));
	if (!l->vip)
		return -ENOMEM;
	n = 0;
	for (size_t i = 0; i < c->n_services; i++)
		for (size_t j = 0; j < c->services[i].n_addresses; j++)
			l->vip[n++] = c->services[i].addresses[j];
	qsort(l->vip, n, sizeof(*l->vip), by_address);
	for (size_t i = 0; i < n; i++)
		if (!kept || by_address(&l->vip[kept - 1], &l->vip[i]) != 0)
			l->vip[kept++] = l->vip[i];
	l->n_vips = kept;
	return 0;
}

static int add_vips(const struct compile_input *in, struct lists *l,
		    struct sl_error *x)
{
	int err = gather_vips(in->conf, l);
	uint16_t list = LIST_NONE;

	l->first_vip = (uint16_t)l->n;
	for (size_t i = 0; i < l->n_vips && !err; i++) {
		err = new_list(l, &list, x);
		if (!err)
			err = address_add(l, &l->vip[i], list);
	}
	return err;
}

int lists_make(const struct compile_input *in, struct lists *l,
	       struct sl_error *x)
{
	size_t n = in->conf->n_sets;
	int err;

	*l = (struct lists){
		.management = LIST_NONE, .trusted = LIST_NONE, .decap = LIST_NONE,
	};
	l->of_set = calloc(n + 1, sizeof(*l->of_set));
	if (!l->of_set)
		return -ENOMEM;
	err = add_sets(in, l);
	if (!err)
		err = add_rules(in, l, x);
	if (!err)
		err = add_management(&in->conf->filter, l, x);
	if (!err)
		err = add_decap(in->conf, l, x);
	return err ? err : add_vips(in, l, x);
}

void lists_free(struct lists *l)
{
	free(l->item);
	free(l->from.term);
	free(l->to.term);
	free(l->vip);
	free(l->of_set);
	*l = (struct lists){ 0 };
}

uint32_t lists_vip(const struct lists *l, const struct sl_address *addr)
{
	const struct sl_address *found =
		bsearch(addr, l->vip, l->n_vips, sizeof(*addr), by_address);

	return found ? (uint32_t)(found - l->vip) + 1 : 0;
}
