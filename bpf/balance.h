/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Service address, protocol and port -> service -> slot -> backend.
 *
 * Only frames that are addressed to us are balanced or decapsulated: a bridge
 * floods, and every balancer on the segment would forward a copy.
 */
#ifndef SLUICE_BALANCE_H
#define SLUICE_BALANCE_H

#include "flows.h"
#include "hash.h"
#include "maps.h"

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
	frame = frame_at(ctx, 0, sizeof(struct eth_header));
	if (!frame)
		return -SL_SHORT_FRAME;
	mac = load64(frame) & bpf_cpu_to_be64(0xffffffffffff0000ULL);
	p->macs.src_head = load16(frame);
	p->macs.src_tail = load32(frame + 2);
	return is_own_mac(p, mac) ? 0 : -SL_NOT_OUR_MAC;
}

/* ---- two generations --------------------------------------------------------- */

/*
 * Of a packet whose slot changes, settles, or has records. It may only LOOK: then
 * nothing is recorded, refreshed or confirmed, but it goes where the flow goes.
 */
enum packet_kind { KIND_SYN, KIND_TCP, KIND_UDP };
enum { FOLLOW_TRACK = SL_FRONTEND_TRACK, FOLLOW_LOOK = 1 << 8 };

static __always_inline enum packet_kind kind_of_packet(const struct pkt *p, __u32 flags)
{
	if (p->proto != PROTO_TCP)
		return KIND_UDP;
	if (flags & FOLLOW_LOOK)
		return KIND_TCP;
	return (p->type & (TCP_SYN | TCP_RST | TCP_FIN)) == TCP_SYN ? KIND_SYN : KIND_TCP;
}

static __always_inline int is_alive(const struct sl_backend *b)
{
	return b->family && !(b->flags & SL_BACKEND_DEAD);
}

/* The backend, or 0 if there is none that may be followed. */
static __always_inline __u32 alive(const struct pkt *p, __u32 id)
{
	if ((__u32)FORGET(id, p->zero) > knobs.backend_mask || !is_alive(backend_of(p->turn, id)))
		return 0;
	return id;
}

static __always_inline void count_led(const struct pkt *p, __u32 id, int by_record)
{
	struct sl_counts *c = counts_here();
	struct sl_traffic *service = &c->service[IDX(p->service - 1u, SL_SERVICES_MAX - 1)];
	struct sl_traffic *backend = &c->backend[IDX(id, SL_BACKENDS_MAX - 1)];

	if (by_record) {
		service->records++;
		backend->records++;
		return;
	}
	service->previous++;
	backend->previous++;
	c->event[SL_EVENT_FOLLOWED_PREVIOUS]++;
}

/* Those who may be followed; previous 0: the slot does not change. */
struct owners { __u32 current, previous; };

static __always_inline struct owners owners_of(const struct pkt *p)
{
	__u32 word = p->slot;
	struct owners o = { alive(p, word & 0xffff), word >> 16 };

	if (o.previous == SL_SETTLING || o.previous == (word & 0xffff))
		o.previous = 0;
	else
		o.previous = alive(p, o.previous);
	return o;
}

/* Where a flow without a record goes: with a record, else; 0: it gets none. */
struct way_out { __u32 recorded, otherwise; };

static __always_inline struct way_out way_out(const struct owners *o, enum packet_kind kind, int graced, __u32 track)
{
	struct way_out to = { track ? o->current : 0, o->current };

	if (!o->previous)
		return to;
	to.recorded = kind == KIND_TCP ? 0 : o->current;
	if (kind != KIND_UDP || graced || !o->current)
		to.otherwise = o->previous;	/* of a SYN: the change waits */
	if (kind == KIND_UDP)
		to.recorded = to.otherwise;
	return to;
}

/* It went to p->backend, without a record. */
static __always_inline void note_previous(const struct pkt *p, __u32 now)
{
	if (!p->backend || p->backend != p->slot >> 16 || p->backend == (__u16)p->slot)
		return;
	count_led(p, p->backend, 0);
	if (kind_of_packet(p, 0) != KIND_SYN)
		set_followed(p->backend, now);
}

