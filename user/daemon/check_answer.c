// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Of an answer's head, what says where its body ends; RFC 9112, 6.3. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check_answer.h"

void answer_begin(struct answer *a)
{
	a->n = a->left = 0;
	a->is = ANSWER_COMES;
	a->has_head = false;
}

char *answer_room(struct answer *a, size_t *room)
{
	*room = sizeof(a->head) - a->n;
	return a->has_head ? NULL : a->head + a->n;
}

bool answer_is_whole(const struct answer *a)
{
	return a->is == ANSWER_WHOLE;
}

/* Behind "name:" in the head, which ends with an empty line; NULL. */
static const char *field(const struct answer *a, size_t end, const char *name)
{
	const char *at = a->head, *last = a->head + end;
	size_t n = strlen(name);

	while ((at = memchr(at, '\n', (size_t)(last - at))) && last - ++at > (ptrdiff_t)n)
		if (!strncasecmp(at, name, n) && at[n] == ':')
			return at + n + 1 + strspn(at + n + 1, " \t");
	return NULL;
}

/* Octets of the body; ANSWER_BODY + 1: it does not say. */
static size_t length_of(const struct answer *a, size_t end)
{
	const char *says = field(a, end, "content-length");
	unsigned long n;
	char *behind;

	if (!memcmp(a->head + 8, " 204", 4) || !memcmp(a->head + 8, " 304", 4))
		return 0;
	if (!says || !isdigit((unsigned char)*says) || field(a, end, "transfer-encoding"))
		return ANSWER_BODY + 1;
	n = strtoul(says, &behind, 10);
	return *behind == '\r' && n <= ANSWER_BODY ? n : ANSWER_BODY + 1;
}

/* With a "connection" field it most likely closes: what else may stand there is rare. */
static bool is_kept(const struct answer *a, size_t end)
{
	const char *says = field(a, end, "connection");

	return end > 16 && !memcmp(a->head, "HTTP/1.1 ", 9) && (!says || !strncasecmp(says, "keep-alive\r", 11));
}

static enum answer_is take_head(struct answer *a)
{
	const char *end = memmem(a->head, a->n, "\r\n\r\n", 4);
	size_t head, body;

	if (!end)
		return a->n < sizeof(a->head) ? ANSWER_COMES : ANSWER_ENDLESS;
	head = (size_t)(end - a->head) + 4;
	if (!is_kept(a, head))
		return ANSWER_ENDLESS;
	body = length_of(a, head);
	if (body > ANSWER_BODY || a->n - head > body)
		return ANSWER_ENDLESS;
	a->has_head = true;
	a->left = body - (a->n - head);
	return a->left ? ANSWER_COMES : ANSWER_WHOLE;
}

enum answer_is answer_take(struct answer *a, size_t n)
{
	if (a->is == ANSWER_ENDLESS)
		return a->is;
	if (!a->has_head) {
		a->n += n;
		a->is = take_head(a);
		return a->is;
	}
	if (n > a->left) {
		a->is = ANSWER_ENDLESS;
		return a->is;
	}
	a->left -= n;
	a->is = a->left ? ANSWER_COMES : ANSWER_WHOLE;
	return a->is;
}
