/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two generations of owners in a slot: who gets a packet where the slot alone does
 * not say. That of a stable slot goes to its owner, and nothing here is done.
 *
 *			SYN				other packets
 *	changing	record; current, and record	record; previous
 *	settling	record; current			record; current
 *
 * UDP has no SYN: in a changing slot an unrecorded flow is recorded for previous,
 * and from a while after the change on for current.
 */
#ifndef SLUICE_FOLLOW_H
#define SLUICE_FOLLOW_H

#include "flows.h"
#include "maps.h"

enum packet_kind { KIND_SYN, KIND_TCP, KIND_UDP };

/* It goes where its flow goes: nothing is recorded, refreshed or confirmed. */
static __always_inline int only_looks(const struct pkt *p)
{
	return p->traits & TRAIT_ABOUT || p->fragment == SL_FRAG_LATER;
}

static __always_inline enum packet_kind kind_of_packet(const struct pkt *p)
{
	if (p->proto != PROTO_TCP)
		return KIND_UDP;
	return (p->type & (TCP_SYN | TCP_RST | TCP_FIN)) == TCP_SYN ? KIND_SYN : KIND_TCP;
}

static __always_inline int is_alive(const struct sl_backend *b)
{
	return b->flags & SL_BACKEND_ALIVE;
}

/* Who may be followed; NULL: he may not. */
static __always_inline const struct sl_backend *alive_one(const struct pkt *p, __u32 id)
{
	const struct sl_backend *b;

	if (FORGET((__u64)id, p->zero) > KNOB(backend_mask))
		return 0;
	b = backend_of(p->turn, id);
	return is_alive(b) ? b : 0;
}

/* The backend, or 0 if there is none that may be followed. */
static __always_inline __u32 alive(const struct pkt *p, __u32 id)
{
	return alive_one(p, id) ? id : 0;
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
static __always_inline void note_previous(struct pkt *p, __u32 now)
{
	if (!p->backend || p->backend != p->slot >> 16 || p->backend == (__u16)p->slot)
		return;
	p->type |= TYPE_PREVIOUS;
	counts_here()->event[SL_EVENT_FOLLOWED_PREVIOUS]++;
	if (kind_of_packet(p) != KIND_SYN)
		set_followed(p->backend, now);
}

/* Of a flow that has no record. Global, as most flows of a changing slot have one;
 * by numbers, so that a struct flow on the straight line needs no memory. */
__noinline int lead(struct pkt *p, __u64 tag, __u64 is, __u32 set, __u32 track)
{
	struct flow f = { .tag = tag, .is = is, .set = set };
	struct owners o;
	struct way_out to;
	int graced;

	if (!USES(SL_F_TRACK) || !p)
		return 0;
	f.longest = pool_of(p)->longest;
	graced = (__s32)(pool_of(p)->udp_until - time_now()) > 0;
	o = owners_of(p);
	to = way_out(&o, kind_of_packet(p), graced, track);
	p->backend = (__u16)to.otherwise;
	if (only_looks(p))
		return 0;
	f.is |= FORGET(to.recorded, p->zero);
	if (SL_RECORD_BACKEND(f.is)) {
		if (record_insert(SETTLED(record_set(f.set)), &f)) {
			p->backend = SL_RECORD_BACKEND(f.is);
			counts_here()->event[SL_EVENT_RECORD_INSERT]++;
			return 0;
		}
		counts_here()->event[SL_EVENT_RECORD_PRESSURE]++;
	}
	note_previous(p, time_now());
	return 0;
}

static __always_inline void led(struct pkt *p, struct sl_record *r, struct sl_record was, const struct flow *f)
{
	if (only_looks(p))
		return;
	record_refresh(r, was, f);
	if (!SETTLED(was.tag & 1) && kind_of_packet(p) != KIND_SYN)
		record_confirm(r, was.tag);
	p->type |= TYPE_LED;
}

/* DESIGN 4's table, where the slot alone does not decide; track: its service has
 * records of stable slots too. p->backend is found; 0: none. NULL: who it is has
 * not been looked at. */
static __always_inline const struct sl_backend *follow(struct pkt *p, __u32 track)
{
	__u32 pool = SETTLED(pool_index(p));
	struct sl_record was, *at = 0;
	const struct sl_backend *to;
	struct sl_records *set;
	struct flow f;

	flow_of(p, record_key(), &f);
	f.lasts = pool_at(pool)->lasts;
	f.is = SL_RECORD(0, pool, p->hash, time_now()) ^ SL_RECORD_VEIL(f.tag);
	f.zero = p->zero;
	set = SETTLED(record_set(f.set));
	was = record_find(set, &f, OF_FLOW, &at);
	if (was.tag) {
		p->backend = (__u16)SL_RECORD_BACKEND(was.is);
		to = alive_one(p, p->backend);
		if (to) {
			led(p, at, was, &f);
			return to;
		}
	}
	lead(p, f.tag, f.is, (__u32)f.set, track);
	return 0;
}

/* The same, for who is no part of the straight line. */
__noinline int follow_aside(struct pkt *p, __u32 track)
{
	if (USES(SL_F_TRACK) && p)
		follow(p, track);
	return 0;
}

#endif
