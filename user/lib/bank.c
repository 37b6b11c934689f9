/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What was compiled, and the maps that hold it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backends.h"
#include "bank.h"
#include "frontends.h"
#include "records.h"
#include "rules.h"
#include "truth.h"

static uint32_t map_units(const struct maps *m, enum map_id id, size_t unit)
{
	return (uint32_t)(m->map[id].stride / unit);
}

/* ---- frontends: their bucket depends on the size of the map ------------ */

static void frontends_put(struct sl_frontend *table, uint32_t buckets,
			  const struct sl_frontend *from, uint32_t from_buckets)
{
	memset(table, 0, (size_t)buckets * SL_FRONTEND_WAYS * sizeof(*table));
	frontends_spread(from, from_buckets, table, buckets);
}

static uint32_t frontends_room(const struct maps *m)
{
	return map_units(m, MAP_FRONTENDS, sizeof(struct sl_frontend));
}

static bool frontends_equal(const struct maps *m, uint32_t bank,
			    const struct compiled *c)
{
	uint32_t room = frontends_room(m);
	struct sl_frontend *want = calloc(room, sizeof(*want));
	bool equal = false;

	if (want) {
		frontends_put(want, room / SL_FRONTEND_WAYS, c->frontends,
			      c->buckets);
		equal = !memcmp(want, map_at(m, MAP_FRONTENDS, bank),
				room * sizeof(*want));
	}
	free(want);
	return equal;
}

/* Others tell an address, or a server: they lead to no slots. */
static bool leads_to_slots(const struct sl_frontend *f)
{
	return f->key && f->key >> 62 == 0;
}

bool bank_reads(const struct maps *m, uint32_t bank, uint32_t slot_base)
{
	const struct sl_frontend *f = map_at(m, MAP_FRONTENDS, bank);

	for (uint32_t i = 0; i < frontends_room(m); i++)
		if (leads_to_slots(&f[i]) && f[i].slot_base == slot_base)
			return true;
	return false;
}

/* ---- a bank ----------------------------------------------------------- */

static void backends_write(const struct maps *m, uint32_t bank,
			   const struct compiled *c,
			   const struct sl_registry *running)
{
	const struct sl_backend *before = map_at(m, MAP_BACKENDS, !bank);
	struct sl_backend *to = map_at(m, MAP_BACKENDS, bank);
	uint32_t room = map_units(m, MAP_BACKENDS, sizeof(*to));

	for (uint32_t id = 0; id < room; id++) {
		const struct sl_registry_backend *r =
			id < SL_BACKENDS_MAX ? &running->backend[id] : NULL;

		if (id < c->n_backends && c->backends[id].family)
			to[id] = c->backends[id];
		else if (r && r->pool)
			to[id] = before[id];
		else
			to[id] = (struct sl_backend){ 0 };
		if (r && r->pool && r->dead)
			to[id].flags &= (uint8_t)~SL_BACKEND_ALIVE;
	}
}

int bank_write(const struct maps *m, uint32_t bank, const struct compiled *c,
	       const struct sl_registry *running, struct sl_error *x)
{
	void *members = map_half(m, MAP_MEMBERS, bank, x);
	int err = -ENOMEM;

	if (members)
		err = map_write(m, MAP_IMAGES, bank, c->image, (size_t)c->image_used * 4, x);
	if (err)
		return err;
	memcpy(map_at(m, MAP_BANKS, bank), c->bank, sizeof(*c->bank));
	memcpy(map_at(m, MAP_CLASSES, bank), c->classes,
	       c->n_classes * sizeof(*c->classes));
	truth_write(members, c->lists->item, c->lists->n_items, c->of_lists, c->image_used);
	frontends_put(map_at(m, MAP_FRONTENDS, bank),
		      frontends_room(m) / SL_FRONTEND_WAYS, c->frontends,
		      c->buckets);
	backends_write(m, bank, c, running);
	return 0;
}

/* Octets that count of a half of `members`. */
static size_t members_size(const struct sl_members *head)
{
	return sizeof(*head) + head->n4 * sizeof(struct sl_member4) +
	       head->n6 * sizeof(struct sl_member6) + head->class_words * sizeof(__u16);
}

