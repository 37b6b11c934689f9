// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One word to BIRD: its greeting, `configure`, its answer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "bird.h"

enum {
	ANSWER_S = 10,
	GREETING = 1,		/* "0001 BIRD 2.0.12 ready." */
	REFUSALS = 8000,	/* codes from here on are */
};

struct bird {
	struct bufferevent *io;
	void (*said)(const char *refused);
};

void bird_hang_up(struct bird *b)
{
	if (!b)
		return;
	bufferevent_free(b->io);
	free(b);
}

int bird_line(const char *line, int *goes_on)
{
	if (strspn(line, "0123456789") != 4 || (line[4] != ' ' && line[4] != '-'))
		return -1;
	*goes_on = line[4] == '-';
	return atoi(line);
}

static void end(struct bird *b, const char *refused)
{
	void (*said)(const char *) = b->said;
	char text[256] = "";

	if (refused)
		snprintf(text, sizeof(text), "%s", refused);
	bird_hang_up(b);
	said(refused ? text : NULL);
}

/* Lines that begin with a space go on with the one before. */
static void on_read(struct bufferevent *io, void *arg)
{
	struct bird *b = arg;
	int code, goes_on;
	char *line;

	while ((line = evbuffer_readln(bufferevent_get_input(io), NULL, EVBUFFER_EOL_ANY))) {
		code = bird_line(line, &goes_on);
		if (code == GREETING) {
			bufferevent_write(io, "configure\n", 10);
		} else if (code >= REFUSALS || (code >= 0 && !goes_on)) {
			end(b, code >= REFUSALS ? line + 5 : NULL);
			free(line);
			return;
		}
		free(line);
	}
}

static void on_event(struct bufferevent *io, short what, void *arg)
{
	int err = EVUTIL_SOCKET_ERROR();

	(void)io;
	if (what & BEV_EVENT_TIMEOUT)
		end(arg, "no answer");
	else
		end(arg, what & BEV_EVENT_EOF ? "it hung up" : strerror(err));
}

static int connect_to(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

int bird_configure(struct bird **bird, struct event_base *loop, const char *path,
		   void (*said)(const char *refused))
{
	struct timeval until = { .tv_sec = ANSWER_S };
	int fd = connect_to(path);
	struct bird *b;

	if (fd < 0)
		return fd;
	b = calloc(1, sizeof(*b));
	if (b)
		b->io = bufferevent_socket_new(loop, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!b || !b->io) {
		close(fd);
		free(b);
		return -ENOMEM;
	}
	b->said = said;
	bufferevent_setcb(b->io, on_read, NULL, on_event, b);
	bufferevent_set_timeouts(b->io, &until, &until);
	bufferevent_enable(b->io, EV_READ | EV_WRITE);
	*bird = b;
	return 0;
}
