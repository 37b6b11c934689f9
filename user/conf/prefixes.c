// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lists of prefixes in memory: growing, split from ranges, sorted. */
#include "prefixes.h"

#include <errno.h>
#include <string.h>

#include <sluice/grow.h>

typedef unsigned __int128 wide;

/* In order of its octets a prefix is: family, address, length. */
enum { OCTETS = sizeof(struct sl_prefix), FEW = 24 };

_Static_assert(offsetof(struct sl_prefix, addr.family) == 0 &&
		       offsetof(struct sl_prefix, addr.octet) == 1 &&
		       offsetof(struct sl_prefix, length) == OCTETS - 1,
	       "prefixes are compared as octets");

int prefixes_add(struct prefixes *list, const struct sl_prefix *p)
{
	struct sl_prefix *item = sl_grown(list->item, list->n, &list->room, sizeof(*item), 1024);

	if (!item)
		return -ENOMEM;
	list->item = item;
	item[list->n++] = *p;
	return 0;
}

/* ---- ranges ----------------------------------------------------------- */

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

int prefixes_add_range(struct prefixes *list, const struct sl_address *low,
		       const struct sl_address *high)
{
	unsigned bits, width = low->family == 6 ? 128 : 32;
	wide from = number_of(low), to = number_of(high), end;
	struct sl_prefix p;

	if (low->family != high->family || from > to)
		return -EINVAL;
	for (;; from = end + 1) {
		bits = 0;
		while (bits < width && !(from >> bits & 1) &&
		       (from | low_bits(bits + 1)) <= to)
			bits++;
		p = prefix_of(from, low->family, width - bits);
		if (prefixes_add(list, &p))
			return -ENOMEM;
		end = from | low_bits(bits);
		if (end == to)
			return 0;
	}
}

/* ---- order ------------------------------------------------------------ */

static uint8_t octet(const struct sl_prefix *p, unsigned at)
{
	return ((const uint8_t *)p)[at];
}

static int compare(const struct sl_prefix *a, const struct sl_prefix *b)
{
	return memcmp(a, b, OCTETS);
}

static void swap(struct sl_prefix *a, struct sl_prefix *b)
{
	struct sl_prefix c = *a;

	*a = *b;
	*b = c;
}

static void sort_few(struct sl_prefix *p, size_t n)
{
	size_t i, j;

	for (i = 1; i < n; i++)
		for (j = i; j && compare(&p[j - 1], &p[j]) > 0; j--)
			swap(&p[j - 1], &p[j]);
}

/* By the octet `at` and those behind it; needs no second copy of a million. */
static void sort_by(struct sl_prefix *p, size_t n, unsigned at)
{
	size_t next[256] = { 0 }, end[256], i, sum = 0;
	unsigned c, first;

	if (n <= FEW || at == OCTETS) {
		sort_few(p, at == OCTETS ? 0 : n);
		return;
	}
	for (i = 0; i < n; i++)
		next[octet(&p[i], at)]++;
	for (c = 0; c < 256; c++) {
		sum += next[c];
		end[c] = sum;
		next[c] = sum - next[c];
	}
	for (first = 0; first < 256; first++)
		while (next[first] < end[first]) {
			c = octet(&p[next[first]], at);
			if (c != first)
				swap(&p[next[first]], &p[next[c]]);
			next[c]++;
		}
	for (c = 0, i = 0; c < 256; i = end[c++])
		sort_by(&p[i], end[c] - i, at + 1);
}

size_t prefixes_sort(struct sl_prefix *p, size_t n)
{
	bool sorted = true;
	size_t i, kept = 1;

	for (i = 1; i < n && sorted; i++)
		sorted = compare(&p[i - 1], &p[i]) < 0;
	if (sorted)
		return n;
	sort_by(p, n, 0);
	for (i = 1; i < n; i++)
		if (compare(&p[kept - 1], &p[i]))
			p[kept++] = p[i];
	return kept;
}
