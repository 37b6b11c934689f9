/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What takes capabilities, or a file: done by a short-lived child, one at a time. */
#include <inttypes.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "parent.h"

static void next(struct parent *p)
{
	if (p->job.pid || p->stopping)
		return;
	p->doing = p->wants_apply ? JOB_APPLY : p->wants_again ? JOB_AGAIN : JOB_NONE;
	if (p->doing == JOB_NONE)
		return;
	p->wants_again = false;		/* an apply does that too */
	p->wants_apply = false;
	p->job.role = p->doing == JOB_APPLY ? "apply" : "again";
	child_start(&p->job, p, -1);
	if (!p->job.pid)
		job_ended(p, DAEMON_REFUSED << 8);
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
