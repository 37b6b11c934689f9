/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The routes to service addresses: which there should be, and their file. */
#ifndef SLUICE_ROUTES_H
#define SLUICE_ROUTES_H

#include "announce.h"

/* Fills in list and n: each service address once, in order. It is out if one of its
 * services has a pool that somebody serves (`pools`, by their place), and `may_be`. */
int routes_list(struct announce_state *now, const struct sl_config *conf, const bool *pools, bool may_be);

/* Replaces the file at `path`, which BIRD must be able to read (0644), at once. Makes
 * the directory that it lies in. */
int routes_put(const char *path, const struct sheet *text, struct sl_error *x);

#endif
