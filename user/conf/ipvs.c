// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reads what `ipvsadm -Sn` prints: a line for each service, and for each server. */
#include "ipvs.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "reader.h"
#include "schema.h"

enum option {
	TCP, UDP, SCTP, FWMARK, IPV6, SCHEDULER, PERSISTENT, NETMASK, ENGINE, FLAGS, ONE_PACKET,
	SERVER, GATEWAY, TUNNEL, MASQUERADE, WEIGHT, UPPER, LOWER,
	TUN_TYPE, TUN_PORT, TUN_PLAIN, TUN_CSUM, TUN_REMCSUM, N_OPTIONS
};

static const struct {
	const char *shorter, *longer;
	bool has_value;
} options[N_OPTIONS] = {
	[TCP] = { "-t", "--tcp-service", true },
	[UDP] = { "-u", "--udp-service", true },
	[SCTP] = { "", "--sctp-service", true },
	[FWMARK] = { "-f", "--fwmark-service", true },
	[IPV6] = { "-6", "--ipv6", false },
	[SCHEDULER] = { "-s", "--scheduler", true },
	[PERSISTENT] = { "-p", "--persistent", true },	/* without one: 360 */
	[NETMASK] = { "-M", "--netmask", true },
	[ENGINE] = { "", "--pe", true },
	[FLAGS] = { "-b", "--sched-flags", true },
	[ONE_PACKET] = { "-o", "--ops", false },
	[SERVER] = { "-r", "--real-server", true },
	[GATEWAY] = { "-g", "--gatewaying", false },
	[TUNNEL] = { "-i", "--ipip", false },
	[MASQUERADE] = { "-m", "--masquerading", false },
	[WEIGHT] = { "-w", "--weight", true },
	[UPPER] = { "-x", "--u-threshold", true },
	[LOWER] = { "-y", "--l-threshold", true },
	[TUN_TYPE] = { "", "--tun-type", true },
	[TUN_PORT] = { "", "--tun-port", true },
	[TUN_PLAIN] = { "", "--tun-nocsum", false },
	[TUN_CSUM] = { "", "--tun-csum", false },
	[TUN_REMCSUM] = { "", "--tun-remcsum", false },
};

static const struct {
	const char *name;
	bool weighted, of_source, refused;
	const char *differs;
} schedulers[] = {
	{ "rr", false, false, false, NULL },
	{ "wrr", true, false, false, NULL },
	{ "lc", false, false, false, "counts connections" },
	{ "wlc", true, false, false, "counts connections" },
	{ "sed", true, false, false, "counts connections" },
	{ "nq", true, false, false, "counts connections" },
	{ "twos", true, false, false, "counts connections" },
	{ "lblc", true, false, false, "keeps a table of destinations" },
	{ "lblcr", true, false, false, "keeps a table of destinations" },
	{ "dh", false, false, false, "looks at the destination" },
	{ "sh", true, true, false, NULL },
	{ "mh", true, true, false, NULL },
	{ "fo", true, false, true, "sends all to one server" },
	{ "ovf", true, false, true, "sends all to one server until it is full" },
};

struct import {
	const struct conf_list *from;
	struct conf_report *report;
	size_t line;
	const char *value[N_OPTIONS];	/* of this line: NULL not given, "" without a value */
	struct ipvs_service *services;
	size_t n;
};

/* ---- what is said of a line ------------------------------------------------- */

#define differs(in, ...) say(in, false, __VA_ARGS__)
#define refuse(in, ...) say(in, true, __VA_ARGS__)

__attribute__((format(printf, 3, 4)))
static bool say(struct import *in, bool bad, const char *format, ...)
{
	bool error = bad && !in->from->skip_bad;
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *c = text; *c; c++)	/* nothing that a terminal obeys */
		if (*c < ' ' || *c > '~')
			*c = '?';
	report_line(error ? &in->report->errors : &in->report->warnings,
		    error ? &in->report->n_errors : &in->report->n_warnings,
		    "%s:%zu: %s", in->from->name, in->line, text);
	return false;
}

