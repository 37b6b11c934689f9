/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records of flows: sets of eight ways, found by a keyed fingerprint.
 *
 * A way is written by who claimed it and read by who looks at its tag before and
 * after (abi.h has the protocol). A live record is never replaced, but for one
 * that nothing has confirmed since a handshake's time. Pure.
 *
 * Loads and stores are volatile and happen in this order; x86 shows them to other
 * CPUs so. Where a CPU does not, a reader may take what another flow's record
 * said: then its hash differs, and the record is not there.
 */
#ifndef SLUICE_FLOWS_H
#define SLUICE_FLOWS_H

#include "packet.h"
#include "siphash.h"

#ifndef READ		/* tests see to what happens in between */
#define READ(x) (*(const volatile __typeof__(x) *)&(x))
#endif
#define WRITE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))

/* A flow, and what a record of it would say now. */
struct flow {
	__u64 tag;	/* unconfirmed */
	__u64 is;	/* of backend 0, veiled */
	__u64 set;	/* its lower half counts */
	__u16 lasts;	/* records of its pool, once they are confirmed */
	__u16 longest;	/* those of any pool */
	__u64 zero;	/* an unknown one */
};

/* ---- which flow ----------------------------------------------------------- */

/* Not 0, and not SL_RECORD_BUSY. */
static __always_inline void set_tag(struct flow *f, const struct sip *s)
{
	f->tag = sip_sum(s) & ~1ULL;
	if (!f->tag)
		f->tag = 2;
	f->set = SL_RECORD_SET(f->tag);
}

/* Addresses and five octets more: 13 or 37 octets. */
static __always_inline void name_flow(const struct pkt *p, const __u64 key[4], __u64 last, struct flow *f)
{
	struct sip s;

	sip_begin(&s, key);
	if (p->family == 4) {
		sip_word(&s, p->src[0] | p->dst[0] >> 32);
		last |= 13ULL << 56;
	} else {
		sip_word(&s, p->src[0]);
		sip_word(&s, p->src[1]);
		sip_word(&s, p->dst[0]);
		sip_word(&s, p->dst[1]);
		last |= 37ULL << 56;
	}
	sip_end(&s, last);
	set_tag(f, &s);
}

static __always_inline void flow_of(const struct pkt *p, const __u64 key[4], struct flow *f)
{
	name_flow(p, key, (__u64)p->proto << 32 | (__u32)p->sport << 16 | p->dport, f);
}

/* A datagram in fragments. Those of IPv6 may not agree on the protocol. */
static __always_inline void datagram_of(const struct pkt *p, const __u64 key[4], __u32 id, struct flow *f)
{
	name_flow(p, key, (__u64)(p->family == 4 ? p->proto : 0) << 32 | id, f);
}

/* ---- looking ---------------------------------------------------------------- */

/* Tags of one flow differ in whether it is confirmed. */
static __always_inline int is_tag_of(__u64 tag, const struct flow *f)
{
	return (tag ^ f->tag) <= 1;
}

static __always_inline __u32 way_of_flow(const struct sl_records *set, const struct flow *f)
{
	UNROLL
	for (__u32 i = 0; i < SL_RECORD_WAYS; i++)
		if (is_tag_of(READ(set->way[i].tag), f))
			return i;
	return SL_RECORD_WAYS;
}

/* What a flow's record says beside the backend and the time; of a datagram nothing
 * is known. */
#define OF_FLOW SL_RECORD(0, ~0ULL, ~0U, 0)
#define OF_DATAGRAM 0ULL

/* Of the way that had its tag: the record, live and whole; 0: it is neither. */
static __always_inline struct sl_record record_read(const struct sl_record *r, const struct flow *f, __u64 known)
{
	struct sl_record none = {}, is = { .is = READ(r->is) };

	is.tag = READ(r->tag);
	if (!is_tag_of(is.tag, f) || (is.is ^ f->is) & known)
		return none;
	return sl_record_is_live(is.tag, is.is, SL_RECORD_TIME(f->is), f->lasts) ? is : none;
}

