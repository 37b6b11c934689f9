// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Random lists of prefixes, good lines and damaged ones: the reader and a slow,
 * obvious one of a single line agree on each line, and on the whole list.
 * SEED=N repeats a run.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sluice/scope.h>
#include <user/conf/conf.h>

#include "tests/unit/random.h"

enum { LISTS = 30, LINES = 2000, LINE_ROOM = 256 };

typedef unsigned __int128 wide;

static struct rnd rnd;

/* ---- the slow reader -------------------------------------------------- */

struct range { uint8_t family; wide low, high; };

enum verdict { NOTHING, GOOD, BAD };

static bool slow_address(const char *word, uint8_t *family, wide *out)
{
	uint8_t octet[16];
	size_t i, size = strchr(word, ':') ? 16 : 4;

	if (inet_pton(size == 16 ? AF_INET6 : AF_INET, word, octet) != 1)
		return false;
	*family = size == 16 ? 6 : 4;
	for (*out = 0, i = 0; i < size; i++)
		*out = *out << 8 | octet[i];
	return *family == 4 || *out >> 32 != 0xffff;
}

static bool slow_prefix(const char *word, struct range *out)
{
	char addr[LINE_ROOM], length[8];
	wide size, number;
	unsigned most;

	snprintf(addr, sizeof(addr), "%s", word);
	if (strchr(addr, '/'))
		*strchr(addr, '/') = '\0';
	if (!slow_address(addr, &out->family, &number)) /* or mapped */
		return false;
	most = out->family == 6 ? 128 : 32;
	for (unsigned n = 0; n <= most; n++) {
		snprintf(length, sizeof(length), "/%u", n);
		if (strcmp(strchr(word, '/') ? strchr(word, '/') : "", n == most && !strchr(word, '/') ? "" : length))
			continue;
		size = most - n == 128 ? 0 : (wide)1 << (most - n);
		if (number & (size - 1))
			return false;
		out->low = number;
		out->high = number + (size - 1);
		return true;
	}
	return false;
}

static bool slow_range(const char *low, const char *high, struct range *out)
{
	struct range a, b;

	if (!slow_prefix(low, &a) || !slow_prefix(high, &b))
		return false;
	*out = (struct range){ a.family, a.low, b.low };
	return a.family == b.family && a.low == a.high && b.low == b.high &&
	       a.low <= b.low;
}

static bool slow_word(char *word, struct range *out)
{
	char *dash = strchr(word, '-');

	if (!dash)
		return slow_prefix(word, out);
	*dash = '\0';
	return slow_range(word, dash + 1, out);
}

static enum verdict slow_line(const char *line, struct range *out)
{
	static const char blank[] = " \t\r\n\v\f";
	char text[LINE_ROOM], *first, *second, *high;
	struct range other;
	bool good;

	snprintf(text, sizeof(text), "%s", line);
	text[strcspn(text, "#;")] = '\0';
	first = strtok(text, blank);
	if (!first)
		return NOTHING;
	second = strtok(NULL, blank);
	if (second && *second == '-') {
		high = second[1] ? second + 1 : strtok(NULL, blank);
		good = high && slow_range(first, high, out);
		second = strtok(NULL, blank);
	} else {
		good = slow_word(first, out);
	}
	if (second && strchr(second, '-'))
		*strchr(second, '-') = '\0';
	return good && !(second && slow_prefix(second, &other)) ? GOOD : BAD;
}

/* ---- lines ------------------------------------------------------------ */

static const char *one(const char *const *words)
{
	uint32_t n = 0;

	while (words[n])
		n++;
	return words[rnd_below(&rnd, n)];
}
#define ONE(...) one((const char *const[]){ __VA_ARGS__, NULL })

static void put_address(FILE *out, bool six, uint32_t number)
{
	if (six)
		fprintf(out, ONE("2001:db8::%x", "2001:DB8:0:0::%x", "::ffff:0.0.0.%u", "%x::"), number & 0xfff);
	else
		fprintf(out, "%u.%u.%u.%u", 192, number >> 16 & 1, number >> 8 & 7, number & 255);
}

static void put_line(FILE *out)
{
	bool six = rnd_one_in(&rnd, 3);
	uint32_t number = (uint32_t)rnd64(&rnd);

	if (rnd_one_in(&rnd, 2))
		number &= ~0u << rnd_below(&rnd, 12);
	fputs(ONE("", "", "", " ", "\t", "# ", ";"), out);
	put_address(out, six, number);
	switch (rnd_below(&rnd, 6)) {
	case 0:
		fprintf(out, "/%u", rnd_below(&rnd, six ? 140 : 36));
		break;
	case 1:
		fprintf(out, "/%u", (six ? 128 : 32) - rnd_below(&rnd, 12));
		break;
	case 2:
		fputs(ONE("-", " - ", "- ", " -", "--"), out);
		put_address(out, six, number + rnd_below(&rnd, 2000));
		break;
	case 3:
		fputs(ONE(" ", "\t", "/", ".", ","), out);
		put_address(out, six, number);
		break;
	}
	fputs(ONE("", "", "", " ", "\r", " x", " ; SBL1", "#c", " AD", " 24", "\v- "), out);
}

