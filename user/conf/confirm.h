/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An apply that waits for `confirm`, and how it is taken back.
 *
 * unconfirmed.yaml is there from before that apply's first effect until it is
 * confirmed or rolled back: a line that says what waits and until when, then
 * the text that ran before. Whoever waits to roll back holds a lock (flock) on
 * it, so one that was killed is known. Elements that the apply takes out of
 * sets lie beside it, in unconfirmed-SET. rolled-back says what was taken back
 * when nobody confirmed it, until the next change.
 */
#ifndef CONF_CONFIRM_H
#define CONF_CONFIRM_H

#include "change.h"

#define ROLLED_BACK "rolled-back"

/* Suspended time counts, and this clock is not set. */
uint64_t boot_ms(void);

struct unconfirmed {
	bool waits;		/* for confirm; else the others are 0 */
	bool watched;		/* a process will roll it back in time */
	int64_t left_ms;	/* below 0: too late */
	uint64_t digest;	/* of the text that was applied */
	char what[256];		/* the file that was applied */
};

/* Is there anything? Takes no lock. */
int unconfirmed_look(const char *instance, struct unconfirmed *u, struct sl_error *x);
/* What was rolled back because nobody confirmed it, and how long ago; false:
 * nothing since the last change. */
bool rolled_back_look(const char *instance, char what[256], uint64_t *ago_ms);

/* Before change_commit() of the prepared `conf`: what runs now is kept, to come
 * back in for_ms. *fd holds the watcher's lock. Nothing may wait already. */
int unconfirmed_arm(struct change *c, const struct sl_config *conf, const char *what, uint64_t for_ms, int *fd, struct sl_error *x);
/* It stays; also when the apply failed. */
void unconfirmed_drop(struct change *c);
/* What ran before runs again. `late`: nobody confirmed it. `gone` names interfaces
 * that are no more, and were left out; or "". */
int unconfirmed_roll_back(struct change *c, bool late, char gone[256], struct sl_error *x);

/* The watcher's part: until its time has come (true), or somebody else ended
 * it (false). Holds nothing but `fd`. */
bool unconfirmed_wait(int fd, const char *instance);
bool unconfirmed_is(int fd, const char *instance);	/* still this one? */

/* Nothing waits: what a command left that was killed while it armed goes. */
void unconfirmed_tidy(struct change *c);
/* A change to that text never happened. If it was the apply that waits, from what
 * ran before it, that needs no confirming. */
void unconfirmed_forget(struct change *c, uint64_t digest);

#endif
