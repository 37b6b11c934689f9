/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Control is asked every 2 s whether it is alive; one that does not answer is killed. */
#include <errno.h>
#include <signal.h>
#include <systemd/sd-daemon.h>

#include "parent.h"

enum { EVERY_S = 2, PATIENCE = 5 };

static void beat(evutil_socket_t sock, short what, void *arg)
{
	struct parent *p = arg;

	(void)sock, (void)what;
	if (!p->control.pid)
		return;
	if (p->unanswered++ < PATIENCE) {
		word_send(p->sock, SAID_PING, 0, -1);
		return;
	}
	log_line(LOG_IS_ERROR, "control", "does not answer for %d s: it is killed", EVERY_S * PATIENCE);
	p->unanswered = 0;
	kill(p->control.pid, SIGKILL);
}

int beat_start(struct parent *p)
{
	struct timeval every = { .tv_sec = EVERY_S };

	p->beat = event_new(p->loop, -1, EV_PERSIST, beat, p);
	return p->beat && !event_add(p->beat, &every) ? 0 : -ENOMEM;
}

void beat_answered(struct parent *p)
{
	p->unanswered = 0;
	sd_notify(0, "WATCHDOG=1");
}
