/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One check of one backend: when its probes begin and end, what their results make
 * of it. How a type asks is its own file; it never judges. One probe at a time.
 */
#ifndef SLUICE_CHECK_H
#define SLUICE_CHECK_H

#include <sys/socket.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "health.h"

enum verdict {
	VERDICT_NONE,		/* it was not asked: no fault of the backend's */
	VERDICT_UP,
	VERDICT_SOFT,		/* it answers, and says no */
	VERDICT_HARD,
};

struct check;

struct check_type {
	/* Begins a probe; it ends with check_end(), perhaps at once. */
	void (*start)(struct check *c);
	/* Lets go of whatever a probe holds; also when there is none. */
	void (*stop)(struct check *c);
	/* Lets go of what is kept from one probe to the next; NULL: nothing is. */
	void (*forget)(struct check *c);
	bool silence_is_up;	/* else no answer in time is a failure */
	bool has_one_pace;	/* no fast interval */
};

extern const struct check_type check_tcp, check_udp, check_http, check_https,
	check_dns, check_script;

struct check {
	struct health_check asked;
	const struct check_type *type;
	struct event_base *loop;
	struct event timer;	/* to the begin of a probe, or to the end of its time */
	struct event io;	/* of a probe that is one socket */
	int fd;			/* its socket; -1 */
	void *probe;		/* of other probes: the type's */
	uint16_t question;	/* its id, of dns */
	bool is_running, is_up, is_soft, has_changed;
	uint32_t against;	/* results in a row that are not as is_up */
	uint64_t begun_us;
	uint32_t latency_us;
	uint64_t probes, failed;
	char reason[CHECK_REASON];
	/* health.c's: a probe has ended, the reason may be another one */
	void (*ended)(struct check *c, bool is_news);
	bool is_unsent;
	uint64_t sent_us;
};

/* ---- check_schedule.c ------------------------------------------------- */

uint64_t check_now_us(void);
/* `c` is zeroed but for asked, type, loop, ended. */
void check_begin(struct check *c);
/* The probe that runs has this result; format: why it is not up, for people. */
void check_end(struct check *c, enum verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void check_stop(struct check *c);	/* no further probe, nothing held */

/* ---- check_socket.c --------------------------------------------------- */

/* "connection refused"; of errno values that backends cause. */
const char *check_errno_text(int err);
/* Not the backend's fault: no descriptor, no port, no right. */
bool check_errno_is_ours(int err);
/* Ends the probe as this errno says. */
void check_end_errno(struct check *c, int err);
socklen_t check_address(const struct health_check *asked, struct sockaddr_storage *to);
/* Non-blocking, with the probe's mark; -errno. */
int check_socket(const struct health_check *asked, int type);
/* Opens c->fd, connects it and waits for `what`; false: the probe has ended. */
bool check_connect(struct check *c, int type, short what, event_callback_fn ready);
void check_socket_stop(struct check *c);

/* ---- check_http.c ----------------------------------------------------- */

enum {
	CHECK_REQUEST = 2 * CHECK_TEXT + 128,
	CHECK_LINE = sizeof("HTTP/1.1 200") - 1,	/* of an answer, what is judged */
};

/* GET, with this field Connection; its length. */
int check_request(const struct health_check *asked, const char *connection,
		  char request[CHECK_REQUEST]);
/* Ends the probe as the first CHECK_LINE octets of the answer say. */
void check_end_line(struct check *c, const char *line);

#endif
