/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Length and TTL, dry runs, samples, and rules that send packets on. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/packet/harness.h"
#include "tests/packet/rig.h"
#include "user/conf/conf.h"

#define RULES(text) HEAD "filter: {rules: [" text "]}\n"
#define MATCH(promise, text, ...) \
	RULE_DROPS(promise, RULES("{name: r, " text ", action: drop}"), "r", \
		   __VA_ARGS__)
#define MISS(promise, text, ...) \
	PASSES(promise, RULES("{name: r, " text ", action: drop}"), SL_PASS, \
	       __VA_ARGS__)
/* IPv4 with n octets of data has 28 + n, IPv6 48 + n */
#define SIZE4(n) ETH(), IP4(), UDP(), DATA(n)
#define SIZE6(n) ETH(), IP6(), UDP(), DATA(n)
#define TTL(n)	 ETH(), IP4(.ttl = (n)), UDP()

static const struct trial trials[] = {
	MATCH("length_above_matches_one_more", "length: \">1000\"", SIZE4(973)),
	MISS("length_above_does_not_match_itself", "length: \">1000\"", SIZE4(972)),
	MATCH("length_below_matches_one_less", "length: \"<64\"", SIZE4(35)),
	MISS("length_below_does_not_match_itself", "length: \"<64\"", SIZE4(36)),
	MATCH("length_is_that_of_ipv6_with_its_header", "length: 148", SIZE6(100)),
	MISS("length_does_not_match_ipv6_without_its_header", "length: 108", SIZE6(100)),
	MISS("length_does_not_count_padding", "length: \">46\"", SIZE4(2), PAD(30)),
	MATCH("length_does_not_count_tags", "length: 30", ETH(), VLAN(), IP4(), UDP(), DATA(2)),
	MATCH("length_matches_a_range_of_a_list", "length: [20-28, 1000-1400]", SIZE4(0)),
	MISS("length_does_not_match_between_ranges", "length: [20-28, 1000-1400]", SIZE4(1)),
	MATCH("length_not_matches_others", "length: \"!30-40\"", SIZE4(13)),
	MISS("length_not_does_not_match_its_own", "length: \"!30-40\"", SIZE4(12)),
	MATCH("length_of_9000_octets_is_seen_whole", "length: \">8000\"", SIZE4(8972)),
	MISS("length_of_8000_octets_is_not_above_8000", "length: \">8000\"", SIZE4(7972)),
	MATCH("length_of_9000_octets_of_ipv6_is_seen_whole", "length: 9000", SIZE6(8952)),
	MATCH("headers_of_9000_octets_decide", "dport: 53, proto: udp", ETH(), IP4(), UDP(.dport = 53), DATA(8972)),
	MATCH("ttl_below_matches_one_less", "ttl: \"<5\"", TTL(4)),
	MISS("ttl_below_does_not_match_itself", "ttl: \"<5\"", TTL(5)),
	MATCH("ttl_0_can_be_matched", "ttl: 0", TTL(IS(0))),
	MATCH("ttl_is_the_hop_limit", "ttl: 200-255", ETH(), IP6(.hop = 200), UDP()),
	MISS("hop_limit_does_not_match_before_a_range", "ttl: 200-255", ETH(), IP6(.hop = 199), UDP()),
	MATCH("ttl_and_length_must_both_match", "ttl: 64, length: 28", TTL(64)),
	MISS("ttl_alone_is_not_enough", "ttl: 64, length: 29", TTL(64)),

	/* dry_run on a rule */
	ROW("a_dry_run_counts_and_goes_on",
	    RULES("{name: d, dry_run: true, action: drop}"), XDP_PASS, SL_PASS,
	    "d", ETH(), IP4(), UDP()),
	RULE_DROPS("a_dry_run_does_not_stop_the_next",
		   RULES("{name: d, dry_run: true, action: pass}, {name: e, action: drop}"),
		   "d e", ETH(), IP4(), UDP()),
	RULE_DROPS("a_dry_run_behind_the_verdict_counts_nothing",
		   RULES("{name: e, action: drop}, {name: d, dry_run: true, action: drop}"),
		   "e", ETH(), IP4(), UDP()),
	ROW("a_dry_run_redirects_nothing",
	    RULES("{name: d, dry_run: true, action: \"cpu:0\"}"), XDP_PASS,
	    SL_PASS, "d", ETH(), IP4(), UDP()),

	/* actions that send on */
	ROW("cpu_redirects", RULES("{name: c, action: \"cpu:0\"}"),
	    XDP_REDIRECT, SL_REDIRECTED, "c", ETH(), IP4(), UDP()),
	ROW("cpu_is_a_verdict",
	    RULES("{name: c, proto: udp, action: \"cpu:0\"}, {name: d, action: drop}"),
	    XDP_REDIRECT, SL_REDIRECTED, "c", ETH(), IP6(), UDP()),
	ROW("counts_before_cpu_count",
	    RULES("{name: n, action: count}, {name: c, action: \"cpu:0\"}"),
	    XDP_REDIRECT, SL_REDIRECTED, "n c", ETH(), IP4(), UDP()),
};

