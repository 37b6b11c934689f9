/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One line for each change of state, for people or as JSON. */
#include "log.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct { enum log_form form; const char *process; bool to_journal; } to;

/* By syslog(3)'s numbers, which the journal takes in front of a line. */
static const struct { const char *word, *before; int priority; } levels[] = {
	[LOG_IS_ERROR] = { "error", "error: ", 3 },
	[LOG_IS_WARNING] = { "warning", "warning: ", 4 },
	[LOG_IS_NOTICE] = { "notice", "", 5 },
	[LOG_IS_DEBUG] = { "debug", "", 7 },
};

/* Is standard error the journal's? It adds the time then. */
static bool is_journal(void)
{
	const char *journal = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return journal && sscanf(journal, "%llu:%llu", &device, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &st) && st.st_dev == device && st.st_ino == inode;
}

void log_open(enum log_form form, const char *process)
{
	to.form = form;
	to.process = process;
	to.to_journal = is_journal();
}

/* What others wrote may stand in a sentence: it stays on its line, and text. */
static void clean(char *text)
{
	json_t *string;

	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	string = json_string(text);	/* NULL: no UTF-8 */
	for (char *c = text; *c && !string; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	json_decref(string);
}

/* In one piece: others write there too. */
static void write_line(const char *text)
{
	char *line = NULL;
	int n = asprintf(&line, "%s\n", text);

	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
		n = 0;		/* nobody is left to be told */
	if (n >= 0)
		free(line);
}

static void write_text(enum log_level level, const char *object, const char *sentence)
{
	char line[1100], now[32] = "";
	time_t seconds = time(NULL);
	struct tm tm;

	if (to.to_journal)
		snprintf(now, sizeof(now), "<%d>", levels[level].priority);
	else if (localtime_r(&seconds, &tm))
		strftime(now, sizeof(now), "%F %T ", &tm);
	snprintf(line, sizeof(line), "%s%s%s: %s", now, levels[level].before, object, sentence);
	write_line(line);
}

static void write_json(enum log_level level, const char *object, const char *sentence)
{
	struct timespec t = { 0 };
	char date[32] = "", now[48];
	struct tm tm;
	json_t *line;
	char *text;

	clock_gettime(CLOCK_REALTIME, &t);
	if (gmtime_r(&t.tv_sec, &tm))
		strftime(date, sizeof(date), "%FT%T", &tm);
	snprintf(now, sizeof(now), "%s.%03dZ", date, (int)(t.tv_nsec / 1000000));
	line = json_pack("{ss, ss, ss, ss, ss}", "time", now, "level", levels[level].word,
			 "process", to.process, "object", object, "text", sentence);
	text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	if (text)
		write_line(text);
	free(text);
	json_decref(line);
}

void log_line(enum log_level level, const char *object, const char *format, ...)
{
	char sentence[768], who[256];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	snprintf(who, sizeof(who), "%s", object);
	clean(sentence);
	clean(who);
	if (to.form == LOG_JSON)
		write_json(level, who, sentence);
	else
		write_text(level, who, sentence);
}
