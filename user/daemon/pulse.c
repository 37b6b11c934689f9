/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Is health alive? Control asks; the parent kills one that does not answer. */
#include <sys/socket.h>

#include "backends.h"
#include "daemon.h"

static struct {
	struct control *control;
	struct event *beat;
	unsigned unanswered;
} pulse;

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	const struct health_check ping = { .kind = HEALTH_PING };

	(void)fd, (void)what, (void)arg;
	if (pulse.control->health < 0)
		return;
	if (pulse.unanswered++ < BEATS) {
		send(pulse.control->health, &ping, sizeof(ping), MSG_NOSIGNAL | MSG_DONTWAIT);
		return;
	}
	pulse.unanswered = 0;
	word_send(pulse.control->parent, SAID_HEALTH_HANGS, 0, -1);
}

void pulse_felt(void)
{
	pulse.unanswered = 0;
}

int pulse_start(struct control *c)
{
	struct timeval every = { .tv_sec = BEAT_S };

	pulse.control = c;
	pulse.beat = event_new(c->loop, -1, EV_PERSIST, on_beat, NULL);
	return pulse.beat && !event_add(pulse.beat, &every) ? 0 : -1;
}

void pulse_stop(void)
{
	event_free(pulse.beat);
}
