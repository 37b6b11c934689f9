/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A frame at random, octet by octet. */
#include <string.h>

#include "tests/packet/draw.h"

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, SCTP = 132, FRAGMENT = 44 };

/* ---- octets ------------------------------------------------------------------ */

static void put(struct frame *f, const void *octets, size_t n)
{
	memcpy(f->byte + f->length, octets, n);
	f->length += n;
}

static void put1(struct frame *f, unsigned v)
{
	f->byte[f->length++] = (uint8_t)v;
}

static void put2(struct frame *f, unsigned v)
{
	put1(f, v >> 8);
	put1(f, v & 255);
}

static void put_random(struct draw *d, struct frame *f, size_t n)
{
	while (n--)
		put1(f, rnd_below(&d->rnd, 256));
}

static void set2(struct frame *f, size_t at, size_t v)
{
	f->byte[at] = (uint8_t)(v >> 8);
	f->byte[at + 1] = (uint8_t)v;
}

/* ---- addresses ----------------------------------------------------------------- */

static const struct m_prefix *some_element(struct draw *d, const struct m_filter *f)
{
	const struct m_set *s = &f->set[rnd_below(&d->rnd, MODEL_SETS)];
	const struct m_rule *r = &f->rule[rnd_below(&d->rnd, (uint32_t)f->n_rules + 1)];
	const struct m_items *items = rnd_one_in(&d->rnd, 4) ? &r->to : &r->from;
	const struct m_item *item = &items->item[rnd_below(&d->rnd, MODEL_ITEMS)];

	if (f->n_management && rnd_one_in(&d->rnd, 16))
		return &f->management[rnd_below(&d->rnd, (uint32_t)f->n_management)];
	if (f->n_rules && r < &f->rule[f->n_rules] && items->n && rnd_one_in(&d->rnd, 2)) {
		if (item < &items->item[items->n] && item->set < 0)
			return &item->prefix;
		if (item < &items->item[items->n])
			s = &f->set[item->set];
	}
	return s->there && s->n ? &s->element[rnd_below(&d->rnd, (uint32_t)s->n)] : NULL;
}

/* One more or less, as a number. */
static void step(struct m_address *a, int by)
{
	for (int i = a->family == 4 ? 3 : 15; i >= 0; i--) {
		a->octet[i] = (uint8_t)(a->octet[i] + by);
		if (a->octet[i] != (by > 0 ? 0 : 255))
			break;
	}
}

static void fill(struct m_address *a, unsigned length, uint8_t with)
{
	for (unsigned bit = length; bit < (a->family == 4 ? 32u : 128u); bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		a->octet[bit / 8] = (uint8_t)((a->octet[bit / 8] & ~mask) | (with & mask));
	}
}

/* The ends of a prefix, what is beside, and what is inside. */
static struct m_address near_prefix(struct draw *d, const struct m_prefix *p)
{
	struct m_address a = p->addr;

	switch (rnd_below(&d->rnd, 5)) {
	case 0: step(&a, -1); break;
	case 1: fill(&a, p->length, 255); break;
	case 2: fill(&a, p->length, 255); step(&a, 1); break;
	case 3: fill(&a, p->length, (uint8_t)rnd_below(&d->rnd, 256)); break;
	default: break;
	}
	return a;
}

static struct m_address special(struct draw *d, int family)
{
	static const struct m_address four[] = {
		{ 4, { 0 } }, { 4, { 0, 1, 2, 3 } }, { 4, { 127, 0, 0, 1 } }, { 4, { 224, 0, 0, 1 } },
		{ 4, { 239, 1, 1, 1 } }, { 4, { 240, 0, 0, 1 } }, { 4, { 255, 255, 255, 255 } }, { 4, { 223, 255, 255, 255 } },
	}, six[] = {
		{ 6, { 0 } }, { 6, { [15] = 1 } }, { 6, { 0xff, 2, [15] = 1 } }, { 6, { [10] = 0xff, 0xff, 1, 2, 3, 4 } },
		{ 6, { 0xfe, 0x80, [15] = 1 } }, { 6, { [9] = 1, 0xff, 0xff, 1, 2, 3, 4 } },
	};

	return family == 4 ? ONE_OF(&d->rnd, four) : ONE_OF(&d->rnd, six);
}

static struct m_address some_address(struct draw *d, const struct m_filter *f, int family)
{
	const struct m_prefix *p;

	if (rnd_one_in(&d->rnd, 25))
		return special(d, family);
	for (int i = 0; i < 6; i++) {
		p = some_element(d, f);
		if (p && p->addr.family == family)
			return near_prefix(d, p);
	}
	for (;;) {
		struct m_prefix any = draw_prefix(d);

		if (any.addr.family == family)
			return any.addr;
	}
}

/* ---- headers ------------------------------------------------------------------- */

