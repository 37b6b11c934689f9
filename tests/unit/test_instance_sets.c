/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sets of an instance against the real kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/lab.h"

static struct sl_error x;

static int count_one(void *arg, const struct sl_element_info *e)
{
	*(size_t *)arg += e->prefix.length > 0;
	return 0;
}

static void set_edits_are_seen_by_packets(void **state)
{
	struct sl_instance *inst = applied(balance);
	struct sl_config *conf = parse(balance);
	struct sl_prefix p = prefix("203.0.113.0/25"), one = prefix("203.0.113.7");
	struct sl_element_info found;
	size_t changed = 9, n = 0;

	(void)state;
	assert_int_equal(sl_set_add(inst, "bans", &p, 1, 0, &changed, &x), -EINVAL);
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_add(inst, "none", &p, 1, 0, &changed, &x), -ENOENT);
	assert_int_equal(sl_set_add(inst, "bans", &p, 1, 0, &changed, &x), 0);
	assert_int_equal(changed, 1);
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_DROP);
	assert_int_equal(verdict("203.0.113.129", "192.0.2.80"), XDP_TX);
	assert_int_equal(sl_set_add(inst, "bans", &p, 1, 60000, &changed, &x), 0);
	assert_int_equal(changed, 0);
	assert_int_equal(sl_set_test(inst, "bans", &one, &found, &x), 1);
	assert_int_equal(found.prefix.length, 25);
	assert_true(found.expires_in_ms > 50000 && found.expires_in_ms <= 60000);
	assert_int_equal(sl_set_list(inst, "bans", NULL, count_one, &n, &x), 0);
	assert_int_equal(n, 1);
	assert_int_equal(sl_set_del(inst, "bans", &p, 1, &changed, &x), 0);
	assert_int_equal(changed, 1);
	assert_int_equal(sl_set_del(inst, "bans", &p, 1, &changed, &x), 0);
	assert_int_equal(changed, 0);
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_TX);
	assert_int_equal(sl_set_test(inst, "bans", &one, &found, &x), 0);
	sl_close(inst);
	conf_free(conf);
}

static void live_elements_survive_an_apply_and_a_files_do_not(void **state)
{
	struct sl_instance *inst = applied(filter);
	struct sl_config *conf = parse(filter);
	struct sl_prefix p = prefix("203.0.113.0/25");
	struct sl_plan *plan = NULL;
	size_t changed;

	(void)state;
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_add(inst, "bans", &p, 1, 0, &changed, &x), 0);
	assert_int_equal(sl_set_add(inst, "office", &p, 1, 0, &changed, &x), 0);
	assert_int_equal(sl_plan_make(inst, conf, &plan, &x), 0);
	assert_int_equal(plan->n_sets, 1);
	assert_string_equal(plan->sets[0].name, "office");
	assert_int_equal(plan->sets[0].removed, 1);
	assert_true(plan->sets[0].live_lost);
	sl_plan_free(plan);
	sl_close(inst);
	inst = applied(filter);
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_DROP);
	sl_close(inst);
	conf_free(conf);
}

static void maps_grow_with_their_content(void **state)
{
	enum { MANY = 70000 };
	struct sl_instance *inst = applied(balance);
	struct sl_config *conf = parse(balance);
	struct sl_prefix *p = calloc(MANY, sizeof(*p));
	uint64_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		p[i] = (struct sl_prefix){ .addr.family = 4, .length = 32 };
		p[i].addr.octet[0] = 11;
		p[i].addr.octet[1] = (uint8_t)(i >> 16);
		p[i].addr.octet[2] = (uint8_t)(i >> 8);
		p[i].addr.octet[3] = (uint8_t)i;
	}
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_load(inst, "bans", p, MANY, &x), 0);
	assert_int_equal(sl_set_count(inst, (const char *[]){ "bans" }, 1, &n, &x), 0);
	assert_int_equal(n, MANY);
	assert_int_equal(verdict("11.1.17.111", "192.0.2.80"), XDP_DROP);
	assert_int_equal(verdict("11.1.17.112", "192.0.2.80"), XDP_TX);
	sl_close(inst);
	inst = applied(balance);
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_load(inst, "bans", p, 1, &x), 0);
	assert_int_equal(verdict("11.0.0.0", "192.0.2.80"), XDP_DROP);
	assert_int_equal(verdict("11.0.0.1", "192.0.2.80"), XDP_TX);
	assert_int_equal(sl_set_load(inst, "bans", NULL, 0, &x), 0);
	assert_int_equal(verdict("11.0.0.0", "192.0.2.80"), XDP_TX);
	sl_close(inst);
	conf_free(conf);
	free(p);
}

