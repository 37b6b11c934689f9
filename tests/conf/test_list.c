// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lists of prefixes: every form of line, good and bad. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sluice/scope.h>
#include <user/conf/conf.h>

static int read_list(const char *text, size_t length, bool skip_bad, char *got,
		     struct conf_report *report)
{
	struct conf_list from = { .name = "l", .skip_bad = skip_bad };
	struct sl_prefix *list = NULL;
	char word[CONF_PREFIX_TEXT];
	size_t i, n = 0;
	int err;

	from.in = length ? fmemopen((void *)(uintptr_t)text, length, "r") :
			   fopen("/dev/null", "re");
	assert_non_null(from.in);
	err = conf_list_read(&from, &list, &n, report);
	fclose(from.in);
	*got = '\0';
	for (i = 0; !err && i < n; i++)
		sprintf(got + strlen(got), "%s%s", i ? " " : "",
			conf_prefix_text(&list[i], word));
	free(list);
	return err;
}

static void expect_list(const char *text, const char *want)
{
	struct conf_report report = { 0 };
	char got[8192];

	assert_int_equal(read_list(text, strlen(text), false, got, &report), 0);
	assert_string_equal(got, want);
	assert_null(report.errors);
	assert_null(report.warnings);
}

/* The one line is bad, and why. */
static void expect_bad(const char *line, const char *why)
{
	struct conf_report report = { 0 };
	char got[64], want[256];
	int err = read_list(line, strlen(line), false, got, &report);

	snprintf(want, sizeof(want), "l:1: %s", why);
	assert_int_equal(err, -EINVAL);
	assert_string_equal(report.errors, want);
	assert_int_equal(report.n_errors, 1);
	conf_report_clear(&report);
}

static void lists_are_sorted_without_duplicates(void **state)
{
	(void)state;
	expect_list("10.0.0.0/8\n1.2.3.4 # x\n\n;\n# c\n  ::1\t; y\n1.2.3.4\n9.0.0.0/8 SBL9",
		    "1.2.3.4 9.0.0.0/8 10.0.0.0/8 ::1");
	expect_list("10.0.0.0/9\n10.0.0.0/8\n", "10.0.0.0/8 10.0.0.0/9");
	expect_list("::/0\n0.0.0.0/0\n", "0.0.0.0/0 ::/0");
	expect_list("1.2.3.4\n1.2.3.4/32\n", "1.2.3.4");
	expect_list("2001:db8::/32\n2001:0DB8:0::/32\n", "2001:db8::/32");
}

static void lists_without_prefixes_are_empty(void **state)
{
	(void)state;
	expect_list("", "");
	expect_list("#", "");
	expect_list("\n\n \t\r\n;x\n  # 1.2.3.4", "");
	expect_list("\xef\xbb\xbf", "");
}

/* As they are published: made up, but for the form. */
static void published_lists_are_read(void **state)
{
	(void)state;
	expect_list("; Spamhaus DROP List 2026/11/23 - (c) 2026 The Spamhaus Project SLU\n"
		    "; https://www.spamhaus.org/drop/drop.txt\n"
		    "; Last-Modified: Mon, 23 Nov 2026 03:04:05 GMT\n"
		    "192.0.2.0/24 ; SBL256894\n198.51.100.0/22 ; SBL434604\n",
		    "192.0.2.0/24 198.51.100.0/22");
	expect_list("2001:db8::/32 ; SBL303641\n", "2001:db8::/32");
	expect_list("#\n# firehol_level1\n#\n# ipv4 hash:net ipset\n#\n"
		    "# Maintainer URL  : http://iplists.firehol.org/\n#\n"
		    "0.0.0.0/8\n192.0.2.17\n198.51.100.0/24\n",
		    "0.0.0.0/8 192.0.2.17 198.51.100.0/24");
	expect_list("192.0.2.9\n2001:db8::9\n192.0.2.10\n",
		    "192.0.2.9 192.0.2.10 2001:db8::9");
	expect_list("192.0.2.9#4#2#Malicious Host#CN#Beijing#1.2,3.4#3\n",
		    "192.0.2.9");
	expect_list("192.0.2.9 # 2026-11-23, DE, 1234567\n192.0.2.10\t10\n",
		    "192.0.2.9 192.0.2.10");
	expect_list("192.0.2.0/24 AS64496 Example Ltd\n192.0.3.0/24 AD00 a\n",
		    "192.0.2.0/24 192.0.3.0/24");
}

