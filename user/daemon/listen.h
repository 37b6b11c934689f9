/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A listening socket where the configuration says. */
#ifndef SLUICE_LISTEN_H
#define SLUICE_LISTEN_H

#include <sluice/sluice.h>

/* A descriptor, non-blocking and closed on exec, or -errno. A unix socket is for
 * its owner and group; one that nobody listens on any more is replaced. */
int listen_at(const struct sl_listen *at, struct sl_error *x);

#endif
