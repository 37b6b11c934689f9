// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The health process on its own, for tests: checks in, what is found out.
 *
 * Each line of standard input is a check, as "tcp 10.0.0.1 80" and behind it
 * key=value (text, host, mark, interval, timeout, rise, fall, expect, up); an empty
 * line ends a list, which takes the place of the one before. Each message of the
 * health process is a line: "ID up|down hard|soft new|same PROBES FAILED REASON",
 * the id being the check's place in its list, from 1. At the end of input it says
 * what time the health process took.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../user/daemon/health.h"

static int health;
static uint32_t next_id = 1;

static void begin_list(void)
{
	struct health_check begin = { .kind = HEALTH_BEGIN };

	send(health, &begin, sizeof(begin), 0);
	next_id = 1;
}

static uint8_t type_of(const char *word)
{
	static const char *const words[SL_CHECK_TYPES] = {
		[SL_CHECK_TCP] = "tcp", [SL_CHECK_HTTP] = "http", [SL_CHECK_HTTPS] = "https",
		[SL_CHECK_DNS] = "dns", [SL_CHECK_SCRIPT] = "script", [SL_CHECK_UDP] = "udp",
	};

	for (int i = SL_CHECK_TCP; i < SL_CHECK_TYPES; i++)
		if (!strcmp(words[i], word))
			return (uint8_t)i;
	return SL_CHECK_NONE;
}

static void set(struct health_check *c, const char *key, const char *value)
{
	uint32_t number = (uint32_t)strtoul(value, NULL, 0);

	if (!strcmp(key, "text"))
		snprintf(c->text, sizeof(c->text), "%s", value);
	else if (!strcmp(key, "host"))
		snprintf(c->host, sizeof(c->host), "%s", value);
	else if (!strcmp(key, "mark"))
		c->mark = number;
	else if (!strcmp(key, "interval"))
		c->interval_ms = number;
	else if (!strcmp(key, "timeout"))
		c->timeout_ms = number;
	else if (!strcmp(key, "rise"))
		c->rise = number;
	else if (!strcmp(key, "fall"))
		c->fall = number;
	else if (!strcmp(key, "up"))
		c->is_up = number;
	else if (!strcmp(key, "expect"))
		c->expect_low = c->expect_high = (uint16_t)number;
}

static void send_check(char *line)
{
	struct health_check c = {
		.kind = HEALTH_CHECK, .id = next_id++, .is_up = true, .interval_ms = 200,
		.timeout_ms = 1000, .rise = 2, .fall = 3, .expect_low = 200, .expect_high = 299,
	};
	char *word = strtok(line, " "), *equal;

	c.type = word ? type_of(word) : SL_CHECK_NONE;
	word = strtok(NULL, " ");
	snprintf(c.backend, sizeof(c.backend), "%s", word ? word : "");
	c.addr.family = strchr(c.backend, ':') ? 6 : 4;
	inet_pton(c.addr.family == 6 ? AF_INET6 : AF_INET, c.backend, c.addr.octet);
	word = strtok(NULL, " ");
	c.port = (uint16_t)(word ? atoi(word) : 0);
	while ((word = strtok(NULL, " "))) {
		equal = strchr(word, '=');
		if (!equal)
			continue;
		*equal = '\0';
		set(&c, word, equal + 1);
	}
	send(health, &c, sizeof(c), 0);
}

/* false: there will be no more */
static bool take_line(void)
{
	static char *line;
	static size_t room;
	struct health_check end = { .kind = HEALTH_END };
	ssize_t n = getline(&line, &room, stdin);

	if (n < 0)
		return false;
	line[strcspn(line, "\n")] = '\0';
	if (*line) {
		send_check(line);
		return true;
	}
	send(health, &end, sizeof(end), 0);
	begin_list();
	return true;
}

static bool take_result(void)
{
	struct health_result r;

	if (recv(health, &r, sizeof(r), 0) != sizeof(r))
		return false;
	printf("%u %s %s %s %llu %llu %s\n", r.id, r.is_up ? "up" : "down",
	       r.is_soft ? "soft" : "hard", r.has_changed ? "new" : "same",
	       (unsigned long long)r.probes, (unsigned long long)r.failed, r.reason);
	return true;
}

static int cost(pid_t pid)
{
	struct rusage spent;
	int status;

	shutdown(health, SHUT_RDWR);
	if (wait4(pid, &status, 0, &spent) != pid)
		return 1;
	fprintf(stderr, "user %ld.%06ld system %ld.%06ld\n", spent.ru_utime.tv_sec,
		spent.ru_utime.tv_usec, spent.ru_stime.tv_sec, spent.ru_stime.tv_usec);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(void)
{
	struct pollfd wait[2] = { { STDIN_FILENO, POLLIN, 0 }, { -1, POLLIN, 0 } };
	int ends[2];
	pid_t pid;

	setvbuf(stdin, NULL, _IONBF, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return 1;
	pid = fork();
	if (!pid) {
		close(ends[0]);
		_exit(health_run(ends[1]) ? 1 : 0);
	}
	close(ends[1]);
	wait[1].fd = health = ends[0];
	begin_list();
	while (poll(wait, 2, -1) > 0) {
		if (wait[0].revents && !take_line())
			break;
		if (wait[1].revents && !take_result())
			break;
	}
	return cost(pid);
}
