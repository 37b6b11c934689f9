/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What packets counted. */
#include <errno.h>
#include <string.h>

#include <sluice/scope.h>

#include "counts.h"

_Static_assert((int)SL_REASON_COUNT <= SL_REASON_ROOM, "a row is too short");
_Static_assert(sizeof(uint64_t[SL_EVENT_COUNT]) <=
		       sizeof(((struct sl_counts *)0)->event),
	       "too many events");

#define BIT_IF_SENT(name, text, verdict, when) \
	| (strcmp(#verdict, "SENT") ? 0 : 1ULL << SL_##name)

static bool is_sent(uint32_t reason)
{
	return (0 SL_REASONS(BIT_IF_SENT)) >> reason & 1;
}

/* As many as the map was made for. */
static uint32_t cpus(const struct maps *m)
{
	return (uint32_t)(m->map[MAP_COUNTS].stride / sizeof(struct sl_counts));
}

/* The u64 that lies there in what this CPU counts. */
static uint64_t *word(const struct maps *m, uint32_t cpu, size_t at)
{
	struct sl_counts *all = map_at(m, MAP_COUNTS, 0);

	return (uint64_t *)((char *)&all[cpu] + at);
}

static uint64_t load(const struct maps *m, uint32_t cpu, size_t at)
{
	return __atomic_load_n(word(m, cpu, at), __ATOMIC_RELAXED);
}

void counts_read(const struct maps *m, size_t at, int cpu, void *out,
		 size_t size)
{
	uint64_t *sum = out;

	memset(out, 0, size);
	for (uint32_t c = 0; c < cpus(m); c++) {
		if (cpu >= 0 && c != (uint32_t)cpu)
			continue;
		for (size_t i = 0; i < size / sizeof(*sum); i++)
			sum[i] += load(m, c, at + i * sizeof(*sum));
	}
}

enum { ZERO_PASSES = 8 };

/* What is not less than in `was`, word by word: false if there is no such. */
static bool zero_words(const struct maps *m, size_t at, size_t n, uint64_t *was)
{
	bool found = false;

	for (uint32_t c = 0; c < cpus(m); c++)
		for (size_t i = 0; i < n; i++) {
			uint64_t *to = word(m, c, at + i * sizeof(*to));
			uint64_t now = __atomic_load_n(to, __ATOMIC_RELAXED);

			if (!now || now < was[c * n + i])
				continue;
			__atomic_store_n(to, 0, __ATOMIC_RELAXED);
			was[c * n + i] = now;
			found = true;
		}
	return found;
}

/* A packet that had read a counter already brings it back by its store. */
int counts_zero(const struct maps *m, size_t at, size_t size)
{
	autofree uint64_t *was = calloc(cpus(m), size);

	if (!was)
		return -ENOMEM;
	for (int pass = 0; pass < ZERO_PASSES; pass++)
		if (!zero_words(m, at, size / sizeof(*was), was))
			break;
	return 0;
}

struct sl_reason_count counts_reason(const struct maps *m, uint32_t reason,
				     int cpu)
{
	struct sl_reason_count sum = { 0 }, one;

	for (uint32_t row = 0; row < SL_REASON_ROWS; row++) {
		counts_read(m, COUNTS_AT(reason[row][reason]), cpu, &one,
			    sizeof(one));
		sum.packets += one.packets;
		sum.bytes += one.bytes;
		sum.dropped += one.dropped;
	}
	return sum;
}

struct sl_interface_count counts_interface(const struct maps *m, uint32_t row,
					   int cpu)
{
	struct sl_interface_count sum = { 0 };
	struct sl_reason_count one;

	for (uint32_t reason = 0; reason < SL_REASON_COUNT; reason++) {
		counts_read(m, COUNTS_AT(reason[row][reason]), cpu, &one,
			    sizeof(one));
		sum.packets += one.packets;
		sum.bytes += one.bytes;
		sum.dropped += one.dropped;
		sum.sent += is_sent(reason) ? one.packets : 0;
	}
	return sum;
}

void counts_retire(const struct maps *m, uint32_t row)
{
	size_t from = COUNTS_AT(reason[row]);
	size_t to = COUNTS_AT(reason[SL_ROW_GONE]);

	for (uint32_t c = 0; c < cpus(m); c++)
		for (size_t i = 0; i < sizeof(struct sl_reason_count[SL_REASON_ROOM]);
		     i += sizeof(uint64_t)) {
			uint64_t n = load(m, c, from + i);

			__atomic_store_n(word(m, c, from + i), 0,
					 __ATOMIC_RELAXED);
			__atomic_fetch_add(word(m, c, to + i), n,
					   __ATOMIC_RELAXED);
		}
}
