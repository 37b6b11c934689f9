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

#include "report.h"
#include "verify.h"

static const char usage[] =
	"usage: bench [--smoke] [--rounds N] [--only WORDS]\n"
	"  --smoke       few packets, prints TAP: does every case do its work?\n"
	"  --rounds N    9 or more, default 25\n"
	"  --only WORDS  only cases whose name contains them\n"
	"The result goes to standard output and, as JSON, to $BUILD/bench.json.\n";

struct bench {
	int smoke;
	const char *only;
	struct measure_plan plan;
	struct units units;
	struct instance instances[CONFIGS];
	char config_why[CONFIGS][BENCH_WHY];
	struct subject *cases;
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

static void make_instances(struct bench *b)
{
	int used[CONFIGS] = { 0 };

	for (size_t i = 0; i < bench_n_cases; i++)
		used[bench_cases[i].config] |= wanted(b, &bench_cases[i]);
	for (enum config config = 0; config < CONFIGS; config++) {
		b->instances[config] = (struct instance){ -1, -1 };
		if (used[config])
			instance_make(config, &b->instances[config],
				      b->config_why[config]);
	}
}

static void open_case(struct bench *b, const struct bench_case *c)
{
	struct subject *s = &b->cases[b->n++];
	const struct instance *inst = &b->instances[c->config];

	*s = (struct subject){ .name = c->name,
			       .goal = c->goal,
			       .change = c->change,
			       .vary = c->vary,
			       .verdict = c->verdict,
			       .reason = c->reason,
			       .inst = inst };
	frame_make(&c->layers, &s->frame);
	if (*b->config_why[c->config])
		memcpy(s->why, b->config_why[c->config], sizeof(s->why));
	else if (!verify_case(c, inst, &s->frame, s->why))
		measure_open(s, inst->prog, b->units.drop, &b->plan);
}

static int open_all(struct bench *b)
{
	char why[BENCH_WHY];

	if (units_open(&b->units, &b->plan, why)) {
		fprintf(stderr, "bench: %s\n", why);
		return -1;
	}
	make_instances(b);
	b->cases = calloc(bench_n_cases, sizeof(*b->cases));
	for (size_t i = 0; b->cases && i < bench_n_cases; i++)
		if (wanted(b, &bench_cases[i]))
			open_case(b, &bench_cases[i]);
	return b->cases ? 0 : -1;
}

/* Round 0 comes twice: the first time warms the tables and is overwritten. */
static void measure_all(struct bench *b)
{
	for (int round = -1; round < b->plan.rounds; round++) {
		int at = round < 0 ? 0 : round;

		units_round(&b->units, at, &b->plan);
		for (size_t i = 0; i < b->n; i++)
			measure_round(&b->cases[i], at, &b->plan);
	}
	for (enum unit unit = 0; unit < UNITS; unit++)
		measure_sum_up(&b->units.subject[unit], &b->plan);
	for (size_t i = 0; i < b->n; i++)
		measure_sum_up(&b->cases[i], &b->plan);
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

static void close_all(struct bench *b)
{
	for (size_t i = 0; i < b->n; i++)
		measure_close(&b->cases[i]);
	for (enum config config = 0; config < CONFIGS; config++)
		instance_close(&b->instances[config]);
	units_close(&b->units);
	free(b->cases);
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

	b->plan = (struct measure_plan){ 25, 8, 40, 1 << 20 };
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's') {
			b->smoke = 1;
			b->plan = (struct measure_plan){ 1, 1, 1, 1 << 12 };
		} else if (option == 'r') {
			b->plan.rounds = atoi(optarg);
		} else if (option == 'o') {
			b->only = optarg;
		} else {
			return -1;
		}
	}
	return optind < argc || (!b->smoke && b->plan.rounds < 9) ? -1 : 0;
}

int main(int argc, char **argv)
{
	static struct bench b;
	int err;

	if (parse(&b, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	libbpf_set_print(quiet);
	stay_on_this_cpu();
	if (open_all(&b))
		return 1;
	measure_all(&b);
	err = report_all(&b);
	close_all(&b);
	return err ? 1 : 0;
}
