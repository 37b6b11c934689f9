/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What will not fit with its outer header: the sender hears which size does,
 * from the service, unless it lets routers fragment; and answers share a rate. */
#include <string.h>
#include <time.h>

#include "tests/packet/harness.h"
#include "user/lib/instance.h"

enum { QUOTED = 128, MTU = 1500 };

#define POOL(name, more) \
	"  " name ": {next_hop: \"02:00:00:00:00:aa\", " more "}\n"
#define CONFIG \
	HEAD "pools:\n" \
	POOL("ipip4", "backends: [{address: 10.0.0.21}]") \
	POOL("ipip6", "backends: [{address: \"2001:db8:b::21\"}]") \
	POOL("gue4", "encap: gue, backends: [{address: 10.0.0.22}]") \
	POOL("gue6", "encap: gue, backends: [{address: \"2001:db8:b::22\"}]") \
	POOL("l2", "encap: l2, backends: [{address: 10.0.0.23}]") \
	"services:\n" \
	"  ipip4: {addresses: [203.0.113.1, \"2001:db8:80::1\"], tcp: [80], udp: [80], pool: ipip4}\n" \
	"  ipip6: {addresses: [203.0.113.2, \"2001:db8:80::2\"], tcp: [80], pool: ipip6}\n" \
	"  gue4: {addresses: [203.0.113.3, \"2001:db8:80::3\"], tcp: [80], pool: gue4}\n" \
	"  gue6: {addresses: [203.0.113.4, \"2001:db8:80::4\"], tcp: [80], pool: gue6}\n" \
	"  l2: {addresses: [203.0.113.5, \"2001:db8:80::5\"], tcp: [80], pool: l2}\n"
#define DRY HEAD "filter: {dry_run: true, policy: drop}\n" \
	"pools:\n" POOL("ipip4", "backends: [{address: 10.0.0.21}]") \
	"services:\n  www: {addresses: [203.0.113.1], tcp: [80], pool: ipip4}\n"
#define V4(address, ...)   IP4(.dst = (address), .flags = DF, __VA_ARGS__)
#define V6(address, ...)   IP6(.dst = (address), __VA_ARGS__)
#define KEPT(promise, ...) DROPS(promise, CONFIG, SL_TOO_BIG, ETH(), __VA_ARGS__)

static const struct trial trials[] = {
	KEPT("without_dont_fragment_it_is_dropped", IP4(.dst = "203.0.113.1"), TCP(), DATA(1441)),
	KEPT("from_multicast_it_is_dropped", V4("203.0.113.1", .src = "224.0.0.1"), TCP(), DATA(1441)),
	KEPT("from_broadcast_it_is_dropped", V4("203.0.113.1", .src = "255.255.255.255"), TCP(), DATA(1441)),
	KEPT("from_loopback_it_is_dropped", V4("203.0.113.1", .src = "127.0.0.1"), TCP(), DATA(1441)),
	KEPT("from_a_service_it_is_dropped", V4("203.0.113.1", .src = "203.0.113.2"), TCP(), DATA(1441)),
	KEPT("from_itself_it_is_dropped", V4("203.0.113.1", .src = "203.0.113.1"), TCP(), DATA(1441)),
	KEPT("from_an_ipv6_service_it_is_dropped",
	     V6("2001:db8:80::1", .src = "2001:db8:80::2"), TCP(), DATA(1421)),
	KEPT("from_ipv6_multicast_it_is_dropped", V6("2001:db8:80::1", .src = "ff02::1"), TCP(), DATA(1421)),
	KEPT("from_ipv6_nobody_it_is_dropped", V6("2001:db8:80::1", .src = "::"), TCP(), DATA(1421)),
	KEPT("an_error_about_a_flow_is_never_answered", V4("203.0.113.1"), ICMP(3, 4),
	     IP4(.src = "203.0.113.1", .dst = "10.0.0.5"), TCP(.sport = 80, .dport = 40000), DATA(1413)),
};

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

/* RFC 1071 over whole words: all ones if a checksum among them is right. */
static uint32_t sum(const uint8_t *at, size_t n, uint32_t more)
{
	for (size_t i = 0; i < n; i += 2)
		more += get16(at + i);
	while (more >> 16)
		more = (more & 0xffff) + (more >> 16);
	return more;
}

static void expect_octets(const uint8_t *got, const uint8_t *want, size_t n)
{
	expect_number((uint64_t)memcmp(got, want, n), 0);
}

