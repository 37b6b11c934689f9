// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Where an answer ends, in whatever pieces it comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <user/daemon/check_answer.h>

#define FIELDS "Server: x\r\n"
#define OK "HTTP/1.1 200 OK\r\n" FIELDS

/* The last word on it, when it comes by `piece` octets. */
static enum answer_is take(const char *text, size_t piece)
{
	enum answer_is is = ANSWER_COMES;
	size_t n = strlen(text), room;
	struct answer a;
	char *to;

	answer_begin(&a);
	for (size_t at = 0; at < n && is != ANSWER_ENDLESS; at += room) {
		to = answer_room(&a, &room);
		room = to && room < piece ? room : piece;
		room = room < n - at ? room : n - at;
		if (to)
			memcpy(to, text + at, room);
		is = answer_take(&a, room);
	}
	assert_int_equal(is == ANSWER_WHOLE, answer_is_whole(&a));
	return is;
}

static void is_as(const char *text, enum answer_is wanted)
{
	static const size_t pieces[] = { 1, 7, 100, 4096 };

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
		assert_int_equal(take(text, pieces[i]), wanted);
}

static void ends_with_its_length(void **unused)
{
	(void)unused;
	is_as(OK "Content-Length: 5\r\n\r\nhello", ANSWER_WHOLE);
	is_as(OK "content-length:5\r\n\r\nhello", ANSWER_WHOLE);
	is_as(OK "Content-Length: 5\r\n\r\nhell", ANSWER_COMES);
	is_as(OK "Content-Length: 5\r\n\r\nhello!", ANSWER_ENDLESS);
	is_as(OK "Content-Length: 0\r\n\r\n", ANSWER_WHOLE);
	is_as("HTTP/1.1 204 No Content\r\n" FIELDS "\r\n", ANSWER_WHOLE);
	is_as("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", ANSWER_WHOLE);
}

static void without_a_length_it_does_not_end(void **unused)
{
	(void)unused;
	is_as(OK "\r\n", ANSWER_ENDLESS);
	is_as(OK "Content-Length:\r\n\r\n", ANSWER_ENDLESS);
	is_as(OK "Content-Length: -1\r\n\r\n", ANSWER_ENDLESS);
	is_as(OK "Content-Length: 5, 5\r\n\r\nhello", ANSWER_ENDLESS);
	is_as(OK "Content-Length: 99999999999999999999999\r\n\r\n", ANSWER_ENDLESS);
	is_as(OK "X-Content-Length: 5\r\n\r\nhello", ANSWER_ENDLESS);
	is_as(OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello", ANSWER_ENDLESS);
}

static void who_closes_is_not_asked_again(void **unused)
{
	(void)unused;
	is_as(OK "Connection: close\r\nContent-Length: 5\r\n\r\nhello", ANSWER_ENDLESS);
	is_as(OK "connection: keep-alive, close\r\nContent-Length: 0\r\n\r\n", ANSWER_ENDLESS);
	is_as(OK "Connection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", ANSWER_WHOLE);
	is_as("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", ANSWER_ENDLESS);
	is_as("nonsense of any kind\r\nContent-Length: 0\r\n\r\n", ANSWER_ENDLESS);
	is_as("\r\n\r\n", ANSWER_ENDLESS);
}

static void a_head_has_its_limit(void **unused)
{
	char text[3 * ANSWER_HEAD] = OK "Content-Length: 0\r\nX-Long: ";

	(void)unused;
	memset(text + strlen(text), 'x', ANSWER_HEAD);
	strcat(text, "\r\n\r\n");
	is_as(text, ANSWER_ENDLESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_with_its_length),
		cmocka_unit_test(without_a_length_it_does_not_end),
		cmocka_unit_test(who_closes_is_not_asked_again),
		cmocka_unit_test(a_head_has_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
