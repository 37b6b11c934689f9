/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where an answer of HTTP/1.1 ends, so that its connection can be used again. */
#ifndef SLUICE_CHECK_ANSWER_H
#define SLUICE_CHECK_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

enum { ANSWER_HEAD = 2048, ANSWER_BODY = 1 << 20 };

enum answer_is {
	ANSWER_COMES,		/* there is more */
	ANSWER_WHOLE,		/* that was all, and the server waits for a request */
	ANSWER_ENDLESS,		/* it says no length, or too much, or closes */
};

struct answer {
	char head[ANSWER_HEAD];	/* what came first, n octets; not terminated */
	size_t n, left;		/* left: of the body, once the head is whole */
	enum answer_is is;
	bool has_head;
};

void answer_begin(struct answer *a);
/* Where the next octets go; NULL: anywhere, they only count. */
char *answer_room(struct answer *a, size_t *room);
/* `n` > 0 octets have come. */
enum answer_is answer_take(struct answer *a, size_t n);
bool answer_is_whole(const struct answer *a);

#endif
