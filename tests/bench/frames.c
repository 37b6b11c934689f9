// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Makes a frame from its layers. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "frames.h"

enum { PAYLOAD = 24, IPV4 = 20, IPV6 = 40, TCP = 20, UDP = 8, ICMP = 8 };

struct ip {
	const char *from, *to;
	uint32_t options, behind; /* octets */
	uint8_t proto;            /* of what is behind */
	uint16_t fragment;
};

uint16_t frame_sum(const void *octets, uint32_t length)
{
	const uint8_t *octet = octets;
	uint32_t sum = 0;

	for (uint32_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)octet[i] << 8 | octet[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static int is_ipv6(const char *address)
{
	return strchr(address, ':') != NULL;
}

static void put_ipv4(uint8_t *at, const struct ip *ip)
{
	uint32_t header = IPV4 + ip->options;

	memset(at, 0, IPV4);
	memset(at + IPV4, 1, ip->options);
	at[0] = (uint8_t)(0x40 | header / 4);
	put16(at + 2, header + ip->behind);
	put16(at + 4, 0x1234);
	put16(at + 6, ip->fragment ? ip->fragment : 0x4000);
	at[8] = 63;
	at[9] = ip->proto;
	inet_pton(AF_INET, ip->from, at + 12);
	inet_pton(AF_INET, ip->to, at + 16);
	put16(at + 10, frame_sum(at, header));
}

static void put_ipv6(uint8_t *at, const struct ip *ip)
{
	memset(at, 0, IPV6);
	at[0] = 0x60;
	put16(at + 4, ip->behind);
	at[6] = ip->proto;
	at[7] = 63;
	inet_pton(AF_INET6, ip->from, at + 8);
	inet_pton(AF_INET6, ip->to, at + 24);
}

static uint32_t put_ip(uint8_t *at, const struct ip *ip)
{
	if (is_ipv6(ip->from)) {
		put_ipv6(at, ip);
		return IPV6;
	}
	put_ipv4(at, ip);
	return IPV4 + ip->options;
}

/* Too big, says a router, of what was sent back. */
static void put_error(uint8_t *at, const struct frame_layers *l)
{
	struct ip quoted = { .from = l->to, .to = l->from, .behind = TCP,
			     .proto = IPPROTO_TCP };
	uint8_t *tcp = at + ICMP;

	memset(at, 0, ICMP);
	at[0] = is_ipv6(l->to) ? 2 : 3;
	at[1] = is_ipv6(l->to) ? 0 : 4;
	put16(at + 6, 1400);
	tcp += put_ip(tcp, &quoted);
	memset(tcp, 0, TCP);
	put16(tcp, l->dport);
	put16(tcp + 2, l->sport);
	tcp[12] = TCP / 4 << 4;
}

static void put_transport(uint8_t *at, const struct frame_layers *l)
{
	uint32_t header = l->proto == IPPROTO_TCP ? TCP : UDP;

	if (l->proto == IPPROTO_ICMP) {
		put_error(at, l);
		return;
	}
	memset(at, 0, TCP);
	if (l->payload)
		memcpy(at + header, l->payload, l->octets);
	put16(at, l->sport);
	put16(at + 2, l->dport);
	if (l->proto == IPPROTO_UDP) {
		put16(at + 4, UDP + PAYLOAD);
		return;
	}
	at[12] = TCP / 4 << 4;
	at[13] = l->flags;
	put16(at + 14, 1000);
}

static uint32_t put_ethernet(uint8_t *at, uint32_t tags, uint32_t ethertype)
{
	static const uint8_t macs[12] = { 2, 0, 0, 0, 0, FRAME_OURS,
					  2, 0, 0, 0, 0, FRAME_THEIRS };
	uint32_t length = ETH_HLEN - 2;

	memcpy(at, macs, sizeof(macs));
	for (uint32_t tag = 1; tag <= tags; tag++, length += 4) {
		put16(at + length, tag < tags ? ETH_P_8021AD : ETH_P_8021Q);
		put16(at + length + 2, 100 + tag);
	}
	put16(at + length, ethertype);
	return length + 2;
}

static uint32_t transport_length(const struct frame_layers *l)
{
	if (l->proto == IPPROTO_ICMP)
		return ICMP + (is_ipv6(l->to) ? IPV6 : IPV4) + TCP;
	return (l->proto == IPPROTO_TCP ? TCP : UDP) + PAYLOAD;
}

static uint8_t proto_of(const struct frame_layers *l)
{
	return l->proto == IPPROTO_ICMP && is_ipv6(l->to) ? IPPROTO_ICMPV6 : l->proto;
}

void frame_make(const struct frame_layers *l, struct frame *f)
{
	uint32_t transport = transport_length(l);
	const char *first = l->outer_from ? l->outer_from : l->from;
	struct ip inner = { l->from, l->to, l->options, transport, proto_of(l), l->fragment };
	struct ip outer = { .from = l->outer_from, .to = l->outer_to };

	memset(f, 0, sizeof(*f));
	f->l3 = put_ethernet(f->octet, l->tags,
			     is_ipv6(first) ? ETH_P_IPV6 : ETH_P_IP);
	f->inner = f->l3;
	if (l->outer_from) {
		outer.proto = is_ipv6(l->from) ? IPPROTO_IPV6 : IPPROTO_IPIP;
		outer.behind = transport +
			       (is_ipv6(l->from) ? IPV6 : IPV4 + l->options);
		f->inner += put_ip(f->octet + f->l3, &outer);
	}
	f->ports = f->inner + put_ip(f->octet + f->inner, &inner);
	put_transport(f->octet + f->ports, l);
	f->length = f->ports + transport;
}
