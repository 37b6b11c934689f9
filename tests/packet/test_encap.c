/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The four kinds of IPIP byte for byte, and what does not fit and may not be
 * answered. */
#include <string.h>

#include "tests/packet/harness.h"

#define POOL(name, more) \
	"  " name ": {next_hop: \"02:00:00:00:00:aa\", " more "}\n"
#define CONFIG \
	HEAD "pools:\n" POOL("v4", "source: 10.255.0.1/32, backends: [{address: 10.0.0.21}]") POOL( \
		"v6", \
		"source: \"2001:db8:ff::1/128\", backends: [{address: \"2001:db8:b::21\"}]") \
		POOL("filled4", "source: 10.254.0.0/16, backends: [{address: 10.0.0.21}]") POOL( \
			"filled6", \
			"source: \"2001:db8:fe::/64\", backends: [{address: \"2001:db8:b::21\"}]") \
			POOL("few4", \
			     "source: 10.253.7.0/30, backends: [{address: 10.0.0.21}]") \
				POOL("bare4", "backends: [{address: 10.0.0.21}]") POOL( \
					"bare6", \
					"backends: [{address: \"2001:db8:b::21\"}]") "services:\n" \
										     "  s4: {addresses: [203.0.113.4, \"2001:db8:80::4\"], tcp: [80], udp: [80], pool: v4}\n" \
										     "  s6: {addresses: [203.0.113.6, \"2001:db8:80::6\"], tcp: [80], udp: [80], pool: v6}\n" \
										     "  f4: {addresses: [203.0.113.14], tcp: [80], pool: filled4}\n" \
										     "  f6: {addresses: [203.0.113.16], tcp: [80], pool: filled6}\n" \
										     "  few: {addresses: [203.0.113.24], tcp: [80], pool: few4}\n" \
										     "  b4: {addresses: [203.0.113.34], tcp: [80], pool: bare4}\n" \
										     "  b6: {addresses: [203.0.113.36], tcp: [80], pool: bare6}\n"

#define SENT(promise, in, leaves) \
	REWRITES(promise, CONFIG, XDP_TX, SL_FORWARDED, in, leaves)
#define BIG(promise, ...) DROPS(promise, CONFIG, SL_TOO_BIG, __VA_ARGS__)
/* The Ethernet header as it leaves: to the next hop, from us. */
#define TURNED ETH(.dst = "02:00:00:00:00:aa", .src = "02:00:00:00:00:02")
#define OUTER4(...) \
	IP4(.src = "10.255.0.1", .dst = "10.0.0.21", .ttl = 64, __VA_ARGS__)
#define OUTER6(...) \
	IP6(.src = "2001:db8:ff::1", .dst = "2001:db8:b::21", .hop = 64, \
	    .label = ANY, __VA_ARGS__)
#define VIA4(...)     IP4(.dst = "203.0.113.4", __VA_ARGS__)
#define VIA6(...)     IP4(.dst = "203.0.113.6", __VA_ARGS__)
#define SIX_VIA4(...) IP6(.dst = "2001:db8:80::4", __VA_ARGS__)
#define SIX_VIA6(...) IP6(.dst = "2001:db8:80::6", __VA_ARGS__)
#define DSCP_EF       (46 << 2)

