// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Pools and their backends. */
#include <stdlib.h>
#include <string.h>

#include "balancer.h"

enum { WEIGHT_MAX = 1000, SLOTS_PER_BACKEND = 100 };

/* ---- backends --------------------------------------------------------- */

static const char *const states[] = {
	[SL_BACKEND_UP] = "up", [SL_BACKEND_DRAIN] = "drain",
	[SL_BACKEND_DISABLED] = "disabled", NULL,
};

static const struct sl_backend_conf backend_default = { .weight = 100 };

static const void *backend_defaults(const void *object)
{
	(void)object;
	return &backend_default;
}

#define BACKEND(member) FIELD(struct sl_backend_conf, member)

static const struct key backend_keys[] = {
	{ "address", .type = &type_address, BACKEND(addr), .required = true },
	{ "weight", .type = &type_number, BACKEND(weight), .high = WEIGHT_MAX },
	{ "state", .type = &type_choice, BACKEND(state), .words = states },
};

static const struct schema schema_backend = {
	.noun = "backend", KEYS(backend_keys),
	.size = sizeof(struct sl_backend_conf),
	.defaults = backend_defaults,
};

/* ---- values that only pools have -------------------------------------- */

static void read_slots(struct reader *r, const struct node *node,
		       const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	struct sl_pool_conf *pool = object;
	uint64_t slots;

	if (!text)
		return;
	if (number_read(text, key->low, key->high, &slots) &&
	    !(slots & (slots - 1)))
		pool->slots = (uint32_t)slots;
	else
		fault(r, node, "slots %.64s: expected a power of two, 64 to 16777216",
		      text);
}

static void write_slots(struct text *t, const struct key *key,
			const void *object)
{
	type_number.write(t, key, object);
}

static const struct type type_slots = { "a power of two", read_slots, write_slots };

static void read_next_hop(struct reader *r, const struct node *node,
			  const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	struct sl_pool_conf *pool = object;

	if (!text)
		return;
	if (!strcmp(text, "auto"))
		pool->next_hop = SL_NEXT_AUTO;
	else if (!strcmp(text, "fib"))
		pool->next_hop = SL_NEXT_FIB;
	else if (mac_read(text, pool->mac))
		pool->next_hop = SL_NEXT_MAC;
	else
		fault(r, node, "next_hop %.64s: expected auto, fib or a unicast MAC such as \"02:00:00:00:00:aa\"",
		      text);
}

static void write_next_hop(struct text *t, const struct key *key,
			   const void *object)
{
	const struct sl_pool_conf *pool = object;
	char mac[MAC_TEXT];

	(void)key;
	if (pool->next_hop == SL_NEXT_MAC)
		text_word(t, mac_text(pool->mac, mac));
	else
		text_add(t, pool->next_hop == SL_NEXT_FIB ? "fib" : "auto");
}

static const struct type type_next_hop = { "auto, fib or a MAC", read_next_hop, write_next_hop };

static bool has_family(const struct sl_pool_conf *pool, uint8_t family)
{
	size_t i;

	for (i = 0; i < pool->n_backends; i++)
		if (pool->backends[i].addr.family == family)
			return true;
	return !pool->n_backends;
}

static void read_source(struct reader *r, const struct node *node,
			const struct key *key, void *object)
{
	struct values v = read_values(r, node, key);
	struct sl_pool_conf *pool = object;
	const struct node *value;
	struct sl_prefix p, *to;
	struct sl_error x;

	while ((value = values_next(r, &v, key))) {
		if (conf_prefix(value->text, &p, &x)) {
			fault(r, value, "source %s", x.text);
			continue;
		}
		to = &pool->source[p.addr.family == 6];
		if (to->addr.family)
			fault(r, value, "source %.64s: a second IPv%u prefix: expected one of each family",
			      value->text, p.addr.family);
		*to = p;
	}
}

static void write_source(struct text *t, const struct key *key,
			 const void *object)
{
	const struct sl_pool_conf *pool = object;
	size_t i, done = 0, n = 0;
	char text[CONF_PREFIX_TEXT];

	(void)key;
	for (i = 0; i < 2; i++)
		n += pool->source[i].addr.family != 0;
	list_open(t, n);
	for (i = 0; i < 2; i++) {
		if (!pool->source[i].addr.family)
			continue;
		list_next(t, done++);
		text_word(t, conf_prefix_text(&pool->source[i], text));
	}
	list_close(t, n);
}

static const struct type type_source = { "an IPv4 or IPv6 prefix", read_source, write_source };

/* ---- pools ------------------------------------------------------------ */

static const struct sl_pool_conf pool_default = {
	.gue_port = SL_GUE_PORT, .slots = 16384, .settle_after_ms = 15 * 60 * 1000,
	.settle_max_ms = 60 * 60 * 1000, .udp_grace_ms = 120 * 1000,
};

static const void *pool_defaults(const void *object)
{
	(void)object;
	return &pool_default;
}

#define POOL(member) FIELD(struct sl_pool_conf, member)
#define TIME(member) \
	.type = &type_duration, POOL(member), .low = 1000, .high = 86400000

static const struct key gue_keys[] = {
	{ "port", .type = &type_number, POOL(gue_port), .low = 1, .high = 65535 },
};
static const struct schema schema_gue = {
	.noun = "gue", KEYS(gue_keys), .defaults = pool_defaults,
};

static const struct key timers_keys[] = {
	/* records tell 16 bits of their age, in units of about a second */
	{ "settle_after", .type = &type_duration, POOL(settle_after_ms),
	  .low = 1000, .high = 43200000 },
	{ "settle_max", TIME(settle_max_ms) },
	{ "udp_grace", TIME(udp_grace_ms) },
};
static const struct schema schema_timers = {
	.noun = "timers", KEYS(timers_keys), .defaults = pool_defaults,
};