static void line_ends_and_marks_are_no_matter(void **state)
{
	(void)state;
	expect_list("1.2.3.4\r\n1.2.3.5\r\n", "1.2.3.4 1.2.3.5");
	expect_list("\xef\xbb\xbf" "1.2.3.4\n1.2.3.5", "1.2.3.4 1.2.3.5");
	expect_list("1.2.3.4#c\n1.2.3.5;c\n1.2.3.6\f", "1.2.3.4 1.2.3.5 1.2.3.6");
}

static void ranges_become_the_fewest_prefixes(void **state)
{
	(void)state;
	expect_list("10.0.0.0-10.0.0.255", "10.0.0.0/24");
	expect_list("10.0.0.0 - 10.0.0.255", "10.0.0.0/24");
	expect_list("10.0.0.0 -10.0.0.255 , 000 , some net", "10.0.0.0/24");
	expect_list("10.0.0.1-10.0.0.1/32 x", "10.0.0.1");
	expect_list("10.0.0.1-10.0.0.6",
		    "10.0.0.1 10.0.0.2/31 10.0.0.4/31 10.0.0.6");
	expect_list("0.0.0.0-255.255.255.255", "0.0.0.0/0");
	expect_list("255.255.255.254-255.255.255.255", "255.255.255.254/31");
	expect_list("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0");
	expect_list("2001:db8::1-2001:db8::2", "2001:db8::1 2001:db8::2");
	expect_list("10.0.0.0-10.0.1.127", "10.0.0.0/24 10.0.1.0/25");
}

static void bad_lines_say_what_would_be_right(void **state)
{
	(void)state;
	expect_bad("example.org", "example.org: expected an IPv4 or IPv6 prefix");
	expect_bad("<!DOCTYPE html>", "<!DOCTYPE: expected an IPv4 or IPv6 prefix");
	expect_bad("1.2.3", "1.2.3: expected an IPv4 or IPv6 prefix");
	expect_bad("1.2.3.4.5", "1.2.3.4.5: expected an IPv4 or IPv6 prefix");
	expect_bad("1.2.3.256", "1.2.3.256: expected an IPv4 or IPv6 prefix");
	expect_bad("01.2.3.4", "01.2.3.4: expected an IPv4 or IPv6 prefix");
	expect_bad("1.2.3.4,", "1.2.3.4,: expected an IPv4 or IPv6 prefix");
	expect_bad("1.2.3.0/", "1.2.3.0/: expected an IPv4 or IPv6 prefix");
	expect_bad("1.2.3.0/33", "1.2.3.0/33: length 33: expected 0 to 32");
	expect_bad("1.2.3.0/024", "1.2.3.0/024: length 024: expected 0 to 32");
	expect_bad("::/129", "::/129: length 129: expected 0 to 128");
	expect_bad("10.0.0.1/8", "10.0.0.1/8: host bits are set: expected 10.0.0.0/8");
	expect_bad("128.0.0.0/0", "128.0.0.0/0: host bits are set: expected 0.0.0.0/0");
	expect_bad("2001:db8::1/64", "2001:db8::1/64: host bits are set: expected 2001:db8::/64");
	expect_bad("::ffff:1.2.3.4", "::ffff:1.2.3.4: an IPv4-mapped address: expected 1.2.3.4");
	expect_bad("::ffff:1.2.3.0/120", "::ffff:1.2.3.0/120: an IPv4-mapped address: expected 1.2.3.0");
	expect_bad("a\x1b[2J\xff", "a?[2J?: expected an IPv4 or IPv6 prefix");
}

