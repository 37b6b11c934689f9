/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Instances against the real kernel: applying, repairing, sets, links. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "user/conf/conf.h"
#include "user/lib/instance.h"
#include "user/lib/program.h"

#define NAME "slu.unit"
#define PINS "/sys/fs/bpf/sluice/slu:unit"

static struct sl_error x;

/* ---- configurations --------------------------------------------------- */

#define HEAD "sluice: 1\nseed: one\n"
#define SETS "sets: {bans: {}, office: {prefixes: [198.51.100.0/24]}}\n"
#define RULES "filter: {rules: [{name: r1, from: bans, action: drop}, {name: r2, from: office, action: drop}]}\n"
#define POOL(slots, backends) "pools: {web: {slots: " slots ", next_hop: \"02:00:00:00:00:aa\", backends: [" backends "]}}\n"
#define SERVICE "services: {www: {addresses: [192.0.2.80], udp: [80], pool: web}}\n"

static const char filter[] = HEAD SETS RULES;
static const char balance[] = HEAD SETS RULES POOL("1024", "{address: 10.0.0.21}, {address: 10.0.0.22}") SERVICE;
static const char other[] = HEAD SETS RULES POOL("2048", "{address: 10.0.0.22}, {address: 10.0.0.23}") SERVICE;
static const char attached[] = HEAD "interfaces: {slua: {}}\n" SETS RULES;
static const char generic[] = HEAD "interfaces: {slua: {mode: generic}}\n" SETS RULES;
static const char both[] = HEAD "interfaces: {slua: {}, slub: {}}\n" SETS RULES;

static struct sl_config *parse(const char *text)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;

	if (conf_parse("test.yaml", text, strlen(text), 0, &conf, &report))
		fail_msg("%s", report.errors);
	conf_report_clear(&report);
	return conf;
}

static struct sl_instance *opened(enum sl_open how)
{
	struct sl_instance *inst = NULL;

	if (sl_open(&inst, NAME, how, &x))
		fail_msg("%s", x.text);
	return inst;
}

/* Opens, applies, and finds nothing left to do. */
static struct sl_instance *applied(const char *text)
{
	struct sl_instance *inst = opened(SL_OPEN_CREATE);
	struct sl_config *conf = parse(text);
	struct sl_plan *plan = NULL;

	if (sl_apply(inst, conf, sl_digest(text, strlen(text)), &x))
		fail_msg("%s", x.text);
	if (sl_plan_make(inst, conf, &plan, &x))
		fail_msg("%s", x.text);
	assert_true(sl_plan_empty(plan));
	assert_int_equal(sl_running_digest(inst), sl_digest(text, strlen(text)));
	sl_plan_free(plan);
	conf_free(conf);
	return inst;
}

static int purge(void **state)
{
	struct sl_instance *inst = NULL;

	(void)state;
	if (sl_open(&inst, NAME, SL_OPEN_CREATE, &x) || sl_purge(inst, &x))
		fail_msg("%s", x.text);
	sl_close(inst);
	return 0;
}

/* ---- packets ---------------------------------------------------------- */

static int verdict_at(const char *pin, const char *from, const char *to)
{
	struct {
		struct ethhdr eth;
		struct iphdr ip;
		struct udphdr udp;
		char text[18];
	} __attribute__((packed)) frame = {
		.eth = { .h_dest = { 2, 0, 0, 0, 0, 1 }, .h_proto = htons(ETH_P_IP) },
		.ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP, .tot_len = htons(46) },
		.udp = { .source = htons(4000), .dest = htons(80), .len = htons(26) },
	};
	char out[256];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = &frame, .data_size_in = sizeof(frame), .data_out = out, .data_size_out = sizeof(out), .repeat = 1);
	int prog = bpf_obj_get(pin);

	inet_pton(AF_INET, from, &frame.ip.saddr);
	inet_pton(AF_INET, to, &frame.ip.daddr);
	assert_true(prog >= 0);
	assert_int_equal(bpf_prog_test_run_opts(prog, &opts), 0);
	close(prog);
	return (int)opts.retval;
}

static int verdict(const char *from, const char *to)
{
	return verdict_at(PINS "/prog", from, to);
}

