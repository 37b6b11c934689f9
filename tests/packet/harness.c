/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sends one packet at a time through the pinned program and reads what was
 * counted. */
#include <bpf/bpf.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/packet/harness.h"
#include "tests/packet/rig.h"

enum { CTX_META_MAX = 252 };

static uint32_t ingress, headroom_taken;
static unsigned long assertions;

void rig_ingress(uint32_t ifindex)
{
	ingress = ifindex;
}

void rig_headroom_taken(uint32_t octets)
{
	assert_true(octets <= CTX_META_MAX && octets % 4 == 0);
	headroom_taken = octets;
}

void rig_defaults(void)
{
	ingress = headroom_taken = 0;
}

unsigned long rig_assertions(void)
{
	return assertions;
}

int rig_run(const struct frame *in, struct frame *out)
{
	static uint8_t meta_and_frame[CTX_META_MAX + FRAME_MAX];
	struct xdp_md ctx = { .ingress_ifindex = ingress };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = in->byte,
		    .data_size_in = (uint32_t)in->length, .data_out = out->byte,
		    .data_size_out = FRAME_MAX, .repeat = 1);

	if (headroom_taken) {
		memcpy(meta_and_frame + headroom_taken, in->byte, in->length);
		run.data_in = meta_and_frame;
		run.data_size_in += headroom_taken;
		ctx.data = headroom_taken;
	}
	if (headroom_taken || ingress) {
		ctx.data_end = run.data_size_in;
		run.ctx_in = &ctx;
		run.ctx_size_in = sizeof(ctx);
	}
	if (bpf_prog_test_run_opts(rig_prog_fd(), &run))
		fail_msg("BPF_PROG_TEST_RUN of %zu octets: %s", in->length,
			 strerror(errno));
	out->length = run.data_size_out;
	return (int)run.retval;
}

/* Exactly one reason, once, with the frame's length. */
static enum sl_reason one_reason(const struct sl_stats *was,
				 const struct sl_stats *is, size_t length,
				 int action)
{
	enum sl_reason found = SL_NO_REASON;

	for (int i = 0; i < SL_REASON_COUNT; i++) {
		const struct sl_reason_count *a = &was->reasons[i],
					     *b = &is->reasons[i];

		if (a->packets == b->packets)
			continue;
		if (found)
			fail_msg("both %s and %s were counted",
				 sl_reason_name((int)found), sl_reason_name(i));
		found = (enum sl_reason)i;
		expect_number(b->packets - a->packets, 1);
		expect_number(b->bytes - a->bytes, length);
		expect_number(b->dropped - a->dropped, action == XDP_DROP);
	}
	if (!found)
		fail_msg("no reason was counted");
	return found;
}

static void add_word(char *text, size_t size, const char *word, uint64_t times)
{
	size_t n = strlen(text);

	if (times)
		snprintf(text + n, size - n, "%s%s", n ? " " : "", word);
	if (times > 1)
		fail_msg("%s was counted %llu times", word,
			 (unsigned long long)times);
}

static void what_was_counted(const struct sl_stats *was,
			     const struct sl_stats *is, struct outcome *o)
{
	char text[64];

	for (size_t i = 0; i < is->n_rules; i++)
		add_word(o->rules, sizeof(o->rules), is->rules[i].name,
			 is->rules[i].count.packets -
				 was->rules[i].count.packets);
	for (size_t i = 0; i < is->n_services; i++) {
		add_word(o->services, sizeof(o->services), is->services[i].name,
			 is->services[i].count.packets -
				 was->services[i].count.packets);
		o->flows += is->services[i].count.flows -
			    was->services[i].count.flows;
	}
	for (size_t i = 0; i < is->n_backends; i++)
		add_word(o->backends, sizeof(o->backends),
			 rig_address_text(&is->backends[i].addr, text,
					  sizeof(text)),
			 is->backends[i].count.packets -
				 was->backends[i].count.packets);
}

void rig_send_frame(const struct frame *in, struct outcome *o)
{
	struct sl_stats *was = rig_stats(), *is;

	memset(o, 0, sizeof(*o));
	o->action = rig_run(in, &o->frame);
	is = rig_stats();
	assert_int_not_equal(o->action, XDP_ABORTED);
	o->reason = one_reason(was, is, in->length, o->action);
	what_was_counted(was, is, o);
	sl_stats_free(was);
	sl_stats_free(is);
	/* a backend is counted by what is sent to it, and by nothing else */
	expect_number(o->backends[0] != '\0', o->reason == SL_FORWARDED);
}

void rig_send(const struct layer *packet, struct outcome *o)
{
	struct frame in;

	frame_build(&in, packet, NULL);
	rig_send_frame(&in, o);
}

/* ---- assertions ------------------------------------------------------- */

static const char *action_name(int action)
{
	static const char *const names[] = { "aborted", "drop", "pass", "tx",
					     "redirect" };

	return action >= 0 && action < 5 ? names[action] : "an unknown action";
}

void expect_verdict(const struct outcome *o, int action, enum sl_reason reason)
{
	assertions += 2;
	if (o->action != action || o->reason != reason)
		fail_msg("want %s for %s, got %s for %s (rules: %s)",
			 action_name(action), sl_reason_name((int)reason),
			 action_name(o->action), sl_reason_name((int)o->reason),
			 o->rules);
}

void expect_same_frame(const struct frame *got, const struct frame *want)
{
	size_t n = got->length < want->length ? got->length : want->length;

	assertions++;
	for (size_t i = 0; i < n; i++) {
		if (got->byte[i] != want->byte[i])
			fail_msg("octet %zu: want %02x, got %02x (length %zu)",
				 i, want->byte[i], got->byte[i], got->length);
	}
	if (got->length != want->length)
		fail_msg("want %zu octets, got %zu", want->length, got->length);
}

void expect_frame(const struct frame *got, const struct layer *want)
{
	struct frame frame;

	frame_build(&frame, want, got);
	expect_same_frame(got, &frame);
}

void expect_text(const char *got, const char *want)
{
	assertions++;
	if (strcmp(got, want))
		fail_msg("want \"%s\", got \"%s\"", want, got);
}

void expect_number(uint64_t got, uint64_t want)
{
	assertions++;
	if (got != want)
		fail_msg("want %llu, got %llu", (unsigned long long)want,
			 (unsigned long long)got);
}

void expect_within(double got, double want, double part)
{
	assertions++;
	if (fabs(got - want) > part * want)
		fail_msg("want %.1f within %.1f %%, got %.1f", want, part * 100,
			 got);
}
