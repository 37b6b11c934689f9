// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Measures the packet path: makes each configuration, verifies each case,
 * runs all in turn round by round, and reports. See `usage`.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "lists.h"
#include "report.h"
#include "rusage.h"
#include "verify.h"

static const char usage[] =
	"usage: bench [--smoke] [--rounds N] [--only WORDS]\n"
	"  --smoke       few packets, prints TAP: does every case do its work?\n"
	"  --rounds N    of each of 9 passes, which load all anew; default 3\n"
	"  --only WORDS  only cases whose name contains them\n"
	"       bench --command FILE WORD...\n"
	"  runs it; milliseconds and KiB at most go to standard error\n"
	"       bench --list NAME FIRST N\n"
	"  prints a list of prefixes: scattered4, scattered6, listed4, listed6, mixed\n"
	"The result goes to standard output and, as JSON, to $BUILD/bench.json.\n";

struct bench {
	int smoke;
	const char *only;
	struct measure_plan plan;
	struct units units;
	struct instance instances[CONFIGS];
	char config_why[CONFIGS][BENCH_WHY];
	struct subject *cases;
	const struct bench_case *of[BENCH_CASES_MAX]; /* cases[i]'s */
	size_t n;
};

static int quiet(enum libbpf_print_level level, const char *format,
		 va_list words)
{
	(void)level, (void)format, (void)words;
	return 0;
}

static int wanted(const struct bench *b, const struct bench_case *c)
{
	return !b->only || strstr(c->name, b->only);
}

static void stay_on_this_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)sched_getcpu(), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* NULL: it was not asked for, and the goal is not looked at. */
static const struct subject *find_case(const struct bench *b, const char *name)
{
	for (size_t i = 0; name && i < b->n; i++)
		if (!strcmp(b->of[i]->name, name))
			return &b->cases[i];
	return NULL;
}

static void set_goals(struct bench *b)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct bench_case *c = b->of[i];
		struct subject *s = &b->cases[i];

		s->beside = find_case(b, c->beside);
		if (!c->beside || s->beside) {
			s->goal = c->goal;
			s->part = c->part;
		}
	}
}

static int make_subjects(struct bench *b)
{
	b->cases = calloc(bench_n_cases, sizeof(*b->cases));
	b->n = 0;
	for (size_t i = 0; b->cases && i < bench_n_cases; i++) {
		const struct bench_case *c = &bench_cases[i];
		struct subject *s = &b->cases[b->n];

		if (!wanted(b, c))
			continue;
		*s = (struct subject){ .name = c->name,
				       .goal_r = c->goal_r,
				       .change = c->change,
				       .vary = c->vary,
				       .verdict = c->verdict,
				       .reason = c->reason,
				       .inst = &b->instances[c->config] };
		frame_make(&c->layers, &s->frame);
		if (c->before)
			frame_make(c->before, &s->before);
		b->of[b->n++] = c;
	}
	if (b->cases)
		set_goals(b);
	return b->cases ? 0 : -1;
}

static void make_instances(struct bench *b)
{
	int used[CONFIGS] = { 0 };

	for (size_t i = 0; i < b->n; i++)
		used[b->of[i]->config] = 1;
	for (enum config config = 0; config < CONFIGS; config++) {
		b->instances[config] = (struct instance){ -1, -1 };
		if (used[config])
			instance_make(config, &b->instances[config],
				      b->config_why[config]);
	}
}

static void attach_case(struct bench *b, size_t i)
{
	const struct bench_case *c = b->of[i];
	struct subject *s = &b->cases[i];

	if (*b->config_why[c->config])
		memcpy(s->why, b->config_why[c->config], sizeof(s->why));
	if (!*s->why && c->before)
		verify_before(s->inst, &s->before, s->why);
	if (!*s->why && !verify_case(c, s->inst, &s->frame, s->why))
		measure_attach(s, s->inst->prog, b->units.drop, &b->plan);
}

