/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every apply of a file does before it changes anything, by whatever program:
 * it settles the seed, refuses what needs --force, notes what else to know, and
 * prepares the change.
 */
#ifndef CONF_PROPOSE_H
#define CONF_PROPOSE_H

#include "change.h"

/* Where sentences go that are no errors. */
struct notes {
	void (*note)(void *arg, const char *sentence);
	void *arg;
};

/* `conf` gets its seed. shrink: pools may have fewer slots than they have. -EPERM
 * refused; else as change_prepare(). */
int change_propose(struct change *c, struct sl_config *conf, bool shrink, const struct notes *notes, struct sl_error *x);

/* Of interfaces on which rules with `vlan` see no tags. */
void note_untagged(const struct notes *notes, const struct sl_config *conf);

#endif
