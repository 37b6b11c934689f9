// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Words, and live edits. */
#include <errno.h>
#include <string.h>

#include <sluice/scope.h>

#include "tests/conf/config.h"

/* "": the prefix as written back; else the sentence. */
static void expect_prefix(const char *word, const char *text, const char *why)
{
	char got[CONF_PREFIX_TEXT];
	struct sl_prefix p = { .length = 77 };
	struct sl_error x = { "" };
	int err = conf_prefix(word, &p, &x);

	assert_string_equal(x.text, why);
	assert_int_equal(err, *why ? -EINVAL : 0);
	if (err)
		assert_int_equal(p.length, 77);
	else
		assert_string_equal(conf_prefix_text(&p, got), text);
}

static void prefixes_are_read_and_written(void **state)
{
	(void)state;
	expect_prefix("192.0.2.0/24", "192.0.2.0/24", "");
	expect_prefix("192.0.2.1", "192.0.2.1", "");
	expect_prefix("192.0.2.1/32", "192.0.2.1", "");
	expect_prefix("0.0.0.0/0", "0.0.0.0/0", "");
	expect_prefix("2001:DB8:0::/32", "2001:db8::/32", "");
	expect_prefix("::/0", "::/0", "");
	expect_prefix("::1/128", "::1", "");
	expect_prefix("128.0.0.0/1", "128.0.0.0/1", "");
}

static void prefixes_that_are_none_are_refused(void **state)
{
	(void)state;
	expect_prefix("192.0.2.1/24", "",
		"192.0.2.1/24: host bits are set: expected 192.0.2.0/24");
	expect_prefix("64.0.0.0/1", "",
		"64.0.0.0/1: host bits are set: expected 0.0.0.0/1");
	expect_prefix("2001:db8::1/127", "",
		"2001:db8::1/127: host bits are set: expected 2001:db8::/127");
	expect_prefix("1.2.3.4/33", "", "1.2.3.4/33: length 33: expected 0 to 32");
	expect_prefix("::/129", "", "::/129: length 129: expected 0 to 128");
	expect_prefix("1.2.3.4/-1", "", "1.2.3.4/-1: length -1: expected 0 to 32");
	expect_prefix("1.2.3", "", "1.2.3: expected an IPv4 or IPv6 prefix");
	expect_prefix("", "", ": expected an IPv4 or IPv6 prefix");
	expect_prefix("::ffff:1.2.3.4", "",
		"::ffff:1.2.3.4: an IPv4-mapped address: expected 1.2.3.4");
	expect_prefix("1.2.3.4/32/32", "",
		"1.2.3.4/32/32: length 32/32: expected 0 to 32");
}

static void addresses_have_no_length(void **state)
{
	struct sl_address a;
	struct sl_error x;

	(void)state;
	assert_int_equal(conf_address("192.0.2.1", &a, &x), 0);
	assert_int_equal(a.family, 4);
	assert_int_equal(conf_address("::1", &a, &x), 0);
	assert_int_equal(a.family, 6);
	assert_int_equal(conf_address("192.0.2.1/32", &a, &x), -EINVAL);
	assert_int_equal(conf_address("::ffff:1.2.3.4", &a, &x), -EINVAL);
	assert_int_equal(conf_address("223.255.255.255", &a, &x), 0);
	assert_int_equal(conf_address("224.0.0.0", &a, &x), -EINVAL);
	assert_int_equal(conf_address("ff02::1", &a, &x), -EINVAL);
	assert_int_equal(conf_address("::", &a, &x), -EINVAL);
}

static void durations_are_read(void **state)
{
	static const char *const wrong[] = {
		"", "m", "-1s", "1.5s", "10 m", "10d", "1h30m", "9999999999999s",
	};
	struct sl_error x;
	uint64_t ms;
	size_t i;

	(void)state;
	assert_int_equal(conf_duration_ms("1500ms", &ms, &x), 0);
	assert_int_equal(ms, 1500);
	assert_int_equal(conf_duration_ms("90", &ms, &x), 0);
	assert_int_equal(ms, 90000);
	assert_int_equal(conf_duration_ms("10m", &ms, &x), 0);
	assert_int_equal(ms, 600000);
	assert_int_equal(conf_duration_ms("2h", &ms, &x), 0);
	assert_int_equal(ms, 7200000);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(conf_duration_ms(wrong[i], &ms, &x), -EINVAL);
}

