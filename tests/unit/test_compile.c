/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A whole configuration becomes a bank: knobs, services, backends, classes. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "user/lib/compile.h"
#include "user/lib/frontends.h"
#include "user/lib/image.h"

/* ---- a configuration to begin with: see setup() ----------------------- */

static struct sl_config conf;
static struct sl_set_conf set = { .name = "office" };
static struct sl_prefix office = { { 4, { 198, 51, 100, 10 } }, 32 };
static struct compile_set elements = { &office, 1 };
static struct sl_rule_conf rule;
static struct sl_address_item item = { .set = "office" };
static struct sl_range range = { false, 22, 22 };
static struct sl_flags flags = { false, 2, 2 };
static struct sl_backend_conf backend[2][2];
static struct sl_pool_conf pool[2];
static struct sl_address address[3];
static struct sl_ports port[2];
static struct sl_service_conf service[2];
static struct sl_prefix trusted = { { 4, { 10, 0, 0, 100 } }, 32 };
static struct hop hop[2][2];

static const uint16_t rule_counter[] = { 9 }, service_id[] = { 5, 6 };
static const uint16_t backend_id[2][2] = { { 1, 40 }, { 3, 2 } };
static const struct compile_pool pools[2] = {
	{ 0x4000, backend_id[0], hop[0] }, { 0, backend_id[1], hop[1] },
};

static const struct compile_input input = {
	.conf = &conf, .digest = 77, .sets = &elements,
	.rule_counter = rule_counter, .service_id = service_id,
	.pools = pools, .slots = 1 << 15,
};

static int setup(void **state)
{
	(void)state;
	conf = (struct sl_config){
		.sets = &set, .n_sets = 1,
		.limits = { .classes = 65535, .frontends = 16384 },
	};
	set.kind = SL_SET_PREFIXES;
	range = (struct sl_range){ false, 22, 22 };
	rule = (struct sl_rule_conf){ .name = "r0", .action = SL_DO_DROP };
	memset(hop, 0, sizeof(hop));
	return 0;
}

static struct sl_address v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct sl_address){ 4, { a, b, c, d } };
}

static struct sl_address v6(uint8_t last)
{
	struct sl_address a = { 6, { 0x20, 0x01, 0x0d, 0xb8 } };

	a.octet[15] = last;
	return a;
}

/* Pools web (4 and 6) and dns (6 and 4), services on three addresses. */
static void balance(void)
{
	for (int i = 0; i < 2; i++) {
		backend[i][i].addr = v4(10, 0, (uint8_t)i, 21);
		backend[i][!i].addr = v6((uint8_t)(0x20 + i));
		pool[i] = (struct sl_pool_conf){
			.slots = 16384u >> i, .backends = backend[i], .n_backends = 2,
		};
		strcpy(pool[i].name, i ? "dns" : "web");
	}
	address[0] = v4(192, 0, 2, 80);
	address[1] = v6(0x80);
	address[2] = v4(192, 0, 2, 53);
	port[0] = (struct sl_ports){ IPPROTO_TCP, 8000, 8010 };
	port[1] = (struct sl_ports){ IPPROTO_UDP, 53, 53 };
	service[0] = (struct sl_service_conf){
		"www", "web", address, 2, port, 1,
	};
	service[1] = (struct sl_service_conf){
		"names", "dns", address + 1, 2, port + 1, 1,
	};
	pool[1].hash = SL_HASH_SOURCE;
	conf.pools = pool;
	conf.services = service;
	conf.n_pools = conf.n_services = 2;
}

static struct compiled *compiled(void)
{
	struct sl_error x = { "" };
	struct compiled *c = NULL;

	if (compile_bank(&input, &c, &x))
		fail_msg("%s", x.text);
	return c;
}

static const struct sl_class *class_of(const struct compiled *c, struct sl_address a)
{
	return &c->classes[image_lookup(c->image, c->image_words, &a)];
}

/* ---- features --------------------------------------------------------- */

static void expect(uint32_t features)
{
	struct compiled *c = compiled();

	assert_int_equal(c->knobs.features, features);
	compiled_free(c);
	setup(NULL);
}

static void one_rule(void)
{
	conf.filter.rules = &rule;
	conf.filter.n_rules = 1;
}

