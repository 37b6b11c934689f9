/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One child of the parent: started, its end told, started again. */
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "parent.h"

enum {
	SOON_MS = 50,
	LATER_MS = 10000,
	FALL_MS = 10000,	/* an end is forgotten after so long */
	FALLS = 30,
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void child_start(struct child *c, struct parent *p, int socket)
{
	pid_t pid = spawn(p->d, c->role, socket);

	c->pid = pid > 0 ? pid : 0;
	c->since_ms = now_ms();
	if (pid < 0)
		log_line(LOG_IS_ERROR, c->role, "cannot be started: %s", strerror(-pid));
}

void child_say_end(const struct child *c, int status)
{
	if (WIFSIGNALED(status))
		log_line(LOG_IS_ERROR, c->role, "ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		log_line(LOG_IS_ERROR, c->role, "ended with status %d", WEXITSTATUS(status));
}

uint64_t child_age_ms(const struct child *c)
{
	return now_ms() - c->since_ms;
}

static void start_control(evutil_socket_t sock, short what, void *arg)
{
	struct parent *p = arg;

	(void)sock, (void)what;
	if (!p->control.pid && !p->stopping)
		p->control.start(p);
}

static void start_health(evutil_socket_t sock, short what, void *arg)
{
	struct parent *p = arg;

	(void)sock, (void)what;
	/* without control there is nobody to tell: control's start starts it */
	if (p->control.pid && !p->health.pid && !p->stopping)
		p->health.start(p);
}

/* falls_ms is a time by which all ends are forgotten, each after FALL_MS. */
void child_again(struct child *c, struct parent *p)
{
	struct timeval in = { .tv_usec = SOON_MS * 1000 };
	uint64_t now = now_ms();

	if (c->falls_ms < now)
		c->falls_ms = now;
	c->falls_ms += FALL_MS;
	if (c->falls_ms > now + (uint64_t)FALLS * FALL_MS)
		in = (struct timeval){ .tv_sec = LATER_MS / 1000 };
	event_base_once(p->loop, -1, EV_TIMEOUT,
			c == &p->control ? start_control : start_health, p, &in);
}