static struct sl_prefix prefix(const char *text)
{
	struct sl_prefix p;

	if (conf_prefix(text, &p, &x))
		fail_msg("%s", x.text);
	return p;
}

/* ---- instances -------------------------------------------------------- */

static void an_absent_instance_is_not_there(void **state)
{
	struct sl_instance *inst = NULL;

	(void)state;
	assert_int_equal(sl_open(&inst, NAME, SL_OPEN_READ, &x), -ENOENT);
	assert_int_equal(sl_open(&inst, NAME, SL_OPEN_CHANGE, &x), -ENOENT);
	assert_null(inst);
}

static void a_new_instance_runs_nothing(void **state)
{
	struct sl_instance *inst = opened(SL_OPEN_CREATE);
	struct sl_status *status = NULL;

	(void)state;
	assert_int_equal(sl_running_digest(inst), 0);
	assert_int_equal(sl_status_read(inst, &status, &x), 0);
	assert_int_equal(status->prog_id, 0);
	assert_true(status->map_bytes < 32 << 20);
	sl_status_free(status);
	sl_close(inst);
}

static uint32_t prog_id(struct sl_instance *inst)
{
	struct sl_status *status = NULL;
	uint32_t id;

	assert_int_equal(sl_status_read(inst, &status, &x), 0);
	id = status->prog_id;
	sl_status_free(status);
	return id;
}

static void the_same_again_keeps_the_program(void **state)
{
	struct sl_instance *inst = applied(balance);
	uint32_t id = prog_id(inst);

	(void)state;
	assert_true(id != 0);
	sl_close(inst);
	inst = applied(balance);
	assert_int_equal(prog_id(inst), id);
	sl_close(inst);
}

static void purging_leaves_nothing(void **state)
{
	(void)state;
	sl_close(applied(filter));
	purge(NULL);
	assert_int_equal(access(PINS, F_OK), -1);
	assert_int_equal(access("/run/sluice/" NAME, F_OK), -1);
}

static void what_cannot_be_opened_is_purged(void **state)
{
	struct sl_instance *inst = applied(filter);

	(void)state;
	registry(inst)->abi++;
	sl_close(inst);
	assert_int_equal(sl_open(&inst, NAME, SL_OPEN_CHANGE, &x), -EINVAL);
	assert_non_null(strstr(x.text, "another version"));
	inst = opened(SL_OPEN_REMOVE);
	assert_int_equal(sl_purge(inst, &x), 0);
	sl_close(inst);
	assert_int_equal(access(PINS, F_OK), -1);
}

static void features_come_and_go(void **state)
{
	(void)state;
	sl_close(applied(filter));
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_PASS);
	assert_int_equal(verdict("198.51.100.1", "192.0.2.80"), XDP_DROP);
	sl_close(applied(balance));
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_TX);
	assert_int_equal(verdict("198.51.100.1", "192.0.2.80"), XDP_DROP);
	sl_close(applied(HEAD));
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_PASS);
	assert_int_equal(verdict("198.51.100.1", "192.0.2.80"), XDP_PASS);
}

static void backends_keep_their_slots_when_others_go(void **state)
{
	struct sl_instance *inst = applied(balance);
	struct sl_config *conf = parse(other);
	struct sl_stats *stats = NULL;
	struct sl_plan *plan = NULL;

	(void)state;
	assert_int_equal(sl_plan_make(inst, conf, &plan, &x), 0);
	assert_int_equal(plan->n_pools, 1);
	assert_int_equal(plan->pools[0].slots, 2048);
	assert_true(plan->pools[0].moved >= plan->pools[0].least);
	sl_plan_free(plan);
	conf_free(conf);
	sl_close(inst);
	inst = applied(other);
	assert_int_equal(sl_stats_read(inst, -1, &stats, &x), 0);
	assert_int_equal(stats->n_backends, 2);
	assert_int_equal(stats->backends[0].slots + stats->backends[1].slots, 2048);
	sl_stats_free(stats);
	sl_close(inst);
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_TX);
}

