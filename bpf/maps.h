/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every map and how the packet's side reads or counts in it.
 *
 * The library sizes `images` to `backends` before the program is loaded: one
 * element a bank, as large as its knobs' mask says. They are read by pointer
 * arithmetic under that mask, without a lookup for each item. Who writes a map
 * stands beside it; the packet's side writes the counters and nothing else.
 */
#ifndef SLUICE_MAPS_H
#define SLUICE_MAPS_H

#include "packet.h"

const volatile struct sl_knobs knobs;	/* set before load; the verifier knows them */

#define USES(feature) (knobs.features & (feature))

/* ---- what user space writes --------------------------------------------- */

#define TABLE(entries, element) { \
	__uint(type, BPF_MAP_TYPE_ARRAY); \
	__uint(map_flags, BPF_F_MMAPABLE); \
	__uint(max_entries, entries); \
	__type(key, __u32); \
	__type(value, element); \
}

/* An array whose elements get their size before load. */
#define SIZED(entries, least) { \
	__uint(type, BPF_MAP_TYPE_ARRAY); \
	__uint(map_flags, BPF_F_MMAPABLE); \
	__uint(max_entries, entries); \
	__uint(key_size, sizeof(__u32)); \
	__uint(value_size, least); \
}

struct TABLE(1, struct sl_control) control SEC(".maps");	/* user/lib/apply.c */
struct TABLE(SL_BANKS, struct sl_bank) banks SEC(".maps");	/* user/lib/bank.c */
struct SIZED(SL_BANKS, 4096) images SEC(".maps");		/* user/lib/bank.c */
struct SIZED(SL_BANKS, sizeof(struct sl_class)) classes SEC(".maps");	/* user/lib/bank.c */
struct SIZED(SL_BANKS, 64) frontends SEC(".maps");		/* user/lib/bank.c */
struct SIZED(1, 64) slots SEC(".maps");				/* user/lib/bank.c */
struct SIZED(SL_BANKS, sizeof(struct sl_backend)) backends SEC(".maps");	/* user/lib/bank.c */
struct TABLE(SL_INTERFACES_MAX, struct sl_interface) interfaces SEC(".maps");	/* user/lib/interfaces.c */
struct TABLE(1, struct sl_registry) registry SEC(".maps");	/* user/lib/registry.c */

struct {							/* user/lib/elements.c */
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 20);
	__type(key, struct sl_element_key);
	__type(value, struct sl_element);
} elements SEC(".maps");

/* ---- what packets count; user/lib/stats.c sets them to zero ------------- */

#define COUNTS(entries, element) { \
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
	__uint(max_entries, entries); \
	__type(key, __u32); \
	__type(value, element); \
}

struct COUNTS(SL_REASON_COUNT, struct sl_reason_count) reason_counts SEC(".maps");
struct COUNTS(SL_EVENT_COUNT, __u64) event_counts SEC(".maps");
struct COUNTS(SL_INTERFACES_MAX + 1, struct sl_interface_count) interface_counts SEC(".maps");
struct COUNTS(SL_RULES_MAX, struct sl_rule_count) rule_counts SEC(".maps");
struct COUNTS(SL_SERVICES_MAX, struct sl_traffic) service_counts SEC(".maps");
struct COUNTS(SL_BACKENDS_MAX, struct sl_traffic) backend_counts SEC(".maps");

/* ---- reading ------------------------------------------------------------- */

#define ELEMENT(map, index) ({ \
	__u32 k_ = (index); \
	bpf_map_lookup_elem(&(map), &k_); \
})

static __always_inline __u32 current_turn(void)
{
	const struct sl_control *c = ELEMENT(control, 0);

	return c ? (__u32)*(const volatile __u64 *)&c->turn & 1 : 0;
}

static __always_inline const struct sl_bank *bank_of(const __u32 *turn)
{
	return bpf_map_lookup_elem(&banks, turn);
}

static __always_inline const __u32 *image_of(const __u32 *turn)
{
	return bpf_map_lookup_elem(&images, turn);
}

static __always_inline const struct sl_class *class_row(const __u32 *turn, __u32 class)
{
	const struct sl_class *row = bpf_map_lookup_elem(&classes, turn);

	return row ? row + IDX(class, knobs.class_mask) : 0;
}

/* The bucket of a key: SL_FRONTEND_WAYS side by side. */
static __always_inline const struct sl_frontend *frontend_bucket(const __u32 *turn, __u64 key)
{
	const struct sl_frontend *bucket = bpf_map_lookup_elem(&frontends, turn);

	if (!bucket)
		return 0;
	return bucket + SL_FRONTEND_WAYS * IDX(sl_frontend_hash(key), knobs.bucket_mask);
}

/* SL_SLOT(0, 0) when there is none: no backend. */
static __always_inline __u32 slot_word(__u32 slot)
{
	const __u32 *word = ELEMENT(slots, 0);

	return word ? *(const volatile __u32 *)(word + IDX(slot, knobs.slot_mask)) : 0;
}

static __always_inline const struct sl_backend *backend_of(const __u32 *turn, __u32 id)
{
	const struct sl_backend *b = bpf_map_lookup_elem(&backends, turn);

	return b ? b + IDX(id, knobs.backend_mask) : 0;
}

/* Where `ifindex` is listed; SL_INTERFACES_MAX: nowhere. */
static __always_inline __u32 interface_index(__u32 ifindex)
{
	UNROLL
	for (__u32 i = 0; i < SL_INTERFACE_PROBES; i++) {
		__u32 at = (ifindex + i) & (SL_INTERFACES_MAX - 1);
		const struct sl_interface *entry = bpf_map_lookup_elem(&interfaces, &at);

		if (!entry || !entry->ifindex)
			break;
		if (entry->ifindex == ifindex)
			return at;
	}
	return SL_INTERFACES_MAX;
}

/* ---- counting ------------------------------------------------------------- */

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

static __always_inline void count_reason(__u32 reason, __u64 bytes, int dropped)
{
	struct sl_reason_count *count = ELEMENT(reason_counts, reason);

	if (!count)
		return;
	count->packets++;
	count->bytes += bytes;
	if (dropped)
		count->dropped++;
}

static __always_inline void count_interface(__u32 index, __u64 bytes, int dropped, int sent)
{
	struct sl_interface_count *count = ELEMENT(interface_counts, index);

	if (!count)
		return;
	count->packets++;
	count->bytes += bytes;
	if (dropped)
		count->dropped++;
	if (sent)
		count->sent++;
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
