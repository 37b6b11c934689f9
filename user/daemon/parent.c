/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parent: starts the other processes, watches them, and starts them again. */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <sluice/sluice.h>

#include "daemon.h"
#include "parent.h"
#include "privilege.h"

/* A job waits 5 s for the lock; what it leaves half done the next command repairs. */
static const struct timeval term_wait = { .tv_sec = 3 }, job_wait = { .tv_sec = 10 };

static bool make_pair(int pair[2])
{
	return !socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair);
}

/* ---- control and health ---------------------------------------------------- */

/* Its result's way is new each time: one end is the child's, one control's. */
static void start_health(struct parent *p)
{
	int pair[2];

	if (make_pair(pair)) {
		child_start(&p->health, p, pair[0]);
		if (p->health.pid)
			word_send(p->sock, SAID_HEALTH, 0, pair[1]);
		close(pair[0]);
		close(pair[1]);
	}
	if (!p->health.pid)
		child_again(&p->health, p);
}

static void listen_to_control(evutil_socket_t sock, short what, void *arg)
{
	struct parent *p = arg;
	struct word word;
	int fd, got;

	(void)what;
	while ((got = word_get(sock, &word, &fd)) > 0) {
		if (fd >= 0)
			close(fd);
		if (word.said == SAID_READY)
			parent_ready(p);
		else if (word.said == SAID_PONG)
			beat_answered(p);
		else if (word.said == SAID_DO_AGAIN)
			job_want(p, JOB_AGAIN);
		else if (word.said == SAID_HEALTH_HANGS)
			beat_kill(&p->health);
	}
	if (got < 0)		/* it is dead, or about to be */
		event_del(p->listen);
}

static void forget_control(struct parent *p)
{
	if (p->listen)
		event_free(p->listen);
	p->listen = NULL;
	if (p->sock >= 0)
		close(p->sock);
	p->sock = -1;
}

static void hold_control(struct parent *p, int sock)
{
	forget_control(p);	/* one that could not be started left its socket */
	p->sock = sock;
	p->unanswered = 0;
	p->listen = event_new(p->loop, p->sock, EV_READ | EV_PERSIST, listen_to_control, p);
	event_add(p->listen, NULL);
}

static void start_control(struct parent *p)
{
	int pair[2];

	if (make_pair(pair)) {
		child_start(&p->control, p, pair[1]);
		close(pair[1]);
		hold_control(p, pair[0]);
	}
	if (!p->control.pid)
		child_again(&p->control, p);
	else if (!p->health.pid)
		start_health(p);
}

/* ---- ends ------------------------------------------------------------------- */

static void end_if_alone(struct parent *p)
{
	if (p->stopping && !p->control.pid && !p->health.pid && !p->job.pid)
		event_base_loopbreak(p->loop);
}

static void kill_children(evutil_socket_t sock, short what, void *arg)
{
	struct parent *p = arg;

	(void)sock, (void)what;
	if (p->control.pid)
		kill(p->control.pid, SIGKILL);
	if (p->health.pid)
		kill(p->health.pid, SIGKILL);
}

static void kill_job(evutil_socket_t sock, short what, void *arg)
{
	struct parent *p = arg;

	(void)sock, (void)what;
	if (!p->job.pid)
		return;
	log_line(LOG_IS_ERROR, p->job.role, "is not done after 10 s: it is killed");
	kill(p->job.pid, SIGKILL);
}

void parent_stop(struct parent *p, int end)
{
	if (p->stopping)
		return;
	p->stopping = true;
	p->end = end;
	sd_notify(0, "STOPPING=1");
	if (p->control.pid)
		kill(p->control.pid, SIGTERM);
	if (p->health.pid)
		kill(p->health.pid, SIGTERM);
	event_base_once(p->loop, -1, EV_TIMEOUT, kill_children, p, &term_wait);
	event_base_once(p->loop, -1, EV_TIMEOUT, kill_job, p, &job_wait);
	end_if_alone(p);
}

