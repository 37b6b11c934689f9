/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Next hops follow the world: routes, neighbours, carrier, MTU.
 *
 *	hop0 --- far0, in another namespace		10.81.0.1/24, the far one .2
 *	hop1 --- far1, the same				10.82.0.1/24
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/lab.h"
#include "user/lib/path.h"

static const char web[] = HEAD "interfaces: {slua: {}}\n"
	"pools: {web: {slots: 64, backends: [{address: 10.81.0.2}, {address: 10.99.0.9}]}}\n" SERVICE;

static struct sl_error x;

static void sh(const char *command)
{
	if (system(command))
		fail_msg("%s", command);
}

static const struct sl_backend *entry(const struct sl_instance *inst, uint32_t id)
{
	return (struct sl_backend *)map_at(&inst->maps, MAP_BACKENDS, active(inst)) + id;
}

/* Of the backend with this last octet. */
static const struct sl_backend *to(const struct sl_instance *inst, uint8_t last)
{
	for (uint32_t id = 1; id < 16; id++)
		if (entry(inst, id)->family && (uint8_t)(ntohl(entry(inst, id)->dst[3])) == last)
			return entry(inst, id);
	fail_msg("no backend .%u", last);
	return NULL;
}

static struct sl_hops refreshed(struct sl_instance *inst)
{
	struct sl_hops h;

	if (sl_hops_refresh(inst, NULL, &h, &x))
		fail_msg("%s", x.text);
	free(h.neighbour);
	return h;
}

static struct sl_instance *begin(const char *text, struct sl_config **conf)
{
	struct sl_instance *inst;

	sh("ip link add hop0 type veth peer name far0 netns $PEER; ip link add hop1 type veth peer name far1 netns $PEER");
	sh("ip addr add 10.81.0.1/24 dev hop0; ip addr add 10.82.0.1/24 dev hop1; ip link set hop0 up; ip link set hop1 up");
	sh("nsenter --net=/run/netns/$PEER sh -c 'ip link set far0 address 02:00:00:00:81:02; ip link set far1 address 02:00:00:00:82:02;"
	   "ip addr add 10.81.0.2/24 dev far0; ip addr add 10.82.0.2/24 dev far1; ip link set far0 up; ip link set far1 up'");
	sh("ip route add 10.99.0.9 via 10.81.0.2");
	inst = applied(text);
	*conf = parse(text);
	sl_config_set(inst, *conf);
	return inst;
}

static int end(void **state)
{
	sh("ip link del hop0; ip link del hop1 2>/dev/null; ip link del far0 2>/dev/null; true");
	return purge(state);
}

static void finish(struct sl_instance *inst, struct sl_config *conf)
{
	sl_close(inst);
	conf_free(conf);
}

static void assert_mac(const struct sl_backend *b, uint8_t net)
{
	const uint8_t mac[] = { 2, 0, 0, 0, net, 2 };

	assert_memory_equal(b->dst_mac, mac, 6);
}

static void what_is_the_same_is_not_stored(void **state)
{
	struct sl_config *conf;
	struct sl_instance *inst = begin(web, &conf);
	uint32_t was = serial(inst);
	struct sl_hops h = refreshed(inst);

	(void)state;
	assert_int_equal(h.changed + h.unreached + h.waiting + h.beyond, 0);
	assert_int_equal(h.n, 2);
	assert_int_equal(serial(inst), was);
	assert_int_equal(to(inst, 9)->hop, SL_HOP_OUT);
	assert_mac(to(inst, 9), 0x81);
	finish(inst, conf);
}

static void a_route_over_another_device_is_followed_by_a_turn(void **state)
{
	struct sl_config *conf;
	struct sl_instance *inst = begin(web, &conf);
	uint32_t bank = active(inst);
	struct sl_hops h;

	(void)state;
	sh("ip neigh replace 10.82.0.2 lladdr 02:00:00:00:82:02 dev hop1 nud reachable");
	sh("ip route replace 10.99.0.9 via 10.82.0.2");
	h = refreshed(inst);
	assert_int_equal(h.changed, 1);
	assert_int_not_equal(active(inst), bank);
	assert_int_equal(to(inst, 9)->ifindex, if_nametoindex("hop1"));
	assert_mac(to(inst, 9), 0x82);
	assert_mac(to(inst, 2), 0x81);
	assert_int_equal(refreshed(inst).changed, 0);
	finish(inst, conf);
}

