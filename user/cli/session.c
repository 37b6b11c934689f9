/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who gives the command from afar, and would a configuration shut them out? */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "../conf/store.h"
#include "cli.h"

struct session {
	char name[64];			/* the client's address, as text */
	struct sl_prefix client, server;
	unsigned client_port, port;
};

/* ---- who ------------------------------------------------------------------- */

static bool variable_of(const char *pid, char *value, size_t size)
{
	static const char name[] = "SSH_CONNECTION=";
	autofree char *line = NULL;
	char path[64];
	size_t room = 0;
	bool found = false;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%s/environ", pid);
	in = fopen(path, "re");
	while (in && !found && getdelim(&line, &room, '\0', in) >= 0)
		found = !strncmp(line, name, sizeof(name) - 1);
	if (found)
		snprintf(value, size, "%s", line + sizeof(name) - 1);
	if (in)
		fclose(in);
	return found;
}

static int parent_of(const char *pid)
{
	char path[64], line[512] = "";
	const char *rest;
	int parent = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	in = fopen(path, "re");
	if (!in)
		return 0;
	rest = fgets(line, sizeof(line), in) ? strrchr(line, ')') : NULL;
	fclose(in);
	return rest && sscanf(rest, ") %*c %d", &parent) == 1 ? parent : 0;
}

/* sudo and doas take the variable away; the shell they were called from has
 * it. Set and empty, it says that the session is no remote one. */
static bool connection(char *value, size_t size)
{
	const char *given = getenv("SSH_CONNECTION");
	char pid[16] = "self";
	int parent;

	if (given)
		return snprintf(value, size, "%s", given) > 0;
	if (!getenv("SUDO_UID") && !getenv("DOAS_USER"))
		return false;
	while ((parent = parent_of(pid)) > 1) {
		snprintf(pid, sizeof(pid), "%d", parent);
		if (variable_of(pid, value, size))
			return *value;
	}
	return false;
}

/* "fe80::1%eth0" and "::ffff:192.0.2.1" are 16 octets and 4. */
static bool address(char *word, struct sl_prefix *out)
{
	static const char mapped[] = "::ffff:";
	size_t skip = strchr(word, '.') && !strncmp(word, mapped, sizeof(mapped) - 1) ?
		sizeof(mapped) - 1 : 0;

	memmove(word, word + skip, strlen(word + skip) + 1);
	word[strcspn(word, "%")] = 0;
	return !conf_prefix(word, out, NULL);
}

static bool is_loopback(const struct sl_address *a)
{
	static const struct sl_address one = { 6, { [15] = 1 } };

	return a->family == 4 ? a->octet[0] == 127 : !memcmp(a, &one, sizeof(one));
}

static bool session_find(struct session *s)
{
	char text[256], server[64];

	memset(s, 0, sizeof(*s));
	if (!connection(text, sizeof(text)) ||
	    sscanf(text, "%63s %u %63s %u", s->name, &s->client_port, server, &s->port) != 4)
		return false;
	return address(s->name, &s->client) && address(server, &s->server) &&
	       !is_loopback(&s->client.addr);
}

/* ---- would it? -------------------------------------------------------------- */

static bool covers(const struct sl_prefix *p, const struct sl_prefix *host)
{
	unsigned whole = p->length / 8u, rest = p->length % 8u;

	if (p->addr.family != host->addr.family ||
	    memcmp(p->addr.octet, host->addr.octet, whole))
		return false;
	return !rest || !((p->addr.octet[whole] ^ host->addr.octet[whole]) >> (8 - rest));
}

static bool any_covers(const struct sl_prefix *p, size_t n, const struct sl_prefix *host)
{
	for (size_t i = 0; i < n; i++)
		if (covers(&p[i], host))
			return true;
	return false;
}

/* Nothing asked matches everything. */
static bool in_ranges(const struct sl_ranges *r, unsigned value)
{
	for (size_t i = 0; i < r->n; i++)
		if ((r->item[i].low <= value && value <= r->item[i].high) != r->item[i].negated)
			return true;
	return !r->n;
}

/* What is asked, and by whom, and of which tables. */
struct trial {
	const struct sl_config *conf;
	struct sl_instance *inst;
	const struct session *s;
	uint8_t flags;			/* of the TCP packet */
};

/* Elements that the text does not say are the running ones. */
static bool in_set(const struct trial *t, const char *name, const struct sl_prefix *host)
{
	struct sl_element_info found;

	for (size_t i = 0; i < t->conf->n_sets; i++) {
		const struct sl_set_conf *set = &t->conf->sets[i];

		if (strcmp(set->name, name))
			continue;
		if (set->kind != SL_SET_LIVE && !set->unread)
			return any_covers(set->prefixes, set->n_prefixes, host);
		return sl_set_test(t->inst, name, host, &found, NULL) == 1;
	}
	return false;
}

static bool in_items(const struct trial *t, const struct sl_address_item *item, size_t n, const struct sl_prefix *host)
{
	for (size_t i = 0; i < n; i++) {
		bool in = *item[i].set ? in_set(t, item[i].set, host) :
			covers(&item[i].prefix, host);

		if (in != item[i].negated)
			return true;
	}
	return !n;
}