/* ---- samples ----------------------------------------------------------- */

static struct sl_sample seen;
static int samples;

static int see(void *unused, void *data, size_t size)
{
	(void)unused;
	assert_true(size >= sizeof(seen));
	memcpy(&seen, data, sizeof(seen));
	samples++;
	return 0;
}

static struct ring_buffer *open_ring(void)
{
	char path[128];
	struct ring_buffer *ring;
	int fd;

	snprintf(path, sizeof(path), "/sys/fs/bpf/sluice/%s/maps/capture", rig_instance_name());
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	ring = ring_buffer__new(fd, see, NULL, NULL);
	assert_non_null(ring);
	close(fd);
	ring_buffer__consume(ring); /* what is left of others */
	samples = 0;
	return ring;
}

static void a_sample_has_the_head_the_reason_and_the_rule(void **state)
{
	struct ring_buffer *ring;
	struct frame in, out;

	(void)state;
	rig_apply(RULES("{name: other, proto: tcp, action: drop}, {name: s, sample: 1/1, action: drop}"));
	ring = open_ring();
	frame_build(&in, PACKET(ETH(), IP4(), UDP(), DATA(300)), NULL);
	expect_number((uint64_t)rig_run(&in, &out), XDP_DROP);
	ring_buffer__consume(ring);
	expect_number((uint64_t)samples, 1);
	expect_number(seen.length, in.length);
	expect_number(seen.octets, SL_SAMPLE_OCTETS);
	expect_number(seen.reason, SL_RULE);
	expect_number(seen.action, XDP_DROP);
	assert_memory_equal(seen.head, in.byte, SL_SAMPLE_OCTETS);
	frame_build(&in, PACKET(ETH(), IP4(), UDP()), NULL);
	rig_run(&in, &out);
	ring_buffer__consume(ring);
	expect_number(seen.octets, in.length);
	frame_build(&in, PACKET(ETH(), IP4(), TCP()), NULL);
	rig_run(&in, &out);
	ring_buffer__consume(ring);
	expect_number((uint64_t)samples, 2); /* the other rule samples nothing */
	ring_buffer__free(ring);
}

static void a_counting_rule_samples_what_goes_on(void **state)
{
	struct ring_buffer *ring;
	struct frame in, out;

	(void)state;
	rig_apply(RULES("{name: s, sample: 1/1, action: count}"));
	ring = open_ring();
	frame_build(&in, PACKET(ETH(), IP4(), UDP()), NULL);
	rig_run(&in, &out);
	ring_buffer__consume(ring);
	expect_number((uint64_t)samples, 1);
	expect_number(seen.reason, SL_PASS);
	expect_number(seen.action, XDP_PASS);
	ring_buffer__free(ring);
}

/* 4000 of 1/4: five sigma are 137. */
static void samples_are_a_share(void **state)
{
	struct ring_buffer *ring;
	struct frame in, out;

	(void)state;
	rig_apply(RULES("{name: s, sample: 1/4, action: drop}"));
	ring = open_ring();
	frame_build(&in, PACKET(ETH(), IP4(), UDP()), NULL);
	for (int i = 0; i < 4000; i++) {
		rig_run(&in, &out);
		ring_buffer__consume(ring);
	}
	expect_within(samples, 1000, 0.137);
	ring_buffer__free(ring);
}