/* One store: the bank stays. */
static void a_neighbours_new_mac_and_a_new_mtu_are_stored_in_place(void **state)
{
	struct sl_config *conf;
	struct sl_instance *inst = begin(web, &conf);
	uint32_t was = serial(inst);

	(void)state;
	sh("ip neigh replace 10.81.0.2 lladdr 02:00:00:00:83:02 dev hop0 nud permanent");
	assert_int_equal(refreshed(inst).changed, 2);
	assert_mac(to(inst, 2), 0x83);
	assert_mac(to(inst, 9), 0x83);
	sh("ip link set hop0 mtu 1300");
	assert_int_equal(refreshed(inst).changed, 2);
	assert_int_equal(to(inst, 9)->mtu, 1300);
	assert_int_equal(serial(inst), was);
	finish(inst, conf);
}

/* Until the new one is known the old one stands. */
static void a_new_neighbour_is_waited_for(void **state)
{
	struct sl_config *conf;
	struct sl_instance *inst = begin(web, &conf);
	struct sl_hops h;

	(void)state;
	sh("ip route replace 10.99.0.9 via 10.82.0.2");
	h = refreshed(inst);
	assert_int_equal(h.waiting, 1);
	assert_int_equal(h.changed, 0);
	assert_mac(to(inst, 9), 0x81);
	assert_int_equal(sl_hops_hold(inst, &x), 0);
	do
		h = refreshed(inst);
	while (h.waiting);
	assert_mac(to(inst, 9), 0x82);
	finish(inst, conf);
}

static void a_dead_neighbour_leaves_its_mac_where_it_is(void **state)
{
	struct sl_config *conf;
	struct sl_instance *inst = begin(web, &conf);

	(void)state;
	sh("ip neigh replace 10.81.0.2 dev hop0 nud failed 2>/dev/null || ip neigh del 10.81.0.2 dev hop0");
	assert_int_equal(refreshed(inst).changed, 0);
	assert_mac(to(inst, 9), 0x81);
	finish(inst, conf);
}

static void without_a_route_nothing_is_sent_and_with_one_it_is_again(void **state)
{
	struct sl_config *conf;
	struct sl_instance *inst = begin(web, &conf);
	struct sl_hops h;

	(void)state;
	sh("ip route del 10.99.0.9");
	h = refreshed(inst);
	assert_int_equal(h.unreached, 1);
	assert_int_equal(h.changed, 1);
	assert_int_equal(to(inst, 9)->hop, SL_HOP_NONE);
	sh("ip route add 10.99.0.9 via 10.81.0.2");
	h = refreshed(inst);
	assert_int_equal(h.unreached, 0);
	assert_int_equal(to(inst, 9)->hop, SL_HOP_OUT);
	assert_mac(to(inst, 9), 0x81);
	finish(inst, conf);
}

static void a_device_without_carrier_is_no_way(void **state)
{
	struct sl_config *conf;
	struct sl_instance *inst = begin(web, &conf);

	(void)state;
	sh("nsenter --net=/run/netns/$PEER ip link set far0 down");
	while (refreshed(inst).unreached != 2)
		;
	assert_int_equal(to(inst, 2)->hop, SL_HOP_NONE);
	sh("nsenter --net=/run/netns/$PEER ip link set far0 up");
	while (refreshed(inst).unreached)
		assert_int_equal(sl_hops_hold(inst, &x), 0);
	while (to(inst, 2)->hop != SL_HOP_OUT) {
		assert_int_equal(sl_hops_hold(inst, &x), 0);
		refreshed(inst);
	}
	finish(inst, conf);
}

