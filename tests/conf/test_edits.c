/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Live edits of services, and what the file would say of an edited config. */
#include <errno.h>

#include <sluice/scope.h>

#include "tests/conf/config.h"

#define POOLS "sluice: 1\nseed: s\npools:\n  a:\n    backends:\n      - {address: 10.0.0.1}\n  b: {}\n"
#define FRONT "services:\n  x: {addresses: [192.0.2.1], tcp: 80, pool: a}\n"

static void expect_config(const struct sl_config *conf, const char *want)
{
	autofree char *text = conf_emit(conf, 0);

	assert_string_equal(text, want);
}

/* Adds it; `want`: what the report's only error says, NULL: none. */
static void add(struct sl_config *conf, const char *name, const char *text, int err, const char *want)
{
	struct conf_report report = { 0 };

	assert_int_equal(conf_service_add(conf, name, text, &report), err);
	assert_int_equal(report.n_errors, want != NULL);
	if (want)
		assert_string_equal(conf_sentence(report.errors), want);
	conf_report_clear(&report);
}

static void expect_recheck(const struct sl_config *conf, const char *before, int err,
			   const char *error, const char *warning)
{
	struct conf_report report = { 0 };

	assert_int_equal(conf_recheck(conf, before, &report), err);
	assert_int_equal(report.n_errors, error != NULL);
	assert_int_equal(report.n_warnings, warning != NULL);
	if (error)
		assert_string_equal(conf_sentence(report.errors), error);
	if (warning)
		assert_string_equal(conf_sentence(report.warnings), warning);
	else
		assert_null(report.warnings);
	conf_report_clear(&report);
}

static void services_come_and_go(void **state)
{
	struct sl_config *conf = config(POOLS);

	(void)state;
	assert_null(conf_service_find(conf, "x"));
	add(conf, "x", "{addresses: 192.0.2.1, tcp: 80, pool: a}", 0, NULL);
	add(conf, "z", "{addresses: [192.0.2.1, \"2001:db8::1\"], udp: [53, 60-70], pool: b}", 0, NULL);
	assert_string_equal(conf_service_find(conf, "z")->pool, "b");
	expect_config(conf, POOLS FRONT "  z: {addresses: [192.0.2.1, \"2001:db8::1\"], udp: [53, 60-70], pool: b}\n");
	assert_int_equal(conf_service_del(conf, "z"), 0);
	assert_int_equal(conf_service_del(conf, "z"), -ENOENT);
	expect_config(conf, POOLS FRONT);
	conf_free(conf);
}

static void a_service_that_is_none_is_refused(void **state)
{
	struct sl_config *conf = config(POOLS FRONT);

	(void)state;
	add(conf, "x", "{addresses: 192.0.2.2, tcp: 80, pool: a}", -EEXIST, NULL);
	add(conf, "z", "{addresses: 192.0.2.2, tcp: 0, pool: a}", -EINVAL, "tcp 0: expected 1 to 65535, or a range");
	add(conf, "z", "{addresses: 192.0.2.2, tcp: 80, pool: c}", -EINVAL, "pool c: no such pool: expected the name of one");
	add(conf, "z", "{addresses: 192.0.2.2, pool: a}", -EINVAL, "no ports: expected tcp or udp");
	expect_config(conf, POOLS FRONT);
	conf_free(conf);
}

static void an_edit_is_checked_as_the_file_is(void **state)
{
	struct sl_config *conf = config(POOLS FRONT);

	(void)state;
	add(conf, "z", "{addresses: 192.0.2.1, tcp: 70-90, pool: a}", 0, NULL);
	expect_recheck(conf, NULL, -EINVAL, "service z: tcp port 80 of 192.0.2.1 is service x's already", NULL);
	conf_service_del(conf, "z");
	conf->limits.frontends = 1;
	expect_recheck(conf, NULL, 0, NULL, NULL);
	add(conf, "z", "{addresses: 192.0.2.1, tcp: 70, pool: a}", 0, NULL);
	expect_recheck(conf, NULL, -EINVAL, "frontends: 2 of them: expected at most 1, or a higher limits.frontends", NULL);
	conf_free(conf);
}

static void an_edit_is_warned_of_what_is_new(void **state)
{
	static const char nobody[] = "pool a: no backend in it is up: what comes for service x is dropped";
	struct sl_config *conf = config(POOLS FRONT);

	(void)state;
	conf->pools[0].backends[0].state = SL_BACKEND_DISABLED;
	expect_recheck(conf, NULL, 0, NULL, nobody);
	expect_recheck(conf, POOLS FRONT, 0, NULL, nobody);
	add(conf, "z", "{addresses: 192.0.2.2, tcp: 70, pool: b}", 0, NULL);
	expect_recheck(conf, "{sluice: 1, seed: s, pools: {a: {}}, services: {x: {addresses: 192.0.2.1, tcp: 80, pool: a}}}", 0,
		       NULL, "pool b: no backend in it is up: what comes for service z is dropped");
	conf_free(conf);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_come_and_go),
		cmocka_unit_test(a_service_that_is_none_is_refused),
		cmocka_unit_test(an_edit_is_checked_as_the_file_is),
		cmocka_unit_test(an_edit_is_warned_of_what_is_new),
	};

	return cmocka_run_group_tests_name("edits", tests, NULL, NULL);
}
