/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Live edits of overlapping prefixes, one at a time, as the executable model of
 * a classifier's edits goes through them: an address belongs to the sets of all
 * elements that cover it, not of the longest; an edit gives one element the sets
 * that it shall be in, none takes it away, and what others cover stays. After
 * each edit the addresses at its edges, beside it and elsewhere are asked of the
 * program, by one rule a set that counts. At last all elements go again, and
 * what is left is what there was at first. (That model is no part of this tree:
 * this is its scenario and its rules, for the real code.)
 */
#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "tests/packet/draw.h"
#include "tests/packet/harness.h"
#include "tests/packet/live.h"
#include "tests/packet/rig.h"
#include "user/conf/conf.h"
#include "user/lib/instance.h"

enum { SETS = 6, ELEMENTS = 800, EDITS = 4000 };

static const char config[] = HEAD "sets: {s0: {}, s1: {}, s2: {}, s3: {}, s4: {}, s5: {}}\n"
	"filter: {rules: [{name: r0, from: s0, action: count}, {name: r1, from: s1, action: count},"
	" {name: r2, from: s2, action: count}, {name: r3, from: s3, action: count},"
	" {name: r4, from: s4, action: count}, {name: r5, from: s5, action: count}]}\n";

struct element { struct m_prefix prefix; unsigned sets; };

struct edits {
	struct rnd rnd;
	struct m_address base;
	struct element element[ELEMENTS];
	size_t n;
	uint16_t counter[SETS];
	unsigned long edits, looks;
};

static struct sl_error x;

/* ---- prefixes as the model draws them ------------------------------------------- */

static void set_bits(struct m_address *a, unsigned from, struct rnd *r)
{
	for (unsigned bit = from; bit < (a->family == 4 ? 32u : 128u); bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		a->octet[bit / 8] = (uint8_t)(a->octet[bit / 8] & ~mask);
		if (r && rnd_below(r, 2))
			a->octet[bit / 8] |= mask;
	}
}

/* Some bits of the base, then others; half of them are hosts. */
static struct m_prefix some(struct edits *e)
{
	unsigned width = e->base.family == 4 ? 32 : 128;
	const unsigned lengths[] = { width, width, width - 8, width / 2, rnd_below(&e->rnd, width + 1) };
	struct m_prefix p = { .addr = e->base, .length = ONE_OF(&e->rnd, lengths) };

	set_bits(&p.addr, rnd_below(&e->rnd, width + 1), &e->rnd);
	set_bits(&p.addr, p.length, NULL);
	return p;
}

static void step(struct m_address *a, int by)
{
	for (int i = a->family == 4 ? 3 : 15; i >= 0; i--) {
		a->octet[i] = (uint8_t)(a->octet[i] + by);
		if (a->octet[i] != (by > 0 ? 0 : 255))
			break;
	}
}

/* ---- asking ------------------------------------------------------------------------ */

static unsigned truth(const struct edits *e, const struct m_address *a)
{
	unsigned sets = 0;

	for (size_t i = 0; i < e->n; i++)
		if (model_covers(&e->element[i].prefix, a))
			sets |= e->element[i].sets;
	return sets;
}

static void build(struct frame *f, const struct m_address *a)
{
	if (a->family == 4)
		frame_build(f, PACKET(ETH(), IP4(), UDP()), NULL);
	else
		frame_build(f, PACKET(ETH(), IP6(), UDP()), NULL);
	memcpy(f->byte + (a->family == 4 ? 26 : 22), a->octet, a->family == 4 ? 4 : 16);
}

/* The program's answer: the sets whose rule counted. */
static unsigned answer(const struct edits *e, const struct sl_counts *counts, const struct m_address *a)
{
	static struct frame in, out;
	uint64_t was[SETS];
	unsigned sets = 0;

	build(&in, a);
	for (int i = 0; i < SETS; i++)
		was[i] = counts->rule[e->counter[i]].packets;
	rig_run(&in, &out);
	for (int i = 0; i < SETS; i++)
		sets |= (unsigned)(counts->rule[e->counter[i]].packets - was[i]) << i;
	return sets;
}

static bool is_mapped(const struct m_address *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return a->family == 6 && !memcmp(a->octet, mapped, 12);
}

