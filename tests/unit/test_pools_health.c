/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What becomes of a pool's slots when its backends go down and come up again. */
#include <errno.h>
#include <stdlib.h>

#include "tests/unit/pool_lab.h"
#include "user/lib/pools.h"
#include "user/lib/registry.h"

static struct sl_error x;

static void health(struct sl_instance *inst, uint8_t last, bool up)
{
	struct sl_address a = address(last);

	if (sl_backend_health(inst, "web", &a, up, &x))
		fail_msg("%s", x.text);
}

static void down_moves_and_returns_to_exactly_its_slots(void **state)
{
	static const char text[] = WEB("1024", "", B(1) ", " B(2) ", " B(3));
	struct sl_instance *inst = applied(text);
	struct sl_config *conf = parse(text);
	uint32_t *before = copy(inst);
	struct sl_address none = address(9);

	(void)state;
	sl_config_set(inst, conf);
	assert_int_equal(sl_backend_health(inst, "web", &none, false, &x), -ENOENT);
	assert_int_equal(sl_backend_health(inst, "wbe", &none, false, &x), -ENOENT);
	health(inst, 2, false);
	assert_false(names(inst, id_of(inst, 2)));
	assert_int_equal(entry_of(inst, 2)->standing, SL_STANDS_DOWN);
	apply(inst, text);			/* keeps what is known of its health */
	assert_false(names(inst, id_of(inst, 2)));
	health(inst, 2, true);
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(slot_current(slots(inst)[i]), slot_current(before[i]));
	free(before);
	conf_free(conf);
	sl_close(inst);
}

static void on_down_keep_drains(void **state)
{
	static const char text[] = WEB("1024", ", on_down: keep", B(1) ", " B(2));
	struct sl_instance *inst = applied(text);
	struct sl_config *conf = parse(text);

	(void)state;
	sl_config_set(inst, conf);
	health(inst, 2, false);
	assert_true(counted(inst).of[SLOT_CHANGING] > 0);
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(slot_current(slots(inst)[i]), id_of(inst, 1));
	conf_free(conf);
	sl_close(inst);
}

static void below_the_panic_share_health_is_ignored(void **state)
{
	static const char text[] = WEB("1024", ", panic: 50%", B(1) ", " B(2) ", " B(3) ", " B(4));
	struct sl_instance *inst = applied(text);
	struct sl_config *conf = parse(text);
	uint32_t *before = copy(inst);

	(void)state;
	sl_config_set(inst, conf);
	health(inst, 1, false);
	health(inst, 2, false);
	assert_false(names(inst, id_of(inst, 1)));
	health(inst, 3, false);
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(slot_current(slots(inst)[i]), slot_current(before[i]));
	health(inst, 3, true);
	assert_false(names(inst, id_of(inst, 1)));
	free(before);
	conf_free(conf);
	sl_close(inst);
}

static void with_none_up_nobody_gets_anything(void **state)
{
	static const char text[] = WEB("1024", "", B(1) ", " B(2));
	struct sl_instance *inst = applied(text);
	struct sl_config *conf = parse(text);

	(void)state;
	sl_config_set(inst, conf);
	health(inst, 1, false);
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_TX);
	health(inst, 2, false);
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(slot_current(slots(inst)[i]), 0);
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_DROP);
	health(inst, 1, true);
	assert_int_equal(verdict("203.0.113.1", "192.0.2.80"), XDP_TX);
	conf_free(conf);
	sl_close(inst);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(down_moves_and_returns_to_exactly_its_slots),
		TEST(on_down_keep_drains),
		TEST(below_the_panic_share_health_is_ignored),
		TEST(with_none_up_nobody_gets_anything),
	};

	return RUN_IN_LAB("pools: health", tests);
}
