// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A list of prefixes, one a line, as block lists come. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "prefixes.h"
#include "reader.h"

enum { LINE_MOST = 65535, PROGRESS_EVERY = 1 << 16 };

/* ---- lines ------------------------------------------------------------ */

struct lines {
	FILE *in;
	size_t at, n;			/* what is left of text */
	size_t number;			/* of the last line, from 1 */
	int error;			/* errno of reading */
	char text[LINE_MOST + 1];
};

/* False: nothing more comes. */
static bool fill(struct lines *l)
{
	size_t got;

	memmove(l->text, l->text + l->at, l->n - l->at);
	l->n -= l->at;
	l->at = 0;
	got = fread(l->text + l->n, 1, LINE_MOST - l->n, l->in);
	l->error = !got && ferror(l->in) ? errno : 0;
	l->n += got;
	return got;
}

/* The next line, without its end; NULL: there is none, or it is too long. */
static char *next_line(struct lines *l, size_t *length)
{
	char *line, *end;

	do {
		line = l->text + l->at;
		end = memchr(line, '\n', l->n - l->at);
	} while (!end && fill(l));
	line = l->text + l->at;
	if (!end && (l->at == l->n || l->n == LINE_MOST || l->error))
		return NULL;
	if (!end)
		end = l->text + l->n; /* the last line, and no end to it */
	*end = '\0';
	*length = (size_t)(end - line);
	l->at = (size_t)(end - l->text) + (l->at + *length < l->n);
	l->number++;
	return line;
}

static void skip_mark(struct lines *l)
{
	static const char mark[] = { '\xef', '\xbb', '\xbf' };

	if (fill(l) && l->n >= sizeof(mark) &&
	    !memcmp(l->text, mark, sizeof(mark)))
		l->at = sizeof(mark);
}

/* ---- words ------------------------------------------------------------ */

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char *skip_blank(char *s)
{
	while (is_blank(*s))
		s++;
	return s;
}

/* Ends the word at `s`; what follows it, "" if that is a comment. */
static char *cut_word(char *s)
{
	char was;

	while (*s && !is_blank(*s) && *s != '#' && *s != ';')
		s++;
	was = *s;
	*s = '\0';
	return is_blank(was) ? skip_blank(s + 1) : s;
}

/* Decimal, up to `most`, without zeros before it. */
static bool quick_number(const char **s, unsigned most, unsigned *out)
{
	const char *p = *s;
	unsigned value = 0;

	while (*p >= '0' && *p <= '9' && p - *s < 3)
		value = value * 10 + (unsigned)(*p++ - '0');
	if (p == *s || value > most || (**s == '0' && p - *s > 1))
		return false;
	*s = p;
	*out = value;
	return true;
}

/* A plain IPv4 prefix; what this does not take, conf_prefix() judges. */
static bool quick_prefix(const char *word, struct sl_prefix *out)
{
	struct sl_prefix p = { .addr.family = 4 };
	unsigned i, part, length = 32;
	uint32_t addr = 0;

	for (i = 0; i < 4; i++) {
		if ((i && *word++ != '.') || !quick_number(&word, 255, &part))
			return false;
		p.addr.octet[i] = (uint8_t)part;
		addr = addr << 8 | part;
	}
	if (*word == '/' && (word++, !quick_number(&word, 32, &length)))
		return false;
	if (*word || (length < 32 && addr << length))
		return false;
	p.length = (uint8_t)length;
	*out = p;
	return true;
}

static int read_prefix(const char *word, struct sl_prefix *out,
		       struct sl_error *x)
{
	return quick_prefix(word, out) ? 0 : conf_prefix(word, out, x);
}

static bool is_one(const struct sl_prefix *p)
{
	return p->length == (p->addr.family == 6 ? 128 : 32);
}

static int take_range(struct prefixes *list, const char *from, const char *to,
		      struct sl_error *x)
{
	bool both = *from && *to;
	struct sl_prefix low, high;
	int err = -EINVAL;

	if (both && (read_prefix(from, &low, x) || read_prefix(to, &high, x)))
		return -EINVAL;
	if (both && is_one(&low) && is_one(&high))
		err = prefixes_add_range(list, &low.addr, &high.addr);
	if (err == -EINVAL)
		sl_fail(x, EINVAL,
			"%.64s-%.64s: expected a range from low to high", from,
			to);
	return err;
}

