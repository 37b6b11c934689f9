/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The functions in an object file of the compiler. */
#ifndef SL_OBJECT_H
#define SL_OBJECT_H

#include <stddef.h>

/* Trims (trim.h) each function of this object file, in place. What cannot be read
 * stays as it is: libbpf will have something to say about it. */
void object_trim(void *elf, size_t length);

#endif
