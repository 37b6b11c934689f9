/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One command at a time changes an instance. */
#ifndef SL_LOCK_H
#define SL_LOCK_H

#include <sluice/sluice.h>

/* Takes `dir`/lock, waiting up to 5 s; its descriptor, or -EBUSY and who holds
 * it. It is released when the descriptor is closed. */
int lock_take(const char *dir, struct sl_error *x);

#endif
