/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A whole configuration becomes a bank: knobs, rows, ports, keys; names. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "tests/unit/base.h"

/* ---- features --------------------------------------------------------- */

static void expect(uint64_t features)
{
	struct compiled *c = base_compiled();

	assert_int_equal(c->knobs.features, features);
	compiled_free(c);
	base_setup(NULL);
}

static void features_are_what_the_rules_use(void **state)
{
	struct sl_ranges one = { &base.range, 1 };

	(void)state;
	expect(0);
	base_rule(), expect(0);
	base_rule(), base.rule.action = SL_DO_COUNT, expect(SL_F_COUNT);
	base_rule(), base.rule.from = &base.item, base.rule.n_from = 1;
	expect(SL_F_FROM | SL_F_CLASS4);
	base_rule(), base.rule.to = &base.item, base.rule.n_to = 1;
	base.set.kind = SL_SET_LIVE;
	expect(SL_F_TO | SL_F_CLASS4 | SL_F_CLASS6);
	base_rule(), base.rule.proto = one, expect(SL_F_KIND);
	base_rule(), base.rule.family = 6, expect(SL_F_KIND);
	base_rule(), base.rule.fragment = SL_MATCH_FIRST, expect(SL_F_KIND);
	base_rule(), base.rule.sport = one, expect(SL_F_KIND | SL_F_SPORT);
	base_rule(), base.rule.dport = one, expect(SL_F_KIND | SL_F_DPORT);
	base_rule(), base.rule.icmp_type = one, expect(SL_F_KIND | SL_F_TYPE);
	base_rule(), base.rule.flags = &base.flags, base.rule.n_flags = 1;
	expect(SL_F_KIND | SL_F_TYPE);
	base_rule(), base.rule.vlan = one, expect(SL_F_VLAN);
	base_rule(), base.rule.length = one, expect(SL_F_LENGTH);
	base_rule(), base.rule.ttl = one, expect(SL_F_TTL);
	base_rule(), base.rule.sample = 10, expect(SL_F_SAMPLE);
	base_rule(), base.rule.dry_run = true, expect(SL_F_COUNT);
	base_rule(), base.rule.action = SL_DO_CPU, expect(SL_F_STEER);
	base_rule(), base.rule.rate = (struct sl_rate){ true, false, 1, 1, SL_PER_RULE, 0, 0 };
	expect(SL_F_COUNT | SL_F_LIMIT);
}

static void features_are_what_the_filter_says(void **state)
{
	struct sl_ranges one = { &base.range, 1 };

	(void)state;
	base.conf.filter.martians_drop = true, expect(SL_F_MARTIANS);
	base.conf.filter.anomalies_drop = true, expect(SL_F_ANOMALIES);
	base.conf.filter.verify_checksum = true, expect(SL_F_CHECKSUM);
	base.conf.filter.policy_drop = true, expect(SL_F_POLICY);
	base.conf.filter.dry_run = true, expect(SL_F_DRY_RUN);
	base.conf.filter.management = &base.trusted, base.conf.filter.n_management = 1;
	base.conf.filter.management_tcp = one;
	expect(SL_F_MANAGEMENT | SL_F_CLASS4);
	base.conf.filter.management_udp = one;
	expect(SL_F_MANAGEMENT | SL_F_CLASS4 | SL_F_CLASS6);
	base.address[0] = v6(2), base.conf.decap = base.address, base.conf.n_decap = 1;
	expect(SL_F_DECAP | SL_F_CLASS6);
}

static void features_are_what_the_backends_need(void **state)
{
	const uint32_t both = SL_F_BALANCE | SL_F_CLASS4 | SL_F_CLASS6 |
			      SL_F_OUTER4 | SL_F_OUTER6;

	(void)state;
	base_balance(), expect(both);
	base_balance(), base.pool[0].next_hop = SL_NEXT_FIB, expect(both | SL_F_FIB);
	base_balance(), base.hop[0][1].kind = SL_HOP_OUT, expect(both | SL_F_REDIRECT);
	base_balance(), base.hop[1][1].kind = SL_HOP_FIB, expect(both | SL_F_FIB);
	base_balance(), base.pool[1].source[0] = (struct sl_prefix){ v4(10, 255, 0, 0), 16 };
	expect(both | SL_F_FILL);
	base_balance(), base.conf.n_services = 0, base.conf.n_pools = 1;
	base.pool[0].n_backends = 1;
	expect(SL_F_OUTER4);
}

