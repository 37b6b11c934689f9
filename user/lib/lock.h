/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One command at a time changes an instance. */
#ifndef SL_LOCK_H
#define SL_LOCK_H

#include <sluice/sluice.h>

/* Takes `dir`/lock: its descriptor, or who holds it and -EBUSY after 5 s, -EAGAIN at
 * once if it shall not wait. It is released when the descriptor is closed. */
int lock_take(const char *dir, bool wait, struct sl_error *x);

#endif
