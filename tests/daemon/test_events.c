/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which of the kernel's events concern us, in a network namespace of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/daemon/watch.h"

static struct sl_error x;
static int sock;

/* 10.5.0.2 on e0, with this MAC, and held. */
static struct sl_neighbour ours = { .addr = { 4, { 10, 5, 0, 2 } }, .mac = { 2, 0, 0, 0, 5, 2 }, .is_known = true, .is_held = true };
static const struct sl_hops hops = { .neighbour = &ours, .n = 1 };

static void sh(const char *command)
{
	if (system(command))
		fail_msg("%s", command);
}

static int set_up(void **state)
{
	(void)state;
	if (unshare(CLONE_NEWNET))
		return -1;
	sh("ip link add e0 type veth peer name e1; ip link set e0 up; ip link set e1 up; ip addr add 10.5.0.1/24 dev e0");
	sh("ip neigh add 10.5.0.2 lladdr 02:00:00:00:05:02 dev e0 nud permanent");
	ours.ifindex = if_nametoindex("e0");
	return 0;
}

static int open_events(void **state)
{
	(void)state;
	sock = events_open(&x);
	return sock < 0;
}

static int close_events(void **state)
{
	(void)state;
	return close(sock);
}

/* What the kernel says of this: it has said so when the command ends. */
static struct news news_of(const char *command)
{
	struct pollfd wait = { .fd = sock, .events = POLLIN };
	struct news news = { false, false, false };

	sh(command);
	while (poll(&wait, 1, 0) > 0)
		events_read(sock, &hops, &news);
	return news;
}

static void a_neighbour_that_answers_as_before_is_no_news(void **state)
{
	(void)state;
	assert_false(news_of("ip neigh replace 10.5.0.2 lladdr 02:00:00:00:05:02 dev e0 nud permanent").ways);
	assert_false(news_of("ip neigh replace 10.5.0.7 lladdr 02:00:00:00:05:07 dev e0 nud reachable").ways);
	assert_false(news_of("ip neigh del 10.5.0.7 dev e0").ways);
}

static void another_mac_is_news_and_so_is_one_that_went(void **state)
{
	(void)state;
	assert_true(news_of("ip neigh replace 10.5.0.2 lladdr 02:00:00:00:05:99 dev e0 nud permanent").ways);
	assert_false(news_of("ip neigh replace 10.5.0.2 lladdr 02:00:00:00:05:02 dev e0 nud permanent").ways);
	assert_true(news_of("ip neigh del 10.5.0.2 dev e0").ways);
	assert_true(news_of("ip neigh replace 10.5.0.2 lladdr 02:00:00:00:05:02 dev e0 nud reachable").ways);	/* not held */
}

static void routes_addresses_and_links_are_news(void **state)
{
	struct news news = news_of("ip route add 10.77.0.0/16 via 10.5.0.2");

	(void)state;
	assert_true(news.ways && !news.links);
	assert_true(news_of("ip addr add 10.6.0.1/24 dev e0").ways);
	assert_true(news_of("ip rule add from 10.9.9.9 table 7").ways);
	news = news_of("ip link set e0 mtu 1400");
	assert_true(news.ways && news.links && !news.lost);
}

/* More events than there is room for: whoever hears that reads all anew. */
static void an_overrun_is_told(void **state)
{
	int size = 4096;
	struct news news;

	(void)state;
	assert_int_equal(setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
	news = news_of("for i in $(seq 250); do echo route add 10.88.0.$i/32 dev e0; done | ip -batch -");
	assert_true(news.lost);
	assert_true(news.ways && news.links);
	assert_false(news_of("ip neigh replace 10.5.0.9 lladdr 02:00:00:00:05:09 dev e0 nud reachable").lost);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_events, close_events)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_neighbour_that_answers_as_before_is_no_news),
		TEST(another_mac_is_news_and_so_is_one_that_went),
		TEST(routes_addresses_and_links_are_news),
		TEST(an_overrun_is_told),
	};

	if (geteuid()) {
		puts("ok 1 - events # SKIP needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("events", tests, set_up, NULL);
}