int bank_copy(const struct maps *m, uint32_t from, struct sl_error *x)
{
	static const enum map_id plain[] = { MAP_BANKS, MAP_CLASSES, MAP_FRONTENDS, MAP_BACKENDS };
	const uint32_t *image = map_half(m, MAP_IMAGES, from, x);
	struct sl_members *has = image ? map_half(m, MAP_MEMBERS, from, x) : NULL;
	struct sl_members *to = has ? map_half(m, MAP_MEMBERS, !from, x) : NULL;
	int err = -ENOMEM;

	if (to)
		err = map_write(m, MAP_IMAGES, !from, image, (size_t)has->image_used * 4, x);
	if (err)
		return err;
	__atomic_store_n(&to->made, UINT32_MAX, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(to, has, members_size(has));
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		memcpy(map_at(m, plain[i], !from), map_at(m, plain[i], from), m->map[plain[i]].stride);
	return 0;
}

static bool backends_equal(const struct maps *m, uint32_t bank,
			   const struct compiled *c)
{
	const struct sl_backend *has = map_at(m, MAP_BACKENDS, bank);
	uint32_t room = map_units(m, MAP_BACKENDS, sizeof(*has));

	for (uint32_t id = 0; id < c->n_backends; id++) {
		struct sl_backend want = c->backends[id];

		if (!want.family)
			continue;
		if (id >= room)
			return false;
		backend_die_with(&want, &has[id]);
		if (memcmp(&has[id], &want, sizeof(want)) != 0)
			return false;
	}
	return true;
}

static bool tables_equal(const struct maps *m, uint32_t bank,
			 const struct compiled *c)
{
	struct sl_bank *has = map_at(m, MAP_BANKS, bank);
	size_t from = offsetof(struct sl_bank, digest),
	       to = from + sizeof(has->digest);

	return !memcmp(has, c->bank, from) &&
	       !memcmp((char *)has + to, (char *)c->bank + to,
		       sizeof(*has) - to);
}

/* The same prefixes in the same lists. */
static bool prefixes_equal(const struct truth *t, const struct lists *l)
{
	struct truth_place at = { 0, 0 };
	struct image_item i;
	size_t n = 0;

	while (truth_next(t, &at, &i))
		if (n == l->n_items || image_order(&i, &l->item[n++]))
			return false;
	return n == l->n_items;
}

/* What addresses are: classes may have other numbers than if built anew. */
static bool rows_equal(const struct maps *m, uint32_t bank, const struct truth *t,
		       const struct lists *l)
{
	const struct sl_class *has = map_at(m, MAP_CLASSES, bank);
	struct classes *classes;
	struct sl_class *want;
	bool equal;
	uint32_t n;

	if (truth_classes(t, SL_CLASSES_MAX - 1, &classes))
		return false;
	n = classes_count(classes);
	want = calloc(n, sizeof(*want));
	equal = n <= map_units(m, MAP_CLASSES, sizeof(*has)) && want &&
		!rows_fill(l, classes, 0, want) &&
		!memcmp(has, want, n * sizeof(*want));
	free(want);
	classes_free(classes);
	return equal;
}

static bool addresses_equal(const struct maps *m, uint32_t bank, uint32_t serial,
			    const struct compiled *c)
{
	struct sl_members *head = map_half(m, MAP_MEMBERS, bank, NULL);
	struct truth t;
	bool equal;

	if (!head || head->shown != serial ||
	    truth_open(&t, head, m->map[MAP_MEMBERS].stride, serial))
		return false;
	equal = prefixes_equal(&t, c->lists) && rows_equal(m, bank, &t, c->lists);
	truth_close(&t);
	return equal;
}

bool bank_equals(const struct maps *m, uint32_t bank, uint32_t serial,
		 const struct compiled *c)
{
	if (c->buckets > frontends_room(m) / SL_FRONTEND_WAYS)
		return false;
	return tables_equal(m, bank, c) && frontends_equal(m, bank, c) &&
	       backends_equal(m, bank, c) && addresses_equal(m, bank, serial, c);
}

/* Packets of two programs write them, each its own: the later time holds. */
static void follow_later(const struct maps *to, const struct maps *from)
{
	uint32_t *has = map_at(to, MAP_FOLLOWED, 0);
	const uint32_t *other = map_at(from, MAP_FOLLOWED, 0);

	for (uint32_t id = 0; id < map_units(from, MAP_FOLLOWED, sizeof(*has)); id++)
		if ((int32_t)(other[id] - has[id]) > 0)
			has[id] = other[id];
}

void bank_follow(const struct maps *to, const struct maps *from)
{
	if (to->map[MAP_RECORDS].id != from->map[MAP_RECORDS].id)
		records_merge(to, from);
	if (to->map[MAP_FOLLOWED].id != from->map[MAP_FOLLOWED].id)
		follow_later(to, from);
}

int bank_move(const struct maps *to, const struct maps *from, uint32_t bank,
	      struct sl_error *x)
{
	static const enum map_id large[] = { MAP_IMAGES, MAP_MEMBERS };
	static const struct {
		enum map_id map;
		uint32_t at;
	} plain[] = {
		{ MAP_CLASSES, 1 },
		{ MAP_BACKENDS, 1 },
		{ MAP_SLOTS, 0 },
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(large) / sizeof(*large) && !err; i++)
		if (to->map[large[i]].id != from->map[large[i]].id)
			err = map_move(to, from, large[i], bank, x);
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain) && !err; i++) {
		enum map_id id = plain[i].map;
		uint32_t at = plain[i].at ? bank : 0;

		if (to->map[id].id != from->map[id].id)
			memcpy(map_at(to, id, at), map_at(from, id, at),
			       from->map[id].stride);
	}
	if (!err && to->map[MAP_FRONTENDS].id != from->map[MAP_FRONTENDS].id)
		frontends_put(map_at(to, MAP_FRONTENDS, bank),
			      frontends_room(to) / SL_FRONTEND_WAYS,
			      map_at(from, MAP_FRONTENDS, bank),
			      frontends_room(from) / SL_FRONTEND_WAYS);
	return err;
}

__u64 bank_needs(const struct maps *m, uint32_t bank, uint32_t id)
{
	const struct sl_backend *b = map_at(m, MAP_BACKENDS, bank);

	if (id >= map_units(m, MAP_BACKENDS, sizeof(*b)) || !b[id].family)
		return 0;
	return backend_needs(&b[id]);
}

int bank_hop(const struct maps *m, uint32_t bank, uint16_t id, struct hop *out)
{
	const struct sl_backend *b = map_at(m, MAP_BACKENDS, bank);

	if (id >= map_units(m, MAP_BACKENDS, sizeof(*b)) || !b[id].family)
		return -ENOENT;
	b += id;
	*out = (struct hop){ .kind = b->hop,
			     .ifindex = b->ifindex,
			     .mtu = b->mtu,
			     .source.family = b->family };
	memcpy(out->dst_mac, b->dst_mac, 6);
	memcpy(out->src_mac, b->src_mac, 6);
	if (b->family == SL_BACKEND_IPV4)
		memcpy(out->source.octet, &b->src[3], 4);
	else
		memcpy(out->source.octet, b->src, 16);
	return 0;
}
