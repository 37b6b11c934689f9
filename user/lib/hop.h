/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Next hops: how each backend is reached, as route, device and neighbour say. */
#ifndef SL_HOP_H
#define SL_HOP_H

#include "compile.h"

struct hop_cache;

size_t hop_count(const struct sl_config *conf);	/* backends of all pools */

/* An array for all backends in the order of conf; the caller frees it.
 * Neighbours that the kernel does not know are asked for, all together, for
 * about a second. `cache` keeps what was found, so that a plan and its apply
 * ask once. -EINVAL: a backend behind a device that XDP cannot send through. */
int hop_find_all(const struct sl_config *conf, struct hop_cache *cache, struct hop **hops, struct sl_error *x);

struct hop_cache *hop_cache_new(void);		/* NULL: no memory */
void hop_cache_free(struct hop_cache *cache);

#endif
