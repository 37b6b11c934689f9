/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A change of backends alone sweeps what has expired, as every change does. */
#include <string.h>

#include "tests/unit/lab.h"

#define WEIGHT(w) HEAD SETS RULES POOL("64", "{address: 10.0.0.1}, {address: 10.0.0.2, weight: " w "}") SERVICE

static struct sl_error x;

static void change_backends(struct sl_instance *inst, const char *text)
{
	struct sl_config *conf = parse(text);

	for (size_t i = 0; i < conf->n_sets; i++)
		conf->sets[i].unread = true;
	if (sl_pools_apply(inst, conf, sl_digest(text, strlen(text)), &x))
		fail_msg("%s", x.text);
	conf_free(conf);
}

static void what_expired_goes_with_a_change_of_backends(void **state)
{
	struct sl_prefix brief = prefix("203.0.113.8"), later = prefix("203.0.113.9");
	struct sl_instance *inst = applied(WEIGHT("100"));
	struct sl_config *conf = parse(WEIGHT("100"));
	struct sl_element_info found;
	size_t changed;

	(void)state;
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_add(inst, "bans", &later, 1, 3600000, &changed, &x), 0);
	assert_int_equal(sl_set_add(inst, "bans", &brief, 1, 1, &changed, &x), 0);
	while (sl_set_test(inst, "bans", &brief, &found, &x) == 1)
		;
	assert_int_equal(verdict("203.0.113.8", "192.0.2.80"), XDP_DROP);
	change_backends(inst, WEIGHT("50"));
	assert_int_equal(verdict("203.0.113.8", "192.0.2.80"), XDP_TX);
	assert_int_equal(verdict("203.0.113.9", "192.0.2.80"), XDP_DROP);
	sl_close(inst);
	conf_free(conf);
}

/* Nothing has expired: no bank is turned for it. */
static void a_change_of_backends_takes_no_turn(void **state)
{
	struct sl_instance *inst = applied(WEIGHT("100"));
	struct sl_config *conf = parse(WEIGHT("100"));
	struct sl_prefix later = prefix("203.0.113.9");
	uint32_t serial;
	size_t changed;

	(void)state;
	sl_config_set(inst, conf);
	assert_int_equal(sl_set_add(inst, "bans", &later, 1, 3600000, &changed, &x), 0);
	serial = sl_running_serial(inst);
	change_backends(inst, WEIGHT("50"));
	assert_int_equal(sl_running_serial(inst), serial);
	assert_int_equal(verdict("203.0.113.9", "192.0.2.80"), XDP_DROP);
	sl_close(inst);
	conf_free(conf);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(what_expired_goes_with_a_change_of_backends),
		TEST(a_change_of_backends_takes_no_turn),
	};

	return RUN_IN_LAB("pools and what expires", tests);
}
