/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sluiced is one program in several processes, as OpenBSD's relayd:
 *
 *	parent		root; starts the others, watches them, starts them again
 *	  control	user 0 without capabilities: maps, netlink, HTTP
 *	  health	an unprivileged user without maps: up, or down, because
 *	  apply		short-lived, as root: FILE is applied
 *	  again		the same: what runs is applied again, where that takes a
 *			program, a map or a link
 *
 * A role is a row of main.c; its process is the program executed again, with
 * descriptor 3 (and 4) as the row says.
 */
#ifndef SLUICE_DAEMON_H
#define SLUICE_DAEMON_H

#include <sys/types.h>

#include "log.h"

/* How sluiced ends; as the command does. */
enum { DAEMON_DONE = 0, DAEMON_REFUSED = 1, DAEMON_USAGE = 2, DAEMON_LOCKED = 4 };

/* Where a child finds its socket: control's and health's. */
enum { CHILD_SOCKET = 3 };

struct daemon {
	const char *instance, *file;	/* file NULL: what runs is taken as it is */
	enum log_form form;
};

/* Control and health are asked whether they are alive; one that does not answer so many
 * times is killed. */
enum { BEAT_S = 2, BEATS = 5 };

/* A role's body: how the process ends. */
int parent_run(const struct daemon *d);
int control_run(const struct daemon *d);
int apply_run(const struct daemon *d);
int again_run(const struct daemon *d);

/* Executes the program as `role`; socket: its CHILD_SOCKET, or -1. The process, or
 * -errno. spawn.c */
pid_t spawn(const struct daemon *d, const char *role, int socket);

/* ---- what parent and control say to each other: struct word, SOCK_SEQPACKET ---- */

enum said {
	/* parent -> control */
	SAID_HEALTH = 1,	/* with the descriptor of a new health process */
	SAID_PING,
	SAID_AGAIN,		/* what control asked for was done (value: how it ended) */
	/* control -> parent */
	SAID_READY,
	SAID_PONG,
	SAID_DO_AGAIN,		/* apply what runs again: it takes capabilities */
	SAID_HEALTH_HANGS,
};

struct word { unsigned said; int value; };

/* fd -1: none goes along. 0 or -errno. words.c */
int word_send(int sock, enum said said, int value, int fd);
/* 1: got one, *fd is what came along, the caller's to close, or -1; 0: nothing yet;
 * -EPIPE: the other side is gone, or sends what is no word. */
int word_get(int sock, struct word *word, int *fd);

#endif
