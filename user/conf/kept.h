/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Elements of sets that an unconfirmed apply takes away, kept to come back. */
#ifndef CONF_KEPT_H
#define CONF_KEPT_H

#include "change.h"

/* Writes those sets of c->running whose elements the prepared `conf` changes. */
int kept_write(struct change *c, const struct sl_config *conf, struct sl_error *x);
/* Puts them into `conf`, which ran before, and prepares the change to it: its
 * commit brings them, and leaves sets alone of which nothing is kept. */
int kept_read(struct change *c, struct sl_config *conf, struct sl_error *x);
/* After that: those that expire get their time back, or are gone. */
int kept_expire(struct change *c, const struct sl_config *conf, struct sl_error *x);
void kept_remove(struct change *c);

#endif
