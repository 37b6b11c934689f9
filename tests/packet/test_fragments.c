/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fragments to a service: later ones go where the first one went. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/packet/flows.h"
#include "tests/packet/generations.h"
#include "tests/packet/harness.h"
#include "tests/packet/rig.h"
#include "user/lib/instance.h"

#define POOL(name, more) "  " name ": {next_hop: \"02:00:00:00:00:aa\", slots: 1024, " more "}\n"
#define CONFIG \
	HEAD "pools:\n" \
	POOL("web", "backends: [{address: 10.0.0.21}, {address: 10.0.0.22}, {address: 10.0.0.23}]") \
	POOL("near", "hash: source, backends: [{address: 10.0.0.31}, {address: 10.0.0.32}, {address: 10.0.0.33}]") \
	POOL("six", "backends: [{address: \"2001:db8:b::41\"}]") \
	POOL("gue", "encap: gue, backends: [{address: 10.0.0.42}]") \
	POOL("gue6", "encap: gue, backends: [{address: \"2001:db8:b::43\"}]") \
	POOL("l2", "encap: l2, backends: [{address: 10.0.0.44}]") \
	"services:\n" \
	"  six: {addresses: [203.0.113.14], udp: [53], pool: six}\n" \
	"  gue: {addresses: [203.0.113.15], udp: [53], pool: gue}\n" \
	"  gue6: {addresses: [203.0.113.16], udp: [53], pool: gue6}\n" \
	"  l2: {addresses: [203.0.113.17], udp: [53], pool: l2}\n" \
	"  www: {addresses: [203.0.113.10, \"2001:db8:80::10\"], tcp: [80], udp: [53], pool: web}\n" \
	"  near: {addresses: [203.0.113.12, \"2001:db8:80::12\"], tcp: [80], udp: [53], pool: near}\n" \
	"  tcp: {addresses: [203.0.113.18, 203.0.113.19], tcp: [80], pool: near}\n" \
	"  udp: {addresses: [203.0.113.19], udp: [53], pool: web}\n" \
	"  both: {addresses: [203.0.113.13], tcp: [80], pool: near}\n" \
	"  other: {addresses: [203.0.113.13], tcp: [81], pool: web}\n"

#define V4  "203.0.113.10"
#define V6  "2001:db8:80::10"
enum { FLOWS = 40 };

static struct outcome o;

static unsigned sent(const struct layer *packet)
{
	rig_send(packet, &o);
	expect_verdict(&o, XDP_TX, SL_FORWARDED);
	return (unsigned)atoi(strrchr(o.backends, '.') + 1);
}

static void dropped(const struct layer *packet)
{
	rig_send(packet, &o);
	expect_verdict(&o, XDP_DROP, SL_VIP_FRAGMENT);
	expect_text(o.services, "");
}

/* ---- packets of datagram `n`, from 198.51.100.7 or 2001:db8:5::7 ------------------- */

#define FROM4 .src = "198.51.100.7"
#define FROM6 .src = "2001:db8:5::7"
#define FIRST4(n, port) PACKET(ETH(), IP4(FROM4, .dst = V4, .id = (n), .flags = MF), UDP(.sport = (port), .dport = 53, .length = 3000), DATA(16))
#define LATER4(n) PACKET(ETH(), IP4(FROM4, .dst = V4, .id = (n), .offset = 24, .proto = 17), DATA(32))
#define FIRST6(n, port) PACKET(ETH(), IP6(FROM6, .dst = V6), FRAG6(.id = (n), .more = 1), UDP(.sport = (port), .dport = 53, .length = 3000), DATA(16))
#define LATER6(n) PACKET(ETH(), IP6(FROM6, .dst = V6), FRAG6(.id = (n), .offset = 24, .next = 17), DATA(32))

static struct sl_record *table(void)
{
	return map_at(&rig_instance()->maps, MAP_FRAGMENTS, 0);
}

enum { WAYS = SL_FRAGMENT_SETS * SL_RECORD_WAYS };

static int begin(void **state)
{
	(void)state;
	rig_defaults();
	rig_apply(CONFIG);
	memset(table(), 0, WAYS * sizeof(struct sl_record));
	return 0;
}

/* Of many flows, so that not all go to one backend by chance. */
static void later_ones_follow_the_first(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (uint32_t i = 1; i <= FLOWS; i++) {
		unsigned first = sent(FIRST4(i, 1000 + i));

		seen |= 1u << (first - 21);
		expect_number(sent(LATER4(i)), first);
		expect_text(o.services, "www");
		expect_number(sent(LATER4(i)), first);
	}
	expect_number(seen, 7);
}

static void so_they_do_over_ipv6(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (uint32_t i = 1; i <= FLOWS; i++) {
		unsigned first = sent(FIRST6(0x10000u * i, 1000 + i));

		seen |= 1u << (first - 21);
		expect_number(sent(LATER6(0x10000u * i)), first);
	}
	expect_number(seen, 7);
}

