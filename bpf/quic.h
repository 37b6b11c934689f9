/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * QUIC: a packet with a short header goes to the backend that its connection id
 * names, wherever it comes from (draft-ietf-quic-load-balancers, plaintext): its
 * first octet has the configuration in its highest three bits, 7 for none, and the
 * server id follows. Clients choose the ids of long headers: those go by hash, as
 * does whatever names no backend.
 */
#ifndef SLUICE_QUIC_H
#define SLUICE_QUIC_H

#include "follow.h"
#include "maps.h"

enum { QUIC_LONG = 0x80, QUIC_NO_CONFIG = 7, SERVER_ID_MAX = 16 };

struct quic_short { __u8 flags, rotation, id[SERVER_ID_MAX]; };

/* The first n octets of 16: of the first eight, of the others. */
static __always_inline __u64 mask_of_octets(__u32 n)
{
	return n >= 8 ? ~0ULL : ~(~0ULL >> (8 * n & 63));
}

/* It is in the frame whole: what follows the id belongs to the same packet. */
static __always_inline __u64 server_key(struct xdp_md *ctx, const struct pkt *p)
{
	__u32 at = p->l4 + sizeof(struct udp_header), n = pool_of(p)->server_id_bytes;
	const struct quic_short *q = frame_at(ctx, at, sizeof(*q));
	__u64 high, low;

	if (!q || !n || at + 2 + n > p->l3 + p->ip_length)
		return 0;
	if (q->flags & QUIC_LONG || q->rotation >> 5 == QUIC_NO_CONFIG)
		return 0;
	high = bpf_be64_to_cpu(load64(q->id)) & mask_of_octets(n);
	low = bpf_be64_to_cpu(load64(q->id + 8)) & mask_of_octets(n < 8 ? 0 : n - 8);
	return sl_server_key(pool_index(p), high, low);
}

/* 1: p->backend is the one that it names. Global, as few pools have ids. */
__noinline int find_server(struct xdp_md *ctx, struct pkt *p)
{
	const struct sl_frontend *bucket;
	__u64 key;

	if (!USES(SL_F_QUIC) || !p || p->proto != PROTO_UDP || p->traits & TRAIT_ABOUT)
		return 0;
	key = server_key(ctx, p);
	if (!key)
		return 0;
	p->backend = 0;
	bucket = frontend_bucket(p->turn, key);
	for (int i = 0; i < SL_FRONTEND_WAYS; i++)
		if (bucket[i].key == key)
			p->backend = (__u16)alive(p, bucket[i].service);
	return p->backend != 0;
}

#endif
