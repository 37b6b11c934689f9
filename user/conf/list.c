// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A list of prefixes, one a line, as block lists come. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "prefixes.h"
#include "reader.h"

struct list {
	struct sl_prefix *item;
	size_t n, room;
};

typedef unsigned __int128 wide;

int prefix_compare(const struct sl_prefix *a, const struct sl_prefix *b)
{
	int order;

	if (a->addr.family != b->addr.family)
		return a->addr.family < b->addr.family ? -1 : 1;
	order = memcmp(a->addr.octet, b->addr.octet, sizeof(a->addr.octet));
	return order ? order : (int)a->length - (int)b->length;
}

static int compare(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

size_t prefixes_sort(struct sl_prefix *p, size_t n)
{
	bool sorted = true;
	size_t i, kept = 1;

	for (i = 1; i < n && sorted; i++)
		sorted = prefix_compare(&p[i - 1], &p[i]) < 0;
	if (sorted)
		return n;
	qsort(p, n, sizeof(*p), compare);
	for (i = 1; i < n; i++)
		if (prefix_compare(&p[kept - 1], &p[i]))
			p[kept++] = p[i];
	return kept;
}

static int append(struct list *list, const struct sl_prefix *p)
{
	size_t room = list->room ? 2 * list->room : 1024;
	struct sl_prefix *item;

	if (list->n == list->room) {
		item = realloc(list->item, room * sizeof(*item));
		if (!item)
			return -ENOMEM;
		list->item = item;
		list->room = room;
	}
	list->item[list->n++] = *p;
	return 0;
}

static wide number_of(const struct sl_address *a)
{
	size_t i, size = a->family == 6 ? 16 : 4;
	wide number = 0;

	for (i = 0; i < size; i++)
		number = number << 8 | a->octet[i];
	return number;
}

static struct sl_prefix prefix_of(wide number, uint8_t family, unsigned length)
{
	struct sl_prefix p = { .addr.family = family, .length = (uint8_t)length };
	size_t i, size = family == 6 ? 16 : 4;

	for (i = size; i > 0; i--, number >>= 8)
		p.addr.octet[i - 1] = (uint8_t)number;
	return p;
}

static wide low_bits(unsigned bits)
{
	return bits == 128 ? ~(wide)0 : ((wide)1 << bits) - 1;
}

/* The fewest prefixes that cover low to high, ends included. */
static int append_range(struct list *list, const struct sl_address *low,
			const struct sl_address *high)
{
	unsigned bits, width = low->family == 6 ? 128 : 32;
	wide from = number_of(low), to = number_of(high), end;
	struct sl_prefix p;

	for (;; from = end + 1) {
		bits = 0;
		while (bits < width && !(from >> bits & 1) &&
		       (from | low_bits(bits + 1)) <= to)
			bits++;
		p = prefix_of(from, low->family, width - bits);
		if (append(list, &p))
			return -ENOMEM;
		end = from | low_bits(bits);
		if (end == to)
			return 0;
	}
}

static bool is_one(const struct sl_prefix *p)
{
	return p->length == (p->addr.family == 6 ? 128 : 32);
}

/* "a-b" or a prefix. */
static int take_word(struct list *list, char *word, struct sl_error *x)
{
	char *dash = strchr(word, '-');
	struct sl_prefix low, high;

	if (!dash)
		return conf_prefix(word, &low, x) ? -EINVAL : append(list, &low);
	*dash = '\0';
	if (conf_prefix(word, &low, x) || conf_prefix(dash + 1, &high, x))
		return -EINVAL;
	if (!is_one(&low) || !is_one(&high) ||
	    low.addr.family != high.addr.family ||
	    number_of(&low.addr) > number_of(&high.addr))
		return sl_fail(x, EINVAL,
			       "%s-%s: expected a range from low to high", word,
			       dash + 1);
	return append_range(list, &low.addr, &high.addr);
}

static int take_line(struct list *list, char *line, size_t length,
		     struct sl_error *x)
{
	static const char blank[] = " \t\r\n\v\f";

	if (strlen(line) != length)
		return sl_fail(x, EINVAL, "not a text file: expected a prefix");
	line[strcspn(line, "#;")] = '\0';
	line += strspn(line, blank);
	line[strcspn(line, blank)] = '\0';
	return *line ? take_word(list, line, x) : 0;
}

static int take_all(const char *name, FILE *in, int skip_bad, struct list *list,
		    struct conf_report *report)
{
	struct sl_error x;
	autofree char *line = NULL;
	size_t room = 0, number = 0;
	ssize_t length;
	int err;

	while ((length = getline(&line, &room, in)) >= 0) {
		number++;
		err = take_line(list, line, (size_t)length, &x);
		if (err == -ENOMEM)
			return err;
		if (err && skip_bad)
			report_line(&report->warnings, &report->n_warnings,
				    "%s:%zu: %s", name, number, x.text);
		else if (err)
			report_line(&report->errors, &report->n_errors,
				    "%s:%zu: %s", name, number, x.text);
	}
	if (ferror(in))
		report_line(&report->errors, &report->n_errors,
			    "%s: cannot be read: %s", name, strerror(errno));
	report_more(&report->errors, report->n_errors, name, "errors");
	report_more(&report->warnings, report->n_warnings, name, "warnings");
	return report->n_errors ? -EINVAL : 0;
}

int conf_prefix_list(const char *name, FILE *in, int skip_bad,
		     struct sl_prefix **out, size_t *n,
		     struct conf_report *report)
{
	struct list list = { 0 };
	int err = take_all(name, in, skip_bad, &list, report);

	if (err) {
		free(list.item);
		return err;
	}
	*n = prefixes_sort(list.item, list.n);
	*out = list.item;
	return 0;
}
