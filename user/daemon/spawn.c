/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The program once more, as another process with another role. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon.h"

/* Nothing that is open goes along but the socket, whoever opened it. */
static void become(const struct daemon *d, const char *role, int socket)
{
	const char *words[] = {
		"sluiced", "--role", role, "-I", d->instance,
		"--log", d->form == LOG_JSON ? "json" : "text",
		d->file ? "-c" : NULL, d->file, NULL,
	};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_IGN);	/* a terminal's are the parent's */
	signal(SIGHUP, SIG_IGN);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	if (socket == CHILD_SOCKET)
		fcntl(socket, F_SETFD, 0);
	else if (socket >= 0)
		dup2(socket, CHILD_SOCKET);
	close_range(socket < 0 ? CHILD_SOCKET : CHILD_SOCKET + 1, ~0U, 0);
	/* of the same build as the parent, whatever was installed since */
	execv("/proc/self/exe", (char *const *)words);
	_exit(DAEMON_REFUSED);
}

pid_t spawn(const struct daemon *d, const char *role, int socket)
{
	pid_t pid = fork();

	if (!pid)
		become(d, role, socket);
	return pid < 0 ? -errno : pid;
}
