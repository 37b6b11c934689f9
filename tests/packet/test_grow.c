/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Configurations that outgrow the maps they began with: what held still holds.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/packet/flows.h"
#include "tests/packet/harness.h"
#include "user/conf/conf.h"

#define BANS \
	HEAD "sets: {bans: {}}\nfilter: {rules: [{name: banned, from: bans, action: drop}]}\n"
#define WEB \
	"  web: {next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.21}, {address: 10.0.0.22}, {address: 10.0.0.23}]}\n"
#define WWW   "  www: {addresses: [203.0.113.10], tcp: [80], pool: web}\n"
#define SMALL HEAD "pools:\n" WEB "services:\n" WWW
#define PORTS \
	HEAD "pools:\n" WEB \
	     "services:\n  www: {addresses: [203.0.113.10, \"2001:db8:80::10\"], tcp: [1-5000], pool: web}\n"
#define LARGE \
	HEAD "pools:\n  a: {slots: 262144, next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.0.0.31}]}\n" WEB \
	     "services:\n  a: {addresses: [203.0.113.9], tcp: [80], pool: a}\n" WWW

enum { ELEMENTS = 20000, FLOWS = 2000 };

/* Element i: an address of 10/8, or an IPv6 /64. No two are neighbours. */
static struct sl_prefix element(uint32_t i)
{
	struct sl_prefix p = { .addr = { .family = i & 1 ? 6 : 4 },
			       .length = i & 1 ? 64 : 32 };
	uint32_t bits = i * 0x9e3779b1u & 0xfffffe;

	if (i & 1) {
		memcpy(p.addr.octet, "\x20\x01\x0d\xb8", 4);
		p.addr.octet[4] = (uint8_t)(bits >> 16);
		p.addr.octet[5] = (uint8_t)(bits >> 8);
		p.addr.octet[6] = (uint8_t)bits;
	} else {
		p.addr.octet[0] = 10;
		p.addr.octet[1] = (uint8_t)(bits >> 16);
		p.addr.octet[2] = (uint8_t)(bits >> 8);
		p.addr.octet[3] = (uint8_t)bits;
	}
	return p;
}

static void load(size_t n)
{
	struct sl_prefix *p = calloc(n, sizeof(*p));
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	struct sl_error x;

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = element((uint32_t)i);
	assert_int_equal(
		conf_parse("test.yaml", BANS, strlen(BANS), 0, &conf, &report),
		0);
	sl_config_set(rig_instance(), conf);
	if (sl_set_load(rig_instance(), "bans", p, n, &x))
		fail_msg("%s", x.text);
	sl_config_set(rig_instance(), NULL);
	conf_report_clear(&report);
	conf_free(conf);
	free(p);
	rig_reopen();
}

/* What a packet from element i, or from the address beside it, meets. */
static int meets(uint32_t i, int beside)
{
	struct sl_prefix p = element(i);
	static struct frame in, out;
	char src[64];

	p.addr.octet[i & 1 ? 6 : 3] ^= (uint8_t)beside;
	conf_address_text(&p.addr, src);
	if (i & 1)
		frame_build(&in, PACKET(ETH(), IP6(.src = src), UDP()), NULL);
	else
		frame_build(&in, PACKET(ETH(), IP4(.src = src), UDP()), NULL);
	return rig_run(&in, &out);
}

static void a_set_grows_a_thousandfold_and_shrinks(void **state)
{
	(void)state;
	rig_apply_again(BANS);
	load(20);
	for (uint32_t i = 0; i < 20; i++) {
		expect_number((uint64_t)meets(i, 0), XDP_DROP);
		expect_number((uint64_t)meets(i, 1), XDP_PASS);
	}
	expect_number((uint64_t)meets(20, 0), XDP_PASS);
	load(ELEMENTS);
	for (uint32_t i = 0; i < ELEMENTS; i++) {
		assert_int_equal(meets(i, 0), XDP_DROP);
		assert_int_equal(meets(i, 1), XDP_PASS);
	}
	load(20);
	expect_number((uint64_t)meets(19, 0), XDP_DROP);
	for (uint32_t i = 20; i < ELEMENTS; i++)
		assert_int_equal(meets(i, 0), XDP_PASS);
}

