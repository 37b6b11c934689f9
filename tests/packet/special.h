/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The specialisations that must load everywhere: the corners of what a
 * configuration can ask for. tools/budget holds each to its limits.
 */
#ifndef TESTS_PACKET_SPECIAL_H
#define TESTS_PACKET_SPECIAL_H

#include <sluice/abi.h>

enum {
	CLASSES = SL_F_CLASS4 | SL_F_CLASS6,
	SANITY = SL_F_MARTIANS | SL_F_ANOMALIES | SL_F_CHECKSUM,
	PORTS = SL_F_KIND | SL_F_SPORT | SL_F_DPORT,
	DIMENSIONS = PORTS | SL_F_FROM | SL_F_TO | SL_F_TYPE | SL_F_VLAN | SL_F_LENGTH | SL_F_TTL,
	OUTERS = SL_F_OUTER4 | SL_F_OUTER6,
	HOPS = SL_F_FIB | SL_F_REDIRECT,
};

struct special {
	const char *name;
	struct sl_knobs knobs;
};

#define SMALL .limit_mask = SL_RULES_MAX - 1, .image_mask = 1023, .class_mask = 15, .bucket_mask = 15, \
	.slot_mask = 16383, .backend_mask = 15, .record_mask = 15, .cpu_mask = 3
#define LARGE .limit_mask = (1 << 20) - 1, .image_mask = (4 << SL_NODE_BITS) - 1, .class_mask = SL_CLASSES_MAX - 1, \
	.bucket_mask = (1 << 14) - 1, .slot_mask = (1 << 24) - 1, \
	.backend_mask = SL_BACKENDS_MAX - 1, .record_mask = (1 << 19) - 1, .cpu_mask = 63

static const struct special specials[] = {
	{ "empty", { .features = 0, SMALL } },
	{ "filter-ports", { .features = PORTS, .rule_words = 1, SMALL } },
	{ "filter-ipv4", { .features = SL_F_CLASS4 | PORTS | SL_F_FROM, .rule_words = 1, SMALL } },
	{ "filter-all", { .features = CLASSES | DIMENSIONS | SL_F_COUNT, .rule_words = 4, SMALL } },
	{ "filter-limit", { .features = SL_F_KIND | SL_F_COUNT | SL_F_LIMIT, .rule_words = 1, SMALL } },
	{ "filter-steer", { .features = SL_F_KIND | SL_F_STEER | SL_F_SAMPLE, .rule_words = 1, SMALL } },
	{ "dry-run", { .features = CLASSES | SANITY | PORTS | SL_F_POLICY | SL_F_DRY_RUN, .rule_words = 1, SMALL } },
	{ "sanity", { .features = SANITY, SMALL } },
	{ "policy-drop", { .features = CLASSES | SL_F_MANAGEMENT | SL_F_POLICY, SMALL } },
	{ "balance-ipv4", { .features = SL_F_CLASS4 | SL_F_BALANCE | SL_F_OUTER4, SMALL } },
	{ "balance-ipip", { .features = CLASSES | SL_F_BALANCE | SL_F_OUTER4 | SL_F_FILL, SMALL } },
	{ "balance-ip6ip6", { .features = CLASSES | SL_F_BALANCE | SL_F_OUTER6 | SL_F_FILL, SMALL } },
	{ "balance-redirect", { .features = CLASSES | SL_F_BALANCE | OUTERS | SL_F_REDIRECT, SMALL } },
	{ "balance-fib", { .features = CLASSES | SL_F_BALANCE | OUTERS | HOPS, SMALL } },
	{ "decap", { .features = CLASSES | SL_F_DECAP, SMALL } },
	{ "balance-filter", { .features = CLASSES | SL_F_BALANCE | OUTERS | PORTS | SL_F_FROM, .rule_words = 1, SMALL } },
	{ "everything", { .features = SL_F_ALL, .rule_words = 4, SMALL } },
	{ "everything-large", { .features = SL_F_ALL, .rule_words = 4, LARGE } },
};

#endif
