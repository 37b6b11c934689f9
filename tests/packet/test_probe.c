/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tc programs of probes, of both compilers' objects: what leaves, octet by octet,
 * and that what comes back is what the stack awaits. Knows libbpf only, so that it
 * also runs in a guest.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sluice/probe.h>

enum { MARK = SL_PROBE_MARK | 77, ROOM = 512, ETH = 14, GUE_PORT = 6080 };

struct program { struct bpf_object *obj; int out, in, targets; };

/* A frame, as it goes in and comes out. */
struct frame { uint8_t octet[ROOM]; uint32_t length; };

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

static struct program program_open(const char *object)
{
	struct program p = { .obj = NULL };
	const char *build = getenv("BUILD");
	char path[256];

	libbpf_set_print(silent);
	snprintf(path, sizeof(path), "%s/%s", build ? build : "build", object);
	p.obj = bpf_object__open_file(path, NULL);
	assert_non_null(p.obj);
	assert_int_equal(bpf_object__load(p.obj), 0);
	p.out = bpf_program__fd(bpf_object__find_program_by_name(p.obj, "probe_out"));
	p.in = bpf_program__fd(bpf_object__find_program_by_name(p.obj, "probe_in"));
	p.targets = bpf_object__find_map_fd_by_name(p.obj, "probe_targets");
	return p;
}

static int run(int prog, uint32_t mark, struct frame *f)
{
	struct __sk_buff skb = { .mark = mark };
	struct frame out = { .length = 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->octet, .data_size_in = f->length,
		    .data_out = out.octet, .data_size_out = ROOM, .ctx_in = &skb,
		    .ctx_size_in = sizeof(skb));

	assert_int_equal(bpf_prog_test_run_opts(prog, &opts), 0);
	out.length = opts.data_size_out;
	*f = out;
	return (int)opts.retval;
}

/* ---- frames ------------------------------------------------------------- */