static void features_are_what_the_rules_use(void **state)
{
	struct sl_ranges one = { &range, 1 };

	(void)state;
	expect(0);
	one_rule(), expect(0);
	one_rule(), rule.action = SL_DO_COUNT, expect(SL_F_COUNT);
	one_rule(), rule.from = &item, rule.n_from = 1;
	expect(SL_F_FROM | SL_F_CLASS4);
	one_rule(), rule.to = &item, rule.n_to = 1;
	set.kind = SL_SET_LIVE;
	expect(SL_F_TO | SL_F_CLASS4 | SL_F_CLASS6);
	one_rule(), rule.proto = one, expect(SL_F_KIND);
	one_rule(), rule.family = 6, expect(SL_F_KIND);
	one_rule(), rule.fragment = SL_MATCH_FIRST, expect(SL_F_KIND);
	one_rule(), rule.sport = one, expect(SL_F_KIND | SL_F_SPORT);
	one_rule(), rule.dport = one, expect(SL_F_KIND | SL_F_DPORT);
	one_rule(), rule.icmp_type = one, expect(SL_F_KIND | SL_F_TYPE);
	one_rule(), rule.flags = &flags, rule.n_flags = 1;
	expect(SL_F_KIND | SL_F_TYPE);
	one_rule(), rule.vlan = one, expect(SL_F_VLAN);
}

static void features_are_what_the_filter_says(void **state)
{
	struct sl_ranges one = { &range, 1 };

	(void)state;
	conf.filter.martians_drop = true, expect(SL_F_MARTIANS);
	conf.filter.anomalies_drop = true, expect(SL_F_ANOMALIES);
	conf.filter.verify_checksum = true, expect(SL_F_CHECKSUM);
	conf.filter.policy_drop = true, expect(SL_F_POLICY);
	conf.filter.management = &trusted, conf.filter.n_management = 1;
	conf.filter.management_tcp = one;
	expect(SL_F_MANAGEMENT | SL_F_CLASS4);
	conf.filter.management_udp = one;
	expect(SL_F_MANAGEMENT | SL_F_CLASS4 | SL_F_CLASS6);
	address[0] = v6(2), conf.decap = address, conf.n_decap = 1;
	expect(SL_F_DECAP | SL_F_CLASS6);
}

static void features_are_what_the_backends_need(void **state)
{
	const uint32_t both = SL_F_BALANCE | SL_F_CLASS4 | SL_F_CLASS6 |
			      SL_F_OUTER4 | SL_F_OUTER6;

	(void)state;
	balance(), expect(both);
	balance(), pool[0].next_hop = SL_NEXT_FIB, expect(both | SL_F_FIB);
	balance(), hop[0][1].kind = SL_HOP_OUT, expect(both | SL_F_REDIRECT);
	balance(), hop[1][1].kind = SL_HOP_FIB, expect(both | SL_F_FIB);
	balance(), pool[1].source[0] = (struct sl_prefix){ v4(10, 255, 0, 0), 16 };
	expect(both | SL_F_FILL);
	balance(), conf.n_services = 0, conf.n_pools = 1;
	pool[0].n_backends = 1;
	expect(SL_F_OUTER4);
}

static void masks_are_of_the_tables(void **state)
{
	struct compiled *c;

	(void)state;
	balance();
	c = compiled();
	assert_int_equal(c->knobs.image_mask, c->image_words - 1);
	assert_true(c->image_words >= 1024 && !(c->image_words & (c->image_words - 1)));
	assert_int_equal(c->n_classes, 16);
	assert_int_equal(c->knobs.class_mask, 15);
	assert_int_equal(c->knobs.bucket_mask, c->buckets - 1);
	assert_int_equal(c->n_backends, 64);
	assert_int_equal(c->knobs.backend_mask, 63);
	assert_int_equal(c->knobs.slot_mask, (1 << 15) - 1);
	assert_int_equal(c->bank->digest, 77);
	compiled_free(c);
}

/* ---- services --------------------------------------------------------- */

static const struct sl_frontend *frontend(const struct compiled *c, struct sl_address a,
					  uint8_t proto, uint16_t dport)
{
	uint32_t vip = class_of(c, a)->vip;

	return frontends_find(c->frontends, c->buckets, sl_frontend_key(vip, proto, dport));
}

