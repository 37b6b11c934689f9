/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One pool on the real kernel, and its past. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/pool_lab.h"
#include "user/lib/registry.h"
#include "user/lib/ticks.h"

static struct sl_error x;

void apply_by(struct sl_instance *inst, const char *text, pool_apply *how)
{
	struct sl_config *conf = parse(text);
	struct sl_plan *plan = NULL;

	if (how(inst, conf, sl_digest(text, strlen(text)), &x) || sl_plan_make(inst, conf, &plan, &x))
		fail_msg("%s", x.text);
	assert_true(sl_plan_empty(plan));
	assert_int_equal(sl_running_digest(inst), sl_digest(text, strlen(text)));
	sl_plan_free(plan);
	conf_free(conf);
}

void apply(struct sl_instance *inst, const char *text)
{
	apply_by(inst, text, sl_apply);
}

struct sl_registry_pool *web(const struct sl_instance *inst)
{
	int at = registry_pool(registry(inst), "web");

	assert_true(at >= 0);
	return &registry(inst)->pool[at];
}

uint32_t *slots(const struct sl_instance *inst)
{
	return (uint32_t *)map_at(&inst->maps, MAP_SLOTS, 0) + web(inst)->slot_base;
}

struct sl_address address(uint8_t last)
{
	return (struct sl_address){ 4, { 10, 0, 0, last } };
}

uint16_t id_of(const struct sl_instance *inst, uint8_t last)
{
	struct sl_address a = address(last);
	int id = registry_backend(registry(inst), registry_pool(registry(inst), "web"), &a);

	return (uint16_t)(id < 0 ? 0 : id);
}

const struct sl_registry_backend *entry_of(const struct sl_instance *inst, uint8_t last)
{
	return &registry(inst)->backend[id_of(inst, last)];
}

struct slot_counts counted(const struct sl_instance *inst)
{
	struct slot_counts n = { { 0 } };

	slots_count(slots(inst), web(inst)->slots, &n);
	return n;
}

bool names(const struct sl_instance *inst, uint16_t id)
{
	for (uint32_t i = 0; i < web(inst)->slots; i++)
		if (slot_current(slots(inst)[i]) == id || slot_previous(slots(inst)[i]) == id)
			return true;
	return false;
}

uint32_t *copy(const struct sl_instance *inst)
{
	size_t size = web(inst)->slots * sizeof(uint32_t);
	uint32_t *out = malloc(size);

	assert_non_null(out);
	memcpy(out, slots(inst), size);
	return out;
}

struct sl_settled settled(struct sl_instance *inst)
{
	struct sl_settled done = { 0 };

	if (sl_pool_settle(inst, "web", &done, &x))
		fail_msg("%s", x.text);
	return done;
}

void let_time_pass(const struct sl_instance *inst, uint32_t units)
{
	uint32_t *followed = map_at(&inst->maps, MAP_FOLLOWED, 0);
	struct sl_pool *pool = map_at(&inst->maps, MAP_POOLS, 0);

	web(inst)->changed -= units;
	for (size_t i = 0; i < inst->maps.map[MAP_FOLLOWED].stride / sizeof(*followed); i++)
		followed[i] -= units;
	for (int i = 0; i < SL_POOLS_MAX; i++)
		pool[i].udp_until -= units;
}

struct sl_record *record(const struct sl_instance *inst, uint32_t slot, uint16_t backend,
				uint32_t age)
{
	static uint32_t next;
	struct sl_records *set = map_at(&inst->maps, MAP_RECORDS, 0);
	struct sl_record *r = &set[next % 64].way[next / 64 % SL_RECORD_WAYS];
	uint32_t hash = (uint32_t)((uint64_t)slot << 32 >> __builtin_ctz(web(inst)->slots));
	int pool = registry_pool(registry(inst), "web");

	r->tag = (uint64_t)++next << 32 | 1;
	r->is = SL_RECORD(backend, pool, hash, ticks_now() - age) ^ SL_RECORD_VEIL(r->tag);
	return r;
}