/* Edits in place turn no banks, and what expired goes with any of them. */
static void edits_stay_in_the_bank_that_runs(void **state)
{
	struct sl_instance *inst = applied(filter);
	struct sl_config *conf = parse(filter);
	struct sl_prefix p = prefix("203.0.113.7"), brief = prefix("203.0.113.8"), v6 = prefix("2001:db8::/32");
	uint32_t bank = active(inst), before = sl_running_serial(inst);
	struct sl_element_info found;
	uint64_t n = 9;
	size_t changed;

	(void)state;
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_add(inst, "bans", &brief, 1, 1, &changed, &x), 0);
	assert_int_equal(sl_set_add(inst, "bans", &v6, 1, 0, &changed, &x), 0);
	while (sl_set_test(inst, "bans", &brief, &found, &x) == 1)
		;
	assert_int_equal(sl_set_count(inst, (const char *[]){ "bans" }, 1, &n, &x), 0);
	assert_int_equal(n, 1);
	assert_int_equal(verdict("203.0.113.8", "192.0.2.80"), XDP_DROP);
	assert_int_equal(sl_set_add(inst, "bans", &p, 1, 0, &changed, &x), 0);
	assert_int_equal(verdict("203.0.113.8", "192.0.2.80"), XDP_PASS);
	assert_int_equal(verdict("203.0.113.7", "192.0.2.80"), XDP_DROP);
	assert_int_equal(sl_set_add(inst, "office", &p, 1, 0, &changed, &x), 0);
	assert_int_equal(sl_set_del(inst, "bans", &p, 1, &changed, &x), 0);
	assert_int_equal(verdict("203.0.113.7", "192.0.2.80"), XDP_DROP);
	assert_int_equal(active(inst), bank);
	assert_int_equal(sl_running_serial(inst), before + 5);
	assert_int_equal(sl_set_del(inst, "bans", &p, 1, &changed, &x), 0);
	assert_int_equal(sl_running_serial(inst), before + 5);
	sl_close(inst);
	conf_free(conf);
}

/* As if killed between the serial and the stores. */
static void an_edit_that_was_not_shown_is_built_anew(void **state)
{
	struct sl_instance *inst = applied(filter);
	struct sl_config *conf = parse(filter);
	struct sl_prefix p = prefix("203.0.113.7"), q = prefix("203.0.113.9");
	struct sl_members *head;
	struct sl_plan *plan = NULL;
	size_t changed;
	uint32_t *word;

	(void)state;
	sl_config_set(inst, conf);
	head = map_half(&inst->maps, MAP_MEMBERS, active(inst), NULL);
	word = map_half(&inst->maps, MAP_IMAGES, active(inst), NULL);
	word[3] = word[0];
	assert_int_equal(sl_set_add(inst, "bans", &p, 1, 0, &changed, &x), 0);
	word[0] = word[3];
	head->shown--;
	assert_int_equal(verdict("203.0.113.7", "192.0.2.80"), XDP_PASS);
	assert_int_equal(sl_plan_make(inst, conf, &plan, &x), 0);
	assert_true(plan->repair);
	sl_plan_free(plan);
	assert_int_equal(sl_set_add(inst, "bans", &q, 1, 0, &changed, &x), 0);
	assert_int_equal(verdict("203.0.113.7", "192.0.2.80"), XDP_DROP);
	assert_int_equal(verdict("203.0.113.9", "192.0.2.80"), XDP_DROP);
	sl_close(inst);
	conf_free(conf);
}

static struct sl_verify verified(struct sl_instance *inst)
{
	struct sl_verify v;