static void each_service_address_has_a_number_and_a_row(void **state)
{
	struct compiled *c;
	uint32_t number[3];

	(void)state;
	balance();
	c = compiled();
	for (int i = 0; i < 3; i++) {
		number[i] = class_of(c, address[i])->vip;
		assert_in_range(number[i], 1, 3);
	}
	assert_true(number[0] != number[1] && number[1] != number[2] &&
		    number[0] != number[2]);
	assert_int_equal(class_of(c, v4(192, 0, 2, 81))->vip, 0);
	assert_int_equal(c->classes[0].vip, 0);
	compiled_free(c);
}

static void frontends_lead_to_their_service_and_ring(void **state)
{
	const struct sl_frontend *f;
	struct compiled *c;

	(void)state;
	balance();
	c = compiled();
	f = frontend(c, address[0], IPPROTO_TCP, 8010);
	assert_non_null(f);
	assert_int_equal(f->service, 5);
	assert_int_equal(f->slot_base, 0x4000);
	assert_int_equal(f->shift, 18);
	assert_int_equal(f->flags, 0);
	f = frontend(c, address[2], IPPROTO_UDP, 53);
	assert_non_null(f);
	assert_int_equal(f->service, 6);
	assert_int_equal(f->slot_base, 0);
	assert_int_equal(f->shift, 19);
	assert_int_equal(f->flags, SL_FRONTEND_HASH_SOURCE);
	assert_non_null(frontend(c, address[1], IPPROTO_TCP, 8000));
	assert_non_null(frontend(c, address[1], IPPROTO_UDP, 53));
	compiled_free(c);
}

static void a_neighbour_of_a_frontend_is_none(void **state)
{
	struct compiled *c;

	(void)state;
	balance();
	c = compiled();
	assert_null(frontend(c, address[0], IPPROTO_TCP, 7999));
	assert_null(frontend(c, address[0], IPPROTO_TCP, 8011));
	assert_null(frontend(c, address[0], IPPROTO_UDP, 8000));
	assert_null(frontend(c, address[0], IPPROTO_UDP, 53));
	assert_null(frontend(c, address[2], IPPROTO_TCP, 8000));
	compiled_free(c);
}

