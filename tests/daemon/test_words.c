/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What parent and control take from each other, if the other one means ill. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "user/daemon/daemon.h"

enum { MOST_FDS = 64, PASSED = 2 };

static int pair[2];

static int set_up(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

static int tear_down(void **state)
{
	(void)state;
	return close(pair[0]) || close(pair[1]);
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < MOST_FDS; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* `length` octets of a word, with standard error so many times. */
static void pass(size_t length, size_t times)
{
	union { struct cmsghdr head; char room[CMSG_SPACE(PASSED * sizeof(int))]; } passed = { 0 };
	struct word word = { .said = SAID_PONG };
	struct iovec part = { &word, length };
	struct msghdr m = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &passed, .msg_controllen = CMSG_SPACE(times * sizeof(int)),
	};
	const int fds[PASSED] = { STDERR_FILENO, STDERR_FILENO };

	passed.head.cmsg_level = SOL_SOCKET;
	passed.head.cmsg_type = SCM_RIGHTS;
	passed.head.cmsg_len = CMSG_LEN(times * sizeof(int));
	memcpy(CMSG_DATA(&passed.head), fds, times * sizeof(int));
	assert_int_equal(sendmsg(pair[0], &m, 0), length);
}

static void one_descriptor_goes_along(void **state)
{
	int fd = -1, before = open_fds();
	struct word word;

	(void)state;
	assert_false(word_send(pair[0], SAID_HEALTH, 7, STDERR_FILENO));
	assert_int_equal(word_get(pair[1], &word, &fd), 1);
	assert_int_equal(word.said, SAID_HEALTH);
	assert_int_equal(word.value, 7);
	assert_int_equal(open_fds(), before + 1);
	assert_false(close(fd));
	assert_int_equal(word_get(pair[1], &word, &fd), 0);
	assert_int_equal(fd, -1);
}

static void no_more_than_one_is_taken(void **state)
{
	int fd = -1, before = open_fds();
	struct word word;

	(void)state;
	pass(sizeof(word), PASSED);
	assert_int_equal(word_get(pair[1], &word, &fd), 1);
	if (fd >= 0)
		close(fd);
	assert_int_equal(open_fds(), before);
}

static void none_comes_with_what_is_no_word(void **state)
{
	int fd = -1, before = open_fds();
	struct word word;

	(void)state;
	pass(1, 1);
	assert_true(word_get(pair[1], &word, &fd) < 0);
	assert_int_equal(fd, -1);
	assert_int_equal(open_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_descriptor_goes_along, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_more_than_one_is_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(none_comes_with_what_is_no_word, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
