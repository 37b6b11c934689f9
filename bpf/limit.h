/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Limits: is a packet over the rate of a rule? GCRA: a bucket holds the time up
 * to which what came is paid for. The clock is the kernel's tick, which costs
 * nothing to read.
 *
 * Buckets lie in sets of four, found by a keyed hash of what the packets of one
 * bucket have in common. The table is as large as it is: under a flood of
 * sources those that found no free bucket share one, and nobody else's is taken.
 */
#ifndef SLUICE_LIMIT_H
#define SLUICE_LIMIT_H

#include "hash.h"
#include "maps.h"

/* Pays `price`, unless that leads too far ahead of now. 1: over the limit. */
static __always_inline int charge(__u64 *bucket, __u64 now, __u64 price, __u64 burst)
{
	__u64 tat = *(volatile __u64 *)bucket;
	__u64 ahead = tat - now, next;

	if ((__s64)ahead < 0)
		ahead = 0;
	ahead += price;
	if (ahead > burst)
		return 1;
	next = now + ahead;
	if (SETTLED(__sync_val_compare_and_swap(bucket, tat, next)) == tat)
		return 0;
	/* Another CPU was here: pay first, and take it back if it was too much. */
	next = __sync_fetch_and_add(bucket, price) + price;
	if ((__s64)(next - now) <= (__s64)burst)
		return 0;
	__sync_fetch_and_add(bucket, -price);
	return 1;
}

/* Both halves choose the set: with some keys sources in a row would fill only
 * few sets by the upper one alone. */
static __always_inline __u64 set_of(__u64 tag)
{
	return tag ^ tag >> 32;
}

/* Which way of its set has this tag; SL_BUCKET_WAYS: none. */
static __always_inline __u32 way_of(const struct sl_buckets *set, __u64 tag)
{
	UNROLL
	for (__u32 i = 0; i < SL_BUCKET_WAYS; i++)
		if (set->way[i].tag == tag)
			return i;
	return SL_BUCKET_WAYS;
}

/* A way whose time has passed, which is now this tag's; SL_BUCKET_WAYS: none. */
static __always_inline __u32 claim_way(struct sl_buckets *set, __u64 tag, __u64 now)
{
	UNROLL
	for (__u32 i = 0; i < SL_BUCKET_WAYS; i++) {
		struct sl_bucket *b = &set->way[i];
		__u64 was = b->tag, tat = *(volatile __u64 *)&b->tat;

		if (tat && (__s64)(tat - now) > 0)
			continue;
		if (__sync_val_compare_and_swap(&b->tag, was, tag) == was)
			return i;
	}
	return SL_BUCKET_WAYS;
}

/* The bucket with this tag, or a new one. Global, as few packets come here. */
__noinline int charge_any(__u64 tag, __u64 now, __u64 price, __u64 burst)
{
	__u64 *bucket = overflow_bucket(set_of(tag));
	struct sl_buckets *set;
	__u32 way;

	if (!USES(SL_F_LIMIT))
		return 0;
	set = bucket_set(set_of(tag));
	way = way_of(set, tag);
	if (way >= SL_BUCKET_WAYS)
		way = claim_way(set, tag, now);
	way = (__u32)FORGET(way, UNKNOWN_ZERO(tag));
	if (way < SL_BUCKET_WAYS)
		bucket = &set->way[IDX(way, SL_BUCKET_WAYS - 1)].tat;
	return charge(bucket, now, price, burst);
}

static __always_inline const struct sl_limit *limit_at(const struct sl_bank *b, __u32 rule)
{
	return SETTLED(&b->limit[IDX(rule, SL_RULES_MAX - 1)]);
}

static __always_inline __u64 now_in_ticks(void)
{
	return bpf_jiffies64() << SL_TICK_BITS;
}

static __always_inline __u64 price_of(const struct pkt *p, const struct sl_limit *l)
{
	if (!l->octet_price)
		return l->price;
	return p->length * l->octet_price >> (l->shift & 63);
}

/* What the packets of one bucket have in common, as one number. Two sources' have
 * the same upper half with probability 2^-32. */
static __always_inline __u64 bucket_tag(const struct pkt *p, const struct sl_limit *l, const __u64 *of)
{
	const __u64 *key = limit_key();
	__u64 sum;

	if (p->family == 4)
		return hash_pair(key, upper(of) & upper(&l->mask4), l->name);
	sum = hash_half(key + 2, of[0] & l->mask6[0]);
	return sum + hash_half(key + 4, of[1] & l->mask6[1]) + l->name * key[0];
}

/* Is the packet over this rule's limit? It pays when it is asked about, once. */
static __always_inline int is_over(const struct pkt *p, const struct sl_bank *b, __u32 rule)
{
	__u64 now = now_in_ticks(), price, tag;	/* first: no register is in use */
	const struct sl_limit *l = limit_at(b, rule);
	struct sl_buckets *set;

	price = l->price;
	if (!SETTLED(l->flags)) {
		tag = bucket_tag(p, l, p->src);
	} else {
		price = price_of(p, l);
		if (l->flags & SL_LIMIT_RULE)
			return charge(rule_bucket(l->counter), now, price, l->burst);
		tag = bucket_tag(p, l, l->flags & SL_LIMIT_DESTINATION ? p->dst : p->src);
	}
	set = SETTLED(bucket_set(set_of(tag)));
	if (set->way[0].tag == tag)	/* by itself: there most are */
		return charge(SETTLED(&set->way[0].tat), now, price, l->burst);
	UNROLL
	for (__u32 i = 1; i < SL_BUCKET_WAYS; i++)
		if (set->way[i].tag == tag)
			return charge(&set->way[i].tat, now, price, l->burst);
	return charge_any(tag, now, price, l->burst);
}

/* The same where it may be slower and must be small. */
__noinline int is_over_there(struct pkt *p, __u32 rule)
{
	const struct sl_limit *l;
	__u64 tag;

	if (!USES(SL_F_LIMIT) || !p)
		return 0;
	l = limit_at(bank_of(p->turn), rule);
	if (l->flags & SL_LIMIT_RULE)
		return charge(rule_bucket(l->counter), now_in_ticks(), price_of(p, l), l->burst);
	tag = bucket_tag(p, l, l->flags & SL_LIMIT_DESTINATION ? p->dst : p->src);
	return charge_any(tag, now_in_ticks(), price_of(p, l), l->burst);
}

#endif
