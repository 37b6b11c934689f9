/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The model's reader of frames: one octet after another. */
#include <string.h>

#include "tests/packet/model.h"

enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, SCTP = 132 };
enum { HOPS = 0, ROUTING = 43, FRAGMENT = 44, AUTH = 51, DESTINATION = 60, MOBILITY = 135 };

/* What is read: octets up to `end`, which moves as headers tell. */
struct view {
	const uint8_t *octet;
	size_t at, end;
	size_t ip;		/* where its header begins */
	/* of a fragment */
	size_t data;		/* where its data begin; IPv6: 0 without such a header */
	size_t headers;		/* octets of the whole packet before them */
	size_t offset;
	bool more;
};

static bool lacks(const struct view *v, size_t octets)
{
	return v->at + octets > v->end;
}

static unsigned octet(const struct view *v, size_t at)
{
	return v->octet[v->at + at];
}

static unsigned two(const struct view *v, size_t at)
{
	return octet(v, at) << 8 | octet(v, at + 1);
}

static enum sl_reason read_link(struct view *v, struct m_packet *p)
{
	if (lacks(v, 14))
		return SL_SHORT_FRAME;
	p->ethertype = two(v, 12);
	v->at = 14;
	for (int tags = 0; p->ethertype == 0x8100 || p->ethertype == 0x88a8; tags++) {
		if (tags == 4)
			return SL_VLAN_DEPTH;
		if (lacks(v, 4))
			return SL_SHORT_FRAME;
		if (!tags)
			p->vlan = two(v, 0) & 0xfff;
		p->ethertype = two(v, 2);
		v->at += 4;
	}
	v->ip = v->at;
	return SL_NO_REASON;
}

/* What is behind is padding. */
static enum sl_reason set_length(struct view *v, struct m_packet *p, unsigned length)
{
	if (v->ip + length > v->end)
		return SL_MALFORMED_L3;
	v->end = v->ip + length;
	p->length = length;
	return SL_NO_REASON;
}

static void set_part(struct view *v, struct m_packet *p, size_t offset, bool more)
{
	v->offset = offset;
	v->more = more;
	if (offset || more)
		p->part = offset ? M_LATER : M_FIRST;
}

/* ---- IPv4 ------------------------------------------------------------------ */

static enum sl_reason read_options(const struct view *v, struct m_packet *p, size_t end)
{
	for (size_t at = 20; at < end;) {
		unsigned kind = octet(v, at), length;

		if (kind == 0)
			break;
		if (kind == 1) {
			at++;
			continue;
		}
		if (at + 1 == end)
			return SL_MALFORMED_L3;
		length = octet(v, at + 1);
		if (length < 2 || at + length > end)
			return SL_MALFORMED_L3;
		if (kind == 131 || kind == 137)
			p->source_route = true;
		at += length;
	}
	return SL_NO_REASON;
}

static bool sum_is_bad(const struct view *v, size_t header)
{
	unsigned sum = 0;

	for (size_t at = 0; at < header; at += 2)
		sum += two(v, at);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum != 0xffff;
}

static enum sl_reason read_ipv4(struct view *v, struct m_packet *p)
{
	enum sl_reason bad;
	size_t header;

	if (lacks(v, 20) || octet(v, 0) >> 4 != 4)
		return SL_MALFORMED_L3;
	header = (octet(v, 0) & 15) * 4;
	if (header < 20 || two(v, 2) < header)
		return SL_MALFORMED_L3;
	bad = set_length(v, p, two(v, 2));
	if (bad)
		return bad;
	p->src.family = p->dst.family = 4;
	memcpy(p->src.octet, v->octet + v->at + 12, 4);
	memcpy(p->dst.octet, v->octet + v->at + 16, 4);
	p->ttl = octet(v, 8);
	p->proto = octet(v, 9);
	p->options = header > 20;
	bad = read_options(v, p, header);
	if (bad)
		return bad;
	p->bad_sum = sum_is_bad(v, header);
	set_part(v, p, (two(v, 6) & 0x1fff) * 8, two(v, 6) & 0x2000);
	v->at += header;
	v->data = v->at;
	v->headers = header;
	return SL_NO_REASON;
}

/* ---- IPv6 ------------------------------------------------------------------ */

static bool is_extension(unsigned proto)
{
	return proto == HOPS || proto == ROUTING || proto == FRAGMENT ||
	       proto == AUTH || proto == DESTINATION || proto == MOBILITY;
}

/* A first fragment must have all headers (RFC 7112). */
static enum sl_reason cut(const struct m_packet *p, enum sl_reason reason)
{
	return p->part == M_FIRST ? SL_FRAGMENT_BAD : reason;
}

static enum sl_reason read_fragment(struct view *v, struct m_packet *p)
{
	if (v->data)
		return SL_FRAGMENT_BAD;
	if (lacks(v, 8))
		return SL_MALFORMED_L3;
	p->proto = octet(v, 0);
	set_part(v, p, two(v, 2) & 0xfff8, two(v, 2) & 1);
	v->headers = v->at - v->ip - 40;
	v->at += 8;
	v->data = v->at;
	return SL_NO_REASON;
}

