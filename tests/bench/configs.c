// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Writes the configurations under measurement. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "configs.h"
#include "lists.h"
#include "wrapper.h"

enum { MILLION = 1 << 20 };

static void write_pool(FILE *yaml, const char *name, int family, const char *encap)
{
	fprintf(yaml, "  %s:\n    next_hop: \"02:00:00:00:00:aa\"\n", name);
	fprintf(yaml, "    encap: %s\n", encap);
	fprintf(yaml, "    source: \"%s\"\n    backends:\n",
		family == 4 ? "10.255.0.0/16" : "2001:db8:ff::/64");
	for (int i = 1; i <= CONFIG_BACKENDS; i++)
		fprintf(yaml, "      - {address: \"%s%x\"}\n",
			family == 4 ? "10.1.0." : "2001:db8:b::", i);
}

static void write_service(FILE *yaml, const char *name, const char *address,
			  const char *pool)
{
	fprintf(yaml,
		"  %s: {addresses: [\"%s\"], tcp: [80, 443], udp: [443], pool: %s}\n",
		name, address, pool);
}

static void write_balancer(FILE *yaml, const char *address, int family, const char *encap)
{
	fputs("pools:\n", yaml);
	write_pool(yaml, "web", family, encap);
	fputs("services:\n", yaml);
	write_service(yaml, "www", address, "web");
}

static void write_services(FILE *yaml)
{
	fputs("pools:\n", yaml);
	write_pool(yaml, "web4", 4, "ipip");
	write_pool(yaml, "web6", 6, "ipip");
	fputs("services:\n", yaml);
	write_service(yaml, "www4", VIP4, "web4");
	write_service(yaml, "www6", VIP6, "web6");
}

static void write_set(FILE *yaml)
{
	fputs("sets:\n  bans: {prefixes: [198.51.100.0/24, 203.0.113.7, \"2001:db8:bad::/48\"]}\n"
	      "filter:\n  rules:\n    - {name: bans, from: bans, action: drop}\n",
	      yaml);
}

/* One that matches, and does not drop: with a rate or without. */
static void write_rule(FILE *yaml, const char *what)
{
	fprintf(yaml, "filter:\n  rules:\n    - {name: r, proto: udp, dport: 53, %s}\n",
		what);
}

/* The list stays open, so that the command can read it. */
static void write_million(FILE *yaml, enum config config, const char *name)
{
	static int lists[CONFIGS];
	FILE *list;

	if (!lists[config]) {
		lists[config] = memfd_create("bench.list", 0);
		list = fdopen(dup(lists[config]), "w");
		if (list) {
			list_write(list, name, 0, MILLION);
			fclose(list);
		}
	}
	fprintf(yaml, "sets:\n  bans: {file: /proc/self/fd/%d}\n", lists[config]);
	fputs("filter:\n  rules:\n    - {name: bans, from: bans, action: drop}\n",
	      yaml);
}

/* Five dimensions, the same whatever their number. */
static void write_rules(FILE *yaml, int rules)
{
	fputs("filter:\n  rules:\n", yaml);
	for (int i = 0; i < rules; i++)
		fprintf(yaml,
			"    - {name: r%d, from: 198.18.%d.0/24, proto: tcp, sport: 1024-65535, "
			"dport: %d, flags: \"ack/syn,ack\", action: drop}\n",
			i, i, 1000 + i);
}

/* Room for the records of as many flows as are measured, four times. */
static void write_changing(FILE *yaml)
{
	fprintf(yaml, "limits: {flows: %d}\n", 4 * MILLION);
	write_balancer(yaml, VIP4, 4, "ipip");
}

static void write_quic(FILE *yaml)
{
	fputs("pools:\n", yaml);
	write_pool(yaml, "web", 4, "ipip");
	fputs("    quic: {server_id_bytes: 2}\nservices:\n", yaml);
	write_service(yaml, "www", VIP4, "web");
}

static void write_many(FILE *yaml)
{
	fputs("pools:\n", yaml);
	for (int i = 1; i <= BENCH_MANY; i++)
		fprintf(yaml,
			"  p%d: {next_hop: \"02:00:00:00:00:aa\", source: 10.255.0.0/16, slots: 4096, "
			"backends: [{address: 10.1.0.1}, {address: 10.1.0.2}]}\n", i);
	fputs("services:\n", yaml);
	for (int i = 1; i <= BENCH_MANY; i++)
		fprintf(yaml, "  s%d: {addresses: [198.18.%d.%d], tcp: [80], pool: p%d}\n",
			i, i >> 8, i & 255, i);
}

static void write_decap(FILE *yaml)
{
	fputs("decap:\n  addresses: [" TUNNEL4 ", \"" TUNNEL6 "\"]\n"
	      "  from: [" BALANCER4 ", \"" BALANCER6 "\"]\n",
	      yaml);
}

void config_write(enum config config, FILE *yaml)
{
	fputs("sluice: 1\nseed: bench\n", yaml);
	switch (config) {
	case CONFIG_SERVICES: write_services(yaml); break;
	case CONFIG_SET: write_set(yaml); break;
	case CONFIG_PASS: write_rule(yaml, "action: pass"); break;
	case CONFIG_LIMIT:
		write_rule(yaml, "rate: {packets: 900M/s, per: source/24}, action: drop");
		break;
	case CONFIG_MILLION4: write_million(yaml, config, "scattered4"); break;
	case CONFIG_MILLION6: write_million(yaml, config, "scattered6"); break;
	case CONFIG_LISTED4: write_million(yaml, config, "listed4"); break;
	case CONFIG_LISTED6: write_million(yaml, config, "listed6"); break;
	case CONFIG_RULES_1: write_rules(yaml, 1); break;
	case CONFIG_RULES_64: write_rules(yaml, 64); break;
	case CONFIG_RULES_256: write_rules(yaml, 256); break;
	case CONFIG_IPIP: write_balancer(yaml, VIP4, 4, "ipip"); break;
	case CONFIG_IP6IP6: write_balancer(yaml, VIP6, 6, "ipip"); break;
	case CONFIG_4IN6: write_balancer(yaml, VIP4, 6, "ipip"); break;
	case CONFIG_6IN4: write_balancer(yaml, VIP6, 4, "ipip"); break;
	case CONFIG_GUE: write_balancer(yaml, VIP4, 4, "gue"); break;
	case CONFIG_GUE6: write_balancer(yaml, VIP6, 6, "gue"); break;
	case CONFIG_DECAP: write_decap(yaml); break;
	case CONFIG_CHANGING: write_changing(yaml); break;
	case CONFIG_QUIC: write_quic(yaml); break;
	case CONFIG_MANY: write_many(yaml); break;
	case CONFIG_EMPTY:
	case CONFIGS: break;
	}
}