static void samples_that_find_no_room_are_counted(void **state)
{
	enum { TOO_MANY = SL_CAPTURE_BYTES / (int)sizeof(struct sl_sample) + 100 };
	struct sl_stats *was, *is;
	struct frame in, out;
	uint64_t lost;

	(void)state;
	rig_apply(RULES("{name: s, sample: 1/1, action: drop}"));
	ring_buffer__free(open_ring());
	frame_build(&in, PACKET(ETH(), IP4(), UDP()), NULL);
	was = rig_stats();
	for (int i = 0; i < TOO_MANY; i++)
		rig_run(&in, &out);
	is = rig_stats();
	lost = is->events[SL_EVENT_SAMPLE_LOST] - was->events[SL_EVENT_SAMPLE_LOST];
	assert_true(lost >= 100 && lost < TOO_MANY);
	expect_number(is->reasons[SL_RULE].packets - was->reasons[SL_RULE].packets, TOO_MANY);
	sl_stats_free(was);
	sl_stats_free(is);
	ring_buffer__free(open_ring());
}

/* ---- real devices -------------------------------------------------------- */

/* in0 is ours, 10.1.0.1; out0's peer out1 receives by XDP; dull0 has no peer that
 * does. */
static void make_devices(void)
{
	static const struct bpf_insn pass[] = {
		{ .code = 0xb7, .imm = XDP_PASS }, { .code = 0x95 },
	};
	int prog = bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "GPL", pass, 2, NULL);
	static int link = -1;

	if (link >= 0)
		return;
	if (system("ip link set lo up && ip link add in0 address 02:00:00:00:01:01 type veth peer name in1 &&"
		   "ip link add out0 type veth peer name out1 && ip link add dull0 type veth peer name dull1 &&"
		   "ip address add 10.1.0.1/24 dev in0 &&"
		   "for i in in0 in1 out0 out1 dull0 dull1; do ip link set $i up; done"))
		fail_msg("devices");
	link = bpf_link_create(prog, (int)if_nametoindex("out1"), BPF_XDP, NULL);
	assert_true(prog >= 0 && link >= 0);
}

/* As if it had come in by in0, and all the way. */
static void send_live(const struct layer *packet)
{
	struct xdp_md ctx = { .ingress_ifindex = if_nametoindex("in0") };
	struct frame in;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = in.byte, .repeat = 1,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx));

	frame_build(&in, packet, NULL);
	run.data_size_in = ctx.data_end = (uint32_t)in.length;
	if (bpf_prog_test_run_opts(rig_prog_fd(), &run))
		fail_msg("BPF_PROG_TEST_RUN: %s", strerror(errno));
}

static uint64_t received(const char *device)
{
	unsigned long long n = 0;
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "cat /proc/net/dev | sed -n 's/^ *%s: *[0-9]* *\\([0-9]*\\).*/\\1/p'", device);
	f = popen(path, "r");
	assert_non_null(f);
	if (fscanf(f, "%llu", &n) != 1)
		n = 0;
	pclose(f);
	return n;
}

static void redirect_sends_out_of_the_interface(void **state)
{
	static struct outcome o;
	uint64_t before;

	(void)state;
	make_devices();
	rig_apply(RULES("{name: no, proto: tcp, action: drop}, {name: r, proto: udp, action: \"redirect:out0\"}"));
	rig_send(PACKET(ETH(), IP4(), UDP()), &o);
	expect_verdict(&o, XDP_REDIRECT, SL_REDIRECTED);
	expect_text(o.rules, "r");
	before = received("out1");
	send_live(PACKET(ETH(), IP4(), UDP()));
	for (int i = 0; received("out1") == before && i < 10000; i++)
		;
	assert_true(received("out1") > before);
	/* the other bank, another place */
	rig_apply(RULES("{name: r, proto: udp, action: \"redirect:out0\"}"));
	before = received("out1");
	send_live(PACKET(ETH(), IP4(), UDP()));
	for (int i = 0; received("out1") == before && i < 10000; i++)
		;
	assert_true(received("out1") > before);
}

