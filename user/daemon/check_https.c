// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * As check_http.c, through TLS. Its handshake costs as much as fifteen requests, so the
 * connection of a backend that is up serves some probes, and the next one goes on with
 * the session of the last. No certificate is verified.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "check.h"
#include "check_answer.h"

enum {
	/* A connection is kept for so long: no later is it noticed that no new one is taken. */
	KEEP_PROBES = 15,
	KEEP_US = 30 * 1000 * 1000,
	BEYOND = 4096,			/* octets of a body that are read at once */
};

/* A check's, from its first probe on; c->probe. Its socket is the check's. */
struct tls {
	SSL *ssl;			/* NULL: not connected */
	SSL_SESSION *session;		/* the last one's, or NULL */
	uint64_t born_us;
	unsigned probes;		/* that it has answered before */
	bool is_sent, is_judged;	/* the request; its answer */
	struct answer answer;
};

static SSL_CTX *context;

static void on_ready(evutil_socket_t fd, short what, void *arg);

/* ---- a connection ----------------------------------------------------- */

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls *t = SSL_get_app_data(ssl);

	SSL_SESSION_free(t->session);
	t->session = session;
	return 1;
}

static bool has_context(void)
{
	if (context)
		return true;
	context = SSL_CTX_new(TLS_client_method());
	if (!context)
		return false;
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(context, 1);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(context, keep_session);
	return true;
}

/* A session may go on though nobody said farewell. */
static void hang_up(struct check *c)
{
	struct tls *t = c->probe;

	if (t->ssl)
		SSL_set_shutdown(t->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(t->ssl);
	t->ssl = NULL;
	t->probes = 0;
	check_socket_stop(c);
}

/* A name that SNI can say: no address, and without a port behind it. */
static bool server_name(const struct health_check *asked, char name[CHECK_TEXT])
{
	struct in_addr four;

	snprintf(name, CHECK_TEXT, "%.*s", (int)strcspn(asked->host, ":"), asked->host);
	return *name && *name != '[' && inet_pton(AF_INET, name, &four) != 1;
}

/* False: the probe has ended. */
static bool begin(struct check *c)
{
	struct tls *t = c->probe;
	char name[CHECK_TEXT];

	t->ssl = has_context() ? SSL_new(context) : NULL;
	if (!t->ssl) {
		check_end_errno(c, ENOMEM);
		return false;
	}
	t->born_us = check_now_us();
	t->is_sent = false;
	answer_begin(&t->answer);
	SSL_set_app_data(t->ssl, t);
	SSL_set_connect_state(t->ssl);
	if (t->session)
		SSL_set_session(t->ssl, t->session);
	if (server_name(&c->asked, name))
		SSL_set_tlsext_host_name(t->ssl, name);
	if (!check_connect(c, SOCK_STREAM, EV_READ | EV_WRITE | EV_ET | EV_PERSIST, on_ready))
		return false;
	SSL_set_fd(t->ssl, c->fd);
	return true;
}

/* ---- a probe ---------------------------------------------------------- */

static bool is_farewell(int why)
{
	return why == SSL_ERROR_ZERO_RETURN ||
	       ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

static void judge_failure(struct check *c, int why, int err)
{
	const struct tls *t = c->probe;
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	if (why == SSL_ERROR_SYSCALL && err)
		check_end_errno(c, err);
	else if (SSL_is_init_finished(t->ssl) && is_farewell(why))
		check_end(c, VERDICT_HARD, "closed without an answer");
	else
		check_end(c, VERDICT_HARD, "TLS: %.100s", reason ? reason : "no handshake");
}

/* One that was kept may have been closed meanwhile: that is no failure. */
static void take_failure(struct check *c, int result, int err)
{
	struct tls *t = c->probe;
	int why = SSL_get_error(t->ssl, result);

	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return;
	if (!t->is_judged && !t->probes) {
		judge_failure(c, why, err);
		return;
	}
	hang_up(c);
	if (!t->is_judged)
		begin(c);
}

/* With the handshake before it, if there was none yet. */
static void send_request(struct check *c)
{
	struct tls *t = c->probe;
	char request[CHECK_REQUEST];
	int n = check_request(&c->asked, "keep-alive", request), sent;

	ERR_clear_error();
	sent = SSL_write(t->ssl, request, n);
	t->is_sent = sent == n;
	if (!t->is_sent)
		take_failure(c, sent, errno);
}

static void judge_line(struct check *c)
{
	struct tls *t = c->probe;

	t->is_judged = true;
	check_end_line(c, t->answer.head);
}

/* The probe ends with the status, the connection only if more comes than is expected. */
static void take_octets(struct check *c, size_t n)
{
	struct tls *t = c->probe;
	enum answer_is is = answer_take(&t->answer, n);

	if (!t->is_judged && (t->answer.n >= CHECK_LINE || is == ANSWER_ENDLESS))
		judge_line(c);
	if (t->is_judged && (is == ANSWER_ENDLESS || !c->is_up || c->against))
		hang_up(c);
}

static void take_answer(struct check *c)
{
	struct tls *t = c->probe;
	char beyond[BEYOND], *to;
	size_t room;
	int n;

	do {
		to = answer_room(&t->answer, &room);
		ERR_clear_error();
		n = SSL_read(t->ssl, to ? to : beyond, to ? (int)room : BEYOND);
		if (n > 0)
			take_octets(c, (size_t)n);
		else
			take_failure(c, n, errno);
	} while (n > 0 && t->ssl && !answer_is_whole(&t->answer));
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct check *c = arg;
	struct tls *t = c->probe;

	(void)fd, (void)what;
	if (!t->is_sent)
		send_request(c);
	if (t->ssl && t->is_sent)
		take_answer(c);
}

static bool may_go_on(const struct tls *t)
{
	return answer_is_whole(&t->answer) && t->probes + 1 < KEEP_PROBES &&
	       check_now_us() - t->born_us < KEEP_US;
}

static void start(struct check *c)
{
	struct tls *t = c->probe ? c->probe : calloc(1, sizeof(*t));

	c->probe = t;
	if (!t) {
		check_end_errno(c, ENOMEM);
		return;
	}
	if (t->ssl && !may_go_on(t))
		hang_up(c);
	t->probes += t->ssl != NULL;
	t->is_judged = false;
	answer_begin(&t->answer);
	if (t->ssl)
		send_request(c);
	else
		begin(c);
}

/* What failed is no session to go on with. */
static void stop(struct check *c)
{
	struct tls *t = c->probe;

	if (!t || t->is_judged)
		return;
	hang_up(c);
	SSL_SESSION_free(t->session);
	t->session = NULL;
}

static void forget(struct check *c)
{
	struct tls *t = c->probe;

	if (!t)
		return;
	hang_up(c);
	SSL_SESSION_free(t->session);
	free(t);
	c->probe = NULL;
}

const struct check_type check_https = { .start = start, .stop = stop, .forget = forget };
