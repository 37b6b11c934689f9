/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs packets through the pinned program of a private instance.
 *
 * The instance is this process's own, in a network namespace of its own with
 * nothing in it. A trial is one promise: under this configuration this packet
 * ends so, for this reason. Each packet must count exactly one reason.
 */
#ifndef TESTS_PACKET_HARNESS_H
#define TESTS_PACKET_HARNESS_H

#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above */
#include <cmocka.h>

#include <sluice/sluice.h>

#include "tests/packet/layers.h"

/* How every configuration begins: attached nowhere, each unicast MAC ours. */
#define HEAD "sluice: 1\ninterfaces: {}\nseed: packets\n"

struct outcome {
	int action;            /* XDP_* */
	struct frame frame;    /* as it left */
	enum sl_reason reason; /* the one that was counted */
	char rules[256];       /* names of the rules counted, "a b" */
	char services[128];
	char backends[128]; /* their addresses */
	uint64_t flows;     /* counted at the services */
};

struct trial {
	const char *name; /* the promise */
	const char *config;
	const struct layer *packet;
	int action;
	enum sl_reason reason;
	const char *rules;       /* NULL: none may be counted */
	const struct layer *out; /* the frame as it leaves; NULL: as it came */
};

/* Rows of a table of trials: promise, configuration, reason, [rules,] layers.
 */
#define ROW(promise, text, verdict, why, names, ...) \
	{ \
		.name = (promise), .config = (text), \
		.packet = PACKET(__VA_ARGS__), .action = (verdict), \
		.reason = (why), .rules = (names) \
	}
#define PASSES(promise, text, why, ...) \
	ROW(promise, text, XDP_PASS, why, NULL, __VA_ARGS__)
#define DROPS(promise, text, why, ...) \
	ROW(promise, text, XDP_DROP, why, NULL, __VA_ARGS__)
#define RULE_DROPS(promise, text, names, ...) \
	ROW(promise, text, XDP_DROP, SL_RULE, names, __VA_ARGS__)
#define RULE_PASSES(promise, text, names, ...) \
	ROW(promise, text, XDP_PASS, SL_RULE, names, __VA_ARGS__)
/* The frame is rewritten: IN and OUT are PACKETs. */
#define REWRITES(promise, text, verdict, why, in, leaves) \
	{ \
		.name = (promise), .config = (text), .packet = (in), \
		.action = (verdict), .reason = (why), .out = (leaves) \
	}

/* For `main`: runs the trials, then the tests, under TAP; says how many
 * assertions there were. Either table may be NULL. */
int rig_main(const struct trial *trials, size_t n_trials,
	     const struct CMUnitTest *tests, size_t n_tests);

/* Makes the instance run `config`, unless it does already. */
void rig_apply(const char *config);
void rig_apply_again(const char *config); /* even if it does */
void rig_reopen(void); /* the pinned program may be another one now */
void rig_use(int prog); /* instead of it, until another is applied; takes it */

/* One packet; `o` is overwritten. Fails unless one reason is counted, once,
 * with the frame's length, and dropped agrees with the action. */
void rig_send(const struct layer *packet, struct outcome *o);
void rig_send_frame(const struct frame *in, struct outcome *o);

/* One packet, without looking at counters: the XDP action. */
int rig_run(const struct frame *in, struct frame *out);

/* Where packets seem to come in: an ifindex of this namespace, 0 for none. And
 * how much of the headroom is taken (a multiple of 4). Until the test ends. */
void rig_ingress(uint32_t ifindex);
void rig_headroom_taken(uint32_t octets);

struct sl_instance *rig_instance(void);
const char *rig_instance_name(void);
struct sl_stats *rig_stats(void); /* sl_stats_free is the caller's */
uint32_t rig_prog_id(void);       /* of the pinned program */

/* Assertions that count. */
void expect_verdict(const struct outcome *o, int action, enum sl_reason reason);
void expect_frame(const struct frame *got, const struct layer *want);
void expect_same_frame(const struct frame *got, const struct frame *want);
void expect_text(const char *got, const char *want);
void expect_number(uint64_t got, uint64_t want);
void expect_within(double got, double want,
		   double part); /* |got - want| <= part * want */

#endif
