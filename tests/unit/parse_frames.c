/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames from text, and the parser over exactly their octets. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/parse_frames.h"

enum { MARKS = 4 };

/* A length that is known when the end is. */
struct mark { size_t at; long from; };

static unsigned digit(char c)
{
	const char *all = "0123456789abcdef", *found = c ? strchr(all, c) : NULL;

	if (!found)
		fail_msg("no hex digit: %c", c);
	return (unsigned)(found - all);
}

static void add_zeros(struct frame *f, const char **text)
{
	char *after;
	size_t octets = strtoul(*text + 1, &after, 10);

	assert_true(*after == '}' && f->n + octets <= sizeof(f->octet));
	memset(f->octet + f->n, 0, octets);
	f->n += octets;
	*text = after + 1;
}

static void add_octet(struct frame *f, const char **text)
{
	assert_true(f->n < sizeof(f->octet));
	f->octet[f->n++] = (uint8_t)(digit((*text)[0]) << 4 | digit((*text)[1]));
	*text += 2;
}

static void add_mark(struct frame *f, struct mark *m, char what)
{
	m->at = f->n;
	m->from = what == 'T' ? -2 : what == 'P' ? 36 : -4;
	if (what == 'T')
		f->l3 = f->n - 2;
	if (what == 'P')
		f->l3 = f->n - 4;
	f->n += 2;
}

void frame_write(struct frame *f, const char *text)
{
	struct mark mark[MARKS];
	size_t marks = 0;

	f->n = f->end = f->l3 = f->l4 = 0;
	while (*text) {
		if (*text == '{') {
			add_zeros(f, &text);
		} else if (!strchr(" /|TPU", *text)) {
			add_octet(f, &text);
		} else {
			if (*text == '/')
				f->l4 = f->n;
			if (*text == '|')
				f->end = f->n;
			if (strchr("TPU", *text)) {
				assert_true(marks < MARKS);
				add_mark(f, &mark[marks++], *text);
			}
			text++;
		}
	}
	if (!f->end)
		f->end = f->n;
	for (size_t i = 0; i < marks; i++) {
		uint16_t octets = (uint16_t)((long)(f->end - mark[i].at) - mark[i].from);

		store16(f->octet + mark[i].at, BE16(octets));
	}
}

static struct cursor cursor_of(const uint8_t *octet, size_t n)
{
	return (struct cursor){ .start = octet, .end = octet + n, .limit = (__u32)n };
}

/* Memory of exactly that size: sanitizers see an octet read beyond. */
static uint8_t *exact(const uint8_t *octet, size_t n)
{
	uint8_t *copy = malloc(n);

	if (n)
		memcpy(copy, octet, n);
	return copy;
}

/* The program hands it a packet of which nothing is set. */
int parse_short_way(const uint8_t *octet, size_t n, struct pkt *p)
{
	uint8_t *copy = exact(octet, n);
	struct cursor c = cursor_of(copy, n);
	int err;

	memset(p, 0xa5, sizeof(*p));
	err = parse_straight(&c, p);
	p->interface = 0;
	p->slot = 0;
	free(copy);
	return err;
}

int parse_first_buffer(const uint8_t *octet, size_t n, size_t linear, struct pkt *p)
{
	uint8_t *copy = exact(octet, linear);
	struct cursor c = cursor_of(copy, linear);
	int err;

	memset(p, 0, sizeof(*p));
	p->length = c.limit = (__u32)n;
	err = parse_frame(&c, p);
	free(copy);
	return err;
}

int parse_long_way(const uint8_t *octet, size_t n, struct pkt *p)
{
	return parse_first_buffer(octet, n, n, p);
}

#define FIELDS(X) \
	X(src[0]) X(src[1]) X(dst[0]) X(dst[1]) X(length) X(ip_length) X(l3) \
	X(tags) X(l4) X(sport) X(dport) X(vlan) X(type) X(family) X(proto) \
	X(fragment) X(ttl) X(ethertype) X(traits)

void expect_pkt(const char *name, const struct pkt *got, const struct pkt *want)
{
#define X(field) \
	if (got->field != want->field) \
		fail_msg("%s: " #field " is %#llx, not %#llx", name, \
			 (unsigned long long)got->field, (unsigned long long)want->field);
	FIELDS(X)
#undef X
	assert_memory_equal(got, want, offsetof(struct pkt, rule));
}

/* IPv6: behind headers of 8 octets, as all shapes of fragments have them. */
static uint16_t id_at(const struct frame *f, int family)
{
	size_t at = f->l3 + 40;
	uint8_t next = f->octet[f->l3 + 6];

	if (family == 4)
		return (uint16_t)(f->l3 + 4);
	for (; next != PROTO_FRAGMENT; at += 8)
		next = f->octet[at];
	return (uint16_t)(at + 4);
}

struct pkt shape_want(const struct shape *s, const struct frame *f)
{
	struct pkt want = s->want;

	want.length = (__u32)f->n;
	if (want.family) {
		want.l3 = (__u8)f->l3;
		want.l4 = (__u16)f->l4;
		want.ip_length = (__u32)(f->end - f->l3);
		if (want.fragment != SL_FRAG_NO)
			want.id_at = id_at(f, want.family);
	}
	return want;
}
