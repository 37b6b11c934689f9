/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The network: next hops follow routes, neighbours, carrier and MTU, and interfaces
 * that come back get the program again. Events are joined for a moment, then the world
 * is looked at as it is: so one that was lost is none that is missed. What takes a
 * capability is asked of the parent, less often the longer it does not help.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "watch.h"

enum {
	STEP_MS = 20,		/* so long it is looked at a stretch */
	JOIN_MS = 50,		/* events that come together are one */
	SHARE = 10,		/* of the time that looking took: it may not do so always */
	BUSY_MS = 100,		/* somebody else has the lock */
	LATER_MS = 1000,	/* what failed is tried again */
	AGAIN_LEAST_MS = 1000,
	AGAIN_MOST_MS = 32 * 1000,
};

static struct {
	struct control *control;
	int fd;
	struct event *heard, *look;
	struct news news;
	struct sl_ways *ways;		/* being looked up, or to be stored */
	struct sl_hops hops;		/* as last seen */
	uint64_t took_ms;
	uint64_t again_at, patience;	/* no sooner is the parent asked; ms */
	int failed;
} net = { .fd = -1 };

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void look_in(uint64_t ms)
{
	const struct timeval when = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };

	event_add(net.look, &when);
}

/* ---- next hops --------------------------------------------------------------- */

static void say(const struct sl_hops *was, const struct sl_hops *now)
{
	if (now->changed)
		log_line(LOG_IS_NOTICE, "next hops", "%u backends are reached another way", now->changed);
	if (now->unreached > was->unreached)
		log_line(LOG_IS_WARNING, "next hops", "%u backends have no route", now->unreached);
	if (was->unreached && !now->unreached)
		log_line(LOG_IS_NOTICE, "next hops", "all backends have a route again");
	if (*now->refused && strcmp(was->refused, now->refused) != 0)
		log_line(LOG_IS_WARNING, "next hops", "%s", now->refused);
}

static bool all_are_held(const struct sl_hops *hops)
{
	for (size_t i = 0; i < hops->n; i++)
		if (!hops->neighbour[i].is_held)
			return false;
	return true;
}

/* Probes go by the tc programs of the devices that they leave by. */
static bool has_probes(const struct sl_config *conf)
{
	for (size_t i = 0; i < conf->n_pools; i++)
		if (conf->pools[i].check.via == SL_VIA_ENCAP)
			return true;
	return false;
}

/* 0, and *lacks: what only the parent can do. */
static int refresh(bool *lacks, struct sl_error *x)
{
	struct sl_instance *inst = NULL;
	struct sl_hops hops;
	int err = control_change(net.control, &inst, x);

	if (!err)
		err = sl_hops_refresh(inst, net.ways, &hops, x);
	sl_close(inst);
	if (err)
		return err;
	say(&net.hops, &hops);
	free(net.hops.neighbour);
	net.hops = hops;
	*lacks |= hops.beyond || !all_are_held(&hops) ||
		  (hops.changed && has_probes(net.control->conf));
	return 0;
}

/* ---- the parent ----------------------------------------------------------------- */

/* When it is done, running() is called, and all is looked at once more. */
static void ask_parent(void)
{
	uint64_t now = now_ms();

	if (now < net.again_at) {
		net.news.links = net.news.ways = true;
		look_in(net.again_at - now);
		return;
	}
	net.again_at = now + net.patience;
	net.patience = net.patience * 2 < AGAIN_MOST_MS ? net.patience * 2 : AGAIN_MOST_MS;
	control_again(net.control);
}

/* ---- looking -------------------------------------------------------------------------- */

static void report(int err, const struct sl_error *x)
{
	if (err && err != -ENOENT && err != net.failed)
		log_line(LOG_IS_ERROR, "next hops", "%s", x->text);
	net.failed = err;
}

static void look_soon(void)
{
	uint64_t ms = net.took_ms * SHARE;

	if (!event_pending(net.look, EV_TIMEOUT, NULL))
		look_in(ms > JOIN_MS ? ms : JOIN_MS);
}

static void drop_ways(void)
{
	sl_ways_free(net.ways);
	net.ways = NULL;
}

/* Before the lock is taken, and others have their turn meanwhile. What is heard of from
 * here on is looked at once more. False: not all of it yet. */
static bool look_at_ways(const struct sl_config *conf)
{
	uint64_t began = now_ms();
	bool all;

	if (!net.ways) {
		net.ways = sl_ways_new();
		net.news.ways = false;
		net.took_ms = 0;
	}
	all = !net.ways || sl_ways_look(net.ways, conf, STEP_MS);
	net.took_ms += now_ms() - began;
	return all;
}

/* What failed is looked at again. */
static void look_again(int links, int err)
{
	net.news.links &= links != 0;
	net.news.ways |= err != 0;
	if (links || err)
		look_in(net.took_ms * SHARE > LATER_MS ? net.took_ms * SHARE : LATER_MS);
	else if (net.news.ways)
		look_soon();
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct control *c = arg;
	struct sl_error x = { "" };
	bool lacks = false;
	uint64_t began;
	int links = 0, err = 0;

	(void)fd, (void)what;
	if (!c->conf)
		return;
	if ((net.news.ways || net.ways) && !look_at_ways(c->conf)) {
		look_in(0);
		return;
	}
	began = now_ms();
	if (net.news.links)
		links = interfaces_look(c, &lacks);
	if (net.ways)
		err = refresh(&lacks, &x);
	net.took_ms += now_ms() - began;
	if (err == -EAGAIN) {
		look_in(BUSY_MS);
		return;
	}
	drop_ways();
	report(err, &x);
	look_again(links, err);
	if (lacks)
		ask_parent();
	else
		net.patience = AGAIN_LEAST_MS;
}

static void on_heard(evutil_socket_t fd, short what, void *arg)
{
	(void)what, (void)arg;
	events_read(fd, &net.hops, &net.news);
	if (net.news.lost)
		log_line(LOG_IS_DEBUG, "netlink", "more events than there is room for: all is read anew");
	net.news.lost = false;
	if (net.news.links || net.news.ways)
		look_soon();
}

/* ---- the part ------------------------------------------------------------------------- */

static void running(struct control *c)
{
	if (!net.look)		/* it has not been started */
		return;
	drop_ways();
	if (!c->conf) {
		free(net.hops.neighbour);
		net.hops = (struct sl_hops){ .n = 0 };
		return;
	}
	net.news.links = net.news.ways = true;
	look_in(0);
}

static int start(struct control *c, struct sl_error *x)
{
	net.control = c;
	net.patience = AGAIN_LEAST_MS;
	net.fd = events_open(x);
	if (net.fd < 0)
		return net.fd;
	net.look = evtimer_new(c->loop, on_look, c);
	net.heard = event_new(c->loop, net.fd, EV_READ | EV_PERSIST, on_heard, c);
	if (!net.look || !net.heard || event_add(net.heard, NULL))
		return sl_fail(x, ENOMEM, "no memory");
	return 0;
}

static void stop(struct control *c)
{
	(void)c;
	event_free(net.heard);
	event_free(net.look);
	net.look = NULL;
	close(net.fd);
	free(net.hops.neighbour);
	drop_ways();
	interfaces_forget_all();
}

const struct part part_watch = { "watch", start, running, stop };