/* Names for 250 rules, all others for the next 250: counters change hands. */
static char *many_rules(const char *stem)
{
	char *text = malloc(65536);
	int n = sprintf(text, HEAD "filter:\n  rules:\n");

	for (int i = 0; i < 250; i++)
		n += sprintf(text + n, "    - {name: %s%d, from: 10.0.%d.0/24, action: drop}\n", stem, i, i);
	return text;
}

static void all_rules_may_get_other_names(void **state)
{
	char *one = many_rules("a"), *two = many_rules("b");
	struct sl_stats *stats = NULL;
	struct sl_instance *inst;

	(void)state;
	sl_close(applied(one));
	inst = applied(two);
	assert_int_equal(sl_stats_read(inst, -1, &stats, &x), 0);
	assert_int_equal(stats->n_rules, 250);
	assert_string_equal(stats->rules[249].name, "b249");
	sl_stats_free(stats);
	sl_close(inst);
	free(one);
	free(two);
}

/* Masks that promise more than the maps have. */
/* 40 sets of 64; each of them is another. */
static struct sl_config *many_sets(char letter)
{
	char text[2048] = HEAD "sets: {";
	size_t used = strlen(text);

	for (int i = 0; i < 40; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%c%d: {}, ", letter, i);
	snprintf(text + used, sizeof(text) - used, "}\n");
	return parse(text);
}

static void no_room_beside_what_runs_is_no_fault_of_the_file(void **state)
{
	struct sl_config *old = many_sets('a'), *new = many_sets('b');
	struct sl_instance *inst = opened(SL_OPEN_CREATE);
	struct sl_plan *plan = NULL;

	(void)state;
	assert_int_equal(sl_apply(inst, old, 1, &x), 0);
	assert_int_equal(sl_apply(inst, new, 2, &x), -ENOSPC);
	assert_non_null(strstr(x.text, "set b24: no room beside what runs: at most 64"));
	assert_int_equal(sl_plan_make(inst, old, &plan, &x), 0);
	assert_true(sl_plan_empty(plan));
	sl_plan_free(plan);
	conf_free(old);
	conf_free(new);
	sl_close(inst);
}

static void a_refused_program_says_what_the_verifier_said(void **state)
{
	struct map_sizes least = maps_least();
	struct maps m;
	struct sl_knobs knobs;

	(void)state;
	if (maps_make(&m, NULL, &least, &x))
		fail_msg("%s", x.text);
	knobs = maps_sizes(&m).knobs;
	knobs.features = SL_F_BALANCE | SL_F_CLASS4 | SL_F_OUTER4;
	knobs.slot_mask = 0xffffff;
	assert_true(program_load(&m, &knobs, &x) < 0);
	assert_non_null(strstr(x.text, "program: the kernel refuses it: Permission denied: "));
	assert_non_null(strstr(x.text, "invalid access to map value"));
	assert_null(strchr(x.text, '\n'));
	maps_close(&m);
}

/* ---- sets ------------------------------------------------------------- */

static int count_one(void *arg, const struct sl_element_info *e)
{
	*(size_t *)arg += e->prefix.length > 0;
	return 0;
}

static void set_edits_are_seen_by_packets(void **state)
{
	struct sl_instance *inst = applied(balance);
	struct sl_config *conf = parse(balance);
	struct sl_prefix p = prefix("203.0.113.0/25"), one = prefix("203.0.113.7");
	struct sl_element_info found;
	size_t changed = 9, n = 0;

	(void)state;
	assert_int_equal(sl_set_add(inst, "bans", &p, 1, 0, &changed, &x), -EINVAL);
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_add(inst, "none", &p, 1, 0, &changed, &x), -ENOENT);
	assert_int_equal(sl_set_add(inst, "bans", &p, 1, 0, &changed, &x), 0);
	assert_int_equal(changed, 1);
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_DROP);
	assert_int_equal(verdict("203.0.113.129", "192.0.2.80"), XDP_TX);
	assert_int_equal(sl_set_add(inst, "bans", &p, 1, 60000, &changed, &x), 0);
	assert_int_equal(changed, 0);
	assert_int_equal(sl_set_test(inst, "bans", &one, &found, &x), 1);
	assert_int_equal(found.prefix.length, 25);
	assert_true(found.expires_in_ms > 50000 && found.expires_in_ms <= 60000);
	assert_int_equal(sl_set_list(inst, "bans", count_one, &n, &x), 0);
	assert_int_equal(n, 1);
	assert_int_equal(sl_set_del(inst, "bans", &p, 1, &changed, &x), 0);
	assert_int_equal(changed, 1);
	assert_int_equal(sl_set_del(inst, "bans", &p, 1, &changed, &x), 0);
	assert_int_equal(changed, 0);
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_TX);
	assert_int_equal(sl_set_test(inst, "bans", &one, &found, &x), 0);
	sl_close(inst);
	conf_free(conf);
}