static void sixteen_thousand_frontends_all_fit(void **state)
{
	struct sl_frontend *wider;
	struct compiled *c;

	(void)state;
	balance();
	conf.n_services = 1;
	port[0].low = 1, port[0].high = 8192;
	c = compiled();
	assert_true(c->buckets <= 16384);
	wider = calloc((size_t)c->buckets * 4 * SL_FRONTEND_WAYS, sizeof(*wider));
	frontends_spread(c->frontends, c->buckets, wider, c->buckets * 4);
	for (uint32_t p = 1; p <= 8192; p++)
		for (int i = 0; i < 2; i++) {
			const struct sl_frontend *f =
				frontend(c, address[i], IPPROTO_TCP, (uint16_t)p);

			assert_non_null(f);
			assert_memory_equal(frontends_find(wider, c->buckets * 4, f->key),
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
	balance();
	conf.n_services = 1;
	port[0].low = 1, port[0].high = 8193;
	assert_int_equal(compile_bank(&input, &c, &x), -EINVAL);
	assert_non_null(strstr(x.text, "limits: frontends is 16384"));
	assert_null(c);
}

static void a_service_without_its_pool_is_refused(void **state)
{
	struct compiled *c = NULL;
	struct sl_error x;

	(void)state;
	balance();
	strcpy(service[1].pool, "gone");
	assert_int_equal(compile_bank(&input, &c, &x), -EINVAL);
	assert_string_equal(x.text, "service names: no pool gone");
}

/* ---- backends --------------------------------------------------------- */

/* The words of the outer header that are the same for every packet. */
static uint16_t sum_of_header(const struct sl_backend *b)
{
	uint8_t header[20] = { 0x45, 0, 0, 0, 0, 0, 0, 0, 64 };
	uint32_t sum = 0;

	memcpy(header + 12, &b->src[3], 4);
	memcpy(header + 16, &b->dst[3], 4);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void a_backend_has_its_outer_header_ready(void **state)
{
	const struct sl_backend *b;
	struct compiled *c;

	(void)state;
	balance();
	pool[0].source[0] = (struct sl_prefix){ v4(10, 255, 240, 0), 20 };
	c = compiled();
	b = &c->backends[1];
	assert_int_equal(b->family, 4);
	assert_int_equal(b->dst[3], htonl(0x0a000015));
	assert_int_equal(b->src[3], htonl(0x0afff000));
	assert_int_equal(b->fill, htonl(0xfff));
	assert_true(!b->src[0] && !b->src[1] && !b->src[2] && !b->dst[0]);
	assert_int_equal(b->sum, sum_of_header(b));
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
	balance();
	pool[0].source[0] = (struct sl_prefix){ v6(0), 64 };
	c = compiled();
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
	balance();
	hop[0][0].source = v4(192, 0, 2, 1);
	hop[0][1].source = v4(192, 0, 2, 1);	/* of no use to IPv6 */
	c = compiled();
	assert_int_equal(c->backends[1].src[3], htonl(0xc0000201));
	assert_int_equal(c->backends[1].fill, 0);
	assert_int_equal(c->backends[1].sum, sum_of_header(&c->backends[1]));
	assert_int_equal(c->backends[40].src[3], 0);
	compiled_free(c);
}

static void next_hops_are_as_asked(void **state)
{
	const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0xaa };
	struct compiled *c;

	(void)state;
	balance();
	pool[0].next_hop = SL_NEXT_MAC;
	memcpy(pool[0].mac, mac, 6);
	hop[1][0] = (struct hop){
		.kind = SL_HOP_OUT, .ifindex = 7, .mtu = 100000,
		.dst_mac = { 1, 2, 3 }, .src_mac = { 4, 5, 6 },
	};
	c = compiled();
	assert_int_equal(c->backends[1].hop, SL_HOP_BACK);
	assert_memory_equal(c->backends[1].dst_mac, mac, 6);
	assert_int_equal(c->backends[3].hop, SL_HOP_OUT);
	assert_int_equal(c->backends[3].ifindex, 7);
	assert_int_equal(c->backends[3].mtu, 65535);
	assert_memory_equal(c->backends[3].dst_mac, hop[1][0].dst_mac, 6);
	assert_memory_equal(c->backends[3].src_mac, hop[1][0].src_mac, 6);
	assert_int_equal(c->backends[2].hop, SL_HOP_NONE);
	compiled_free(c);
}

static void other_encapsulations_are_refused(void **state)
{
	struct compiled *c = NULL;
	struct sl_error x;

	(void)state;
	balance();
	pool[1].encap = SL_ENCAP_GUE;
	assert_int_equal(compile_bank(&input, &c, &x), -EOPNOTSUPP);
	assert_string_equal(x.text, "pool dns: encap: only ipip in this version");
}

/* ---- the filter's own ------------------------------------------------- */

static void rows_say_who_manages_and_who_is_trusted(void **state)
{
	struct sl_prefix office_net = { v4(198, 51, 100, 0), 24 };
	struct compiled *c;

	(void)state;
	address[0] = v4(10, 0, 0, 2);
	conf.decap = address, conf.n_decap = 1;
	conf.decap_from = &trusted, conf.n_decap_from = 1;
	conf.filter.management = &office_net, conf.filter.n_management = 1;
	conf.filter.management_tcp = (struct sl_ranges){ &range, 1 };
	c = compiled();
	assert_int_equal(class_of(c, v4(10, 0, 0, 2))->flags, SL_CLASS_DECAP);
	assert_int_equal(class_of(c, v4(10, 0, 0, 3))->flags, 0);
	assert_int_equal(class_of(c, v4(10, 0, 0, 100))->flags, SL_CLASS_TRUSTED);
	assert_int_equal(class_of(c, v4(198, 51, 100, 255))->flags, SL_CLASS_MANAGEMENT);
	assert_int_equal(class_of(c, v4(198, 51, 101, 0))->flags, 0);
	compiled_free(c);
}

static void management_without_sources_is_for_everybody(void **state)
{
	struct compiled *c;

	(void)state;
	conf.filter.management_tcp = (struct sl_ranges){ &range, 1 };
	c = compiled();
	assert_int_equal(class_of(c, v4(1, 2, 3, 4))->flags, SL_CLASS_MANAGEMENT);
	assert_int_equal(class_of(c, v6(1))->flags, SL_CLASS_MANAGEMENT);
	compiled_free(c);
}

static void port_flags_stand_in_network_order(void **state)
{
	struct sl_range not_dns = { true, 53, 53 };
	struct compiled *c;

	(void)state;
	conf.filter.management_tcp = (struct sl_ranges){ &range, 1 };
	conf.filter.management_udp = conf.filter.management_tcp;
	conf.filter.replies_udp = (struct sl_ranges){ &not_dns, 1 };
	c = compiled();
	assert_int_equal(c->bank->port_flags[htons(22)], 7);
	assert_int_equal(c->bank->port_flags[htons(53)], 0);
	assert_int_equal(c->bank->port_flags[htons(54)], SL_PORT_REPLY_UDP);
	compiled_free(c);
}

static void non_ip_follows_the_policy_unless_given(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		struct compiled *c;

		conf.filter.policy_drop = i & 1;
		conf.filter.non_ip_given = i & 2;
		conf.filter.non_ip_drop = i & 4;
		c = compiled();
		assert_int_equal(c->bank->non_ip_drop, i & 2 ? (i & 4) != 0 : i & 1);
		compiled_free(c);
	}
}

static void hash_keys_come_from_the_seed(void **state)
{
	static char seeds[3][8] = { "vectors", "vectors", "vectorz" };
	struct compiled *c[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		conf.seed = seeds[i];
		c[i] = compiled();
	}
	assert_memory_equal(c[0]->bank->hash_key, c[1]->bank->hash_key,
			    sizeof(c[0]->bank->hash_key));
	for (int i = 0; i < 12; i++) {
		assert_true(c[0]->bank->hash_key[i] != c[2]->bank->hash_key[i]);
		assert_true(!i || c[0]->bank->hash_key[i] != c[0]->bank->hash_key[i - 1]);
	}
	for (int i = 0; i < 3; i++)
		compiled_free(c[i]);
}

static void only_sets_in_use_cost_anything(void **state)
{
	struct compiled *c;

	(void)state;
	c = compiled();
	assert_ptr_equal(class_of(c, office.addr), c->classes);
	compiled_free(c);
	one_rule(), rule.from = &item, rule.n_from = 1;
	c = compiled();
	assert_ptr_not_equal(class_of(c, office.addr), c->classes);
	assert_int_equal(class_of(c, office.addr)->from.word[0] & 1, 1);
	assert_int_equal(c->classes[0].from.word[0] & 1, 0);
	compiled_free(c);
}

static void names_end_where_the_lists_end(void **state)
{
	(void)state;
	assert_string_equal(sl_reason_name(SL_PASS), "pass");
	assert_string_equal(sl_reason_name(SL_SHORT_FRAME), "short_frame");
	assert_null(sl_reason_name(SL_REASON_COUNT));
	assert_null(sl_reason_name(-1));
	assert_string_equal(sl_event_name(SL_EVENT_WALK_LIMIT), "walk_limit");
	assert_null(sl_event_name(SL_EVENT_COUNT));
	assert_string_equal(sl_feature_name(0), "class4");
	assert_string_equal(sl_feature_name(21), "redirect");
	assert_null(sl_feature_name(22));
}

static void errors_are_a_number_and_a_sentence(void **state)
{
	struct sl_error x;

	(void)state;
	assert_int_equal(sl_fail(&x, EINVAL, "pool %s: bad", "web"), -EINVAL);
	assert_string_equal(x.text, "pool web: bad");
	assert_int_equal(sl_fail(NULL, -ENOENT, "nobody reads this"), -ENOENT);
	errno = EACCES;
	assert_int_equal(sl_fail_errno(&x, "%s", "/etc/x"), -EACCES);
	assert_string_equal(x.text, "/etc/x: Permission denied");
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(features_are_what_the_rules_use),
		TEST(features_are_what_the_filter_says),
		TEST(features_are_what_the_backends_need),
		TEST(masks_are_of_the_tables),
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
		TEST(other_encapsulations_are_refused),
		TEST(rows_say_who_manages_and_who_is_trusted),
		TEST(management_without_sources_is_for_everybody),
		TEST(port_flags_stand_in_network_order),
		TEST(non_ip_follows_the_policy_unless_given),
		TEST(hash_keys_come_from_the_seed),
		TEST(only_sets_in_use_cost_anything),
		TEST(names_end_where_the_lists_end),
		TEST(errors_are_a_number_and_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
