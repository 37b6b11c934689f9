/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sentences, and how sluice ends after them. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sluice/scope.h>

#include "../conf/arena.h"
#include "cli.h"

int fail_with(struct cli *cli, int end, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(cli->x.text, sizeof(cli->x.text), format, args);
	va_end(args);
	output_error("%s", cli->x.text);
	return end;
}

int fail(struct cli *cli, int err)
{
	output_error("%s", cli->x.text[0] ? cli->x.text : strerror(-err));
	return err == -EINVAL ? USAGE : REFUSED;
}

int fail_open(struct cli *cli, int err)
{
	if (err == -ENOENT)
		return fail_with(cli, ABSENT, "instance %s is not running: sluice apply or sluice attach starts it", cli->instance);
	fail(cli, err);
	return err == -EBUSY ? LOCKED : REFUSED;
}

int report_end(struct cli *cli, struct conf_report *report, int err)
{
	if (report->warnings && !cli->opt.quiet)
		output_lines("warning: ", report->warnings);
	if (report->errors)
		output_lines("", report->errors);
	else if (err)
		output_error("%s", strerror(-err));
	conf_report_clear(report);
	return err ? USAGE : 0;
}

int report_sentences(struct cli *cli, const char *who, struct conf_report *report, int err)
{
	char *rest = report->warnings, *line;

	while (!err && (line = strsep(&rest, "\n")))
		output_note(cli->out, "%s: %s", who, conf_sentence(line));
	rest = report->errors;
	while ((line = strsep(&rest, "\n")))
		output_error("%s: %s", who, conf_sentence(line));
	if (err && !report->errors)
		output_error("%s", strerror(-err));
	conf_report_clear(report);
	return err ? USAGE : 0;
}

static void note(void *arg, const char *sentence)
{
	output_note(arg, "%s", sentence);
}

struct notes notes_of(struct cli *cli)
{
	return (struct notes){ note, cli->out };
}

void put_list(struct text *t, const char *key, const char *value)
{
	autofree char *copy = strdup(value);
	char *rest = copy, *word;
	size_t n = 0;

	text_add(t, "%s: ", key);
	if (!copy || !strchr(value, ',')) {
		text_word(t, value);
		return;
	}
	text_add(t, "[");
	while ((word = strsep(&rest, ","))) {
		text_add(t, "%s", n++ ? ", " : "");
		text_word(t, word);
	}
	text_add(t, "]");
}