static int attach_all(struct bench *b)
{
	char why[BENCH_WHY];

	if (units_attach(&b->units, &b->plan, why)) {
		fprintf(stderr, "bench: %s\n", why);
		return -1;
	}
	make_instances(b);
	for (size_t i = 0; i < b->n; i++)
		attach_case(b, i);
	return 0;
}

static void detach_all(struct bench *b)
{
	for (size_t i = 0; i < b->n; i++)
		measure_detach(&b->cases[i]);
	for (enum config config = 0; config < CONFIGS; config++)
		instance_close(&b->instances[config]);
	units_detach(&b->units);
}

static void round_all(struct bench *b, bool keep)
{
	units_round(&b->units, keep, &b->plan);
	for (size_t i = 0; i < b->n; i++)
		measure_round(&b->cases[i], keep, &b->plan);
}

static int measure_all(struct bench *b)
{
	for (int pass = 0; pass < b->plan.passes; pass++) {
		if (attach_all(b))
			return -1;
		round_all(b, false);
		for (int round = 0; round < b->plan.rounds; round++)
			round_all(b, true);
		detach_all(b);
	}
	for (enum unit unit = 0; unit < UNITS; unit++)
		measure_sum_up(&b->units.subject[unit]);
	for (size_t i = 0; i < b->n; i++)
		measure_sum_up(&b->cases[i]);
	return 0;
}

static int write_json(const struct report *r)
{
	const char *build = getenv("BUILD");
	char path[256];
	FILE *out;

	snprintf(path, sizeof(path), "%s/bench.json", build ? build : "build");
	out = fopen(path, "w");
	if (!out) {
		fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
		return -1;
	}
	report_json(r, out);
	return fclose(out);
}

/* 0: every unit and case has its number. */
static int report_all(struct bench *b)
{
	struct report r = { &b->units, b->cases, b->n, &b->plan };
	int err = 0;

	for (enum unit unit = 0; unit < UNITS; unit++)
		err |= *b->units.subject[unit].why != '\0';
	for (size_t i = 0; i < b->n; i++)
		err |= *b->cases[i].why != '\0';
	if (b->smoke) {
		report_tap(&r, stdout);
		return err;
	}
	report_table(&r, stdout);
	return write_json(&r) ? -1 : err;
}

static int parse(struct bench *b, int argc, char **argv)
{
	static const struct option options[] = {
		{ "smoke", no_argument, NULL, 's' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "only", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	b->plan = (struct measure_plan){ 9, 3, 8, 20, 1 << 20 };
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's') {
			b->smoke = 1;
			b->plan = (struct measure_plan){ 1, 1, 1, 1, 1 << 12 };
		} else if (option == 'r') {
			b->plan.rounds = atoi(optarg);
		} else if (option == 'o') {
			b->only = optarg;
		} else {
			return -1;
		}
	}
	return optind < argc || b->plan.rounds < 1 ? -1 : 0;
}

int main(int argc, char **argv)
{
	static struct bench b;
	char why[BENCH_WHY];
	int err;

	if (argc > 2 && !strcmp(argv[1], "--command"))
		return rusage_run(argv + 2);
	if (argc == 5 && !strcmp(argv[1], "--list"))
		return list_write(stdout, argv[2], (uint32_t)atol(argv[3]), (uint32_t)atol(argv[4])) ? 2 : 0;
	if (parse(&b, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	libbpf_set_print(quiet);
	stay_on_this_cpu();
	if (make_subjects(&b) || units_open(&b.units, &b.plan, why)) {
		fprintf(stderr, "bench: %s\n", b.cases ? why : "no memory");
		return 1;
	}
	err = measure_all(&b) || report_all(&b);
	for (size_t i = 0; i < b.n; i++)
		measure_free(&b.cases[i]);
	units_close(&b.units);
	free(b.cases);
	return err;
}
