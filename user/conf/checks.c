// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A pool's check: {type: http, port: 8080, path: /healthz, ...}. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sluice/scope.h>

#include "balancer.h"

#define CHECK(member) FIELD(struct sl_check_conf, member)
#define OF(type) (1u << SL_CHECK_##type)
#define WEB (OF(HTTP) | OF(HTTPS))

static const char *const types[] = {
	[SL_CHECK_NONE] = "none", [SL_CHECK_TCP] = "tcp",
	[SL_CHECK_HTTP] = "http", [SL_CHECK_HTTPS] = "https",
	[SL_CHECK_DNS] = "dns", [SL_CHECK_SCRIPT] = "script",
	[SL_CHECK_UDP] = "udp", NULL,
};
static const char *const vias[] = {
	[SL_VIA_DIRECT] = "direct", [SL_VIA_ENCAP] = "encap", NULL,
};

#define TIMES .interval_ms = 2000, .timeout_ms = 1000, .rise = 2, .fall = 3
static char root_path[] = "/";

static const struct sl_check_conf usual[SL_CHECK_TYPES] = {
	[SL_CHECK_NONE] = { .type = SL_CHECK_NONE },
	[SL_CHECK_TCP] = { .type = SL_CHECK_TCP, TIMES },
	[SL_CHECK_HTTP] = { .type = SL_CHECK_HTTP, TIMES, .port = 80,
			    .path = root_path, .expect_low = 200, .expect_high = 299 },
	[SL_CHECK_HTTPS] = { .type = SL_CHECK_HTTPS, TIMES, .port = 443,
			     .path = root_path, .expect_low = 200, .expect_high = 299 },
	[SL_CHECK_DNS] = { .type = SL_CHECK_DNS, TIMES, .port = 53 },
	[SL_CHECK_SCRIPT] = { .type = SL_CHECK_SCRIPT, TIMES },
	[SL_CHECK_UDP] = { .type = SL_CHECK_UDP, TIMES },
};

static const void *check_defaults(const void *object)
{
	const struct sl_check_conf *check = object;

	return &usual[check ? check->type : SL_CHECK_NONE];
}

/* ---- values that only checks have ------------------------------------- */

/* The first key: the defaults of the others depend on it. */
static void read_check_type(struct reader *r, const struct node *node,
			    const struct key *key, void *object)
{
	struct sl_check_conf *check = object;

	type_choice.read(r, node, key, object);
	memcpy(check, &usual[check->type], sizeof(*check));
}

static void write_check_type(struct text *t, const struct key *key,
			     const void *object)
{
	type_choice.write(t, key, object);
}

static const struct type type_check_type = { "tcp, udp, http, https, dns or script", read_check_type, write_check_type };

static void write_port(struct text *t, const struct key *key,
		       const void *object)
{
	const struct sl_check_conf *check = object;

	if (check->port)
		type_number.write(t, key, object);
}

static void read_port(struct reader *r, const struct node *node,
		      const struct key *key, void *object)
{
	type_number.read(r, node, key, object);
}

static const struct type type_port = { "a port", read_port, write_port };

static void read_expect(struct reader *r, const struct node *node,
			const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	struct sl_check_conf *check = object;
	uint64_t low = 0, high = 0;
	char first[4] = "";
	size_t n;

	if (!text)
		return;
	n = strcspn(text, "-");
	if (n < sizeof(first))
		memcpy(first, text, n);
	if (!number_read(first, key->low, key->high, &low) ||
	    !number_read(text[n] ? text + n + 1 : first, low, key->high, &high)) {
		fault(r, node, "expect %.64s: expected a status or a range such as 200-299, 100 to 599",
		      text);
		return;
	}
	check->expect_low = (uint16_t)low;
	check->expect_high = (uint16_t)high;
}

static void write_expect(struct text *t, const struct key *key,
			 const void *object)
{
	const struct sl_check_conf *check = object;

	(void)key;
	if (check->expect_low)
		text_add(t, "%u", check->expect_low);
	if (check->expect_low != check->expect_high)
		text_add(t, "-%u", check->expect_high);
}

static const struct type type_expect = { "a status or a range of them", read_expect, write_expect };

