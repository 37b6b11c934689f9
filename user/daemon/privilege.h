/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a process of sluiced gives up for good, before it looks at anything. */
#ifndef SLUICE_PRIVILEGE_H
#define SLUICE_PRIVILEGE_H

#include <sluice/sluice.h>

/* The parent: of groups `sluice` and `bird` alone, if they exist: what members of the
 * first made is then the parent's to write without CAP_DAC_OVERRIDE. */
int privilege_join(struct sl_error *x);

/* Control: user 0, whose the pins are, of those groups, and without a single capability,
 * to be had again by no means. */
int privilege_drop(struct sl_error *x);

/* Health: user `sluice-health` if it exists, else `nobody`; its own group alone; no
 * capability but CAP_NET_RAW (a socket's mark), if the parent has it. */
int privilege_become_nobody(struct sl_error *x);

#endif
