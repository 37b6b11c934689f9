/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fragments to a service: the first one, which has ports, records where its
 * datagram goes, and those that come after it follow. Where all flows of a protocol
 * to a service address go by their source to one pool, they find their way without.
 */
#ifndef SLUICE_FRAGMENTS_H
#define SLUICE_FRAGMENTS_H

#include "follow.h"

/* Its datagram; `is` tells the service in the pool's place. 0: it cannot be read. */
static __always_inline struct sl_records *datagram(struct xdp_md *ctx, const struct pkt *p, struct flow *f)
{
	const void *at = frame_at(ctx, p->id_at, 4);

	if (!at)
		return 0;
	datagram_of(p, record_key(), p->family == 4 ? load16(at) : load32(at), f);
	f->lasts = f->longest = SL_RECORD_UNCONFIRMED;
	f->is = SL_RECORD(p->backend, p->service - 1u, p->hash, time_now()) ^ SL_RECORD_VEIL(f->tag);
	f->zero = p->zero;
	return SETTLED(fragment_set(f->set));
}

/* A first fragment goes to p->backend. Global, as few packets are fragments. */
__noinline int record_datagram(struct xdp_md *ctx, struct pkt *p)
{
	struct sl_records *set;
	struct flow f;

	if (!p)
		return 0;
	set = datagram(ctx, p, &f);
	if (set)
		record_force(set, &f);
	return 0;
}

/* 1: p->backend is where the first fragment went. */
static __always_inline int follow_datagram(struct xdp_md *ctx, struct pkt *p)
{
	struct sl_record was, *at = 0;
	struct sl_records *set;
	struct flow f;

	set = datagram(ctx, p, &f);
	if (!set)
		return 0;
	was = record_find(set, &f, OF_DATAGRAM, &at);
	p->backend = (__u16)alive(p, SL_RECORD_BACKEND(was.is));
	if (!was.tag || !p->backend)
		return 0;
	was.is ^= SL_RECORD_VEIL(was.tag);
	p->service = (__u16)(SL_RECORD_POOL(was.is) + 1);
	p->hash = SL_RECORD_HASH(was.is);
	return 1;
}

#endif