static const struct key quic_keys[] = {
	{ "server_id_bytes", .type = &type_number, POOL(quic_server_id_bytes),
	  .high = 16 },
};
static const struct schema schema_quic = {
	.noun = "quic", KEYS(quic_keys), .defaults = pool_defaults,
};

static const char *const encaps[] = {
	[SL_ENCAP_IPIP] = "ipip", [SL_ENCAP_GUE] = "gue", [SL_ENCAP_L2] = "l2",
	NULL,
};
static const char *const hashes[] = {
	[SL_HASH_5TUPLE] = "5tuple", [SL_HASH_SOURCE] = "source", NULL,
};

const char *conf_encap_word(int encap)
{
	return encaps[encap];
}

const char *conf_hash_word(int hash)
{
	return hashes[hash];
}

static const char *const trackings[] = {
	[SL_TRACK_AUTO] = "auto", [SL_TRACK_ALWAYS] = "always",
	[SL_TRACK_OFF] = "off", NULL,
};
static const char *const move_keep[] = { "move", "keep", NULL };

static const struct key pool_keys[] = {
	{ "encap", .type = &type_choice, POOL(encap), .words = encaps },
	{ "gue", KEY_GROUP, .schema = &schema_gue },
	{ "hash", .type = &type_choice, POOL(hash), .words = hashes },
	{ "next_hop", .type = &type_next_hop, POOL(next_hop) },
	{ "slots", .type = &type_slots, POOL(slots), .low = 64, .high = 1 << 24 },
	{ "source", .type = &type_source, POOL(source), .quiet = true,
	  .not_empty = true },
	{ "tracking", .type = &type_choice, POOL(tracking), .words = trackings },
	{ "timers", KEY_GROUP, .schema = &schema_timers },
	{ "quic", KEY_GROUP, .schema = &schema_quic },
	{ "on_down", .type = &type_choice, POOL(on_down_keep), .words = move_keep },
	{ "panic", .type = &type_percent, POOL(panic_percent) },
	{ "backends", KEY_LIST, .schema = &schema_backend,
	  ARRAY(struct sl_pool_conf, backends, n_backends),
	  .most = SL_BACKENDS_MAX - 1 },
	{ "check", .type = &type_check, POOL(check) },
};

struct placed {
	const struct sl_address *addr;
	const struct node *node;
};

static int by_address(const void *one, const void *other)
{
	const struct placed *a = one, *b = other;
	int order = memcmp(a->addr, b->addr, sizeof(*a->addr));

	return order ? order : (a->addr > b->addr) - (a->addr < b->addr);
}

/* `list` has a node for each backend, in order. */
static void refuse_twice(struct reader *r, const struct node *list,
			 const struct sl_pool_conf *pool)
{
	struct placed *sorted = arena_array(r->scratch, pool->n_backends,
					    sizeof(*sorted));
	const struct node *node = list ? list->first : NULL;
	char text[CONF_PREFIX_TEXT];
	size_t i, n;

	if (!sorted)
		return;
	for (n = 0; node && n < pool->n_backends; n++, node = node->next)
		sorted[n] = (struct placed){ &pool->backends[n].addr, node };
	qsort(sorted, n, sizeof(*sorted), by_address);
	for (i = 1; i < n; i++)
		if (sorted[i].addr->family &&
		    !memcmp(sorted[i].addr, sorted[i - 1].addr,
			    sizeof(struct sl_address)))
			fault(r, sorted[i].node,
			      "address %s: given twice: the first is in line %u",
			      conf_address_text(sorted[i].addr, text),
			      sorted[i - 1].node->line);
}

/* Keys that say nothing about this encapsulation, or cannot be with it. */
static void check_encap(struct reader *r, const struct node *node, const struct sl_pool_conf *pool)
{
	const struct node *gue = node_get(node, "gue"), *source = node_get(node, "source");
	const struct node *hop = node_get(node, "next_hop");

	if (gue && pool->gue_port != SL_GUE_PORT && pool->encap != SL_ENCAP_GUE)
		caution(r, gue, "gue: not used: the pool's encap is not gue");
	if (pool->encap != SL_ENCAP_L2)
		return;
	if (source)
		caution(r, source, "source: not used: encap l2 has no outer header");
	if (hop && pool->next_hop == SL_NEXT_MAC && pool->n_backends > 1)
		fault(r, hop, "next_hop: one MAC for %zu backends, which encap l2 tells apart by their MACs: expected auto or fib",
		      pool->n_backends);
}

static void finish_pool(struct reader *r, const struct node *node, void *object)
{
	const struct sl_pool_conf *pool = object;
	const struct node *at = node_get(node, "slots");
	int i;

	refuse_twice(r, node_get(node, "backends"), pool);
	check_server_ids(r, node, pool);
	check_encap(r, node, pool);
	if (pool->n_backends > 1 &&
	    pool->slots < SLOTS_PER_BACKEND * pool->n_backends)
		caution(r, at ? at : node->key,
			"slots %u: uneven shares with %zu backends: expected at least %zu",
			pool->slots, pool->n_backends,
			SLOTS_PER_BACKEND * pool->n_backends);
	for (i = 0; i < 2; i++)
		if (pool->source[i].addr.family &&
		    !has_family(pool, pool->source[i].addr.family))
			caution(r, node_get(node, "source"),
				"source: an IPv%d prefix, but the pool has no IPv%d backend",
				i ? 6 : 4, i ? 6 : 4);
}

const struct schema schema_pool = {
	.noun = "pool", KEYS(pool_keys), .size = sizeof(struct sl_pool_conf),
	.block = true, .defaults = pool_defaults, .finish = finish_pool,
	.name_ok = name_ok, .name_expected = NAME_EXPECTED,
};