static void control_ended(struct parent *p, int status)
{
	forget_control(p);
	if (p->stopping && WIFEXITED(status) && WEXITSTATUS(status))
		child_say_end(&p->control, status);
	if (p->stopping)
		return;
	if (!p->is_ready) {
		if (WIFSIGNALED(status))	/* else it has said why */
			child_say_end(&p->control, status);
		parent_stop(p, WIFEXITED(status) ? WEXITSTATUS(status) : DAEMON_REFUSED);
		return;
	}
	child_say_end(&p->control, status);
	child_again(&p->control, p);
}

/* With control it ends by itself: then it is only started again. */
static void health_ended(struct parent *p, int status)
{
	if (p->stopping || !p->control.pid)
		return;
	if (p->control.since_ms > p->health.since_ms) {
		start_health(p);
		return;
	}
	/* status 0: it has seen control's end before we did */
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		child_say_end(&p->health, status);
	child_again(&p->health, p);
}

static void children_ended(evutil_socket_t sock, short what, void *arg)
{
	struct parent *p = arg;
	int status;
	pid_t pid;

	(void)sock, (void)what;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *c = pid == p->control.pid ? &p->control :
			pid == p->health.pid ? &p->health :
			pid == p->job.pid ? &p->job : NULL;

		if (!c)
			continue;
		c->pid = 0;
		c->ended(p, status);
	}
	end_if_alone(p);
}

/* ---- the loop ----------------------------------------------------------------- */

void parent_begin(struct parent *p)
{
	start_control(p);
	if (!p->control.pid)
		parent_stop(p, DAEMON_REFUSED);
}

void parent_ready(struct parent *p)
{
	if (!p->is_ready)
		log_line(LOG_IS_NOTICE, "sluiced", "ready for instance %s", p->d->instance);
	p->is_ready = true;
	job_tell(p);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct parent *p = arg;

	(void)what;
	if (number != SIGHUP)
		parent_stop(p, DAEMON_DONE);
	else if (p->d->file)
		job_want(p, JOB_APPLY);
	else
		log_line(LOG_IS_WARNING, "SIGHUP", "no file to apply: sluiced was started without -c");
}

static int open_loop(struct parent *p, struct event *signals[4])
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };

	p->loop = event_base_new();
	if (!p->loop)
		return -ENOMEM;
	signals[3] = evsignal_new(p->loop, SIGCHLD, children_ended, p);
	for (size_t i = 0; i < 3; i++)
		signals[i] = evsignal_new(p->loop, numbers[i], on_signal, p);
	for (size_t i = 0; i < 4; i++)
		if (!signals[i] || event_add(signals[i], NULL))
			return -ENOMEM;
	return job_start(p) ? -ENOMEM : beat_start(p);
}

static int run(struct parent *p)
{
	struct event *signals[4] = { NULL };

	if (open_loop(p, signals)) {
		log_line(LOG_IS_ERROR, "sluiced", "no memory for its loop");
		return DAEMON_REFUSED;
	}
	if (p->d->file)
		job_want(p, JOB_APPLY);
	else
		parent_begin(p);
	event_base_dispatch(p->loop);
	forget_control(p);
	for (size_t i = 0; i < 4; i++)
		event_free(signals[i]);
	event_free(p->beat);
	job_stop(p);
	event_base_free(p->loop);
	return p->end;
}

int parent_run(const struct daemon *d)
{
	struct parent p = {
		.d = d, .sock = -1,
		.control = { .role = "control", .ended = control_ended, .start = start_control },
		.health = { .role = "health", .ended = health_ended, .start = start_health },
		.job = { .ended = job_ended },
	};
	struct sl_error x = { "" };
	int err, claim = -1;

	err = geteuid() ? sl_fail(&x, EPERM, "not permitted: it needs root, to start processes that are not") :
		sl_kernel_check(&x);
	if (!err)
		err = privilege_join(&x);
	if (!err)
		err = claim = sl_daemon_claim(d->instance, &x);
	if (err < 0) {
		log_line(LOG_IS_ERROR, "sluiced", "%s", x.text);
		return err == -EBUSY ? DAEMON_LOCKED : DAEMON_REFUSED;
	}
	err = run(&p);
	sl_daemon_leave(d->instance, claim);
	return err;
}
