/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* QUIC: which backend a connection id names, and what goes by hash. */
#include <netinet/in.h>
#include <string.h>

#include "tests/packet/flows.h"
#include "tests/packet/harness.h"
#include "user/lib/instance.h"
#include "user/lib/registry.h"

#define POOL(name, id, backends) \
	"  " name ": {next_hop: \"02:00:00:00:00:aa\", slots: 1024, quic: {server_id_bytes: " id "}, backends: [" backends "]}\n"
#define CONFIG \
	HEAD "pools:\n" \
	POOL("two", "2", "{address: 10.0.0.21}, {address: 10.0.0.22}, {address: 10.0.0.23}, {address: 10.0.0.24, weight: 0}") \
	POOL("four", "4", "{address: 10.0.0.31}, {address: 10.0.0.32}, {address: \"2001:db8::10.0.0.33\"}") \
	POOL("ten", "10", "{address: \"2001:db8:b::21\"}, {address: \"2001:db8:b::22\"}, {address: \"2001:db8:b:0:1::21\"}") \
	POOL("eight", "8", "{address: \"2001:db8:b::a1\"}, {address: \"2001:db8:b::a2\"}") \
	POOL("private", "8", "{address: \"2001:db8:b::51\"}, {address: \"2001:db8:b::52\"}") \
	POOL("none", "0", "{address: 10.0.0.41}, {address: 10.0.0.42}") \
	"services:\n" \
	"  two: {addresses: [203.0.113.10, \"2001:db8:80::10\"], udp: [443], tcp: [443], pool: two}\n" \
	"  four: {addresses: [203.0.113.11], udp: [443], pool: four}\n" \
	"  ten: {addresses: [203.0.113.12], udp: [443], pool: ten}\n" \
	"  none: {addresses: [203.0.113.13], udp: [443], pool: none}\n" \
	"  eight: {addresses: [203.0.113.14], udp: [443], pool: eight}\n" \
	"  private: {addresses: [203.0.113.15], udp: [443], pool: private}\n"

/* Behind the id: a nonce, and as much as a packet has at least. */
#define REST "NNNNNNNNpppppppppppppppppppp"
#define SHORT(id) RAW("\x40\x08" id REST)
#define TRIES 64

#define QUIC(family, source, vip, payload) \
	PACKET(ETH(), family(.src = source, .dst = vip), UDP(.dport = 443), payload)

/* Last octet of the outer destination. */
static unsigned sent_to(const struct layer *packet)
{
	static struct outcome o;

	rig_apply(CONFIG);
	rig_send(packet, &o);
	expect_verdict(&o, XDP_TX, SL_FORWARDED);
	return o.frame.byte[12] == 0x08 ? o.frame.byte[33] : o.frame.byte[53];
}

/* From any port: those that go by hash are spread. */
#define GOES(promise, vip, payload, last) \
	static void promise(void **state) \
	{ \
		(void)state; \
		for (uint32_t i = 0; i < TRIES; i++) \
			expect_number(sent_to(PACKET(ETH(), IP4(.dst = vip), \
				UDP(.sport = 2000 + i, .dport = 443), payload)), last); \
	}
#define SPREADS(promise, vip, layer, payload) \
	static void promise(void **state) \
	{ \
		unsigned seen = 0; \
		(void)state; \
		for (uint32_t i = 0; i < TRIES; i++) \
			seen |= 1u << sent_to(PACKET(ETH(), IP4(.dst = vip), layer, payload)) % 32; \
		expect_number((seen & (seen - 1)) != 0, 1); \
	}
#define ANYPORT UDP(.sport = 2000 + i, .dport = 443)

GOES(an_id_of_two_octets_names_its_backend, "203.0.113.10", SHORT("\x00\x16"), 22)
GOES(another_id_names_another_backend, "203.0.113.10", SHORT("\x00\x17"), 23)
GOES(a_drained_backend_keeps_its_connections, "203.0.113.10", SHORT("\x00\x18"), 24)
GOES(an_id_of_four_octets_names_its_backend, "203.0.113.11", SHORT("\x0a\x00\x00\x20"), 32)
GOES(an_id_names_an_ipv6_backend_by_its_last_octets, "203.0.113.11", SHORT("\x0a\x00\x00\x21"), 33)
GOES(an_id_of_ten_octets_names_its_backend, "203.0.113.12", SHORT("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x22"), 0x22)
GOES(any_configuration_number_will_do, "203.0.113.10", RAW("\x40\xc8\x00\x16" REST), 22)
GOES(the_fixed_bit_may_be_greased, "203.0.113.10", RAW("\x00\x08\x00\x16" REST), 22)
SPREADS(the_number_for_none_goes_by_hash, "203.0.113.10", ANYPORT, RAW("\x40\xe8\x00\x16" REST))
SPREADS(a_long_header_goes_by_hash, "203.0.113.10", ANYPORT, RAW("\xc0\x08\x00\x16" REST))
SPREADS(an_unknown_id_goes_by_hash, "203.0.113.10", ANYPORT, SHORT("\x00\x63"))
SPREADS(an_id_of_another_pool_goes_by_hash, "203.0.113.11", ANYPORT, SHORT("\x00\x15\x00\x00"))
SPREADS(a_pool_without_ids_goes_by_hash, "203.0.113.13", ANYPORT, SHORT("\x00\x29"))
SPREADS(tcp_goes_by_hash, "203.0.113.10", TCP(.sport = 2000 + i, .dport = 443), SHORT("\x00\x16"))
SPREADS(a_datagram_without_an_id_goes_by_hash, "203.0.113.10", ANYPORT, RAW("\x40\x08\x00"))
SPREADS(padding_is_no_id, "203.0.113.10", ANYPORT, PAD(40))