/* Sets, rules and services are as before in the other bank. */
static void a_turn_takes_all_with_it(void **state)
{
	static const char more[] = HEAD "interfaces: {slua: {}}\n" SETS RULES
		"pools: {web: {slots: 64, backends: [{address: 10.81.0.2}, {address: 10.99.0.9}]}}\n" SERVICE;
	struct sl_config *conf;
	struct sl_instance *inst = begin(more, &conf);
	struct sl_prefix p[] = { prefix("203.0.113.7"), prefix("2001:db8::/64") };
	struct sl_plan *plan = NULL;
	struct sl_verify v;
	size_t changed;

	(void)state;
	assert_int_equal(sl_set_add(inst, "bans", p, 2, 0, &changed, &x), 0);
	sh("ip neigh replace 10.82.0.2 lladdr 02:00:00:00:82:02 dev hop1 nud permanent");
	sh("ip route replace 10.99.0.9 via 10.82.0.2");
	assert_int_equal(refreshed(inst).changed, 1);
	assert_int_equal(verdict("203.0.113.7", "192.0.2.80"), XDP_DROP);
	assert_int_equal(verdict("198.51.100.7", "192.0.2.80"), XDP_DROP);
	assert_int_equal(verdict("203.0.113.8", "192.0.2.80"), XDP_REDIRECT);
	assert_int_equal(sl_set_verify(inst, &v, &x), 0);
	assert_int_equal(v.elements, 3);
	assert_int_equal(v.wrong + v.wrong_rows, 0);
	sl_close(inst);		/* what a command knows of next hops is as old as it is */
	inst = opened(SL_OPEN_CHANGE);
	assert_int_equal(sl_plan_make(inst, conf, &plan, &x), 0);
	assert_true(sl_plan_empty(plan));
	sl_plan_free(plan);
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_add(inst, "bans", &p[1], 1, 0, &changed, &x), 0);
	assert_int_equal(changed, 0);
	finish(inst, conf);
}

/* Whoever plans waits for it once, and then not long. */
static void a_dead_neighbour_does_not_hold_up_the_next_command(void **state)
{
	static const char dead[] = HEAD "interfaces: {slua: {}}\n"
		"pools: {web: {slots: 64, backends: [{address: 10.81.0.77}]}}\n" SERVICE;
	struct sl_config *conf;
	struct sl_instance *inst = begin(dead, &conf);
	struct sl_plan *plan = NULL;

	(void)state;
	assert_int_equal(path_at(inst->hops, 0)->patience_ms, 0);	/* the plan after it */
	sl_close(inst);
	inst = opened(SL_OPEN_CHANGE);
	assert_int_equal(sl_plan_make(inst, conf, &plan, &x), 0);
	assert_int_equal(path_at(inst->hops, 0)->patience_ms, 100);
	sl_plan_free(plan);
	finish(inst, conf);
}

/* Nobody has answered yet: the program that runs cannot send by another device. */
static void what_takes_another_program_is_told(void **state)
{
	static const char one[] = HEAD "interfaces: {slua: {}}\n"
		"pools: {web: {slots: 64, backends: [{address: 10.81.0.55}]}}\n" SERVICE;
	struct sl_config *conf;
	struct sl_instance *inst = begin(one, &conf);
	struct sl_hops h;

	(void)state;
	assert_int_equal(to(inst, 55)->hop, SL_HOP_FIB);
	assert_int_equal(refreshed(inst).changed, 0);
	sh("ip neigh replace 10.81.0.55 lladdr 02:00:00:00:81:55 dev hop0 nud permanent");
	h = refreshed(inst);
	assert_int_equal(h.beyond, 1);
	assert_int_equal(h.changed, 0);
	assert_int_equal(to(inst, 55)->hop, SL_HOP_FIB);
	finish(inst, conf);
	inst = applied(one);
	assert_int_equal(to(inst, 55)->hop, SL_HOP_OUT);
	sl_close(inst);
}

static bool shell_says(const char *command)
{
	return !system(command);
}

