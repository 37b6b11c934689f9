/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Control is asked every 2 s whether it is alive; one that does not answer is killed. */
#include <errno.h>
#include <signal.h>
#include <systemd/sd-daemon.h>

#include "parent.h"

void beat_kill(struct child *c)
{
	if (!c->pid)
		return;
	log_line(LOG_IS_ERROR, c->role, "does not answer for %d s: it is killed", BEAT_S * BEATS);
	kill(c->pid, SIGKILL);
}

/* A health that did not see its control end hangs, and nobody else would notice. */
static bool outlived(const struct parent *p)
{
	return p->health.pid && p->health.since_ms < p->control.since_ms &&
	       child_age_ms(&p->control) > BEAT_S * BEATS * 1000;
}

static void beat(evutil_socket_t sock, short what, void *arg)
{
	struct parent *p = arg;

	(void)sock, (void)what;
	if (!p->control.pid)
		return;
	if (outlived(p))
		beat_kill(&p->health);
	if (p->unanswered++ < BEATS)
		word_send(p->sock, SAID_PING, 0, -1);
	else
		beat_kill(&p->control);
}

int beat_start(struct parent *p)
{
	struct timeval every = { .tv_sec = BEAT_S };

	p->beat = event_new(p->loop, -1, EV_PERSIST, beat, p);
	return p->beat && !event_add(p->beat, &every) ? 0 : -ENOMEM;
}

void beat_answered(struct parent *p)
{
	p->unanswered = 0;
	sd_notify(0, "WATCHDOG=1");
}
