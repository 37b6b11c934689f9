/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every kind of frame that the parser takes, and what it says of it. */
#include "tests/unit/parse_frames.h"

#define IS4(proto_, ttl_) \
	.family = 4, .proto = proto_, .ttl = ttl_, .ethertype = BE16(0x0800), \
	.src = { 0x0a00000500000000, 0 }, .dst = { 0x0a00000200000000, 0 }
#define IS6(proto_, hops) \
	.family = 6, .proto = proto_, .ttl = hops, .ethertype = BE16(0x86dd), \
	.src = { 0x20010db800000000, 5 }, .dst = { 0x20010db800000000, 2 }
#define PORTS .sport = BE16(40000), .dport = BE16(80)
#define SYN PORTS, .type = 2
#define TCP4 IS4(6, 64), SYN
#define TCP6 IS6(6, 64), SYN
#define UDP4 IS4(17, 64), PORTS
#define UDP6 IS6(17, 64), PORTS
#define FIRST .fragment = SL_FRAG_FIRST
#define LATER .fragment = SL_FRAG_LATER
#define OPTIONS .traits = TRAIT_OPTIONS
#define SOURCE_ROUTE .traits = TRAIT_OPTIONS | TRAIT_SOURCE_ROUTE
#define NON_IP(type, l3_) .ethertype = BE16(type), .l3 = l3_