static const struct trial trials[] = {
	/* four kinds */
	SENT("ipv4_in_ipv4_byte_for_byte",
	     PACKET(ETH(), VIA4(.id = 77, .flags = DF, .ttl = 9), TCP(),
		    DATA(100)),
	     PACKET(TURNED, OUTER4(.flags = DF),
		    VIA4(.id = 77, .flags = DF, .ttl = 9), TCP(), DATA(100))),
	SENT("ipv6_in_ipv4_byte_for_byte",
	     PACKET(ETH(), SIX_VIA4(.hop = 9, .label = 0x12345), TCP(),
		    DATA(100)),
	     PACKET(TURNED, OUTER4(.flags = DF),
		    SIX_VIA4(.hop = 9, .label = 0x12345), TCP(), DATA(100))),
	SENT("ipv4_in_ipv6_byte_for_byte",
	     PACKET(ETH(), VIA6(.id = 77, .flags = DF, .ttl = 9), TCP(),
		    DATA(100)),
	     PACKET(TURNED, OUTER6(), VIA6(.id = 77, .flags = DF, .ttl = 9),
		    TCP(), DATA(100))),
	SENT("ipv6_in_ipv6_byte_for_byte",
	     PACKET(ETH(), SIX_VIA6(.hop = 9, .label = 0x12345), TCP(),
		    DATA(100)),
	     PACKET(TURNED, OUTER6(), SIX_VIA6(.hop = 9, .label = 0x12345),
		    TCP(), DATA(100))),
	SENT("udp_in_ipv4_byte_for_byte",
	     PACKET(ETH(), VIA4(.flags = DF), UDP(), DATA(7)),
	     PACKET(TURNED, OUTER4(.flags = DF), VIA4(.flags = DF), UDP(),
		    DATA(7))),
	SENT("udp_in_ipv6_byte_for_byte",
	     PACKET(ETH(), SIX_VIA6(), UDP(), DATA(7)),
	     PACKET(TURNED, OUTER6(), SIX_VIA6(), UDP(), DATA(7))),

	/* what the outer header takes from the inner one */
	SENT("dont_fragment_clear_stays_clear",
	     PACKET(ETH(), VIA4(.id = 77), TCP()),
	     PACKET(TURNED, OUTER4(.id = ANY), VIA4(.id = 77), TCP())),
	SENT("dscp_and_ecn_are_copied_to_ipv4",
	     PACKET(ETH(), VIA4(.tos = DSCP_EF | 2), TCP()),
	     PACKET(TURNED, OUTER4(.tos = DSCP_EF | 2, .id = ANY),
		    VIA4(.tos = DSCP_EF | 2), TCP())),
	SENT("congestion_experienced_is_copied",
	     PACKET(ETH(), VIA4(.tos = 3), TCP()),
	     PACKET(TURNED, OUTER4(.tos = 3, .id = ANY), VIA4(.tos = 3),
		    TCP())),
	SENT("dscp_and_ecn_are_copied_from_ipv6_to_ipv4",
	     PACKET(ETH(), SIX_VIA4(.tos = DSCP_EF | 1), TCP()),
	     PACKET(TURNED, OUTER4(.tos = DSCP_EF | 1, .flags = DF),
		    SIX_VIA4(.tos = DSCP_EF | 1), TCP())),
	SENT("dscp_and_ecn_are_copied_from_ipv4_to_ipv6",
	     PACKET(ETH(), VIA6(.tos = DSCP_EF | 2), TCP()),
	     PACKET(TURNED, OUTER6(.tos = DSCP_EF | 2),
		    VIA6(.tos = DSCP_EF | 2), TCP())),
	SENT("dscp_and_ecn_are_copied_to_ipv6",
	     PACKET(ETH(), SIX_VIA6(.tos = DSCP_EF | 3), TCP()),
	     PACKET(TURNED, OUTER6(.tos = DSCP_EF | 3),
		    SIX_VIA6(.tos = DSCP_EF | 3), TCP())),
	SENT("a_reserved_bit_is_not_copied",
	     PACKET(ETH(), VIA4(.flags = EVIL | DF), TCP()),
	     PACKET(TURNED, OUTER4(.flags = DF), VIA4(.flags = EVIL | DF),
		    TCP())),

	/* odd inner packets travel unchanged */
	SENT("inner_options_travel",
	     PACKET(ETH(), VIA4(.flags = DF, .options = BYTES("\x94\x04\0\0")),
		    TCP(), DATA(5)),
	     PACKET(TURNED, OUTER4(.flags = DF),
		    VIA4(.flags = DF, .options = BYTES("\x94\x04\0\0")), TCP(),
		    DATA(5))),
	SENT("inner_extension_headers_travel",
	     PACKET(ETH(), SIX_VIA6(), EXT(.kind = EXT_HOP),
		    EXT(.kind = EXT_DEST), TCP()),
	     PACKET(TURNED, OUTER6(), SIX_VIA6(), EXT(.kind = EXT_HOP),
		    EXT(.kind = EXT_DEST), TCP())),
	SENT("a_wrong_inner_checksum_travels",
	     PACKET(ETH(), VIA4(.flags = DF, .sum = 0xdead), TCP()),
	     PACKET(TURNED, OUTER4(.flags = DF),
		    VIA4(.flags = DF, .sum = 0xdead), TCP())),
	SENT("ethernet_padding_is_in_no_outer_length",
	     PACKET(ETH(), VIA4(.flags = DF), UDP(), PAD(18)),
	     PACKET(TURNED, OUTER4(.flags = DF), VIA4(.flags = DF), UDP(),
		    PAD(18))),
	SENT("ethernet_padding_is_in_no_ipv6_outer_length",
	     PACKET(ETH(), VIA6(.flags = DF), UDP(), PAD(18)),
	     PACKET(TURNED, OUTER6(), VIA6(.flags = DF), UDP(), PAD(18))),

	/* tags are kept on the way back */
	SENT("a_tag_is_kept",
	     PACKET(ETH(), VLAN(.id = 7, .pcp = 3), VIA4(.flags = DF), TCP()),
	     PACKET(TURNED, VLAN(.id = 7, .pcp = 3), OUTER4(.flags = DF),
		    VIA4(.flags = DF), TCP())),
	SENT("a_tag_is_kept_and_leads_to_the_other_family",
	     PACKET(ETH(), VLAN(.id = 7), VIA6(.flags = DF), TCP()),
	     PACKET(TURNED, VLAN(.id = 7), OUTER6(), VIA6(.flags = DF), TCP())),
	SENT("two_tags_are_kept",
	     PACKET(ETH(), VLAN(.id = 7, .tpid = 0x88a8), VLAN(.id = 8),
		    SIX_VIA4(), TCP()),
	     PACKET(TURNED, VLAN(.id = 7, .tpid = 0x88a8), VLAN(.id = 8),
		    OUTER4(.flags = DF), SIX_VIA4(), TCP())),
	SENT("four_tags_are_kept",
	     PACKET(ETH(), VLAN(.id = 1), VLAN(.id = 2), VLAN(.id = 3),
		    VLAN(.id = 4), SIX_VIA6(), TCP()),
	     PACKET(TURNED, VLAN(.id = 1), VLAN(.id = 2), VLAN(.id = 3),
		    VLAN(.id = 4), OUTER6(), SIX_VIA6(), TCP())),

	/* the outer source */
	SENT("a_source_prefix_holds",
	     PACKET(ETH(), IP4(.dst = "203.0.113.14", .flags = DF), TCP()),
	     PACKET(TURNED,
		    IP4(.src = "10.254.0.0/16", .dst = "10.0.0.21",
			.flags = DF),
		    IP4(.dst = "203.0.113.14", .flags = DF), TCP())),
	SENT("a_narrow_source_prefix_holds",
	     PACKET(ETH(), IP4(.dst = "203.0.113.24", .flags = DF), TCP()),
	     PACKET(TURNED,
		    IP4(.src = "10.253.7.0/30", .dst = "10.0.0.21",
			.flags = DF),
		    IP4(.dst = "203.0.113.24", .flags = DF), TCP())),
	SENT("an_ipv6_source_prefix_holds",
	     PACKET(ETH(), IP4(.dst = "203.0.113.16", .flags = DF), TCP()),
	     PACKET(TURNED,
		    IP6(.src = "2001:db8:fe::/64", .dst = "2001:db8:b::21",
			.label = ANY),
		    IP4(.dst = "203.0.113.16", .flags = DF), TCP())),
	SENT("without_source_and_interface_it_is_unspecified",
	     PACKET(ETH(), IP4(.dst = "203.0.113.34", .flags = DF), TCP()),
	     PACKET(TURNED,
		    IP4(.src = "0.0.0.0", .dst = "10.0.0.21", .flags = DF),
		    IP4(.dst = "203.0.113.34", .flags = DF), TCP())),
	SENT("without_source_and_interface_ipv6_is_unspecified",
	     PACKET(ETH(), IP4(.dst = "203.0.113.36", .flags = DF), TCP()),
	     PACKET(TURNED,
		    IP6(.src = "::", .dst = "2001:db8:b::21", .label = ANY),
		    IP4(.dst = "203.0.113.36", .flags = DF), TCP())),

	/* what fits 1500 octets, and what does not */
	SENT("1480_octets_fit_with_an_ipv4_header",
	     PACKET(ETH(), VIA4(.flags = DF), TCP(), DATA(1440)),
	     PACKET(TURNED, OUTER4(.flags = DF), VIA4(.flags = DF), TCP(),
		    DATA(1440))),
	BIG("1481_octets_do_not_fit_without_dont_fragment", ETH(), VIA4(),
	    TCP(), DATA(1441)),
	SENT("1460_octets_fit_with_an_ipv6_header",
	     PACKET(ETH(), SIX_VIA6(), TCP(), DATA(1400)),
	     PACKET(TURNED, OUTER6(), SIX_VIA6(), TCP(), DATA(1400))),
	BIG("1461_octets_do_not_fit_with_an_ipv6_header", ETH(), VIA6(),
	    TCP(), DATA(1421)),
	BIG("a_jumbo_frame_does_not_fit", ETH(), VIA4(), TCP(), DATA(8000)),
	SENT("padding_does_not_count_against_the_mtu",
	     PACKET(ETH(), VIA4(.flags = DF), TCP(), DATA(1440), PAD(40)),
	     PACKET(TURNED, OUTER4(.flags = DF), VIA4(.flags = DF), TCP(),
		    DATA(1440), PAD(40))),
	SENT("tags_do_not_count_against_the_mtu",
	     PACKET(ETH(), VLAN(.id = 7), VIA4(.flags = DF), TCP(), DATA(1440)),
	     PACKET(TURNED, VLAN(.id = 7), OUTER4(.flags = DF),
		    VIA4(.flags = DF), TCP(), DATA(1440))),
};