/* ---- words ------------------------------------------------------------------ */

static int option_of(const char *word)
{
	for (int i = 0; i < N_OPTIONS; i++)
		if (!strcmp(word, options[i].shorter) || !strcmp(word, options[i].longer))
			return i;
	return -1;
}

/* The options of a line into in->value. */
static bool take_options(struct import *in, char *rest)
{
	char *word, *save = NULL;
	int option;

	memset(in->value, 0, sizeof(in->value));
	for (word = strtok_r(rest, " \t\r\n", &save); word; word = strtok_r(NULL, " \t\r\n", &save)) {
		option = option_of(word);
		if (option < 0)
			return refuse(in, "%s: no option of ipvsadm that is known: expected what ipvsadm -Sn prints", word);
		in->value[option] = "";
		if (option == PERSISTENT && !isdigit((unsigned char)save[strspn(save, " \t")]))
			continue;
		if (options[option].has_value)
			in->value[option] = strtok_r(NULL, " \t\r\n", &save);
		if (!in->value[option])
			return refuse(in, "%s: expected a value behind it", word);
	}
	return true;
}

/* "192.0.2.80:80", "[2001:db8::80]:80"; no port: *port is left. */
static bool take_endpoint(struct import *in, const char *word, struct sl_address *addr, uint16_t *port)
{
	bool bracket = *word == '[';
	const char *end = bracket ? strchr(word, ']') : strrchr(word, ':');
	const char *colon = end ? strchr(end, ':') : NULL;
	char text[CONF_PREFIX_TEXT];
	size_t length = end ? (size_t)(end - word) - bracket : strlen(word);
	struct sl_error x;
	uint64_t number;

	if (length >= sizeof(text) || (bracket && !end))
		return refuse(in, "%s: expected an address and a port", word);
	*(char *)mempcpy(text, word + bracket, length) = 0;
	if (conf_address(text, addr, &x))
		return refuse(in, "%s: print numbers, by ipvsadm -Sn", x.text);
	if (colon && !number_read(colon + 1, 0, 65535, &number))
		return refuse(in, "%s: expected a port from 1 to 65535: print numbers, by ipvsadm -Sn", colon + 1);
	if (colon)
		*port = (uint16_t)number;
	return true;
}

static bool take_number(struct import *in, int option, uint64_t high, uint64_t *out)
{
	if (!in->value[option] || number_read(in->value[option], 0, high, out))
		return true;
	return refuse(in, "%s %s: expected a number up to %llu", options[option].longer, in->value[option], (unsigned long long)high);
}

/* ---- -A --------------------------------------------------------------------- */

/* The address of the service that a line is about. */
static bool take_service(struct import *in, struct ipvs_service *s)
{
	const char *word = in->value[TCP] ? in->value[TCP] : in->value[UDP];

	if (in->value[FWMARK])
		return refuse(in, "-f %s: a service by firewall mark has no counterpart: a service is addresses and ports", in->value[FWMARK]);
	if (in->value[SCTP])
		return refuse(in, "--sctp-service %s: SCTP is not balanced, only TCP and UDP", in->value[SCTP]);
	if (!word)
		return refuse(in, "no service: expected -t or -u");
	s->proto = in->value[TCP] ? IPPROTO_TCP : IPPROTO_UDP;
	s->line = in->line;
	return take_endpoint(in, word, &s->addr, &s->port);
}

/* Port 0 is all of them. */
static bool take_port(struct import *in, const struct ipvs_service *s)
{
	return s->port || refuse(in, "port 0: a service of all ports has no counterpart: name those that are served");
}

