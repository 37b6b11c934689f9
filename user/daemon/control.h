/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The control process: the instance's truth in one place, and the parts that act
 * on it. Everything runs in one libevent loop and no part may block it for more
 * than 50 ms (but for the lock of a change, which others hold for longer only while
 * a million elements are loaded: then the part comes again).
 */
#ifndef SLUICE_CONTROL_H
#define SLUICE_CONTROL_H

#include <event2/event.h>

#include <sluice/sluice.h>

struct control {
	struct event_base *loop;
	const char *instance;
	struct sl_config *conf;		/* what runs; NULL: nothing was applied yet */
	uint64_t digest;		/* of its text */
	int parent, health;		/* sockets; health -1: there is none now */
	bool draining;			/* `announce drain`: withdraw all */
};

/* One part of control. start: once, may fail the start of the daemon. running: what
 * runs has changed (c->conf is new), also once after start. stop: before exit. */
struct part {
	const char *name;
	int (*start)(struct control *c, struct sl_error *x);
	void (*running)(struct control *c);
	void (*stop)(struct control *c);
};

/* The rows stand in parts.c; the last is NULL. */
extern const struct part *const control_parts[];
extern const struct part part_health;	/* results into slots: states.c */
extern const struct part part_clock;	/* expiry, settling, records: clock.c */
extern const struct part part_watch;	/* netlink: watch.c */
extern const struct part part_metrics;	/* http, page: metrics.c, http.c, page.c */
extern const struct part part_announce;	/* BIRD: announce.c */

/* Opens the instance locked and with sl_config_set done; sl_close() ends the change.
 * -EAGAIN at once: somebody else holds the lock, or c->conf is not what runs any more
 * (running() is called soon): come again. -ENOENT: nothing runs. Control has no
 * capability: what takes a new map, program or link fails with -EPERM; control_again()
 * is for that. */
int control_change(struct control *c, struct sl_instance **inst, struct sl_error *x);
/* Opens it to be read. */
int control_read(struct control *c, struct sl_instance **inst, struct sl_error *x);

/* Has what runs applied again, with every capability, by a child of the parent: what
 * is not as c->conf says (an interface without its program, what a killed command left)
 * is then put right. running() of all parts is called after it. One at a time, and after
 * one that failed not at once. */
void control_again(struct control *c);

/* What is known of a backend's health, for metrics, page and announcements. */
struct health_state {
	char pool[SL_NAME_LEN];
	struct sl_address addr;
	bool is_checked, is_up, is_soft;
	uint32_t latency_us;
	uint64_t probes, failed, changes;
	uint64_t since_ms;		/* CLOCK_MONOTONIC of the last change; 0: none was seen */
	char reason[128];
};

/* Calls each() for each backend of each pool of c->conf, in its order. */
void control_health(struct control *c, void (*each)(void *arg, const struct health_state *s), void *arg);

/* ---- between control's own files ---- */

/* running.c: keeps c->conf what running.yaml says. */
int running_start(struct control *c, struct sl_error *x);
/* Reads it, and calls control_changed() if it is another. */
void running_look(struct control *c);
void running_look_soon(void);		/* when the loop goes on */
void running_stop(struct control *c);
/* again.c: what control_again() asks for. */
int again_start(struct control *c, struct sl_error *x);
void again_ended(int end);		/* the child ended so */
void again_stop(void);
/* control.c: each part's running(). */
void control_changed(struct control *c);
/* states.c: a new health process, whose socket is control's to close. */
void health_connect(struct control *c, int sock);

#endif