static void put_link(struct draw *d, struct frame *f, unsigned ethertype)
{
	static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };
	uint32_t tags = rnd_one_in(&d->rnd, 4) ? 1 + rnd_below(&d->rnd, 4) : 0;

	put(f, macs, sizeof(macs));
	tags += !rnd_below(&d->rnd, 100);
	while (tags--) {
		put2(f, rnd_one_in(&d->rnd, 3) ? 0x88a8 : 0x8100);
		put2(f, rnd_below(&d->rnd, 8) << 13 | draw_vlans[rnd_below(&d->rnd, DRAW_VLANS)]);
	}
	put2(f, ethertype);
}

static unsigned some_port(struct draw *d)
{
	return rnd_one_in(&d->rnd, 8) ? rnd_below(&d->rnd, 65536) : draw_ports[rnd_below(&d->rnd, DRAW_PORTS)];
}

static unsigned some_flags(struct draw *d)
{
	static const unsigned flags[] = { 2, 16, 18, 24, 17, 4, 20, 0, 3, 6, 1, 63, 32, 194 };

	return rnd_one_in(&d->rnd, 3) ? rnd_below(&d->rnd, 64) : ONE_OF(&d->rnd, flags);
}

static void put_tcp(struct draw *d, struct frame *f)
{
	uint32_t options = rnd_one_in(&d->rnd, 4) ? rnd_below(&d->rnd, 11) : 0;

	put2(f, some_port(d));
	put2(f, some_port(d));
	put_random(d, f, 8);
	put1(f, (5 + options) << 4);
	put1(f, some_flags(d));
	put_random(d, f, 6 + options * 4);
}

static void put_icmp(struct draw *d, struct frame *f)
{
	static const unsigned types[] = { 0, 1, 2, 3, 4, 5, 8, 11, 12, 128, 129, 130, 132, 133, 134, 135, 136, 137, 143, 255 };

	put1(f, ONE_OF(&d->rnd, types));
	put1(f, rnd_below(&d->rnd, 4));
	put_random(d, f, 6);
}

static uint32_t some_payload(struct draw *d)
{
	switch (rnd_below(&d->rnd, 8)) {
	case 0: return rnd_below(&d->rnd, 1500);
	case 1: return 8 * rnd_below(&d->rnd, 12);
	default: return rnd_below(&d->rnd, 48);
	}
}

static void put_transport(struct draw *d, struct frame *f, unsigned proto)
{
	size_t at = f->length;

	if (proto == TCP) {
		put_tcp(d, f);
	} else if (proto == UDP || proto == SCTP) {
		put2(f, some_port(d));
		put2(f, some_port(d));
		put_random(d, f, proto == UDP ? 4 : 8);
	} else if (proto == ICMP || proto == ICMPV6) {
		put_icmp(d, f);
	}
	put_random(d, f, some_payload(d));
	if (proto == UDP)
		set2(f, at + 4, f->length - at);
}

static unsigned some_proto(struct draw *d)
{
	static const unsigned protos[] = { TCP, TCP, TCP, TCP, UDP, UDP, UDP, ICMP, ICMPV6, ICMPV6, SCTP, 47, 4, 255 };

	return ONE_OF(&d->rnd, protos);
}

/* ---- IPv4 ---------------------------------------------------------------------- */

static unsigned some_fragment4(struct draw *d)
{
	if (!rnd_one_in(&d->rnd, 8))
		return rnd_below(&d->rnd, 2) << 14;
	switch (rnd_below(&d->rnd, 4)) {
	case 0: return 0x2000;
	case 1: return 0x2000 | rnd_below(&d->rnd, 4);
	case 2: return rnd_below(&d->rnd, 0x2000);
	default: return 1 + rnd_below(&d->rnd, 200);
	}
}

/* No operation, record route, source routes, the end; sometimes nonsense. */
static size_t put_options(struct draw *d, struct frame *f)
{
	static const uint8_t kinds[] = { 1, 1, 7, 131, 137, 0, 68, 148 };
	size_t n = rnd_one_in(&d->rnd, 6) ? 4 * (1 + rnd_below(&d->rnd, 10)) : 0, start = f->length;

	while (f->length < start + n) {
		size_t room = start + n - f->length;
		unsigned kind = ONE_OF(&d->rnd, kinds), length = 3 + rnd_below(&d->rnd, 6);

		if (kind > 1 && (length <= room || rnd_one_in(&d->rnd, 20)) && room > 1) {
			put1(f, kind);
			put1(f, length);
			put_random(d, f, length > room ? room - 2 : length - 2);
		} else {
			put1(f, kind > 1 ? 1 : kind);
		}
	}
	return n;
}

static void put_ipv4(struct draw *d, const struct m_filter *filter, struct frame *f)
{
	struct m_address src = some_address(d, filter, 4), dst = some_address(d, filter, 4);
	unsigned proto = some_proto(d), ttl = draw_ttls[rnd_below(&d->rnd, DRAW_TTLS)];
	size_t start, options;

	put_link(d, f, 0x0800);
	start = f->length;
	put2(f, 0x4500);
	put2(f, 0);
	put2(f, rnd_below(&d->rnd, 65536));
	put2(f, some_fragment4(d));
	put1(f, ttl);
	put1(f, proto);
	put2(f, 0);
	put(f, src.octet, 4);
	put(f, rnd_one_in(&d->rnd, 50) ? src.octet : dst.octet, 4);
	options = put_options(d, f);
	f->byte[start] = (uint8_t)(0x45 + options / 4);
	put_transport(d, f, proto);
	set2(f, start + 2, f->length - start);
}