static void live_elements_survive_an_apply_and_a_files_do_not(void **state)
{
	struct sl_instance *inst = applied(filter);
	struct sl_config *conf = parse(filter);
	struct sl_prefix p = prefix("203.0.113.0/25");
	struct sl_plan *plan = NULL;
	size_t changed;

	(void)state;
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_add(inst, "bans", &p, 1, 0, &changed, &x), 0);
	assert_int_equal(sl_set_add(inst, "office", &p, 1, 0, &changed, &x), 0);
	assert_int_equal(sl_plan_make(inst, conf, &plan, &x), 0);
	assert_int_equal(plan->n_sets, 1);
	assert_string_equal(plan->sets[0].name, "office");
	assert_int_equal(plan->sets[0].removed, 1);
	assert_true(plan->sets[0].live_lost);
	sl_plan_free(plan);
	sl_close(inst);
	inst = applied(filter);
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_DROP);
	sl_close(inst);
	conf_free(conf);
}

static void maps_grow_with_their_content(void **state)
{
	enum { MANY = 70000 };
	struct sl_instance *inst = applied(balance);
	struct sl_config *conf = parse(balance);
	struct sl_prefix *p = calloc(MANY, sizeof(*p));
	uint64_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		p[i] = (struct sl_prefix){ .addr.family = 4, .length = 32 };
		p[i].addr.octet[0] = 11;
		p[i].addr.octet[1] = (uint8_t)(i >> 16);
		p[i].addr.octet[2] = (uint8_t)(i >> 8);
		p[i].addr.octet[3] = (uint8_t)i;
	}
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_load(inst, "bans", p, MANY, &x), 0);
	assert_int_equal(sl_set_count(inst, "bans", &n, &x), 0);
	assert_int_equal(n, MANY);
	assert_int_equal(verdict("11.1.17.111", "192.0.2.80"), XDP_DROP);
	assert_int_equal(verdict("11.1.17.112", "192.0.2.80"), XDP_TX);
	sl_close(inst);
	inst = applied(balance);
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_load(inst, "bans", p, 1, &x), 0);
	assert_int_equal(verdict("11.0.0.0", "192.0.2.80"), XDP_DROP);
	assert_int_equal(verdict("11.0.0.1", "192.0.2.80"), XDP_TX);
	assert_int_equal(sl_set_load(inst, "bans", NULL, 0, &x), 0);
	assert_int_equal(verdict("11.0.0.0", "192.0.2.80"), XDP_TX);
	sl_close(inst);
	conf_free(conf);
	free(p);
}

static void limits_name_their_key(void **state)
{
	static const char small[] = HEAD "limits: {prefixes: 2}\nsets: {s: {}}\n";
	struct sl_prefix p[] = { prefix("10.0.0.1"), prefix("10.0.0.2"), prefix("10.0.0.3") };
	struct sl_instance *inst = applied(small);
	struct sl_config *conf = parse(small);
	uint64_t n = 9;

	(void)state;
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_load(inst, "s", p, 3, &x), -EINVAL);
	assert_non_null(strstr(x.text, "limits.prefixes"));
	assert_int_equal(sl_set_count(inst, "s", &n, &x), 0);
	assert_int_equal(n, 0);
	assert_int_equal(sl_set_load(inst, "s", p, 2, &x), 0);
	sl_close(inst);
	conf_free(conf);
}

/* ---- links ------------------------------------------------------------ */

static struct sl_status *status_of(struct sl_instance *inst)
{
	struct sl_status *status = NULL;