static void bad_ranges_say_what_would_be_right(void **state)
{
	(void)state;
	expect_bad("1.1.1.2-1.1.1.1", "1.1.1.2-1.1.1.1: expected a range from low to high");
	expect_bad("1.1.1.1-::1", "1.1.1.1-::1: expected a range from low to high");
	expect_bad("1.1.1.0/24-1.1.2.0/24", "1.1.1.0/24-1.1.2.0/24: expected a range from low to high");
	expect_bad("1.1.1.1-", "1.1.1.1-: expected a range from low to high");
	expect_bad("-1.1.1.1", "-1.1.1.1: expected a range from low to high");
	expect_bad("1.1.1.1 - ", "1.1.1.1-: expected a range from low to high");
	expect_bad("1.1.1.1 - # 1.1.1.2", "1.1.1.1-: expected a range from low to high");
	expect_bad("1.1.1.1-1.1.1.256", "1.1.1.256: expected an IPv4 or IPv6 prefix");
	expect_bad("1.1.1.1-1.1.1.2-1.1.1.3", "1.1.1.2-1.1.1.3: expected an IPv4 or IPv6 prefix");
}

static void two_columns_of_addresses_are_refused(void **state)
{
	(void)state;
	expect_bad("1.1.1.0\t1.1.1.255\t24\t1234\tEXAMPLE", "1.1.1.0 1.1.1.255: two on a line: expected one, or a range low-high");
	expect_bad("10.0.0.0/8 10.1.0.0/16", "10.0.0.0/8 10.1.0.0/16: two on a line: expected one, or a range low-high");
	expect_bad("::1 ::2", "::1 ::2: two on a line: expected one, or a range low-high");
	expect_bad("1.1.1.1-1.1.1.6 1.1.1.9", "1.1.1.1 1.1.1.9: two on a line: expected one, or a range low-high");
	expect_bad("1.1.1.1 1.1.1.6-1.1.1.9", "1.1.1.1 1.1.1.6: two on a line: expected one, or a range low-high");
	expect_list("1.1.1.1 2 # 1.1.1.2", "1.1.1.1");
}

static void bad_lines_are_all_told(void **state)
{
	static const char text[] = "10.0.0.0/8\nx\n10.0.0.1/8\r\n9.9.9.9\n1.1.1.2-1.1.1.1\n1.1.1.1-1.1.1.6 1.1.1.9\n";
	struct conf_report report = { 0 };
	char got[256];

	(void)state;
	assert_int_equal(read_list(text, strlen(text), false, got, &report), -EINVAL);
	assert_int_equal(report.n_errors, 4);
	assert_string_equal(report.errors,
		"l:2: x: expected an IPv4 or IPv6 prefix\n"
		"l:3: 10.0.0.1/8: host bits are set: expected 10.0.0.0/8\n"
		"l:5: 1.1.1.2-1.1.1.1: expected a range from low to high\n"
		"l:6: 1.1.1.1 1.1.1.9: two on a line: expected one, or a range low-high");
	conf_report_clear(&report);
	assert_int_equal(read_list(text, strlen(text), true, got, &report), 0);
	assert_string_equal(got, "9.9.9.9 10.0.0.0/8");
	assert_int_equal(report.n_warnings, 4);
	assert_null(report.errors);
	conf_report_clear(&report);
}

static void many_bad_lines_are_counted(void **state)
{
	struct conf_report report = { 0 };
	char text[2 * 1000], got[8];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? '\n' : 'x';
	assert_int_equal(read_list(text, sizeof(text), false, got, &report), -EINVAL);
	assert_int_equal(report.n_errors, 1000);
	assert_non_null(strstr(report.errors, "\nl:50: x: "));
	assert_null(strstr(report.errors, "\nl:51: "));
	assert_string_equal(strrchr(report.errors, '\n'), "\nl: 950 more errors");
	conf_report_clear(&report);
}

