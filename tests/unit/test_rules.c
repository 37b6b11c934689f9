/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules' bit vectors against a slow and obvious matcher. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random.h"
#include "user/lib/image.h"
#include "user/lib/rules.h"

enum { SETS = 3, PREFIXES = 6, ITEMS = 4, WORLDS = 400, PACKETS = 600 };

/* A configuration with everything that it points to. */
struct world {
	struct sl_config conf;
	struct sl_set_conf set[SETS];
	struct sl_prefix prefix[SETS][PREFIXES];
	struct compile_set elements[SETS];
	struct sl_rule_conf rule[SL_RULES_MAX];
	uint16_t counter[SL_RULES_MAX];
	struct sl_address_item item[2][SL_RULES_MAX][ITEMS];
	struct sl_range range[5][SL_RULES_MAX][ITEMS];
	struct sl_flags flags[SL_RULES_MAX][ITEMS];
};

/* What a parser would find in a packet. */
struct fields {
	struct sl_address from, to;
	uint8_t proto, flags, type;
	uint16_t sport, dport, vlan;
	enum sl_fragment fragment;
};

static struct world world;

/* ---- something random, from few values, so that much of it matches ---- */

static struct sl_address some_address(struct rnd *r)
{
	struct sl_address a = { .family = rnd_one_in(r, 2) ? 4 : 6 };

	a.octet[0] = a.family == 4 ? 10 : 0x20;
	a.octet[1] = (uint8_t)rnd_below(r, 2);
	a.octet[3] = (uint8_t)rnd_below(r, 4);
	return a;
}

static struct sl_prefix some_prefix(struct rnd *r)
{
	static const uint8_t lengths[] = { 0, 8, 15, 16, 30, 31, 32 };
	struct sl_prefix p = { .addr = some_address(r) };

