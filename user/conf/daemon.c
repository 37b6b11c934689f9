// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What only sluiced does: where it listens, to whom it announces. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

#include "balancer.h"

_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) == SL_SOCKET_PATH,
	       "a socket's path has another size");

/* ---- where it listens ------------------------------------------------- */

/* "192.0.2.1:80", "[2001:db8::1]:80" */
static bool read_endpoint(const char *text, struct sl_listen *out)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;
	struct sl_listen to = { .how = SL_LISTEN_TCP };
	char host[INET6_ADDRSTRLEN] = "";
	uint64_t port;

	if (!n || !number_read(colon + 1, 1, 65535, &port))
		return false;
	to.addr.family = *text == '[' && text[n - 1] == ']' ? 6 : 4;
	text += to.addr.family == 6;
	n -= to.addr.family == 6 ? 2 : 0;
	if (n >= sizeof(host))
		return false;
	memcpy(host, text, n);
	to.port = (uint16_t)port;
	if (inet_pton(to.addr.family == 6 ? AF_INET6 : AF_INET, host,
		      to.addr.octet) != 1)
		return false;
	*out = to;
	return true;
}

static bool is_path(const char *text, size_t room)
{
	return *text == '/' && strlen(text) < room && text[strlen(text) - 1] != '/';
}

static bool read_endpoint_or_path(const char *text, struct sl_listen *out)
{
	struct sl_listen path = { .how = SL_LISTEN_UNIX };

	if (strncmp(text, "unix:", 5))
		return read_endpoint(text, out);
	if (!is_path(text + 5, sizeof(path.path)))
		return false;
	memcpy(path.path, text + 5, strlen(text + 5));
	*out = path;
	return true;
}

static bool is_loopback(const struct sl_address *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	return a->family == 4 ? a->octet[0] == 127 :
				!memcmp(a->octet, one, sizeof(one));
}

static void read_listen(struct reader *r, const struct node *node,
			const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	struct sl_listen off = { .how = SL_LISTEN_OFF };
	struct sl_listen *listen = field_of(object, key);

	if (!text)
		return;
	if (!strcmp(text, "off"))
		*listen = off;
	else if (!read_endpoint_or_path(text, listen))
		fault(r, node, "listen %.128s: expected \"127.0.0.1:9464\", \"[::1]:9464\", \"unix:/path\" of at most %d characters, or off",
		      text, SL_SOCKET_PATH - 1);
	else if (listen->how == SL_LISTEN_TCP && !is_loopback(&listen->addr))
		caution(r, node, "listen %s: whoever reaches this address sees the backends: expected loopback, or a rule that says who may",
			text);
}

static void write_listen(struct text *t, const struct key *key,
			 const void *object)
{
	const struct sl_listen *listen = field_of(object, key);
	char word[CONF_LISTEN_TEXT];

	text_word(t, conf_listen_text(listen, word));
}

const char *conf_listen_text(const struct sl_listen *listen,
			     char text[CONF_LISTEN_TEXT])
{
	bool six = listen->addr.family == 6;
	char host[INET6_ADDRSTRLEN] = "";

	inet_ntop(six ? AF_INET6 : AF_INET, listen->addr.octet, host, sizeof(host));
	if (listen->how == SL_LISTEN_TCP)
		snprintf(text, CONF_LISTEN_TEXT, six ? "[%s]:%u" : "%s:%u", host,
			 listen->port);
	else if (listen->how == SL_LISTEN_UNIX)
		snprintf(text, CONF_LISTEN_TEXT, "unix:%s", listen->path);
	else
		strcpy(text, "off");
	return text;
}

static const struct type type_listen = { "an address and a port", read_listen, write_listen };

/* ---- to whom it announces --------------------------------------------- */

static void read_path(struct reader *r, const struct node *node,
		      const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);

	if (!text)
		return;
	if (is_path(text, key->size))
		memcpy(field_of(object, key), text, strlen(text) + 1);
	else
		fault(r, node, "%s %.128s: expected an absolute path of at most %zu characters",
		      key->name, text, key->size - 1);
}

static void write_path(struct text *t, const struct key *key, const void *object)
{
	const char *path = field_of(object, key);

	if (*path)
		text_word(t, path);
}

static const struct type type_path = { "an absolute path", read_path, write_path };

/* ---- the section ------------------------------------------------------ */

static const void *daemon_defaults(const void *object)
{
	const struct sl_config *usual = schema_config.defaults(object);

	return &usual->daemon;
}

#define DAEMON(member) FIELD(struct sl_daemon_conf, member)

static const struct key metrics_keys[] = {
	{ "listen", .type = &type_listen, DAEMON(metrics) },
};
static const struct schema schema_metrics = {
	.noun = "metrics", KEYS(metrics_keys), .defaults = daemon_defaults,
};

static const struct key bird_keys[] = {
	{ "include", .type = &type_path, DAEMON(bird.include), .required = true },
	{ "control", .type = &type_path, DAEMON(bird.control) },
};
static const struct schema schema_bird = {
	.noun = "bird", KEYS(bird_keys), .defaults = daemon_defaults,
};

static const struct key announce_keys[] = {
	{ "bird", KEY_GROUP, .schema = &schema_bird, .quiet = true },
};
static const struct schema schema_announce = {
	.noun = "announce", KEYS(announce_keys), .defaults = daemon_defaults,
};

static const struct key daemon_keys[] = {
	{ "metrics", KEY_GROUP, .schema = &schema_metrics },
	{ "announce", KEY_GROUP, .schema = &schema_announce },
};

const struct schema schema_daemon = {
	.noun = "daemon", KEYS(daemon_keys), .block = true,
	.size = sizeof(struct sl_daemon_conf), .defaults = daemon_defaults,
};