	if (sl_set_verify(inst, &v, &x))
		fail_msg("%s", x.text);
	return v;
}

static void verify_finds_a_wrong_word_and_a_wrong_row(void **state)
{
	struct sl_instance *inst = applied(balance);
	struct sl_config *conf = parse(balance);
	struct sl_prefix p[] = { prefix("203.0.113.7"), prefix("203.0.0.0/16"), prefix("2001:db8::1"), prefix("2001:db8::/64") };
	struct sl_class *row;
	size_t changed;
	uint32_t *word, saved;

	(void)state;
	sl_config_set(inst, conf);
	for (size_t i = 0; i < sizeof(p) / sizeof(*p); i++) {
		assert_int_equal(sl_set_add(inst, "bans", &p[i], 1, 0, &changed, &x), 0);
		assert_int_equal(verified(inst).wrong, 0);
		assert_int_equal(verified(inst).wrong_rows, 0);
		assert_int_equal(verified(inst).elements, i + 2);
	}
	word = map_half(&inst->maps, MAP_IMAGES, active(inst), NULL);
	saved = word[1];
	word[1] = 0;
	assert_true(verified(inst).wrong > 0);
	assert_int_equal(verified(inst).first.family, 6);
	word[1] = saved;
	assert_int_equal(verified(inst).wrong, 0);
	row = map_at(&inst->maps, MAP_CLASSES, active(inst));
	row[1].from.word[0] ^= 1;
	assert_int_equal(verified(inst).wrong_rows, 1);
	sl_close(inst);
	conf_free(conf);
}

/* More edits than the log has room for. */
static void a_full_log_is_built_into_the_other_bank(void **state)
{
	struct sl_instance *inst = applied(filter);
	struct sl_config *conf = parse(filter);
	struct sl_prefix p = prefix("203.0.113.0"), q = prefix("203.0.114.0");
	struct sl_members *head = map_half(&inst->maps, MAP_MEMBERS, active(inst), NULL);
	uint32_t bank = active(inst);
	size_t changed = 0;
	unsigned i;

	(void)state;
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_add(inst, "bans", &p, 1, 0, &changed, &x), 0);
	assert_int_equal(head->edits, 1);
	for (i = 0; active(inst) == bank && i < SL_MEMBER_EDITS; i++) {
		if (i % 2)
			assert_int_equal(sl_set_del(inst, "bans", &q, 1, &changed, &x), 0);
		else
			assert_int_equal(sl_set_add(inst, "bans", &q, 1, 0, &changed, &x), 0);
		assert_int_equal(changed, 1);
	}
	assert_int_not_equal(active(inst), bank);
	assert_int_equal(verdict("203.0.113.0", "192.0.2.80"), XDP_DROP);
	assert_int_equal(verdict("203.0.114.0", "192.0.2.80"), i % 2 ? XDP_DROP : XDP_PASS);
	head = map_half(&inst->maps, MAP_MEMBERS, active(inst), NULL);
	assert_int_equal(head->edits, 0);
	sl_close(inst);
	conf_free(conf);
}

/* While somebody looks, others load the set twice: each half is written anew. */
struct slow_look {
	struct sl_instance *writer;
	const struct sl_prefix *others;
	size_t n, wrong;
};

enum { LOOKED_AT = 3000 };

static int look_slowly(void *arg, const struct sl_element_info *e)
{
	struct slow_look *l = arg;

	for (int i = 0; i < 2 && !l->n; i++)
		assert_int_equal(sl_set_load(l->writer, "bans", l->others, LOOKED_AT, &x), 0);
	l->n++;
	l->wrong += e->prefix.addr.family != 4 || e->prefix.length != 32;
	return 0;
}

