// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The health process: the list of checks as control sends it, and what they find. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"

enum { SAY_EVERY_US = 10 * 1000 * 1000, MESSAGES_A_TURN = 256, FILES = 32768 };

struct list { struct check **check; size_t n, room; };

static struct health {
	struct event_base *loop;
	struct event told, can_say;	/* control is to be read; can be written to */
	int control;
	struct list now, next;		/* next: while a new list is coming */
} health;

/* ---- what was found, to control --------------------------------------- */

/* False: control does not listen at the moment. */
static bool say(struct check *c)
{
	struct health_result r = {
		.kind = HEALTH_RESULT, .id = c->asked.id, .is_up = c->is_up,
		.is_soft = c->is_soft, .has_changed = c->has_changed,
		.latency_us = c->latency_us, .probes = c->probes, .failed = c->failed,
	};

	memcpy(r.reason, c->reason, sizeof(r.reason));
	if (send(health.control, &r, sizeof(r), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return false;
	c->is_unsent = c->has_changed = false;
	c->sent_us = check_now_us();
	return true;
}

static void say_all(void)
{
	for (size_t i = 0; i < health.now.n; i++)
		if (health.now.check[i]->is_unsent && !say(health.now.check[i])) {
			event_add(&health.can_say, NULL);
			return;
		}
}

static void on_can_say(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	say_all();
}

static void on_probe_ended(struct check *c, bool is_news)
{
	if (is_news || check_now_us() - c->sent_us >= SAY_EVERY_US)
		c->is_unsent = true;
	if (c->is_unsent && !event_pending(&health.can_say, EV_WRITE, NULL) && !say(c))
		event_add(&health.can_say, NULL);
}

/* ---- the list --------------------------------------------------------- */

static const struct check_type *type_of(uint8_t type)
{
	static const struct check_type *const types[SL_CHECK_TYPES] = {
		[SL_CHECK_TCP] = &check_tcp, [SL_CHECK_UDP] = &check_udp,
		[SL_CHECK_HTTP] = &check_http, [SL_CHECK_HTTPS] = &check_https,
		[SL_CHECK_DNS] = &check_dns, [SL_CHECK_SCRIPT] = &check_script,
	};

	return type < SL_CHECK_TYPES ? types[type] : NULL;
}

static int by_text(const struct health_check *a, const struct health_check *b)
{
	int order = strcmp(a->text, b->text);

	if (!order)
		order = strcmp(a->host, b->host);
	return order ? order : strcmp(a->backend, b->backend);
}

/* By whatever tells two checks apart: all but the id, and as what they begin. */
static int by_content(const void *one, const void *other)
{
	const struct health_check *a = &(*(struct check *const *)one)->asked;
	const struct health_check *b = &(*(struct check *const *)other)->asked;
	int order = memcmp(&a->addr, &b->addr, sizeof(a->addr));

#define BY(field) if (!order) order = (a->field > b->field) - (a->field < b->field)
	BY(type);
	BY(port);
	BY(mark);
	BY(interval_ms);
	BY(timeout_ms);
	BY(rise);
	BY(fall);
	BY(expect_low);
	BY(expect_high);
#undef BY
	return order ? order : by_text(a, b);
}

static bool list_add(struct list *l, struct check *c)
{
	size_t room = l->room ? l->room * 2 : 64;
	struct check **more;

	if (l->n == l->room) {
		more = realloc(l->check, room * sizeof(struct check *));
		if (!more)
			return false;
		l->check = more;
		l->room = room;
	}
	l->check[l->n++] = c;
	return true;
}

static void list_free(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->check[i]);
	free(l->check);
	*l = (struct list){ 0 };
}

/* NULL: it cannot be asked. */
static struct check *check_new(const struct health_check *asked)
{
	const struct check_type *type = type_of(asked->type);
	struct check *c = type ? calloc(1, sizeof(*c)) : NULL;

	if (!c)
		return NULL;
	memcpy(&c->asked, asked, sizeof(*asked));
	c->asked.text[CHECK_TEXT - 1] = c->asked.host[CHECK_TEXT - 1] = '\0';
	c->asked.backend[sizeof(c->asked.backend) - 1] = '\0';
	c->type = type;
	c->loop = health.loop;
	c->ended = on_probe_ended;
	return c;
}

/* Both lists in order: what is in both goes on as it was, under its new id. */
static void merge(struct list *was, struct list *is)
{
	size_t i = 0, j = 0;
	struct check *old;
	int order;

	qsort(is->check, is->n, sizeof(struct check *), by_content);
	while (i < was->n || j < is->n) {
		order = i == was->n ? 1 : j == is->n ? -1 :
			by_content(&was->check[i], &is->check[j]);
		if (order > 0) {
			check_begin(is->check[j++]);
		} else if (order < 0) {
			check_stop(was->check[i++]);
		} else {
			old = was->check[i];
			old->asked.id = is->check[j]->asked.id;
			was->check[i++] = is->check[j];	/* to be freed with the list */
			is->check[j++] = old;
		}
	}
}

/* Control may be another one, that knows nothing yet: it is told all. */
static void take_over(void)
{
	if (health.next.n || health.now.n)
		merge(&health.now, &health.next);
	list_free(&health.now);
	health.now = health.next;
	health.next = (struct list){ 0 };
	for (size_t i = 0; i < health.now.n; i++)
		health.now.check[i]->is_unsent = health.now.check[i]->probes > 0;
	say_all();
}

/* ---- what control says ------------------------------------------------ */

static void obey(const struct health_check *told, ssize_t n)
{
	const struct health_result pong = { .kind = HEALTH_PONG };
	struct check *c;

	if (told->kind == HEALTH_PING) {
		send(health.control, &pong, sizeof(pong), MSG_NOSIGNAL | MSG_DONTWAIT);
	} else if (told->kind == HEALTH_BEGIN) {
		list_free(&health.next);
	} else if (told->kind == HEALTH_END) {
		take_over();
	} else if (told->kind == HEALTH_CHECK && n == sizeof(*told)) {
		c = check_new(told);
		if (c && !list_add(&health.next, c))
			free(c);
	}
}

static void on_told(evutil_socket_t fd, short what, void *arg)
{
	struct health_check told;
	ssize_t n;

	(void)what, (void)arg;
	for (int i = 0; i < MESSAGES_A_TURN; i++) {
		n = recv(fd, &told, sizeof(told), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			event_base_loopbreak(health.loop);
			return;
		}
		if ((size_t)n >= sizeof(told.kind))
			obey(&told, n);
	}
}

/* A descriptor each, at the worst; and no right that a script would inherit. */
static void prepare(void)
{
	struct rlimit files;

	signal(SIGPIPE, SIG_IGN);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max < FILES ? files.rlim_max : FILES;
	setrlimit(RLIMIT_NOFILE, &files);
}

int health_run(int control)
{
	prepare();
	health.control = control;
	health.loop = event_base_new();
	if (!health.loop)
		return -ENOMEM;
	event_assign(&health.told, health.loop, control, EV_READ | EV_PERSIST, on_told, NULL);
	event_assign(&health.can_say, health.loop, control, EV_WRITE, on_can_say, NULL);
	event_add(&health.told, NULL);
	event_base_dispatch(health.loop);
	for (size_t i = 0; i < health.now.n; i++)
		check_stop(health.now.check[i]);
	list_free(&health.now);
	list_free(&health.next);
	event_base_free(health.loop);
	return 0;
}
