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

const volatile struct sl_knobs knobs;	/* set before load; the verifier knows them */

#define USES(feature) (knobs.features & (feature))

/* ---- what user space writes --------------------------------------------- */

#define TABLE(name) __u64 name[1] SEC(".data." #name)

TABLE(control);		/* user/lib/apply.c: struct sl_control */
TABLE(banks);		/* user/lib/bank.c: struct sl_bank, two */
TABLE(images);		/* user/lib/bank.c: words, two images */
TABLE(classes);		/* user/lib/bank.c: struct sl_class, of two banks */
TABLE(frontends);	/* user/lib/bank.c: struct sl_frontend, of two banks */
TABLE(slots);		/* user/lib/bank.c: words */
TABLE(backends);	/* user/lib/bank.c: struct sl_backend, of two banks */
TABLE(interfaces);	/* user/lib/interfaces.c: struct sl_interface */

/* ---- what packets count; user/lib/stats.c sets them to zero ------------- */

#define COUNTS(entries, element) { \
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
	__uint(max_entries, entries); \
	__type(key, __u32); \
	__type(value, element); \
}

struct COUNTS(SL_REASON_ROWS * SL_REASON_ROW, struct sl_reason_count) reason_counts SEC(".maps");
struct COUNTS(SL_EVENT_COUNT, __u64) event_counts SEC(".maps");
struct COUNTS(SL_RULES_MAX, struct sl_rule_count) rule_counts SEC(".maps");
struct COUNTS(SL_SERVICES_MAX, struct sl_traffic) service_counts SEC(".maps");
struct COUNTS(SL_BACKENDS_MAX, struct sl_traffic) backend_counts SEC(".maps");

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
	return (const __u32 *)BASE(images) + (turn & (knobs.image_mask + 1));
}

static __always_inline const struct sl_class *class_row(__u32 turn, __u32 class)
{
	return (const struct sl_class *)BASE(classes) + IN_HALF(turn, class, knobs.class_mask);
}

/* The bucket of a key: SL_FRONTEND_WAYS side by side. */
static __always_inline const struct sl_frontend *frontend_bucket(__u32 turn, __u64 key)
{
	__u32 bucket = IN_HALF(turn, sl_frontend_hash(key), knobs.bucket_mask);

	return (const struct sl_frontend *)BASE(frontends) + SL_FRONTEND_WAYS * bucket;
}

/* SL_SLOT(0, 0) belongs to no backend. */
static __always_inline __u32 slot_word(__u32 slot)
{
	return ((const volatile __u32 *)BASE(slots))[IDX(slot, knobs.slot_mask)];
}

static __always_inline const struct sl_backend *backend_of(__u32 turn, __u32 id)
{
	return (const struct sl_backend *)BASE(backends) + IN_HALF(turn, id, knobs.backend_mask);
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

/* ---- counting ------------------------------------------------------------- */

#define ELEMENT(map, index) ({ \
	__u32 k_ = (index); \
	bpf_map_lookup_elem(&(map), &k_); \
})

static __always_inline void count_event(__u32 event)
{
	__u64 *count = ELEMENT(event_counts, event);

	if (count)
		(*count)++;
}

static __always_inline void count_rule(__u32 counter, __u64 bytes)
{
	struct sl_rule_count *count = ELEMENT(rule_counts, counter);

	if (!count)
		return;
	count->packets++;
	count->bytes += bytes;
}

static __always_inline void count_reason(__u32 interface, __u32 reason, __u64 bytes, int dropped)
{
	struct sl_reason_count *count = ELEMENT(reason_counts, interface * SL_REASON_ROW + reason);

	if (!count)
		return;
	count->packets++;
	count->bytes += bytes;
	if (dropped)
		count->dropped++;
}

static __always_inline void count_traffic(struct sl_traffic *count, __u64 bytes, int opens)
{
	if (!count)
		return;
	count->packets++;
	count->bytes += bytes;
	if (opens)
		count->flows++;
}

static __always_inline void count_service(__u32 service, __u64 bytes, int opens)
{
	count_traffic(ELEMENT(service_counts, service), bytes, opens);
}

static __always_inline void count_backend(__u32 backend, __u64 bytes, int opens)
{
	count_traffic(ELEMENT(backend_counts, backend), bytes, opens);
}

#endif