/* ---- IPv6 ---------------------------------------------------------------------- */

static void put_extension(struct draw *d, struct frame *f, unsigned kind, unsigned next)
{
	uint32_t more = rnd_below(&d->rnd, 3);

	put1(f, next);
	if (kind == FRAGMENT) {
		put1(f, 0);
		put2(f, some_fragment4(d) << 3 | rnd_below(&d->rnd, 2));
		put_random(d, f, 4);
	} else {
		put1(f, kind == 51 ? more * 2 : more);
		put1(f, rnd_below(&d->rnd, 4));
		put_random(d, f, more * 8 + 5);
	}
}

static void put_extensions(struct draw *d, struct frame *f, unsigned proto)
{
	static const unsigned kinds[] = { FRAGMENT, 43, 51, 60, 135, FRAGMENT };
	uint32_t n = rnd_one_in(&d->rnd, 5) ? 1 + rnd_below(&d->rnd, rnd_one_in(&d->rnd, 4) ? 8 : 3) : 0;
	size_t next_at = f->length - 34;
	unsigned kind[8];

	for (uint32_t i = 0; i < n; i++)
		kind[i] = !i && rnd_one_in(&d->rnd, 3) ? 0 : ONE_OF(&d->rnd, kinds);
	f->byte[next_at] = (uint8_t)(n ? kind[0] : proto);
	for (uint32_t i = 0; i < n; i++)
		put_extension(d, f, kind[i], i + 1 < n ? kind[i + 1] : proto);
}

static void put_ipv6(struct draw *d, const struct m_filter *filter, struct frame *f)
{
	struct m_address src = some_address(d, filter, 6), dst = some_address(d, filter, 6);
	unsigned proto = some_proto(d), ttl = draw_ttls[rnd_below(&d->rnd, DRAW_TTLS)];
	size_t start;

	put_link(d, f, 0x86dd);
	start = f->length;
	put2(f, 0x6000);
	put2(f, 0);
	put2(f, 0);
	put1(f, proto);
	put1(f, proto == ICMPV6 && !rnd_one_in(&d->rnd, 4) ? 255 : ttl);
	put(f, src.octet, 16);
	put(f, rnd_one_in(&d->rnd, 50) ? src.octet : dst.octet, 16);
	put_extensions(d, f, proto);
	put_transport(d, f, proto);
	set2(f, start + 4, f->length - start - 40);
}

/* ---- all of it ------------------------------------------------------------------- */

/* Where the IPv4 header is, if its sum can be put right; 0: nowhere. */
static size_t find_ipv4(const struct frame *f)
{
	size_t at = 12;

	while (at + 6 < f->length && (f->byte[at] == 0x81 || f->byte[at] == 0x88))
		at += 4;
	if (f->byte[at] != 8 || f->byte[at + 1] || at + 22 > f->length)
		return 0;
	return at + 2 + (f->byte[at + 2] & 15u) * 4 <= f->length ? at + 2 : 0;
}

static void set_sum(struct frame *f)
{
	size_t at = find_ipv4(f);
	unsigned sum = 0;

	if (!at)
		return;
	set2(f, at + 10, 0);
	for (size_t i = 0; i < (f->byte[at] & 15u) * 4; i += 2)
		sum += (unsigned)(f->byte[at + i] << 8 | f->byte[at + i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	set2(f, at + 10, ~sum & 0xffff);
}

/* Cut, or one octet is another; MAC addresses stay. */
static void break_something(struct draw *d, struct frame *f)
{
	uint32_t room = (uint32_t)f->length - 14, near = room < 60 ? room : 60;

	if (!room || rnd_one_in(&d->rnd, 3))
		f->length = 14 + rnd_below(&d->rnd, room + 1);
	else
		f->byte[14 + rnd_below(&d->rnd, near)] = (uint8_t)rnd_below(&d->rnd, 256);
}

void draw_frame(struct draw *d, const struct m_filter *f, struct frame *out)
{
	static const unsigned others[] = { 0x0806, 0x88cc, 0x0806, 0x8864, 0x0801 };

	out->length = 0;
	if (rnd_one_in(&d->rnd, 50)) {
		put_link(d, out, ONE_OF(&d->rnd, others));
		put_random(d, out, rnd_below(&d->rnd, 60));
	} else if (rnd_one_in(&d->rnd, 2)) {
		put_ipv4(d, f, out);
	} else {
		put_ipv6(d, f, out);
	}
	if (rnd_one_in(&d->rnd, 8))
		put_random(d, out, rnd_below(&d->rnd, 30));	/* padding */
	if (rnd_one_in(&d->rnd, 20))
		break_something(d, out);
	if (!rnd_one_in(&d->rnd, 30))
		set_sum(out);
}
