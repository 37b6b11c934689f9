/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a service address to a backend: which, how often, and when to none. */
#include <netinet/in.h>
#include <string.h>

#include "tests/packet/flows.h"
#include "tests/packet/harness.h"

#define POOL(name, more) \
	"  " name ": {next_hop: \"02:00:00:00:00:aa\", " more "}\n"
#define CONFIG \
	HEAD "pools:\n" POOL( \
		"web", \
		"backends: [{address: 10.0.0.21, weight: 100}, {address: 10.0.0.22, weight: 100}," \
		" {address: 10.0.0.23, weight: 200}, {address: 10.0.0.24, weight: 0}]") \
		POOL("six", \
		     "backends: [{address: \"2001:db8:b::21\", weight: 50}, {address: \"2001:db8:b::22\", weight: 150}]") \
			POOL("near", \
			     "hash: source, backends: [{address: 10.0.0.31}, {address: 10.0.0.32}]") \
				POOL("drained", \
				     "backends: [{address: 10.0.0.41, weight: 0}]") \
					POOL("disabled", \
					     "backends: [{address: 10.0.0.51, state: disabled}]") "services:\n" \
												  "  www: {addresses: [203.0.113.10, \"2001:db8:80::10\"], tcp: [80, 443, 8000-8010], udp: [443], pool: web}\n" \
												  "  one: {addresses: [203.0.113.11], tcp: [80], pool: six}\n" \
												  "  source: {addresses: [203.0.113.12], tcp: [80, 81], udp: [80], pool: near}\n" \
												  "  drained: {addresses: [203.0.113.13], tcp: [80], pool: drained}\n" \
												  "  disabled: {addresses: [\"2001:db8:80::13\"], tcp: [80], pool: disabled}\n"
#define STACK(promise, ...)        PASSES(promise, CONFIG, SL_PASS, __VA_ARGS__)
#define REFUSED(promise, why, ...) DROPS(promise, CONFIG, why, __VA_ARGS__)
#define VIP4                       IP4(.dst = "203.0.113.10")
#define VIP6                       IP6(.dst = "2001:db8:80::10")

static const struct trial trials[] = {
	STACK("a_port_without_service_belongs_to_the_stack", ETH(), VIP4,
	      TCP(.dport = 81)),
	STACK("a_port_before_a_range_belongs_to_the_stack", ETH(), VIP4,
	      TCP(.dport = 7999)),
	STACK("a_port_after_a_range_belongs_to_the_stack", ETH(), VIP6,
	      TCP(.dport = 8011)),
	STACK("the_port_of_the_other_protocol_belongs_to_the_stack", ETH(),
	      VIP4, UDP(.dport = 80)),
	STACK("the_port_of_another_service_belongs_to_the_stack", ETH(),
	      IP4(.dst = "203.0.113.11"), TCP(.dport = 443)),
	STACK("sctp_to_a_service_address_belongs_to_the_stack", ETH(), VIP4,
	      SCTP(.dport = 80)),
	STACK("a_timestamp_to_a_service_address_belongs_to_the_stack", ETH(),
	      VIP4, ICMP(13)),
	STACK("esp_to_a_service_address_belongs_to_the_stack", ETH(),
	      IP4(.dst = "203.0.113.10", .proto = 50), DATA(8)),
	STACK("the_address_before_is_no_service", ETH(),
	      IP4(.dst = "203.0.113.9"), TCP()),
	STACK("the_address_after_is_no_service", ETH(),
	      IP6(.dst = "2001:db8:80::11"), TCP()),
	STACK("a_service_address_as_a_source_is_no_service", ETH(),
	      IP4(.src = "203.0.113.10"), TCP()),
	PASSES("a_broadcast_frame_is_not_ours", CONFIG, SL_NOT_OUR_MAC,
	       ETH(.dst = "ff:ff:ff:ff:ff:ff"), VIP4, TCP()),
	PASSES("a_multicast_frame_is_not_ours", CONFIG, SL_NOT_OUR_MAC,
	       ETH(.dst = "01:00:5e:00:00:01"), VIP6, TCP()),
	PASSES("a_multicast_frame_for_another_address_is_nobodys", CONFIG,
	       SL_PASS, ETH(.dst = "01:00:5e:00:00:01"), IP4(), TCP()),
	REFUSED("a_ttl_of_zero_is_dropped", SL_TTL_ZERO, ETH(),
		IP4(.dst = "203.0.113.10", .ttl = IS(0)), TCP()),
	REFUSED("a_hop_limit_of_zero_is_dropped", SL_TTL_ZERO, ETH(),
		IP6(.dst = "2001:db8:80::10", .hop = IS(0)), TCP()),
	STACK("a_ttl_of_zero_to_another_address_is_nobodys", ETH(),
	      IP4(.ttl = IS(0)), TCP()),
	REFUSED("a_later_fragment_to_a_service_is_dropped", SL_VIP_FRAGMENT,
		ETH(), IP4(.dst = "203.0.113.10", .offset = 80, .proto = 6),
		DATA(9)),
	REFUSED("an_ipv6_later_fragment_to_a_service_is_dropped",
		SL_VIP_FRAGMENT, ETH(), VIP6, FRAG6(.offset = 80, .next = 6),
		DATA(9)),
	STACK("a_later_fragment_to_another_address_is_nobodys", ETH(),
	      IP4(.offset = 80, .proto = 6), DATA(9)),
	REFUSED("a_pool_of_weight_zero_has_no_backend", SL_NO_BACKEND, ETH(),
		IP4(.dst = "203.0.113.13"), TCP()),
	REFUSED("a_pool_of_disabled_backends_has_none", SL_NO_BACKEND, ETH(),
		IP6(.dst = "2001:db8:80::13"), TCP()),
};

