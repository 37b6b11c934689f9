/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parser on the host: each way to be refused, under its reason. */
#include "tests/unit/parse_frames.h"

/* IP headers whose lengths are what they say, right or wrong */
#define LYING4(version_ihl, total, frag, proto) \
	MACS "0800 " version_ihl "00 " total " 0001 " frag " 40" proto " 0000 0a000005 0a000002 "
#define LYING6(version, payload, next) \
	MACS "86dd " version "0000000 " payload " " next "40" FROM6 TO6
#define ETH4 MACS IP4
#define ETH6 MACS IP6
#define FIRST4(proto) MACS IP4_FRAG("2000", proto)
#define FIRST6(next) MACS IP6(P_FRAG) FRAG(next, "0001")
#define FOUR_TAGS TAG("0001") SERVICE_TAG("0001") TAG("0001") SERVICE_TAG("0001")
#define SIX_DST(next) EXT(P_DST) EXT(P_DST) EXT(P_DST) EXT(P_DST) EXT(P_DST) EXT(next)
#define ND(hops, type) MACS IPV6(hops, P_ICMPV6) ICMP(type) "{16}"

struct bad { int reason; const char *name, *text; };

static const struct bad bad[] = {
	{ SL_SHORT_FRAME, "nothing", "" },
	{ SL_SHORT_FRAME, "addresses alone", MACS },
	{ SL_SHORT_FRAME, "half an ethertype", MACS "08" },
	{ SL_SHORT_FRAME, "a tag's type alone", MACS "8100" },
	{ SL_SHORT_FRAME, "a service tag's type alone", MACS "88a8" },
	{ SL_SHORT_FRAME, "a tag without the type behind", MACS TAG("0001") },
	{ SL_SHORT_FRAME, "a second tag cut", MACS TAG("0001") TAG("0001") "08" },
	{ SL_SHORT_FRAME, "a fourth tag cut", MACS FOUR_TAGS "08" },

	{ SL_VLAN_DEPTH, "five tags", MACS FOUR_TAGS TAG("0001") IP4(P_TCP) TCP },
	{ SL_VLAN_DEPTH, "five tags, the last for service", MACS FOUR_TAGS SERVICE_TAG("0001") IP6(P_TCP) TCP },
	{ SL_VLAN_DEPTH, "five priority tags", MACS TAG("e000") TAG("e000") TAG("e000") TAG("e000") TAG("e000") IP4(P_TCP) TCP },
	{ SL_VLAN_DEPTH, "the fifth is not there", MACS FOUR_TAGS "8100" },
	{ SL_VLAN_DEPTH, "six tags", MACS FOUR_TAGS FOUR_TAGS IP4(P_TCP) TCP },

	/* the IPv4 header */
	{ SL_MALFORMED_L3, "no ipv4 header", MACS "0800" },
	{ SL_MALFORMED_L3, "no ipv4 header below tags", MACS FOUR_TAGS "0800" },
	{ SL_MALFORMED_L3, "19 octets of it", MACS "0800 45000028 00000000 40060000 0a000005 0a0000" },
	{ SL_MALFORMED_L3, "version 6 as ipv4", LYING4("65", "0028", "0000", P_TCP) TCP },
	{ SL_MALFORMED_L3, "ipv6 as ipv4", MACS "0800 60000000 0014 0640" FROM6 TO6 TCP },
	{ SL_MALFORMED_L3, "version 0", LYING4("05", "0028", "0000", P_TCP) TCP },
	{ SL_MALFORMED_L3, "version 5", LYING4("55", "0028", "0000", P_TCP) TCP },
	{ SL_MALFORMED_L3, "ihl 0", LYING4("40", "0028", "0000", P_TCP) TCP },
	{ SL_MALFORMED_L3, "ihl 4", LYING4("44", "0028", "0000", P_TCP) TCP },
	{ SL_MALFORMED_L3, "total length 0", LYING4("45", "0000", "0000", P_TCP) TCP },
	{ SL_MALFORMED_L3, "total length 19", LYING4("45", "0013", "0000", P_TCP) TCP },
	{ SL_MALFORMED_L3, "total length below ihl", LYING4("46", "0017", "0000", P_TCP) "01010101" TCP },
	{ SL_MALFORMED_L3, "total length beyond the frame", LYING4("45", "0029", "0000", P_TCP) TCP },
	{ SL_MALFORMED_L3, "total length 65535", LYING4("45", "ffff", "0000", P_UDP) UDP },
	{ SL_MALFORMED_L3, "total length beyond, in a later fragment", LYING4("45", "0029", "0010", P_TCP) TCP },
	{ SL_MALFORMED_L3, "ihl beyond the frame", LYING4("4f", "003c", "0000", P_TCP) "01010101" },

	/* IPv4 options */
	{ SL_MALFORMED_L3, "option: length 0", MACS IP4_OPTIONS("6", "07000000") TCP },
	{ SL_MALFORMED_L3, "option: length 1", MACS IP4_OPTIONS("6", "07010000") TCP },
	{ SL_MALFORMED_L3, "option: one octet over", MACS IP4_OPTIONS("6", "07050000") TCP },
	{ SL_MALFORMED_L3, "option: one octet over, later", MACS IP4_OPTIONS("6", "01070400") TCP },
	{ SL_MALFORMED_L3, "option: length 255", MACS IP4_OPTIONS("f", "07ff {38}") TCP },
	{ SL_MALFORMED_L3, "option: its length is not there", MACS IP4_OPTIONS("6", "01010107") TCP },
	{ SL_MALFORMED_L3, "option: lsrr of length 0", MACS IP4_OPTIONS("6", "83000000") TCP },
	{ SL_MALFORMED_L3, "option: ssrr one octet over", MACS IP4_OPTIONS("7", "89070400 000001 89") TCP },
	{ SL_MALFORMED_L3, "option: forty octets, the last cut", MACS IP4_OPTIONS("f", "0727 {37} 07") TCP },
	{ SL_MALFORMED_L3, "option: cut behind 39 nops", MACS IP4_OPTIONS("f", "01010101010101010101 01010101010101010101 01010101010101010101 01010101010101010107") TCP },
	{ SL_MALFORMED_L3, "option: length 0 before a fragment", MACS IPV4("6", "2000", "40", P_TCP, "07000000") TCP "{4}" },

	/* the IPv6 header */
	{ SL_MALFORMED_L3, "no ipv6 header", MACS "86dd" },
	{ SL_MALFORMED_L3, "39 octets of it", MACS "86dd 60000000 0000 3b40 {31}" },
	{ SL_MALFORMED_L3, "version 4 as ipv6", LYING6("4", "0014", P_TCP) TCP },
	{ SL_MALFORMED_L3, "ipv4 as ipv6", MACS "86dd 45000028 00000000 40060000 0a000005 0a000002" TCP },
	{ SL_MALFORMED_L3, "version 7", LYING6("7", "0014", P_TCP) TCP },
	{ SL_MALFORMED_L3, "payload beyond the frame", LYING6("6", "0015", P_TCP) TCP },
	{ SL_MALFORMED_L3, "payload 65535", LYING6("6", "ffff", P_UDP) UDP },

	/* extension headers */
	{ SL_MALFORMED_L3, "payload 0, hop-by-hop", LYING6("6", "0000", P_HOP) EXT(P_TCP) TCP },
	{ SL_MALFORMED_L3, "payload 0, a fragment header", LYING6("6", "0000", P_FRAG) ATOMIC(P_TCP) TCP },
	{ SL_MALFORMED_L3, "hop-by-hop twice", ETH6(P_HOP) EXT(P_HOP) EXT(P_TCP) TCP },
	{ SL_MALFORMED_L3, "hop-by-hop behind a first fragment's header", FIRST6(P_HOP) EXT(P_TCP) TCP "{4}" },
	{ SL_MALFORMED_L3, "hop-by-hop sixth", ETH6(P_DST) EXT(P_DST) EXT(P_DST) EXT(P_DST) EXT(P_DST) EXT(P_HOP) EXT(P_TCP) TCP },
	{ SL_MALFORMED_L3, "hop-by-hop seventh", ETH6(P_DST) SIX_DST(P_HOP) EXT(P_TCP) TCP },
	{ SL_MALFORMED_L3, "three octets of an extension header", ETH6(P_DST) "060001" },
	{ SL_MALFORMED_L3, "three octets of it, and padding", ETH6(P_DST) "060001 | 04000000 00" TCP },
	{ SL_MALFORMED_L3, "seven octets of it", ETH6(P_MOBILITY) "060001 04000000" },
	{ SL_MALFORMED_L3, "its length one unit beyond", ETH6(P_DST) EXT_OF(P_TCP, "03", "4") TCP },
	{ SL_MALFORMED_L3, "its length beyond, in padding", ETH6(P_ROUTING) EXT_OF(P_TCP, "01", "4") "| {8}" TCP },
	{ SL_MALFORMED_L3, "its length 255", ETH6(P_HOP) EXT_OF(P_TCP, "ff", "4") TCP },
	{ SL_MALFORMED_L3, "ah one word beyond", ETH6(P_AH) EXT_OF(P_UNKNOWN, "01", "4") },
	{ SL_MALFORMED_L3, "ah three octets", ETH6(P_AH) "060400" },
	{ SL_MALFORMED_L3, "seven octets of a fragment header", ETH6(P_FRAG) "06000000 000000" },
	{ SL_MALFORMED_L3, "of a fragment header, and padding", ETH6(P_FRAG) "06000000 | 00000001" TCP },
	{ SL_MALFORMED_L3, "an extension header cut, atomic", ETH6(P_FRAG) ATOMIC(P_DST) "060001" },

	{ SL_EXTENSION_DEPTH, "seven destination options", ETH6(P_DST) SIX_DST(P_DST) EXT(P_TCP) TCP },
	{ SL_EXTENSION_DEPTH, "the seventh: routing", ETH6(P_DST) SIX_DST(P_ROUTING) EXT(P_TCP) TCP },
	{ SL_EXTENSION_DEPTH, "the seventh: fragment", ETH6(P_DST) SIX_DST(P_FRAG) FRAG(P_TCP, "0100") TCP },
	{ SL_EXTENSION_DEPTH, "the seventh: ah", ETH6(P_DST) SIX_DST(P_AH) AH(P_TCP) TCP },
	{ SL_EXTENSION_DEPTH, "the seventh: mobility", ETH6(P_DST) SIX_DST(P_MOBILITY) EXT(P_TCP) TCP },
	{ SL_EXTENSION_DEPTH, "the seventh is not there", ETH6(P_HOP) SIX_DST(P_DST) },
	{ SL_EXTENSION_DEPTH, "the seventh, in a first fragment", FIRST6(P_DST) EXT(P_DST) EXT(P_DST) EXT(P_DST) EXT(P_DST) EXT(P_DST) },

	/* TCP */
	{ SL_MALFORMED_L4, "no tcp header", ETH4(P_TCP) },
	{ SL_MALFORMED_L4, "no tcp header, ipv6: payload 0", ETH6(P_TCP) },
	{ SL_MALFORMED_L4, "payload 0, tcp as padding", LYING6("6", "0000", P_TCP) TCP },
	{ SL_MALFORMED_L4, "19 octets of tcp", ETH4(P_TCP) "9c400050 00000001 00000000 5002ffff 000000" },
	{ SL_MALFORMED_L4, "19 octets of tcp, ipv6", ETH6(P_TCP) "9c400050 00000001 00000000 5002ffff 000000" },
	{ SL_MALFORMED_L4, "19 octets of tcp, and padding", ETH4(P_TCP) "9c400050 00000001 00000000 5002ffff 000000 | 00" },
	{ SL_MALFORMED_L4, "19 octets of tcp, and padding, ipv6", ETH6(P_TCP) "9c400050 00000001 00000000 5002ffff 000000 | 00" },
	{ SL_MALFORMED_L4, "19 octets of tcp, atomic", ETH6(P_FRAG) ATOMIC(P_TCP) "9c400050 00000001 00000000 5002ffff 000000" },
	{ SL_MALFORMED_L4, "doff 0", ETH4(P_TCP) TCP_("00", "02") },
	{ SL_MALFORMED_L4, "doff 4", ETH4(P_TCP) TCP_("40", "02") },
	{ SL_MALFORMED_L4, "doff 4, ipv6", ETH6(P_TCP) TCP_("4f", "02") },
	{ SL_MALFORMED_L4, "doff 4, a first fragment", FIRST4(P_TCP) TCP_("40", "02") "{4}" },
	{ SL_MALFORMED_L4, "doff one word beyond", ETH4(P_TCP) TCP_("60", "02") "000000" },
	{ SL_MALFORMED_L4, "doff one word beyond, ipv6", ETH6(P_TCP) TCP_("60", "02") },
	{ SL_MALFORMED_L4, "doff beyond, in padding", ETH4(P_TCP) TCP_("f0", "02") "| {40}" },
	{ SL_MALFORMED_L4, "doff beyond, in padding, ipv6", ETH6(P_TCP) TCP_("f0", "02") "| {40}" },
	{ SL_MALFORMED_L4, "no tcp header behind options", MACS IP4_OPTIONS("6", "01010101") },

	/* UDP */
	{ SL_MALFORMED_L4, "no udp header", ETH4(P_UDP) },
	{ SL_MALFORMED_L4, "7 octets of udp", ETH4(P_UDP) "9c400050 000800" },
	{ SL_MALFORMED_L4, "7 octets of udp, ipv6", ETH6(P_UDP) "9c400050 000800" },
	{ SL_MALFORMED_L4, "7 octets of udp, and padding", ETH4(P_UDP) "9c400050 000800 | 00 {18}" },
	{ SL_MALFORMED_L4, "udp length 0", ETH4(P_UDP) UDP_("0000") "{18}" },
	{ SL_MALFORMED_L4, "udp length 0, ipv6", ETH6(P_UDP) UDP_("0000") "{18}" },
	{ SL_MALFORMED_L4, "udp length 7", ETH4(P_UDP) UDP_("0007") "{18}" },
	{ SL_MALFORMED_L4, "udp length 7, ipv6", ETH6(P_UDP) UDP_("0007") "{18}" },
	{ SL_MALFORMED_L4, "udp length 0, a first fragment", FIRST4(P_UDP) UDP_("0000") },
	{ SL_MALFORMED_L4, "udp one octet long", ETH4(P_UDP) UDP_("001b") "{18}" },
	{ SL_MALFORMED_L4, "udp one octet long, ipv6", ETH6(P_UDP) UDP_("001b") "{18}" },
	{ SL_MALFORMED_L4, "udp one octet long, in padding", ETH4(P_UDP) UDP_("001b") "{18} | 00" },
	{ SL_MALFORMED_L4, "udp one octet long, atomic", ETH6(P_FRAG) ATOMIC(P_UDP) UDP_("0009") },
	{ SL_MALFORMED_L4, "udp length 65535", ETH6(P_UDP) UDP_("ffff") },

	/* ICMP, SCTP */
	{ SL_MALFORMED_L4, "no icmp header", ETH4(P_ICMP) },
	{ SL_MALFORMED_L4, "7 octets of icmp", ETH4(P_ICMP) "08000000 000100" },
	{ SL_MALFORMED_L4, "7 octets of icmp, and padding", ETH4(P_ICMP) "08000000 000100 | 01" },
	{ SL_MALFORMED_L4, "7 octets of icmpv6", ETH6(P_ICMPV6) "80000000 000100" },
	{ SL_MALFORMED_L4, "7 octets of discovery", MACS IPV6("fe", P_ICMPV6) "87000000 000000" },
	{ SL_MALFORMED_L4, "11 octets of sctp", ETH4(P_SCTP) "9c400050 00000001 000000" },
	{ SL_MALFORMED_L4, "11 octets of sctp, ipv6", ETH6(P_SCTP) "9c400050 00000001 000000" },
	{ SL_MALFORMED_L4, "11 octets of sctp, and padding", ETH6(P_SCTP) "9c400050 00000001 000000 | 00" },

	/* fragment headers */
	{ SL_FRAGMENT_BAD, "two atomic", ETH6(P_FRAG) ATOMIC(P_FRAG) ATOMIC(P_TCP) TCP },
	{ SL_FRAGMENT_BAD, "two, options between", ETH6(P_FRAG) ATOMIC(P_DST) EXT(P_FRAG) FRAG(P_TCP, "0100") TCP },
	{ SL_FRAGMENT_BAD, "two, in a first fragment", FIRST6(P_FRAG) FRAG(P_TCP, "0001") TCP "{4}" },
	{ SL_FRAGMENT_BAD, "two, the second is not there", ETH6(P_FRAG) ATOMIC(P_FRAG) },

	/* RFC 1858, 3128, 7112, 8200: a first fragment without all headers */
	{ SL_FRAGMENT_BAD, "tiny: 8 octets of tcp", FIRST4(P_TCP) "9c400050 00000001" },
	{ SL_FRAGMENT_BAD, "tiny: 8 octets of tcp, ipv6", FIRST6(P_TCP) "9c400050 00000001" },
	{ SL_FRAGMENT_BAD, "tiny: 16 octets of tcp", FIRST4(P_TCP) "9c400050 00000001 00000000 5002ffff" },
	{ SL_FRAGMENT_BAD, "tiny: 16 octets of tcp, and padding", FIRST4(P_TCP) "9c400050 00000001 00000000 5002ffff | {8}" },
	{ SL_FRAGMENT_BAD, "tiny: tcp options beyond", FIRST4(P_TCP) TCP_("70", "02") "{4}" },
	{ SL_FRAGMENT_BAD, "tiny: tcp options beyond, ipv6", FIRST6(P_TCP) TCP_("70", "02") "{4}" },
	{ SL_FRAGMENT_BAD, "tiny: nothing of udp", FIRST4(P_UDP) },
	{ SL_FRAGMENT_BAD, "tiny: 7 octets of udp, ipv6", FIRST6(P_UDP) "9c400050 000800" },
	{ SL_FRAGMENT_BAD, "tiny: nothing of icmp", FIRST4(P_ICMP) },
	{ SL_FRAGMENT_BAD, "tiny: nothing of icmpv6", FIRST6(P_ICMPV6) },
	{ SL_FRAGMENT_BAD, "tiny: 8 octets of sctp", FIRST4(P_SCTP) "9c400050 00000001" },
	{ SL_FRAGMENT_BAD, "tiny: 8 octets of sctp, ipv6", FIRST6(P_SCTP) "9c400050 00000001" },
	{ SL_FRAGMENT_BAD, "tiny: no extension header", FIRST6(P_DST) },
	{ SL_FRAGMENT_BAD, "tiny: an extension header cut", FIRST6(P_DST) EXT_OF(P_TCP, "01", "4") },
	{ SL_FRAGMENT_BAD, "tiny: ah cut", FIRST6(P_AH) EXT_OF(P_TCP, "04", "4") },

	/* its length and place */
	{ SL_FRAGMENT_BAD, "empty, first", FIRST4(P_UNKNOWN) },
	{ SL_FRAGMENT_BAD, "empty, first, ipv6", FIRST6(P_UNKNOWN) },
	{ SL_FRAGMENT_BAD, "empty, last", MACS IP4_FRAG("0010", P_UDP) },
	{ SL_FRAGMENT_BAD, "empty, last, and padding", MACS IP4_FRAG("0010", P_UDP) "| {8}" },
	{ SL_FRAGMENT_BAD, "empty, middle, options", MACS IPV4("6", "2010", "40", P_UDP, "01010101") },
	{ SL_FRAGMENT_BAD, "empty, last, ipv6", MACS IP6(P_FRAG) FRAG(P_UDP, "0100") },
	{ SL_FRAGMENT_BAD, "not in eights, first", FIRST4(P_TCP) TCP "{3}" },
	{ SL_FRAGMENT_BAD, "not in eights, first, ipv6", FIRST6(P_UDP) UDP "{4}" },
	{ SL_FRAGMENT_BAD, "not in eights, middle", MACS IP4_FRAG("2010", P_UDP) "{9}" },
	{ SL_FRAGMENT_BAD, "not in eights, middle, ipv6", MACS IP6(P_FRAG) FRAG(P_UDP, "0101") "{15}" },
	{ SL_FRAGMENT_BAD, "in eights with padding only", MACS IP4_FRAG("2010", P_UDP) "{9} | {7}" },
	{ SL_FRAGMENT_BAD, "65536 octets", MACS IP4_FRAG("1ffd", P_ICMP) "{4}" },
	{ SL_FRAGMENT_BAD, "65536 octets, options", MACS IPV4("6", "1ffc", "40", P_ICMP, "01010101") "{8}" },
	{ SL_FRAGMENT_BAD, "from octet 65528 on", MACS IP4_FRAG("1fff", P_ICMP) "00" },
	{ SL_FRAGMENT_BAD, "beyond, and more follow", MACS IP4_FRAG("3fff", P_UDP) "{8}" },
	{ SL_FRAGMENT_BAD, "65536 octets, ipv6", MACS IP6(P_FRAG) FRAG(P_ICMPV6, "fff8") "{8}" },
	{ SL_FRAGMENT_BAD, "65536 octets, an extension header", MACS IP6(P_DST) EXT(P_FRAG) FRAG(P_ICMPV6, "fff0") "{8}" },
	{ SL_FRAGMENT_BAD, "tcp from octet 8 on", MACS IP4_FRAG("0001", P_TCP) TCP },
	{ SL_FRAGMENT_BAD, "tcp from octet 8 on, more follow", MACS IP4_FRAG("2001", P_TCP) "{8}" },
	{ SL_FRAGMENT_BAD, "tcp from octet 8 on, ipv6", MACS IP6(P_FRAG) FRAG(P_TCP, "0008") TCP },
	{ SL_FRAGMENT_BAD, "tcp from octet 8 on, more, ipv6", MACS IP6(P_FRAG) FRAG(P_TCP, "0009") "{8}" },

	{ SL_MALFORMED_ND, "router solicitation", ND("fe", "85") },
	{ SL_MALFORMED_ND, "router advertisement", ND("40", "86") },
	{ SL_MALFORMED_ND, "neighbour solicitation", ND("00", "87") },
	{ SL_MALFORMED_ND, "neighbour advertisement", ND("01", "88") },
	{ SL_MALFORMED_ND, "redirect", ND("fe", "89") },
	{ SL_MALFORMED_ND, "behind an extension header", MACS IPV6("fe", P_DST) EXT(P_ICMPV6) ICMP("87") "{16}" },
	{ SL_MALFORMED_ND, "in an atomic fragment", MACS IPV6("fe", P_FRAG) ATOMIC(P_ICMPV6) ICMP("88") "{16}" },
	{ SL_MALFORMED_ND, "in a first fragment", FIRST6(P_ICMPV6) ICMP("86") "{16}" },
	{ SL_MALFORMED_ND, "below tags", MACS TAG("0001") TAG("0001") IP6(P_ICMPV6) ICMP("85") },
};

