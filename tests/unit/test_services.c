/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Services, pools and backends become frontends and outer headers. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/base.h"
#include "user/lib/frontends.h"

/* ---- services --------------------------------------------------------- */

/* As packets do. */
static const struct sl_frontend *find(const struct sl_frontend *table,
				      uint32_t buckets, uint64_t key)
{
	uint32_t bucket = sl_frontend_hash(key) & (buckets - 1);
	const struct sl_frontend *way = table + (size_t)bucket * SL_FRONTEND_WAYS;

	for (int i = 0; i < SL_FRONTEND_WAYS; i++, way++)
		if (way->key == key)
			return way;
	return NULL;
}

static const struct sl_frontend *frontend(const struct compiled *c, struct sl_address a,
					  uint8_t proto, uint16_t dport)
{
	uint32_t vip = base_class(c, a)->vip;

	return find(c->frontends, c->buckets, sl_frontend_key(vip, proto, dport));
}

static void each_service_address_has_a_number_and_a_row(void **state)
{
	struct compiled *c;
	uint32_t number[3];

	(void)state;
	base_balance();
	c = base_compiled();
	for (int i = 0; i < 3; i++) {
		number[i] = base_class(c, base.address[i])->vip;
		assert_in_range(number[i], 1, 3);
	}
	assert_true(number[0] != number[1] && number[1] != number[2] &&
		    number[0] != number[2]);
	assert_int_equal(base_class(c, v4(192, 0, 2, 81))->vip, 0);
	assert_int_equal(c->classes[0].vip, 0);
	compiled_free(c);
}

static void frontends_lead_to_their_service_and_ring(void **state)
{
	const struct sl_frontend *f;
	struct compiled *c;

	(void)state;
	base_balance();
	c = base_compiled();
	f = frontend(c, base.address[0], IPPROTO_TCP, 8010);
	assert_non_null(f);
	assert_int_equal(f->service, 5);
	assert_int_equal(f->slot_base, 0x4000);
	assert_int_equal(f->shift, 18);
	assert_int_equal(f->flags, 0);
	f = frontend(c, base.address[2], IPPROTO_UDP, 53);
	assert_non_null(f);
	assert_int_equal(f->service, 6);
	assert_int_equal(f->slot_base, 0);
	assert_int_equal(f->shift, 19);
	assert_int_equal(f->flags, SL_FRONTEND_HASH_SOURCE);
	assert_non_null(frontend(c, base.address[1], IPPROTO_TCP, 8000));
	assert_non_null(frontend(c, base.address[1], IPPROTO_UDP, 53));
	compiled_free(c);
}

static void a_neighbour_of_a_frontend_is_none(void **state)
{
	struct compiled *c;

	(void)state;
	base_balance();
	c = base_compiled();
	assert_null(frontend(c, base.address[0], IPPROTO_TCP, 7999));
	assert_null(frontend(c, base.address[0], IPPROTO_TCP, 8011));
	assert_null(frontend(c, base.address[0], IPPROTO_UDP, 8000));
	assert_null(frontend(c, base.address[0], IPPROTO_UDP, 53));
	assert_null(frontend(c, base.address[2], IPPROTO_TCP, 8000));
	compiled_free(c);
}

static void sixteen_thousand_frontends_all_fit(void **state)
{
	struct sl_frontend *wider;
	struct compiled *c;

	(void)state;
	base_balance();
	base.conf.n_services = 1;
	base.port[0].low = 1, base.port[0].high = 8192;
	c = base_compiled();
	assert_true(c->buckets <= 32768);
	wider = calloc((size_t)c->buckets * 4 * SL_FRONTEND_WAYS, sizeof(*wider));
	frontends_spread(c->frontends, c->buckets, wider, c->buckets * 4);
	for (uint32_t p = 1; p <= 8192; p++)
		for (int i = 0; i < 2; i++) {
			const struct sl_frontend *f =
				frontend(c, base.address[i], IPPROTO_TCP, (uint16_t)p);

			assert_non_null(f);
			assert_memory_equal(find(wider, c->buckets * 4, f->key),
					    f, sizeof(*f));
		}
	free(wider);
	compiled_free(c);
}

static void too_many_frontends_name_the_limit(void **state)
{
	struct compiled *c = NULL;
	struct sl_error x;

	(void)state;
	base_balance();
	base.conf.n_services = 1;
	base.port[0].low = 1, base.port[0].high = 8193;
	assert_int_equal(compile_bank(&base_input, &c, &x), -EINVAL);
	assert_non_null(strstr(x.text, "limits: frontends is 16384"));
	assert_null(c);
}

static void a_service_without_its_pool_is_refused(void **state)
{
	struct compiled *c = NULL;
	struct sl_error x;

	(void)state;
	base_balance();
	strcpy(base.service[1].pool, "gone");
	assert_int_equal(compile_bank(&base_input, &c, &x), -EINVAL);
	assert_string_equal(x.text, "service names: no pool gone");
}

/* ---- backends --------------------------------------------------------- */

/* Of the words of both addresses, in the order of octets on the wire. */
static uint16_t sum_of_addresses(const struct sl_backend *b)
{
	uint8_t octet[8];
	uint32_t sum = 0;

	memcpy(octet, &b->src[3], 4);
	memcpy(octet + 4, &b->dst[3], 4);
	for (int i = 0; i < 8; i += 2)
		sum += (uint32_t)octet[i] << 8 | octet[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)sum);
}

