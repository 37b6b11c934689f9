// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Loads wrappers, runs them, and looks that each packet did its work. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h" /* before the skeleton, which uses its structs */

#include <bpf-tests/wrapper.skel.h>

enum { BEFORE = 4 }; /* packets for each flow, so that few are left out */

static int put_target(struct wrapper_bpf *wrapper, int prog)
{
	uint32_t zero = 0;

	return bpf_map_update_elem(bpf_map__fd(wrapper->maps.target), &zero,
				   &prog, BPF_ANY);
}

static int driven_open(struct driven *d, const struct subject *s, int prog,
		       uint32_t flows)
{
	struct wrapper_bpf *wrapper = wrapper_bpf__open();
	int err;

	if (!wrapper)
		return -errno;
	wrapper->rodata->knobs = (struct bench_knobs){
		.change = s->change,
		.vary = s->vary,
		.length = s->frame.length,
		.l3 = s->frame.l3,
		.ports = s->frame.ports,
		.flow_mask = flows - 1,
	};
	memcpy(wrapper->rodata->template, s->frame.octet, BENCH_TEMPLATE);
	err = wrapper_bpf__load(wrapper);
	if (!err)
		err = put_target(wrapper, prog);
	if (err) {
		wrapper_bpf__destroy(wrapper);
		return err;
	}
	d->wrapper = wrapper;
	return 0;
}

uint32_t measure_packets(uint32_t windows)
{
	return windows * BENCH_WINDOW + 1;
}

static int driven_run(struct driven *d, const struct frame *frame,
		      uint32_t packets, struct sample *ns, int *verdict)
{
	struct bench_state *state = &d->wrapper->bss->state;
	uint8_t out[512];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame->octet,
		    .data_size_in = frame->length, .data_out = out,
		    .data_size_out = sizeof(out), .repeat = (int)packets);

	*state = (struct bench_state){ .random = state->random,
				       .least_ns = UINT64_MAX };
	if (bpf_prog_test_run_opts(bpf_program__fd(d->wrapper->progs.wrap),
				   &run))
		return -errno;
	*verdict = (int)run.retval;
	ns->least = (double)state->least_ns / BENCH_WINDOW;
	ns->mean = (double)(state->end_ns - state->begin_ns) / (packets - 1);
	return 0;
}

static int make_room(struct subject *s, const struct measure_plan *plan)
{
	size_t rounds = (size_t)plan->passes * (size_t)plan->rounds;

	if (s->target_ns)
		return 0;
	s->target_ns = calloc(rounds, sizeof(struct sample));
	s->floor_ns = calloc(rounds, sizeof(struct sample));
	return s->target_ns && s->floor_ns ? 0 : -ENOMEM;
}

void measure_attach(struct subject *s, int prog, int drop,
		    const struct measure_plan *plan)
{
	int err = make_room(s, plan);

	if (!err)
		err = driven_open(&s->target, s, prog, plan->flows);
	if (!err)
		err = driven_open(&s->floor, s, drop, plan->flows);
	if (err)
		snprintf(s->why, sizeof(s->why), "wrapper: %s", strerror(-err));
}

/* Every packet must have ended as the first one, which was looked at. */
static void run_target(struct subject *s, const struct frame *frame,
		       struct sample *ns, uint32_t packets)
{
	uint64_t before = s->inst ? instance_count(s->inst, s->reason) : 0;
	uint64_t counted = packets;
	int verdict = -1, err;

	err = driven_run(&s->target, frame, packets, ns, &verdict);
	if (s->inst)
		counted = instance_count(s->inst, s->reason) - before;
	if (err)
		snprintf(s->why, sizeof(s->why), "test run: %s",
			 strerror(-err));
	else if (verdict != s->verdict)
		snprintf(s->why, sizeof(s->why),
			 "last verdict %d instead of %d", verdict, s->verdict);
	else if (counted != packets)
		snprintf(s->why, sizeof(s->why),
			 "%llu of %u packets ended as the first",
			 (unsigned long long)counted, packets);
}

static void run_floor(struct subject *s, struct sample *ns, uint32_t packets)
{
	int verdict = -1, err;

	err = driven_run(&s->floor, &s->frame, packets, ns, &verdict);
	if (err || verdict != XDP_DROP)
		snprintf(s->why, sizeof(s->why), "wrapper alone: verdict %d",
			 verdict);
}

void measure_round(struct subject *s, bool keep,
		   const struct measure_plan *plan)
{
	uint32_t packets = measure_packets(
		s->vary == BENCH_ONE_FLOW ? plan->windows : plan->flow_windows);

	if (!*s->why && !keep && s->before.length)
		run_target(s, &s->before, &s->target_ns[s->rounds],
			   measure_packets(BEFORE * plan->flows / BENCH_WINDOW));
	if (!*s->why)
		run_target(s, &s->frame, &s->target_ns[s->rounds], packets);
	if (!*s->why)
		run_floor(s, &s->floor_ns[s->rounds], packets);
	s->rounds += keep;
}

static int by_mean(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return (x->mean > y->mean) - (x->mean < y->mean);
}

static double median(struct sample *sample, size_t n)
{
	qsort(sample, n, sizeof(*sample), by_mean);
	return sample[n / 2].mean;
}

static double least(const struct sample *sample, size_t n)
{
	double ns = sample[0].least;

	for (size_t i = 1; i < n; i++)
		if (sample[i].least < ns)
			ns = sample[i].least;
	return ns;
}

void measure_detach(struct subject *s)
{
	wrapper_bpf__destroy(s->target.wrapper);
	wrapper_bpf__destroy(s->floor.wrapper);
	s->target.wrapper = s->floor.wrapper = NULL;
}

void measure_sum_up(struct subject *s)
{
	size_t n = (size_t)s->rounds;

	if (*s->why)
		return;
	s->extra_ns = least(s->target_ns, n) - least(s->floor_ns, n);
	s->median_ns = median(s->target_ns, n) - median(s->floor_ns, n);
}

void measure_free(struct subject *s)
{
	free(s->target_ns);
	free(s->floor_ns);
}
