/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Links of an instance against the real kernel, and its next hops. */
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/lab.h"

static struct sl_error x;

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

/* Nor do they keep a place that others want. */
static void a_failed_attach_lists_no_interface(void **state)
{
	struct sl_instance *inst = applied(filter);
	struct sl_config *conf = parse(HEAD "interfaces: {slu0: {mode: generic}, slu1: {mode: generic}, slu2: {mode: generic}, slu3: {mode: generic}, slu4: {mode: generic}}\n");
	struct sl_stats *stats = NULL;

	(void)state;
	assert_int_equal(sl_apply(inst, conf, 7, &x), -ENOSPC);
	assert_int_equal(sl_stats_read(inst, -1, &stats, &x), 0);
	assert_int_equal(stats->n_interfaces, 0);
	sl_stats_free(stats);
	sl_close(inst);
	conf_free(conf);
	sl_close(applied(HEAD "interfaces: {slu1: {mode: generic}, slu2: {mode: generic}, slu3: {mode: generic}, slu4: {mode: generic}}\n"));
}

static void a_device_that_went_keeps_no_place(void **state)
{
	(void)state;
	sl_close(applied(HEAD "interfaces: {slu0: {mode: generic}, slu1: {mode: generic}, slu2: {mode: generic}, slu3: {mode: generic}}\n"));
	assert_int_equal(system("ip link del slu0"), 0);
	sl_close(applied(HEAD "interfaces: {slu1: {mode: generic}, slu2: {mode: generic}, slu3: {mode: generic}, slu4: {mode: generic}}\n"));
	assert_int_equal(system("ip link add slu0 index 6432 type bridge"), 0);
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
	assert_string_equal(x.text, "sluno: no such interface: expected one that ip link shows");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_link_outlives_its_command_and_follows_the_program),
		TEST(a_foreign_program_is_named_and_nothing_changes),
		TEST(a_driver_without_xdp_is_named),
		TEST(an_attach_that_fails_is_undone),
		TEST(a_failed_attach_lists_no_interface),
		TEST(a_device_that_went_keeps_no_place),
		TEST(a_failed_attach_leaves_modes_and_macs),
		TEST(a_device_that_went_does_not_hold_up_changes),
		TEST(an_unknown_interface_is_refused),
		TEST(a_neighbour_is_resolved_when_the_pool_is_applied),
	};

	return RUN_IN_LAB("instance_links", tests);
}
