// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Prints what was measured. */
#include <string.h>
#include <sys/utsname.h>

#include "report.h"

static double h_of(const struct report *r)
{
	return r->units->subject[UNIT_H].extra_ns;
}

static double r_of(const struct report *r)
{
	return r->units->subject[UNIT_R].extra_ns;
}

/* What it may cost more than what it is compared with. */
static double allowed(const struct report *r, const struct subject *s)
{
	if (!s->beside)
		return s->goal > 0 ? s->goal * h_of(r) : s->goal_r * r_of(r);
	if (s->part > 0)
		return s->beside->extra_ns + s->part * (r->units->floor_ns + s->beside->extra_ns);
	return s->beside->extra_ns + s->goal * h_of(r);
}

static bool has_goal(const struct subject *s)
{
	return s->goal > 0 || s->goal_r > 0 || (s->part > 0 && s->beside);
}

static bool is_met(const struct report *r, const struct subject *s)
{
	return s->extra_ns <= allowed(r, s);
}

static void table_row(const struct report *r, const struct subject *s,
		      FILE *out)
{
	fprintf(out, "%-42s", s->name);
	if (*s->why) {
		fprintf(out, " not measured: %s\n", s->why);
		return;
	}
	fprintf(out, " %8.1f %8.1f %7.2f %7.2f", s->extra_ns, s->median_ns,
		s->extra_ns / h_of(r), s->extra_ns / r_of(r));
	if (s->part > 0 && s->beside)
		fprintf(out, "  +%.0f %% of whole: %s", s->part * 100,
			is_met(r, s) ? "met" : "missed");
	else if (s->goal > 0)
		fprintf(out, "  <= %s%.3g H: %s", s->beside ? "+" : "", s->goal,
			is_met(r, s) ? "met" : "missed");
	else if (s->goal_r > 0)
		fprintf(out, "  <= %.3g R: %s", s->goal_r,
			is_met(r, s) ? "met" : "missed");
	fputc('\n', out);
}

static void processor(char name[64])
{
	char line[256];
	FILE *info = fopen("/proc/cpuinfo", "r");

	strcpy(name, "unknown processor");
	while (info && fgets(line, sizeof(line), info))
		if (sscanf(line, "model name : %63[^\n]", name) == 1)
			break;
	if (info)
		fclose(info);
}

void report_table(const struct report *r, FILE *out)
{
	struct utsname host = { .release = "" };
	char cpu[64];

	uname(&host);
	processor(cpu);
	fprintf(out,
		"Nanoseconds a packet over the floor, `return XDP_DROP` (%.0f ns here); one core,\n"
		"%d rounds of %u packets (1 M flows: %u), %s, Linux %s.\n"
		"H: one hot lookup in a BPF hash, %.1f ns. R: one random lookup in the same, %.1f ns.\n\n",
		r->units->floor_ns, r->plan->passes * r->plan->rounds,
		measure_packets(r->plan->windows),
		measure_packets(r->plan->flow_windows), cpu, host.release,
		h_of(r), r_of(r));
	fprintf(out, "%-42s %8s %8s %7s %7s  %s\n", "packet", "minimum",
		"median", "in H", "in R", "goal");
	for (size_t i = 0; i < r->n; i++)
		table_row(r, &r->cases[i], out);
	for (enum unit unit = 0; unit < UNITS; unit++)
		table_row(r, &r->units->subject[unit], out);
}

static void json_row(const struct report *r, const struct subject *s, FILE *out)
{
	double floor = r->units->floor_ns;

	fprintf(out, "{\"name\": \"%s\", ", s->name);
	if (*s->why) {
		fputs("\"min_ns\": null, \"median_ns\": null, \"extra_ns\": null, \"h\": null, \"r\": null, "
		      "\"goal\": null, \"met\": null, \"why\": \"",
		      out);
		for (const char *c = s->why; *c; c++)
			fputc(*c == '"' || *c == '\\' || *c < ' ' ? '\'' : *c,
			      out);
		fputs("\"}", out);
		return;
	}
	fprintf(out,
		"\"min_ns\": %.2f, \"median_ns\": %.2f, \"extra_ns\": %.2f, \"h\": %.3f, \"r\": %.3f, ",
		floor + s->extra_ns, floor + s->median_ns, s->extra_ns,
		s->extra_ns / h_of(r), s->extra_ns / r_of(r));
	if (has_goal(s))
		fprintf(out, "\"goal\": %.2f, \"met\": %s}", allowed(r, s) / h_of(r),
			is_met(r, s) ? "true" : "false");
	else
		fputs("\"goal\": null, \"met\": null}", out);
}

void report_json(const struct report *r, FILE *out)
{
	fprintf(out,
		"[\n  {\"name\": \"floor\", \"min_ns\": %.2f, \"median_ns\": null, \"extra_ns\": 0, "
		"\"h\": 0, \"r\": 0, \"goal\": null, \"met\": null}",
		r->units->floor_ns);
	for (enum unit unit = 0; unit < UNITS; unit++) {
		fputs(",\n  ", out);
		json_row(r, &r->units->subject[unit], out);
	}
	for (size_t i = 0; i < r->n; i++) {
		fputs(",\n  ", out);
		json_row(r, &r->cases[i], out);
	}
	fputs("\n]\n", out);
}

void report_tap(const struct report *r, FILE *out)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct subject *s = &r->cases[i];

		fprintf(out, "%s %zu - %s does its work in every packet\n",
			*s->why ? "not ok" : "ok", i + 1, s->name);
		if (*s->why)
			fprintf(out, "# %s\n", s->why);
	}
	fprintf(out, "1..%zu\n", r->n);
}