static void ask_around(struct edits *e, const struct m_prefix *p)
{
	const struct sl_counts *counts = live_counts();
	struct m_address at[6] = { p->addr, p->addr, p->addr, p->addr, some(e).addr, e->base };

	for (unsigned bit = p->length; bit < (p->addr.family == 4 ? 32u : 128u); bit++)
		at[1].octet[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	at[2] = at[1];
	step(&at[2], 1);
	step(&at[3], -1);
	set_bits(&at[5], 0, &e->rnd);
	for (int i = 0; i < 6; i++, e->looks++) {
		unsigned want = truth(e, &at[i]), got;

		if (is_mapped(&at[i]))
			continue;
		got = answer(e, counts, &at[i]);
		if (got != want)
			fail_msg("edit %lu, address %d of 6: sets %x, not %x", e->edits, i, got, want);
	}
}

/* ---- editing ------------------------------------------------------------------------ */

/* The element is in these sets from now on. */
static void edit(struct edits *e, const struct m_prefix *p, unsigned was, unsigned sets)
{
	struct sl_prefix prefix = live_prefix(p);
	char name[3] = "s0";
	size_t changed = 0;
	int err = 0;

	for (int i = 0; i < SETS && !err; i++) {
		name[1] = (char)('0' + i);
		if (sets & ~was & 1u << i)
			err = sl_set_add(rig_instance(), name, &prefix, 1, 0, &changed, &x);
		else if (was & ~sets & 1u << i)
			err = sl_set_del(rig_instance(), name, &prefix, 1, &changed, &x);
		else
			continue;
		assert_true(err || changed == 1);
	}
	if (err)
		fail_msg("%s", x.text);
	e->edits++;
}

static size_t find(const struct edits *e, const struct m_prefix *p)
{
	size_t at = 0;

	while (at < e->n && !model_same(&e->element[at].prefix, p))
		at++;
	return at;
}

/* A new element, one more set for one that there is, or one that goes. */
static void edit_something(struct edits *e, bool only_remove)
{
	bool known = e->n && (only_remove || e->n == ELEMENTS || rnd_below(&e->rnd, 100) < 45);
	struct m_prefix p = known ? e->element[rnd_below(&e->rnd, (uint32_t)e->n)].prefix : some(e);
	size_t at = find(e, &p);
	unsigned was = at < e->n ? e->element[at].sets : 0;
	bool goes = only_remove || (was && rnd_below(&e->rnd, 5));
	unsigned sets = goes ? 0 : was | 1u << rnd_below(&e->rnd, SETS);

	edit(e, &p, was, sets);
	if (goes)
		e->element[at] = e->element[--e->n];
	else
		e->element[at] = (struct element){ p, sets };
	e->n += at == e->n && !goes;
	ask_around(e, &p);
}

static void expect_sound(void)
{
	struct sl_verify v;

	if (sl_set_verify(rig_instance(), &v, &x))
		fail_msg("%s", x.text);
	assert_int_equal(v.wrong, 0);
	assert_int_equal(v.wrong_rows, 0);
}

/* ---- the scenario --------------------------------------------------------------------- */

static struct sl_config *run_config(struct edits *e)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;

	rig_apply_again(config);
	assert_int_equal(conf_parse("edits.yaml", config, strlen(config), 0, &conf, &report), 0);
	conf_report_clear(&report);
	sl_config_set(rig_instance(), conf);
	for (int i = 0; i < SETS; i++)
		for (uint16_t c = 0; c < SL_RULES_MAX; c++)
			if (registry(rig_instance())->rule[c].name[0] == 'r' &&
			    registry(rig_instance())->rule[c].name[1] == '0' + i)
				e->counter[i] = c;
	return conf;
}

/* Words of the image, and classes, that hold what is there. */
static void measure(uint32_t *words, uint32_t *classes)
{
	const struct sl_members *head;

	rig_apply_again(config);
	head = map_half(&rig_instance()->maps, MAP_MEMBERS, active(rig_instance()), NULL);
	assert_non_null(head);
	*words = head->image_used;
	*classes = head->classes;
}

static void edits_agree(int family)
{
	struct edits *e = calloc(1, sizeof(*e));
	uint32_t words, classes, left, classes_left;
	struct sl_config *conf;
	const char *given = getenv("EDITS");
	unsigned long edits = given ? strtoul(given, NULL, 0) : EDITS;

	rig_apply_again(HEAD);
	measure(&words, &classes);
	e->rnd = rnd_start();
	e->base.family = family;
	set_bits(&e->base, 0, &e->rnd);
	live_stay();
	conf = run_config(e);
	while (e->edits < edits) {
		edit_something(e, false);
		if (e->edits % 500 == 0)
			expect_sound();
	}
	expect_sound();
	while (e->n)
		edit_something(e, true);
	measure(&left, &classes_left);
	assert_int_equal(left, words);
	assert_int_equal(classes_left, classes);
	expect_sound();
	print_message("# IPv%d: %lu edits, %lu looks\n", family, e->edits, e->looks);
	sl_config_set(rig_instance(), NULL);
	conf_free(conf);
	free(e);
}

static void edits_of_ipv4_agree(void **state)
{
	(void)state;
	edits_agree(4);
}

static void edits_of_ipv6_agree(void **state)
{
	(void)state;
	edits_agree(6);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_of_ipv4_agree),
		cmocka_unit_test(edits_of_ipv6_agree),
	};

	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(tests[0]));
}
