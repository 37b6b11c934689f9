/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* HTTP requests, whole, cut and bad; and texts that are made harmless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/daemon/request.h"
#include "user/daemon/sheet.h"

static struct request got;

static size_t take(const char *text)
{
	return request_read(text, strlen(text), &got);
}

static int status_of(const char *text)
{
	assert_int_equal(take(text), strlen(text));
	return got.status;
}

static void a_request_has_a_path(void **state)
{
	(void)state;
	assert_int_equal(status_of("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
	assert_string_equal(got.path, "/metrics");
	assert_true(got.stays);
	assert_false(got.is_head);
	assert_int_equal(status_of("HEAD /a?b=/c HTTP/1.1\n\n"), 200);
	assert_string_equal(got.path, "/a");
	assert_true(got.is_head);
}

static void a_connection_ends_when_it_is_asked_to(void **state)
{
	(void)state;
	assert_int_equal(status_of("GET / HTTP/1.0\r\n\r\n"), 200);
	assert_false(got.stays);
	status_of("GET / HTTP/1.1\r\nConnection: Keep-Alive\r\n\r\n");
	assert_true(got.stays);
	status_of("GET / HTTP/1.1\r\nconnection: foo, CLOSE\r\n\r\n");
	assert_false(got.stays);
	/* a body is not read */
	assert_int_equal(status_of("GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"), 200);
	assert_false(got.stays);
}

static void a_cut_request_waits_for_its_rest(void **state)
{
	static const char text[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		char *part = malloc(n + 1);	/* so that what lies behind it is seen */

		memcpy(part, text, n);
		assert_int_equal(request_read(part, n, &got), 0);
		free(part);
	}
	assert_int_equal(take(text), sizeof(text) - 1);
}

static void of_two_the_first_is_taken(void **state)
{
	static const char first[] = "GET /1 HTTP/1.1\r\n\r\n", both[] = "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n";

	(void)state;
	assert_int_equal(take(both), strlen(first));
	assert_string_equal(got.path, "/1");
}

static void what_is_no_request_is_refused(void **state)
{
	char path[300] = "", text[512];

	(void)state;
	assert_int_equal(status_of("\r\n\r\n"), 400);
	assert_int_equal(status_of("GET\r\n\r\n"), 400);
	assert_int_equal(status_of("GET /\r\n\r\n"), 400);
	assert_int_equal(status_of("GET http://x/ HTTP/1.1\r\n\r\n"), 400);
	assert_int_equal(status_of("GET / HTTP/2.0\r\n\r\n"), 505);
	assert_int_equal(status_of("get / HTTP/1.1\r\n\r\n"), 405);
	assert_int_equal(status_of("DELETE / HTTP/1.1\r\n\r\n"), 405);
	assert_false(got.stays);
	memset(path, 'a', 255);
	snprintf(text, sizeof(text), "GET /%s HTTP/1.1\r\n\r\n", path);
	assert_int_equal(status_of(text), 414);
	path[254] = 0;
	snprintf(text, sizeof(text), "GET /%s HTTP/1.1\r\n\r\n", path);
	assert_int_equal(status_of(text), 200);
	assert_int_equal(request_read("G\0T", 3, &got), 3);
	assert_int_equal(got.status, 400);
}

static void what_does_not_end_is_refused(void **state)
{
	static char text[REQUEST_MAX + 10];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "GET / HTTP/1.1\r\n", 16);
	assert_int_equal(request_read(text, REQUEST_MAX - 1, &got), 0);
	assert_int_equal(request_read(text, REQUEST_MAX, &got), REQUEST_MAX);
	assert_int_equal(got.status, 431);
	memcpy(text + REQUEST_MAX - 4, "\r\n\r\n", 4);
	assert_int_equal(request_read(text, REQUEST_MAX, &got), REQUEST_MAX);
	assert_int_equal(got.status, 200);
}

/* ---- sheets ----------------------------------------------------------------------- */

static void expect(struct sheet *t, const char *want)
{
	assert_false(t->failed);
	assert_int_equal(t->n, strlen(want));
	assert_memory_equal(t->s, want, t->n);
	sheet_free(t);
}

static void text_of_others_does_no_harm(void **state)
{
	struct sheet t = { 0 };

	(void)state;
	sheet_html(&t, "<a href=\"x\" o='y'>&\n\xff\xc3\xa9");
	expect(&t, "&lt;a href=&quot;x&quot; o=&#39;y&#39;&gt;&amp; ?\xc3\xa9");
	sheet_json(&t, "a\"\\\n</script>\x80");
	expect(&t, "\"a\\\"\\\\\\u000a\\u003c/script>?\"");
	sheet_label(&t, "a\"\\\nb\xc3");
	expect(&t, "a\\\"\\\\\\nb?");
}

static void numbers_are_exact(void **state)
{
	struct sheet t = { 0 };

	(void)state;
	sheet_number(&t, 0);
	sheet_add(&t, " ");
	sheet_number(&t, UINT64_MAX);
	expect(&t, "0 18446744073709551615");
	sheet_decimal(&t, 1500, 1000);
	sheet_add(&t, " ");
	sheet_decimal(&t, 2000, 1000);
	sheet_add(&t, " ");
	sheet_decimal(&t, 1000007, 1000000);
	expect(&t, "1.5 2 1.000007");
}

static void a_sheet_grows(void **state)
{
	struct sheet t = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		sheet_print(&t, "%d\n", i % 10);
	assert_false(t.failed);
	assert_int_equal(t.n, 200000);
	assert_memory_equal(t.s + 199980, "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n", 20);
	sheet_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_has_a_path),
		cmocka_unit_test(a_connection_ends_when_it_is_asked_to),
		cmocka_unit_test(a_cut_request_waits_for_its_rest),
		cmocka_unit_test(of_two_the_first_is_taken),
		cmocka_unit_test(what_is_no_request_is_refused),
		cmocka_unit_test(what_does_not_end_is_refused),
		cmocka_unit_test(text_of_others_does_no_harm),
		cmocka_unit_test(numbers_are_exact),
		cmocka_unit_test(a_sheet_grows),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
