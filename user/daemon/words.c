/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What parent and control say to each other, and the descriptor that goes along. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon.h"

union passed {			/* room for a descriptor, aligned */
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

int word_send(int sock, enum said said, int value, int fd)
{
	struct word word = { .said = said, .value = value };
	struct iovec part = { &word, sizeof(word) };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
	union passed passed = { 0 };

	if (fd >= 0) {
		m.msg_control = &passed;
		m.msg_controllen = sizeof(passed);
		passed.head.cmsg_level = SOL_SOCKET;
		passed.head.cmsg_type = SCM_RIGHTS;
		passed.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&passed.head), &fd, sizeof(fd));
	}
	return sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

/* The room is for exactly one, without what alignment adds: the kernel would put a
 * second one there. */
static int descriptor_of(const struct msghdr *m, const union passed *passed)
{
	int fd = -1;

	if (m->msg_controllen >= CMSG_LEN(sizeof(fd)) &&
	    passed->head.cmsg_level == SOL_SOCKET && passed->head.cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(&passed->head), sizeof(fd));
	return fd;
}

int word_get(int sock, struct word *word, int *fd)
{
	struct iovec part = { word, sizeof(*word) };
	union passed passed = { 0 };
	struct msghdr m = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &passed, .msg_controllen = CMSG_LEN(sizeof(int)),
	};
	ssize_t n;

	*fd = -1;
	n = recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
	*fd = descriptor_of(&m, &passed);
	if (n == sizeof(*word))
		return 1;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return -EPIPE;
}
