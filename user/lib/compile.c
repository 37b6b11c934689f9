/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Puts one bank together. */
#include <errno.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "backends.h"
#include "frontends.h"
#include "limits.h"
#include "records.h"
#include "rules.h"

enum {
	CLASSES_MIN = 16,
	HASH_KEYS = sizeof(((struct sl_bank *)0)->hash_key) / sizeof(__u64),
	HASH_KEY_SEED = 0x100,		/* the ring's are 1 and 2 */
};

static void fill_policy(const struct sl_filter_conf *f, struct sl_bank *b)
{
	b->policy_drop = f->policy_drop;
	b->non_ip_drop = f->non_ip_given ? f->non_ip_drop : f->policy_drop;
	b->martians_drop = f->martians_drop;
	b->ip_options = (__u8)f->ip_options;
	b->anomalies_drop = f->anomalies_drop;
	b->verify_checksum = f->verify_checksum;
	b->essential = f->essential;
	b->established = f->established;
	b->fragment_later_drop = f->fragment_later_drop;
	b->dry_run = f->dry_run;
}

static void flag_ports(const struct sl_ranges *r, uint8_t flag,
		       struct sl_bank *b)
{
	for (size_t i = 0; i < r->n; i++)
		for (uint32_t port = 0; port < 65536; port++) {
			bool in = port >= r->item[i].low &&
				  port <= r->item[i].high;

			if (in != r->item[i].negated)
				b->port_flags[htons((uint16_t)port)] |= flag;
		}
}

static void fill_services(const struct compile_input *in, struct sl_bank *b)
{
	const struct sl_config *c = in->conf;

	for (size_t s = 0; s < c->n_services; s++)
		for (size_t p = 0; p < c->n_pools; p++)
			if (!strcmp(c->services[s].pool, c->pools[p].name))
				b->service_pool[in->service_id[s]] = in->pools[p].index;
}

static void fill_bank(const struct compile_input *in, struct sl_bank *b)
{
	const char *seed = in->conf->seed ? in->conf->seed : "";
	const struct sl_filter_conf *f = &in->conf->filter;

	b->digest = in->digest;
	b->answer_price = ((__u64)in->hz << SL_TICK_BITS) / SL_ANSWERS;
	for (unsigned i = 0; i < HASH_KEYS; i++)
		b->hash_key[i] = XXH64(seed, strlen(seed), HASH_KEY_SEED + i);
	b->hash_key[HASH_KEYS - 1] |= 1;
	fill_policy(f, b);
	flag_ports(&f->management_tcp, SL_PORT_MANAGEMENT_TCP, b);
	flag_ports(&f->management_udp, SL_PORT_MANAGEMENT_UDP, b);
	flag_ports(&f->replies_udp, SL_PORT_REPLY_UDP, b);
	fill_services(in, b);
}

static __u64 features_of_pools(const struct sl_config *c)
{
	__u64 features = records_sets(c) > 1 ? SL_F_TRACK : 0;

	for (size_t i = 0; i < c->n_pools; i++)
		if (c->pools[i].quic_server_id_bytes)
			features |= SL_F_QUIC;
	return features;
}

/* What neither rules nor backends know of. */
static __u64 features_of(const struct sl_config *c, const struct lists *l)
{
	const struct sl_filter_conf *f = &c->filter;

	return (l->v4 ? SL_F_CLASS4 : 0u) | (l->v6 ? SL_F_CLASS6 : 0u) |
	       (f->martians_drop ? SL_F_MARTIANS : 0u) |
	       (f->anomalies_drop ? SL_F_ANOMALIES : 0u) |
	       (f->verify_checksum ? SL_F_CHECKSUM : 0u) |
	       (f->management_tcp.n || f->management_udp.n ? SL_F_MANAGEMENT : 0u) |
	       (f->policy_drop ? SL_F_POLICY : 0u) |
	       (f->dry_run ? SL_F_DRY_RUN : 0u) |
	       (c->n_decap ? SL_F_DECAP : 0u) |
	       (c->n_services ? SL_F_BALANCE : 0u) |
	       features_of_pools(c);
}

static int classify(const struct compile_input *in, struct compiled *c, struct sl_error *x)
{
	struct lists *l = c->lists;
	struct image image;
	uint32_t n = CLASSES_MIN;
	int err;

	c->of_lists = classes_new(in->conf->limits.classes);
	if (!c->of_lists)
		return -ENOMEM;
	err = image_build(l->item, l->n_items, c->of_lists, &image, x);
	if (err)
		return err;
	c->image = image.word;
	c->image_words = image.words;
	c->image_used = image.used;
	while (n < classes_count(c->of_lists))
		n *= 2;
	c->classes = calloc(n, sizeof(*c->classes));
	c->n_classes = n;
	return c->classes ? rows_fill(l, c->of_lists, 0, c->classes) : -ENOMEM;
}

static void set_masks(const struct compile_input *in, struct compiled *c)
{
	struct sl_knobs *k = &c->knobs;

	k->limit_mask = limits_sets(in->conf) - 1;
	k->rule_words = (__u32)(in->conf->filter.n_rules + 63) / 64;
	k->image_mask = c->image_words - 1;
	k->class_mask = c->n_classes - 1;
	k->bucket_mask = c->buckets - 1;
	k->slot_mask = in->slots ? in->slots - 1 : 0;
	k->record_mask = records_sets(in->conf) - 1;
	k->backend_mask = c->n_backends - 1;
}

static int compile(const struct compile_input *in, struct compiled *c, struct sl_error *x)
{
	struct lists *l = c->lists;
	__u64 *features = &c->knobs.features;
	int err = lists_make(in, l, x);

	if (!err)
		err = classify(in, c, x);
	if (!err)
		err = rules_fill(in, c->bank, features, x);
	if (!err)
		err = frontends_make(in, l, &c->frontends, &c->buckets, x);
	if (!err)
		err = backends_make(in, &c->backends, &c->n_backends, features, x);
	if (err)
		return err;
	*features |= features_of(in->conf, l);
	fill_bank(in, c->bank);
	set_masks(in, c);
	return 0;
}

int compile_bank(const struct compile_input *in, struct compiled **out,
		 struct sl_error *x)
{
	struct compiled *c = calloc(1, sizeof(*c));
	int err = -ENOMEM;

	if (c) {
		c->bank = calloc(1, sizeof(*c->bank));
		c->lists = calloc(1, sizeof(*c->lists));
	}
	if (c && c->bank && c->lists)
		err = compile(in, c, x);
	if (err) {
		compiled_free(c);
		return err == -ENOMEM ? sl_fail(x, ENOMEM, "memory: not enough") :
					err;
	}
	*out = c;
	return 0;
}

void compiled_free(struct compiled *c)
{
	if (!c)
		return;
	if (c->lists)
		lists_free(c->lists);
	free(c->lists);
	classes_free(c->of_lists);
	free(c->bank);
	image_free(c->image, c->image_words);
	free(c->classes);
	free(c->frontends);
	free(c->backends);
	free(c);
}