/* Nothing that --skip-bad is for. */
static void what_is_no_text_is_refused(void **state)
{
	static const char zero[] = "1.2.3.4\n1.2\0.3\n", wide[] = "\xff\xfe" "1\0.\0";
	struct conf_report report = { 0 };
	autofree char *line = malloc(70000);
	char got[8];

	(void)state;
	assert_int_equal(read_list(zero, sizeof(zero) - 1, true, got, &report), -EINVAL);
	assert_string_equal(report.errors, "l:2: not a text file: expected a prefix on each line");
	conf_report_clear(&report);
	assert_int_equal(read_list(wide, sizeof(wide) - 1, true, got, &report), -EINVAL);
	assert_string_equal(report.errors, "l:1: not a text file: expected a prefix on each line");
	conf_report_clear(&report);
	memset(line, ' ', 70000);
	memcpy(line, "::1\n", 4);
	assert_int_equal(read_list(line, 70000, true, got, &report), -EINVAL);
	assert_string_equal(report.errors, "l:2: longer than 65534 octets: expected a prefix on each line");
	conf_report_clear(&report);
	line[4 + 65534] = '\n';
	assert_int_equal(read_list(line, 4 + 65534 + 1, false, got, &report), 0);
	assert_string_equal(got, "::1");
}

static void what_cannot_be_read_is_an_error(void **state)
{
	struct conf_list from = { .name = "l", .in = fopen("/", "re") };
	struct conf_report report = { 0 };
	struct sl_prefix *list = NULL;
	size_t n = 0;

	(void)state;
	assert_non_null(from.in);
	assert_int_equal(conf_list_read(&from, &list, &n, &report), -EINVAL);
	assert_string_equal(report.errors, "l: cannot be read: Is a directory");
	fclose(from.in);
	conf_report_clear(&report);
}

static void count_lines(void *arg, size_t lines)
{
	*(size_t *)arg = lines;
}

static void long_lists_tell_how_far_they_are(void **state)
{
	enum { LINES = 300000 };
	autofree char *text = malloc(16 * LINES);
	struct conf_report report = { 0 };
	struct sl_prefix *list = NULL;
	size_t seen = 0, n = 0, used = 0;
	struct conf_list from = { .name = "l", .progress = count_lines, .arg = &seen };

	(void)state;
	for (unsigned i = LINES; i; i--) /* the last first */
		used += (size_t)sprintf(text + used, "10.%u.%u.%u\n", i >> 16, i >> 8 & 255, i & 255);
	from.in = fmemopen(text, used, "r");
	assert_int_equal(conf_list_read(&from, &list, &n, &report), 0);
	fclose(from.in);
	assert_int_equal(n, LINES);
	assert_in_range(seen, LINES / 2, LINES);
	for (unsigned i = 0; i < LINES; i++) {
		uint8_t want[4] = { 10, (uint8_t)((i + 1) >> 16), (uint8_t)((i + 1) >> 8), (uint8_t)(i + 1) };

		assert_memory_equal(list[i].addr.octet, want, 4);
	}
	free(list);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_sorted_without_duplicates),
		cmocka_unit_test(lists_without_prefixes_are_empty),
		cmocka_unit_test(published_lists_are_read),
		cmocka_unit_test(line_ends_and_marks_are_no_matter),
		cmocka_unit_test(ranges_become_the_fewest_prefixes),
		cmocka_unit_test(bad_lines_say_what_would_be_right),
		cmocka_unit_test(bad_ranges_say_what_would_be_right),
		cmocka_unit_test(two_columns_of_addresses_are_refused),
		cmocka_unit_test(bad_lines_are_all_told),
		cmocka_unit_test(many_bad_lines_are_counted),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(what_cannot_be_read_is_an_error),
		cmocka_unit_test(long_lists_tell_how_far_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
