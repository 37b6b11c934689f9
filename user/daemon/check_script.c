// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Up is whose program ends with status 0. In time, or its process group is killed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/util.h>

#include "check.h"

enum { ENVIRONMENT = 5 };

/* One that runs; c->probe. */
struct script {
	pid_t pid;
	struct check *check;		/* NULL: killed, only to be reaped */
	struct script *next;
	char line[CHECK_REASON];	/* of what it prints, the first octets */
	size_t n;
};

static struct script *running;
static struct event *child_ended;

/* If it has ended; else when SIGCHLD says so. */
static void reap(struct script *s)
{
	struct script **at = &running;

	if (waitpid(s->pid, NULL, WNOHANG) == 0)
		return;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	free(s);
}

/* ---- how it ended ----------------------------------------------------- */

/* All of it is read, that nothing blocks; > 0: there may be more now, 0: there never is. */
static ssize_t read_more(struct check *c)
{
	struct script *s = c->probe;
	char octets[4096];
	ssize_t n = read(c->fd, octets, sizeof(octets));
	size_t room = sizeof(s->line) - 1 - s->n;

	if (n <= 0)
		return n;
	if ((size_t)n < room)
		room = (size_t)n;
	memcpy(s->line + s->n, octets, room);
	s->n += room;
	return n;
}

static void on_output(evutil_socket_t fd, short what, void *arg)
{
	struct check *c = arg;

	(void)fd, (void)what;
	if (!read_more(c))
		event_del(&c->io);
}

/* Without what a terminal would obey. */
static void keep_first_line(struct script *s)
{
	char *at = s->line;

	s->line[strcspn(s->line, "\r\n")] = '\0';
	for (; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
}

static void finish(struct check *c, const siginfo_t *end)
{
	struct script *s = c->probe;

	for (int i = 0; i < 16 && read_more(c) > 0; i++)
		;
	keep_first_line(s);
	if (end->si_code == CLD_EXITED && !end->si_status)
		check_end(c, VERDICT_UP, "%s", "");
	else if (*s->line)
		check_end(c, VERDICT_HARD, "%s", s->line);
	else if (end->si_code == CLD_EXITED)
		check_end(c, VERDICT_HARD, "exit status %d", end->si_status);
	else
		check_end(c, VERDICT_HARD, "killed by signal %d", end->si_status);
}

/* Its number is its own until it is reaped, so that stop() kills the right group. */
static void on_child(evutil_socket_t fd, short what, void *arg)
{
	struct script *s, *next;

	(void)fd, (void)what, (void)arg;
	for (s = running; s; s = next) {
		siginfo_t end = { 0 };

		next = s->next;
		if (waitid(P_PID, (id_t)s->pid, &end, WEXITED | WNOHANG | WNOWAIT) || !end.si_pid)
			continue;
		if (s->check)
			finish(s->check, &end);
		else
			reap(s);
	}
}

/* ---- how it begins ---------------------------------------------------- */

/* Its own process group, no signal of ours, output to `out`. */
static int spawn(const struct health_check *asked, char *const *environment, int out, pid_t *pid)
{
	char *const words[] = { (char *)asked->text, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, all;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&how);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
				       POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setsigdefault(&how, &all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_adddup2(&files, out, 2);
	err = posix_spawn(pid, asked->text, &files, &how, words, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return err;
}

static int run(struct check *c, struct script *s)
{
	char backend[96], port[32], timeout[40];
	char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *const environment[ENVIRONMENT] = { backend, port, timeout, path };
	int ends[2], err;

	snprintf(backend, sizeof(backend), "SLUICE_BACKEND=%s", c->asked.backend);
	snprintf(port, sizeof(port), "SLUICE_PORT=%u", c->asked.port);
	snprintf(timeout, sizeof(timeout), "SLUICE_TIMEOUT_MS=%u", c->asked.timeout_ms);
	if (pipe2(ends, O_CLOEXEC))
		return errno;
	err = spawn(&c->asked, environment, ends[1], &s->pid);
	close(ends[1]);
	if (err) {
		close(ends[0]);
		return err;
	}
	c->fd = ends[0];
	evutil_make_socket_nonblocking(c->fd);
	event_assign(&c->io, c->loop, c->fd, EV_READ | EV_PERSIST, on_output, c);
	event_add(&c->io, NULL);
	return 0;
}

static bool is_watching(const struct check *c)
{
	if (child_ended)
		return true;
	child_ended = evsignal_new(c->loop, SIGCHLD, on_child, NULL);
	return child_ended && !evsignal_add(child_ended, NULL);
}

static void start(struct check *c)
{
	struct script *s = is_watching(c) ? calloc(1, sizeof(*s)) : NULL;
	int err = s ? run(c, s) : ENOMEM;

	if (err) {
		free(s);
		check_end(c, VERDICT_NONE, "%.64s: %s", c->asked.text, strerror(err));
		return;
	}
	s->check = c;
	s->next = running;
	running = s;
	c->probe = s;
}

/* With whatever it has left behind. */
static void stop(struct check *c)
{
	struct script *s = c->probe;

	if (!s)
		return;
	c->probe = NULL;
	check_socket_stop(c);
	s->check = NULL;
	kill(-s->pid, SIGKILL);
	reap(s);
}

const struct check_type check_script = { .start = start, .stop = stop };
