// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Words of the file and the command line <-> addresses, prefixes, times. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static int parse_octets(const char *word, struct sl_address *out)
{
	bool six = strchr(word, ':');

	*out = (struct sl_address){ .family = six ? 6 : 4 };
	return inet_pton(six ? AF_INET6 : AF_INET, word, out->octet) == 1 ?
		       0 : -EINVAL;
}

const char *conf_address_text(const struct sl_address *a,
			      char text[CONF_PREFIX_TEXT])
{
	if (!inet_ntop(a->family == 6 ? AF_INET6 : AF_INET, a->octet, text,
		       CONF_PREFIX_TEXT))
		*text = '\0';
	return text;
}

const char *conf_prefix_text(const struct sl_prefix *p,
			     char text[CONF_PREFIX_TEXT])
{
	size_t n;

	conf_address_text(&p->addr, text);
	if (p->length == (p->addr.family == 6 ? 128 : 32))
		return text;
	n = strlen(text);
	snprintf(text + n, CONF_PREFIX_TEXT - n, "/%u", p->length);
	return text;
}

static int refuse_mapped(const char *word, const struct sl_address *a,
			 struct sl_error *x)
{
	if (a->family != 6 || memcmp(a->octet, mapped, sizeof(mapped)))
		return 0;
	return sl_fail(x, EINVAL,
		       "%s: an IPv4-mapped address: expected %u.%u.%u.%u", word,
		       a->octet[12], a->octet[13], a->octet[14], a->octet[15]);
}

/* Neither all zero nor a group's: somebody's own. */
static bool is_host(const struct sl_address *a)
{
	static const uint8_t zero[16], all[4] = { 255, 255, 255, 255 };

	if (!memcmp(a->octet, zero, sizeof(zero)))
		return false;
	if (a->family == 6)
		return a->octet[0] != 0xff;
	return (a->octet[0] & 0xf0) != 0xe0 && memcmp(a->octet, all, 4);
}

int conf_address(const char *word, struct sl_address *out, struct sl_error *x)
{
	struct sl_address a;
	int err;

	if (parse_octets(word, &a))
		return sl_fail(x, EINVAL,
			       "%.64s: expected an IPv4 or IPv6 address", word);
	err = refuse_mapped(word, &a, x);
	if (err)
		return err;
	if (!is_host(&a))
		return sl_fail(x, EINVAL,
			       "%.64s: expected an address of one host", word);
	*out = a;
	return 0;
}

/* The length after the slash, or -1. */
static int parse_length(const char *s)
{
	size_t n = strlen(s);

	if (!n || n > 3 || strspn(s, "0123456789") != n || (*s == '0' && n > 1))
		return -1;
	return atoi(s);
}

/* Clears the host bits; were there any? */
static bool clear_host_bits(struct sl_prefix *p)
{
	size_t i, keep = p->length / 8, size = p->addr.family == 6 ? 16 : 4;
	bool any = false;
	uint8_t host = (uint8_t)(0xff >> p->length % 8);

	for (i = keep; i < size; i++, host = 0xff) {
		any |= (p->addr.octet[i] & host) != 0;
		p->addr.octet[i] &= (uint8_t)~host;
	}
	return any;
}

int conf_prefix(const char *word, struct sl_prefix *out, struct sl_error *x)
{
	char addr[CONF_PREFIX_TEXT], right[CONF_PREFIX_TEXT];
	const char *slash = strchr(word, '/');
	size_t n = slash ? (size_t)(slash - word) : strlen(word);
	struct sl_prefix p;
	int length, most;

	if (n < sizeof(addr))
		*(char *)mempcpy(addr, word, n) = '\0';
	if (n >= sizeof(addr) || parse_octets(addr, &p.addr) ||
	    (slash && !slash[1]))
		return sl_fail(x, EINVAL,
			       "%.64s: expected an IPv4 or IPv6 prefix", word);
	most = p.addr.family == 6 ? 128 : 32;
	length = slash ? parse_length(slash + 1) : most;
	if (length < 0 || length > most)
		return sl_fail(x, EINVAL, "%.64s: length %.8s: expected 0 to %d",
			       word, slash + 1, most);
	p.length = (uint8_t)length;
	if (length >= 96 && refuse_mapped(word, &p.addr, x))
		return -EINVAL;
	if (clear_host_bits(&p))
		return sl_fail(x, EINVAL,
			       "%.64s: host bits are set: expected %s", word,
			       conf_prefix_text(&p, right));
	*out = p;
	return 0;
}

int conf_duration_ms(const char *word, uint64_t *ms, struct sl_error *x)
{
	static const struct { const char *name; uint64_t ms; } units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "", 1000 },
		{ "m", 60 * 1000 }, { "h", 3600 * 1000 },
	};
	size_t i, n = strspn(word, "0123456789");
	uint64_t value;

	for (i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (!n || n > 12 || strcmp(word + n, units[i].name))
			continue;
		value = strtoull(word, NULL, 10);
		*ms = value * units[i].ms;
		return 0;
	}
	return sl_fail(x, EINVAL,
		       "%.64s: expected a time such as 500ms, 10s, 15m or 1h",
		       word);
}

int conf_name_ok(const char *word)
{
	size_t i;

	if (!isalpha((unsigned char)*word))
		return 0;
	for (i = 1; word[i]; i++)
		if (!isalnum((unsigned char)word[i]) && !strchr("_.-", word[i]))
			return 0;
	return i < SL_NAME_LEN;
}

enum { NEAR_MAX = 40 };	/* longer words have no neighbours */

/* Edits (insert, delete, replace, swap two) between words up to NEAR_MAX. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[3][NEAR_MAX + 1], *now, *last, *before, best;
	size_t i, j, n = strlen(a), m = strlen(b);

	for (j = 0; j <= m; j++)
		row[0][j] = (unsigned)j;
	for (i = 1; i <= n; i++) {
		now = row[i % 3];
		last = row[(i + 2) % 3];
		before = row[(i + 1) % 3];
		now[0] = (unsigned)i;
		for (j = 1; j <= m; j++) {
			best = last[j - 1] + (a[i - 1] != b[j - 1]);
			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
	}
	return row[n % 3][m];
}

struct nearest {
	const char *to, *found;
	unsigned distance;	/* of what was found */
};

static void consider(struct nearest *near, const char *word)
{
	size_t length = strlen(near->to);
	unsigned d, limit = length < 4 ? 1 : length < 8 ? 2 : 3;

	if (length > NEAR_MAX || strlen(word) > NEAR_MAX)
		return;
	d = distance(near->to, word);
	if (d <= limit && d < length && d < near->distance) {
		near->distance = d;
		near->found = word;
	}
}

const char *conf_nearest(const char *word, const char *const *words, size_t n)
{
	struct nearest near = { word, NULL, ~0u };

	for (size_t i = 0; i < n; i++)
		consider(&near, words[i]);
	return near.found;
}

const char *conf_nearest_name(const char *name, const void *items, size_t n, size_t size)
{
	struct nearest near = { name, NULL, ~0u };

	for (size_t i = 0; i < n; i++)
		consider(&near, (const char *)items + i * size);
	return near.found;
}