/* Without an end, and without octets that end it. */
static void random_line(char line[LINE_ROOM])
{
	static const char chars[] = "0123456789abf.:/-#; \t\r\v\f!x\x7f\xef";
	FILE *out = fmemopen(line, LINE_ROOM, "w");
	size_t n;

	put_line(out);
	putc('\0', out);
	fclose(out);
	while (rnd_one_in(&rnd, 3) && (n = strlen(line)))
		line[rnd_below(&rnd, (uint32_t)n)] = chars[rnd_below(&rnd, sizeof(chars) - 1)];
}

/* ---- comparing -------------------------------------------------------- */

static struct sl_prefix *fast(char *text, size_t length, size_t *n, size_t *bad)
{
	struct conf_report report = { 0 };
	struct sl_prefix *list = NULL;
	struct conf_list from = { .name = "l", .skip_bad = true };

	from.in = fmemopen(text, length, "r");
	assert_int_equal(conf_list_read(&from, &list, n, &report), 0);
	assert_int_equal(report.n_errors, 0);
	fclose(from.in);
	*bad = report.n_warnings;
	conf_report_clear(&report);
	return list;
}

static struct range range_of(const struct sl_prefix *p)
{
	unsigned most = p->addr.family == 6 ? 128 : 32;
	wide all = most == 128 ? ~(wide)0 : 0xffffffff;
	struct range r = { .family = p->addr.family };

	for (size_t i = 0; i < most / 8; i++)
		r.low = r.low << 8 | p->addr.octet[i];
	r.high = r.low + (p->length < most ? all >> p->length : 0);
	return r;
}

/* They are the range, in order, each as large as can be. */
static bool are_range(const struct sl_prefix *p, size_t n, const struct range *want)
{
	wide next = want->low;

	for (size_t i = 0; i < n; i++) {
		struct range r = range_of(&p[i]);
		wide size = r.high - r.low + 1;

		if (r.family != want->family || r.low != next || r.high > want->high)
			return false;
		if (!(r.low & size) && r.high + size <= want->high && size << 1)
			return false; /* its double lies within */
		next = r.high + 1;
	}
	return n && next == want->high + 1;
}

static void lines_are_read_as_by_the_slow_reader(void **state)
{
	size_t n, bad, seen[3] = { 0 };
	char line[LINE_ROOM];

	(void)state;
	for (int i = 0; i < LISTS * LINES; i++) {
		autofree struct sl_prefix *list = NULL;
		enum verdict want;
		struct range r;

		random_line(line);
		want = slow_line(line, &r);
		seen[want]++;
		strcat(line, "\n");
		list = fast(line, strlen(line), &n, &bad);
		if (bad != (want == BAD) || (want != GOOD && n) ||
		    (want == GOOD && !are_range(list, n, &r)))
			fail_msg("%s: %zu bad, %zu prefixes", line, bad, n);
	}
	assert_true(seen[NOTHING] > 1000 && seen[GOOD] > 1000 && seen[BAD] > 1000);
}

static int by_octets(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct sl_prefix));
}

static void lists_are_their_lines_sorted(void **state)
{
	(void)state;
	for (int i = 0; i < LISTS; i++) {
		autofree struct sl_prefix *all = NULL, *list = NULL;
		autofree char *text = malloc(LINES * LINE_ROOM);
		size_t n_all = 0, bad_all = 0, used = 0, n, bad, kept = 0;

		for (int j = 0; j < LINES; j++) {
			autofree struct sl_prefix *some = NULL;
			char *line = text + used;

			random_line(line);
			strcat(line, "\n");
			used += strlen(line);
			some = fast(line, strlen(line), &n, &bad);
			all = realloc(all, (n_all + n + 1) * sizeof(*all));
			if (n)
				memcpy(all + n_all, some, n * sizeof(*all));
			n_all += n;
			bad_all += bad;
		}
		qsort(all, n_all, sizeof(*all), by_octets);
		for (size_t k = 0; k < n_all; k++)
			if (!kept || by_octets(&all[kept - 1], &all[k]))
				all[kept++] = all[k];
		list = fast(text, used - rnd_below(&rnd, 2), &n, &bad);
		assert_int_equal(bad, bad_all);
		assert_int_equal(n, kept);
		assert_memory_equal(list, all, n * sizeof(*all));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read_as_by_the_slow_reader),
		cmocka_unit_test(lists_are_their_lines_sorted),
	};

	rnd = rnd_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
