// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Interfaces and MACs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balancer.h"

bool name_ok(const char *name)
{
	return conf_name_ok(name);
}

bool mac_read(const char *text, uint8_t mac[6])
{
	static const char hex[] = "0123456789abcdefABCDEF";
	unsigned octet[6], any = 0;
	size_t i;

	if (strlen(text) != MAC_TEXT - 1)
		return false;
	for (i = 0; i < 6; i++) {
		if (strspn(text + 3 * i, hex) != 2 || (i < 5 && text[3 * i + 2] != ':'))
			return false;
		octet[i] = (unsigned)strtoul(text + 3 * i, NULL, 16);
		any |= octet[i];
	}
	if (octet[0] & 1 || !any)
		return false;
	for (i = 0; i < 6; i++)
		mac[i] = (uint8_t)octet[i];
	return true;
}

const char *mac_text(const uint8_t mac[6], char text[MAC_TEXT])
{
	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
	return text;
}

/* ---- interfaces ------------------------------------------------------- */

static void read_macs(struct reader *r, const struct node *node,
		      const struct key *key, void *object)
{
	struct sl_interface_conf *interface = object;
	struct values v = read_values(r, node, key);
	const struct node *value;
	size_t i, n = 0;

	if (v.n > SL_MACS_MAX - 1) {
		fault(r, node, "macs: %zu of them: expected at most %d", v.n,
		      SL_MACS_MAX - 1);
		return;
	}
	array_make(r, key, object, v.n, sizeof(*interface->macs));
	while (interface->macs && (value = values_next(r, &v, key))) {
		if (!mac_read(value->text, interface->macs[n])) {
			fault(r, value, "macs %.64s: expected a unicast MAC such as \"02:00:00:00:00:aa\"",
			      value->text);
			continue;
		}
		for (i = 0; i < n; i++)
			if (!memcmp(interface->macs[i], interface->macs[n], 6))
				fault(r, value, "macs %.64s: given twice",
				      value->text);
		n++;
	}
	interface->n_macs = n;
}

static void write_macs(struct text *t, const struct key *key,
		       const void *object)
{
	const struct sl_interface_conf *interface = object;
	char mac[MAC_TEXT];
	size_t i;

	(void)key;
	text_add(t, "[");
	for (i = 0; i < interface->n_macs; i++) {
		list_next(t, i);
		text_word(t, mac_text(interface->macs[i], mac));
	}
	text_add(t, "]");
}

static const struct type type_macs = { "a MAC", read_macs, write_macs };

bool interface_name_ok(const char *name)
{
	const char *c;

	if (!*name || strlen(name) > 15 || !strcmp(name, ".") ||
	    !strcmp(name, ".."))
		return false;
	for (c = name; *c; c++)
		if (*c <= ' ' || *c >= 0x7f || *c == '/' || *c == ':')
			return false;
	return true;
}

static const void *interface_defaults(const void *object)
{
	static const struct sl_interface_conf usual;

	(void)object;
	return &usual;
}

static const char *const modes[] = {
	[SL_MODE_NATIVE] = "native", [SL_MODE_GENERIC] = "generic", NULL,
};

static const struct key interface_keys[] = {
	{ "mode", .type = &type_choice, FIELD(struct sl_interface_conf, mode),
	  .words = modes },
	{ "macs", .type = &type_macs,
	  ARRAY(struct sl_interface_conf, macs, n_macs) },
};

const struct schema schema_interface = {
	.noun = "interface", KEYS(interface_keys),
	.size = sizeof(struct sl_interface_conf), .defaults = interface_defaults,
	.name_ok = interface_name_ok,
	.name_expected = "a device's name, 1 to 15 characters",
};
