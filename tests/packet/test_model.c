/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The filter against its model (model.h): random sets, rules and packets, with
 * live edits and other rules in between. After each packet its verdict and all
 * that is counted must be what the model says: of every reason, of every rule.
 *
 * SEED=N repeats a run; PACKETS=N sends so many, through as many filters.
 */
#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/packet/draw.h"
#include "tests/packet/harness.h"
#include "tests/packet/live.h"
#include "tests/packet/rig.h"
#include "user/conf/conf.h"
#include "user/lib/instance.h"

enum { A_MILLION = 1000000, FILTERS = 48, STEPS = 6, BRIEF_MS = 1, AN_HOUR_MS = 3600000 };

/* What one CPU counted, as far as the filter counts. */
struct counted {
	struct sl_reason_count reason[SL_REASON_ROOM];
	struct sl_rule_count rule[SL_RULES_MAX];
	uint64_t walk_limit;
};

struct world {
	struct draw draw;
	struct m_filter filter;
	struct sl_config *conf;		/* what runs; for live edits */
	char *text;
	struct counted want;
	uint16_t counter[MODEL_RULES];	/* of filter.rule[i], in want.rule */
	char (*names)[SL_NAME_LEN];	/* of all counters, as they were */
	const struct sl_counts *is;	/* this CPU's */
	unsigned long packets, filters, edits, applies, balanced;
	unsigned long reasons[SL_REASON_COUNT];
	unsigned long walks, deep, deepest;	/* walk_limit; rules beyond the 64th that decided */
};

/* ---- counters ----------------------------------------------------------------- */

static uint16_t counter_of(const struct m_rule *r)
{
	char name[SL_NAME_LEN];

	snprintf(name, sizeof(name), "r%u", r->name);
	for (uint16_t i = 0; i < SL_RULES_MAX; i++)
		if (!strcmp(registry(rig_instance())->rule[i].name, name))
			return i;
	fail_msg("rule %s has no counter", name);
	return 0;
}

/* Counters follow rules by name; a new name begins at zero. What is nobody's is
 * of no interest. */
static void follow_counters(struct world *w)
{
	struct sl_rule_count was[SL_RULES_MAX];

	w->is = live_counts();
	memcpy(was, w->want.rule, sizeof(was));
	memcpy(w->want.rule, w->is->rule, sizeof(was));
	for (size_t i = 0; i < w->filter.n_rules; i++) {
		uint16_t at = w->counter[i] = counter_of(&w->filter.rule[i]);
		const char *name = registry(rig_instance())->rule[at].name;

		w->want.rule[at] = strcmp(w->names[at], name) ? (struct sl_rule_count){ 0 } : was[at];
	}
	memset(w->names, 0, sizeof(*w->names) * SL_RULES_MAX);
	for (size_t i = 0; i < w->filter.n_rules; i++)
		strcpy(w->names[w->counter[i]], registry(rig_instance())->rule[w->counter[i]].name);
}

static void expect_outcome(struct world *w, const struct m_outcome *o, size_t length)
{
	struct sl_reason_count *reason = &w->want.reason[o->reason];

	reason->packets++;
	reason->bytes += length;
	reason->dropped += o->dropped;
	for (size_t i = 0; i < o->n_counted; i++) {
		struct sl_rule_count *rule = &w->want.rule[w->counter[o->counted[i]]];

		rule->packets++;
		rule->bytes += length;
	}
	w->want.walk_limit += o->walk_limit;
}

static bool counts_agree(const struct world *w)
{
	return !memcmp(w->want.reason, w->is->reason[SL_INTERFACES_MAX], sizeof(w->want.reason)) &&
	       !memcmp(w->want.rule, w->is->rule, sizeof(w->want.rule)) &&
	       w->want.walk_limit == w->is->event[SL_EVENT_WALK_LIMIT];
}

/* ---- when they differ ----------------------------------------------------------- */

static void say_reasons(const struct world *w)
{
	const struct sl_reason_count *is = w->is->reason[SL_INTERFACES_MAX];

	for (int i = 1; i < SL_REASON_COUNT; i++) {
		const struct sl_reason_count *want = &w->want.reason[i];

		if (memcmp(want, &is[i], sizeof(*want)))
			printf("# %s: want %llu packets %llu octets %llu dropped, got %llu %llu %llu\n", sl_reason_name(i),
			       want->packets, want->bytes, want->dropped, is[i].packets, is[i].bytes, is[i].dropped);
	}
}

