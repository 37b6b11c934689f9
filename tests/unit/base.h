/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A configuration for unit tests to start from and to change: base_setup()
 * puts it back, base_balance() adds two pools and two services.
 */
#ifndef TESTS_UNIT_BASE_H
#define TESTS_UNIT_BASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "user/lib/compile.h"

/* Everything that `conf` may point to. */
extern struct base {
	struct sl_config conf;
	struct sl_set_conf set;		/* "office": 198.51.100.10 */
	struct sl_prefix office, trusted;
	struct sl_rule_conf rule;	/* drops all */
	struct sl_address_item item;	/* the set */
	struct sl_range range;		/* 22 */
	struct sl_flags flags;		/* syn */
	struct sl_backend_conf backend[2][2];
	struct sl_pool_conf pool[2];
	struct hop hop[2][2];
	struct sl_address address[3];
	struct sl_ports port[2];
	struct sl_service_conf service[2];
} base;

extern const struct compile_input base_input;	/* of base.conf */

int base_setup(void **state);		/* as a cmocka setup */
void base_rule(void);			/* the rule is used */

/* Pools web (ids 1: IPv4, 40: IPv6) and dns (3: IPv6, 2: IPv4), and services
 * www on address 0 and 1, TCP 8000-8010, names on 1 and 2, UDP 53. */
void base_balance(void);

struct compiled *base_compiled(void);	/* or the test fails */
const struct sl_class *base_class(const struct compiled *c, struct sl_address a);

struct sl_address v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
struct sl_address v6(uint8_t last);	/* 2001:db8::last */

#define TEST(name) cmocka_unit_test_setup(name, base_setup)

#endif
