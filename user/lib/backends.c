/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Compiles the pools' backends. */
#include <errno.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "backends.h"

enum { MTU_UNKNOWN = 1500 };

void backend_words(__be32 out[4], const struct sl_address *a)
{
	memset(out, 0, 16);
	if (a->family == 6)
		memcpy(out, a->octet, 16);
	else
		memcpy(out + 3, a->octet, 4);
}

uint32_t backend_host_bits(const struct sl_prefix *p)
{
	unsigned width = p->addr.family == 4 ? 32 : 128;
	unsigned host = width - p->length;

	return host >= 32 ? ~0u : (1u << host) - 1;
}

static uint32_t words(__be32 address)
{
	return (address >> 16) + (address & 0xffff);
}

/* The sum over the addresses of an IPv4 outer header: see bpf/encap.h, which adds
 * the rest. */
static uint16_t outer_sum(const struct sl_backend *b)
{
	uint32_t sum = words(b->src[3]) + words(b->dst[3]);

	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static void fill_source(const struct sl_pool_conf *p, const struct hop *hop,
			struct sl_backend *b)
{
	const struct sl_prefix *prefix = &p->source[0];

	if (prefix->addr.family != b->family)
		prefix = &p->source[1];
	if (prefix->addr.family == b->family) {
		backend_words(b->src, &prefix->addr);
		b->fill = htonl(backend_host_bits(prefix));
	} else if (hop->source.family == b->family) {
		backend_words(b->src, &hop->source);
	}
}

static const uint8_t by[] = {
	[SL_ENCAP_IPIP] = 0, [SL_ENCAP_GUE] = SL_BACKEND_GUE, [SL_ENCAP_L2] = SL_BACKEND_L2,
};

/* Octets before the inner packet. */
static uint8_t outer_octets(const struct sl_backend *b)
{
	if (b->flags & SL_BACKEND_L2)
		return 0;
	return (uint8_t)((b->family == SL_BACKEND_IPV4 ? 20 : 40) + (b->flags & SL_BACKEND_GUE ? 8 : 0));
}

static void fill_hop(const struct sl_pool_conf *p, const struct hop *hop,
		     struct sl_backend *b)
{
	uint32_t mtu = hop->mtu ? hop->mtu : MTU_UNKNOWN;

	b->mtu = (__u16)(mtu < UINT16_MAX ? mtu : UINT16_MAX);
	b->ifindex = hop->ifindex;
	memcpy(b->dst_mac, hop->dst_mac, sizeof(b->dst_mac));
	memcpy(b->src_mac, hop->src_mac, sizeof(b->src_mac));
	b->hop = hop->kind;
	b->gue_port = htons(p->gue_port);
	b->flags = SL_BACKEND_ALIVE | by[p->encap];
	if (p->next_hop == SL_NEXT_FIB)
		b->hop = SL_HOP_FIB;
	if (p->next_hop == SL_NEXT_MAC) {
		b->hop = SL_HOP_BACK;
		memcpy(b->dst_mac, p->mac, sizeof(b->dst_mac));
	}
}

void backend_die_with(struct sl_backend *b, const struct sl_backend *has)
{
	if (!(has->flags & SL_BACKEND_ALIVE))
		b->flags &= (uint8_t)~SL_BACKEND_ALIVE;
}

__u64 backend_needs(const struct sl_backend *b)
{
	return (b->flags & SL_BACKEND_L2 ? SL_F_L2 : b->family == SL_BACKEND_IPV4 ? SL_F_OUTER4 : SL_F_OUTER6) |
	       (b->flags & SL_BACKEND_GUE ? SL_F_GUE : 0u) |
	       (b->fill ? SL_F_FILL : 0u) |
	       (b->hop == SL_HOP_FIB ? SL_F_FIB : 0u) |
	       (b->hop == SL_HOP_OUT ? SL_F_REDIRECT : 0u);
}

void backend_make(const struct sl_pool_conf *p, size_t i, const struct hop *hop,
		  struct sl_backend *b)
{
	b->family = p->backends[i].addr.family;
	backend_words(b->dst, &p->backends[i].addr);
	fill_source(p, hop, b);
	fill_hop(p, hop, b);
	b->outer = outer_octets(b);
	if (b->family == SL_BACKEND_IPV4)
		b->sum = outer_sum(b);
}

static void fill_pool(const struct sl_pool_conf *p,
		      const struct compile_pool *in, struct sl_backend *table,
		      __u64 *features)
{
	for (size_t i = 0; i < p->n_backends; i++) {
		struct sl_backend *b = &table[in->backend_id[i]];

		backend_make(p, i, &in->hop[i], b);
		*features |= backend_needs(b);
	}
}

static uint32_t highest_id(const struct compile_input *in)
{
	uint32_t most = 0;

	for (size_t i = 0; i < in->conf->n_pools; i++)
		for (size_t j = 0; j < in->conf->pools[i].n_backends; j++)
			if (in->pools[i].backend_id[j] > most)
				most = in->pools[i].backend_id[j];
	return most;
}

int backends_make(const struct compile_input *in, struct sl_backend **table,
		  uint32_t *n, __u64 *features, struct sl_error *x)
{
	uint32_t most = highest_id(in), size = BACKENDS_MIN;
	const struct sl_config *c = in->conf;
	struct sl_backend *t;

	if (most >= SL_BACKENDS_MAX)
		return sl_fail(x, EINVAL, "pools: more than %d backends",
			       SL_BACKENDS_MAX - 1);
	while (size <= most)
		size *= 2;
	t = aligned_alloc(sizeof(*t), size * sizeof(*t));
	if (!t)
		return -ENOMEM;
	memset(t, 0, size * sizeof(*t));
	for (size_t i = 0; i < c->n_pools; i++)
		fill_pool(&c->pools[i], &in->pools[i], t, features);
	*table = t;
	*n = size;
	return 0;
}