static bool take_scheduler(struct import *in, struct ipvs_service *s)
{
	const char *name = in->value[SCHEDULER] ? in->value[SCHEDULER] : "wlc";
	bool ports = in->value[FLAGS] && strstr(in->value[FLAGS], "-port");

	for (size_t i = 0; i < sizeof(schedulers) / sizeof(*schedulers); i++) {
		if (strcmp(name, schedulers[i].name) != 0)
			continue;
		if (schedulers[i].refused)
			return refuse(in, "-s %s: it %s: that has no counterpart", name, schedulers[i].differs);
		if (schedulers[i].differs)
			differs(in, "-s %s: it %s: here a hash chooses, by weight", name, schedulers[i].differs);
		s->weighted = schedulers[i].weighted;
		s->hash = schedulers[i].of_source && !ports ? SL_HASH_SOURCE : SL_HASH_5TUPLE;
		return true;
	}
	return refuse(in, "-s %s: no scheduler that is known", name);
}

static void take_persistence(struct import *in, struct ipvs_service *s)
{
	if (in->value[PERSISTENT]) {
		s->hash = SL_HASH_SOURCE;
		differs(in, "-p: hash: source instead: a client stays with its backend for as long as backends do not change");
	}
	if (in->value[NETMASK])
		differs(in, "-M %s: clients of one network are not kept together: the whole address is hashed", in->value[NETMASK]);
	if (in->value[ENGINE])
		differs(in, "--pe %s: what is in a packet is not looked at", in->value[ENGINE]);
	if (in->value[ONE_PACKET])
		differs(in, "-o: packets of a flow are not spread: they go to one backend");
}

static struct ipvs_service *service_find(const struct import *in, const struct ipvs_service *like)
{
	for (size_t i = 0; i < in->n; i++)
		if (in->services[i].proto == like->proto && in->services[i].port == like->port &&
		    !memcmp(&in->services[i].addr, &like->addr, sizeof(like->addr)))
			return &in->services[i];
	return NULL;
}