static void who_looks_sees_one_state(void **state)
{
	struct sl_instance *inst = applied(balance), *reader = NULL;
	struct sl_config *conf = parse(balance);
	struct sl_prefix *p = calloc(2 * LOOKED_AT, sizeof(*p));
	struct slow_look l = { .writer = inst, .others = p + LOOKED_AT };

	(void)state;
	for (uint32_t i = 0; i < LOOKED_AT; i++) {
		p[i] = (struct sl_prefix){ { 4, { 10, 0, (uint8_t)(i >> 8), (uint8_t)i } }, 32 };
		p[LOOKED_AT + i] = (struct sl_prefix){ { 6, { 0x20, 1, [14] = (uint8_t)(i >> 8), [15] = (uint8_t)i } }, 128 };
	}
	sl_config_set(inst, conf);
	for (int i = 0; i < 2; i++)	/* now there is room for either */
		assert_int_equal(sl_set_load(inst, "bans", p + LOOKED_AT, LOOKED_AT, &x), 0);
	assert_int_equal(sl_set_load(inst, "bans", p, LOOKED_AT, &x), 0);
	assert_int_equal(sl_open(&reader, NAME, SL_OPEN_READ, &x), 0);
	assert_int_equal(sl_set_list(reader, "bans", NULL, look_slowly, &l, &x), 0);
	assert_int_equal(l.n, LOOKED_AT);
	assert_int_equal(l.wrong, 0);
	sl_close(reader);
	sl_close(inst);
	free(p);
	conf_free(conf);
}

static int count_ending(void *arg, const struct sl_element_info *e)
{
	*(size_t *)arg += e->expires_in_ms > 0;
	return 0;
}

static size_t ending(struct sl_instance *inst)
{
	size_t n = 0;

	assert_int_equal(sl_set_list(inst, "s", NULL, count_ending, &n, &x), 0);
	return n;
}

static void what_is_refused_changes_no_expiry(void **state)
{
	static const char small[] = HEAD "limits: {prefixes: 3}\nsets: {s: {}}\n";
	struct sl_prefix p[3] = { prefix("10.0.0.1"), prefix("10.0.0.2"), prefix("10.0.0.3") };
	struct sl_prefix more[3] = { p[0], p[2], prefix("10.0.0.4") };
	struct sl_instance *inst = applied(small);
	struct sl_config *conf = parse(small);
	size_t changed;

	(void)state;
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_add(inst, "s", p, 2, 0, &changed, &x), 0);
	assert_int_equal(sl_set_add(inst, "s", &p[2], 1, 600000, &changed, &x), 0);
	assert_int_equal(ending(inst), 1);
	assert_int_equal(sl_set_add(inst, "s", more, 3, 60000, &changed, &x), -EINVAL);
	assert_int_equal(ending(inst), 1);
	assert_int_equal(sl_set_add(inst, "s", more, 3, 0, &changed, &x), -EINVAL);
	assert_int_equal(ending(inst), 1);
	assert_int_equal(sl_set_add(inst, "s", more, 2, 60000, &changed, &x), 0);
	assert_int_equal(ending(inst), 2);
	sl_close(inst);
	conf_free(conf);
}

static void limits_name_their_key(void **state)
{
	static const char small[] = HEAD "limits: {prefixes: 2}\nsets: {s: {}}\n";
	struct sl_prefix p[] = { prefix("10.0.0.1"), prefix("10.0.0.2"), prefix("10.0.0.3") };
	struct sl_instance *inst = applied(small);
	struct sl_config *conf = parse(small);
	uint64_t n = 9;

	(void)state;
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_load(inst, "s", p, 3, &x), -EINVAL);
	assert_non_null(strstr(x.text, "limits.prefixes"));
	assert_int_equal(sl_set_count(inst, (const char *[]){ "s" }, 1, &n, &x), 0);
	assert_int_equal(n, 0);
	assert_int_equal(sl_set_load(inst, "s", p, 2, &x), 0);
	sl_close(inst);
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(set_edits_are_seen_by_packets),
		TEST(live_elements_survive_an_apply_and_a_files_do_not),
		TEST(maps_grow_with_their_content),
		TEST(edits_stay_in_the_bank_that_runs),
		TEST(an_edit_that_was_not_shown_is_built_anew),
		TEST(verify_finds_a_wrong_word_and_a_wrong_row),
		TEST(a_full_log_is_built_into_the_other_bank),
		TEST(limits_name_their_key),
		TEST(what_is_refused_changes_no_expiry),
		TEST(who_looks_sees_one_state),
	};

	return RUN_IN_LAB("instance_sets", tests);
}
