/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A table of records that grows while its pool changes: flows go on at each step of
 * the command that makes it grow, and when it is killed there.
 *
 * The command is traced. Where it stops packets go through the programs that the
 * two interfaces run at that moment, those of one flow by turns.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/lab.h"
#include "tests/unit/pool_lab.h"

#define MAC "\"02:00:00:00:00:01\""
#define GROWN(flows, backends) \
	HEAD "interfaces: {slua: {macs: [" MAC "]}, slub: {macs: [" MAC "]}}\nlimits: {flows: " flows "}\n" \
	"pools: {web: {slots: 1024, timers: {settle_after: 60s}, next_hop: \"02:00:00:00:00:aa\", backends: [" backends "]}}\n" \
	"services: {www: {addresses: [192.0.2.80], tcp: [80], pool: web}}\n"
#define FEW  B(1) ", " B(2) ", " B(3)
#define MANY FEW ", " B(4) ", " B(5) ", " B(6)
/* more than the least table of backends has */
#define MORE MANY ", " B(7) ", " B(8) ", " B(9) ", " B(10) ", " B(11) ", " B(12) ", " B(13) ", " B(14) ", " B(15) ", " B(16) ", " B(17)

enum { FLOWS = 4000, SYN = 2, ACK = 16 };

static struct {
	unsigned n, broken;
	uint8_t of[FLOWS];	/* the last octet of its backend */
} flows;

static struct sl_error x;

/* ---- packets ------------------------------------------------------------------ */

static int program_of(const char *ifname)
{
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);
	char path[96];
	int link, prog;

	snprintf(path, sizeof(path), "%s/links/%s", PINS, ifname);
	link = bpf_obj_get(path);
	assert_true(link >= 0);
	assert_int_equal(bpf_obj_get_info_by_fd(link, &info, &length), 0);
	prog = bpf_prog_get_fd_by_id(info.prog_id);
	assert_true(prog >= 0);
	close(link);
	return prog;
}

static unsigned sent_to(const char *ifname, unsigned flow, uint8_t flags)
{
	struct { uint8_t eth[14]; struct iphdr ip; struct tcphdr tcp; uint8_t zero[6]; } __attribute__((packed)) in = {
		.eth = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0 },
		.ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP, .tot_len = htons(40),
			.saddr = htonl(10u << 24 | flow), .daddr = htonl(0xc0000250) },
		.tcp = { .source = htons((uint16_t)(1024 + flow)), .dest = htons(80), .doff = 5 },
	};
	uint8_t out[128];
	struct xdp_md ctx = { .data_end = sizeof(in), .ingress_ifindex = if_nametoindex(ifname) };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = &in, .data_size_in = sizeof(in), .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));
	int prog = program_of(ifname);

	in.tcp.syn = flags == SYN;
	in.tcp.ack = flags == ACK;
	assert_int_equal(bpf_prog_test_run_opts(prog, &run), 0);
	close(prog);
	assert_int_equal(run.retval, XDP_TX);
	return out[33];
}

static const char *interface_of(unsigned n)
{
	return n % 2 ? "slua" : "slub";
}

static void begin(unsigned n)
{
	for (unsigned end = flows.n + n; flows.n < end; flows.n++)
		flows.of[flows.n] = (uint8_t)sent_to(interface_of(flows.n), flows.n, SYN);
}

/* By the other interface than the packet before, for some. */
static void go_on(unsigned from, unsigned step, unsigned turn)
{
	for (unsigned i = from; i < flows.n; i += step)
		flows.broken += sent_to(interface_of(i + turn), i, ACK) != flows.of[i];
}

/* ---- a growth, step by step -------------------------------------------------------- */

static const char small[] = GROWN("512", MANY), large[] = GROWN("4096", MANY), larger[] = GROWN("4096", MORE);

static pid_t traced(const char *text)
{
	pid_t child = fork();
	struct sl_instance *inst = NULL;

	if (child)
		return child;
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		_exit(9);
	raise(SIGSTOP);
	if (sl_open(&inst, NAME, SL_OPEN_CHANGE, &x) ||
	    sl_apply(inst, parse(text), sl_digest(text, strlen(text)), &x))
		_exit(1);
	sl_close(inst);
	_exit(0);
}