/* The flow's record as it is now, and where; its tag is 0: it has none. */
static __always_inline struct sl_record record_find(struct sl_records *set, const struct flow *f, __u64 known, struct sl_record **at)
{
	struct sl_record none = {};
	__u64 way = FORGET(way_of_flow(set, f), f->zero);

	if (way >= SL_RECORD_WAYS)
		return none;
	*at = &set->way[IDX(way, SL_RECORD_WAYS - 1)];
	return record_read(*at, f, known);
}

/* A packet came. Who has taken the way since then keeps it. */
static __always_inline void record_refresh(struct sl_record *r, struct sl_record was, const struct flow *f)
{
	__u64 is = f->is | SL_RECORD_BACKEND(was.is);

	if (is != was.is)
		__sync_val_compare_and_swap(&r->is, was.is, is);
}

/* It was no SYN. */
static __always_inline void record_confirm(struct sl_record *r, __u64 tag)
{
	__sync_val_compare_and_swap(&r->tag, tag, tag | 1);
}

/* ---- recording ---------------------------------------------------------------- */

/* In the lowest bits: which way, counted down, so that the first ones fill first.
 * Above them: how gladly it is taken, 0 not at all. */
enum { RANK_WAY = SL_RECORD_WAYS - 1, RANK_AGE = 3, RANK_FREE = 1 << 24, RANK_OWN = 1 << 25 };

/* 1 if a < b, both below 2^63. By arithmetic: the verifier would follow branches
 * through all the ways of a set. */
static __always_inline __u64 is_less(__u64 a, __u64 b)
{
	return SETTLED(a - b) >> 63;
}

static __always_inline __u64 rank_of(__u64 tag, __u64 is, const struct flow *f)
{
	__u64 confirmed = tag & 1, age = sl_record_age(is, SL_RECORD_TIME(f->is));
	__u64 lasts = SL_RECORD_UNCONFIRMED + confirmed * (f->longest - SL_RECORD_UNCONFIRMED);
	__u64 empty = is_less(tag >> 1, 1), busy = empty & confirmed;
	__u64 old = is_less(SL_RECORD_HANDSHAKE, age) & ~confirmed;
	__u64 rank = is_less((tag ^ f->tag) >> 1, 1) * RANK_OWN;

	rank |= (empty | (1 - is_less(age, lasts))) * RANK_FREE;
	rank |= old * age << RANK_AGE;
	return rank * (1 - busy);
}

/* 0: another CPU was here since the tag was seen. */
static __always_inline int record_write(struct sl_record *r, __u64 seen, const struct flow *f)
{
	if (__sync_val_compare_and_swap(&r->tag, seen, SL_RECORD_BUSY) != seen)
		return 0;
	WRITE(r->is, f->is);
	WRITE(r->tag, f->tag);
	return 1;
}

/* Records the flow, which has no live record, for the backend in f->is. 0: the set
 * is full of what may not go. */
static __always_inline int record_insert(struct sl_records *set, const struct flow *f)
{
	__u64 best = RANK_WAY, seen = 0;

	UNROLL
	for (__u32 i = 0; i < SL_RECORD_WAYS; i++) {
		__u64 tag = READ(set->way[i].tag);
		__u64 rank = rank_of(tag, READ(set->way[i].is), f) | (RANK_WAY - i);
		__u64 better = -is_less(best, rank);

		best = SETTLED(best ^ ((best ^ rank) & better));
		seen = SETTLED(seen ^ ((seen ^ tag) & better));
	}
	if (best <= RANK_WAY)
		return 0;
	return record_write(&set->way[IDX(~(__u32)best, RANK_WAY)], seen, f);
}

/* The same, but in a set that is full one goes whatever it is, by chance. */
static __always_inline void record_force(struct sl_records *set, const struct flow *f)
{
	struct sl_record *r;
	__u64 seen;

	if (record_insert(set, f))
		return;
	r = &set->way[IDX((__u32)(f->tag >> 32), SL_RECORD_WAYS - 1)];
	seen = READ(r->tag);
	if (seen != SL_RECORD_BUSY)
		record_write(r, seen, f);
}

#endif
