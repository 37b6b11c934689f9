// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A listening socket, at an address or at a path. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <sluice/scope.h>

#include "../conf/conf.h"
#include "listen.h"

enum { BACKLOG = 128 };

union where {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un path;
};

static socklen_t where_of(const struct sl_listen *at, union where *w)
{
	*w = (union where){ 0 };
	if (at->how == SL_LISTEN_UNIX) {
		w->path.sun_family = AF_UNIX;
		memcpy(w->path.sun_path, at->path, sizeof(at->path));
		return sizeof(w->path);
	}
	if (at->addr.family == 6) {
		w->v6.sin6_family = AF_INET6;
		w->v6.sin6_port = htons(at->port);
		memcpy(&w->v6.sin6_addr, at->addr.octet, 16);
		return sizeof(w->v6);
	}
	w->v4.sin_family = AF_INET;
	w->v4.sin_port = htons(at->port);
	memcpy(&w->v4.sin_addr, at->addr.octet, 4);
	return sizeof(w->v4);
}

static void remove_dead(const union where *w, socklen_t length)
{
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, &w->any, length) && errno == ECONNREFUSED)
		unlink(w->path.sun_path);
}

static int open_at(int fd, const union where *w, socklen_t length)
{
	int one = 1;

	if (w->any.sa_family == AF_UNIX)
		remove_dead(w, length);
	else if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		return -1;
	if (bind(fd, &w->any, length) || listen(fd, BACKLOG))
		return -1;
	return w->any.sa_family == AF_UNIX ? chmod(w->path.sun_path, 0660) : 0;
}

int listen_at(const struct sl_listen *at, struct sl_error *x)
{
	char text[CONF_LISTEN_TEXT];
	union where w;
	socklen_t length = where_of(at, &w);
	int fd = socket(w.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	int err;

	if (fd >= 0 && !open_at(fd, &w, length))
		return fd;
	err = sl_fail_errno(x, "listen %s", conf_listen_text(at, text));
	if (fd >= 0)
		close(fd);
	return err;
}