	if (sl_status_read(inst, &status, &x))
		fail_msg("%s", x.text);
	return status;
}

static void a_link_outlives_its_command_and_follows_the_program(void **state)
{
	struct sl_instance *inst = applied(attached);
	struct sl_status *status = status_of(inst);
	uint32_t before = status->prog_id;

	(void)state;
	assert_int_equal(status->n_links, 1);
	assert_string_equal(status->links[0].interface, "slua");
	assert_int_equal(status->links[0].mode, SL_MODE_NATIVE);
	assert_int_equal(status->links[0].mtu, 1500);
	sl_status_free(status);
	sl_close(inst);
	inst = applied(generic);
	status = status_of(inst);
	assert_int_equal(status->n_links, 1);
	assert_int_equal(status->links[0].mode, SL_MODE_GENERIC);
	assert_int_equal(status->links[0].prog_id, before);
	sl_status_free(status);
	sl_close(inst);
	inst = applied(HEAD "interfaces: {slua: {}}\n");
	status = status_of(inst);
	assert_int_not_equal(status->prog_id, before);
	assert_int_equal(status->links[0].prog_id, status->prog_id);
	sl_status_free(status);
	sl_close(inst);
	inst = applied(filter);
	status = status_of(inst);
	assert_int_equal(status->n_links, 0);
	sl_status_free(status);
	sl_close(inst);
}

static void a_foreign_program_is_named_and_nothing_changes(void **state)
{
	struct bpf_insn pass[] = {
		{ .code = 0xb7, .dst_reg = 0, .imm = XDP_PASS }, { .code = 0x95 },
	};
	int prog = bpf_prog_load(BPF_PROG_TYPE_XDP, "stranger", "GPL", pass, 2, NULL);
	int there = bpf_link_create(prog, (int)if_nametoindex("slub"), BPF_XDP, NULL);
	struct sl_instance *inst = applied(filter);
	struct sl_config *conf = parse(both);
	struct sl_status *status;

	(void)state;
	assert_true(there >= 0);
	assert_int_equal(sl_apply(inst, conf, 7, &x), -EBUSY);
	assert_non_null(strstr(x.text, "slub: program stranger"));
	status = status_of(inst);
	assert_int_equal(status->n_links, 0);
	sl_status_free(status);
	assert_int_equal(sl_running_digest(inst), sl_digest(filter, strlen(filter)));
	sl_close(inst);
	conf_free(conf);
	close(there);
	close(prog);
}

static void a_driver_without_xdp_is_named(void **state)
{
	struct sl_instance *inst = applied(filter);
	struct sl_config *conf = parse(HEAD "interfaces: {lo: {}}\n");

	(void)state;
	assert_int_equal(sl_apply(inst, conf, 7, &x), -EOPNOTSUPP);
	assert_non_null(strstr(x.text, "lo: its driver has no native XDP as the device is set up: use --mode generic"));
	sl_close(inst);
	conf_free(conf);
}

/* Where the last interface finds no place, the others are let go of again. */
static void an_attach_that_fails_is_undone(void **state)
{
	struct sl_instance *inst = applied(filter);
	struct sl_config *conf = parse(HEAD "interfaces: {slua: {}, slu0: {mode: generic}, slu1: {mode: generic}, slu2: {mode: generic}, slu3: {mode: generic}, slu4: {mode: generic}}\n" SETS RULES POOL("1024", "{address: 10.0.0.21}") SERVICE);
	struct sl_status *before = status_of(inst), *after;
	struct sl_plan *plan = NULL;

	(void)state;
	assert_int_equal(sl_apply(inst, conf, 7, &x), -ENOSPC);
	assert_non_null(strstr(x.text, "slu4: too many interfaces"));
	conf_free(conf);
	after = status_of(inst);
	assert_int_equal(after->n_links, 0);
	assert_int_equal(after->features, before->features);
	assert_int_equal(after->serial, before->serial);
	sl_status_free(before);
	sl_status_free(after);
	conf = parse(filter);
	assert_int_equal(sl_plan_make(inst, conf, &plan, &x), 0);
	assert_true(sl_plan_empty(plan));
	sl_plan_free(plan);
	conf_free(conf);
	sl_close(inst);
}

