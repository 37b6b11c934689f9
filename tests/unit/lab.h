/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For tests of an instance against the real kernel: configurations, packets,
 * and a network namespace. Whatever goes wrong in here fails the test.
 */
#ifndef TESTS_UNIT_LAB_H
#define TESTS_UNIT_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "user/conf/conf.h"
#include "user/lib/instance.h"

/* Of this process alone: others may be testing too. Set by make_lab. */
extern char lab_name[32], lab_pins[64], lab_run[64];
#define NAME lab_name
#define PINS lab_pins

#define HEAD "sluice: 1\nseed: one\n"
#define SETS "sets: {bans: {}, office: {prefixes: [198.51.100.0/24]}}\n"
#define RULES "filter: {rules: [{name: r1, from: bans, action: drop}, {name: r2, from: office, action: drop}]}\n"
#define POOL(slots, backends) "pools: {web: {slots: " slots ", next_hop: \"02:00:00:00:00:aa\", backends: [" backends "]}}\n"
#define SERVICE "services: {www: {addresses: [192.0.2.80], udp: [80], pool: web}}\n"

extern const char filter[];	/* bans is empty, office is dropped */
extern const char balance[];	/* and a service with two backends */
extern const char other[];	/* of which one is another, in more slots */
extern const char attached[];	/* as filter, on slua */
extern const char generic[];	/* in the other mode */
extern const char both[];	/* on slua and slub */

struct sl_config *parse(const char *text);
struct sl_instance *opened(enum sl_open how);
struct sl_instance *applied(const char *text);	/* nothing is left to do */
struct sl_status *status_of(struct sl_instance *inst);
struct sl_prefix prefix(const char *text);

int verdict(const char *from, const char *to);	/* XDP_*, on UDP to port 80; both IPv4 or both IPv6 */
int flood(const char *from, const char *to, unsigned packets);	/* of the last one */

int purge(void **state);	/* as a cmocka teardown */
int make_lab(void **state);
int remove_lab(void **state);
bool lab_is_denied(void);	/* the tests are skipped, and it is said */

#define TEST(name) cmocka_unit_test_teardown(name, purge)
#define RUN_IN_LAB(name, tests) \
	(lab_is_denied() ? 0 : cmocka_run_group_tests_name(name, tests, make_lab, remove_lab))

#endif
