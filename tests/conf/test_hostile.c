// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Files that nobody means well with: deep, huge, binary, endless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <sluice/scope.h>
#include <user/conf/conf.h>

enum { LEVELS = 10000 };

/* The report's only line. */
static void expect_one(const char *text, size_t length, const char *want)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;

	assert_int_equal(conf_parse("x", text, length, 0, &conf, &report), -22);
	assert_null(conf);
	assert_int_equal(report.n_errors, 1);
	assert_string_equal(report.errors, want);
	conf_report_clear(&report);
}

/* `head` and LEVELS times `open`. */
static char *deep(const char *head, const char *open)
{
	size_t i, n = strlen(open), at = strlen(head);
	char *text = malloc(at + LEVELS * n + 1);

	memcpy(text, head, at);
	for (i = 0; i < LEVELS; i++)
		memcpy(text + at + i * n, open, n + 1);
	return text;
}

static void ten_thousand_lists_are_refused(void **state)
{
	autofree char *text = deep("sluice: 1\nx: ", "[");

	(void)state;
	expect_one(text, strlen(text),
		   "x:2:35: nested too deep: expected 32 levels at most");
}

static void ten_thousand_mappings_are_refused(void **state)
{
	autofree char *text = deep("sluice: 1\nx: ", "{a: ");

	(void)state;
	expect_one(text, strlen(text),
		   "x:2:128: nested too deep: expected 32 levels at most");
}

static void ten_thousand_dashes_are_refused(void **state)
{
	autofree char *text = deep("", "- ");

	(void)state;
	expect_one(text, strlen(text),
		   "x:1:65: nested too deep: expected 32 levels at most");
}

static void ten_thousand_indents_are_refused(void **state)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	size_t i, room = LEVELS / 10, n = 0;
	autofree char *text = malloc(room * (room + 8));

	(void)state;
	for (i = 0; i < room; i++)
		n += (size_t)sprintf(text + n, "%*sa:\n", (int)i, "");
	assert_int_equal(conf_parse("x", text, n, 0, &conf, &report), -22);
	assert_string_equal(report.errors,
		"x:33:33: nested too deep: expected 32 levels at most");
	conf_report_clear(&report);
}

static void binary_is_one_sentence(void **state)
{
	static const char nul[] = "sluice: 1\n\0\1\2\3", latin[] = "a: \xe9\n";
	static const char wide[] = "\xff\xfes\0l\0", control[] = "a: \x1b[0m";
	static const char surrogate[] = "\xed\xa0\x80", c1[] = "a: \xc2\x80";
	static const char overlong[] = "\xc0\xaf", cut[] = "a: \xe2\x98";

	(void)state;
#define NOT_TEXT "not a text file: expected YAML in UTF-8"
	expect_one(nul, sizeof(nul), "x:2:1: " NOT_TEXT);
	expect_one(latin, sizeof(latin) - 1, "x:1:4: " NOT_TEXT);
	expect_one(wide, sizeof(wide), "x:1:1: " NOT_TEXT);
	expect_one(control, sizeof(control) - 1, "x:1:4: " NOT_TEXT);
	expect_one(surrogate, sizeof(surrogate) - 1, "x:1:1: " NOT_TEXT);
	expect_one(c1, sizeof(c1) - 1, "x:1:4: " NOT_TEXT);
	expect_one(overlong, sizeof(overlong) - 1, "x:1:1: " NOT_TEXT);
	expect_one(cut, sizeof(cut) - 1, "x:1:4: " NOT_TEXT);
}

static void a_program_is_one_sentence(void **state)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;

	(void)state;
	assert_int_equal(conf_read("/proc/self/exe", 0, &conf, &report), -22);
	assert_string_equal(report.errors, "/proc/self/exe:1:1: " NOT_TEXT);
	conf_report_clear(&report);
}

/* A file with holes: only its size counts. */
static int read_sized(off_t size, struct conf_report *report)
{
	char name[] = "/tmp/test_hostile.XXXXXX";
	struct sl_config *conf = NULL;
	autoclose int fd = mkstemp(name);
	int err;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	err = conf_read(name, 0, &conf, report);
	unlink(name);
	assert_null(conf);
	return err;
}

static void a_hundred_megabytes_are_refused_unread(void **state)
{
	struct conf_report report = { 0 };

	(void)state;
	assert_int_equal(read_sized(100 << 20, &report), -27);
	assert_int_equal(report.n_errors, 1);
	assert_non_null(strstr(report.errors,
			       ": too big: expected at most 64 MiB"));
	conf_report_clear(&report);
	assert_int_equal(read_sized((64 << 20) + 1, &report), -27);
	conf_report_clear(&report);
}

static void sixty_four_megabytes_are_read(void **state)
{
	struct conf_report report = { 0 };

	(void)state;
	assert_int_equal(read_sized(64 << 20, &report), -22);
	assert_non_null(strstr(report.errors, ":1:1: " NOT_TEXT));
	conf_report_clear(&report);
}

static void an_endless_file_is_refused(void **state)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;

	(void)state;
	assert_int_equal(conf_read("/dev/zero", 0, &conf, &report), -27);
	assert_string_equal(report.errors,
		"/dev/zero: too big: expected at most 64 MiB");
	conf_report_clear(&report);
}

static void an_absent_file_is_said_to_be(void **state)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;

	(void)state;
	assert_int_equal(conf_read("/absent.yaml", 0, &conf, &report), -2);
	assert_string_equal(report.errors,
			    "/absent.yaml: No such file or directory");
	conf_report_clear(&report);
}

/* As a mapping of 100,000 keys, each unknown, would be told one by one. */
static void a_hundred_thousand_errors_are_counted(void **state)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	autofree char *text = malloc(100000 * 16);
	size_t i, n = 0;

	(void)state;
	for (i = 0; i < 100000; i++)
		n += (size_t)sprintf(text + n, "key%zu: 1\n", i);
	assert_int_equal(conf_parse("x", text, n, 0, &conf, &report), -22);
	assert_int_equal(report.n_errors, 100001);
	assert_non_null(strstr(report.errors, "\nx: 99951 more errors"));
	conf_report_clear(&report);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_lists_are_refused),
		cmocka_unit_test(ten_thousand_mappings_are_refused),
		cmocka_unit_test(ten_thousand_dashes_are_refused),
		cmocka_unit_test(ten_thousand_indents_are_refused),
		cmocka_unit_test(binary_is_one_sentence),
		cmocka_unit_test(a_program_is_one_sentence),
		cmocka_unit_test(a_hundred_megabytes_are_refused_unread),
		cmocka_unit_test(sixty_four_megabytes_are_read),
		cmocka_unit_test(an_endless_file_is_refused),
		cmocka_unit_test(an_absent_file_is_said_to_be),
		cmocka_unit_test(a_hundred_thousand_errors_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