static void those_of_tcp_follow_as_well(void **state)
{
	unsigned first = sent(PACKET(ETH(), IP4(FROM4, .dst = V4, .id = 5, .flags = MF), TCP(.flags = ACK), DATA(4)));

	(void)state;
	expect_number(sent(PACKET(ETH(), IP4(FROM4, .dst = V4, .id = 5, .offset = 24, .proto = 6), DATA(9))), first);
}

static void interleaved_datagrams_keep_apart(void **state)
{
	unsigned first[FLOWS];

	(void)state;
	for (uint32_t i = 0; i < FLOWS; i++)
		first[i] = sent(FIRST4(i + 1, 3000 + i));
	for (uint32_t i = FLOWS; i-- > 0;)
		expect_number(sent(LATER4(i + 1)), first[i]);
}

static void one_that_overtakes_the_first_is_dropped(void **state)
{
	unsigned first;

	(void)state;
	dropped(LATER4(7));
	first = sent(FIRST4(7, 4000));
	expect_number(sent(LATER4(7)), first);
	dropped(LATER6(7));
	first = sent(FIRST6(7, 4000));
	expect_number(sent(LATER6(7)), first);
}

static void all_that_names_a_datagram_counts(void **state)
{
	(void)state;
	sent(FIRST4(7, 4000));
	dropped(LATER4(8));
	dropped(PACKET(ETH(), IP4(.src = "198.51.100.8", .dst = V4, .id = 7, .offset = 24, .proto = 17), DATA(32)));
	dropped(PACKET(ETH(), IP4(FROM4, .dst = V4, .id = 7, .offset = 24, .proto = 6), DATA(32)));
	dropped(PACKET(ETH(), IP4(FROM4, .dst = "203.0.113.13", .id = 7, .offset = 24, .proto = 17), DATA(32)));
	sent(FIRST6(0x20007, 4000));
	dropped(LATER6(0x10007));
	dropped(LATER6(0x20008));
}

/* RFC 8200, 4.5: the next headers of its fragments may differ. */
static void over_ipv6_the_next_header_does_not_count(void **state)
{
	unsigned first = sent(PACKET(ETH(), IP6(FROM6, .dst = V6), FRAG6(.id = 9, .more = 1, .next = EXT_DEST),
				     EXT(.kind = EXT_DEST), UDP(.sport = 4000, .dport = 53, .length = 3000), DATA(16)));

	(void)state;
	expect_number(sent(PACKET(ETH(), IP6(FROM6, .dst = V6), FRAG6(.id = 9, .offset = 32, .next = EXT_DEST), DATA(8))), first);
}

static void behind_tags_and_options_they_are_the_same(void **state)
{
	unsigned first = sent(PACKET(ETH(), VLAN(.id = 5), IP4(FROM4, .dst = V4, .id = 9, .flags = MF, .options = BYTES("\1\1\1\1")),
				     UDP(.sport = 4000, .dport = 53, .length = 3000), DATA(16)));

	(void)state;
	expect_number(sent(LATER4(9)), first);
}

/* Where nobody pads frames. */
static void the_last_one_may_be_an_octet(void **state)
{
	static const char *const services[] = { V4, "203.0.113.14", "203.0.113.15", "203.0.113.16", "203.0.113.17" };

	(void)state;
	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++) {
		rig_send(PACKET(ETH(), IP4(FROM4, .dst = services[i], .id = 9, .flags = MF),
				UDP(.sport = 4000, .dport = 53, .length = 25), DATA(16)), &o);
		expect_verdict(&o, XDP_TX, SL_FORWARDED);
		rig_send(PACKET(ETH(), IP4(FROM4, .dst = services[i], .id = 9, .offset = 24, .proto = 17), DATA(1)), &o);
		expect_verdict(&o, XDP_TX, SL_FORWARDED);
	}
}

static void a_first_one_for_no_service_is_not_recorded(void **state)
{
	(void)state;
	rig_send(PACKET(ETH(), IP4(FROM4, .dst = V4, .id = 9, .flags = MF), UDP(.dport = 54, .length = 3000), DATA(16)), &o);
	expect_verdict(&o, XDP_PASS, SL_PASS);
	dropped(LATER4(9));
}

static void records_pass(void **state)
{
	(void)state;
	sent(FIRST4(7, 4000));
	sent(LATER4(7));
	for (int i = 0; i < WAYS; i++)
		if (table()[i].tag)
			generations_age(&table()[i], SL_RECORD_UNCONFIRMED);
	dropped(LATER4(7));
}

static void a_dead_backend_is_not_followed(void **state)
{
	unsigned first = sent(FIRST4(7, 4000));
	struct sl_backend *b = generations_backend(generations_id((uint8_t)first));

	(void)state;
	b->flags = 0;
	dropped(LATER4(7));
	b->flags = SL_BACKEND_ALIVE;
	expect_number(sent(LATER4(7)), first);
}

