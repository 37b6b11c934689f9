/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What takes capabilities, or a file: done by a short-lived child, one at a time. */
#include <errno.h>
#include <inttypes.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "parent.h"

static void wake_in(struct event *event, uint64_t ms)
{
	struct timeval in = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };

	event_add(event, &in);
}

static enum job choose(const struct parent *p)
{
	if (p->wants_apply)
		return JOB_APPLY;
	return p->wants_again && !event_pending(p->rest, EV_TIMEOUT, NULL) ? JOB_AGAIN : JOB_NONE;
}

static void next(struct parent *p)
{
	if (p->job.pid || p->stopping)
		return;
	p->doing = choose(p);
	if (p->doing == JOB_NONE)
		return;
	p->wants_again = false;		/* an apply does that too */
	p->wants_apply = false;
	p->job.role = p->doing == JOB_APPLY ? "apply" : "again";
	child_start(&p->job, p, -1);
	if (p->job.pid)
		wake_in(p->late, LATE_MS);
	else
		job_ended(p, DAEMON_REFUSED << 8);
}

static void on_rested(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	next(arg);
}

static void say_waits(const struct parent *p)
{
	log_line(LOG_IS_WARNING, p->job.role, "process %d is at work for %d s: what is asked for meanwhile waits",
		 (int)p->job.pid, (int)(child_age_ms(&p->job) / 1000));
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	say_waits(arg);
}

int job_start(struct parent *p)
{
	p->late = event_new(p->loop, -1, 0, on_late, p);
	p->rest = event_new(p->loop, -1, 0, on_rested, p);
	return p->late && p->rest ? 0 : -ENOMEM;
}

void job_stop(struct parent *p)
{
	event_free(p->late);
	event_free(p->rest);
}

void job_tell(struct parent *p)
{
	if (p->is_ready && p->doing != JOB_APPLY && !p->wants_apply)
		sd_notify(0, "READY=1");
}

void job_want(struct parent *p, enum job job)
{
	struct timespec t;

	if (job == JOB_AGAIN) {
		p->wants_again = true;
	} else {
		p->wants_apply = true;
		if (p->job.pid && child_age_ms(&p->job) > LATE_MS)
			say_waits(p);
		clock_gettime(CLOCK_MONOTONIC, &t);
		if (p->is_ready)
			sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
				   (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000);
	}
	next(p);
}

/* Before control has been started, it is the first apply. */
void job_ended(struct parent *p, int status)
{
	int end = WIFEXITED(status) ? WEXITSTATUS(status) : DAEMON_REFUSED;

	if (!WIFEXITED(status))
		child_say_end(&p->job, status);
	p->doing = JOB_NONE;
	event_del(p->late);
	wake_in(p->rest, REST_MS);
	if (p->stopping)
		return;
	if (!p->control.since_ms) {
		if (end)
			parent_stop(p, end);
		else
			parent_begin(p);
	} else if (p->sock >= 0) {
		word_send(p->sock, SAID_AGAIN, end, -1);
	}
	job_tell(p);
	next(p);
}
