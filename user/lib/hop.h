/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Next hops: how each backend is reached, as route, device and neighbour say. */
#ifndef SL_HOP_H
#define SL_HOP_H

#include "path.h"

size_t hop_count(const struct sl_config *conf);	/* backends of all pools */

/* An array for all backends in the order of conf; the caller frees it. Neighbours
 * that the kernel does not know are asked for, all together, for about a second;
 * those that it has asked for in vain, for a tenth. `paths` keeps what was found, so
 * that a plan and its apply ask once. -EINVAL: a backend behind a device that XDP
 * cannot send through. */
int hop_find_all(const struct sl_config *conf, struct paths *paths, struct hop **hops, struct sl_error *x);

/* The one of a backend as the kernel knows it now; nobody is asked, nobody waits.
 * *path NULL: its pool names a MAC. -EINVAL: as above, and the hop is FIB; -ENOMEM. */
int hop_look(const struct sl_config *conf, const struct sl_pool_conf *pool, const struct sl_address *to, struct paths *paths, const struct path **path, struct hop *hop, struct sl_error *x);

/* Has the kernel keep the neighbours of conf's backends fresh, and no others that it
 * was told to. Needs CAP_NET_ADMIN. */
void hops_hold(const struct sl_config *conf, struct paths *paths);

/* The device that the stack would send packets to this address by; 0: none. */
uint32_t hop_device(struct paths *paths, const struct sl_address *to);

#endif
