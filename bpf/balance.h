/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Service address, protocol and port -> service -> slot -> backend.
 *
 * Only frames that are addressed to us are balanced or decapsulated: a bridge
 * floods, and every balancer on the segment would forward a copy.
 */
#ifndef SLUICE_BALANCE_H
#define SLUICE_BALANCE_H

#include "follow.h"
#include "fragments.h"
#include "hash.h"
#include "icmp.h"
#include "maps.h"
#include "quic.h"

static __always_inline int is_own_mac(const struct pkt *p, __u64 mac)
{
	const struct sl_interface *in;

	if (p->interface >= SL_INTERFACES_MAX)
		return !(mac & bpf_cpu_to_be64(1ULL << 56));	/* any unicast */
	in = interface_at(p->interface);
	UNROLL
	for (__u32 i = 0; i < SL_MACS_MAX; i++)
		if (i < in->macs && in->mac[i] == mac)
			return 1;
	return 0;
}

/* Of a packet for a service or decap address: is its frame for us? Then what it
 * was addressed to is where it will come from. */
static __always_inline int check_mac(struct xdp_md *ctx, struct pkt *p)
{
	const void *frame;
	__u64 mac;

	if (!USES(SL_F_BALANCE | SL_F_DECAP))
		return to_stack(p);
	if (!p->vip && !(p->flags & SL_CLASS_DECAP))
		return to_stack(p);
	forget_hits(p);
	if (USES(SL_F_REDIRECT | SL_F_FIB))
		p->sent = (__u8)FORGET(SEND_BACK, p->zero);	/* till route() knows better */
	frame = frame_at(ctx, 0, sizeof(struct eth_header));
	if (!frame)
		return -SL_SHORT_FRAME;
	mac = load64(frame) & bpf_cpu_to_be64(0xffffffffffff0000ULL);
	p->macs.src_head = load16(frame);
	p->macs.src_tail = load32(frame + 2);
	return is_own_mac(p, mac) ? 0 : -SL_NOT_OUR_MAC;
}

/* ---- the frontend, all but its key, as one number: wherever it was found, what
 * follows is verified once. Never 0. -------------------------------------------- */

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the halves of struct sl_frontend are read as little-endian numbers"
#endif

static __always_inline __u64 find_way(const struct pkt *p, __u64 key)
{
	const struct sl_frontend *bucket = frontend_bucket(p->turn, key);

	for (int i = 0; i < SL_FRONTEND_WAYS; i++)
		if (bucket[i].key == key)
			return load64(&bucket[i].slot_base);
	return 0;
}

/* SETTLED: each test of one by itself would need 64 bits of constant. */
static __always_inline __u32 flags_of(__u64 way)
{
	return SETTLED((__u32)(way >> 56));
}

static __always_inline void hash(struct pkt *p, __u64 way, __u32 flags)
{
	const __u64 *key = bank_of(p->turn)->hash_key;

	p->service = (__u16)((way >> 32) + 1);
	p->hash = flags & SL_FRONTEND_HASH_SOURCE ? hash_source(key, p) : hash_flow(key, p);
}

/* ---- the backend ---------------------------------------------------------------- */

static __always_inline __u32 slot_of(const struct pkt *p, __u64 way)
{
	return slot_word((__u32)way + (__u32)SHIFT_RIGHT(p->hash, way >> 48));
}

/* Does the slot's word alone not say who gets the packet? */
static __always_inline int is_followed(__u32 word, __u32 flags)
{
	return USES(SL_F_TRACK) && (word >> 16 != (word & 0xffff) || flags & SL_FRONTEND_TRACK);
}

/* It is found, if there is one. */
static __always_inline int send_to(struct pkt *p, __u32 id)
{
	const struct sl_backend *to = backend_of(p->turn, id);

	p->backend = (__u16)id;
	p->to = to;
	if (!is_alive(to)) {	/* none has id 0 */
		p->backend = 0;
		return -SL_NO_BACKEND;
	}
	return 0;
}

static __always_inline int choose(struct xdp_md *ctx, struct pkt *p, __u64 way)
{
	__u32 flags = flags_of(way), id;
	const struct sl_backend *to = 0;
	int err = 0;

	hash(p, way, flags);
	if (USES(SL_F_QUIC) && flags & SL_FRONTEND_QUIC && find_server(ctx, p)) {
		id = p->backend;
	} else {
		id = p->slot = slot_of(p, way);
		if (is_followed(id, flags)) {
			to = follow(p, flags & SL_FRONTEND_TRACK);
			id = p->backend;
		}
	}
	if (to)
		p->to = to;
	else
		err = send_to(p, (__u16)id);
	if (err || p->fragment != SL_FRAG_FIRST)
		return err;
	record_datagram(ctx, p);
	/* To the verifier it may have written *p, though clang knows better. */
	asm volatile("" : : "r"(p) : "memory");
	return send_to(p, p->backend);
}

static __always_inline int find_by(struct xdp_md *ctx, struct pkt *p)
{
	__u64 way = find_way(p, sl_frontend_key(p->vip, p->proto, bpf_ntohs(p->dport)));

	return way ? choose(ctx, p, way) : to_stack(p);
}

/* Of a later fragment: 1, p->backend is where it goes. */
__noinline int find_later(struct xdp_md *ctx, struct pkt *p)
{
	__u64 way;
	__u32 flags;

	if (!p)
		return 0;
	if (follow_datagram(ctx, p))
		return 1;
	way = find_way(p, sl_address_key(p->vip, p->proto));
	if (!way)
		return 0;
	flags = flags_of(way);
	hash(p, way, flags);
	p->slot = slot_of(p, way);
	p->backend = (__u16)p->slot;
	if (is_followed(p->slot, flags))
		follow_aside(p, flags & SL_FRONTEND_TRACK);
	return 1;
}

static __always_inline int balance(struct xdp_md *ctx, struct pkt *p)
{
	int proto, err = 0;

	if (!USES(SL_F_BALANCE) || (USES(SL_F_DECAP) && !p->vip))
		return to_stack(p);
	if (!p->ttl)
		return -SL_TTL_ZERO;
	if (p->fragment == SL_FRAG_LATER)
		return find_later(ctx, p) ? send_to(p, p->backend) : -SL_VIP_FRAGMENT;
	proto = SETTLED(p->proto);
	if (proto != PROTO_TCP && proto != PROTO_UDP)
		err = meet_icmp(ctx, p);
	return err ? err : find_by(ctx, p);
}

#endif
