/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Builds frames from layers: sizes first, then headers from the last to the
 * first. */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/packet/layers.h"

enum { LAYERS_MAX = 24 };

struct build {
	struct frame *out;
	const struct frame *seen;
	const struct layer *layer;
	size_t at[LAYERS_MAX]; /* where each layer begins */
	size_t n, end;         /* layers; end of what lengths count */
};

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static uint32_t pick(uint32_t given, uint32_t otherwise)
{
	return given ? given & 0x3fffffff : otherwise;
}

static size_t padded(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

static size_t layer_size(const struct layer *l)
{
	switch (l->kind) {
	case LAYER_ETH: return 14;
	case LAYER_VLAN: return 4;
	case LAYER_IP4: return 20 + padded(l->ip4.options.n, 4);
	case LAYER_IP6: return 40;
	case LAYER_EXT:
		return l->ext.content.n > 6 ? padded(2 + l->ext.content.n, 8)
					    : 8;
	case LAYER_TCP: return 20 + padded(l->tcp.options.n, 4);
	case LAYER_FRAG6:
	case LAYER_UDP:
	case LAYER_ICMP:
	case LAYER_ICMP6: return 8;
	case LAYER_SCTP: return 12;
	case LAYER_RAW: return l->raw.n ? l->raw.n : l->raw.content.n;
	case LAYER_PAD: return l->pad.n;
	case LAYER_CUT:
	case LAYER_END: return 0;
	}
	abort();
}

/* The ethertype that leads to a layer. */
static uint32_t type_of(const struct layer *l)
{
	switch (l->kind) {
	case LAYER_VLAN: return pick(l->vlan.tpid, 0x8100);
	case LAYER_IP4: return 0x0800;
	case LAYER_IP6: return 0x86dd;
	default: return 0x88b5; /* local experiments */
	}
}

/* The IP protocol that leads to a layer. */
static uint32_t proto_of(const struct layer *l)
{
	switch (l->kind) {
	case LAYER_IP4: return 4;
	case LAYER_IP6: return 41;
	case LAYER_EXT: return l->ext.kind;
	case LAYER_FRAG6: return 44;
	case LAYER_TCP: return 6;
	case LAYER_UDP: return 17;
	case LAYER_ICMP: return 1;
	case LAYER_ICMP6: return 58;
	case LAYER_SCTP: return 132;
	default: return 59; /* no next header */
	}
}

static uint32_t sum_words(const uint8_t *at, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? at[i] : (uint32_t)at[i] << 8;
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* An address, or a prefix whose host bits are taken from `seen`. */
static void put_address(uint8_t *at, const uint8_t *seen, int family,
			const char *text)
{
	unsigned bits = family == AF_INET ? 32 : 128, length = bits;
	uint8_t address[16];
	char word[64];
	char *slash;

	snprintf(word, sizeof(word), "%s", text);
	slash = strchr(word, '/');
	if (slash) {
		*slash = '\0';
		length = (unsigned)atoi(slash + 1);
	}
	if (inet_pton(family, word, address) != 1)
		abort();
	for (unsigned i = 0; i < bits; i++) {
		uint8_t bit = (uint8_t)(0x80 >> (i & 7));
		const uint8_t *from = i < length ? address : seen;

		at[i >> 3] =
			(uint8_t)((at[i >> 3] & ~bit) | (from[i >> 3] & bit));
	}
}

static const uint8_t *seen_at(const struct build *b, size_t offset)
{
	static const uint8_t nothing[64];

	return b->seen ? b->seen->byte + offset : nothing;
}

/* The sum of the pseudo header of the IP layer before layer i. */
static uint32_t pseudo_sum(const struct build *b, size_t i, uint32_t proto)
{
	uint32_t sum = proto + (uint32_t)(b->end - b->at[i]);

	while (i-- > 0) {
		const uint8_t *ip = b->out->byte + b->at[i];

		if (b->layer[i].kind == LAYER_IP4)
			return sum_words(ip + 12, 8, sum);
		if (b->layer[i].kind == LAYER_IP6)
			return sum_words(ip + 8, 32, sum);
	}
	return sum;
}

static void put_sum(const struct build *b, size_t i, size_t offset,
		    uint32_t sum)
{
	uint8_t *at = b->out->byte + b->at[i];

	put16(at + offset, folded(sum_words(at, b->end - b->at[i], sum)));
}

static void put_eth(const struct build *b, size_t i, uint8_t *at)
{
	const struct layer *l = &b->layer[i];
	const char *dst = l->eth.dst ? l->eth.dst : "02:00:00:00:00:02";
	const char *src = l->eth.src ? l->eth.src : "02:00:00:00:00:01";

	memcpy(at, ether_aton(dst), 6);
	memcpy(at + 6, ether_aton(src), 6);
	put16(at + 12, pick(l->eth.type, type_of(l + 1)));
}

static void put_vlan(const struct build *b, size_t i, uint8_t *at)
{
	const struct layer *l = &b->layer[i];

	put16(at, l->vlan.pcp << 13 | pick(l->vlan.id, 0));
	put16(at + 2, pick(l->vlan.type, type_of(l + 1)));
}

/* Source and destination are there already: pseudo headers need them. */
static void put_ip4(const struct build *b, size_t i, uint8_t *at)
{
	const struct layer *l = &b->layer[i];
	size_t size = layer_size(l);

	at[0] = (uint8_t)(pick(l->ip4.version, 4) << 4 |
			  pick(l->ip4.ihl, (uint32_t)size / 4));
	at[1] = (uint8_t)l->ip4.tos;
	put16(at + 2, pick(l->ip4.total, (uint32_t)(b->end - b->at[i])));
	put16(at + 4, pick(l->ip4.id, 0));
	put16(at + 6, l->ip4.flags | l->ip4.offset / 8);
	at[8] = (uint8_t)pick(l->ip4.ttl, 64);
	at[9] = (uint8_t)pick(l->ip4.proto, proto_of(l + 1));
	if (l->ip4.options.n)
		memcpy(at + 20, l->ip4.options.at, l->ip4.options.n);
	if (l->ip4.id == ANY)
		memcpy(at + 4, seen_at(b, b->at[i]) + 4, 2);
	put16(at + 10,
	      l->ip4.sum ? l->ip4.sum : folded(sum_words(at, size, 0)));
}

static void put_ip6(const struct build *b, size_t i, uint8_t *at)
{
	const struct layer *l = &b->layer[i];
	const uint8_t *seen = seen_at(b, b->at[i]);
	uint32_t label = pick(l->ip6.label, 0);

	if (l->ip6.label == ANY)
		label = (uint32_t)(seen[1] & 15) << 16 |
			(uint32_t)seen[2] << 8 | seen[3];
	put32(at, pick(l->ip6.version, 6) << 28 | l->ip6.tos << 20 | label);
	put16(at + 4, pick(l->ip6.length, (uint32_t)(b->end - b->at[i]) - 40));
	at[6] = (uint8_t)pick(l->ip6.next, proto_of(l + 1));
	at[7] = (uint8_t)pick(l->ip6.hop, 64);
}

static void put_ext(const struct build *b, size_t i, uint8_t *at)
{
	const struct layer *l = &b->layer[i];
	uint32_t size = (uint32_t)layer_size(l);

	at[0] = (uint8_t)pick(l->ext.next, proto_of(l + 1));
	at[1] = (uint8_t)pick(l->ext.length, l->ext.kind == EXT_AH
						     ? size / 4 - 2
						     : size / 8 - 1);
	if (l->ext.content.n)
		memcpy(at + 2, l->ext.content.at, l->ext.content.n);
	else if (l->ext.kind == EXT_HOP || l->ext.kind == EXT_DEST)
		memcpy(at + 2, "\x01\x04\0\0\0\0", 6); /* PadN */
}

static void put_frag6(const struct build *b, size_t i, uint8_t *at)
{
	const struct layer *l = &b->layer[i];

	at[0] = (uint8_t)pick(l->frag6.next, proto_of(l + 1));
	at[1] = (uint8_t)l->frag6.reserved;
	put16(at + 2, l->frag6.offset | (l->frag6.more ? 1 : 0));
	put32(at + 4, pick(l->frag6.id, 1));
}

static void put_ports(uint8_t *at, uint32_t sport, uint32_t dport)
{
	put16(at, pick(sport, 40000));
	put16(at + 2, pick(dport, 80));
}

static void put_tcp(const struct build *b, size_t i, uint8_t *at)
{
	const struct layer *l = &b->layer[i];

	put_ports(at, l->tcp.sport, l->tcp.dport);
	put32(at + 4, 1);
	at[12] = (uint8_t)(pick(l->tcp.doff, (uint32_t)layer_size(l) / 4) << 4);
	at[13] = (uint8_t)pick(l->tcp.flags, SYN);
	put16(at + 14, 0xffff);
	if (l->tcp.options.n)
		memcpy(at + 20, l->tcp.options.at, l->tcp.options.n);
	put_sum(b, i, 16, pseudo_sum(b, i, 6));
}

static void put_udp(const struct build *b, size_t i, uint8_t *at)
{
	const struct layer *l = &b->layer[i];

	put_ports(at, l->udp.sport, l->udp.dport);
	if (l->udp.sport == ANY)
		memcpy(at, seen_at(b, b->at[i]), 2);
	put16(at + 4, pick(l->udp.length, (uint32_t)(b->end - b->at[i])));
	put_sum(b, i, 6, pseudo_sum(b, i, 17));
	if (l->udp.sum)
		put16(at + 6, l->udp.sum);
}

static void put_icmp(const struct build *b, size_t i, uint8_t *at)
{
	const struct layer *l = &b->layer[i];

	at[0] = (uint8_t)l->icmp.type;
	at[1] = (uint8_t)l->icmp.code;
	put_sum(b, i, 2, l->kind == LAYER_ICMP6 ? pseudo_sum(b, i, 58) : 0);
}

static void put_raw(const struct layer *l, uint8_t *at)
{
	if (l->raw.content.n)
		memcpy(at, l->raw.content.at, l->raw.content.n);
	for (uint32_t i = 0; i < l->raw.n; i++)
		at[i] = (uint8_t)i;
}

static void put_layer(const struct build *b, size_t i)
{
	uint8_t *at = b->out->byte + b->at[i];
	const struct layer *l = &b->layer[i];

	switch (l->kind) {
	case LAYER_ETH: put_eth(b, i, at); break;
	case LAYER_VLAN: put_vlan(b, i, at); break;
	case LAYER_IP4: put_ip4(b, i, at); break;
	case LAYER_IP6: put_ip6(b, i, at); break;
	case LAYER_EXT: put_ext(b, i, at); break;
	case LAYER_FRAG6: put_frag6(b, i, at); break;
	case LAYER_TCP: put_tcp(b, i, at); break;
	case LAYER_UDP: put_udp(b, i, at); break;
	case LAYER_ICMP:
	case LAYER_ICMP6: put_icmp(b, i, at); break;
	case LAYER_SCTP: put_ports(at, l->sctp.sport, l->sctp.dport); break;
	case LAYER_RAW: put_raw(l, at); break;
	case LAYER_PAD: memset(at, 0xee, l->pad.n); break;
	case LAYER_CUT: b->out->length = l->cut.n; break;
	case LAYER_END: break;
	}
}

static void put_addresses(const struct build *b, size_t i)
{
	uint8_t *at = b->out->byte + b->at[i];
	const struct layer *l = &b->layer[i];
	const uint8_t *seen = seen_at(b, b->at[i]);

	if (l->kind == LAYER_IP4) {
		put_address(at + 12, seen + 12, AF_INET,
			    l->ip4.src ? l->ip4.src : "10.0.0.5");
		put_address(at + 16, seen + 16, AF_INET,
			    l->ip4.dst ? l->ip4.dst : "10.0.0.9");
	} else if (l->kind == LAYER_IP6) {
		put_address(at + 8, seen + 8, AF_INET6,
			    l->ip6.src ? l->ip6.src : "2001:db8::5");
		put_address(at + 24, seen + 24, AF_INET6,
			    l->ip6.dst ? l->ip6.dst : "2001:db8::9");
	}
}

void frame_build(struct frame *out, const struct layer *layers,
		 const struct frame *seen)
{
	struct build b = { .out = out, .seen = seen, .layer = layers };
	size_t length = 0;

	for (; layers[b.n].kind != LAYER_END; b.n++) {
		assert(b.n < LAYERS_MAX);
		b.at[b.n] = length;
		length += layer_size(&layers[b.n]);
		assert(length <= FRAME_MAX);
		if (layers[b.n].kind != LAYER_PAD)
			b.end = length;
	}
	memset(out->byte, 0, length);
	out->length = length;
	for (size_t i = 0; i < b.n; i++)
		put_addresses(&b, i);
	for (size_t i = b.n; i-- > 0;)
		put_layer(&b, i);
}
