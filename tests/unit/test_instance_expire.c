/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What expires goes: in place, in time, and nothing beside it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/lab.h"
#include "tests/unit/random.h"
#include "user/lib/due.h"
#include "user/lib/elements.h"

enum { MANY = 20000, MINUTE = 60000, SHORT = 200 };

static const char three[] = HEAD "sets: {a: {}, b: {}, c: {}}\n"
	"filter: {rules: [{name: r1, from: a, action: drop}, {name: r2, to: b, action: drop},"
	" {name: r3, from: [b, c], action: count}]}\n";

static struct sl_error x;

static struct sl_members *members(const struct sl_instance *inst)
{
	return map_half(&inst->maps, MAP_MEMBERS, active(inst), NULL);
}

static uint64_t count(struct sl_instance *inst, const char *set)
{
	uint64_t n = 0;

	if (sl_set_count(inst, &set, 1, &n, &x))
		fail_msg("%s", x.text);
	return n;
}

static size_t add(struct sl_instance *inst, const char *set, const struct sl_prefix *p, size_t n, uint64_t ms)
{
	size_t changed = 0;

	if (sl_set_add(inst, set, p, n, ms, &changed, &x))
		fail_msg("%s", x.text);
	return changed;
}

static struct sl_expired swept(struct sl_instance *inst, uint64_t ms)
{
	struct sl_expired done = { 0 };

	if (sl_sets_expire(inst, ms, &done, &x))
		fail_msg("%s", x.text);
	return done;
}

static void check_image(struct sl_instance *inst)
{
	struct sl_verify v;

	if (sl_set_verify(inst, &v, &x))
		fail_msg("%s", x.text);
	if (v.wrong || v.wrong_rows)
		fail_msg("%llu of %llu addresses are wrong, %llu rows",
			 (unsigned long long)v.wrong, (unsigned long long)v.compared,
			 (unsigned long long)v.wrong_rows);
}

static void wait_ms(uint64_t ms)
{
	uint64_t until = elements_now() + ms * 1000000u;

	while (elements_now() <= until)
		;
}

/* One beside the beside, all of one class: 10.0.0.0 on. */
static struct sl_prefix *row(size_t n)
{
	struct sl_prefix *p = calloc(n, sizeof(*p));

	for (size_t i = 0; i < n; i++)
		p[i] = (struct sl_prefix){ { 4, { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i } }, 32 };
	return p;
}

static struct sl_instance *with(const char *text, struct sl_config **conf)
{
	struct sl_instance *inst = applied(text);

	*conf = parse(text);
	sl_config_set(inst, *conf);
	return inst;
}

/* ---- against a naive list ---------------------------------------------------- */

enum { MODEL = 600 };

struct model {
	struct { struct sl_prefix p; int set; bool ends; } e[MODEL];
	size_t n;
};

static const char *const set_name[] = { "a", "b", "c" };

/* Few prefixes, so that they nest, meet and are the same. */
static struct sl_prefix some_prefix(struct rnd *r)
{
	static const uint8_t len4[] = { 32, 32, 32, 31, 30, 28, 24, 24, 20, 16, 9, 0 };
	static const uint8_t len6[] = { 128, 128, 127, 120, 65, 64, 64, 63, 48, 32, 3 };
	struct sl_prefix p = { .addr.family = rnd_one_in(r, 2) ? 4 : 6 };

	if (p.addr.family == 4) {
		const uint8_t octet[] = { 10, (uint8_t)rnd_below(r, 2), (uint8_t)rnd_below(r, 3), (uint8_t)rnd_below(r, 64) };

		memcpy(p.addr.octet, octet, 4);
		p.length = len4[rnd_below(r, sizeof(len4))];
	} else {
		const uint8_t octet[] = { 0x20, 1, 0xd, 0xb8, 0, (uint8_t)rnd_below(r, 2), 0, (uint8_t)rnd_below(r, 4) };

		memcpy(p.addr.octet, octet, 8);
		p.addr.octet[8] = (uint8_t)(rnd_below(r, 2) << 7);
		p.addr.octet[15] = (uint8_t)rnd_below(r, 16);
		p.length = len6[rnd_below(r, sizeof(len6))];
	}
	for (unsigned bit = p.length; bit < 128; bit++)
		p.addr.octet[bit / 8] &= (uint8_t)~(0x80u >> bit % 8);
	return p;
}

