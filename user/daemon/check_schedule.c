// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* When a check's probes begin and end, and what their results make of it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <event2/util.h>

#include "check.h"

enum {
	FAST_MS = 500,		/* a fast interval is no shorter, */
	FAST_SHARE = 3,		/* nor than this share of the interval */
	SPREAD_MS = 2000,	/* within so much the first probes begin */
	JITTER = 10,		/* a tenth more or less */
	TICK_US = 10000,	/* what is due within a tick wakes the process once */
};

uint64_t check_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* It spreads probes and nothing else (xorshift64): the kernel is asked once. */
static uint64_t below(uint64_t n)
{
	static uint64_t random;

	while (!random)
		evutil_secure_rng_get_bytes(&random, sizeof(random));
	random ^= random << 13;
	random ^= random >> 7;
	random ^= random << 17;
	return n ? random % n : 0;
}

static void wake_in(struct check *c, uint64_t us)
{
	uint64_t late = (check_now_us() + us) % TICK_US;
	struct timeval in;

	us += TICK_US - late;
	in.tv_sec = (time_t)(us / 1000000);
	in.tv_usec = (suseconds_t)(us % 1000000);
	evtimer_add(&c->timer, &in);
}

static uint64_t pace_ms(const struct check *c)
{
	uint64_t interval = c->asked.interval_ms, fast = interval / FAST_SHARE;

	if (c->type->has_one_pace || (c->is_up && !c->against))
		return interval;
	if (fast < FAST_MS)
		fast = FAST_MS;
	return fast < interval ? fast : interval;
}

/* From one probe's begin to the next one's. */
static void wait_for_next(struct check *c)
{
	uint64_t us = pace_ms(c) * 1000, spent = check_now_us() - c->begun_us;

	us = us - us / JITTER + below(us / JITTER * 2);
	wake_in(c, us > spent ? us - spent : 0);
}

/* `rise` or `fall` results in a row turn it. */
static void judge(struct check *c, enum verdict verdict)
{
	bool is_good = verdict == VERDICT_UP;

	if (verdict == VERDICT_NONE)
		return;
	if (is_good == c->is_up) {
		c->against = 0;
	} else if (++c->against >= (c->is_up ? c->asked.fall : c->asked.rise)) {
		c->is_up = is_good;
		c->has_changed = true;
		c->against = 0;
	}
	c->is_soft = !c->is_up && verdict == VERDICT_SOFT;
	c->probes++;
	c->failed += !is_good;
}

static void end(struct check *c, enum verdict verdict, const char *reason)
{
	bool is_news = strcmp(c->reason, reason) != 0;

	c->latency_us = (uint32_t)(check_now_us() - c->begun_us);
	c->is_running = false;
	c->type->stop(c);
	judge(c, verdict);
	snprintf(c->reason, sizeof(c->reason), "%s", reason);
	wait_for_next(c);
	c->ended(c, is_news || c->has_changed);
}

void check_end(struct check *c, enum verdict verdict, const char *format, ...)
{
	char reason[CHECK_REASON];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	end(c, verdict, reason);
}

static void time_is_up(struct check *c)
{
	uint32_t ms = c->asked.timeout_ms;

	if (c->type->silence_is_up)
		check_end(c, VERDICT_UP, "%s", "");
	else if (ms % 1000)
		check_end(c, VERDICT_HARD, "timeout after %ums", ms);
	else
		check_end(c, VERDICT_HARD, "timeout after %us", ms / 1000);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct check *c = arg;

	(void)fd, (void)what;
	if (c->is_running) {
		time_is_up(c);
		return;
	}
	c->begun_us = check_now_us();
	c->is_running = true;
	wake_in(c, (uint64_t)c->asked.timeout_ms * 1000);
	c->type->start(c);
}

void check_begin(struct check *c)
{
	uint64_t ms = c->asked.interval_ms;

	c->fd = -1;
	c->is_up = c->asked.is_up;
	evtimer_assign(&c->timer, c->loop, on_timer, c);
	wake_in(c, below((ms < SPREAD_MS ? ms : SPREAD_MS) * 1000));
}

void check_stop(struct check *c)
{
	evtimer_del(&c->timer);
	c->type->stop(c);
	if (c->type->forget)
		c->type->forget(c);
	c->is_running = false;
}