static void names_are_told_from_others(void **state)
{
	(void)state;
	assert_true(conf_name_ok("a"));
	assert_true(conf_name_ok("web-1.example_x"));
	assert_true(conf_name_ok("abcdefghijklmnopqrstuvwxyz01234"));
	assert_false(conf_name_ok("abcdefghijklmnopqrstuvwxyz012345"));
	assert_false(conf_name_ok(""));
	assert_false(conf_name_ok("1a"));
	assert_false(conf_name_ok("a b"));
	assert_false(conf_name_ok("a/b"));
	assert_false(conf_name_ok("../a"));
}

static void near_words_are_suggested(void **state)
{
	static const char *const words[] = { "backends", "slots", "source", "to" };

	(void)state;
	assert_string_equal(conf_nearest("backend", words, 4), "backends");
	assert_string_equal(conf_nearest("solts", words, 4), "slots");
	assert_string_equal(conf_nearest("surce", words, 4), "source");
	assert_null(conf_nearest("t", words, 4));
	assert_null(conf_nearest("elephant", words, 4));
	assert_null(conf_nearest("backends", NULL, 0));
}

/* ---- edits, seeds, differences ---------------------------------------- */

static void backends_come_and_go(void **state)
{
	struct sl_config *conf = config("{sluice: 1, seed: s, pools: {a: {backends: [{address: 10.0.0.1}, {address: 10.0.0.2}]}}}");
	struct sl_pool_conf *pool = conf_pool_find(conf, "a");
	struct sl_backend_conf backend = { .weight = 7 };
	autofree char *text = NULL;

	(void)state;
	assert_null(conf_pool_find(conf, "b"));
	conf_address("10.0.0.1", &backend.addr, NULL);
	assert_int_equal(conf_backend_add(conf, pool, &backend), -EEXIST);
	assert_int_equal(conf_backend_del(pool, &backend.addr), 0);
	assert_int_equal(conf_backend_del(pool, &backend.addr), -ENOENT);
	assert_int_equal(conf_backend_add(conf, pool, &backend), 0);
	text = conf_emit(conf, 0);
	assert_string_equal(text, "sluice: 1\nseed: s\npools:\n  a:\n    backends:\n"
		"      - {address: 10.0.0.2}\n      - {address: 10.0.0.1, weight: 7}\n");
	conf_free(conf);
}

static void backends_beyond_the_limit_are_refused(void **state)
{
	struct sl_config *conf = config("{sluice: 1, seed: s, limits: {backends: 2}, pools: {a: {backends: [{address: 10.0.0.1}]}, b: {}}}");
	struct sl_backend_conf backend = { .weight = 7 };

	(void)state;
	conf_address("10.0.0.2", &backend.addr, NULL);
	assert_int_equal(conf_backend_add(conf, &conf->pools[1], &backend), 0);
	assert_int_equal(conf_backend_add(conf, &conf->pools[0], &backend), -ENOSPC);
	conf_free(conf);
}

static void interfaces_come_and_go(void **state)
{
	struct sl_config *conf = NULL;
	autofree char *text = NULL;

	(void)state;
	assert_int_equal(conf_empty(&conf), 0);
	assert_int_equal(conf_interface_add(conf, "eth0", SL_MODE_NATIVE), 0);
	assert_int_equal(conf_interface_add(conf, "eth1", SL_MODE_NATIVE), 0);
	assert_int_equal(conf_interface_add(conf, "eth1", SL_MODE_GENERIC), 0);
	assert_int_equal(conf_interface_add(conf, "abcdefghijklmnop", 0), -EINVAL);
	assert_int_equal(conf_interface_add(conf, "a/b", 0), -EINVAL);
	assert_int_equal(conf_interface_del(conf, "eth0"), 0);
	assert_int_equal(conf_interface_del(conf, "eth0"), -ENOENT);
	text = conf_emit(conf, 0);
	assert_string_equal(text, "sluice: 1\ninterfaces:\n  eth1: {mode: generic}\n");
	conf_free(conf);
}

static void expect_seed(const char *asked, const char *running, const char *want)
{
	struct sl_config *conf = NULL, *had = NULL;

	assert_int_equal(conf_empty(&conf), 0);
	assert_int_equal(conf_empty(&had), 0);
	conf->seed = (char *)(uintptr_t)asked;
	had->seed = (char *)(uintptr_t)running;
	assert_int_equal(conf_seed_settle(conf, had), 0);
	if (want) {
		assert_string_equal(conf->seed, want);
	} else {
		assert_int_equal(strlen(conf->seed), 7 + 32);
		assert_memory_equal(conf->seed, "random:", 7);
		assert_int_equal(strspn(conf->seed + 7, "0123456789abcdef"), 32);
		assert_string_not_equal(conf->seed, running ? running : "");
	}
	conf_free(conf);
	conf_free(had);
}

