/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All that is shown of an instance, at one moment: what was asked and what runs,
 * put side by side, with the text of every address made once.
 */
#ifndef SLUICE_VIEW_H
#define SLUICE_VIEW_H

#include <netinet/in.h>

#include "control.h"

/* A backend of a pool of the configuration. */
struct view_backend {
	const char *pool;
	char address[INET6_ADDRSTRLEN];
	uint64_t weight, packets, bytes, flows, slots, stands_ms;
	bool in_use;			/* it gets new flows */
	bool resolved;			/* a next hop is known */
	uint8_t standing;		/* enum sl_standing */
	struct health_state health;
};

struct view_pool {
	const struct sl_pool_conf *conf;
	struct view_backend *backends;	/* conf->n_backends */
	struct sl_named_pool slots;
	uint64_t in_use, up;		/* backends; up: not known to be down */
	uint64_t n_backends;
};

struct view_service {
	const struct sl_service_conf *conf;
	struct sl_traffic count;
};

struct view_set { const char *name; uint64_t elements; };

struct view {
	const struct control *control;
	const struct sl_config *conf;
	struct sl_stats *stats;
	struct sl_status *status;
	struct view_pool *pools;
	struct view_backend *backends;	/* of all pools */
	struct view_service *services;
	struct view_set *sets;
	size_t n_pools, n_backends, n_services, n_sets;
};

/* -ENOENT: nothing runs. view_drop() in any case. */
int view_take(struct control *c, struct view *v, struct sl_error *x);
void view_drop(struct view *v);

const char *view_standing_text(const struct view_backend *b);	/* "drain", "down" */

#endif