static int add_service(struct import *in)
{
	struct ipvs_service s = { .encap = SL_ENCAP_L2 }, *more, *was;

	if (!take_service(in, &s))
		return 0;
	was = service_find(in, &s);
	if (was) {
		refuse(in, "the service stands in line %zu already", was->line);
		return 0;
	}
	more = reallocarray(in->services, in->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	in->services = more;
	s.refused = !take_port(in, &s) || !take_scheduler(in, &s);
	if (!s.refused)
		take_persistence(in, &s);
	in->services[in->n++] = s;
	return 0;
}

/* ---- -a --------------------------------------------------------------------- */

/* Of a line without -i they stay as they are: L2. */
static bool take_way(struct import *in, enum sl_encap *encap, uint16_t *gue_port)
{
	const char *type = in->value[TUN_TYPE] ? in->value[TUN_TYPE] : "ipip";
	uint64_t port = 0;

	if (in->value[MASQUERADE])
		return refuse(in, "-m: masquerading has no counterpart: a backend answers its clients itself, as with -g or -i");
	if (!in->value[TUNNEL])
		return true;
	*encap = strcmp(type, "gue") ? SL_ENCAP_IPIP : SL_ENCAP_GUE;
	if (*encap == SL_ENCAP_IPIP && strcmp(type, "ipip") != 0)
		return refuse(in, "--tun-type %s: it has no counterpart: expected ipip or gue", type);
	if (!take_number(in, TUN_PORT, 65535, &port))
		return false;
	if (*encap == SL_ENCAP_GUE && !port)
		return refuse(in, "--tun-type gue: expected --tun-port");
	*gue_port = (uint16_t)port;
	if (in->value[TUN_REMCSUM])
		differs(in, "--tun-remcsum: checksums are not offloaded to the backend");
	return true;
}

/* A pool has one way to its backends. */
static bool fit_way(struct import *in, struct ipvs_service *s)
{
	enum sl_encap encap = SL_ENCAP_L2;
	uint16_t gue_port = 0;

	if (!take_way(in, &encap, &gue_port))
		return false;
	if (s->n_servers && (encap != s->encap || gue_port != s->gue_port))
		return refuse(in, "another way to the server than to those before: a pool has one encap");
	s->encap = encap;
	s->gue_port = gue_port;
	return true;
}

static bool take_server(struct import *in, const struct ipvs_service *s, struct ipvs_server *server)
{
	uint16_t port = s->port;
	uint64_t weight = 1;

	if (!in->value[SERVER])
		return refuse(in, "no server: expected -r");
	if (!take_endpoint(in, in->value[SERVER], &server->addr, &port) ||
	    !take_number(in, WEIGHT, UINT32_MAX, &weight))
		return false;
	for (size_t i = 0; i < s->n_servers; i++)
		if (!memcmp(&s->servers[i].addr, &server->addr, sizeof(server->addr)))
			return refuse(in, "-r %s: given twice", in->value[SERVER]);
	if (port != s->port)
		differs(in, "-r %s: its port is not used: a backend gets packets as they came, for port %u", in->value[SERVER], s->port);
	if (in->value[UPPER] || in->value[LOWER])
		differs(in, "-x, -y: connections are not counted, so none is too many");
	server->weight = (uint32_t)weight;
	return true;
}

static int add_server(struct import *in)
{
	struct ipvs_service like = { .port = 0 }, *s;
	struct ipvs_server server, *more;

	if (in->value[FWMARK] || in->value[SCTP] || !take_service(in, &like))
		return 0;	/* it was said with the service */
	s = service_find(in, &like);
	if (!s)
		refuse(in, "its service has no line before: expected -A");
	if (!s || s->refused || !fit_way(in, s) || !take_server(in, s, &server))
		return 0;
	more = reallocarray(s->servers, s->n_servers + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->servers = more;
	s->servers[s->n_servers++] = server;
	return 0;
}

/* ---- the whole -------------------------------------------------------------- */

static int take_line(struct import *in, char *line)
{
	size_t length;

	line += strspn(line, " \t\r\n");
	if (!strncmp(line, "ipvsadm ", 8))
		line += 8 + strspn(line + 8, " \t");
	if (!*line || *line == '#')
		return 0;
	length = strcspn(line, " \t\r\n");
	if (length == 2 && !strncmp(line, "-A", 2))
		return take_options(in, line + 2) ? add_service(in) : 0;
	if (length == 2 && !strncmp(line, "-a", 2))
		return take_options(in, line + 2) ? add_server(in) : 0;
	refuse(in, "%.*s: expected -A or -a, as ipvsadm -Sn prints", (int)(length < 64 ? length : 64), line);
	return 0;
}

/* A service is a line, too: it is said where it stands. */
static size_t drop_empty(struct import *in)
{
	size_t left = 0;

	for (size_t i = 0; i < in->n; i++) {
		in->line = in->services[i].line;
		if (!in->services[i].n_servers && !in->services[i].refused)
			differs(in, "the service has no server that can be taken over: it is left out");
		left += in->services[i].n_servers > 0;
	}
	return left;
}

static int read_all(struct import *in)
{
	autofree char *line = NULL;
	size_t room = 0;
	int err = 0;

	while (!err && getline(&line, &room, in->from->in) > 0) {
		in->line++;
		err = take_line(in, line);
	}
	if (!err && ferror(in->from->in))
		report_line(&in->report->errors, &in->report->n_errors, "%s: cannot be read: %s", in->from->name, strerror(errno));
	if (!err && !in->report->n_errors && !drop_empty(in))
		report_line(&in->report->errors, &in->report->n_errors, "%s: no service that can be taken over: expected what ipvsadm -Sn prints", in->from->name);
	return err;
}

int conf_ipvs_read(const struct conf_list *from, char **text, struct conf_report *report)
{
	struct import in = { .from = from, .report = report };
	int err = read_all(&in);
	char *made = NULL;

	report_more(&report->errors, report->n_errors, from->name, "errors");
	report_more(&report->warnings, report->n_warnings, from->name, "warnings");
	if (!err && report->n_errors)
		err = -EINVAL;
	if (!err) {
		made = ipvs_write(in.services, in.n);
		err = made ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < in.n; i++)
		free(in.services[i].servers);
	free(in.services);
	if (!err)
		*text = made;
	return err;
}