enum { FLOWS = 40000 };

/* How many of FLOWS random flows each backend gets, by its last octet. */
static void spread(struct flow f, unsigned got[256])
{
	uint64_t random = 3;

	memset(got, 0, 256 * sizeof(got[0]));
	for (int i = 0; i < FLOWS; i++) {
		f.source = next_random(&random);
		f.sport = 1024 + next_random(&random) % 60000;
		got[backend_of(&f)]++;
	}
}

static void tcp_flows_spread_by_weight(void **state)
{
	unsigned got[256];

	(void)state;
	rig_apply(CONFIG);
	spread((struct flow){ 4, IPPROTO_TCP, "203.0.113.10", 0, 0, 80 }, got);
	expect_within(got[21], FLOWS * .25, .03);
	expect_within(got[22], FLOWS * .25, .03);
	expect_within(got[23], FLOWS * .50, .02);
	expect_number(got[24], 0);
}

static void udp_flows_spread_by_weight(void **state)
{
	unsigned got[256];

	(void)state;
	rig_apply(CONFIG);
	spread((struct flow){ 4, IPPROTO_UDP, "203.0.113.10", 0, 0, 443 }, got);
	expect_within(got[21], FLOWS * .25, .03);
	expect_within(got[22], FLOWS * .25, .03);
	expect_within(got[23], FLOWS * .50, .02);
}

static void ipv6_flows_spread_by_weight(void **state)
{
	unsigned got[256];

	(void)state;
	rig_apply(CONFIG);
	spread((struct flow){ 6, IPPROTO_UDP, "2001:db8:80::10", 0, 0, 443 },
	       got);
	expect_within(got[21], FLOWS * .25, .03);
	expect_within(got[22], FLOWS * .25, .03);
	expect_within(got[23], FLOWS * .50, .02);
}

static void flows_spread_over_ipv6_backends_by_weight(void **state)
{
	unsigned got[256];

	(void)state;
	rig_apply(CONFIG);
	spread((struct flow){ 4, IPPROTO_TCP, "203.0.113.11", 0, 0, 80 }, got);
	expect_within(got[0x21], FLOWS * .25, .03);
	expect_within(got[0x22], FLOWS * .75, .02);
}

static void a_flow_keeps_its_backend(void **state)
{
	static const uint32_t flags[] = { SYN, ACK, ACK | PSH, FIN | ACK, RST };
	static struct frame in, out;
	uint64_t random = 9;

	(void)state;
	rig_apply(CONFIG);
	for (int i = 0; i < 200; i++) {
		uint32_t sport = 1024 + next_random(&random) % 60000;
		uint32_t first = 0;

		for (size_t k = 0; k < sizeof(flags) / sizeof(flags[0]); k++) {
			frame_build(&in,
				    PACKET(ETH(), VIP4,
					   TCP(.sport = sport, .dport = 443,
					       .flags = flags[k])),
				    NULL);
			assert_int_equal(rig_run(&in, &out), XDP_TX);
			if (!k)
				first = out.byte[33];
			assert_int_equal(out.byte[33], first);
		}
	}
	expect_number(out.byte[23], 4);
}

