/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The program: a specialisation of it, loaded over an instance's maps. */
#ifndef SL_PROGRAM_H
#define SL_PROGRAM_H

#include "maps.h"

/* Loads it with these knobs over `m`; m->map[MAP_KNOBS] becomes that of the new
 * program. Its descriptor, or -errno with what the verifier said last. */
int program_load(struct maps *m, const struct sl_knobs *knobs, struct sl_error *x);

/* Digest of the object that this build loads: knobs.object of what it loaded. */
uint64_t program_object(void);

/* The knobs in a copy of a program's .rodata. */
int program_knobs(const void *rodata, size_t length, struct sl_knobs *out);

struct program_info { uint32_t id, instructions; };

int program_look(int fd, struct program_info *out);
/* Do all of these maps, as far as a program uses them, belong to it? */
bool program_uses(int fd, const struct maps *m);

#endif
