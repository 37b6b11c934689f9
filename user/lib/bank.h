/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What was compiled, and the maps that hold it: writes banks, images and what
 * they are made of, classes, frontends and backends.
 */
#ifndef SL_BANK_H
#define SL_BANK_H

#include "compile.h"
#include "maps.h"

/* Fills one bank. The maps are as large as c needs, or larger. Backends of the
 * `running` registry that c does not know are taken from the other bank: slots
 * may still name them. Those that are dead there are so here. */
int bank_write(const struct maps *m, uint32_t bank, const struct compiled *c, const struct sl_registry *running, struct sl_error *x);

/* The other bank becomes the same; then its members' `shown` and `made` are the
 * caller's to say. */
int bank_copy(const struct maps *m, uint32_t from, struct sl_error *x);

/* Does this bank, with all edits up to `serial`, say what was compiled, the digest
 * apart? */
bool bank_equals(const struct maps *m, uint32_t bank, uint32_t serial, const struct compiled *c);

/* The same content in larger maps: that bank, and what is in no bank. What packets
 * write in `from` follows apart, as often as one likes (outgrown.h). */
void bank_follow(const struct maps *to, const struct maps *from);
int bank_move(const struct maps *to, const struct maps *from, uint32_t bank, struct sl_error *x);

/* Does a frontend of this bank read slots from `slot_base` on? */
bool bank_reads(const struct maps *m, uint32_t bank, uint32_t slot_base);

/* SL_F_* that a backend needs as this bank has it. */
__u64 bank_needs(const struct maps *m, uint32_t bank, uint32_t id);

/* The hop of a backend as this bank has it; -ENOENT. */
int bank_hop(const struct maps *m, uint32_t bank, uint16_t id, struct hop *out);

#endif