static const char *const reasons[] = {
	"none",
#define X(NAME, name, ...) #name,
	SL_REASONS(X)
#undef X
};

static void refused_as(int reason)
{
	static struct frame f;
	size_t rows = 0;
	struct pkt p;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int got;

		if (bad[i].reason != reason)
			continue;
		rows++;
		frame_write(&f, bad[i].text);
		got = -parse_long_way(f.octet, f.n, &p);
		if (got != reason)
			fail_msg("%s: reason %s, not %s", bad[i].name, reasons[got], reasons[reason]);
		if (!parse_short_way(f.octet, f.n, &p))
			fail_msg("%s: taken", bad[i].name);
	}
	assert_true(rows > 0);
}

#define REFUSED(promise, reason) \
	static void promise(void **state) { (void)state; refused_as(reason); }

REFUSED(a_frame_that_ends_before_its_type_is_short, SL_SHORT_FRAME)
REFUSED(five_tags_are_too_deep, SL_VLAN_DEPTH)
REFUSED(an_ip_header_that_lies_is_malformed, SL_MALFORMED_L3)
REFUSED(seven_extension_headers_are_too_deep, SL_EXTENSION_DEPTH)
REFUSED(a_transport_header_that_lies_is_malformed, SL_MALFORMED_L4)
REFUSED(a_fragment_of_no_honest_sender_is_bad, SL_FRAGMENT_BAD)
REFUSED(discovery_through_a_router_is_malformed, SL_MALFORMED_ND)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_that_ends_before_its_type_is_short),
		cmocka_unit_test(five_tags_are_too_deep),
		cmocka_unit_test(an_ip_header_that_lies_is_malformed),
		cmocka_unit_test(seven_extension_headers_are_too_deep),
		cmocka_unit_test(a_transport_header_that_lies_is_malformed),
		cmocka_unit_test(a_fragment_of_no_honest_sender_is_bad),
		cmocka_unit_test(discovery_through_a_router_is_malformed),
	};

	return cmocka_run_group_tests_name("parse_bad", tests, NULL, NULL);
}