static bool in_flags(const struct sl_rule_conf *rule, uint8_t flags)
{
	for (size_t i = 0; i < rule->n_flags; i++)
		if (((flags & rule->flags[i].mask) == rule->flags[i].set) != rule->flags[i].negated)
			return true;
	return !rule->n_flags;
}

/* Rules that look at what differs from packet to packet, as their length, or
 * that let some through, decide nothing for the session as a whole. */
static bool decides(const struct sl_rule_conf *rule)
{
	return rule->action != SL_DO_COUNT && !rule->dry_run && !rule->rate.given &&
	       !rule->vlan.n && !rule->length.n && !rule->ttl.n &&
	       (!rule->fragment || rule->fragment & SL_MATCH_NO);
}

static bool matches(const struct trial *t, const struct sl_rule_conf *rule)
{
	const struct session *s = t->s;

	return decides(rule) &&
	       (!rule->family || rule->family == s->client.addr.family) &&
	       !rule->icmp_type.n && in_ranges(&rule->proto, IPPROTO_TCP) &&
	       in_ranges(&rule->sport, s->client_port) &&
	       in_ranges(&rule->dport, s->port) && in_flags(rule, t->flags) &&
	       in_items(t, rule->from, rule->n_from, &s->client) &&
	       in_items(t, rule->to, rule->n_to, &s->server);
}

/* The rule that takes the session's packets away; NULL: none does. */
static const struct sl_rule_conf *taker(const struct trial *t)
{
	const struct sl_filter_conf *filter = &t->conf->filter;

	for (size_t i = 0; i < filter->n_rules; i++) {
		const struct sl_rule_conf *rule = &filter->rules[i];

		if (matches(t, rule))
			return rule->action == SL_DO_DROP ||
			       rule->action == SL_DO_REDIRECT ? rule : NULL;
	}
	return NULL;
}

static bool is_managed(const struct sl_filter_conf *f, const struct session *s)
{
	return f->management_tcp.n && in_ranges(&f->management_tcp, s->port) &&
	       any_covers(f->management, f->n_management, &s->client);
}

/* The service that answers in this host's place; NULL: none does. */
static const struct sl_service_conf *server(const struct sl_config *conf, const struct session *s)
{
	for (size_t i = 0; i < conf->n_services; i++) {
		const struct sl_service_conf *service = &conf->services[i];
		bool has = false;

		for (size_t k = 0; k < service->n_addresses && !has; k++)
			has = !memcmp(&service->addresses[k], &s->server.addr, sizeof(s->server.addr));
		for (size_t k = 0; k < service->n_ports && has; k++)
			if (service->ports[k].proto == IPPROTO_TCP &&
			    service->ports[k].low <= s->port && s->port <= service->ports[k].high)
				return service;
	}
	return NULL;
}

/* What shuts the session out: a policy, a rule, a service; "": nothing. A new
 * connection counts as much as this one, which may be lost. */
static void shut_out(struct trial *t, char *by, size_t size)
{
	enum { SYN = 2, ACK = 16 };
	const struct sl_filter_conf *filter = &t->conf->filter;
	const struct sl_service_conf *service = server(t->conf, t->s);
	const struct sl_rule_conf *rule = NULL;

	*by = 0;
	if (!t->conf->n_interfaces || is_managed(filter, t->s))
		return;
	if (service)
		snprintf(by, size, "service %s", service->name);
	if (service || filter->dry_run)
		return;
	t->flags = SYN;
	rule = taker(t);
	t->flags = ACK;
	rule = rule ? rule : taker(t);
	if (rule)
		snprintf(by, size, "rule %s", rule->name);
	else if (filter->policy_drop)
		snprintf(by, size, "policy drop");
}

/* An edit does not have to mend what was so before it. */
static bool was_so(const struct change *c, const struct session *s)
{
	struct trial t = { .inst = c->inst, .s = s };
	struct sl_config *before = NULL;
	char by[64] = "";

	if (!c->running_text ||
	    stored_parse("running.yaml", c->running_text, &before, NULL))
		return false;
	t.conf = before;
	shut_out(&t, by, sizeof(by));
	conf_free(before);
	return *by;
}

int session_guard(struct cli *cli, const struct change *c, const struct sl_config *conf, bool edit)
{
	struct trial t = { .conf = conf, .inst = c->inst };
	struct session s;
	char by[64];

	if (cli->opt.yes || cli->opt.confirm || !session_find(&s))
		return 0;
	t.s = &s;
	shut_out(&t, by, sizeof(by));
	if (!*by || (edit && was_so(c, &s)))
		return 0;
	return fail_with(cli, REFUSED, "%s shuts out this session from %s: add management: {from: [%s%s%s], tcp: [%u]} to the filter, or give --confirm 60 or --yes",
			 by, s.name, strchr(s.name, ':') ? "\"" : "", s.name,
			 strchr(s.name, ':') ? "\"" : "", s.port);
}