	p.length = lengths[rnd_below(r, sizeof(lengths))];
	for (unsigned bit = p.length; bit < 128; bit++)
		p.addr.octet[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
	return p;
}

static uint32_t some_port(struct rnd *r)
{
	static const uint32_t ports[] = { 0, 1, 22, 80, 443, 8000, 8005, 65535 };

	return ports[rnd_below(r, sizeof(ports) / sizeof(*ports))];
}

static uint32_t some_proto(struct rnd *r)
{
	static const uint8_t protos[] = {
		IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP,
		IPPROTO_ICMPV6, IPPROTO_SCTP, 47,
	};

	return protos[rnd_below(r, sizeof(protos))];
}

static uint32_t some_type(struct rnd *r)
{
	return rnd_below(r, 4) * 85;	/* 0 to 255 */
}

static uint32_t some_vlan(struct rnd *r)
{
	return rnd_below(r, 3) * 2047;	/* 0 to 4094 */
}

static void some_ranges(struct rnd *r, uint32_t (*value)(struct rnd *),
			struct sl_range *item, struct sl_ranges *out)
{
	*out = (struct sl_ranges){ item, 0 };
	if (!rnd_one_in(r, 3))
		return;
	out->n = 1 + rnd_below(r, ITEMS);
	for (size_t i = 0; i < out->n; i++) {
		uint32_t low = value(r), high = rnd_one_in(r, 2) ? low : value(r);

		item[i].low = low < high ? low : high;
		item[i].high = low < high ? high : low;
		item[i].negated = rnd_one_in(r, 4);
	}
}

static void some_side(struct rnd *r, struct sl_address_item *item,
		      struct sl_address_item **out, size_t *n)
{
	*out = item;
	*n = rnd_one_in(r, 2) ? 0 : 1 + rnd_below(r, ITEMS);
	for (size_t i = 0; i < *n; i++) {
		item[i] = (struct sl_address_item){
			.negated = rnd_one_in(r, 4), .prefix = some_prefix(r),
		};
		if (rnd_one_in(r, 2))
			memcpy(item[i].set, world.set[rnd_below(r, SETS)].name, SL_NAME_LEN);
	}
}

static void some_rule(struct rnd *r, size_t i)
{
	struct sl_rule_conf *rule = &world.rule[i];

	memset(rule, 0, sizeof(*rule));
	snprintf(rule->name, sizeof(rule->name), "r%zu", i);
	some_side(r, world.item[0][i], &rule->from, &rule->n_from);
	some_side(r, world.item[1][i], &rule->to, &rule->n_to);
	some_ranges(r, some_proto, world.range[0][i], &rule->proto);
	some_ranges(r, some_port, world.range[1][i], &rule->sport);
	some_ranges(r, some_port, world.range[2][i], &rule->dport);
	some_ranges(r, some_vlan, world.range[3][i], &rule->vlan);
	if (rnd_one_in(r, 4))
		some_ranges(r, some_type, world.range[4][i], &rule->icmp_type);
	rule->flags = world.flags[i];
	rule->n_flags = rnd_one_in(r, 4) ? 1 + rnd_below(r, ITEMS) : 0;
	for (size_t j = 0; j < rule->n_flags; j++) {
		uint8_t mask = (uint8_t)rnd_below(r, 256);

		rule->flags[j] = (struct sl_flags){
			rnd_one_in(r, 4), (uint8_t)(rnd64(r) & mask), mask,
		};
	}
	rule->fragment = (uint8_t)(rnd_one_in(r, 4) ? rnd_below(r, 8) : 0);
	rule->family = (uint8_t)(rnd_one_in(r, 4) ? 4 + 2 * rnd_below(r, 2) : 0);
	rule->action = (enum sl_conf_action)rnd_below(r, 3);
	world.counter[i] = (uint16_t)(i * 7 % SL_RULES_MAX);
}

static void some_world(struct rnd *r)
{
	struct sl_config *c = &world.conf;

	memset(c, 0, sizeof(*c));
	c->limits.classes = 65535;
	c->sets = world.set;
	c->n_sets = SETS;
	for (size_t i = 0; i < SETS; i++) {
		snprintf(world.set[i].name, SL_NAME_LEN, "set%zu", i);
		world.elements[i].prefix = world.prefix[i];
		world.elements[i].n = rnd_below(r, PREFIXES + 1);
		for (size_t j = 0; j < PREFIXES; j++)
			world.prefix[i][j] = some_prefix(r);
	}
	c->filter.rules = world.rule;
	c->filter.n_rules = rnd_one_in(r, 8) ? SL_RULES_MAX : rnd_below(r, 80);
	for (size_t i = 0; i < c->filter.n_rules; i++)
		some_rule(r, i);
}

static struct fields some_packet(struct rnd *r)
{
	struct fields p = {
		.from = some_address(r),
		.proto = (uint8_t)some_proto(r),
		.flags = (uint8_t)rnd_below(r, 256),
		.type = (uint8_t)some_type(r),
		.sport = (uint16_t)some_port(r),
		.dport = (uint16_t)some_port(r),
		.vlan = (uint16_t)some_vlan(r),
		.fragment = (enum sl_fragment)(rnd_one_in(r, 3) ? rnd_below(r, 3) : 0),
	};