static size_t find(const struct model *m, const struct sl_prefix *p, int set)
{
	size_t i = 0;

	while (i < m->n && (m->e[i].set != set || memcmp(&m->e[i].p, p, sizeof(*p)) != 0))
		i++;
	return i;
}

static void put(struct model *m, struct sl_prefix p, int set, bool ends)
{
	size_t i = find(m, &p, set);

	if (i == MODEL)
		return;
	m->e[i].p = p;
	m->e[i].set = set;
	m->e[i].ends = ends;
	m->n += i == m->n;
}

static void end_all(struct model *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n; i++)
		if (!m->e[i].ends)
			m->e[kept++] = m->e[i];
	m->n = kept;
}

struct looking { const struct model *m; int set; size_t n, wrong; };

static int is_in_model(void *arg, const struct sl_element_info *e)
{
	struct looking *l = arg;

	l->n++;
	l->wrong += find(l->m, &e->prefix, l->set) == l->m->n;
	return 0;
}

static void check_lists(struct sl_instance *inst, const struct model *m)
{
	for (int set = 0; set < 3; set++) {
		struct looking l = { .m = m, .set = set };
		size_t want = 0;

		for (size_t i = 0; i < m->n; i++)
			want += m->e[i].set == set;
		assert_int_equal(sl_set_list(inst, set_name[set], NULL, is_in_model, &l, &x), 0);
		assert_int_equal(l.wrong, 0);
		assert_int_equal(l.n, want);
		assert_int_equal(count(inst, set_name[set]), want);
	}
}

/* Some by ones, some by hundreds: the ones are edits, the hundreds build anew. */
static void fill(struct rnd *r, struct sl_instance *inst, struct model *m)
{
	struct sl_prefix p[MODEL];
	size_t n = rnd_one_in(r, 3) ? 520 : 1 + rnd_below(r, 12);
	int set = (int)rnd_below(r, 3);
	bool ends = !rnd_one_in(r, 4);

	if (m->n + n > MODEL)
		return;
	for (size_t i = 0; i < n; i++) {
		p[i] = some_prefix(r);
		put(m, p[i], set, ends);
	}
	add(inst, set_name[set], p, n, ends ? 1 : 0);
}

static void what_ends_goes_and_all_else_stays(void **state)
{
	struct sl_config *conf;
	struct sl_instance *inst = with(three, &conf);
	struct model *m = calloc(1, sizeof(*m));
	struct rnd r = rnd_start();
	uint32_t bank, in_place = 0;

	(void)state;
	for (int round = 0; round < 150; round++) {
		for (unsigned i = 1 + rnd_below(&r, 3); i; i--) {
			fill(&r, inst, m);
			end_all(m);	/* the next one sweeps before it adds */
			wait_ms(1);
		}
		bank = active(inst);
		swept(inst, 0);
		in_place += bank == active(inst);
		check_image(inst);
		check_lists(inst, m);
		if (m->n > MODEL / 2) {
			for (int set = 0; set < 3; set++)
				assert_int_equal(sl_set_load(inst, set_name[set], NULL, 0, &x), 0);
			m->n = 0;
		}
	}
	assert_true(in_place > 140);
	free(m);
	sl_close(inst);
	conf_free(conf);
}

/* ---- many ---------------------------------------------------------------------- */

/* The image, the log of edits and the bank stay as they are. */
static void sweeps_take_no_room_and_turn_nothing(void **state)
{
	struct sl_config *conf;
	struct sl_instance *inst = with(filter, &conf);
	struct sl_prefix *p = row(MANY), beside = prefix("10.0.255.0/24");
	uint32_t used, serial_then;

	(void)state;
	add(inst, "bans", &beside, 1, 0);
	for (size_t i = 0; i < MANY; i += 5000)	/* not in order */
		add(inst, "bans", p + i, 5000, 1 + (i / 5000 * 7) % 4);
	used = members(inst)->image_used;
	serial_then = serial(inst);
	wait_ms(5);
	while (swept(inst, 3).more)
		check_image(inst);
	assert_int_equal(count(inst, "bans"), 1);
	assert_int_equal(members(inst)->edits, 0);
	assert_int_equal(members(inst)->image_used, used);
	assert_int_equal(serial(inst), serial_then);
	assert_int_equal(verdict("10.0.16.1", "192.0.2.80"), XDP_PASS);
	assert_int_equal(verdict("10.0.255.1", "192.0.2.80"), XDP_DROP);
	free(p);
	sl_close(inst);
	conf_free(conf);
}

