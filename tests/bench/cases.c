// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The table of cases: the paths of the design's chapter on speed. */
#include <linux/bpf.h>
#include <netinet/in.h>

#include "cases.h"

/* what comes in */
#define ACK(source, port) \
	.proto = IPPROTO_TCP, .flags = 16, .sport = 40000, .dport = (port), \
	.from = (source)
#define SYN(source, port) \
	.proto = IPPROTO_TCP, .flags = 2, .sport = 40000, .dport = (port), \
	.from = (source)
#define UDP(source, port) \
	.proto = IPPROTO_UDP, .sport = 40000, .dport = (port), .from = (source)
#define ABOUT(source, port) \
	.proto = IPPROTO_ICMP, .sport = 40000, .dport = (port), .from = (source)
#define ANY4  "16.1.2.3"
#define ANY6  "2a00:1234::5"
#define HOST4 "192.0.2.1" /* no service has it */
#define HOST6 "2001:db8::1"

/* what must become of it */
#define PASSED .reason = SL_PASS, .verdict = XDP_PASS
#define BANNED .reason = SL_RULE, .verdict = XDP_DROP
#define SENT \
	.reason = SL_FORWARDED, .verdict = XDP_TX, .change = BENCH_ENCAPSULATED
#define UNWRAPPED .reason = SL_DECAPSULATED, .verdict = XDP_PASS

#define FIRST    .fragment = 0x2000
#define LATER    .fragment = 0x0008
#define SHORT_ID .payload = "\x40\x08\0\3", .octets = 4

static const struct frame_layers opens = { SYN(ANY4, 80), .to = VIP4 };
static const struct frame_layers first = { UDP(ANY4, 443), .to = VIP4, FIRST };