static void neighbours_in_use_are_held_and_others_let_go(void **state)
{
	static const char one[] = HEAD "interfaces: {slua: {}}\n"
		"pools: {web: {slots: 64, backends: [{address: 10.82.0.2}]}}\n" SERVICE;
	struct sl_config *conf;
	struct sl_instance *inst = begin(web, &conf);

	(void)state;
	assert_true(shell_says("ip neigh show 10.81.0.2 dev hop0 | grep -q managed"));
	assert_false(shell_says("ip neigh show 10.82.0.2 dev hop1 | grep -q managed"));
	finish(inst, conf);
	finish(applied(one), parse(one));
	assert_true(shell_says("ip neigh show 10.82.0.2 dev hop1 | grep -q managed"));
	assert_false(shell_says("ip neigh show 10.81.0.2 dev hop0 | grep -q managed"));
}

static void a_permanent_neighbour_stays_permanent(void **state)
{
	struct sl_config *conf;
	struct sl_instance *inst;

	(void)state;
	inst = begin(web, &conf);
	sh("ip neigh replace 10.81.0.2 lladdr 02:00:00:00:84:02 dev hop0 nud permanent");
	assert_int_equal(sl_hops_hold(inst, &x), 0);
	assert_true(shell_says("ip neigh show 10.81.0.2 dev hop0 | grep -q PERMANENT"));
	assert_int_equal(refreshed(inst).changed, 2);
	finish(inst, conf);
}

static void ways_are_looked_up_some_at_a_time(void **state)
{
	struct sl_config *conf = parse(HEAD "interfaces: {slua: {}}\npools: {web: {slots: 64, backends: ["
		"{address: 10.81.0.2}, {address: 10.81.0.3}, {address: 10.81.0.4}, {address: 10.81.0.5}, "
		"{address: 10.81.0.6}, {address: 10.81.0.7}, {address: 10.81.0.8}, {address: 10.81.0.9}, "
		"{address: 10.81.0.10}]}, other: {slots: 64, backends: [{address: 10.81.0.2}]}}\n" SERVICE);
	struct sl_ways *ways = sl_ways_new();

	(void)state;
	assert_false(sl_ways_look(ways, conf, 0));
	assert_false(sl_ways_look(ways, conf, 0));
	assert_true(sl_ways_look(ways, conf, 0));
	assert_true(sl_ways_look(ways, conf, 0));
	sl_ways_free(ways);
	conf_free(conf);
}

static void the_lock_is_not_held_to_look_at_them(void **state)
{
	struct sl_config *conf;
	struct sl_instance *inst = begin(web, &conf);
	struct sl_ways *ways = sl_ways_new();
	struct sl_hops h;

	(void)state;
	assert_true(sl_ways_look(ways, conf, 1000));
	sh("ip route del 10.99.0.9");
	assert_int_equal(sl_hops_refresh(inst, ways, &h, &x), 0);
	assert_int_equal(h.unreached, 0);
	free(h.neighbour);
	assert_int_equal(refreshed(inst).unreached, 1);
	sl_ways_free(ways);
	finish(inst, conf);
}

#define HOPS(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOPS(what_is_the_same_is_not_stored),
		HOPS(a_route_over_another_device_is_followed_by_a_turn),
		HOPS(a_neighbours_new_mac_and_a_new_mtu_are_stored_in_place),
		HOPS(a_new_neighbour_is_waited_for),
		HOPS(a_dead_neighbour_leaves_its_mac_where_it_is),
		HOPS(without_a_route_nothing_is_sent_and_with_one_it_is_again),
		HOPS(a_device_without_carrier_is_no_way),
		HOPS(a_turn_takes_all_with_it),
		HOPS(a_dead_neighbour_does_not_hold_up_the_next_command),
		HOPS(what_takes_another_program_is_told),
		HOPS(neighbours_in_use_are_held_and_others_let_go),
		HOPS(a_permanent_neighbour_stays_permanent),
		HOPS(ways_are_looked_up_some_at_a_time),
		HOPS(the_lock_is_not_held_to_look_at_them),
	};

	return RUN_IN_LAB("instance_hops", tests);
}
