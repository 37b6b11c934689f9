/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What pools, services and interfaces share. */
#ifndef CONF_BALANCER_H
#define CONF_BALANCER_H

#include "schema.h"

enum { MAC_TEXT = 18 };

bool mac_read(const char *text, uint8_t mac[6]);	/* unicast, not zero */
const char *mac_text(const uint8_t mac[6], char text[MAC_TEXT]);
bool name_ok(const char *name);
/* What the kernel takes as a device's name, in ASCII. */
bool interface_name_ok(const char *name);

/* Reports frontends that two services, or one twice, would have. */
void check_overlaps(struct reader *r, const struct node *services);
uint64_t count_frontends(const struct sl_config *conf);	/* each port is one */

/* Reports backends of a pool with `quic` that its server ids do not tell apart. */
void check_server_ids(struct reader *r, const struct node *pool, const struct sl_pool_conf *conf);

/* Warns of backends that no probe can reach as their clients do, and why. */
void caution_probes(struct reader *r, const struct node *root);

/* Warns of backends that are service addresses, of pools with nobody in them. */
void caution_balancer(struct reader *r, const struct node *root);

#endif