static void a_backend_has_its_outer_header_ready(void **state)
{
	const struct sl_backend *b;
	struct compiled *c;

	(void)state;
	base_balance();
	base.pool[0].source[0] = (struct sl_prefix){ v4(10, 255, 240, 0), 20 };
	c = base_compiled();
	b = &c->backends[1];
	assert_int_equal(b->family, 4);
	assert_int_equal(b->dst[3], htonl(0x0a000015));
	assert_int_equal(b->src[3], htonl(0x0afff000));
	assert_int_equal(b->fill, htonl(0xfff));
	assert_true(!b->src[0] && !b->src[1] && !b->src[2] && !b->dst[0]);
	assert_int_equal(b->sum, sum_of_addresses(b));
	assert_int_equal(b->mtu, 1500);
	assert_int_equal(c->backends[0].family, 0);
	assert_int_equal(c->backends[39].family, 0);
	compiled_free(c);
}

static void an_ipv6_backend_fills_its_last_word(void **state)
{
	const struct sl_backend *b;
	struct compiled *c;

	(void)state;
	base_balance();
	base.pool[0].source[0] = (struct sl_prefix){ v6(0), 64 };
	c = base_compiled();
	b = &c->backends[40];
	assert_int_equal(b->family, 6);
	assert_int_equal(b->fill, 0xffffffff);
	assert_int_equal(b->src[0], htonl(0x20010db8));
	assert_int_equal(b->dst[3], htonl(0x20));
	assert_int_equal(c->backends[1].fill, 0);
	compiled_free(c);
}

static void without_a_source_prefix_the_interface_gives_it(void **state)
{
	struct compiled *c;

	(void)state;
	base_balance();
	base.hop[0][0].source = v4(192, 0, 2, 1);
	base.hop[0][1].source = v4(192, 0, 2, 1);	/* of no use to IPv6 */
	c = base_compiled();
	assert_int_equal(c->backends[1].src[3], htonl(0xc0000201));
	assert_int_equal(c->backends[1].fill, 0);
	assert_int_equal(c->backends[1].sum, sum_of_addresses(&c->backends[1]));
	assert_int_equal(c->backends[40].src[3], 0);
	compiled_free(c);
}

static void next_hops_are_as_asked(void **state)
{
	const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0xaa };
	struct compiled *c;

	(void)state;
	base_balance();
	base.pool[0].next_hop = SL_NEXT_MAC;
	memcpy(base.pool[0].mac, mac, 6);
	base.hop[1][0] = (struct hop){
		.kind = SL_HOP_OUT, .ifindex = 7, .mtu = 100000,
		.dst_mac = { 1, 2, 3 }, .src_mac = { 4, 5, 6 },
	};
	c = base_compiled();
	assert_int_equal(c->backends[1].hop, SL_HOP_BACK);
	assert_memory_equal(c->backends[1].dst_mac, mac, 6);
	assert_int_equal(c->backends[3].hop, SL_HOP_OUT);
	assert_int_equal(c->backends[3].ifindex, 7);
	assert_int_equal(c->backends[3].mtu, 65535);
	assert_memory_equal(c->backends[3].dst_mac, base.hop[1][0].dst_mac, 6);
	assert_memory_equal(c->backends[3].src_mac, base.hop[1][0].src_mac, 6);
	assert_int_equal(c->backends[2].hop, SL_HOP_NONE);
	compiled_free(c);
}

static void encapsulations_differ_in_octets_flags_and_knobs(void **state)
{
	struct compiled *c;

	(void)state;
	base_balance();
	base.pool[0].encap = SL_ENCAP_GUE;
	base.pool[0].gue_port = 6081;
	base.pool[1].encap = SL_ENCAP_L2;
	c = base_compiled();
	for (int i = 0; i < 2; i++) {
		static const uint16_t id[2][2] = { { 1, 40 }, { 3, 2 } };
		const struct sl_backend *gue = &c->backends[id[0][i]];
		const struct sl_backend *l2 = &c->backends[id[1][i]];

		assert_int_equal(gue->flags, SL_BACKEND_ALIVE | SL_BACKEND_GUE);
		assert_int_equal(gue->outer, gue->family == SL_BACKEND_IPV4 ? 28 : 48);
		assert_int_equal(gue->gue_port, htons(6081));
		assert_int_equal(l2->flags, SL_BACKEND_ALIVE | SL_BACKEND_L2);
		assert_int_equal(l2->outer, 0);
	}
	assert_true(c->knobs.features & SL_F_GUE);
	assert_true(c->knobs.features & SL_F_L2);
	compiled_free(c);
	base_balance();
	c = base_compiled();
	assert_false(c->knobs.features & (SL_F_GUE | SL_F_L2));
	compiled_free(c);
}

static void an_address_of_a_service_has_a_key_of_its_own(void **state)
{
	struct compiled *c;
	uint64_t key = sl_service_key(0xc0000250ull << 32, 0), beside = sl_service_key(0xc0000251ull << 32, 0);

	(void)state;
	base_balance();
	c = base_compiled();
	assert_non_null(find(c->frontends, c->buckets, key));
	assert_null(find(c->frontends, c->buckets, beside));
	assert_non_null(find(c->frontends, c->buckets,
				       sl_service_key(0x20010db800000000ull, 0x80)));
	compiled_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_service_address_has_a_number_and_a_row),
		TEST(frontends_lead_to_their_service_and_ring),
		TEST(a_neighbour_of_a_frontend_is_none),
		TEST(sixteen_thousand_frontends_all_fit),
		TEST(too_many_frontends_name_the_limit),
		TEST(a_service_without_its_pool_is_refused),
		TEST(a_backend_has_its_outer_header_ready),
		TEST(an_ipv6_backend_fills_its_last_word),
		TEST(without_a_source_prefix_the_interface_gives_it),
		TEST(next_hops_are_as_asked),
		TEST(encapsulations_differ_in_octets_flags_and_knobs),
		TEST(an_address_of_a_service_has_a_key_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