/* "a" or "a-b" */
static int take_word(struct prefixes *list, char *word, struct sl_error *x)
{
	char *dash = strchr(word, '-');
	struct sl_prefix p;

	if (!dash)
		return read_prefix(word, &p, x) ? -EINVAL :
						  prefixes_add(list, &p);
	*dash = '\0';
	return take_range(list, word, dash + 1, x);
}

/* There are lists with two columns of addresses, and what is meant by them is
 * not for us to guess. */
static int refuse_second(const char *word, char *rest, struct sl_error *x)
{
	struct sl_prefix second;

	if (!*rest || !strchr("0123456789abcdefABCDEF:", *rest))
		return 0;
	cut_word(rest);
	rest[strcspn(rest, "-")] = '\0';
	if (read_prefix(rest, &second, NULL))
		return 0;
	return sl_fail(
		x, EINVAL,
		"%.64s %.64s: two on a line: expected one, or a range low-high",
		word, rest);
}

/* A prefix, "a-b" or "a - b"; words behind it mean nothing here. */
static int take_line(struct prefixes *list, char *line, struct sl_error *x)
{
	char *word = skip_blank(line), *rest = cut_word(word), *high;
	size_t n = list->n;
	int err;

	if (!*word)
		return 0;
	if (*rest == '-') {
		high = skip_blank(rest + 1);
		rest = cut_word(high);
		err = take_range(list, word, high, x);
	} else {
		err = take_word(list, word, x);
	}
	if (err)
		return err;
	err = refuse_second(word, rest, x);
	if (err)
		list->n = n; /* what was taken of the line */
	return err;
}

/* ---- the whole -------------------------------------------------------- */

/* What somebody else wrote is not for a terminal to obey. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static void bad_line(const struct conf_list *from, const struct lines *l,
		     struct sl_error *x, struct conf_report *report)
{
	make_plain(x->text);
	if (from->skip_bad)
		report_line(&report->warnings, &report->n_warnings,
			    "%s:%zu: %s", from->name, l->number, x->text);
	else
		report_line(&report->errors, &report->n_errors, "%s:%zu: %s",
			    from->name, l->number, x->text);
}

/* Why there is no next line; nothing is said of the end. */
static void end_of_lines(const struct conf_list *from, const struct lines *l,
			 struct conf_report *report)
{
	if (l->error)
		report_line(&report->errors, &report->n_errors,
			    "%s: cannot be read: %s", from->name,
			    strerror(l->error));
	else if (l->at < l->n)
		report_line(&report->errors, &report->n_errors,
			    "%s:%zu: longer than %d octets: expected a prefix on each line",
			    from->name, l->number + 1, LINE_MOST - 1);
}

static int take_all(const struct conf_list *from, struct lines *l,
		    struct prefixes *list, struct conf_report *report)
{
	struct sl_error x;
	size_t length = 0;
	char *line;
	int err;

	skip_mark(l);
	while ((line = next_line(l, &length))) {
		if (strlen(line) != length) {
			report_line(&report->errors, &report->n_errors,
				    "%s:%zu: not a text file: expected a prefix on each line",
				    from->name, l->number);
			return 0;
		}
		err = take_line(list, line, &x);
		if (err == -ENOMEM)
			return err;
		if (err)
			bad_line(from, l, &x, report);
		if (from->progress && l->number % PROGRESS_EVERY == 0)
			from->progress(from->arg, l->number);
	}
	end_of_lines(from, l, report);
	return 0;
}

int conf_list_read(const struct conf_list *from, struct sl_prefix **out,
		   size_t *n, struct conf_report *report)
{
	autofree struct lines *l = malloc(sizeof(*l));
	struct prefixes list = { 0 };
	int err = -ENOMEM;

	if (l) {
		*l = (struct lines){ .in = from->in };
		err = take_all(from, l, &list, report);
	}
	report_more(&report->errors, report->n_errors, from->name, "errors");
	report_more(&report->warnings, report->n_warnings, from->name,
		    "warnings");
	if (!err && report->n_errors)
		err = -EINVAL;
	if (err) {
		free(list.item);
		return err;
	}
	*n = prefixes_sort(list.item, list.n);
	*out = list.item;
	return 0;
}

int conf_prefix_list(const char *name, FILE *in, int skip_bad,
		     struct sl_prefix **out, size_t *n,
		     struct conf_report *report)
{
	struct conf_list from = { .name = name, .in = in, .skip_bad = skip_bad };

	return conf_list_read(&from, out, n, report);
}
