/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One change of an instance: lock, repair what a killed command left, read
 * what was asked last, let the caller edit it, apply, commit.
 *
 * next.yaml exists from before the first effect until after the last. Whoever
 * finds it decides by the kernel: if the active bank was made of next.yaml's
 * text, the change happened and is finished; else it is undone.
 */
#ifndef CONF_CHANGE_H
#define CONF_CHANGE_H

#include "conf.h"

struct change {
	struct sl_instance *inst;
	struct sl_config *running;	/* what was asked last; empty if nothing was */
	char *running_text;
	char repaired[128];		/* "" or what was done: "finished the change that ... left" */
};

/* how: SL_OPEN_CHANGE or SL_OPEN_CREATE. */
int change_open(struct change *c, const char *instance, enum sl_open how, struct sl_error *x);

/* Brings the kernel to `conf` and makes it the running one. *changed: false
 * when text, elements, slots and links are as they were: then nothing is written. */
int change_commit(struct change *c, const struct sl_config *conf, bool *changed, struct sl_error *x);

/* Around an edit of set elements: begin writes next.yaml (a copy of
 * running.yaml), end removes it. */
int change_begin_sets(struct change *c, struct sl_error *x);
int change_end_sets(struct change *c, struct sl_error *x);

void change_close(struct change *c);

/* For commands that only look: running.yaml parsed (CONF_RUNNING). -ENOENT. */
int running_read(const char *instance, struct sl_config **conf, struct sl_error *x);

#endif
