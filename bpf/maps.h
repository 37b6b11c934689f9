/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every map and how the packet's side reads or counts in it.
 *
 * A table is the one element of an array map and is addressed directly, under a
 * mask that the knobs have: no lookup, and nothing that could be missing. The
 * library makes the maps as large as they must be and puts them in the place of
 * the sections here (user/lib/program.c). Who writes a table stands beside it;
 * the packet's side writes the counters and nothing else.
 */
#ifndef SLUICE_MAPS_H
#define SLUICE_MAPS_H

#include "packet.h"

/* For who looks at a program that is loaded; set before. */
const volatile struct sl_knobs knobs;

/*
 * The program has its knobs as constants (enum sl_ask). Loads from .rodata would
 * tell the verifier as much, but it takes out branches only: the load and what
 * led to the test would stay, and most tests of a packet are for what is off.
 */
#define ASK(kind, what) ({ \
	__u64 a_; \
	asm volatile("%0 = %1 ll" : "=r"(a_) : "i"((__u64)(kind) << 32 | (__u64)(what))); \
	a_; \
})
#define USES(features) ASK(SL_ASK_FEATURES, features)
#define KNOB(name) ASK(SL_ASK_WORD, __builtin_offsetof(struct sl_knobs, name))

/* ---- what user space writes --------------------------------------------- */

#define TABLE(name) __u64 name[1] SEC(".data." #name)

TABLE(control);		/* user/lib/apply.c: struct sl_control */
TABLE(banks);		/* user/lib/bank.c: struct sl_bank, two */
TABLE(images);		/* user/lib/{bank,live}.c: words, two images and a tail */
TABLE(classes);		/* user/lib/bank.c: struct sl_class, of two banks */
TABLE(frontends);	/* user/lib/bank.c: struct sl_frontend, of two banks */
TABLE(slots);		/* user/lib/{pools,settle}.c: words */
TABLE(backends);	/* user/lib/bank.c: struct sl_backend, of two banks */
TABLE(pools);		/* user/lib/pools.c: struct sl_pool */
TABLE(interfaces);	/* user/lib/interfaces.c: struct sl_interface */

TABLE(followed);	/* packets, and user/lib/pools.c: words */
TABLE(records);		/* packets, and user/lib/records.c: struct sl_records */
TABLE(fragments);	/* packets: struct sl_records */
TABLE(buckets);		/* packets: struct sl_buckets, and what abi.h says behind */
TABLE(counts);		/* packets: struct sl_counts, of each CPU; user/lib/counts.c */

/* Where rules send: a devmap of two halves by rule, and a cpumap by CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, SL_BANKS * SL_RULES_MAX);
	__type(key, __u32);
	__type(value, __u32);
} devices SEC(".maps");		/* user/lib/targets.c */

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cpus SEC(".maps");		/* user/lib/targets.c */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SL_CAPTURE_BYTES);
} capture SEC(".maps");		/* packets: struct sl_sample */

/* ---- reading ------------------------------------------------------------- */

/* Where a table begins; clang must not know how small it looks here. */
#define BASE(name) ({ void *b_ = name; asm("" : "+r"(b_)); b_; })

/* All ones if packets read the second bank, else zero: a mask for offsets. */
static __always_inline __u32 current_turn(void)
{
	return -((__u32)*(const volatile __u64 *)BASE(control) & 1);
}

/* Of a table of two halves with mask + 1 items each: the one in this half. */
#define IN_HALF(turn, index, mask) (((turn) & ((mask) + 1)) + IDX(index, mask))

static __always_inline const struct sl_bank *bank_of(__u32 turn)
{
	return BASE(banks) + (turn & sizeof(struct sl_bank));
}

static __always_inline const __u32 *image_of(__u32 turn)
{
	return (const __u32 *)BASE(images) + (turn & (KNOB(image_mask) + 1));
}

static __always_inline const struct sl_class *class_row(__u32 turn, __u32 class)
{
	return (const struct sl_class *)BASE(classes) + IN_HALF(turn, class, KNOB(class_mask));
}

/* The bucket of a key: SL_FRONTEND_WAYS side by side. */
static __always_inline const struct sl_frontend *frontend_bucket(__u32 turn, __u64 key)
{
	__u64 bucket = IN_HALF(turn, sl_frontend_hash(key), KNOB(bucket_mask));

	return (const struct sl_frontend *)BASE(frontends) + SL_FRONTEND_WAYS * bucket;
}

/* SL_SLOT(0, 0) belongs to no backend. */
static __always_inline __u32 slot_word(__u32 slot)
{
	return ((const volatile __u32 *)BASE(slots))[IDX(slot, KNOB(slot_mask))];
}

static __always_inline const struct sl_backend *backend_of(__u32 turn, __u32 id)
{
	return (const struct sl_backend *)BASE(backends) + IN_HALF(turn, id, KNOB(backend_mask));
}

/* How packets travel to it; neither: by IPIP. SETTLED, so that what follows from
 * it is known on each branch. */