static void a_failed_attach_leaves_modes_and_macs(void **state)
{
	struct sl_config *old = parse(attached), *new = parse(HEAD "interfaces: {slua: {mode: generic, macs: [\"02:00:00:00:00:77\"]}, slu0: {mode: generic}, slu1: {mode: generic}, slu2: {mode: generic}, slu3: {mode: generic}, slu4: {mode: generic}}\n" SETS RULES);
	struct sl_instance *inst = applied(attached);
	struct sl_plan *plan = NULL;
	struct sl_status *status;

	(void)state;
	sl_config_set(inst, old);
	assert_int_equal(sl_apply(inst, new, 7, &x), -ENOSPC);
	status = status_of(inst);
	assert_int_equal(status->n_links, 1);
	assert_int_equal(status->links[0].mode, SL_MODE_NATIVE);
	sl_status_free(status);
	assert_int_equal(sl_plan_make(inst, old, &plan, &x), 0);
	assert_true(sl_plan_empty(plan));
	sl_plan_free(plan);
	conf_free(old);
	conf_free(new);
	sl_close(inst);
}

static void a_device_that_went_does_not_hold_up_changes(void **state)
{
	struct sl_instance *inst = applied(both);
	struct sl_status *status;

	(void)state;
	sl_close(inst);
	assert_int_equal(system("ip link del slub"), 0);
	inst = applied(HEAD "interfaces: {slua: {}, slub: {}}\n");
	status = status_of(inst);
	assert_int_equal(status->n_links, 2);
	assert_int_equal(!status->links[0].ifindex + !status->links[1].ifindex, 1);
	sl_status_free(status);
	sl_close(inst);
	assert_int_equal(system("ip link add slub type veth peer name slud && ip link set slub up"), 0);
	inst = applied(both);
	status = status_of(inst);
	assert_int_equal(!status->links[0].ifindex + !status->links[1].ifindex, 0);
	sl_status_free(status);
	sl_close(inst);
}

static void an_unknown_interface_is_refused(void **state)
{
	struct sl_instance *inst = applied(filter);
	struct sl_config *conf = parse(HEAD "interfaces: {sluno: {}}\n");

	(void)state;
	assert_int_equal(sl_apply(inst, conf, 7, &x), -ENODEV);
	assert_string_equal(x.text, "sluno: no such interface");
	sl_close(inst);
	conf_free(conf);
}

/* ---- next hops -------------------------------------------------------- */

static void a_neighbour_is_resolved_when_the_pool_is_applied(void **state)
{
	static const char text[] = HEAD "interfaces: {slua: {}}\n"
		"pools: {web: {backends: [{address: 10.77.0.2}, {address: 10.77.0.9}, {address: 10.88.0.1}]}}\n" SERVICE;
	struct sl_instance *inst = applied(text);
	struct sl_stats *stats = NULL;

	(void)state;
	assert_int_equal(sl_stats_read(inst, -1, &stats, &x), 0);
	assert_int_equal(stats->n_backends, 3);
	assert_int_equal(stats->backends[0].hop, SL_HOP_OUT);
	assert_int_equal(stats->backends[0].ifindex, if_nametoindex("slua"));
	assert_int_equal(stats->backends[1].hop, SL_HOP_FIB);
	assert_int_equal(stats->backends[2].hop, SL_HOP_FIB);
	sl_stats_free(stats);
	sl_close(inst);
}

/* ---- the lock, and kills ---------------------------------------------- */

static void the_holder_of_the_lock_is_named(void **state)
{
	struct sl_instance *inst = opened(SL_OPEN_CREATE), *second = NULL;
	char pid[32];

	(void)state;
	snprintf(pid, sizeof(pid), "process %d ", (int)getpid());
	assert_int_equal(sl_open(&second, NAME, SL_OPEN_CHANGE, &x), -EBUSY);
	assert_non_null(strstr(x.text, pid));
	sl_close(inst);
}

