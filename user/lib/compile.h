/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A configuration becomes the content of one bank: pure, no kernel, no files.
 *
 * compile_bank() reads what was asked, the sets' elements and the ids that the
 * registry gave, and makes every table that a bank has and the knobs that go
 * with them. The caller writes them to the maps.
 */
#ifndef SL_COMPILE_H
#define SL_COMPILE_H

#include <sluice/sluice.h>

/* How a backend is reached, as the netlink side found it (hop.h). */
struct hop {
	uint8_t kind;			/* SL_HOP_* */
	uint32_t ifindex, mtu;		/* mtu 1500 while unknown */
	uint8_t dst_mac[6], src_mac[6];
	struct sl_address source;	/* the egress interface's, family 0 unknown */
};

struct compile_set {
	const struct sl_prefix *prefix;
	size_t n;
	bool timed;			/* some of them expire */
};

struct compile_pool {
	uint32_t slot_base;
	uint16_t index;			/* in `pools` */
	const uint16_t *backend_id;	/* of conf->pools[i].backends[] */
	const struct hop *hop;		/* the same order */
};

struct compile_input {
	const struct sl_config *conf;
	uint64_t digest;
	const struct compile_set *sets;		/* as conf->sets */
	const uint16_t *set_id;			/* NULL: 0, 1, 2 ... */
	const uint16_t *rule_counter;		/* as conf->filter.rules */
	const uint32_t *rule_device;		/* the same: ifindex, of redirects */
	uint32_t hz;				/* ticks of the kernel's clock a second */
	const uint16_t *service_id;		/* as conf->services */
	const struct compile_pool *pools;	/* as conf->pools */
	uint32_t slots;				/* in all, a power of two */
};

struct lists;
struct classes;

/* Counts are powers of two; the arrays are that long, the tail zero. */
struct compiled {
	struct sl_bank *bank;
	uint32_t *image;
	uint32_t image_words;		/* at least 1024 */
	uint32_t image_used;
	struct lists *lists;		/* items sorted: what the image is made of */
	struct classes *of_lists;
	struct sl_class *classes;
	uint32_t n_classes;		/* at least 16 */
	struct sl_frontend *frontends;	/* 4 * buckets */
	uint32_t buckets;		/* at least 16 */
	struct sl_backend *backends;	/* by id */
	uint32_t n_backends;		/* at least 16 */
	struct sl_knobs knobs;		/* masks: of these counts and input->slots */
};

/* -EINVAL with a sentence when it does not fit a limit (names the limit and
 * the key that raises it), -ENOMEM. */
int compile_bank(const struct compile_input *in, struct compiled **out, struct sl_error *x);
void compiled_free(struct compiled *c);

#endif