/* How many outer sources 512 flows of one client have; each flow must keep its
 * own. */
static size_t sources_of_flows(const char *vip, size_t offset, size_t octets)
{
	static struct frame in, out, again;
	static uint8_t seen[512][16];
	size_t n = 0;

	rig_apply(CONFIG);
	for (uint32_t i = 0; i < 512; i++) {
		size_t k = 0;

		frame_build(
			&in,
			PACKET(ETH(), IP4(.dst = vip), TCP(.sport = 1024 + i)),
			NULL);
		assert_int_equal(rig_run(&in, &out), XDP_TX);
		assert_int_equal(rig_run(&in, &again), XDP_TX);
		assert_memory_equal(out.byte, again.byte, out.length);
		while (k < n && memcmp(seen[k], out.byte + offset, octets))
			k++;
		memcpy(seen[k], out.byte + offset, octets);
		n += k == n;
	}
	return n;
}

static void flows_fill_an_ipv4_source_prefix(void **state)
{
	(void)state;
	expect_number(sources_of_flows("203.0.113.14", 14 + 12, 4) > 450, 1);
}

static void flows_fill_a_narrow_source_prefix(void **state)
{
	(void)state;
	expect_number(sources_of_flows("203.0.113.24", 14 + 12, 4), 4);
}

