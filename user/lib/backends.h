/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Backends become ready-made outer headers and next hops, by id. */
#ifndef SL_BACKENDS_H
#define SL_BACKENDS_H

#include "compile.h"

enum { BACKENDS_MIN = 16 };

/* malloc's the table (a power of two, beyond the highest id) and adds to
 * *features what the backends need. */
int backends_make(const struct compile_input *in, struct sl_backend **table, uint32_t *n, __u64 *features, struct sl_error *x);

/* One of them; *b is all zero. */
void backend_make(const struct sl_pool_conf *p, size_t i, const struct hop *hop, struct sl_backend *b);
/* The same one dead, if `has` is: all else is what it is made of. */
void backend_die_with(struct sl_backend *b, const struct sl_backend *has);
/* SL_F_* that it needs. */
__u64 backend_needs(const struct sl_backend *b);

/* An address as entries have it: both families end in the last word. */
void backend_words(__be32 out[4], const struct sl_address *a);
/* Host bits of the prefix that lie in the last word. */
uint32_t backend_host_bits(const struct sl_prefix *p);

#endif
