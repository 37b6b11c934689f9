/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What control and health say to each other, over a SOCK_SEQPACKET pair: one of
 * these structs a message. health knows addresses and ports; of maps, pools and
 * libbpf it knows nothing. It says up, or down, because.
 */
#ifndef SLUICE_HEALTH_H
#define SLUICE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include <sluice/config.h>

enum { CHECK_TEXT = 256, CHECK_REASON = 128 };

enum health_kind {		/* control -> health */
	HEALTH_BEGIN = 1,	/* a new whole list follows */
	HEALTH_CHECK,		/* one of it */
	HEALTH_END,		/* that was all: checks that are not in it end */
	HEALTH_PING,
	/* health -> control */
	HEALTH_RESULT,
	HEALTH_PONG,		/* a health_result of which nothing else counts */
};

/* A check: what is the same in the list before goes on undisturbed (its id too). */
struct health_check {
	uint32_t kind;			/* HEALTH_CHECK */
	uint32_t id;			/* control's; results name it */
	uint8_t type;			/* enum sl_check_type */
	bool is_up;			/* as which it begins */
	struct sl_address addr;		/* connect to this */
	uint16_t port;
	uint32_t mark;			/* SO_MARK of the probe; 0: none (via: direct) */
	uint32_t interval_ms, timeout_ms, rise, fall;
	uint16_t expect_low, expect_high;	/* http: status */
	char text[CHECK_TEXT];		/* http: path; dns: name; script: file */
	char host[CHECK_TEXT];		/* http(s): Host and SNI; "": the address */
	char backend[64];		/* for scripts: the backend's address as text */
};

/* Sent when the state changes, and every 10 s besides (so nothing stays unheard). */
struct health_result {
	uint32_t kind;			/* HEALTH_RESULT */
	uint32_t id;
	bool is_up;
	bool is_soft;			/* it answers, and says no (HTTP 5xx) */
	bool has_changed;
	uint32_t latency_us;		/* of the last probe */
	uint64_t probes, failed;	/* since the check began */
	char reason[CHECK_REASON];	/* "connection refused", "status 503"; "" up */
};

/* The health process: never returns; 0 when `control` is closed. */
int health_run(int control);

#endif