/* Does this call change what others see? Of many that are alike the first few. */
static bool is_step(const struct __ptrace_syscall_info *call)
{
	static uint64_t last;
	static int alike;
	uint64_t kind = call->entry.nr << 8;

	if (call->op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	switch (call->entry.nr) {
	case SYS_bpf:
		kind |= call->entry.args[0];
		if (call->entry.args[0] != BPF_OBJ_PIN && call->entry.args[0] != BPF_LINK_UPDATE &&
		    call->entry.args[0] != BPF_MAP_UPDATE_ELEM)
			return false;
		break;
#ifdef SYS_rename
	case SYS_rename: case SYS_mkdir: case SYS_rmdir: case SYS_unlink:
#endif
	case SYS_renameat2: case SYS_unlinkat: case SYS_mkdirat:
		break;
	default:
		return false;
	}
	alike = kind == last ? alike + 1 : 0;
	last = kind;
	return alike < 3;
}

/* To its n-th step from here. False: it has ended. */
static bool advance(pid_t child, int *steps)
{
	struct __ptrace_syscall_info call;
	int status = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, child, 0, 0) || waitpid(child, &status, 0) < 0)
			fail_msg("tracing: %s", strerror(errno));
		if (!WIFSTOPPED(status)) {
			assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
			return false;
		}
		if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(call), &call) <= 0)
			fail_msg("tracing: %s", strerror(errno));
		if (is_step(&call)) {
			++*steps;
			return true;
		}
	}
}

/* Old flows, and those that began while slots change, half of them unconfirmed. */
static void changing(void)
{
	memset(&flows, 0, sizeof(flows));
	sl_close(applied(GROWN("512", FEW)));
	begin(40);
	go_on(0, 1, 0);
	sl_close(applied(small));
	begin(80);
	go_on(0, 2, 0);
}

static bool stopped(pid_t child)
{
	int status;

	waitpid(child, &status, 0);
	return WIFSTOPPED(status) &&
	       !ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
}

static void go_on_at_each_step(const char *text)
{
	pid_t child;
	int steps = 0;

	changing();
	child = traced(text);
	assert_true(stopped(child));
	while (advance(child, &steps)) {
		begin(6);
		go_on(flows.n - 30, 1, (unsigned)steps);
		go_on(0, 7, (unsigned)steps);
	}
	go_on(0, 1, 0);
	printf("# %d steps: %u of %u flows broke\n", steps, flows.broken, flows.n);
	assert_int_equal(flows.broken, 0);
	assert_true(steps > 20 && flows.n < FLOWS);
}

static void flows_go_on_at_each_step(void **state)
{
	(void)state;
	go_on_at_each_step(large);
}

static void and_when_backends_become_more(void **state)
{
	(void)state;
	go_on_at_each_step(larger);
}

/* ---- killed ---------------------------------------------------------------------------- */

static void expect_nothing_left(const struct sl_instance *inst)
{
	const struct sl_records *set = map_at(&inst->maps, MAP_RECORDS, 0);
	char path[96];

	for (size_t i = 0; i < map_size(&inst->maps, MAP_RECORDS) / sizeof(*set); i++)
		for (int w = 0; w < SL_RECORD_WAYS; w++)
			assert_int_not_equal(set[i].way[w].tag, SL_RECORD_BUSY);
	snprintf(path, sizeof(path), "%s/maps_old", PINS);
	assert_int_equal(access(path, F_OK), -1);
}

/* A command that is killed at its n-th step. False: it had fewer. */
static bool is_killed(const char *text, int n)
{
	pid_t child = traced(text);
	int steps = 0, status;
	bool goes_on = true;

	assert_true(stopped(child));
	while (goes_on && steps < n) {
		goes_on = advance(child, &steps);
		begin(2);
		go_on(flows.n - 10, 1, 0);
	}
	if (!goes_on)
		return false;
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return true;
}

/* The next command may be killed as well, and be followed by another one. */
static bool survives(int n, int next, const char *last)
{
	struct sl_instance *inst;
	bool killed;

	changing();
	killed = is_killed(large, n);
	begin(20);
	go_on(0, 1, 0);
	if (next)
		is_killed(large, next);
	begin(20);
	go_on(0, 1, 0);
	inst = applied(last);
	go_on(0, 1, 0);
	go_on(0, 1, 1);
	if (flows.broken)
		fail_msg("killed at steps %d and %d: %u of %u flows broke", n, next, flows.broken, flows.n);
	expect_nothing_left(inst);
	sl_close(inst);
	purge(NULL);
	return killed;
}

static void a_kill_at_any_step_breaks_none(void **state)
{
	int n = 1;

	(void)state;
	while (survives(n, n * 5 % 31, n % 2 ? large : larger))	/* any other step */
		n++;
	printf("# killed at each of %d steps\n", n - 1);
	assert_true(n > 20);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(flows_go_on_at_each_step),
		TEST(and_when_backends_become_more),
		TEST(a_kill_at_any_step_breaks_none),
	};

	return RUN_IN_LAB("instance_grow", tests);
}