static void say_elements(const struct world *w)
{
	for (int i = 0; i < MODEL_SETS; i++) {
		printf("# s%d:", i);
		for (size_t j = 0; j < w->filter.set[i].n; j++) {
			fputs(" ", stdout);
			model_prefix_text(stdout, &w->filter.set[i].element[j]);
		}
		puts("");
	}
}

static void say_difference(const struct world *w, const struct frame *f, const struct m_outcome *o, int verdict)
{
	printf("# want %s for %s, got verdict %d; frame", o->passed ? "pass" : "drop", sl_reason_name((int)o->reason), verdict);
	for (size_t i = 0; i < f->length; i++)
		printf("%s%02x", i ? "" : " ", f->byte[i]);
	puts("");
	say_reasons(w);
	for (int i = 0; i < SL_RULES_MAX; i++)
		if (memcmp(&w->want.rule[i], &w->is->rule[i], sizeof(w->want.rule[i])))
			printf("# rule %s: want %llu packets, got %llu\n", registry(rig_instance())->rule[i].name,
			       w->want.rule[i].packets, w->is->rule[i].packets);
	printf("# walk_limit: want %llu, got %llu\n", (unsigned long long)w->want.walk_limit, w->is->event[SL_EVENT_WALK_LIMIT]);
	say_elements(w);
	for (char *line = strtok(w->text, "\n"); line; line = strtok(NULL, "\n"))
		printf("# %s\n", line);
}

/* ---- packets --------------------------------------------------------------------- */

static void send_one(struct world *w)
{
	static struct frame in;
	static uint8_t out[FRAME_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = in.byte, .data_out = out, .data_size_out = sizeof(out), .repeat = 1);
	struct m_packet packet;
	struct m_outcome o;

	draw_frame(&w->draw, &w->filter, &in);
	packet = model_read(in.byte, in.length);
	if (model_is_balanced(&w->filter, &packet)) {
		w->balanced++;
		return;
	}
	o = model_decide(&w->filter, &packet);
	expect_outcome(w, &o, in.length);
	run.data_size_in = (uint32_t)in.length;
	assert_int_equal(bpf_prog_test_run_opts(rig_prog_fd(), &run), 0);
	if (run.retval != (o.passed ? XDP_PASS : XDP_DROP) || !counts_agree(w)) {
		say_difference(w, &in, &o, (int)run.retval);
		fail_msg("packet %lu is not what the model says", w->packets);
	}
	w->packets++;
	w->reasons[o.reason]++;
	w->walks += o.walk_limit;
	if (o.reason != SL_RULE)
		return;
	w->deep += o.counted[o.n_counted - 1] >= 64;
	if (o.counted[o.n_counted - 1] > w->deepest)
		w->deepest = o.counted[o.n_counted - 1];
}

/* ---- changes ----------------------------------------------------------------------- */

static void run_filter(struct world *w)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	size_t length;
	FILE *out;

	free(w->text);
	out = open_memstream(&w->text, &length);
	model_text(out, &w->filter);
	fclose(out);
	rig_apply_again(w->text);
	if (conf_parse("model.yaml", w->text, length, 0, &conf, &report))
		fail_msg("%s", report.errors);
	conf_report_clear(&report);
	sl_config_set(rig_instance(), conf);
	conf_free(w->conf);
	w->conf = conf;
	follow_counters(w);
	w->applies++;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Before each change: what was there for a moment is over, and will be swept. */
static void let_expire(struct world *w)
{
	uint64_t start = now_ms();

	while (now_ms() <= start + BRIEF_MS)
		;
	draw_sweep(&w->filter);
}

/* Elements go, and what went comes back. */
static struct m_prefix some_prefix(struct draw *d, const struct m_set *s, bool add)
{
	const struct m_prefix *gone = &s->gone[rnd_below(&d->rnd, 8)];

	if (!add && s->n && rnd_below(&d->rnd, 4))
		return s->element[rnd_below(&d->rnd, (uint32_t)s->n)];
	return add && gone->addr.family && rnd_one_in(&d->rnd, 3) ? *gone : draw_prefix(d);
}