static void seeds_settle(void **state)
{
	(void)state;
	expect_seed("mine", "old", "mine");
	expect_seed("***", "old", "old");
	expect_seed("***", "random:12", "random:12");
	expect_seed("***", NULL, NULL);
	expect_seed(NULL, "random:12", "random:12");
	expect_seed(NULL, "old", NULL);
	expect_seed(NULL, NULL, NULL);
}

static void secrets_are_hidden_when_asked(void **state)
{
	struct sl_config *conf = config("{sluice: 1, seed: mine}");
	autofree char *shown = conf_emit(conf, 0);
	autofree char *hidden = conf_emit(conf, CONF_HIDE_SECRETS);

	(void)state;
	assert_string_equal(shown, "sluice: 1\nseed: mine\n");
	assert_string_equal(hidden, "sluice: 1\nseed: \"***\"\n");
	conf_free(conf);
}

static void expect_diff(const char *old, const char *now, const char *want)
{
	struct sl_config *a = config(old), *b = config(now);
	autofree char *diff = conf_diff(a, b);
	autofree char *none = conf_diff(b, b);

	assert_string_equal(diff, want);
	assert_string_equal(none, "");
	conf_free(a);
	conf_free(b);
}

static void differences_name_the_object_and_the_field(void **state)
{
	(void)state;
	expect_diff("sluice: 1\n",
		"{sluice: 1, interfaces: {eth0: {}}, seed: s, sets: {a: {}}, filter: {rules: [{name: r, action: drop}]}, pools: {p: {backends: [{address: 10.0.0.1}]}}, services: {w: {addresses: 192.0.2.1, tcp: 80, pool: p}}, decap: {addresses: 10.0.0.2, from: 10.0.0.0/8}}",
		"+ interface eth0\n~ seed none -> ***\n+ set a\n+ rule r\n+ pool p\n+ service w\n"
		"~ decap: addresses none -> [10.0.0.2]\n~ decap: from none -> [10.0.0.0/8]\n");
	expect_diff("{sluice: 1, seed: s, pools: {p: {backends: [{address: 10.0.0.1}, {address: \"2001:db8::1\"}]}, q: {}}}",
		"{sluice: 1, seed: t, pools: {p: {hash: source, backends: [{address: \"2001:db8::1\", weight: 5}, {address: 10.0.0.3}]}}}",
		"~ seed: changed\n- pool q\n~ pool p: hash 5tuple -> source\n- backend p 10.0.0.1\n"
		"~ backend p 2001:db8::1: weight 100 -> 5\n+ backend p 10.0.0.3\n");
	expect_diff("{sluice: 1, limits: {services: 5}, sets: {a: {}, b: {}}, filter: {rules: [{name: r, from: a, action: drop}, {name: s, action: count}, {name: t, action: drop}]}}",
		"{sluice: 1, sets: {a: {prefixes: [10.0.0.0/8]}, b: {}}, filter: {policy: drop, management: {from: 10.0.0.0/8, tcp: 22}, rules: [{name: s, action: count}, {name: r, from: \"!b\", action: pass}]}}",
		"~ limits: services 5 -> 1024\n~ set a: prefixes none -> [10.0.0.0/8]\n~ filter: policy pass -> drop\n"
		"~ filter: management {} -> {from: [10.0.0.0/8], tcp: 22}\n~ filter: non_ip pass -> drop\n"
		"- rule t\n~ rule r: from a -> !b\n~ rule r: action drop -> pass\n~ rules: in another order\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_are_read_and_written),
		cmocka_unit_test(prefixes_that_are_none_are_refused),
		cmocka_unit_test(addresses_have_no_length),
		cmocka_unit_test(durations_are_read),
		cmocka_unit_test(names_are_told_from_others),
		cmocka_unit_test(near_words_are_suggested),
		cmocka_unit_test(backends_come_and_go),
		cmocka_unit_test(backends_beyond_the_limit_are_refused),
		cmocka_unit_test(interfaces_come_and_go),
		cmocka_unit_test(seeds_settle),
		cmocka_unit_test(secrets_are_hidden_when_asked),
		cmocka_unit_test(differences_name_the_object_and_the_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