static void flows_of_one_client_spread(void **state)
{
	struct flow f = { 4, IPPROTO_TCP, "203.0.113.10", 7, 0, 80 };
	unsigned got[256] = { 0 };

	(void)state;
	rig_apply(CONFIG);
	for (f.sport = 1024; f.sport < 5120; f.sport++)
		got[backend_of(&f)]++;
	expect_within(got[21], 1024, .1);
	expect_within(got[22], 1024, .1);
	expect_within(got[23], 2048, .1);
}

static void hash_source_keeps_a_client_together(void **state)
{
	struct flow f = { 4, IPPROTO_TCP, "203.0.113.12", 0, 0, 80 };
	unsigned got[256] = { 0 };

	(void)state;
	rig_apply(CONFIG);
	for (f.source = 0; f.source < 1000; f.source++) {
		unsigned first;

		f.sport = 2000;
		f.dport = 80;
		f.proto = IPPROTO_TCP;
		first = backend_of(&f);
		got[first]++;
		f.sport = 3000;
		assert_int_equal(backend_of(&f), first);
		f.dport = 81;
		assert_int_equal(backend_of(&f), first);
		f.dport = 80;
		f.proto = IPPROTO_UDP;
		assert_int_equal(backend_of(&f), first);
	}
	expect_within(got[31], 500, .15);
	expect_within(got[32], 500, .15);
}

static void forwarded(const struct layer *packet, const char *service,
		      uint64_t flows)
{
	static struct outcome o;

	rig_apply(CONFIG);
	rig_send(packet, &o);
	expect_verdict(&o, XDP_TX, SL_FORWARDED);
	expect_text(o.services, service);
	expect_text(o.rules, "");
	expect_number(o.flows, flows);
}

static const struct sl_traffic *backend_count(const struct sl_stats *stats,
					      const char *pool, uint8_t last)
{
	for (size_t i = 0; i < stats->n_backends; i++) {
		const struct sl_named_backend *b = &stats->backends[i];

		if (!strcmp(b->pool, pool) && b->addr.family == 4 &&
		    b->addr.octet[3] == last)
			return &b->count;
	}
	fail_msg("pool %s has no backend that ends in %u", pool, last);
	return NULL;
}

static void backends_count_packets_octets_and_flows(void **state)
{
	struct flow f = { 4, IPPROTO_TCP, "203.0.113.12", 1, 4000, 80 };
	struct sl_traffic was, is;
	struct sl_stats *stats;
	uint8_t owner;

	(void)state;
	rig_apply(CONFIG);
	owner = (uint8_t)backend_of(&f);
	stats = rig_stats();
	was = *backend_count(stats, "near", owner);
	sl_stats_free(stats);
	for (int i = 0; i < 10; i++)
		assert_int_equal(backend_of(&f), owner);
	f.proto = IPPROTO_UDP;
	assert_int_equal(backend_of(&f), owner);
	stats = rig_stats();
	is = *backend_count(stats, "near", owner);
	sl_stats_free(stats);
	expect_number(is.packets - was.packets, 11);
	expect_number(is.bytes - was.bytes, 10 * 54 + 42);
	expect_number(is.flows - was.flows, 10);
}

static void a_backend_owns_slots_by_its_weight(void **state)
{
	struct sl_stats *stats;
	uint32_t slots[4] = { 0 };

	(void)state;
	rig_apply(CONFIG);
	stats = rig_stats();
	for (size_t i = 0; i < stats->n_backends; i++) {
		if (!strcmp(stats->backends[i].pool, "web"))
			slots[stats->backends[i].addr.octet[3] - 21] =
				stats->backends[i].slots;
	}
	sl_stats_free(stats);
	expect_within(slots[0], 4096, .01);
	expect_within(slots[1], 4096, .01);
	expect_within(slots[2], 8192, .01);
	expect_number(slots[3], 0);
	expect_number(slots[0] + slots[1] + slots[2], 16384);
}

#define FORWARDS(promise, service, flows, ...) \
	static void promise(void **state) \
	{ \
		(void)state; \
		forwarded(PACKET(__VA_ARGS__), service, flows); \
	}

FORWARDS(a_syn_is_a_flow_of_its_service, "www", 1, ETH(), VIP4,
	 TCP(.flags = SYN))
FORWARDS(a_syn_with_ecn_setup_is_a_flow, "www", 1, ETH(), VIP4,
	 TCP(.flags = SYN | ECE | CWR))