static enum sl_reason read_extension(struct view *v, struct m_packet *p)
{
	size_t size;

	if (p->proto == FRAGMENT)
		return read_fragment(v, p);
	if (lacks(v, 4))
		return cut(p, SL_MALFORMED_L3);
	size = p->proto == AUTH ? (octet(v, 1) + 2) * 4 : (octet(v, 1) + 1) * 8;
	if (p->proto == ROUTING && octet(v, 2) == 0)
		p->source_route = true;
	p->proto = octet(v, 0);
	if (lacks(v, size))
		return cut(p, SL_MALFORMED_L3);
	v->at += size;
	return SL_NO_REASON;
}

static enum sl_reason read_ipv6(struct view *v, struct m_packet *p)
{
	enum sl_reason bad;

	if (lacks(v, 40) || octet(v, 0) >> 4 != 6)
		return SL_MALFORMED_L3;
	bad = set_length(v, p, 40 + two(v, 4));
	if (bad)
		return bad;
	p->src.family = p->dst.family = 6;
	memcpy(p->src.octet, v->octet + v->at + 8, 16);
	memcpy(p->dst.octet, v->octet + v->at + 24, 16);
	p->proto = octet(v, 6);
	p->ttl = octet(v, 7);
	v->at += 40;
	for (int n = 0; p->part != M_LATER && is_extension(p->proto); n++) {
		if (n && p->proto == HOPS)
			return SL_MALFORMED_L3;
		if (n == 6)
			return SL_EXTENSION_DEPTH;
		bad = read_extension(v, p);
		if (bad)
			return bad;
	}
	return SL_NO_REASON;
}

/* ---- what they carry --------------------------------------------------------- */

static enum sl_reason read_tcp(const struct view *v, struct m_packet *p)
{
	size_t header;

	if (lacks(v, 20))
		return cut(p, SL_MALFORMED_L4);
	header = (octet(v, 12) >> 4) * 4;
	if (header < 20)
		return SL_MALFORMED_L4;
	if (lacks(v, header))
		return cut(p, SL_MALFORMED_L4);
	p->is_tcp = true;
	p->flags = octet(v, 13);
	return SL_NO_REASON;
}

static enum sl_reason read_udp(const struct view *v, struct m_packet *p)
{
	if (lacks(v, 8))
		return cut(p, SL_MALFORMED_L4);
	if (two(v, 4) < 8 || (p->part == M_WHOLE && lacks(v, two(v, 4))))
		return SL_MALFORMED_L4;
	return SL_NO_REASON;
}

static enum sl_reason read_transport(const struct view *v, struct m_packet *p)
{
	enum sl_reason bad = SL_NO_REASON;

	if (p->part == M_LATER)
		return SL_NO_REASON;
	if (p->proto == TCP)
		bad = read_tcp(v, p);
	else if (p->proto == UDP)
		bad = read_udp(v, p);
	else if (p->proto == SCTP && lacks(v, 12))
		bad = cut(p, SL_MALFORMED_L4);
	if (bad)
		return bad;
	if (p->proto == TCP || p->proto == UDP || p->proto == SCTP) {
		p->has_ports = true;
		p->sport = two(v, 0);
		p->dport = two(v, 2);
	}
	if (p->proto != (p->src.family == 4 ? ICMP : ICMPV6))
		return SL_NO_REASON;
	if (lacks(v, 8))
		return cut(p, SL_MALFORMED_L4);
	p->is_icmp = true;
	p->type = octet(v, 0);
	return SL_NO_REASON;
}

/* RFC 1858, 3128, 8200; and the whole must fit 65535 octets. */
static bool fragment_is_bad(const struct view *v, const struct m_packet *p)
{
	size_t length = v->end - v->data;

	if (p->part == M_WHOLE)
		return false;
	return !length || (v->more && length % 8) ||
	       v->headers + v->offset + length > 65535 ||
	       (p->proto == TCP && v->offset == 8);
}

static enum sl_reason read_all(struct view *v, struct m_packet *p)
{
	enum sl_reason bad = read_link(v, p);

	if (bad)
		return bad;
	if (p->ethertype == 0x0800)
		bad = read_ipv4(v, p);
	else if (p->ethertype == 0x86dd)
		bad = read_ipv6(v, p);
	else
		return SL_NO_REASON;
	if (!bad)
		bad = read_transport(v, p);
	if (!bad && fragment_is_bad(v, p))
		bad = SL_FRAGMENT_BAD;
	if (!bad && p->src.family == 6 && p->is_icmp && p->type >= 133 && p->type <= 137 && p->ttl != 255)
		bad = SL_MALFORMED_ND;
	return bad;
}

struct m_packet model_read(const uint8_t *frame, size_t length)
{
	struct view v = { .octet = frame, .end = length };
	struct m_packet p = { .part = M_WHOLE };

	p.bad = read_all(&v, &p);
	return p;
}
