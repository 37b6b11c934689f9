/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of frontends: (VIP number, protocol, port) -> service and ring; and, of
 * QUIC, (pool, server id) -> backend. */
#ifndef SL_FRONTENDS_H
#define SL_FRONTENDS_H

#include "lists.h"

enum { FRONTEND_BUCKETS_MIN = 16, FRONTEND_BUCKETS_MAX = 1 << 22 };

/* malloc's the table: as few buckets as hold every key, at most half full. */
int frontends_make(const struct compile_input *in, const struct lists *l, struct sl_frontend **table, uint32_t *buckets, struct sl_error *x);

/* Copies a table into an empty one of as many or more buckets: all fits. */
void frontends_spread(const struct sl_frontend *from, uint32_t from_buckets, struct sl_frontend *to, uint32_t to_buckets);

#endif