static void a_connection_survives_a_change_of_address(void **state)
{
	(void)state;
	expect_number(sent_to(QUIC(IP4, "198.51.100.7", "203.0.113.10", SHORT("\x00\x15"))), 21);
	expect_number(sent_to(QUIC(IP4, "192.0.2.200", "203.0.113.10", SHORT("\x00\x15"))), 21);
	expect_number(sent_to(QUIC(IP6, "2001:db8:5::7", "2001:db8:80::10", SHORT("\x00\x15"))), 21);
}

/* An id of 10 octets says more than its last ones. */
static void the_whole_id_counts(void **state)
{
	unsigned other = 0;

	(void)state;
	for (uint32_t i = 0; i < TRIES; i++)
		other += sent_to(PACKET(ETH(), IP4(.dst = "203.0.113.12"), UDP(.sport = 2000 + i, .dport = 443),
					SHORT("\x01\x00\x00\x00\x00\x00\x00\x00\x00\x22"))) != 0x22;
	expect_number(other > 0, 1);
}

/* Clients choose ids, and know how they are looked for. */
static void no_id_leads_into_another_pool(void **state)
{
	char content[] = "\x40\x08" "\0\0\0\0\0\0\0\x51" REST;
	const struct layer id = { .kind = LAYER_RAW, .raw = { .content = { content, sizeof(content) - 1 } } };
	unsigned apart;

	(void)state;
	rig_apply(CONFIG);
	apart = (unsigned)(registry_pool(registry(rig_instance()), "eight") ^
			   registry_pool(registry(rig_instance()), "private"));
	for (unsigned shift = 0; shift < 54; shift++) {
		uint64_t high = 0x51 ^ (uint64_t)apart << shift;
		unsigned to;

		for (int i = 0; i < 8; i++)
			content[2 + i] = (char)(high >> (56 - 8 * i));
		to = sent_to(PACKET(ETH(), IP4(.dst = "203.0.113.14"), UDP(.dport = 443), id));
		expect_number(to == 0xa1 || to == 0xa2, 1);
	}
}

static void an_id_leads_to_no_dead_backend(void **state)
{
	const struct sl_registry_backend *b;
	struct sl_backend *table;
	uint32_t id = 0;

	(void)state;
	rig_apply(CONFIG);
	b = registry(rig_instance())->backend;
	table = map_at(&rig_instance()->maps, MAP_BACKENDS, active(rig_instance()));
	for (uint32_t i = 1; i < SL_BACKENDS_MAX; i++)
		if (b[i].pool && b[i].family == 4 && b[i].addr[3] == 22)
			id = i;
	table[id].flags &= (__u8)~SL_BACKEND_ALIVE;
	for (uint16_t i = 0; i < TRIES; i++) {
		static struct outcome o;

		rig_send(PACKET(ETH(), IP4(.dst = "203.0.113.10"), UDP(.sport = 2000u + i, .dport = 443),
				SHORT("\x00\x16")), &o);
		expect_number(o.reason == SL_FORWARDED && o.frame.byte[33] == 22, 0);
	}
	table[id].flags = SL_BACKEND_ALIVE;
	expect_number(sent_to(QUIC(IP4, "198.51.100.7", "203.0.113.10", SHORT("\x00\x16"))), 22);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_of_two_octets_names_its_backend),
		cmocka_unit_test(another_id_names_another_backend),
		cmocka_unit_test(a_drained_backend_keeps_its_connections),
		cmocka_unit_test(an_id_of_four_octets_names_its_backend),
		cmocka_unit_test(an_id_names_an_ipv6_backend_by_its_last_octets),
		cmocka_unit_test(an_id_of_ten_octets_names_its_backend),
		cmocka_unit_test(any_configuration_number_will_do),
		cmocka_unit_test(the_fixed_bit_may_be_greased),
		cmocka_unit_test(the_number_for_none_goes_by_hash),
		cmocka_unit_test(a_long_header_goes_by_hash),
		cmocka_unit_test(an_unknown_id_goes_by_hash),
		cmocka_unit_test(an_id_of_another_pool_goes_by_hash),
		cmocka_unit_test(a_pool_without_ids_goes_by_hash),
		cmocka_unit_test(tcp_goes_by_hash),
		cmocka_unit_test(a_datagram_without_an_id_goes_by_hash),
		cmocka_unit_test(padding_is_no_id),
		cmocka_unit_test(a_connection_survives_a_change_of_address),
		cmocka_unit_test(the_whole_id_counts),
		cmocka_unit_test(no_id_leads_into_another_pool),
		cmocka_unit_test(an_id_leads_to_no_dead_backend),
	};

	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(tests[0]));
}
