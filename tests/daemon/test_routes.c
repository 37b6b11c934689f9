/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which service addresses are announced, the file that says so, what BIRD answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/conf/conf.h"
#include "user/daemon/bird.h"
#include "user/daemon/routes.h"

static const char text[] =
	"sluice: 1\n"
	"seed: x\n"
	"pools:\n"
	"  a: {backends: [{address: 10.0.0.1}]}\n"
	"  b: {backends: [{address: 10.0.0.2}]}\n"
	"services:\n"
	"  one: {addresses: [192.0.2.80, \"2001:db8::80\"], tcp: [80], pool: a}\n"
	"  two: {addresses: [192.0.2.9, 192.0.2.80], udp: [53], pool: b}\n";

static struct sl_config *config(void)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;

	if (conf_parse("test", text, strlen(text), 0, &conf, &report))
		fail_msg("%s", report.errors);
	conf_report_clear(&report);
	return conf;
}

/* The file, when pool a and pool b are served or not. */
static void expect(bool a, bool b, bool may_be, const char *instance, const char *want)
{
	const bool pools[] = { a, b };
	struct announce_state state = { 0 };
	struct sl_config *conf = config();
	struct sheet file = { 0 };
	const char *at;

	assert_int_equal(routes_list(&state, conf, pools, may_be), 0);
	assert_int_equal(state.n, 3);
	announce_write(&file, &state, instance);
	sheet_octets(&file, "", 1);
	assert_false(file.failed);
	at = strchr(file.s, '\n') + 1;	/* a comment first */
	assert_int_equal(file.s[0], '#');
	assert_string_equal(at, want);
	sheet_free(&file);
	free(state.list);
	conf_free(conf);
}

static void an_address_is_out_while_a_service_of_it_is_served(void **state)
{
	(void)state;
	expect(true, true, true, "default",
	       "protocol static sluice4 {\n\tipv4;\n\troute 192.0.2.9/32 blackhole;\n\troute 192.0.2.80/32 blackhole;\n}\n"
	       "protocol static sluice6 {\n\tipv6;\n\troute 2001:db8::80/128 blackhole;\n}\n");
	expect(true, false, true, "default",
	       "protocol static sluice4 {\n\tipv4;\n\troute 192.0.2.80/32 blackhole;\n}\n"
	       "protocol static sluice6 {\n\tipv6;\n\troute 2001:db8::80/128 blackhole;\n}\n");
	expect(false, true, true, "default",
	       "protocol static sluice4 {\n\tipv4;\n\troute 192.0.2.9/32 blackhole;\n\troute 192.0.2.80/32 blackhole;\n}\n"
	       "protocol static sluice6 {\n\tipv6;\n}\n");
}

static void the_protocols_stay_when_nothing_is_out(void **state)
{
	(void)state;
	expect(false, false, true, "default",
	       "protocol static sluice4 {\n\tipv4;\n}\nprotocol static sluice6 {\n\tipv6;\n}\n");
	expect(true, true, false, "lab-1.x",
	       "protocol static 'sluice4.lab-1.x' {\n\tipv4;\n}\nprotocol static 'sluice6.lab-1.x' {\n\tipv6;\n}\n");
}

static void who_drains_or_is_down_serves_nobody(void **state)
{
	const struct sl_pool_conf pool = { 0 }, brave = { .panic_percent = 10 };
	const struct sl_backend_conf up = { .weight = 1 }, drain = { .weight = 1, .state = SL_BACKEND_DRAIN };
	const struct sl_backend_conf disabled = { .weight = 1, .state = SL_BACKEND_DISABLED }, light = { 0 };
	const struct health_state none = { 0 }, good = { .is_checked = true, .is_up = true };
	const struct health_state bad = { .is_checked = true };

	(void)state;
	assert_true(announce_serves(&pool, &up, &none));
	assert_true(announce_serves(&pool, &up, &good));
	assert_false(announce_serves(&pool, &up, &bad));
	assert_true(announce_serves(&brave, &up, &bad));
	assert_false(announce_serves(&brave, &drain, &good));
	assert_false(announce_serves(&brave, &disabled, &good));
	assert_false(announce_serves(&brave, &light, &good));
}

static void the_file_is_replaced_whole(void **state)
{
	char dir[] = "/tmp/routes-XXXXXX", path[64], seen[64] = "";
	struct sheet one = { 0 }, two = { 0 };
	struct sl_error x = { "" };
	struct stat st;
	int was;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sub/routes", dir);
	sheet_add(&one, "first\n");
	sheet_add(&two, "second, longer\n");
	/* a directory that is not there yet is made, one */
	assert_int_equal(routes_put(path, &one, &x), 0);
	was = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(routes_put(path, &two, &x), 0);
	assert_int_equal(read(was, seen, sizeof(seen)), 6);	/* who reads it still has it whole */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(st.st_size, two.n);
	close(was);
	unlink(path);
	*strrchr(path, '/') = 0;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(rmdir(path), 0);	/* nothing else was left in it */
	rmdir(dir);
	snprintf(path, sizeof(path), "%s/a/b/routes", dir);
	assert_int_equal(routes_put(path, &one, &x), -ENOENT);
	assert_non_null(strstr(x.text, path));
	sheet_free(&one);
	sheet_free(&two);
}

static void bird_answers_by_code(void **state)
{
	int more = 0;

	(void)state;
	assert_int_equal(bird_line("0001 BIRD 2.0.12 ready.", &more), 1);
	assert_false(more);
	assert_int_equal(bird_line("0002-Reading configuration from /etc/bird.conf", &more), 2);
	assert_true(more);
	assert_int_equal(bird_line("8002 /etc/bird.conf:3:1 syntax error", &more), 8002);
	assert_int_equal(bird_line(" goes on", &more), -1);
	assert_int_equal(bird_line("12", &more), -1);
	assert_int_equal(bird_line("", &more), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_out_while_a_service_of_it_is_served),
		cmocka_unit_test(the_protocols_stay_when_nothing_is_out),
		cmocka_unit_test(who_drains_or_is_down_serves_nobody),
		cmocka_unit_test(the_file_is_replaced_whole),
		cmocka_unit_test(bird_answers_by_code),
	};

	return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
