// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Writes lists of prefixes as their publishers do. */
#include <arpa/inet.h>
#include <string.h>

#include "lists.h"
#include "sources.h"

static void write_prefix(FILE *to, int family, const void *address, unsigned length)
{
	uint8_t octet[16] = { 0 };
	char text[INET6_ADDRSTRLEN];
	unsigned most = family == AF_INET ? 32 : 128;

	memcpy(octet, address, most / 8);
	for (unsigned bit = length; bit < most; bit++)
		octet[bit / 8] &= (uint8_t)~(0x80u >> bit % 8);
	fputs(inet_ntop(family, octet, text, sizeof(text)), to);
	if (length < most)
		fprintf(to, "/%u", length);
	putc('\n', to);
}

static void write4(FILE *to, uint32_t address, unsigned length)
{
	write_prefix(to, AF_INET, &address, length);
}

static void write6(FILE *to, struct bench_address6 address, unsigned length)
{
	write_prefix(to, AF_INET6, &address, length);
}

/* Of 1024: most are hosts, then /24; four in all are wider than /16. */
static unsigned length4(uint32_t flow)
{
	static const struct { uint16_t below; uint8_t length; } most[] = {
		{ 700, 32 }, { 880, 24 }, { 900, 23 }, { 920, 22 },
		{ 935, 21 }, { 950, 20 }, { 960, 19 }, { 966, 18 },
		{ 970, 17 }, { 974, 16 },
	};
	uint32_t share = bench_scatter(bench_scatter(flow) + 1) & 1023;

	if (!(flow & 0x3ffff))
		return 8 + 2 * (flow >> 18 & 3);
	for (size_t i = 0; i < sizeof(most) / sizeof(*most); i++)
		if (share < most[i].below)
			return most[i].length;
	return 25 + share % 7;
}

static unsigned length6(uint32_t flow)
{
	static const uint8_t length[] = {
		[BENCH_NETWORK] = 32, [BENCH_SITE] = 48,
		[BENCH_SUBNET] = 64, [BENCH_HOST] = 128,
	};

	return length[bench_kind6(flow)];
}

static void scattered4(FILE *to, uint32_t flow)
{
	write4(to, bench_source4(flow), 32);
}

static void scattered6(FILE *to, uint32_t flow)
{
	write6(to, bench_source6(flow), 128);
}

static void listed4(FILE *to, uint32_t flow)
{
	write4(to, bench_listed4(flow), length4(flow));
}

static void listed6(FILE *to, uint32_t flow)
{
	write6(to, bench_listed6(flow), length6(flow));
}

static void mixed(FILE *to, uint32_t flow)
{
	(flow & 1 ? listed6 : scattered4)(to, flow);
}

int list_write(FILE *to, const char *list, uint32_t first, uint32_t n)
{
	static const struct {
		const char *name;
		void (*write)(FILE *to, uint32_t flow);
	} lists[] = {
		{ "scattered4", scattered4 }, { "scattered6", scattered6 },
		{ "listed4", listed4 }, { "listed6", listed6 },
		{ "mixed", mixed },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		if (strcmp(lists[i].name, list))
			continue;
		for (uint32_t flow = first; flow < first + n; flow++)
			lists[i].write(to, flow);
		return 0;
	}
	return -1;
}