static void flows_fill_an_ipv6_source_prefix(void **state)
{
	(void)state;
	expect_number(sources_of_flows("203.0.113.16", 14 + 8, 16) > 500, 1);
}

static void flows_share_a_source_that_is_an_address(void **state)
{
	(void)state;
	expect_number(sources_of_flows("203.0.113.4", 14 + 12, 4), 1);
}

static void flows_have_labels_of_their_own(void **state)
{
	(void)state;
	expect_number(sources_of_flows("203.0.113.6", 14 + 1, 3) > 500, 1);
}

/* A driver with 256 octets of headroom of which 40 are the kernel's. */
static void without_headroom(const struct layer *packet, uint32_t taken,
			     int action, enum sl_reason reason)
{
	static struct outcome o;

	rig_apply(CONFIG);
	rig_headroom_taken(taken);
	rig_send(packet, &o);
	expect_verdict(&o, action, reason);
}

static void without_headroom_it_is_dropped(void **state)
{
	(void)state;
	without_headroom(PACKET(ETH(), VIA4(), TCP()), 200, XDP_DROP,
			 SL_NO_HEADROOM);
}

static void without_headroom_ipv6_is_dropped(void **state)
{
	(void)state;
	without_headroom(PACKET(ETH(), SIX_VIA6(), TCP()), 200, XDP_DROP,
			 SL_NO_HEADROOM);
}

static void with_headroom_enough_it_is_sent(void **state)
{
	(void)state;
	without_headroom(PACKET(ETH(), VIA4(), TCP()), 160, XDP_TX,
			 SL_FORWARDED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows_fill_an_ipv4_source_prefix),
		cmocka_unit_test(flows_fill_a_narrow_source_prefix),
		cmocka_unit_test(flows_fill_an_ipv6_source_prefix),
		cmocka_unit_test(flows_share_a_source_that_is_an_address),
		cmocka_unit_test(flows_have_labels_of_their_own),
		cmocka_unit_test(without_headroom_it_is_dropped),
		cmocka_unit_test(without_headroom_ipv6_is_dropped),
		cmocka_unit_test(with_headroom_enough_it_is_sent),
	};

	return rig_main(trials, sizeof(trials) / sizeof(trials[0]), tests,
			sizeof(tests) / sizeof(tests[0]));
}
