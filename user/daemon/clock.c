/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Time: elements of sets expire, slots that wait settle, records age. Twice a second
 * it is looked whether something is due, which takes microseconds; the lock is taken
 * only for what is, for 25 ms at most, and others come in between.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "control.h"
#include "log.h"

enum {
	AT_MOST_MS = 25,	/* of work under the lock, at a stretch */
	SLOTS_AT_ONCE = 1 << 20,	/* to settle: 10 ms, and what waiting for packets takes */
	AGE_EVERY = 180,	/* s: the shortest time in which a record may come back is 4 min */
};

/* Who waits for the lock asks each 20 ms. */
static const struct timeval tick = { .tv_usec = 500 * 1000 }, soon = { .tv_usec = 25 * 1000 };

static struct {
	struct event *timer;
	uint32_t pool;		/* where settling goes on; 0: it does not */
	struct sl_settled settled;	/* of the pools before */
	uint32_t record;	/* where ageing goes on */
	time_t aged;		/* CLOCK_MONOTONIC, s: when it began last */
	bool ages;
	int failed;		/* what was said of it once is not said again */
} clock_part;

static time_t now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* ---- what is due ----------------------------------------------------------------- */

struct due { struct sl_clock clock; bool ages; };

static bool is_any(const struct due *due)
{
	return !due->clock.expires || !due->clock.settles || due->ages;
}

static int find_due(struct control *c, struct due *due, struct sl_error *x)
{
	time_t now = now_s();
	int err = sl_clock_look(c->instance, &due->clock, x);

	if (!clock_part.ages && now - clock_part.aged >= AGE_EVERY) {
		clock_part.ages = true;
		clock_part.aged = now;
	}
	due->ages = clock_part.ages;
	if (!err && clock_part.pool)
		due->clock.settles = 0;
	return err;
}

/* ---- doing it ---------------------------------------------------------------------- */

static void say_settled(const struct sl_settled *done)
{
	if (done->freed)
		log_line(LOG_IS_NOTICE, "pools", "%u removed backends have no flows any more", done->freed);
	if (done->stable && !done->waiting)
		log_line(LOG_IS_NOTICE, "pools", "all slots are stable");
}

static int settle_some(struct sl_instance *inst, bool *more, struct sl_error *x)
{
	struct sl_settled done = { 0 }, *all = &clock_part.settled;
	int err;

	if (!clock_part.pool)
		*all = done;
	err = sl_pools_settle(inst, &clock_part.pool, SLOTS_AT_ONCE, &done, x);
	if (err)
		return err;
	all->stable += done.stable;
	all->waiting += done.waiting;
	all->freed += done.freed;
	*more = clock_part.pool != 0;
	if (!*more)
		say_settled(all);
	return 0;
}

/* *more: it is not done yet. */
static int carry_out(struct sl_instance *inst, const struct due *due, bool *more, struct sl_error *x)
{
	struct sl_expired expired = { 0 };
	int err = 0;

	if (!due->clock.expires)
		err = sl_sets_expire(inst, AT_MOST_MS, &expired, x);
	*more = expired.more;
	if (err || *more)
		return err;
	if (!due->clock.settles) {
		err = settle_some(inst, more, x);
	} else if (due->ages) {
		err = sl_records_age(inst, &clock_part.record, AT_MOST_MS, x);
		clock_part.ages = clock_part.record != 0;
		*more = clock_part.ages;
	}
	return err;
}

static int do_due(struct control *c, const struct due *due, bool *more, struct sl_error *x)
{
	struct sl_instance *inst = NULL;
	int err = control_change(c, &inst, x);

	if (!err)
		err = carry_out(inst, due, more, x);
	sl_close(inst);
	*more |= err == -EAGAIN;
	return err;
}

/* A set whose truth is full, or an instance that a killed command left, is built anew,
 * which may take what control does not have. */
static void report(struct control *c, int err, const struct sl_error *x)
{
	if (err == -EAGAIN || err == -ENOENT)
		return;
	if (err && err != clock_part.failed)
		log_line(LOG_IS_ERROR, "clock", "%s", x->text);
	if (err == -EPERM)
		control_again(c);
	clock_part.failed = err;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct control *c = arg;
	struct sl_error x = { "" };
	struct due due = { { SL_NEVER, SL_NEVER }, false };
	bool more = false;
	int err;

	(void)fd, (void)what;
	err = c->conf ? find_due(c, &due, &x) : -ENOENT;
	if (!err && is_any(&due))
		err = do_due(c, &due, &more, &x);
	report(c, err, &x);
	event_add(clock_part.timer, more ? &soon : &tick);
}

/* ---- the part ------------------------------------------------------------------------ */

static int start(struct control *c, struct sl_error *x)
{
	clock_part.timer = evtimer_new(c->loop, on_tick, c);
	if (!clock_part.timer || event_add(clock_part.timer, &tick))
		return sl_fail(x, ENOMEM, "no memory");
	clock_part.ages = true;
	clock_part.aged = now_s();
	return 0;
}

static void stop(struct control *c)
{
	(void)c;
	event_free(clock_part.timer);
}

const struct part part_clock = { "clock", start, NULL, stop };
