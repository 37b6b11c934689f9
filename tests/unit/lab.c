/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Instances against the real kernel, in a namespace: what their tests share. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/lab.h"

char lab_name[32], lab_pins[64], lab_run[64];

static struct sl_error x;

/* ---- configurations --------------------------------------------------- */

const char filter[] = HEAD SETS RULES;
const char balance[] = HEAD SETS RULES POOL("1024", "{address: 10.0.0.21}, {address: 10.0.0.22}") SERVICE;
const char other[] = HEAD SETS RULES POOL("2048", "{address: 10.0.0.22}, {address: 10.0.0.23}") SERVICE;
const char attached[] = HEAD "interfaces: {slua: {}}\n" SETS RULES;
const char generic[] = HEAD "interfaces: {slua: {mode: generic}}\n" SETS RULES;
const char both[] = HEAD "interfaces: {slua: {}, slub: {}}\n" SETS RULES;

struct sl_config *parse(const char *text)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;

	if (conf_parse("test.yaml", text, strlen(text), 0, &conf, &report))
		fail_msg("%s", report.errors);
	conf_report_clear(&report);
	return conf;
}

struct sl_instance *opened(enum sl_open how)
{
	struct sl_instance *inst = NULL;

	if (sl_open(&inst, NAME, how, &x))
		fail_msg("%s", x.text);
	return inst;
}

/* Opens, applies, and finds nothing left to do. */
struct sl_instance *applied(const char *text)
{
	struct sl_instance *inst = opened(SL_OPEN_CREATE);
	struct sl_config *conf = parse(text);
	struct sl_plan *plan = NULL;

	if (sl_apply(inst, conf, sl_digest(text, strlen(text)), &x))
		fail_msg("%s", x.text);
	if (sl_plan_make(inst, conf, &plan, &x))
		fail_msg("%s", x.text);
	if (!sl_plan_empty(plan))
		fail_msg("left to do: pools %zu, sets %zu, program %d, interfaces %d, tables %d, repair %d",
			 plan->n_pools, plan->n_sets, plan->program, plan->interfaces,
			 plan->tables, plan->repair);
	assert_int_equal(sl_running_digest(inst), sl_digest(text, strlen(text)));
	sl_plan_free(plan);
	conf_free(conf);
	return inst;
}

int purge(void **state)
{
	struct sl_instance *inst = NULL;

	(void)state;
	if (sl_open(&inst, NAME, SL_OPEN_CREATE, &x) || sl_purge(inst, &x))
		fail_msg("%s", x.text);
	sl_close(inst);
	return 0;
}

struct sl_status *status_of(struct sl_instance *inst)
{
	struct sl_status *status = NULL;

	if (sl_status_read(inst, &status, &x))
		fail_msg("%s", x.text);
	return status;
}

/* ---- packets ---------------------------------------------------------- */

enum { UDP_OCTETS = 26 };

static size_t frame_ipv4(uint8_t *at, const char *from, const char *to)
{
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP, .tot_len = htons(20 + UDP_OCTETS) };

	inet_pton(AF_INET, from, &ip.saddr);
	inet_pton(AF_INET, to, &ip.daddr);
	memcpy(at, &ip, sizeof(ip));
	return sizeof(ip);
}

static size_t frame_ipv6(uint8_t *at, const char *from, const char *to)
{
	struct ip6_hdr ip = { .ip6_flow = htonl(6u << 28), .ip6_plen = htons(UDP_OCTETS), .ip6_nxt = IPPROTO_UDP, .ip6_hlim = 64 };

	inet_pton(AF_INET6, from, &ip.ip6_src);
	inet_pton(AF_INET6, to, &ip.ip6_dst);
	memcpy(at, &ip, sizeof(ip));
	return sizeof(ip);
}

static uint32_t frame(uint8_t *at, const char *from, const char *to)
{
	bool v6 = strchr(from, ':');
	struct ethhdr eth = { .h_dest = { 2, 0, 0, 0, 0, 1 }, .h_proto = htons(v6 ? ETH_P_IPV6 : ETH_P_IP) };
	struct udphdr udp = { .source = htons(4000), .dest = htons(80), .len = htons(UDP_OCTETS) };
	size_t n = sizeof(eth);

	memcpy(at, &eth, sizeof(eth));
	n += v6 ? frame_ipv6(at + n, from, to) : frame_ipv4(at + n, from, to);
	memcpy(at + n, &udp, sizeof(udp));
	return (uint32_t)n + UDP_OCTETS;
}

static int verdict_at(const char *pin, const char *from, const char *to, unsigned repeat)
{
	uint8_t in[128] = { 0 }, out[256];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = frame(in, from, to), .data_out = out, .data_size_out = sizeof(out), .repeat = (int)repeat);
	int prog = bpf_obj_get(pin);

	assert_true(prog >= 0);
	assert_int_equal(bpf_prog_test_run_opts(prog, &opts), 0);
	close(prog);
	return (int)opts.retval;
}

int verdict(const char *from, const char *to)
{
	return flood(from, to, 1);
}

int flood(const char *from, const char *to, unsigned packets)
{
	char pin[80];

	snprintf(pin, sizeof(pin), "%s/prog", PINS);
	return verdict_at(pin, from, to, packets);
}

struct sl_prefix prefix(const char *text)
{
	struct sl_prefix p;

	if (conf_prefix(text, &p, &x))
		fail_msg("%s", x.text);
	return p;
}

/* ---- the namespace ---------------------------------------------------- */

/* What test programs left that failed, and are no more. */
static void purge_stale(void)
{
	DIR *dir = opendir("/sys/fs/bpf/sluice");
	struct sl_instance *inst = NULL;
	struct dirent *entry;
	char name[32];
	int pid;

	while (dir && (entry = readdir(dir))) {
		if (sscanf(entry->d_name, "slu:%d", &pid) != 1 || !kill(pid, 0) || errno != ESRCH)
			continue;
		snprintf(name, sizeof(name), "slu.%d", pid);
		if (sl_open(&inst, name, SL_OPEN_REMOVE, &x))
			continue;
		sl_purge(inst, &x);
		sl_close(inst);
	}
	if (dir)
		closedir(dir);
}

/* A namespace of its own, so that links and neighbours are nobody else's. */
int make_lab(void **state)
{
	char peer[32];

	snprintf(lab_name, sizeof(lab_name), "slu.%d", getpid());
	snprintf(lab_pins, sizeof(lab_pins), "/sys/fs/bpf/sluice/slu:%d", getpid());
	snprintf(lab_run, sizeof(lab_run), "/run/sluice/slu.%d", getpid());
	snprintf(peer, sizeof(peer), "slupeer%d", getpid());
	setenv("PEER", peer, 1);
	purge_stale();
	purge(state);
	if (unshare(CLONE_NEWNET))
		return -1;
	return system("ip link set lo up && ip netns add $PEER && "
		   "ip link add slua type veth peer name sluc netns $PEER && "
		   "ip link add slub type veth peer name slud && "
		   "for i in 0 1 2 3 4; do ip link add slu$i index $((6432 + i * 64)) type bridge || exit 1; done && "
		   "ip addr add 10.77.0.1/24 dev slua && ip link set slua up && ip link set slub up && "
		   "nsenter --net=/run/netns/$PEER sh -c 'ip addr add 10.77.0.2/24 dev sluc && ip link set sluc up'");
}

int remove_lab(void **state)
{
	(void)state;
	return system("ip netns del $PEER");
}

bool lab_is_denied(void)
{
	if (!geteuid())
		return false;
	puts("ok 1 - instances # SKIP needs root");
	return true;
}