static __always_inline int is_by_gue(const struct sl_backend *to)
{
	return USES(SL_F_GUE) && SETTLED(to->flags & SL_BACKEND_GUE);
}

static __always_inline int is_by_l2(const struct sl_backend *to)
{
	return USES(SL_F_L2) && to->flags & SL_BACKEND_L2;
}

static __always_inline const struct sl_interface *interface_at(__u32 index)
{
	return (const struct sl_interface *)BASE(interfaces) + IDX(index, SL_INTERFACES_MAX - 1);
}

/* Where `ifindex` is listed; SL_INTERFACES_MAX: nowhere. */
static __always_inline __u32 interface_index(__u32 ifindex)
{
	UNROLL
	for (__u32 i = 0; i < SL_INTERFACE_PROBES; i++) {
		const struct sl_interface *entry = interface_at(ifindex + i);

		if (entry->ifindex == ifindex)
			return (ifindex + i) & (SL_INTERFACES_MAX - 1);
		if (!entry->ifindex)
			break;
	}
	return SL_INTERFACES_MAX;
}

/* A set of buckets, and the bucket of those who found none in it. */
static __always_inline struct sl_buckets *bucket_set(__u64 index)
{
	return (struct sl_buckets *)BASE(buckets) + IDX(index, KNOB(limit_mask));
}

static __always_inline __u64 *overflow_bucket(__u64 index)
{
	return (__u64 *)((struct sl_buckets *)BASE(buckets) + (KNOB(limit_mask) + 1ul)) +
	       IDX(index, KNOB(limit_mask));
}

/* The one of a rule that has one for all that it matches. */
static __always_inline __u64 *rule_bucket(__u32 counter)
{
	return overflow_bucket(0) + (KNOB(limit_mask) + 1ul) + IDX(counter, SL_RULES_MAX - 1);
}

/* The one of all answers. */
static __always_inline __u64 *answer_bucket(void)
{
	return overflow_bucket(0) + 2 * (KNOB(limit_mask) + 1ul);
}

static __always_inline const __u64 *limit_key(void)
{
	return ((const struct sl_control *)BASE(control))->limit_key;
}

static __always_inline const __u64 *record_key(void)
{
	return ((const struct sl_control *)BASE(control))->record_key;
}

/* Now, in the unit of struct sl_pool. */
static __always_inline __u32 time_now(void)
{
	return (__u32)(bpf_jiffies64() >> (KNOB(tick_shift) & 63));
}

static __always_inline struct sl_records *record_set(__u64 index)
{
	return (struct sl_records *)BASE(records) + IDX(index, KNOB(record_mask));
}

static __always_inline struct sl_records *fragment_set(__u64 index)
{
	return (struct sl_records *)BASE(fragments) + IDX(index, SL_FRAGMENT_SETS - 1);
}

/* A packet has followed this backend as the previous owner of its slot. */
static __always_inline void set_followed(__u32 id, __u32 now)
{
	volatile __u32 *at = (__u32 *)BASE(followed) + IDX(id, KNOB(backend_mask));

	if (*at != now)
		*at = now;
}

/* The pool of a packet's service, as a number and as what it says. Addresses are
 * computed each time: clang would keep them on the stack. */
static __always_inline __u32 pool_index(const struct pkt *p)
{
	return bank_of(p->turn)->service_pool[IDX(p->service - 1u, SL_SERVICES_MAX - 1)];
}

static __always_inline const struct sl_pool *pool_at(__u32 index)
{
	return (const struct sl_pool *)SETTLED(&pools[0]) + IDX(index, SL_POOLS_MAX - 1);
}

static __always_inline const struct sl_pool *pool_of(const struct pkt *p)
{
	return pool_at(pool_index(p));
}

/* ---- counting ------------------------------------------------------------- */

static __always_inline struct sl_counts *counts_here(void)
{
	return SETTLED((struct sl_counts *)BASE(counts) + IDX(bpf_get_smp_processor_id(), KNOB(cpu_mask)));
}

static __always_inline void count_reason(struct sl_counts *c, __u32 row, __u32 reason, __u64 bytes, int dropped)
{
	struct sl_reason_count *count;

	if (row >= SL_REASON_ROWS)
		return;
	count = SETTLED(&c->reason[row][reason]);
	count->packets++;
	count->bytes += bytes;
	if (dropped)
		count->dropped++;
}

static __always_inline void count_rule(struct sl_counts *c, __u32 counter, __u64 bytes)
{
	struct sl_rule_count *count = SETTLED(&c->rule[IDX(counter, SL_RULES_MAX - 1)]);

	count->packets++;
	count->bytes += bytes;
}

/* Of a service, or of a backend. */
static __always_inline struct sl_traffic *count_traffic(struct sl_traffic *of, __u64 bytes)
{
	struct sl_traffic *count = SETTLED(of);	/* else each word's address is computed */

	count->packets++;
	count->bytes += bytes;
	return count;
}

#endif