/* A flood of first fragments: there is always room for one that comes now. */
static void a_full_table_takes_the_next(void **state)
{
	uint64_t now = 0;

	(void)state;
	sent(FIRST4(1, 4000));
	for (int i = 0; i < WAYS; i++)
		if (table()[i].tag)
			now = SL_RECORD_TIME(table()[i].is);
	for (int i = 0; i < WAYS; i++)
		table()[i] = (struct sl_record){ ((uint64_t)i + 1000) << 1, SL_RECORD(1, 0, 0u, now) };
	for (uint32_t i = 10; i < 10 + FLOWS; i++)
		expect_number(sent(LATER4(i)), sent(FIRST4(i, 5000 + i)));
}

/* ---- hash: source ------------------------------------------------------------------- */

static void by_source_they_need_no_record(void **state)
{
	unsigned seen = 0;
	char from[32];

	(void)state;
	for (unsigned i = 1; i <= FLOWS; i++) {
		unsigned later, first;

		snprintf(from, sizeof(from), "198.51.100.%u", i);
		later = sent(PACKET(ETH(), IP4(.src = from, .dst = "203.0.113.12", .id = i, .offset = 24, .proto = 17), DATA(32)));
		expect_text(o.services, "near");
		first = sent(PACKET(ETH(), IP4(.src = from, .dst = "203.0.113.12", .id = i, .flags = MF),
				    UDP(.sport = i, .dport = 53, .length = 3000), DATA(16)));
		expect_number(later, first);
		seen |= 1u << (first - 31);
	}
	expect_number(seen, 7);
	later_ones_follow_the_first(state);
}

static void by_source_over_ipv6(void **state)
{
	(void)state;
	expect_number(sent(PACKET(ETH(), IP6(FROM6, .dst = "2001:db8:80::12"), FRAG6(.id = 9, .offset = 24, .next = 17), DATA(8))),
		      sent(PACKET(ETH(), IP6(FROM6, .dst = "2001:db8:80::12"), TCP())));
}

/* Its first fragment is the stack's: of a protocol without a service. */
static void by_source_no_other_protocol_is_led(void **state)
{
	(void)state;
	dropped(PACKET(ETH(), IP4(FROM4, .dst = "203.0.113.12", .id = 7, .offset = 24, .proto = 1), DATA(32)));
	dropped(PACKET(ETH(), IP4(FROM4, .dst = "203.0.113.12", .id = 7, .offset = 24, .proto = 0), DATA(32)));
	dropped(PACKET(ETH(), IP4(FROM4, .dst = "203.0.113.18", .id = 7, .offset = 24, .proto = 17), DATA(32)));
	sent(PACKET(ETH(), IP4(FROM4, .dst = "203.0.113.18", .id = 7, .offset = 24, .proto = 6), DATA(32)));
	rig_send(PACKET(ETH(), IP4(FROM4, .dst = "203.0.113.18"), TCP(.dport = IS(0))), &o);
	expect_verdict(&o, XDP_PASS, SL_PASS);
}

/* Each protocol for itself: TCP is near, UDP is not. */
static void by_source_one_protocol_is_enough(void **state)
{
	(void)state;
	expect_number(sent(PACKET(ETH(), IP4(FROM4, .dst = "203.0.113.19", .id = 7, .offset = 24, .proto = 6), DATA(8))),
		      sent(PACKET(ETH(), IP4(FROM4, .dst = "203.0.113.19"), TCP())));
	dropped(PACKET(ETH(), IP4(FROM4, .dst = "203.0.113.19", .id = 7, .offset = 24, .proto = 17), DATA(8)));
}

static void an_address_of_two_pools_needs_records(void **state)
{
	(void)state;
	dropped(PACKET(ETH(), IP4(FROM4, .dst = "203.0.113.13", .id = 7, .offset = 24, .proto = 6), DATA(32)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	static const struct CMUnitTest tests[] = {
		TEST(later_ones_follow_the_first),
		TEST(so_they_do_over_ipv6),
		TEST(those_of_tcp_follow_as_well),
		TEST(interleaved_datagrams_keep_apart),
		TEST(one_that_overtakes_the_first_is_dropped),
		TEST(all_that_names_a_datagram_counts),
		TEST(over_ipv6_the_next_header_does_not_count),
		TEST(behind_tags_and_options_they_are_the_same),
		TEST(the_last_one_may_be_an_octet),
		TEST(a_first_one_for_no_service_is_not_recorded),
		TEST(records_pass),
		TEST(a_dead_backend_is_not_followed),
		TEST(a_full_table_takes_the_next),
		TEST(by_source_they_need_no_record),
		TEST(by_source_over_ipv6),
		TEST(by_source_no_other_protocol_is_led),
		TEST(by_source_one_protocol_is_enough),
		TEST(an_address_of_two_pools_needs_records),
	};

	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(tests[0]));
}
