// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Loads, fills and runs the units. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <bpf-tests/units.skel.h>
#include <sluice/scope.h>

#include "units.h"

struct lpm_key {
	uint32_t length, address;
};

static int fill(struct units *u, uint32_t flows)
{
	autofree uint32_t *address = calloc(flows, sizeof(*address));
	autofree struct lpm_key *prefix = calloc(flows, sizeof(*prefix));
	autofree uint64_t *value = calloc(flows, sizeof(*value));
	uint32_t hashed = flows, prefixes = flows;

	if (!address || !prefix || !value)
		return -ENOMEM;
	for (uint32_t i = 0; i < flows; i++) {
		address[i] = bench_source4(i);
		prefix[i] = (struct lpm_key){ 32, address[i] };
		value[i] = i;
	}
	if (bpf_map_update_batch(bpf_map__fd(u->tables->maps.by_hash), address,
				 value, &hashed, NULL) ||
	    bpf_map_update_batch(bpf_map__fd(u->tables->maps.by_prefix), prefix,
				 value, &prefixes, NULL))
		return -errno;
	return 0;
}

static void make_subject(struct subject *s, enum unit unit)
{
	static const char *const names[UNITS] = {
		"hash of 1 M, one key (H)",
		"hash of 1 M, random keys (R)",
		"LPM trie of 1 M, one key",
		"LPM trie of 1 M, random keys",
	};
	const struct frame_layers layers = { .proto = IPPROTO_TCP,
					     .sport = 40000,
					     .dport = 80,
					     .from = "0.0.0.0",
					     .to = "192.0.2.1" };
	uint32_t first = bench_source4(0);

	s->name = names[unit];
	s->verdict = XDP_DROP;
	if (unit == UNIT_R || unit == UNIT_LPM_RANDOM)
		s->vary = BENCH_FLOWS4;
	frame_make(&layers, &s->frame);
	memcpy(s->frame.octet + s->frame.l3 + 12, &first, sizeof(first));
}

int units_open(struct units *u, const struct measure_plan *plan,
	       char why[BENCH_WHY])
{
	int err;

	*u = (struct units){ .floor_ns = 1e9 };
	u->tables = units_bpf__open_and_load();
	err = u->tables ? fill(u, plan->flows) : -errno;
	if (err) {
		snprintf(why, BENCH_WHY, "units: %s", strerror(-err));
		return -1;
	}
	for (enum unit unit = 0; unit < UNITS; unit++)
		make_subject(&u->subject[unit], unit);
	return 0;
}

static int load_again(struct units *u)
{
	struct units_bpf *old = u->tables, *progs = units_bpf__open();
	int err = progs ? 0 : -errno;

	u->progs = progs;
	if (!err)
		err = bpf_map__reuse_fd(progs->maps.by_hash,
					bpf_map__fd(old->maps.by_hash));
	if (!err)
		err = bpf_map__reuse_fd(progs->maps.by_prefix,
					bpf_map__fd(old->maps.by_prefix));
	return err ? err : units_bpf__load(progs);
}

int units_attach(struct units *u, const struct measure_plan *plan,
		 char why[BENCH_WHY])
{
	int err = load_again(u), hash, lpm;

	if (err) {
		snprintf(why, BENCH_WHY, "units: %s", strerror(-err));
		return -1;
	}
	u->drop = bpf_program__fd(u->progs->progs.floor_drop);
	hash = bpf_program__fd(u->progs->progs.hash_lookup);
	lpm = bpf_program__fd(u->progs->progs.lpm_lookup);
	for (enum unit unit = 0; unit < UNITS; unit++)
		measure_attach(&u->subject[unit],
			       unit < UNIT_LPM_HOT ? hash : lpm, u->drop, plan);
	return 0;
}

/* The kernel's own figure, in whole nanoseconds. */
static void run_floor(struct units *u, const struct measure_plan *plan)
{
	const struct frame *frame = &u->subject[0].frame;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame->octet,
		    .data_size_in = frame->length,
		    .repeat = (int)measure_packets(plan->windows));

	if (!bpf_prog_test_run_opts(u->drop, &run) &&
	    run.duration < u->floor_ns)
		u->floor_ns = run.duration;
}

void units_round(struct units *u, bool keep, const struct measure_plan *plan)
{
	run_floor(u, plan);
	for (enum unit unit = 0; unit < UNITS; unit++)
		measure_round(&u->subject[unit], keep, plan);
}

void units_detach(struct units *u)
{
	for (enum unit unit = 0; unit < UNITS; unit++)
		measure_detach(&u->subject[unit]);
	units_bpf__destroy(u->progs);
	u->progs = NULL;
}

void units_close(struct units *u)
{
	for (enum unit unit = 0; unit < UNITS; unit++)
		measure_free(&u->subject[unit]);
	units_bpf__destroy(u->tables);
}
