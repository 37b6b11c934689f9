/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Findings, as checks make them. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exam.h"

const char *doctor_state_name(enum doctor_state state)
{
	static const char *const names[] = { "ok", "warn", "bad", "unknown" };

	return names[state];
}

/* What others named may hold anything; a script has it in a comment. */
static void one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

void found(struct doctor_exam *exam, enum doctor_state state, const char *seen, ...)
{
	struct doctor_report *report = exam->report;
	struct doctor_finding *grown, *f;
	va_list args;

	grown = realloc(report->finding, (report->n + 1) * sizeof(*grown));
	if (!grown) {
		exam->failed = true;
		return;
	}
	report->finding = grown;
	f = &grown[report->n++];
	*f = (struct doctor_finding){ .check = exam->check, .state = state };
	if (exam->nic)
		snprintf(f->interface, sizeof(f->interface), "%s", exam->nic->name);
	va_start(args, seen);
	vsnprintf(f->seen, sizeof(f->seen), seen, args);
	va_end(args);
	one_line(f->seen);
	report->count[state]++;
}

static void add(struct doctor_exam *exam, const char *before, const char *command, va_list args)
{
	struct doctor_finding *f;
	char *longer;
	char line[2 * LINE];

	if (exam->failed)
		return;
	f = &exam->report->finding[exam->report->n - 1];
	vsnprintf(line, sizeof(line), command, args);
	one_line(line);
	if (asprintf(&longer, "%s%s%s\n", f->mend ? f->mend : "", before, line) < 0) {
		exam->failed = true;
		return;
	}
	free(f->mend);
	f->mend = longer;
}

void mend(struct doctor_exam *exam, const char *command, ...)
{
	va_list args;

	va_start(args, command);
	add(exam, "", command, args);
	va_end(args);
}

void advise(struct doctor_exam *exam, const char *command, ...)
{
	va_list args;

	va_start(args, command);
	add(exam, "# ", command, args);
	va_end(args);
}

struct word word_of(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,:/@%+-";
	struct word word = { "" };
	size_t used = 0, room = sizeof(word.text) - 2;

	if (*name && !name[strspn(name, plain)]) {
		snprintf(word.text, sizeof(word.text), "%s", name);
		return word;
	}
	word.text[used++] = '\'';
	for (; *name && used + 4 < room; name++) {
		if (*name == '\'') {
			memcpy(word.text + used, "'\\''", 4);
			used += 4;
		} else {
			word.text[used++] = *name;
		}
	}
	word.text[used] = '\'';
	return word;
}

int doctor_examine(const struct doctor_host *host, struct doctor_report *report, struct sl_error *x)
{
	struct doctor_exam exam = { .host = host, .report = report };

	for (size_t i = 0; i < n_doctor_checks; i++) {
		exam.check = &doctor_checks[i];
		exam.nic = NULL;
		if (!exam.check->each)
			exam.check->look(&exam);
		for (size_t at = 0; exam.check->each && at < host->n_nics; at++) {
			exam.nic = &host->nics[at];
			exam.check->look(&exam);
		}
	}
	return exam.failed ? sl_fail(x, ENOMEM, "doctor: no memory") : 0;
}

void doctor_report_clear(struct doctor_report *report)
{
	for (size_t i = 0; i < report->n; i++)
		free(report->finding[i].mend);
	free(report->finding);
	*report = (struct doctor_report){ 0 };
}