static void a_sweep_ends_in_time_and_goes_on(void **state)
{
	struct sl_config *conf;
	struct sl_instance *inst = with(filter, &conf);
	struct sl_prefix *p = row(MANY);
	struct sl_expired done;
	uint64_t removed = 0;
	int sweeps = 0;

	(void)state;
	add(inst, "bans", p, MANY, 1);
	wait_ms(2);
	assert_int_equal(count(inst, "bans"), 0);
	do {
		done = swept(inst, 1);
		removed += done.removed;
		sweeps++;
		assert_int_equal(count(inst, "bans"), 0);
	} while (done.more);
	assert_int_equal(removed, MANY);
	assert_true(sweeps > 1);
	assert_int_equal(swept(inst, 1).removed, 0);
	free(p);
	sl_close(inst);
	conf_free(conf);
}

/* ---- one by one ------------------------------------------------------------------- */

static void what_is_refreshed_stays_and_what_is_shortened_goes(void **state)
{
	struct sl_config *conf;
	struct sl_instance *inst = with(filter, &conf);
	struct sl_prefix p[4] = { prefix("10.0.0.1"), prefix("10.0.0.2"), prefix("10.0.0.3"), prefix("10.0.0.4") };

	(void)state;
	add(inst, "bans", p, 2, SHORT);
	add(inst, "bans", &p[0], 1, MINUTE);
	add(inst, "bans", &p[2], 1, MINUTE);
	assert_int_equal(add(inst, "bans", &p[2], 1, 1), 0);
	add(inst, "bans", &p[3], 1, MINUTE);
	assert_int_equal(add(inst, "bans", &p[3], 1, 0), 0);
	wait_ms(SHORT);
	swept(inst, 0);
	assert_int_equal(verdict("10.0.0.1", "192.0.2.80"), XDP_DROP);
	assert_int_equal(verdict("10.0.0.2", "192.0.2.80"), XDP_PASS);
	assert_int_equal(verdict("10.0.0.3", "192.0.2.80"), XDP_PASS);
	assert_int_equal(verdict("10.0.0.4", "192.0.2.80"), XDP_DROP);
	assert_int_equal(count(inst, "bans"), 2);
	check_image(inst);
	sl_close(inst);
	conf_free(conf);
}

/* As if killed anywhere in a sweep: its order is lost, counts are wrong. */
static void what_a_killed_sweep_left_is_done_by_the_next(void **state)
{
	struct sl_config *conf;
	struct sl_instance *inst = with(filter, &conf);
	struct sl_prefix *p = row(100);
	struct due due;

	(void)state;
	add(inst, "bans", p, 100, SHORT);
	add(inst, "bans", p, 40, MINUTE);
	assert_int_equal(due_open(inst, &due, &x), 0);
	due_begin(&due);
	due.head->n = 3;
	members(inst)->count[0] -= 7;
	members(inst)->swept |= 1;
	wait_ms(SHORT);
	swept(inst, 0);
	assert_int_equal(count(inst, "bans"), 40);
	assert_int_equal(due.head->n, 40);
	check_image(inst);
	free(p);
	sl_close(inst);
	conf_free(conf);
}

static void a_command_that_changes_sweeps_first(void **state)
{
	struct sl_config *conf;
	struct sl_instance *inst = with(filter, &conf);
	struct sl_prefix *p = row(100), beside = prefix("203.0.113.7");

	(void)state;
	add(inst, "bans", p, 100, 1);
	wait_ms(2);
	add(inst, "office", &beside, 1, 0);
	assert_int_equal(verdict("10.0.0.50", "192.0.2.80"), XDP_PASS);
	assert_int_equal(swept(inst, 0).removed, 0);
	free(p);
	sl_close(inst);
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_ends_goes_and_all_else_stays),
		TEST(sweeps_take_no_room_and_turn_nothing),
		TEST(a_sweep_ends_in_time_and_goes_on),
		TEST(what_is_refreshed_stays_and_what_is_shortened_goes),
		TEST(what_a_killed_sweep_left_is_done_by_the_next),
		TEST(a_command_that_changes_sweeps_first),
	};

	return RUN_IN_LAB("instance_expire", tests);
}
