/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What became of packets, by interface and reason. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "reasons.h"

enum { ELEMENTS = SL_REASON_ROWS * SL_REASON_ROW };

#define BIT_IF_SENT(name, text, verdict, when) \
	| (strcmp(#verdict, "SENT") ? 0 : 1ULL << SL_##name)

static bool is_sent(uint32_t reason)
{
	return (0 SL_REASONS(BIT_IF_SENT)) >> reason & 1;
}

static const struct sl_reason_count *
element(const struct sl_reason_count *all, uint32_t row, uint32_t reason)
{
	return all + (size_t)(row * SL_REASON_ROW + reason) * map_cpus();
}

static void add(struct sl_reason_count *sum, const struct sl_reason_count *of)
{
	sum->packets += of->packets;
	sum->bytes += of->bytes;
	sum->dropped += of->dropped;
}

static struct sl_reason_count count(const struct sl_reason_count *all,
				    uint32_t row, uint32_t reason, int cpu)
{
	const struct sl_reason_count *of = element(all, row, reason);
	struct sl_reason_count sum = { 0 };

	for (uint32_t c = 0; c < map_cpus(); c++)
		if (cpu < 0 || c == (uint32_t)cpu)
			add(&sum, &of[c]);
	return sum;
}

struct sl_reason_count reasons_of(const struct sl_reason_count *all,
				  uint32_t reason, int cpu)
{
	struct sl_reason_count sum = { 0 };

	for (uint32_t row = 0; row < SL_REASON_ROWS; row++) {
		struct sl_reason_count c = count(all, row, reason, cpu);

		add(&sum, &c);
	}
	return sum;
}

struct sl_interface_count reasons_at(const struct sl_reason_count *all,
				     uint32_t row, int cpu)
{
	struct sl_interface_count sum = { 0 };

	for (uint32_t reason = 0; reason < SL_REASON_COUNT; reason++) {
		struct sl_reason_count c = count(all, row, reason, cpu);

		sum.packets += c.packets;
		sum.bytes += c.bytes;
		sum.dropped += c.dropped;
		sum.sent += is_sent(reason) ? c.packets : 0;
	}
	return sum;
}

int reasons_read(const struct maps *m, struct sl_reason_count **all)
{
	autofree uint32_t *keys = calloc(ELEMENTS, sizeof(*keys));
	uint32_t n = ELEMENTS, next;
	struct sl_reason_count *got =
		calloc(ELEMENTS, map_cpus() * sizeof(*got));
	int err = keys && got ? 0 : -ENOMEM;

	/* ENOENT: that was all */
	if (!err &&
	    bpf_map_lookup_batch(m->map[MAP_REASON_COUNTS].fd, NULL, &next,
				 keys, got, &n, NULL) &&
	    errno != ENOENT)
		err = -errno;
	if (err)
		free(got);
	else
		*all = got;
	return err;
}

int reasons_retire(const struct maps *m, uint32_t row)
{
	autofree struct sl_reason_count *all = NULL, *sum = NULL;
	int fd = m->map[MAP_REASON_COUNTS].fd, err = reasons_read(m, &all);

	sum = calloc(map_cpus(), sizeof(*sum));
	if (!sum)
		err = -ENOMEM;
	for (uint32_t reason = 0; reason < SL_REASON_COUNT && !err; reason++) {
		uint32_t from = row * SL_REASON_ROW + reason;
		uint32_t to = SL_ROW_GONE * SL_REASON_ROW + reason;

		if (!count(all, row, reason, -1).packets)
			continue;
		memcpy(sum, element(all, SL_ROW_GONE, reason),
		       map_cpus() * sizeof(*sum));
		for (uint32_t c = 0; c < map_cpus(); c++)
			add(&sum[c], &element(all, row, reason)[c]);
		if (bpf_map_update_elem(fd, &to, sum, BPF_ANY))
			err = -errno;
		maps_zero(m, MAP_REASON_COUNTS, from);
	}
	return err;
}