static uint32_t sum(uint32_t sum, const void *octets, size_t n)
{
	const uint8_t *o = octets;

	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? o[i] : (uint32_t)o[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* Of TCP or UDP over the addresses before it; 0 where it is right. */
static uint16_t transport_sum(const void *addresses, size_t octets, uint8_t proto, const void *l4, size_t n)
{
	return fold(sum(sum(proto + (uint32_t)n, addresses, octets), l4, n));
}

static void put(struct frame *f, const void *octets, size_t n)
{
	memcpy(f->octet + f->length, octets, n);
	f->length += (uint32_t)n;
}

/* A SYN, or a datagram, of 10.0.0.1 or fd00::1. */
static struct frame frame_of(int family, uint8_t proto, const char *from, const char *to,
			     uint16_t sport, uint16_t dport)
{
	struct ethhdr eth = { .h_dest = { 2, 1 }, .h_source = { 2, 2 },
			      .h_proto = htons(family == 4 ? ETH_P_IP : ETH_P_IPV6) };
	struct tcphdr tcp = { .source = htons(sport), .dest = htons(dport), .doff = 5, .syn = 1 };
	struct udphdr udp = { .source = htons(sport), .dest = htons(dport), .len = htons(sizeof(udp)) };
	size_t n = proto == IPPROTO_TCP ? sizeof(tcp) : sizeof(udp);
	struct iphdr four = { .version = 4, .ihl = 5, .tos = 0x28, .frag_off = htons(IP_DF), .ttl = 63,
			      .tot_len = htons((uint16_t)(20 + n)), .id = htons(7), .protocol = proto };
	struct ip6_hdr six = { .ip6_flow = htonl(0x62800000), .ip6_plen = htons((uint16_t)n),
			       .ip6_nxt = proto, .ip6_hlim = 63 };
	struct frame f = { .length = 0 };
	void *l4 = proto == IPPROTO_TCP ? (void *)&tcp : (void *)&udp;
	uint16_t *check = proto == IPPROTO_TCP ? &tcp.check : &udp.check;

	inet_pton(family == 4 ? AF_INET : AF_INET6, from, family == 4 ? (void *)&four.saddr : (void *)&six.ip6_src);
	inet_pton(family == 4 ? AF_INET : AF_INET6, to, family == 4 ? (void *)&four.daddr : (void *)&six.ip6_dst);
	four.check = fold(sum(0, &four, sizeof(four)));
	*check = family == 4 ? transport_sum(&four.saddr, 8, proto, l4, n) :
			       transport_sum(&six.ip6_src, 32, proto, l4, n);
	put(&f, &eth, sizeof(eth));
	if (family == 4)
		put(&f, &four, sizeof(four));
	else
		put(&f, &six, sizeof(six));
	put(&f, l4, n);
	return f;
}

static void same(const struct frame *want, const struct frame *got, size_t from, size_t skipped)
{
	assert_int_equal(got->length, want->length + skipped);
	assert_memory_equal(got->octet + from + skipped, want->octet + from, want->length - from);
}

/* ---- targets ------------------------------------------------------------- */

static void put_target(const struct program *p, int family, uint8_t by, const char *source)
{
	struct sl_probe_target t = { .family = (uint8_t)family, .by = by, .gue_port = htons(GUE_PORT) };
	int words = family == 4 ? 3 : 0, af = family == 4 ? AF_INET : AF_INET6;
	uint32_t mark = MARK;

	inet_pton(af, family == 4 ? "192.0.2.80" : "2001:db8::80", &t.vip[words]);
	inet_pton(af, family == 4 ? "10.0.0.9" : "fd00::9", &t.to[words]);
	if (source) {
		inet_pton(af, source, &t.src[words]);
		t.fill = htonl(0xffff);
	}
	assert_int_equal(bpf_map_update_elem(p->targets, &mark, &t, BPF_ANY), 0);
}

static const char *self(int family)
{
	return family == 4 ? "10.0.0.1" : "fd00::1";
}

static const char *vip(int family)
{
	return family == 4 ? "192.0.2.80" : "2001:db8::80";
}

static const char *peer(int family)
{
	return family == 4 ? "10.0.0.9" : "fd00::9";
}

static size_t ip_octets(int family)
{
	return family == 4 ? 20 : 40;
}

/* The outer header is from us to the backend, whole and right. */
static void look_at_outer(const struct frame *f, int family, uint8_t proto)
{
	const struct iphdr *four = (const void *)(f->octet + ETH);
	const struct ip6_hdr *six = (const void *)(f->octet + ETH);
	uint8_t to[16];

	inet_pton(family == 4 ? AF_INET : AF_INET6, peer(family), to);
	if (family == 4) {
		assert_int_equal(fold(sum(0, four, sizeof(*four))), 0);
		assert_int_equal(ntohs(four->tot_len), f->length - ETH);
		assert_int_equal(four->protocol, proto);
		assert_int_equal(four->tos, 0x28);
		assert_int_equal(four->ttl, 64);
		assert_int_equal(ntohs(four->frag_off), IP_DF);
		assert_memory_equal(&four->daddr, to, 4);
		return;
	}
	assert_int_equal(ntohs(six->ip6_plen), f->length - ETH - 40);
	assert_int_equal(six->ip6_nxt, proto);
	assert_int_equal(six->ip6_hlim, 64);
	assert_int_equal(ntohl(six->ip6_flow) >> 20, 0x628);
	assert_memory_equal(&six->ip6_dst, to, 16);
}

/* ---- promises -------------------------------------------------------------- */

static void sends(const struct program *p, int family, uint8_t by, uint8_t proto)
{
	struct frame f = frame_of(family, proto, self(family), peer(family), 40000, 80);
	struct frame want = frame_of(family, proto, self(family), vip(family), 40000, 80);
	size_t outer = by == SL_PROBE_L2 ? 0 : ip_octets(family) + (by == SL_PROBE_GUE ? 8 : 0);
	const struct udphdr *udp = (const void *)(f.octet + ETH + ip_octets(family));

	put_target(p, family, by, NULL);
	assert_int_equal(run(p->out, MARK, &f), TC_ACT_OK);
	same(&want, &f, ETH, outer);
	if (by == SL_PROBE_L2)
		return;
	look_at_outer(&f, family, by == SL_PROBE_GUE ? IPPROTO_UDP :
				  family == 4 ? IPPROTO_IPIP : IPPROTO_IPV6);
	assert_memory_equal(f.octet + ETH + ip_octets(family) - (family == 4 ? 8 : 32),
			    want.octet + ETH + ip_octets(family) - (family == 4 ? 8 : 32),
			    family == 4 ? 4 : 16);
	if (by == SL_PROBE_GUE) {
		assert_int_equal(ntohs(udp->dest), GUE_PORT);
		assert_true(ntohs(udp->source) >= 0xc000);
		assert_int_equal(ntohs(udp->len), f.length - ETH - ip_octets(family));
		assert_int_equal(udp->check, 0);
	}
}

static void answers_return(const struct program *p, int family, uint8_t proto)
{
	struct frame sent = frame_of(family, proto, self(family), peer(family), 40001, 80);
	struct frame f = frame_of(family, proto, vip(family), self(family), 80, 40001);
	struct frame want = frame_of(family, proto, peer(family), self(family), 80, 40001);
	struct frame other = frame_of(family, proto, vip(family), self(family), 80, 40002), kept = other;

	put_target(p, family, SL_PROBE_IPIP, NULL);
	run(p->out, MARK, &sent);
	assert_int_equal((int)run(p->in, 0, &f), TC_ACT_UNSPEC);
	same(&want, &f, 0, 0);
	assert_int_equal(run(p->in, 0, &other), TC_ACT_UNSPEC);
	same(&kept, &other, 0, 0);
}

static void source_is_filled(const struct program *p)
{
	struct frame f = frame_of(4, IPPROTO_TCP, self(4), peer(4), 40003, 80);
	const struct iphdr *outer = (const void *)(f.octet + ETH);

	put_target(p, 4, SL_PROBE_IPIP, "10.99.0.0");
	run(p->out, MARK, &f);
	look_at_outer(&f, 4, IPPROTO_IPIP);
	assert_int_equal(ntohl(outer->saddr) >> 16, 10 << 8 | 99);
	assert_int_not_equal(ntohl(outer->saddr) & 0xffff, 0);
}

static void others_are_left_alone(const struct program *p)
{
	struct frame f = frame_of(4, IPPROTO_TCP, self(4), peer(4), 40004, 80), kept = f;
	struct frame elsewhere = frame_of(4, IPPROTO_TCP, self(4), "10.0.0.10", 40004, 80), same_too = elsewhere;

	put_target(p, 4, SL_PROBE_IPIP, NULL);
	assert_int_equal(run(p->out, 0, &f), TC_ACT_UNSPEC);
	assert_int_equal(run(p->out, 77, &f), TC_ACT_UNSPEC);
	assert_int_equal(run(p->out, MARK + 1, &f), TC_ACT_UNSPEC);
	same(&kept, &f, 0, 0);
	assert_int_equal(run(p->out, MARK, &elsewhere), TC_ACT_UNSPEC);
	same(&same_too, &elsewhere, 0, 0);
}

static void all_of(const char *object)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP };
	struct program p = program_open(object);

	for (int family = 4; family <= 6; family += 2)
		for (size_t i = 0; i < 2; i++) {
			for (uint8_t by = SL_PROBE_IPIP; by <= SL_PROBE_L2; by++)
				sends(&p, family, by, protos[i]);
			answers_return(&p, family, protos[i]);
		}
	source_is_filled(&p);
	others_are_left_alone(&p);
	bpf_object__close(p.obj);
}

static void probes_travel_as_clients_packets_do(void **unused)
{
	(void)unused;
	all_of("probe.bpf.o");
}

static void so_they_do_by_a_newer_compiler(void **unused)
{
	(void)unused;
	all_of("clang19/probe.bpf.o");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probes_travel_as_clients_packets_do),
		cmocka_unit_test(so_they_do_by_a_newer_compiler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
