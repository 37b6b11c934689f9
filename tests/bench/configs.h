/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The configurations under measurement, as YAML. None attaches anywhere. */
#ifndef BENCH_CONFIGS_H
#define BENCH_CONFIGS_H

#include <stdio.h>

enum config {
	CONFIG_EMPTY,
	CONFIG_SERVICES,
	CONFIG_SET,
	CONFIG_PASS,
	CONFIG_LIMIT,
	CONFIG_MILLION4, /* the sources of BENCH_FLOWS4: /32 */
	CONFIG_MILLION6, /* of BENCH_FLOWS6: /128 */
	CONFIG_LISTED4, /* of BENCH_LISTED4: /8 to /32 */
	CONFIG_LISTED6, /* of BENCH_LISTED6: /32 to /128 */
	CONFIG_RULES_1,
	CONFIG_RULES_64,
	CONFIG_RULES_256,
	CONFIG_IPIP,
	CONFIG_IP6IP6,
	CONFIG_4IN6,
	CONFIG_6IN4,
	CONFIG_GUE,
	CONFIG_GUE6,
	CONFIG_DECAP,
	CONFIG_CHANGING, /* CONFIG_IPIP; each slot has another previous owner */
	CONFIG_QUIC,     /* server ids of two octets */
	CONFIG_MANY,     /* BENCH_MANY services, each with a pool of its own */
	CONFIGS
};

enum {
	CONFIG_BACKENDS = 8
}; /* of each pool: 10.1.0.1 to .8, 2001:db8:b::1 to ::8 */

#define VIP4      "192.0.2.80"
#define VIP6      "2001:db8::80"
#define TUNNEL4   "10.0.0.2" /* decap addresses, and who may send to them */
#define TUNNEL6   "2001:db8:d::2"
#define BALANCER4 "10.0.0.100"
#define BALANCER6 "2001:db8:d::100"

void config_write(enum config config, FILE *yaml);

#endif