	do
		p.to = some_address(r);
	while (p.to.family != p.from.family);
	return p;
}

/* ---- the obvious matcher ---------------------------------------------- */

static bool in_prefix(const struct sl_prefix *p, const struct sl_address *a)
{
	if (p->addr.family != a->family)
		return false;
	for (unsigned bit = 0; bit < p->length; bit++)
		if ((p->addr.octet[bit / 8] ^ a->octet[bit / 8]) & (0x80 >> bit % 8))
			return false;
	return true;
}

static bool in_set(const char *name, const struct sl_address *a)
{
	for (size_t i = 0; i < SETS; i++)
		for (size_t j = 0; j < world.elements[i].n; j++)
			if (!strcmp(world.set[i].name, name) &&
			    in_prefix(&world.prefix[i][j], a))
				return true;
	return false;
}

static bool side_matches(const struct sl_address_item *item, size_t n,
			 const struct sl_address *a)
{
	for (size_t i = 0; i < n; i++) {
		bool in = item[i].set[0] ? in_set(item[i].set, a) :
					   in_prefix(&item[i].prefix, a);

		if (in != item[i].negated)
			return true;
	}
	return n == 0;
}

static bool number_matches(const struct sl_ranges *r, uint32_t value)
{
	for (size_t i = 0; i < r->n; i++) {
		bool in = r->item[i].low <= value && value <= r->item[i].high;

		if (in != r->item[i].negated)
			return true;
	}
	return r->n == 0;
}

static bool flags_match(const struct sl_rule_conf *r, uint8_t flags)
{
	for (size_t i = 0; i < r->n_flags; i++) {
		bool in = (flags & r->flags[i].mask) == r->flags[i].set;

		if (in != r->flags[i].negated)
			return true;
	}
	return r->n_flags == 0;
}

static bool icmp(const struct fields *p)
{
	return p->proto == (p->from.family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

static bool transport_matches(const struct sl_rule_conf *r, const struct fields *p)
{
	bool ports = p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP ||
		     p->proto == IPPROTO_SCTP;
	bool readable = p->fragment != SL_FRAG_LATER;

	if (r->sport.n && !(readable && ports && number_matches(&r->sport, p->sport)))
		return false;
	if (r->dport.n && !(readable && ports && number_matches(&r->dport, p->dport)))
		return false;
	if (r->n_flags && !(readable && p->proto == IPPROTO_TCP && flags_match(r, p->flags)))
		return false;
	return !r->icmp_type.n ||
	       (readable && icmp(p) && number_matches(&r->icmp_type, p->type));
}

static bool rule_matches(const struct sl_rule_conf *r, const struct fields *p)
{
	static const unsigned match[] = { SL_MATCH_NO, SL_MATCH_FIRST, SL_MATCH_LATER };

	return side_matches(r->from, r->n_from, &p->from) &&
	       side_matches(r->to, r->n_to, &p->to) &&
	       number_matches(&r->proto, p->proto) &&
	       number_matches(&r->vlan, p->vlan) && transport_matches(r, p) &&
	       (!r->fragment || r->fragment & match[p->fragment]) &&
	       (!r->family || r->family == p->from.family);
}

/* ---- what a program would read ---------------------------------------- */

static void and(struct sl_rule_set *all, const struct sl_rule_set *one)
{
	for (int i = 0; i < SL_RULE_WORDS; i++)
		all->word[i] &= one->word[i];
}

static unsigned type_row(const struct fields *p)
{
	if (p->fragment == SL_FRAG_LATER)
		return 0;
	if (p->proto == IPPROTO_TCP)
		return p->flags;
	return icmp(p) ? 256u + p->type : 0;
}

static struct sl_rule_set vectors(const struct compiled *c, const struct fields *p)
{
	const struct sl_bank *b = c->bank;
	uint16_t from = image_lookup(c->image, c->image_words, &p->from);
	uint16_t to = image_lookup(c->image, c->image_words, &p->to);
	bool later = p->fragment == SL_FRAG_LATER;
	unsigned kind = p->proto | (unsigned)p->fragment << 8 |
			(unsigned)(p->from.family == 6) << 10;
	struct sl_rule_set all = b->rules;

	and(&all, &c->classes[from].from);
	and(&all, &c->classes[to].to);
	and(&all, &b->kind[kind]);
	and(&all, &b->sport[b->sport_row[later ? 0 : htons(p->sport)]]);
	and(&all, &b->dport[b->dport_row[later ? 0 : htons(p->dport)]]);
	and(&all, &b->vlan[b->vlan_row[p->vlan]]);
	and(&all, &b->type[type_row(p)]);
	return all;
}

static struct compiled *compiled(void)
{
	const struct compile_input in = {
		.conf = &world.conf, .sets = world.elements,
		.rule_counter = world.counter, .slots = 64,
	};
	struct sl_error x = { "" };
	struct compiled *c = NULL;

	if (compile_bank(&in, &c, &x))
		fail_msg("%s", x.text);
	return c;
}

/* ---- promises --------------------------------------------------------- */

static size_t check_packet(const struct compiled *c, const struct fields *p)
{
	struct sl_rule_set got = vectors(c, p);
	size_t matches = 0;

	for (size_t i = 0; i < SL_RULES_MAX; i++) {
		bool want = i < world.conf.filter.n_rules &&
			    rule_matches(&world.rule[i], p);

		if (want != rule_has(&got, i))
			fail_msg("rule %zu: wanted %d, proto %d", i, want, p->proto);
		matches += want;
	}
	return matches;
}

static void vectors_agree_with_the_obvious_matcher(void **state)
{
	struct rnd r = rnd_start();
	size_t matches = 0;

	(void)state;
	for (int w = 0; w < WORLDS; w++) {
		struct compiled *c;

		some_world(&r);
		c = compiled();
		for (int i = 0; i < PACKETS; i++) {
			struct fields p = some_packet(&r);

			matches += check_packet(c, &p);
		}
		compiled_free(c);
	}
	print_message("# %d packets, %zu matches\n", WORLDS * PACKETS, matches);
	assert_true(matches > WORLDS * PACKETS);
}

static void actions_and_counters_stand_by_the_rule(void **state)
{
	struct rnd r = rnd_start();
	struct compiled *c;

	(void)state;
	some_world(&r);
	c = compiled();
	for (size_t i = 0; i < SL_RULES_MAX; i++) {
		bool exists = i < world.conf.filter.n_rules;
		bool counts = exists && world.rule[i].action == SL_DO_COUNT;

		assert_int_equal(rule_has(&c->bank->rules, i), exists);
		assert_int_equal(rule_has(&c->bank->verdicts, i), exists && !counts);
		if (exists)
			assert_int_equal(c->bank->rule[i].counter, world.counter[i]);
	}
	compiled_free(c);
}

static bool all_ones(const struct sl_rule_set *s)
{
	for (int i = 0; i < SL_RULE_WORDS; i++)
		if (~s->word[i])
			return false;
	return true;
}

static void unused_dimensions_are_all_ones(void **state)
{
	struct compiled *c;

	(void)state;
	memset(&world, 0, sizeof(world));
	world.conf.filter.rules = world.rule;
	world.conf.filter.n_rules = 3;
	c = compiled();
	for (size_t i = 0; i < SL_KIND_ROWS; i++)
		assert_true(all_ones(&c->bank->kind[i]));
	for (size_t i = 0; i < SL_TYPE_ROWS; i++)
		assert_true(all_ones(&c->bank->type[i]));
	for (size_t i = 0; i < 65536; i++)
		assert_true(!c->bank->sport_row[i] && !c->bank->dport_row[i]);
	assert_true(all_ones(&c->bank->sport[0]) && all_ones(&c->bank->dport[0]));
	assert_true(all_ones(&c->bank->vlan[0]) && !c->bank->vlan_row[666]);
	assert_int_equal(c->classes[0].from.word[0], 7);
	assert_int_equal(c->classes[0].to.word[0], 7);
	for (size_t w = 1; w < SL_RULE_WORDS; w++)
		assert_true(!c->classes[0].from.word[w] && !c->classes[0].to.word[w]);
	assert_int_equal(c->knobs.features, 0);
	assert_int_equal(c->knobs.rule_words, 1);
	compiled_free(c);
}

static int refused(struct sl_error *x)
{
	const struct compile_input in = {
		.conf = &world.conf, .rule_counter = world.counter,
	};
	struct compiled *c = NULL;
	int err = compile_bank(&in, &c, x);

	assert_null(c);
	return err;
}

/* 256 rules on ports of their own, each with a wide range as well: as many
 * combinations as ports; told apart are 1024. */
static void too_many_combinations_of_ports_are_refused(void **state)
{
	static struct sl_range range[SL_RULES_MAX][8];
	struct sl_error x = { "" };

	(void)state;
	memset(&world, 0, sizeof(world));
	world.conf.filter.rules = world.rule;
	world.conf.filter.n_rules = SL_RULES_MAX;
	for (uint32_t i = 0; i < SL_RULES_MAX; i++) {
		for (uint32_t j = 0; j < 8; j++) {
			uint32_t low = j * 8192 + i * 16;

			range[i][j] = (struct sl_range){ false, low, low + 16 * (j + 1) };
		}
		world.rule[i].dport = (struct sl_ranges){ range[i], 8 };
	}
	assert_int_equal(refused(&x), -EINVAL);
	assert_non_null(strstr(x.text, "destination ports"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_agree_with_the_obvious_matcher),
		cmocka_unit_test(actions_and_counters_stand_by_the_rule),
		cmocka_unit_test(unused_dimensions_are_all_ones),
		cmocka_unit_test(too_many_combinations_of_ports_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