/* Of a flow that has no record. */
static __always_inline void lead(struct pkt *p, struct sl_records *set, struct flow *f, __u32 flags)
{
	int graced = (__s32)(pool_of(p)->udp_until - time_now()) > 0;
	struct owners o = owners_of(p);
	struct way_out to = way_out(&o, kind_of_packet(p, flags), graced, flags & FOLLOW_TRACK);

	p->backend = (__u16)to.otherwise;
	if (flags & FOLLOW_LOOK)
		return;
	f->is |= FORGET(to.recorded, f->zero);
	if (SL_RECORD_BACKEND(f->is)) {
		if (record_insert(set, f)) {
			p->backend = SL_RECORD_BACKEND(f->is);
			counts_here()->event[SL_EVENT_RECORD_INSERT]++;
			return;
		}
		counts_here()->event[SL_EVENT_RECORD_PRESSURE]++;
	}
	note_previous(p, time_now());
}

static __always_inline int led(const struct pkt *p, struct sl_record *r, struct sl_record was, const struct flow *f, __u32 flags)
{
	if (flags & FOLLOW_LOOK)
		return 0;
	record_refresh(r, was, f, kind_of_packet(p, flags) != KIND_SYN);
	count_led(p, p->backend, 1);
	return 0;
}

/* DESIGN 4's table, where the slot alone does not decide. p->backend is found; 0:
 * none. Global, as in steady state no packet comes here. */
__noinline int follow(struct pkt *p, __u32 flags)
{
	struct sl_record was, *r;
	struct sl_records *set;
	struct flow f;
	__u32 way;

	if (!USES(SL_F_TRACK) || !p)
		return 0;
	flow_of(p, record_key(), &f);
	f.lasts = pool_of(p)->lasts;
	f.is = SL_RECORD(0, pool_index(p), p->hash, time_now());
	f.zero = p->zero;
	set = SETTLED(record_set(f.set));
	way = (__u32)FORGET(way_of_flow(set, &f), f.zero);
	if (way < SL_RECORD_WAYS) {
		r = &set->way[IDX(way, SL_RECORD_WAYS - 1)];
		was = record_read(r, &f);
		p->backend = (__u16)alive(p, SL_RECORD_BACKEND(was.is));
		if (p->backend)
			return led(p, r, was, &f, flags);
	}
	lead(p, set, &f, flags);
	return 0;
}

static __always_inline int choose(struct pkt *p, const struct sl_frontend *f, __u32 how)
{
	const __u64 *key = bank_of(p->turn)->hash_key;

	p->service = f->service + 1;
	p->hash = f->flags & SL_FRONTEND_HASH_SOURCE ? hash_source(key, p) : hash_flow(key, p);
	p->slot = slot_word(f->slot_base + (p->hash >> (f->shift & 31)));
	p->backend = (__u16)p->slot;
	how |= f->flags & SL_FRONTEND_TRACK;
	if (USES(SL_F_TRACK) && (p->slot >> 16 != p->backend || how & FOLLOW_TRACK))
		follow(p, how);
	p->to = backend_of(p->turn, p->backend);
	if (!is_alive(p->to)) {	/* none has id 0 */
		p->backend = 0;
		return -SL_NO_BACKEND;
	}
	return 0;
}

/* The backend of a flow to a service, by what p says of its addresses, protocol and
 * ports. `how`: 0, or FOLLOW_LOOK for what is only about the flow. */
static __always_inline int find_backend(struct pkt *p, __u32 how)
{
	__u64 key = sl_frontend_key(p->vip, p->proto, bpf_ntohs(p->dport));
	const struct sl_frontend *bucket = frontend_bucket(p->turn, key);

	for (int i = 0; i < SL_FRONTEND_WAYS; i++)
		if (bucket[i].key == key)
			return choose(p, &bucket[i], how);
	return to_stack(p);
}

static __always_inline int balance(struct pkt *p)
{
	if (!p->vip || !USES(SL_F_BALANCE))
		return to_stack(p);
	if (!p->ttl)
		return -SL_TTL_ZERO;
	if (p->fragment == SL_FRAG_LATER)
		return -SL_VIP_FRAGMENT;
	if (p->proto != PROTO_TCP && p->proto != PROTO_UDP)
		return to_stack(p);
	return find_backend(p, 0);
}

#endif
