/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which service addresses this host announces, and how BIRD is told: a file that
 * its configuration includes, and a word through its control socket.
 */
#ifndef SLUICE_ANNOUNCE_H
#define SLUICE_ANNOUNCE_H

#include "control.h"
#include "sheet.h"

struct announced {
	char address[64];
	struct sl_address addr;
	bool is_out;			/* a route to it is in the file */
};

struct announce_state {
	bool is_on;			/* daemon.announce is configured */
	bool is_drained;		/* `announce drain` */
	bool is_attached;		/* the program is on an interface */
	bool bird_knows;		/* BIRD took the file as it is now */
	struct announced *list;		/* each service address once, in order */
	size_t n;
};

const struct announce_state *announce_state(void);
const char *announce_why_not(const struct announce_state *state);	/* of what is not out */

/* The file's text: two static protocols, one of each family, with a route for each
 * address that is out. Their names are sluice4 and sluice6 of the instance `default`,
 * else 'sluice4.NAME' and so on. */
void announce_write(struct sheet *out, const struct announce_state *state, const char *instance);

/* May new flows of its pool go to a backend, as far as is known? */
bool announce_serves(const struct sl_pool_conf *pool, const struct sl_backend_conf *backend, const struct health_state *health);

#endif
