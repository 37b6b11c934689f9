/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Between harness.c and rig.c: the instance that packets are sent through. */
#ifndef TESTS_PACKET_RIG_H
#define TESTS_PACKET_RIG_H

#include <sluice/sluice.h>

int rig_prog_fd(void);   /* the pinned program, open */
void rig_defaults(void); /* ingress and headroom as at the start */
unsigned long rig_assertions(void);
const char *rig_address_text(const struct sl_address *a, char *text,
			     size_t size);

#endif
