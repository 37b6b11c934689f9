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
	frame = frame_at(ctx, 0, sizeof(struct eth_header));
	if (!frame)
		return -SL_SHORT_FRAME;
	mac = load64(frame) & bpf_cpu_to_be64(0xffffffffffff0000ULL);
	p->macs.src_head = load16(frame);
	p->macs.src_tail = load32(frame + 2);
	return is_own_mac(p, mac) ? 0 : -SL_NOT_OUR_MAC;
}

/* By the slot's word. 1: that alone does not say who gets the packet. */
static __always_inline int choose_by_hash(struct pkt *p, const struct sl_frontend *f)
{
	__u32 word = slot_word(f->slot_base + (__u32)(p->hash >> (f->shift & 31)));

	p->slot = word;
	p->backend = (__u16)word;
	return USES(SL_F_TRACK) && (word >> 16 != (word & 0xffff) || f->flags & SL_FRONTEND_TRACK);
}

static __always_inline void hash(struct pkt *p, const struct sl_frontend *f)
{
	const __u64 *key = bank_of(p->turn)->hash_key;

	p->service = f->service + 1;
	p->hash = f->flags & SL_FRONTEND_HASH_SOURCE ? hash_source(key, p) : hash_flow(key, p);
}

/* p->backend is found, if there is one. */
static __always_inline int send_to_backend(struct pkt *p)
{
	p->to = backend_of(p->turn, p->backend);
	if (!is_alive(p->to)) {	/* none has id 0 */
		p->backend = 0;
		return -SL_NO_BACKEND;
	}
	return 0;
}

static __always_inline int choose(struct xdp_md *ctx, struct pkt *p, const struct sl_frontend *f)
{
	int is_named, err;

	hash(p, f);
	is_named = USES(SL_F_QUIC) && f->flags & SL_FRONTEND_QUIC && find_server(ctx, p);
	if (!is_named && choose_by_hash(p, f))
		follow(p, f->flags & SL_FRONTEND_TRACK);
	err = send_to_backend(p);
	if (err || p->fragment != SL_FRAG_FIRST)
		return err;
	record_datagram(ctx, p);
	/* To the verifier it may have written *p, though clang knows better. */
	asm volatile("" : : "r"(p) : "memory");
	return send_to_backend(p);
}

static __always_inline int find_by(struct xdp_md *ctx, struct pkt *p)
{
	__u64 key = sl_frontend_key(p->vip, p->proto, bpf_ntohs(p->dport));
	const struct sl_frontend *bucket = frontend_bucket(p->turn, key);

	for (int i = 0; i < SL_FRONTEND_WAYS; i++)
		if (bucket[i].key == key)
			return choose(ctx, p, &bucket[i]);
	return to_stack(p);
}

/* Of a later fragment: 1, p->backend is where it goes. */
__noinline int find_later(struct xdp_md *ctx, struct pkt *p)
{
	const struct sl_frontend *bucket;
	__u64 key;

	if (!p)
		return 0;
	if (follow_datagram(ctx, p))
		return 1;
	key = sl_address_key(p->vip, p->proto);
	bucket = frontend_bucket(p->turn, key);
	for (int i = 0; i < SL_FRONTEND_WAYS; i++)
		if (bucket[i].key == key) {
			hash(p, &bucket[i]);
			if (choose_by_hash(p, &bucket[i]))
				follow_aside(p, bucket[i].flags & SL_FRONTEND_TRACK);
			return 1;
		}
	return 0;
}

static __always_inline int balance(struct xdp_md *ctx, struct pkt *p)
{
	int proto, err = 0;

	if (!p->vip || !USES(SL_F_BALANCE))
		return to_stack(p);
	if (!p->ttl)
		return -SL_TTL_ZERO;
	if (p->fragment == SL_FRAG_LATER)
		return find_later(ctx, p) ? send_to_backend(p) : -SL_VIP_FRAGMENT;
	proto = SETTLED(p->proto);
	if (proto != PROTO_TCP && proto != PROTO_UDP)
		err = meet_icmp(ctx, p);
	return err ? err : find_by(ctx, p);
}

#endif