/* Printable ASCII without a blank: what stands in a request's line or header. */
static bool is_token(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static bool path_ok(const char *text)
{
	return *text == '/' && is_token(text);
}

static bool host_ok(const char *text)
{
	return is_token(text) && !strpbrk(text, "/@?#");
}

/* Labels of 1 to 63 characters; "." is the root. */
static bool domain_ok(const char *text)
{
	size_t n;

	if (!strcmp(text, "."))
		return true;
	for (; *text; text += n + (text[n] == '.')) {
		n = strcspn(text, ".");
		if (!n || n > 63 || strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") < n)
			return false;
	}
	return true;
}

static void read_word(struct reader *r, const struct node *node,
		      const struct key *key, void *object)
{
	static const struct { const char *key; bool (*ok)(const char *text); } rules[] = {
		{ "path", path_ok }, { "host", host_ok }, { "name", domain_ok },
	};
	const char *text = node->kind == NODE_TEXT ? node->text : "";
	size_t i;

	for (i = 0; *text && i < sizeof(rules) / sizeof(*rules); i++) {
		if (strcmp(rules[i].key, key->name) || rules[i].ok(text))
			continue;
		fault(r, node, "%s %.64s: expected %s", key->name, text,
		      key->type->expected);
		return;
	}
	type_text.read(r, node, key, object);
}

static void write_word(struct text *t, const struct key *key,
		       const void *object)
{
	type_text.write(t, key, object);
}

static const struct type type_path = { "a path such as /healthz", read_word, write_word };
static const struct type type_host = { "a host's name", read_word, write_word };
static const struct type type_domain = { "a domain name", read_word, write_word };

static void read_script(struct reader *r, const struct node *node,
			const struct key *key, void *object)
{
	const char *text = read_text(r, node, key);
	struct sl_check_conf *check = object;
	autofree char *path = NULL;

	if (!text)
		return;
	path = path_beside(r, text);
	if (!path || strlen(path) > SL_CHECK_TEXT_MAX)
		fault(r, node, "file %.64s: expected the path of a program, at most %d characters",
		      text, SL_CHECK_TEXT_MAX);
	else if (!(r->flags & CONF_RUNNING) && access(path, X_OK))
		fault(r, node, "file %s: %s: expected a program", path, strerror(errno));
	else
		check->file = arena_copy(r->conf->arena, path, strlen(path));
}

static const struct type type_script = { "the path of a program", read_script, write_word };

/* ---- the check -------------------------------------------------------- */

#define WORD .low = 1, .high = SL_CHECK_TEXT_MAX
#define COUNT .type = &type_number, .low = 1, .high = 100

static const struct key check_keys[] = {
	{ "type", .type = &type_check_type, CHECK(type), .words = types, .required = true },
	{ "port", .type = &type_port, CHECK(port), .low = 1, .high = 65535 },
	{ "path", .type = &type_path, CHECK(path), WORD },
	{ "host", .type = &type_host, CHECK(host), WORD },
	{ "expect", .type = &type_expect, CHECK(expect_low), .low = 100, .high = 599 },
	{ "name", .type = &type_domain, CHECK(name), WORD },
	{ "file", .type = &type_script, CHECK(file) },
	{ "interval", .type = &type_duration, CHECK(interval_ms), .low = 100, .high = 3600000 },
	{ "timeout", .type = &type_duration, CHECK(timeout_ms), .low = 10, .high = 60000 },
	{ "rise", COUNT, CHECK(rise) },
	{ "fall", COUNT, CHECK(fall) },
	{ "via", .type = &type_choice, CHECK(via), .words = vias },
};

/* Which types a key says something of, and which cannot be without it. */
static const struct {
	const char *key, *expected;
	unsigned of, needed;
} fits[] = {
	{ "port", "the port that the backends listen on", ~OF(NONE), OF(TCP) | OF(UDP) },
	{ "path", "http or https", WEB, 0 },
	{ "host", "http or https", WEB, 0 },
	{ "expect", "http or https", WEB, 0 },
	{ "name", "the name to ask for", OF(DNS), OF(DNS) },
	{ "file", "the program to run", OF(SCRIPT), OF(SCRIPT) },
};

static void finish_check(struct reader *r, const struct node *node, void *object)
{
	const struct sl_check_conf *check = object;
	unsigned type = 1u << check->type;
	const struct node *at;

	if (check->type == SL_CHECK_NONE)
		return;
	for (size_t i = 0; i < sizeof(fits) / sizeof(*fits); i++) {
		at = node_get(node, fits[i].key);
		if (!at && fits[i].needed & type)
			fault(r, node, "check: %s without %s: expected %s", types[check->type],
			      fits[i].key, fits[i].expected);
		if (at && !(fits[i].of & type))
			fault(r, at->key, "%s: says nothing to type %s", fits[i].key,
			      types[check->type]);
	}
	if (check->via == SL_VIA_ENCAP && check->type == SL_CHECK_SCRIPT)
		fault(r, node_get(node, "via"), "via encap: what a script sends is its own: expected direct");
}

static const struct schema schema_check = {
	.noun = "check", KEYS(check_keys), .size = sizeof(struct sl_check_conf),
	.defaults = check_defaults, .finish = finish_check,
};

static void read_check(struct reader *r, const struct node *node,
		       const struct key *key, void *object)
{
	schema_read(r, node, &schema_check, field_of(object, key));
}

static void write_check(struct text *t, const struct key *key,
			const void *object)
{
	const struct sl_check_conf *check = field_of(object, key);

	if (check->type)
		schema_flow(t, &schema_check, check);
}

const struct type type_check = { "a mapping", read_check, write_check };

/* ---- probes that travel as clients' packets do ------------------------ */

static bool is_served(const struct sl_config *conf, const char *pool, uint8_t family)
{
	for (size_t i = 0; i < conf->n_services; i++) {
		const struct sl_service_conf *s = &conf->services[i];

		for (size_t j = 0; !strcmp(s->pool, pool) && j < s->n_addresses; j++)
			if (s->addresses[j].family == family)
				return true;
	}
	return false;
}

static void caution_pool(struct reader *r, const struct node *node,
			 const struct sl_pool_conf *pool)
{
	const struct node *list = node_get(node, "backends");
	const struct node *at = list ? list->first : NULL;
	char text[CONF_PREFIX_TEXT];

	for (size_t i = 0; at && i < pool->n_backends; i++, at = at->next) {
		const struct sl_address *a = &pool->backends[i].addr;

		if (a->family && !is_served(r->conf, pool->name, a->family))
			caution(r, at, "address %s: no service of the pool has an IPv%u address: its probes go to it directly, not via encap",
				conf_address_text(a, text), a->family);
	}
}

void caution_probes(struct reader *r, const struct node *root)
{
	const struct node *pools = node_get(root, "pools");
	const struct sl_config *conf = r->conf;

	for (size_t i = 0; i < conf->n_pools; i++)
		if (conf->pools[i].check.via == SL_VIA_ENCAP)
			caution_pool(r, node_get(pools, conf->pools[i].name), &conf->pools[i]);
}