/* RFC 792 and 1191: unreachable, fragmentation needed, and the size that fits. */
static void expect_answer4(const uint8_t *ip, const uint8_t *was, uint32_t fits)
{
	static const uint8_t code[] = { 3, 4 }, unused[2];

	expect_number(ip[0], 0x45);
	expect_number(get16(ip + 2), 28 + QUOTED);
	expect_number(get16(ip + 6) & 0x3fff, 0);
	expect_number(ip[8], 64);
	expect_number(ip[9], 1);
	expect_number(sum(ip, 20, 0), 0xffff);
	expect_octets(ip + 12, was + 16, 4);
	expect_octets(ip + 16, was + 12, 4);
	expect_octets(ip + 20, code, 2);
	expect_octets(ip + 24, unused, 2);
	expect_number(get16(ip + 26), fits);
	expect_number(sum(ip + 20, 8 + QUOTED, 0), 0xffff);
	expect_octets(ip + 28, was, QUOTED);
}

/* RFC 4443: packet too big. */
static void expect_answer6(const uint8_t *ip, const uint8_t *was, uint32_t fits)
{
	static const uint8_t head[] = { 0x60, 0, 0, 0 }, code[] = { 2, 0 }, unused[2];

	expect_octets(ip, head, 4);
	expect_number(get16(ip + 4), 8 + QUOTED);
	expect_number(ip[6], 58);
	expect_number(ip[7], 64);
	expect_octets(ip + 8, was + 24, 16);
	expect_octets(ip + 24, was + 8, 16);
	expect_octets(ip + 40, code, 2);
	expect_octets(ip + 44, unused, 2);
	expect_number(get16(ip + 46), fits);
	expect_number(sum(ip + 8, 40 + QUOTED, 58 + 8 + QUOTED), 0xffff);
	expect_octets(ip + 48, was, QUOTED);
}

/* Back to the sender, with its tags. */
static void expect_answer(const struct layer *packet, uint32_t fits)
{
	static struct frame in;
	static struct outcome o;
	uint32_t l3 = 14;

	rig_apply(CONFIG);
	frame_build(&in, packet, NULL);
	rig_send_frame(&in, &o);
	expect_verdict(&o, XDP_TX, SL_TOO_BIG);
	while (get16(in.byte + l3 - 2) == 0x8100)
		l3 += 4;
	expect_octets(o.frame.byte, in.byte + 6, 6);
	expect_octets(o.frame.byte + 6, in.byte, 6);
	expect_octets(o.frame.byte + 12, in.byte + 12, l3 - 12);
	if (in.byte[l3] >> 4 == 4)
		expect_answer4(o.frame.byte + l3, in.byte + l3, fits);
	else
		expect_answer6(o.frame.byte + l3, in.byte + l3, fits);
	expect_number(o.frame.length, l3 + QUOTED + (in.byte[l3] >> 4 == 4 ? 28 : 48));
}

#define TOLD(promise, fits, ...) \
	static void promise(void **state) \
	{ \
		(void)state; \
		expect_answer(PACKET(ETH(), __VA_ARGS__), fits); \
	}

TOLD(ipv4_in_ipv4_is_told, MTU - 20, V4("203.0.113.1"), TCP(), DATA(1441))
TOLD(ipv6_in_ipv4_is_told, MTU - 20, V6("2001:db8:80::1"), TCP(), DATA(1421))
TOLD(ipv4_in_ipv6_is_told, MTU - 40, V4("203.0.113.2"), TCP(), DATA(1421))
TOLD(ipv6_in_ipv6_is_told, MTU - 40, V6("2001:db8:80::2"), TCP(), DATA(1401))
TOLD(ipv4_in_gue_is_told, MTU - 28, V4("203.0.113.3"), TCP(), DATA(1433))
TOLD(ipv6_in_gue_is_told, MTU - 28, V6("2001:db8:80::3"), TCP(), DATA(1413))
TOLD(ipv4_in_gue_over_ipv6_is_told, MTU - 48, V4("203.0.113.4"), TCP(), DATA(1413))
TOLD(ipv6_in_gue_over_ipv6_is_told, MTU - 48, V6("2001:db8:80::4"), TCP(), DATA(1393))
TOLD(ipv4_by_l2_is_told, MTU, V4("203.0.113.5"), TCP(), DATA(1461))
TOLD(ipv6_by_l2_is_told, MTU, V6("2001:db8:80::5"), TCP(), DATA(1441))
TOLD(udp_is_told, MTU - 20, V4("203.0.113.1"), UDP(), DATA(1453))
TOLD(a_jumbo_frame_is_told, MTU - 20, V4("203.0.113.1"), TCP(), DATA(8900))
TOLD(an_ipv6_jumbo_frame_is_told, MTU - 40, V6("2001:db8:80::2"), TCP(), DATA(8900))
TOLD(with_options_it_is_told, MTU - 20,
     V4("203.0.113.1", .options = BYTES("\x94\x04\0\0")), TCP(), DATA(1441))
TOLD(with_extension_headers_it_is_told, MTU - 20,
     V6("2001:db8:80::1"), EXT(.kind = EXT_DEST), TCP(), DATA(1421))