static void add_or_delete(struct world *w, struct m_set *s, const char *name)
{
	size_t n = 1 + rnd_below(&w->draw.rnd, 20), want = 0, changed;
	bool add = s->n < 20 || rnd_below(&w->draw.rnd, 2), brief = add && rnd_one_in(&w->draw.rnd, 4);
	uint64_t for_ms = brief ? BRIEF_MS : rnd_one_in(&w->draw.rnd, 4) ? AN_HOUR_MS : 0;
	struct sl_prefix p[20];
	struct sl_error x;
	int err;

	let_expire(w);
	for (size_t i = 0; i < n; i++) {
		struct m_prefix one = some_prefix(&w->draw, s, add);

		one.brief = brief;
		want += add ? draw_set_add(s, &one) : draw_set_del(s, &one);
		p[i] = live_prefix(&one);
	}
	err = add ? sl_set_add(rig_instance(), name, p, n, for_ms, &changed, &x) :
		    sl_set_del(rig_instance(), name, p, n, &changed, &x);
	if (err)
		fail_msg("%s", x.text);
	if (changed != want)
		fail_msg("%s of %zu to %s changed %zu, not %zu", add ? "an addition" : "a deletion", n, name, changed, want);
	w->edits++;
}

static void load(struct world *w, struct m_set *s, const char *name)
{
	size_t n = rnd_below(&w->draw.rnd, rnd_one_in(&w->draw.rnd, 8) ? MODEL_ELEMENTS / 2 : 100);
	static struct sl_prefix p[MODEL_ELEMENTS];
	struct sl_error x;

	let_expire(w);
	s->n = 0;
	while (n--) {
		struct m_prefix one = draw_prefix(&w->draw);

		draw_set_add(s, &one);
	}
	for (size_t i = 0; i < s->n; i++)
		p[i] = live_prefix(&s->element[i]);
	if (sl_set_load(rig_instance(), name, p, s->n, &x))
		fail_msg("%s", x.text);
	w->edits++;
}

static void name_set(char name[16], int set)
{
	snprintf(name, 16, "s%d", set);
}

/* Nothing is left of the filter before. */
static void start_filter(struct world *w)
{
	char name[16];

	rig_apply_again(HEAD);
	draw_bases(&w->draw);
	draw_filter(&w->draw, &w->filter);
	run_filter(w);
	for (int i = 0; i < MODEL_SETS; i++) {
		name_set(name, i);
		if (w->filter.set[i].there && w->filter.set[i].live)
			load(w, &w->filter.set[i], name);
	}
	w->is = live_counts();
	w->filters++;
}

/* A set is edited, or the rules are. */
static void change_something(struct world *w)
{
	int at = (int)rnd_below(&w->draw.rnd, MODEL_SETS);
	struct m_set *s = &w->filter.set[at];
	char name[16];

	if (rnd_one_in(&w->draw.rnd, 4) || !s->there) {
		let_expire(w);
		draw_change(&w->draw, &w->filter);
		run_filter(w);
		return;
	}
	name_set(name, at);
	if (rnd_one_in(&w->draw.rnd, 4) || s->n > MODEL_ELEMENTS - 200)
		load(w, s, name);
	else
		for (uint32_t n = 1 + rnd_below(&w->draw.rnd, 6); n; n--)
			add_or_delete(w, s, name);
	w->is = live_counts();
}

/* ---- the test ------------------------------------------------------------------------ */

static void say_what_was_met(const struct world *w)
{
	printf("# %lu packets, %lu filters, %lu applies, %lu live edits; not looked at: %lu\n", w->packets,
	       w->filters, w->applies, w->edits, w->balanced);
	printf("# a rule beyond the 64th decided %lu, the %luth was the last; walk_limit %lu\n", w->deep,
	       w->deepest + 1, w->walks);
	printf("#");
	for (int i = 1; i < SL_REASON_COUNT; i++)
		if (w->reasons[i])
			printf(" %s %lu", sl_reason_name(i), w->reasons[i]);
	puts("");
}

static void each_packet_ends_as_the_model_says(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const char *given = getenv("PACKETS");
	unsigned long packets = given ? strtoul(given, NULL, 0) : A_MILLION;
	uint32_t a_step = (uint32_t)(packets / FILTERS / STEPS) + 1;

	(void)state;
	w->draw.rnd = rnd_start();
	w->names = calloc(SL_RULES_MAX, sizeof(*w->names));
	live_stay();
	while (w->packets < packets) {
		start_filter(w);
		for (int step = 0; step < STEPS && w->packets < packets; step++) {
			for (uint32_t n = rnd_below(&w->draw.rnd, 2 * a_step); n; n--)
				send_one(w);
			change_something(w);
		}
	}
	say_what_was_met(w);
	conf_free(w->conf);
	free(w->names);
	free(w->text);
	free(w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_packet_ends_as_the_model_says),
	};

	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(tests[0]));
}