static void cpu_delivers_there(void **state)
{
	struct sockaddr_in me = { .sin_family = AF_INET, .sin_port = htons(5000),
				  .sin_addr.s_addr = htonl(0x0a010001) };
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(4000),
				    .sin_addr.s_addr = htonl(0x0a010009) };
	struct timeval patience = { .tv_sec = 20 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), cpu = -1, last = sl_cpus() - 1;
	static char config[256];
	char octets[64];
	socklen_t size = sizeof(cpu);

	(void)state;
	make_devices();
	snprintf(config, sizeof(config), RULES("{name: c, proto: udp, action: \"cpu:%d\"}"), last);
	rig_apply(config);
	assert_int_equal(bind(fd, (const struct sockaddr *)&me, sizeof(me)), 0);
	/* only a connected socket remembers the CPU */
	assert_int_equal(connect(fd, (const struct sockaddr *)&peer, sizeof(peer)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	send_live(PACKET(ETH(.dst = "02:00:00:00:01:01"), IP4(.src = "10.1.0.9", .dst = "10.1.0.1"),
			 UDP(.sport = 4000, .dport = 5000), DATA(7)));
	expect_number((uint64_t)recv(fd, octets, sizeof(octets), 0), 7);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_INCOMING_CPU, &cpu, &size), 0);
	expect_number((uint64_t)cpu, (uint64_t)last);
	close(fd);
}

static void refused(const char *config, const char *words)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	struct sl_error x = { "" };
	int err;

	assert_int_equal(conf_parse("test.yaml", config, strlen(config), 0, &conf, &report), 0);
	conf_report_clear(&report);
	err = sl_apply(rig_instance(), conf, 1, &x);
	conf_free(conf);
	assert_true(err < 0);
	expect_text(x.text, words);
}

static void targets_that_are_not_there_are_refused_in_words(void **state)
{
	static struct outcome o;

	(void)state;
	make_devices();
	rig_apply(RULES("{name: keep, proto: udp, action: drop}"));
	refused(RULES("{name: r, action: \"redirect:nowhere\"}"), "rule r: nowhere: no such interface");
	refused(RULES("{name: r, action: \"redirect:lo\"}"),
		"rule r: lo: it cannot send by XDP: expected an interface whose driver can");
	refused("sluice: 1\nseed: s\ninterfaces: {in0: {}}\nfilter: {rules: [{name: r, action: \"redirect:dull0\"}]}\n",
		"rule r: dull0: it cannot send by XDP: its peer must receive by XDP");
	{
		char config[256], words[128];

		snprintf(config, sizeof(config), RULES("{name: c, action: \"cpu:4095\"}"));
		snprintf(words, sizeof(words), "rule c: CPU 4095: not there, or offline: this machine has %d, from 0",
			 sl_cpus());
		refused(config, words);
	}
	rig_send(PACKET(ETH(), IP4(), UDP()), &o); /* what ran goes on */
	expect_verdict(&o, XDP_DROP, SL_RULE);
	expect_text(o.rules, "keep");
}

static void an_interface_that_went_is_no_route(void **state)
{
	static struct outcome o;

	(void)state;
	make_devices();
	assert_int_equal(system("ip link add gone0 type veth peer name gone1"), 0);
	rig_apply(RULES("{name: r, action: \"redirect:gone0\"}"));
	rig_send(PACKET(ETH(), IP4(), UDP()), &o);
	expect_verdict(&o, XDP_REDIRECT, SL_REDIRECTED);
	assert_int_equal(system("ip link del gone0"), 0);
	rig_send(PACKET(ETH(), IP4(), UDP()), &o);
	expect_verdict(&o, XDP_DROP, SL_NO_ROUTE);
	expect_text(o.rules, "r");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_has_the_head_the_reason_and_the_rule),
		cmocka_unit_test(a_counting_rule_samples_what_goes_on),
		cmocka_unit_test(samples_are_a_share),
		cmocka_unit_test(samples_that_find_no_room_are_counted),
		cmocka_unit_test(redirect_sends_out_of_the_interface),
		cmocka_unit_test(cpu_delivers_there),
		cmocka_unit_test(targets_that_are_not_there_are_refused_in_words),
		cmocka_unit_test(an_interface_that_went_is_no_route),
	};

	return rig_main(trials, sizeof(trials) / sizeof(trials[0]), tests,
			sizeof(tests) / sizeof(tests[0]));
}
