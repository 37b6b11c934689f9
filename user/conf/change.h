/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One change of an instance: lock, repair what a killed command left, read
 * what was asked last, let the caller edit it, apply, commit.
 *
 * next.yaml exists from before the first effect until after the last. Whoever
 * finds it decides by the kernel: if the active bank was made of next.yaml's
 * text, the change happened and is finished; else it is undone. An edit of a set
 * happened if the serial is another.
 */
#ifndef CONF_CHANGE_H
#define CONF_CHANGE_H

#include "conf.h"

struct change {
	struct sl_instance *inst;
	/* What was asked last, empty if nothing was. Its sets are marked
	 * unread: applying it leaves their elements alone. */
	struct sl_config *running;
	char *running_text;	/* NULL: there is no running.yaml */
	bool fresh;		/* nothing runs yet: closed without a commit, it is removed */
	bool lost;		/* something runs, but running.yaml is gone */
	char repaired[512];	/* "" or what was done: "finished the change that ... left" */

	/* made by change_prepare() */
	char *next_text;
	struct sl_plan *plan;
	bool differs;		/* text, elements, slots or links would change */
};

/* how: SL_OPEN_CHANGE or SL_OPEN_CREATE. -EBUSY: locked; -ENOENT: not running.
 * The library is told the running configuration (sl_config_set). */
int change_open(struct change *c, const char *instance, enum sl_open how, struct sl_error *x);

/* What it would do to bring the kernel to `conf`: fills plan and differs. */
int change_prepare(struct change *c, const struct sl_config *conf, struct sl_error *x);

/* Brings the kernel to `conf` and makes it the running one; prepares it if the
 * caller has not. *changed: false when it does not differ: nothing is written. */
int change_commit(struct change *c, const struct sl_config *conf, bool *changed, struct sl_error *x);

/* Around an edit of a set's elements: begin writes next.yaml (running.yaml,
 * which set, and the serial before the edit), end removes it. */
int change_begin_set(struct change *c, const char *set, struct sl_error *x);
int change_end_set(struct change *c, struct sl_error *x);

void change_close(struct change *c);

/* For commands that only look: running.yaml parsed (CONF_RUNNING). -ENOENT. */
int running_read(const char *instance, struct sl_config **conf, struct sl_error *x);

#endif
