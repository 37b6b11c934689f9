/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parent's state, and its files: parent.c, child.c, job.c, beat.c. */
#ifndef SLUICE_PARENT_H
#define SLUICE_PARENT_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon.h"

struct parent;

struct child {
	const char *role;
	pid_t pid;		/* 0: none runs */
	uint64_t since_ms;	/* when it was started; monotonic */
	uint64_t falls_ms;	/* see child_again() */
	void (*ended)(struct parent *p, int status);
	void (*start)(struct parent *p);
};

enum job { JOB_NONE, JOB_APPLY, JOB_AGAIN };

struct parent {
	const struct daemon *d;
	struct event_base *loop;
	struct child control, health, job;
	int sock;			/* to control, -1 none */
	struct event *listen, *beat;
	unsigned unanswered;		/* pings */
	bool is_ready;			/* control was, once */
	bool stopping;
	bool wants_apply, wants_again;	/* when the job that runs has ended */
	enum job doing;
	struct event *late, *rest;	/* the job takes long; another may begin */
	int end;			/* how sluiced ends */
};

/* ---- parent.c */
void parent_begin(struct parent *p);	/* nothing is left to be done before control */
void parent_ready(struct parent *p);
void parent_stop(struct parent *p, int end);

/* ---- child.c */
/* c->pid, 0 if it could not be started (says so). */
void child_start(struct child *c, struct parent *p, int socket);
void child_say_end(const struct child *c, int status);
uint64_t child_age_ms(const struct child *c);
/* c->start() soon: after 50 ms; after 10 s when it has ended 30 times within
 * a short time. */
void child_again(struct child *c, struct parent *p);

/* ---- job.c: one short-lived child at a time; JOB_AGAIN not sooner than REST_MS after
 * one ended, whatever control asks. One that takes long is said, and waited for. */
enum { REST_MS = 500, LATE_MS = 10000 };
int job_start(struct parent *p);	/* -ENOMEM */
void job_stop(struct parent *p);
void job_want(struct parent *p, enum job job);
void job_ended(struct parent *p, int status);
/* To systemd: is everything done that was asked for? */
void job_tell(struct parent *p);

/* ---- beat.c: is control alive? systemd's watchdog is told when it is. It asks the
 * same of health: pulse.c */
int beat_start(struct parent *p);
void beat_answered(struct parent *p);
void beat_kill(struct child *c);	/* it does not answer */

#endif