/* clang-format off */
const struct bench_case bench_cases[] = {
	{ "nothing configured, IPv4", CONFIG_EMPTY,
	  { ACK(ANY4, 80), .to = HOST4 }, PASSED },
	{ "nothing configured, IPv6", CONFIG_EMPTY,
	  { ACK(ANY6, 80), .to = HOST6 }, PASSED },
	{ "nothing configured, 1 VLAN tag", CONFIG_EMPTY,
	  { ACK(ANY4, 80), .to = HOST4, .tags = 1 }, PASSED },
	{ "nothing configured, 4 VLAN tags", CONFIG_EMPTY,
	  { ACK(ANY4, 80), .to = HOST4, .tags = 4 }, PASSED },
	{ "nothing configured, 12 octets of options", CONFIG_EMPTY,
	  { ACK(ANY4, 80), .to = HOST4, .options = 12 }, PASSED },
	{ "for no service, IPv4", CONFIG_SERVICES,
	  { ACK(ANY4, 80), .to = HOST4 }, PASSED, .goal = 0.5 },
	{ "for no service, IPv6", CONFIG_SERVICES,
	  { ACK(ANY6, 80), .to = HOST6 }, PASSED, .goal = 0.5 },
	{ "for no service, IPv4, 1 M flows", CONFIG_SERVICES,
	  { ACK(ANY4, 80), .to = HOST4 }, PASSED, .vary = BENCH_FLOWS4 },
	{ "dropped by a small set, IPv4", CONFIG_SET,
	  { ACK("198.51.100.9", 80), .to = HOST4 }, BANNED },
	{ "dropped by a small set, IPv6", CONFIG_SET,
	  { ACK("2001:db8:bad::9", 80), .to = HOST6 }, BANNED },
	{ "dropped by a set of 1 M, IPv4, one flow", CONFIG_MILLION4,
	  { ACK("16.0.0.0", 80), .to = HOST4 }, BANNED, .goal = 0.8 },
	{ "dropped by a set of 1 M, IPv4, 1 M flows", CONFIG_MILLION4,
	  { ACK("16.0.0.0", 80), .to = HOST4 }, BANNED,
	  .vary = BENCH_FLOWS4, .goal_r = 0.5 },
	{ "dropped by a set of 1 M, IPv6, one flow", CONFIG_MILLION6,
	  { ACK("2a00:2000:1000::1000:0:1000:0", 80), .to = HOST6 }, BANNED,
	  .goal = 0.8 },
	{ "dropped by a set of 1 M, IPv6, 1 M flows", CONFIG_MILLION6,
	  { ACK("2a00:2000:1000::1000:0:1000:0", 80), .to = HOST6 }, BANNED,
	  .vary = BENCH_FLOWS6, .goal_r = 0.8 },
	{ "dropped by 1 M as lists have them, IPv4", CONFIG_LISTED4,
	  { ACK("16.0.0.0", 80), .to = HOST4 }, BANNED,
	  .vary = BENCH_LISTED4, .goal_r = 0.5 },
	{ "dropped by 1 M as lists have them, IPv6", CONFIG_LISTED6,
	  { ACK("2400::", 80), .to = HOST6 }, BANNED,
	  .vary = BENCH_LISTED6, .goal_r = 1.2 },
	{ "1 rule passes", CONFIG_PASS,
	  { UDP(ANY4, 53), .to = HOST4 }, .reason = SL_RULE, .verdict = XDP_PASS },
	{ "1 rule with a rate, under it", CONFIG_LIMIT,
	  { UDP(ANY4, 53), .to = HOST4 }, PASSED,
	  .beside = "1 rule passes", .goal = 0.2 },
	{ "1 rule with a rate, 1 M sources", CONFIG_LIMIT,
	  { UDP(ANY4, 53), .to = HOST4 }, PASSED, .vary = BENCH_FLOWS4 },
	{ "1 rule of 5 fields, no match", CONFIG_RULES_1,
	  { ACK(ANY4, 1000), .to = HOST4 }, PASSED },
	{ "1 rule of 5 fields, match", CONFIG_RULES_1,
	  { ACK("198.18.0.9", 1000), .to = HOST4 }, BANNED },
	{ "64 rules, no match", CONFIG_RULES_64,
	  { ACK(ANY4, 1063), .to = HOST4 }, PASSED },
	{ "64 rules, the last matches", CONFIG_RULES_64,
	  { ACK("198.18.63.9", 1063), .to = HOST4 }, BANNED },
	{ "256 rules, no match", CONFIG_RULES_256,
	  { ACK(ANY4, 1255), .to = HOST4 }, PASSED,
	  .beside = "1 rule of 5 fields, no match", .part = 0.05 },
	{ "256 rules, the last matches", CONFIG_RULES_256,
	  { ACK("198.18.255.9", 1255), .to = HOST4 }, BANNED,
	  .beside = "1 rule of 5 fields, match", .part = 0.15 },
	{ "TCP to a service, IPIP, one flow", CONFIG_IPIP,
	  { ACK(ANY4, 80), .to = VIP4 }, SENT, .goal = 1.3 },
	{ "TCP to a service, IPIP, SYN", CONFIG_IPIP,
	  { SYN(ANY4, 80), .to = VIP4 }, SENT, .goal = 1.3 },
	{ "TCP to a service, IPIP, 1 M flows", CONFIG_IPIP,
	  { ACK(ANY4, 80), .to = VIP4 }, SENT, .vary = BENCH_FLOWS4, .goal = 1.6 },
	{ "UDP to a service, IPIP", CONFIG_IPIP,
	  { UDP(ANY4, 443), .to = VIP4 }, SENT, .goal = 1.45 },
	{ "TCP to a service, IPv6 in IPv6", CONFIG_IP6IP6,
	  { ACK(ANY6, 80), .to = VIP6 }, SENT, .goal = 1.45 },
	{ "TCP to a service, IPv6 in IPv6, 1 M flows", CONFIG_IP6IP6,
	  { ACK(ANY6, 80), .to = VIP6 }, SENT, .vary = BENCH_FLOWS6 },
	{ "TCP to a service, IPv4 in IPv6", CONFIG_4IN6,
	  { ACK(ANY4, 80), .to = VIP4 }, SENT },
	{ "TCP to a service, IPv6 in IPv4", CONFIG_6IN4,
	  { ACK(ANY6, 80), .to = VIP6 }, SENT },
	{ "TCP to a service, GUE", CONFIG_GUE,
	  { ACK(ANY4, 80), .to = VIP4 }, SENT, .goal = 1.45 },
	{ "TCP to a service, GUE, 1 M flows", CONFIG_GUE,
	  { ACK(ANY4, 80), .to = VIP4 }, SENT, .vary = BENCH_FLOWS4 },
	{ "TCP to a service, IPv6 in GUE over IPv6", CONFIG_GUE6,
	  { ACK(ANY6, 80), .to = VIP6 }, SENT, .goal = 1.45 },
	{ "ICMP error about a flow, IPIP", CONFIG_IPIP,
	  { ABOUT(ANY4, 80), .to = VIP4 }, SENT },
	{ "ICMPv6 error about a flow, IPv6 in IPv6", CONFIG_IP6IP6,
	  { ABOUT(ANY6, 80), .to = VIP6 }, SENT },
	{ "changing slot, recorded flow", CONFIG_CHANGING,
	  { ACK(ANY4, 80), .to = VIP4 }, SENT, .before = &opens, .goal = 1.7 },
	{ "changing slot, SYN recorded", CONFIG_CHANGING,
	  { SYN(ANY4, 80), .to = VIP4 }, SENT, .goal = 2 },
	{ "changing slot, 1 M recorded flows", CONFIG_CHANGING,
	  { ACK(ANY4, 80), .to = VIP4 }, SENT, .vary = BENCH_FLOWS4,
	  .before = &opens, .goal_r = 0.9 },
	{ "changing slot, SYNs of 1 M flows", CONFIG_CHANGING,
	  { SYN(ANY4, 80), .to = VIP4 }, SENT, .vary = BENCH_FLOWS4 },
	{ "QUIC to a service, by its connection id", CONFIG_QUIC,
	  { UDP(ANY4, 443), .to = VIP4, SHORT_ID }, SENT },
	{ "UDP to a service, first fragment", CONFIG_IPIP,
	  { UDP(ANY4, 443), .to = VIP4, FIRST }, SENT },
	{ "UDP to a service, later fragment", CONFIG_IPIP,
	  { UDP(ANY4, 443), .to = VIP4, LATER }, SENT, .before = &first },
	{ "TCP to one of 1000 services, 1 M flows", CONFIG_MANY,
	  { ACK(ANY4, 80), .to = "198.18.0.1" }, SENT, .vary = BENCH_SERVICES4 },
	{ "decapsulated, IPIP", CONFIG_DECAP,
	  { ACK(ANY4, 80), .to = VIP4,
	    .outer_from = BALANCER4, .outer_to = TUNNEL4 },
	  UNWRAPPED, .change = BENCH_STRIPPED4 },
	{ "decapsulated, IPv6 in IPv6", CONFIG_DECAP,
	  { ACK(ANY6, 80), .to = VIP6,
	    .outer_from = BALANCER6, .outer_to = TUNNEL6 },
	  UNWRAPPED, .change = BENCH_STRIPPED6 },
};
/* clang-format on */

_Static_assert(sizeof(bench_cases) / sizeof(bench_cases[0]) <= BENCH_CASES_MAX,
	       "too many cases");
const size_t bench_n_cases = sizeof(bench_cases) / sizeof(bench_cases[0]);