const struct shape shapes[] = {
	/* the common packet */
	{ "tcp over ipv4", MACS IP4(P_TCP) "/" TCP, { TCP4 } },
	{ "tcp over ipv6", MACS IP6(P_TCP) "/" TCP, { TCP6 } },
	{ "udp over ipv4", MACS IP4(P_UDP) "/" UDP, { UDP4 } },
	{ "udp over ipv6", MACS IP6(P_UDP) "/" UDP, { UDP6 } },
	{ "udp over ipv4, content", MACS IP4(P_UDP) "/" UDP "{18}", { UDP4 } },
	{ "udp over ipv6, content", MACS IP6(P_UDP) "/" UDP "{18}", { UDP6 } },
	{ "tcp over ipv4, a large one", MACS IP4(P_TCP) "/" TCP "{9000}", { TCP4 } },
	{ "tcp over ipv6, a large one", MACS IP6(P_TCP) "/" TCP "{9000}", { TCP6 } },

	/* tags */
	{ "one tag", MACS TAG("0064") IP4(P_TCP) "/" TCP, { TCP4, .tags = 1, .vlan = 100 } },
	{ "one service tag", MACS SERVICE_TAG("0064") IP6(P_UDP) "/" UDP, { UDP6, .tags = 1, .vlan = 100 } },
	{ "priority tag", MACS TAG("e000") IP4(P_TCP) "/" TCP, { TCP4, .tags = 1 } },
	{ "priority and id", MACS TAG("ffff") IP4(P_TCP) "/" TCP, { TCP4, .tags = 1, .vlan = 4095 } },
	{ "two tags, the outer one names", MACS SERVICE_TAG("0064") TAG("0005") IP4(P_TCP) "/" TCP, { TCP4, .tags = 2, .vlan = 100 } },
	{ "two tags, the outer one for priority", MACS TAG("2000") TAG("0005") IP6(P_TCP) "/" TCP, { TCP6, .tags = 2 } },
	{ "three tags", MACS TAG("0003") TAG("0002") TAG("0001") IP4(P_UDP) "/" UDP, { UDP4, .tags = 3, .vlan = 3 } },
	{ "four tags", MACS TAG("0004") SERVICE_TAG("0003") TAG("0002") SERVICE_TAG("0001") IP6(P_TCP) "/" TCP, { TCP6, .tags = 4, .vlan = 4 } },

	/* neither IPv4 nor IPv6 */
	{ "arp", MACS "0806 {28}", { NON_IP(0x0806, 14) } },
	{ "a frame without content", MACS "88b5", { NON_IP(0x88b5, 14) } },
	{ "a length for an ethertype", MACS "0026 424203 {35}", { NON_IP(0x0026, 14) } },
	{ "an ethertype that is no tag", MACS "9100 0064" IP4(P_TCP) TCP, { NON_IP(0x9100, 14) } },
	{ "arp below a tag", MACS TAG("0007") "0806 {28}", { NON_IP(0x0806, 18), .tags = 1, .vlan = 7 } },
	{ "nothing below four tags", MACS TAG("0007") TAG("0001") TAG("0001") TAG("0001") "88b5", { NON_IP(0x88b5, 30), .tags = 4, .vlan = 7 } },

	/* the IPv4 header */
	{ "ttl 0", MACS IPV4("5", "0000", "00", P_TCP, "") "/" TCP, { IS4(6, 0), SYN } },
	{ "ttl 255", MACS IPV4("5", "0000", "ff", P_TCP, "") "/" TCP, { IS4(6, 255), SYN } },
	{ "do not fragment", MACS IP4_FRAG("4000", P_TCP) "/" TCP, { TCP4 } },
	{ "the reserved bit", MACS IP4_FRAG("8000", P_UDP) "/" UDP "{18}", { UDP4 } },
	{ "ipv4, a header alone", MACS IP4(P_UNKNOWN) "/", { IS4(253, 64) } },
	{ "ipv4, padding", MACS IP4(P_TCP) "/" TCP "| ffffffff ffff", { TCP4 } },

	/* IPv4 options */
	{ "option: end", MACS IP4_OPTIONS("6", "00000000") "/" TCP, { TCP4, OPTIONS } },
	{ "option: nop", MACS IP4_OPTIONS("6", "01010101") "/" TCP, { TCP4, OPTIONS } },
	{ "option: end, and no option behind", MACS IP4_OPTIONS("7", "00838301 83000183") "/" TCP, { TCP4, OPTIONS } },
	{ "option: router alert", MACS IP4_OPTIONS("6", "94040000") "/" TCP, { TCP4, OPTIONS } },
	{ "option: the shortest", MACS IP4_OPTIONS("6", "01010702") "/" TCP, { TCP4, OPTIONS } },
	{ "option: the longest", MACS IP4_OPTIONS("f", "0728 {38}") "/" TCP, { TCP4, OPTIONS } },
	{ "option: lsrr", MACS IP4_OPTIONS("7", "830704 0a000001 00") "/" TCP, { TCP4, SOURCE_ROUTE } },
	{ "option: ssrr", MACS IP4_OPTIONS("7", "01 890704 0a000001") "/" TCP, { TCP4, SOURCE_ROUTE } },
	{ "option: lsrr as content of another", MACS IP4_OPTIONS("7", "0708 830704 000000") "/" TCP, { TCP4, OPTIONS } },
	{ "option: lsrr as the last", MACS IP4_OPTIONS("f", "0725 {35} 018302") "/" TCP, { TCP4, SOURCE_ROUTE } },
	{ "option: forty nops", MACS IP4_OPTIONS("f", "01010101010101010101 01010101010101010101 01010101010101010101 01010101010101010101") "/" TCP, { TCP4, OPTIONS } },
	{ "options before a fragment", MACS IPV4("6", "2000", "40", P_TCP, "01010101") "/" TCP "{4}", { TCP4, OPTIONS, FIRST } },

	/* the IPv6 header */
	{ "hop limit 0", MACS IPV6("00", P_UDP) "/" UDP, { IS6(17, 0), PORTS } },
	{ "ipv6, a header alone", MACS IP6("3b") "/", { IS6(59, 64) } },
	{ "ipv6, padding", MACS IP6(P_TCP) "/" TCP "| ffffffff ffff", { TCP6 } },
	{ "traffic class and flow label", MACS "86dd 6fffffff P " P_TCP "40" FROM6 TO6 "/" TCP, { TCP6 } },

	/* extension headers */
	{ "one of each", MACS IP6(P_HOP) EXT(P_DST) EXT(P_ROUTING) ROUTING(P_FRAG, "03") ATOMIC(P_AH) AH(P_MOBILITY) EXT(P_TCP) "/" TCP, { TCP6 } },
	{ "routing header 0", MACS IP6(P_ROUTING) ROUTING(P_TCP, "00") "/" TCP, { TCP6, .traits = TRAIT_SOURCE_ROUTE } },
	{ "routing header 2", MACS IP6(P_ROUTING) ROUTING(P_TCP, "02") "/" TCP, { TCP6 } },
	{ "type 0 in what is no routing header", MACS IP6(P_DST) ROUTING(P_TCP, "00") "/" TCP, { TCP6 } },
	{ "an extension header of 16 octets", MACS IP6(P_DST) EXT_OF(P_UDP, "01", "12") "/" UDP, { UDP6 } },
	{ "six of 2048 octets", MACS IP6(P_HOP) EXT_OF(P_DST, "ff", "2044") EXT_OF(P_DST, "ff", "2044") EXT_OF(P_DST, "ff", "2044") EXT_OF(P_DST, "ff", "2044") EXT_OF(P_DST, "ff", "2044") EXT_OF(P_TCP, "ff", "2044") "/" TCP, { TCP6 } },
	{ "ah of 8 octets", MACS IP6(P_AH) EXT_OF(P_TCP, "00", "4") "/" TCP, { TCP6 } },
	{ "ah of 12 octets", MACS IP6(P_AH) EXT_OF(P_TCP, "01", "8") "/" TCP, { TCP6 } },
	{ "ah of 1028 octets", MACS IP6(P_AH) EXT_OF(P_TCP, "ff", "1024") "/" TCP, { TCP6 } },
	{ "ah is no extension of ipv4", MACS IP4(P_AH) "/" AH(P_TCP) TCP, { IS4(51, 64) } },
	{ "encrypted", MACS IP6("32") "/ {20}", { IS6(50, 64) } },

	/* fragments */
	{ "first, ipv4", MACS IP4_FRAG("2000", P_TCP) "/" TCP "{4}", { TCP4, FIRST } },
	{ "first, ipv6", MACS IP6(P_FRAG) FRAG(P_TCP, "0001") "/" TCP "{4}", { TCP6, FIRST } },
	{ "first, a udp header alone", MACS IP4_FRAG("2000", P_UDP) "/" UDP_("0fa0"), { UDP4, FIRST } },
	{ "first, a udp header alone, ipv6", MACS IP6(P_FRAG) FRAG(P_UDP, "0001") "/" UDP_("ffff"), { UDP6, FIRST } },
	{ "first, tcp options to its end", MACS IP4_FRAG("2000", P_TCP) "/" TCP_("60", "10") "{4}", { IS4(6, 64), PORTS, .type = 16, FIRST } },
	{ "first, icmp", MACS IP4_FRAG("2000", P_ICMP) "/" ICMP("08"), { IS4(1, 64), .type = 256 + 8, FIRST } },
	{ "first, sctp", MACS IP6(P_FRAG) FRAG(P_SCTP, "0001") "/" SCTP "{4}", { IS6(132, 64), PORTS, FIRST } },
	{ "first, unknown", MACS IP4_FRAG("2000", P_UNKNOWN) "/ {8}", { IS4(253, 64), FIRST } },
	{ "first, extension headers on both sides", MACS IP6(P_DST) EXT(P_FRAG) FRAG(P_DST, "0001") EXT(P_TCP) "/" TCP "{4}", { TCP6, FIRST } },
	{ "middle, ipv4", MACS IP4_FRAG("2010", P_TCP) "/ {8}", { IS4(6, 64), LATER } },
	{ "middle, ipv6", MACS IP6(P_FRAG) FRAG(P_TCP, "0101") "/ {8}", { IS6(6, 64), LATER } },
	{ "last, one octet", MACS IP4_FRAG("0010", P_UDP) "/ ff", { IS4(17, 64), LATER } },
	{ "last, one octet, ipv6", MACS IP6(P_FRAG) FRAG(P_UDP, "0100") "/ ff", { IS6(17, 64), LATER } },
	{ "later, like tcp", MACS IP4_FRAG("0010", P_TCP) "/" TCP, { IS4(6, 64), LATER } },
	{ "later, like tcp, ipv6", MACS IP6(P_FRAG) FRAG(P_TCP, "0100") "/" TCP, { IS6(6, 64), LATER } },
	{ "later, like udp of length 0", MACS IP4_FRAG("0001", P_UDP) "/" UDP_("0000"), { IS4(17, 64), LATER } },
	{ "later, like icmp", MACS IP4_FRAG("0001", P_ICMP) "/" ICMP("08"), { IS4(1, 64), LATER } },
	{ "later, like discovery", MACS IP6(P_FRAG) FRAG(P_ICMPV6, "0100") "/" ICMP("87"), { IS6(58, 64), LATER } },
	{ "later, like an extension header", MACS IP6(P_FRAG) FRAG(P_DST, "0100") "/" EXT(P_TCP) TCP, { IS6(60, 64), LATER } },
	{ "later, like a fragment header", MACS IP6(P_FRAG) FRAG(P_FRAG, "0100") "/" FRAG(P_TCP, "0000") TCP, { IS6(44, 64), LATER } },
	{ "later, behind six headers", MACS IP6(P_DST) EXT(P_DST) EXT(P_DST) EXT(P_DST) EXT(P_DST) EXT(P_FRAG) FRAG(P_DST, "0100") "/" EXT(P_TCP), { IS6(60, 64), LATER } },
	{ "tcp from octet 16 on", MACS IP4_FRAG("0002", P_TCP) "/ {8}", { IS4(6, 64), LATER } },
	{ "tcp from octet 16 on, ipv6", MACS IP6(P_FRAG) FRAG(P_TCP, "0010") "/ {8}", { IS6(6, 64), LATER } },
	{ "udp from octet 8 on", MACS IP4_FRAG("0001", P_UDP) "/ {8}", { IS4(17, 64), LATER } },
	{ "udp from octet 8 on, ipv6", MACS IP6(P_FRAG) FRAG(P_UDP, "0008") "/ {8}", { IS6(17, 64), LATER } },
	{ "65535 octets", MACS IP4_FRAG("1ffd", P_ICMP) "/ {3}", { IS4(1, 64), LATER } },
	{ "65535 octets, options", MACS IPV4("6", "1ffc", "40", P_ICMP, "01010101") "/ {7}", { IS4(1, 64), OPTIONS, LATER } },
	{ "65535 octets, ipv6", MACS IP6(P_FRAG) FRAG(P_ICMPV6, "fff8") "/ {7}", { IS6(58, 64), LATER } },
	{ "65535 octets, an extension header", MACS IP6(P_DST) EXT(P_FRAG) FRAG(P_ICMPV6, "fff0") "/ {7}", { IS6(58, 64), LATER } },
	{ "atomic", MACS IP6(P_FRAG) ATOMIC(P_TCP) "/" TCP, { TCP6 } },
	{ "atomic, reserved bits", MACS IP6(P_FRAG) FRAG(P_UDP, "0006") "/" UDP, { UDP6 } },

	/* transport */
	{ "tcp, every flag", MACS IP4(P_TCP) "/" TCP_("5f", "ff"), { IS4(6, 64), PORTS, .type = 255 } },
	{ "tcp, no flag", MACS IP6(P_TCP) "/" TCP_("50", "00"), { IS6(6, 64), PORTS } },
	{ "tcp, options to the end", MACS IP4(P_TCP) "/" TCP_("f0", "02") "{40}", { TCP4 } },
	{ "tcp, options and content", MACS IP6(P_TCP) "/" TCP_("60", "02") "{5}", { TCP6 } },
	{ "udp, shorter than its packet", MACS IP4(P_UDP) "/" UDP_("0008") "{18}", { UDP4 } },
	{ "udp, shorter than its packet, ipv6", MACS IP6(P_UDP) "/" UDP_("0009") "{18}", { UDP6 } },
	{ "icmp echo", MACS IP4(P_ICMP) "/" ICMP("08"), { IS4(1, 64), .type = 256 + 8 } },
	{ "icmp echo reply", MACS IP4(P_ICMP) "/" ICMP("00"), { IS4(1, 64), .type = 256 } },
	{ "icmpv6 echo", MACS IP6(P_ICMPV6) "/" ICMP("80"), { IS6(58, 64), .type = 256 + 128 } },
	{ "icmp over ipv6", MACS IP6(P_ICMP) "/" ICMP("08"), { IS6(1, 64) } },
	{ "icmpv6 over ipv4", MACS IP4(P_ICMPV6) "/" ICMP("87"), { IS4(58, 64) } },
	{ "sctp over ipv4", MACS IP4(P_SCTP) "/" SCTP, { IS4(132, 64), PORTS } },
	{ "sctp over ipv6", MACS IP6(P_SCTP) "/" SCTP, { IS6(132, 64), PORTS } },
	{ "ipv4 in ipv4", MACS IP4("04") "/ 45000014 00000000 40060000 0a000001 0a000009", { IS4(4, 64) } },
	{ "unknown over ipv6", MACS IP6(P_UNKNOWN) "/ 9c400050", { IS6(253, 64) } },

	/* neighbour discovery and its neighbours */
	{ "router solicitation", MACS IPV6("ff", P_ICMPV6) "/" ICMP("85"), { IS6(58, 255), .type = 256 + 133 } },
	{ "redirect", MACS IPV6("ff", P_ICMPV6) "/" ICMP("89"), { IS6(58, 255), .type = 256 + 137 } },
	{ "type 132 from afar", MACS IPV6("fe", P_ICMPV6) "/" ICMP("84"), { IS6(58, 254), .type = 256 + 132 } },
	{ "type 138 from afar", MACS IPV6("fe", P_ICMPV6) "/" ICMP("8a"), { IS6(58, 254), .type = 256 + 138 } },
};

const size_t n_shapes = sizeof(shapes) / sizeof(*shapes);