FORWARDS(an_ack_is_no_flow, "www", 0, ETH(), VIP4, TCP(.flags = ACK))
FORWARDS(a_syn_ack_is_no_flow, "www", 0, ETH(), VIP4, TCP(.flags = SYN | ACK))
FORWARDS(udp_is_forwarded, "www", 0, ETH(), VIP4, UDP(.dport = 443))
FORWARDS(ipv6_tcp_is_forwarded, "www", 1, ETH(), VIP6, TCP(.dport = 443))
FORWARDS(ipv6_udp_is_forwarded, "www", 0, ETH(), VIP6, UDP(.dport = 443))
FORWARDS(the_first_port_of_a_range_is_forwarded, "www", 1, ETH(), VIP4,
	 TCP(.dport = 8000))
FORWARDS(the_last_port_of_a_range_is_forwarded, "www", 1, ETH(), VIP6,
	 TCP(.dport = 8010))
FORWARDS(another_address_is_another_service, "one", 1, ETH(),
	 IP4(.dst = "203.0.113.11"), TCP(.dport = 80))
FORWARDS(a_ttl_of_one_is_forwarded, "www", 1, ETH(),
	 IP4(.dst = "203.0.113.10", .ttl = 1), TCP())
FORWARDS(a_hop_limit_of_one_is_forwarded, "www", 1, ETH(),
	 IP6(.dst = "2001:db8:80::10", .hop = 1), TCP())
FORWARDS(ip_options_are_forwarded, "www", 1, ETH(),
	 IP4(.dst = "203.0.113.10", .options = BYTES("\x94\x04\0\0")), TCP())
FORWARDS(extension_headers_are_forwarded, "www", 1, ETH(), VIP6,
	 EXT(.kind = EXT_DEST), TCP())
FORWARDS(a_first_fragment_is_forwarded, "www", 1, ETH(),
	 IP4(.dst = "203.0.113.10", .flags = MF), TCP(), DATA(4))
FORWARDS(an_atomic_fragment_is_forwarded, "www", 1, ETH(), VIP6, FRAG6(), TCP())
FORWARDS(a_tagged_packet_is_forwarded, "www", 1, ETH(), VLAN(.id = 5), VIP4,
	 TCP())
FORWARDS(any_unicast_mac_is_ours_without_interfaces, "www", 1,
	 ETH(.dst = "02:12:34:56:78:9a"), VIP4, TCP())

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_flows_spread_by_weight),
		cmocka_unit_test(udp_flows_spread_by_weight),
		cmocka_unit_test(ipv6_flows_spread_by_weight),
		cmocka_unit_test(flows_spread_over_ipv6_backends_by_weight),
		cmocka_unit_test(a_flow_keeps_its_backend),
		cmocka_unit_test(flows_of_one_client_spread),
		cmocka_unit_test(hash_source_keeps_a_client_together),
		cmocka_unit_test(backends_count_packets_octets_and_flows),
		cmocka_unit_test(a_backend_owns_slots_by_its_weight),
		cmocka_unit_test(a_syn_is_a_flow_of_its_service),
		cmocka_unit_test(a_syn_with_ecn_setup_is_a_flow),
		cmocka_unit_test(an_ack_is_no_flow),
		cmocka_unit_test(a_syn_ack_is_no_flow),
		cmocka_unit_test(udp_is_forwarded),
		cmocka_unit_test(ipv6_tcp_is_forwarded),
		cmocka_unit_test(ipv6_udp_is_forwarded),
		cmocka_unit_test(the_first_port_of_a_range_is_forwarded),
		cmocka_unit_test(the_last_port_of_a_range_is_forwarded),
		cmocka_unit_test(another_address_is_another_service),
		cmocka_unit_test(a_ttl_of_one_is_forwarded),
		cmocka_unit_test(a_hop_limit_of_one_is_forwarded),
		cmocka_unit_test(ip_options_are_forwarded),
		cmocka_unit_test(extension_headers_are_forwarded),
		cmocka_unit_test(a_first_fragment_is_forwarded),
		cmocka_unit_test(an_atomic_fragment_is_forwarded),
		cmocka_unit_test(a_tagged_packet_is_forwarded),
		cmocka_unit_test(any_unicast_mac_is_ours_without_interfaces),
	};

	return rig_main(trials, sizeof(trials) / sizeof(trials[0]), tests,
			sizeof(tests) / sizeof(tests[0]));
}
