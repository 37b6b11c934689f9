/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a pool makes of its backends: who gets new flows, and who is dead. Pure. */
#ifndef SL_STANDING_H
#define SL_STANDING_H

#include <sluice/config.h>
#include <sluice/truth.h>

struct standing {
	uint8_t is;		/* enum sl_standing */
	bool takes;		/* new flows: it is in the ring */
	bool dead;		/* and none of its own goes on */
};

/* By the configuration and, of each backend, its health; out[n_backends]. */
void standings(const struct sl_pool_conf *pool, const bool *down, struct standing *out);

/* Does some service of the pool have UDP ports? */
bool pool_has_udp(const struct sl_config *conf, const struct sl_pool_conf *pool);

#endif
