/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What control knows of each backend's health, and asks health to check. */
#ifndef SLUICE_BACKENDS_H
#define SLUICE_BACKENDS_H

#include "control.h"
#include "health.h"

struct backend {
	struct health_state state;
	struct health_check check;	/* state.is_checked: what health is asked, but is_up */
	uint64_t probes, failed;	/* as health said last: it may begin anew, state does not */
	bool runs_up;			/* as the library has it */
};

/* Of each pool each backend, in the order of a configuration. */
struct backend_list { struct backend *backend; size_t n; };

/* ---- backends.c */
/* Of c->conf; whoever was in `old` keeps what is known. Free it with free(). -ENOMEM. */
int backends_list(struct control *c, const struct backend_list *old, struct backend_list *out, struct sl_error *x);
/* A line when so few of a pool are up that all are used, or nobody, or enough again. */
void backends_say_pools(const struct sl_config *conf, const struct backend_list *list);

/* ---- tell.c: the list, to health, as it can take it */
int tell_connect(struct event_base *loop, int sock, const struct backend_list *list);
void tell_all(void);		/* from the beginning */
void tell_disconnect(void);

/* ---- pulse.c: is health alive? */
int pulse_start(struct control *c);	/* -1: no memory */
void pulse_felt(void);			/* it said something, or is another */
void pulse_stop(void);

#endif
