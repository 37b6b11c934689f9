// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Up is who answers a question for an address with RCODE 0, by UDP. */
#include <arpa/nameser.h>
#include <errno.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

#include <event2/util.h>

#include "check.h"

enum { QUESTION_MAX = NS_HFIXEDSZ + NS_MAXCDNAME + NS_QFIXEDSZ };

static const char *const rcodes[] = {
	[ns_r_formerr] = "FORMERR", [ns_r_servfail] = "SERVFAIL", [ns_r_nxdomain] = "NXDOMAIN",
	[ns_r_notimpl] = "NOTIMP", [ns_r_refused] = "REFUSED",
};

static void refused(struct check *c, int err)
{
	if (err == ECONNREFUSED)
		check_end(c, VERDICT_HARD, "port unreachable");
	else
		check_end_errno(c, err);
}

static void judge_answer(struct check *c, const uint8_t *answer, int length)
{
	ns_msg message;
	unsigned rcode;

	if (ns_initparse(answer, length, &message)) {
		check_end(c, VERDICT_SOFT, "answer is malformed");
		return;
	}
	rcode = (unsigned)ns_msg_getflag(message, ns_f_rcode);
	if (!rcode)
		check_end(c, VERDICT_UP, "%s", "");
	else if (rcode < sizeof(rcodes) / sizeof(*rcodes))
		check_end(c, VERDICT_SOFT, "answer is %s", rcodes[rcode]);
	else
		check_end(c, VERDICT_SOFT, "answer has rcode %u", rcode);
}

/* Of this question? Others may be late, or somebody's guesses. */
static bool is_ours(const struct check *c, const uint8_t *answer, ssize_t length)
{
	return length >= NS_HFIXEDSZ && answer[2] & 0x80 &&
	       ns_get16(answer) == c->question;
}

static void on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct check *c = arg;
	uint8_t answer[NS_PACKETSZ];
	ssize_t length = recv(fd, answer, sizeof(answer), 0);

	(void)what;
	if (length < 0 && errno != EAGAIN)
		refused(c, errno);
	else if (is_ours(c, answer, length))
		judge_answer(c, answer, (int)length);
}

static void start(struct check *c)
{
	struct __res_state how = { .options = RES_RECURSE };
	uint8_t question[QUESTION_MAX];
	int length;

	evutil_secure_rng_get_bytes(&c->question, sizeof(c->question));
	length = res_nmkquery(&how, ns_o_query, c->asked.text, ns_c_in, ns_t_a, NULL, 0, NULL,
			      question, sizeof(question));
	if (length < 0) {
		check_end(c, VERDICT_NONE, "not asked: no such name can be: %.64s", c->asked.text);
		return;
	}
	ns_put16(c->question, question);
	if (!check_connect(c, SOCK_DGRAM, EV_READ | EV_PERSIST, on_answer))
		return;
	if (send(c->fd, question, (size_t)length, MSG_NOSIGNAL) < 0)
		refused(c, errno);
}

const struct check_type check_dns = { .start = start, .stop = check_socket_stop };
