/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the network's events mean for what runs: between watch.c and its files. */
#ifndef SLUICE_WATCH_H
#define SLUICE_WATCH_H

#include "control.h"

/* What changed, as far as it concerns us. */
struct news {
	bool links, ways;	/* interfaces; routes, neighbours, addresses, MTU */
	bool lost;		/* the kernel had more to say than there was room */
};

/* events.c: a socket that hears of all changes; -errno. */
int events_open(struct sl_error *x);
/* Reads what there is. `hops`: neighbours that concern us. */
void events_read(int fd, const struct sl_hops *hops, struct news *news);

/* interfaces.c: says once what became of each interface of c->conf, or why that cannot be
 * told (-errno); *lacks: some should be attached, and are not. */
int interfaces_look(struct control *c, bool *lacks);
void interfaces_forget_all(void);

#endif
