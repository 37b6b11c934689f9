// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lists of numbers and ranges: protocols, ports, ICMP types, VLANs, lengths. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "filter.h"
#include "schema.h"

static const struct { const char *name; uint8_t number; } protocols[] = {
	{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
	{ "icmp", IPPROTO_ICMP }, { "icmpv6", IPPROTO_ICMPV6 },
	{ "sctp", IPPROTO_SCTP }, { "esp", IPPROTO_ESP }, { "ah", IPPROTO_AH },
	{ "gre", IPPROTO_GRE }, { "ipip", IPPROTO_IPIP },
	{ "ipv6", IPPROTO_IPV6 }, { "igmp", IPPROTO_IGMP }, { "ospf", 89 },
	{ "vrrp", 112 }, { "udplite", IPPROTO_UDPLITE },
};
enum { PROTOCOLS = sizeof(protocols) / sizeof(*protocols) };

static bool is_proto(const struct key *key)
{
	return key->type == &type_protocols;
}

static bool proto_read(const char *text, uint64_t *number)
{
	size_t i;

	for (i = 0; i < PROTOCOLS; i++) {
		if (strcmp(protocols[i].name, text))
			continue;
		*number = protocols[i].number;
		return true;
	}
	return false;
}

static const char *proto_name(uint32_t number)
{
	size_t i;

	for (i = 0; i < PROTOCOLS; i++)
		if (protocols[i].number == number)
			return protocols[i].name;
	return NULL;
}

static bool one_read(const struct key *key, const char *text, uint64_t *number)
{
	if (is_proto(key) && proto_read(text, number))
		return true;
	return number_read(text, key->low, key->high, number);
}

/* "<n" and ">n" */
static bool comparison_read(const struct key *key, const char *text,
			    uint64_t *low, uint64_t *high)
{
	*low = key->low;
	*high = key->high;
	if (*text == '>')
		return number_read(text + 1, key->low, key->high - 1, low) &&
		       ++*low;
	return number_read(text + 1, key->low + 1, key->high, high) &&
	       (*high)--;
}

static bool range_read(const struct key *key, const char *text, uint64_t *low,
		       uint64_t *high)
{
	const char *dash = strchr(text, '-');
	char first[16];

	if (key->comparison && (*text == '<' || *text == '>'))
		return comparison_read(key, text, low, high);
	if (!dash)
		return one_read(key, text, low) && ((*high = *low), true);
	if ((size_t)(dash - text) >= sizeof(first))
		return false;
	snprintf(first, sizeof(first), "%.*s", (int)(dash - text), text);
	return number_read(first, key->low, key->high, low) &&
	       number_read(dash + 1, key->low, key->high, high);
}

static void fault_range(struct reader *r, const struct node *node,
			const struct key *key, const char *text)
{
	const char *names[PROTOCOLS], *near = NULL;
	size_t i;

	for (i = 0; i < PROTOCOLS; i++)
		names[i] = protocols[i].name;
	if (is_proto(key))
		near = conf_nearest(text, names, PROTOCOLS);
	if (near)
		fault(r, node, "%s %.64s: no such protocol: did you mean %s?",
		      key->name, text, near);
	else
		fault(r, node, "%s %.64s: expected %s%llu to %llu, or a range",
		      key->name, text, is_proto(key) ? "a protocol, " : "",
		      (unsigned long long)key->low,
		      (unsigned long long)key->high);
}

static bool item_read(struct reader *r, const struct node *node,
		      const struct key *key, struct sl_range *item)
{
	const char *text = node->text;
	uint64_t low, high;

	item->negated = *text == '!';
	if (item->negated && key->no_negation) {
		fault(r, node, "%s %.64s: ! means nothing here: expected %s",
		      key->name, text, key->type->expected);
		return false;
	}
	text += item->negated;
	if (!range_read(key, text, &low, &high)) {
		fault_range(r, node, key, node->text);
		return false;
	}
	if (low > high) {
		fault(r, node, "%s %.64s: ends before it begins: expected %llu-%llu",
		      key->name, text, (unsigned long long)high,
		      (unsigned long long)low);
		return false;
	}
	item->low = (uint32_t)low;
	item->high = (uint32_t)high;
	return true;
}

static void read_ranges(struct reader *r, const struct node *node,
			const struct key *key, void *object)
{
	struct values v = read_values(r, node, key);
	struct sl_ranges *ranges = field_of(object, key);
	const struct node *value;
	bool negated = false;

	ranges->item = arena_array(r->conf->arena, v.n, sizeof(*ranges->item));
	while (ranges->item && (value = values_next(r, &v, key))) {
		if (!item_read(r, value, key, &ranges->item[ranges->n]))
			continue;
		negated |= ranges->item[ranges->n++].negated;
	}
	if (negated && ranges->n > 1)
		caution_negated(r, node, key);
}

void caution_negated(struct reader *r, const struct node *node,
		     const struct key *key)
{
	caution(r, node,
		"%s: any item of a list may match, a negated one nearly always does: expected it alone",
		key->name);
}

static void write_range(struct text *t, const struct key *key,
			const struct sl_range *item)
{
	const char *name = is_proto(key) ? proto_name(item->low) : NULL;
	char word[40];

	if (item->low == item->high && name)
		snprintf(word, sizeof(word), "%s%s", item->negated ? "!" : "",
			 name);
	else if (item->low == item->high)
		snprintf(word, sizeof(word), "%s%u", item->negated ? "!" : "",
			 item->low);
	else
		snprintf(word, sizeof(word), "%s%u-%u",
			 item->negated ? "!" : "", item->low, item->high);
	text_word(t, word);
}

static void write_ranges(struct text *t, const struct key *key,
			 const void *object)
{
	const struct sl_ranges *ranges = field_of(object, key);
	size_t i;

	if (!ranges->n)
		return;
	list_open(t, ranges->n);
	for (i = 0; i < ranges->n; i++) {
		list_next(t, i);
		write_range(t, key, &ranges->item[i]);
	}
	list_close(t, ranges->n);
}

const struct type type_ranges = { "a number or a range such as 8000-8010", read_ranges, write_ranges };
const struct type type_protocols = { "a protocol such as tcp, or its number", read_ranges, write_ranges };

/* ---- a service's ports: tcp and udp in one array ---------------------- */

static uint8_t ports_proto(const struct key *key)
{
	return strcmp(key->name, "udp") ? IPPROTO_TCP : IPPROTO_UDP;
}

static void read_ports(struct reader *r, const struct node *node,
		       const struct key *key, void *object)
{
	struct values v = read_values(r, node, key);
	size_t n, had;
	struct sl_ports *old = array_of(object, key, &had), *ports;
	const struct node *value;
	struct sl_range range;

	ports = array_make(r, key, object, had + v.n, sizeof(*ports));
	if (!ports)
		return;
	if (had)
		memcpy(ports, old, had * sizeof(*ports));
	for (n = had; (value = values_next(r, &v, key));) {
		if (!item_read(r, value, key, &range))
			continue;
		ports[n++] = (struct sl_ports){ ports_proto(key),
						(uint16_t)range.low,
						(uint16_t)range.high };
	}
	memcpy((char *)object + key->count, &n, sizeof(n));
}

static void write_ports(struct text *t, const struct key *key,
			const void *object)
{
	size_t i, n, of_proto = 0, done = 0;
	const struct sl_ports *ports = array_of(object, key, &n);
	struct sl_range range = { 0 };

	for (i = 0; i < n; i++)
		of_proto += ports[i].proto == ports_proto(key);
	if (!of_proto)
		return;
	list_open(t, of_proto);
	for (i = 0; i < n; i++) {
		if (ports[i].proto != ports_proto(key))
			continue;
		range.low = ports[i].low;
		range.high = ports[i].high;
		list_next(t, done++);
		write_range(t, key, &range);
	}
	list_close(t, of_proto);
}

const struct type type_ports = { "a port or a range such as 8000-8010", read_ports, write_ports };