TOLD(a_tag_is_kept, MTU - 20, VLAN(.id = 7, .pcp = 3), V4("203.0.113.1"), TCP(), DATA(1441))
TOLD(four_tags_are_kept, MTU - 40, VLAN(.id = 1), VLAN(.id = 2), VLAN(.id = 3), VLAN(.id = 4),
     V6("2001:db8:80::2"), TCP(), DATA(1441))
TOLD(padding_is_not_told, MTU - 20, V4("203.0.113.1"), TCP(), DATA(1441), PAD(40))
TOLD(a_first_fragment_is_told, MTU - 20, V6("2001:db8:80::1"), FRAG6(.more = 1), TCP(), DATA(1428))

/* Of IPv6 nobody believes less than 1280: such a packet should have gone. */
static void less_than_ipv6_carries_is_never_told(void **state)
{
	static struct outcome o;
	struct sl_backend *b;

	(void)state;
	rig_apply(CONFIG);
	b = map_at(&rig_instance()->maps, MAP_BACKENDS, active(rig_instance()));
	for (int i = 1; i < 8; i++)
		b[i].mtu = 1290;
	expect_answer(PACKET(ETH(), V6("2001:db8:80::2"), TCP(), DATA(1221)), 1280);
	expect_answer(PACKET(ETH(), V4("203.0.113.2"), TCP(), DATA(1221)), 1250);
	rig_send(PACKET(ETH(), V6("2001:db8:80::2"), TCP(), DATA(1220)), &o);
	expect_verdict(&o, XDP_DROP, SL_TOO_BIG);
	rig_apply_again(CONFIG);
}

static uint64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t limited(void)
{
	struct sl_stats *stats = rig_stats();
	uint64_t n = stats->events[SL_EVENT_ANSWER_LIMITED];

	sl_stats_free(stats);
	return n;
}

/* 1000 a second, 100 at once. A tick of the clock may be 10 ms long. */
static void answers_share_one_rate(void **state)
{
	enum { PACKETS = 4000 };
	static struct frame big, echo, out;
	uint64_t told = 0, answered = 0, begin, before;

	(void)state;
	rig_apply(CONFIG);
	frame_build(&big, PACKET(ETH(), V4("203.0.113.1"), TCP(), DATA(1441)), NULL);
	frame_build(&echo, PACKET(ETH(), IP4(.dst = "203.0.113.1"), ICMP(8)), NULL);
	before = limited();
	begin = milliseconds();
	for (int i = 0; i < PACKETS / 2; i++) {
		int verdict = rig_run(&big, &out);

		told += verdict == XDP_TX;
		assert_true(verdict == XDP_TX || verdict == XDP_DROP);
		verdict = rig_run(&echo, &out);
		answered += verdict == XDP_TX;
		assert_true(verdict == XDP_TX || verdict == XDP_PASS);
	}
	assert_true(told + answered <= 100 + 10 + milliseconds() - begin + 10);
	assert_true(told > 0 && answered > 0);
	expect_number(limited() - before, PACKETS - told - answered);
}

static void a_dry_run_tells_as_well(void **state)
{
	static struct frame in, out;

	(void)state;
	rig_apply(DRY);
	frame_build(&in, PACKET(ETH(), V4("203.0.113.1"), TCP(), DATA(1441)), NULL);
	expect_number((uint64_t)rig_run(&in, &out), XDP_TX);
	expect_number(out.length, 14 + 28 + QUOTED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_in_ipv4_is_told),
		cmocka_unit_test(ipv6_in_ipv4_is_told),
		cmocka_unit_test(ipv4_in_ipv6_is_told),
		cmocka_unit_test(ipv6_in_ipv6_is_told),
		cmocka_unit_test(ipv4_in_gue_is_told),
		cmocka_unit_test(ipv6_in_gue_is_told),
		cmocka_unit_test(ipv4_in_gue_over_ipv6_is_told),
		cmocka_unit_test(ipv6_in_gue_over_ipv6_is_told),
		cmocka_unit_test(ipv4_by_l2_is_told),
		cmocka_unit_test(ipv6_by_l2_is_told),
		cmocka_unit_test(udp_is_told),
		cmocka_unit_test(a_jumbo_frame_is_told),
		cmocka_unit_test(an_ipv6_jumbo_frame_is_told),
		cmocka_unit_test(with_options_it_is_told),
		cmocka_unit_test(with_extension_headers_it_is_told),
		cmocka_unit_test(a_tag_is_kept),
		cmocka_unit_test(four_tags_are_kept),
		cmocka_unit_test(padding_is_not_told),
		cmocka_unit_test(a_first_fragment_is_told),
		cmocka_unit_test(less_than_ipv6_carries_is_never_told),
		cmocka_unit_test(a_dry_run_tells_as_well),
		cmocka_unit_test(answers_share_one_rate),
	};

	return rig_main(trials, sizeof(trials) / sizeof(trials[0]), tests,
			sizeof(tests) / sizeof(tests[0]));
}
