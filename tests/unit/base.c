/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A configuration for unit tests to start from. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/base.h"
#include "user/lib/image.h"

struct base base;

static const uint16_t rule_counter[] = { 9 }, service_id[] = { 5, 6 };
static const uint16_t backend_id[2][2] = { { 1, 40 }, { 3, 2 } };
static const struct compile_set elements = { &base.office, 1, false };
static const struct compile_pool pools[2] = {
	{ 0x4000, 7, backend_id[0], base.hop[0] },
	{ 0, 8, backend_id[1], base.hop[1] },
};

const struct compile_input base_input = {
	.conf = &base.conf, .digest = 77, .sets = &elements,
	.rule_counter = rule_counter, .service_id = service_id,
	.pools = pools, .slots = 1 << 15,
};

struct sl_address v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct sl_address){ 4, { a, b, c, d } };
}

struct sl_address v6(uint8_t last)
{
	struct sl_address a = { 6, { 0x20, 0x01, 0x0d, 0xb8 } };

	a.octet[15] = last;
	return a;
}

int base_setup(void **state)
{
	(void)state;
	base = (struct base){
		.conf = {
			.sets = &base.set, .n_sets = 1,
			.limits = { .classes = 65535, .frontends = 16384 },
		},
		.set = { .name = "office", .kind = SL_SET_PREFIXES },
		.office = { v4(198, 51, 100, 10), 32 },
		.trusted = { v4(10, 0, 0, 100), 32 },
		.rule = { .name = "r0", .action = SL_DO_DROP },
		.item = { .set = "office" },
		.range = { false, 22, 22 },
		.flags = { false, 2, 2 },
	};
	return 0;
}

void base_rule(void)
{
	base.conf.filter.rules = &base.rule;
	base.conf.filter.n_rules = 1;
}

void base_balance(void)
{
	for (int i = 0; i < 2; i++) {
		struct sl_backend_conf *b = base.backend[i];

		b[i].addr = v4(10, 0, (uint8_t)i, 21);
		b[!i].addr = v6((uint8_t)(0x20 + i));
		base.pool[i] = (struct sl_pool_conf){
			.slots = 16384u >> i, .backends = b, .n_backends = 2,
		};
	}
	strcpy(base.pool[0].name, "web");
	strcpy(base.pool[1].name, "dns");
	base.pool[1].hash = SL_HASH_SOURCE;
	base.address[0] = v4(192, 0, 2, 80);
	base.address[1] = v6(0x80);
	base.address[2] = v4(192, 0, 2, 53);
	base.port[0] = (struct sl_ports){ IPPROTO_TCP, 8000, 8010 };
	base.port[1] = (struct sl_ports){ IPPROTO_UDP, 53, 53 };
	base.service[0] = (struct sl_service_conf){
		"www", "web", base.address, 2, base.port, 1,
	};
	base.service[1] = (struct sl_service_conf){
		"names", "dns", base.address + 1, 2, base.port + 1, 1,
	};
	base.conf.pools = base.pool;
	base.conf.services = base.service;
	base.conf.n_pools = base.conf.n_services = 2;
}

struct compiled *base_compiled(void)
{
	struct sl_error x = { "" };
	struct compiled *c = NULL;

	if (compile_bank(&base_input, &c, &x))
		fail_msg("%s", x.text);
	return c;
}

const struct sl_class *base_class(const struct compiled *c, struct sl_address a)
{
	return &c->classes[image_lookup(c->image, c->image_words, &a)];
}