static void owners(uint8_t owner[FLOWS])
{
	struct flow f = { 4, IPPROTO_TCP, "203.0.113.10", 0, 0, 80 };
	uint64_t random = 11;

	for (int i = 0; i < FLOWS; i++) {
		f.source = next_random(&random);
		f.sport = 1024 + next_random(&random) % 60000;
		owner[i] = (uint8_t)backend_of(&f);
	}
}

static void five_thousand_ports_of_two_addresses_share_a_pool(void **state)
{
	struct flow f = { 4, IPPROTO_TCP, "203.0.113.10", 1, 4000, 0 };
	struct flow f6 = { 6, IPPROTO_TCP, "2001:db8:80::10", 1, 4000, 0 };
	static uint8_t was[FLOWS], is[FLOWS];
	static struct outcome o;

	(void)state;
	rig_apply_again(SMALL);
	owners(was);
	rig_apply_again(PORTS);
	owners(is);
	expect_number((uint64_t) !!memcmp(was, is, FLOWS), 0);
	for (f.dport = 1; f.dport <= 5000; f.dport++) {
		unsigned backend = backend_of(&f);

		f6.dport = f.dport;
		assert_true(backend >= 21 && backend <= 23);
		backend = backend_of(&f6);
		assert_true(backend >= 21 && backend <= 23);
	}
	rig_send(PACKET(ETH(), IP4(.dst = "203.0.113.10"), TCP(.dport = 5001)),
		 &o);
	expect_verdict(&o, XDP_PASS, SL_PASS);
}

static void a_large_pool_beside_it_moves_no_flow(void **state)
{
	static uint8_t was[FLOWS], is[FLOWS];

	(void)state;
	rig_apply_again(SMALL);
	owners(was);
	rig_apply_again(LARGE);
	owners(is);
	expect_number((uint64_t) !!memcmp(was, is, FLOWS), 0);
	rig_apply_again(SMALL);
	owners(is);
	expect_number((uint64_t) !!memcmp(was, is, FLOWS), 0);
}

static void each_of_500_services_has_its_pool(void **state)
{
	char *text = malloc(500 * 256), vip[32];
	struct flow f = { 4, IPPROTO_TCP, vip, 1, 4000, 80 };
	size_t at;

	(void)state;
	assert_non_null(text);
	at = (size_t)sprintf(text, HEAD "pools:\n");
	for (int i = 0; i < 500; i++)
		at += (size_t)sprintf(
			text + at,
			"  p%d: {slots: 64, next_hop: \"02:00:00:00:00:aa\", backends: [{address: 10.8.%d.%d}]}\n",
			i, i >> 8, i & 255);
	at += (size_t)sprintf(text + at, "services:\n");
	for (int i = 0; i < 500; i++)
		at += (size_t)sprintf(
			text + at,
			"  s%d: {addresses: [203.0.%d.%d], tcp: [80], pool: p%d}\n",
			i, i >> 8, i & 255, i);
	rig_apply_again(text);
	for (int i = 0; i < 500; i++) {
		snprintf(vip, sizeof(vip), "203.0.%d.%d", i >> 8, i & 255);
		assert_int_equal(backend_of(&f), i & 255);
	}
	rig_apply_again(HEAD);
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_grows_a_thousandfold_and_shrinks),
		cmocka_unit_test(
			five_thousand_ports_of_two_addresses_share_a_pool),
		cmocka_unit_test(a_large_pool_beside_it_moves_no_flow),
		cmocka_unit_test(each_of_500_services_has_its_pool),
	};

	return rig_main(NULL, 0, tests, sizeof(tests) / sizeof(tests[0]));
}
