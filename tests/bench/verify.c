// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Runs one packet through the program and looks at what became of it. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "verify.h"

struct seen {
	uint8_t octet[512];
	uint32_t length;
};

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static int is_backend4(const uint8_t *addr)
{
	return !memcmp(addr, "\x0a\x01\x00", 3) && addr[3] >= 1 &&
	       addr[3] <= CONFIG_BACKENDS;
}

static int is_backend6(const uint8_t *addr)
{
	static const uint8_t prefix[15] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0x0b };

	return !memcmp(addr, prefix, sizeof(prefix)) && addr[15] >= 1 &&
	       addr[15] <= CONFIG_BACKENDS;
}

static int outer4_right(const uint8_t *ip, uint32_t behind, uint8_t proto)
{
	return ip[0] == 0x45 && get16(ip + 2) == 20 + behind && ip[8] == 64 &&
	       ip[9] == proto && frame_sum(ip, 20) == 0 &&
	       !memcmp(ip + 12, "\x0a\xff", 2) && is_backend4(ip + 16);
}

static int outer6_right(const uint8_t *ip, uint32_t behind, uint8_t proto)
{
	return ip[0] >> 4 == 6 && get16(ip + 4) == behind && ip[6] == proto &&
	       ip[7] == 64 &&
	       !memcmp(ip + 8, "\x20\x01\x0d\xb8\x00\xff\x00\x00", 8) &&
	       is_backend6(ip + 24);
}

static int udp_right(const uint8_t *udp, uint32_t length)
{
	return get16(udp) >= 49152 && get16(udp + 2) == 6080 &&
	       get16(udp + 4) == length && get16(udp + 6) == 0;
}

static const char *encapsulated_right(const struct frame *f,
				      const struct seen *out, int is_gue)
{
	const uint8_t *inner = f->octet + f->l3, *outer = out->octet + ETH_HLEN;
	uint8_t proto = is_gue ? IPPROTO_UDP :
			inner[0] >> 4 == 6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	uint32_t udp = is_gue ? 8 : 0, length = f->length - f->l3,
		 behind = length + udp, header = outer[0] >> 4 == 6 ? 40 : 20;

	if (out->length != ETH_HLEN + header + behind)
		return "length of the frame";
	if (memcmp(out->octet, "\x02\0\0\0\0\xaa\x02\0\0\0\0\x01", 12))
		return "MAC addresses";
	if (get16(out->octet + 12) != (header == 40 ? ETH_P_IPV6 : ETH_P_IP))
		return "ethertype";
	if (!(header == 40 ? outer6_right : outer4_right)(outer, behind, proto))
		return "outer header";
	if (is_gue && !udp_right(outer + header, behind))
		return "UDP header";
	if (memcmp(outer + header + udp, inner, length))
		return "inner packet";
	return NULL;
}

static const char *stripped_right(const struct frame *f, const struct seen *out)
{
	const uint8_t *inner = f->octet + f->inner;

	if (out->length != ETH_HLEN + f->length - f->inner)
		return "length of the frame";
	if (memcmp(out->octet, f->octet, 12))
		return "MAC addresses";
	if (get16(out->octet + 12) !=
	    (inner[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP))
		return "ethertype";
	if (memcmp(out->octet + ETH_HLEN, inner, f->length - f->inner))
		return "inner packet";
	return NULL;
}

static const char *frame_wrong(const struct bench_case *c,
			       const struct frame *f, const struct seen *out)
{
	switch (c->change) {
	case BENCH_ENCAPSULATED:
		return encapsulated_right(f, out, c->config == CONFIG_GUE || c->config == CONFIG_GUE6);
	case BENCH_STRIPPED4:
	case BENCH_STRIPPED6: return stripped_right(f, out);
	case BENCH_SAME: break;
	}
	if (out->length != f->length || memcmp(out->octet, f->octet, f->length))
		return "the frame, which should be as it came";
	return NULL;
}

int verify_before(const struct instance *inst, const struct frame *frame, char why[BENCH_WHY])
{
	struct seen out = { .length = sizeof(out.octet) };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame->octet,
		    .data_size_in = frame->length, .data_out = out.octet,
		    .data_size_out = out.length);

	if (bpf_prog_test_run_opts(inst->prog, &run))
		return snprintf(why, BENCH_WHY, "test run: %s",
				strerror(errno)),
		       -1;
	return 0;
}

int verify_case(const struct bench_case *c, const struct instance *inst,
		const struct frame *frame, char why[BENCH_WHY])
{
	struct seen out = { .length = sizeof(out.octet) };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame->octet,
		    .data_size_in = frame->length, .data_out = out.octet,
		    .data_size_out = out.length);
	uint64_t before = instance_count(inst, c->reason);
	const char *wrong;

	if (bpf_prog_test_run_opts(inst->prog, &run))
		return snprintf(why, BENCH_WHY, "test run: %s",
				strerror(errno)),
		       -1;
	out.length = run.data_size_out;
	if ((int)run.retval != c->verdict)
		return snprintf(why, BENCH_WHY, "verdict %u instead of %d",
				run.retval, c->verdict),
		       -1;
	if (instance_count(inst, c->reason) != before + 1)
		return snprintf(why, BENCH_WHY, "another reason"), -1;
	wrong = frame_wrong(c, frame, &out);
	if (wrong)
		return snprintf(why, BENCH_WHY, "wrong: %s", wrong), -1;
	return 0;
}