static void change_for_ever(void)
{
	static const char *const texts[] = { balance, other, attached, generic, both, filter };
	static const struct sl_prefix p = { .addr = { 4, { 203, 0, 113 } }, .length = 24 };
	struct sl_instance *inst = NULL;
	size_t changed;

	for (unsigned i = (unsigned)getpid();; i++) {
		const char *text = texts[i % (sizeof(texts) / sizeof(*texts))];
		struct sl_config *conf = parse(text);

		if (sl_open(&inst, NAME, SL_OPEN_CREATE, &x))
			_exit(1);
		if (sl_apply(inst, conf, sl_digest(text, strlen(text)), &x))
			_exit(2);
		sl_config_set(inst, conf);
		sl_set_add(inst, "bans", &p, 1, 0, &changed, &x);
		sl_set_del(inst, "bans", &p, 1, &changed, &x);
		sl_close(inst);
		conf_free(conf);
	}
}

static void a_kill_at_any_moment_is_repaired(void **state)
{
	uint64_t seed = 1;

	(void)state;
	sl_close(applied(filter));
	for (int i = 0; i < 50; i++) {
		struct timespec moment = { 0 };
		int status = 0;
		pid_t child = fork();

		if (!child)
			change_for_ever();
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		moment.tv_nsec = (long)(seed >> 33) % 400000000;
		nanosleep(&moment, NULL);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		if (!WIFSIGNALED(status))
			fail_msg("the child ended by itself: %d", WEXITSTATUS(status));
		assert_int_equal(verdict("198.51.100.1", "192.0.2.80"), XDP_DROP);
		sl_close(applied(i % 2 ? balance : attached));
		assert_int_equal(verdict("198.51.100.1", "192.0.2.80"), XDP_DROP);
		assert_int_equal(verdict("203.0.114.1", "192.0.2.80"), i % 2 ? XDP_TX : XDP_PASS);
	}
}

/* A namespace of its own, so that links and neighbours are nobody else's. */
static int make_lab(void **state)
{
	purge(state);
	if (unshare(CLONE_NEWNET))
		return -1;
	return system("ip link set lo up && ip netns add slupeer && "
		   "ip link add slua type veth peer name sluc netns slupeer && "
		   "ip link add slub type veth peer name slud && "
		   "for i in 0 1 2 3 4; do ip link add slu$i index $((6432 + i * 64)) type bridge || exit 1; done && "
		   "ip addr add 10.77.0.1/24 dev slua && ip link set slua up && ip link set slub up && "
		   "nsenter --net=/run/netns/slupeer sh -c 'ip addr add 10.77.0.2/24 dev sluc && ip link set sluc up'");
}

static int remove_lab(void **state)
{
	(void)state;
	return system("ip netns del slupeer");
}

#define TEST(name) cmocka_unit_test_teardown(name, purge)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_absent_instance_is_not_there),
		TEST(a_new_instance_runs_nothing),
		TEST(the_same_again_keeps_the_program),
		TEST(purging_leaves_nothing),
		TEST(what_cannot_be_opened_is_purged),
		TEST(features_come_and_go),
		TEST(backends_keep_their_slots_when_others_go),
		TEST(all_rules_may_get_other_names),
		TEST(no_room_beside_what_runs_is_no_fault_of_the_file),
		TEST(a_refused_program_says_what_the_verifier_said),
		TEST(set_edits_are_seen_by_packets),
		TEST(live_elements_survive_an_apply_and_a_files_do_not),
		TEST(maps_grow_with_their_content),
		TEST(limits_name_their_key),
		TEST(a_link_outlives_its_command_and_follows_the_program),
		TEST(a_foreign_program_is_named_and_nothing_changes),
		TEST(a_driver_without_xdp_is_named),
		TEST(an_attach_that_fails_is_undone),
		TEST(a_failed_attach_leaves_modes_and_macs),
		TEST(a_device_that_went_does_not_hold_up_changes),
		TEST(an_unknown_interface_is_refused),
		TEST(a_neighbour_is_resolved_when_the_pool_is_applied),
		TEST(the_holder_of_the_lock_is_named),
		TEST(a_kill_at_any_moment_is_repaired),
	};

	if (geteuid()) {
		puts("ok 1 - instances # SKIP needs root");
		return 0;
	}
	return cmocka_run_group_tests_name("instance", tests, make_lab, remove_lab);
}
