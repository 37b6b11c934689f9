/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One word to BIRD through its control socket, and its answer. */
#ifndef SLUICE_BIRD_H
#define SLUICE_BIRD_H

#include <event2/event.h>

struct bird;			/* a conversation that goes on */

/* Connects to the socket at `path` and has BIRD read its configuration again. Calls
 * said() once, from the loop: NULL when BIRD took it, else why not; `bird` is gone then.
 * -errno: nobody is there. */
int bird_configure(struct bird **bird, struct event_base *loop, const char *path, void (*said)(const char *refused));
void bird_hang_up(struct bird *b);	/* said() is not called any more; NULL is fine */

/* What a line of BIRD's says: its code, and whether more lines follow; -1: no such line. */
int bird_line(const char *line, int *goes_on);

#endif
