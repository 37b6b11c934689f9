/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What was compiled, and the maps that hold it: writes banks, images and what
 * they are made of, classes, frontends, backends, and slots.
 */
#ifndef SL_BANK_H
#define SL_BANK_H

#include "compile.h"
#include "maps.h"

/* Fills one bank. The maps are as large as c needs, or larger. Backends of
 * `leaving` (a registry) that c does not know are taken from the other bank:
 * slots may still name them. */
int bank_write(const struct maps *m, uint32_t bank, const struct compiled *c, const struct sl_registry *leaving, struct sl_error *x);

/* Does this bank, with all edits up to `serial`, say what was compiled, the digest
 * apart? */
bool bank_equals(const struct maps *m, uint32_t bank, uint32_t serial, const struct compiled *c);

/* The same content in larger maps: that bank, and the slots. */
int bank_move(const struct maps *to, const struct maps *from, uint32_t bank, struct sl_error *x);

/* Does a frontend of this bank read slots from `slot_base` on? */
bool bank_reads(const struct maps *m, uint32_t bank, uint32_t slot_base);

/* The hop of a backend as this bank has it; -ENOENT. */
int bank_hop(const struct maps *m, uint32_t bank, uint16_t id, struct hop *out);

/* Slots of a pool, by their current owner; ids beyond the map read as 0. */
void slots_read(const struct maps *m, uint32_t base, uint16_t *ring, uint32_t n);
/* One store for each slot that differs; packets may be reading. */
void slots_write(const struct maps *m, uint32_t base, const uint16_t *ring, uint32_t n);

#endif