static void masks_are_of_the_tables(void **state)
{
	struct compiled *c;

	(void)state;
	base_balance();
	c = base_compiled();
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

/* ---- the filter's own ------------------------------------------------- */

static void rows_say_who_manages_and_who_is_trusted(void **state)
{
	struct sl_prefix office_net = { v4(198, 51, 100, 0), 24 };
	struct compiled *c;

	(void)state;
	base.address[0] = v4(10, 0, 0, 2);
	base.conf.decap = base.address, base.conf.n_decap = 1;
	base.conf.decap_from = &base.trusted, base.conf.n_decap_from = 1;
	base.conf.filter.management = &office_net, base.conf.filter.n_management = 1;
	base.conf.filter.management_tcp = (struct sl_ranges){ &base.range, 1 };
	c = base_compiled();
	assert_int_equal(base_class(c, v4(10, 0, 0, 2))->flags, SL_CLASS_DECAP);
	assert_int_equal(base_class(c, v4(10, 0, 0, 3))->flags, 0);
	assert_int_equal(base_class(c, v4(10, 0, 0, 100))->flags, SL_CLASS_TRUSTED);
	assert_int_equal(base_class(c, v4(198, 51, 100, 255))->flags, SL_CLASS_MANAGEMENT);
	assert_int_equal(base_class(c, v4(198, 51, 101, 0))->flags, 0);
	compiled_free(c);
}

static void management_without_sources_is_for_everybody(void **state)
{
	struct compiled *c;

	(void)state;
	base.conf.filter.management_tcp = (struct sl_ranges){ &base.range, 1 };
	c = base_compiled();
	assert_int_equal(base_class(c, v4(1, 2, 3, 4))->flags, SL_CLASS_MANAGEMENT);
	assert_int_equal(base_class(c, v6(1))->flags, SL_CLASS_MANAGEMENT);
	compiled_free(c);
}

static void port_flags_stand_in_network_order(void **state)
{
	struct sl_range not_dns = { true, 53, 53 };
	struct compiled *c;

	(void)state;
	base.conf.filter.management_tcp = (struct sl_ranges){ &base.range, 1 };
	base.conf.filter.management_udp = base.conf.filter.management_tcp;
	base.conf.filter.replies_udp = (struct sl_ranges){ &not_dns, 1 };
	c = base_compiled();
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

		base.conf.filter.policy_drop = i & 1;
		base.conf.filter.non_ip_given = i & 2;
		base.conf.filter.non_ip_drop = i & 4;
		c = base_compiled();
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
		base.conf.seed = seeds[i];
		c[i] = base_compiled();
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
	c = base_compiled();
	assert_false(c->knobs.features & SL_F_CLASS4);
	assert_memory_equal(base_class(c, base.office.addr), c->classes, sizeof(*c->classes));
	compiled_free(c);
	base_rule(), base.rule.from = &base.item, base.rule.n_from = 1;
	c = base_compiled();
	assert_true(c->knobs.features & SL_F_CLASS4);
	assert_ptr_not_equal(base_class(c, base.office.addr), c->classes);
	assert_int_equal(base_class(c, base.office.addr)->from.word[0] & 1, 1);
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
	assert_string_equal(sl_feature_name(27), "dry_run");
	assert_string_equal(sl_feature_name(31), "quic");
	assert_null(sl_feature_name(32));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(features_are_what_the_rules_use),
		TEST(features_are_what_the_filter_says),
		TEST(features_are_what_the_backends_need),
		TEST(masks_are_of_the_tables),
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
