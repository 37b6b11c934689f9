/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes the tables of a running instance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/packet/generations.h"
#include "tests/packet/harness.h"
#include "user/lib/instance.h"
#include "user/lib/program.h"

enum { LASTS = 900 };

static struct maps *maps(void)
{
	return &rig_instance()->maps;
}

static uint32_t bank(void)
{
	return active(rig_instance());
}

static uint32_t items(enum map_id id, size_t size)
{
	return (uint32_t)(maps()->map[id].stride / size);
}

/* ---- the program ---------------------------------------------------------------- */

/* With a table of records as large as it is, whoever made it. */
void generations_apply(const char *config, uint64_t features)
{
	struct sl_knobs knobs;
	struct sl_error x;
	int prog;

	rig_apply_again(config);
	knobs = rig_instance()->knobs;
	knobs.features |= features;
	prog = program_load(maps(), &knobs, &x);
	if (prog < 0)
		fail_msg("%s", x.text);
	rig_use(prog);
	generations_pool()->lasts = generations_pool()->longest = LASTS;
	generations_pool()->udp_until = 0;
	generations_forget();
}

/* ---- slots ------------------------------------------------------------------------ */

struct sl_backend *generations_backend(uint32_t id)
{
	return (struct sl_backend *)map_at(maps(), MAP_BACKENDS, bank()) + id;
}

uint32_t generations_id(uint8_t last)
{
	const struct sl_registry_backend *b = registry(rig_instance())->backend;

	for (uint32_t id = 1; id < SL_BACKENDS_MAX; id++)
		if (b[id].pool == 1 && b[id].family == 4 && b[id].addr[3] == last)
			return id;
	fail_msg("no backend ends in %u", last);
	return 0;
}

struct sl_pool *generations_pool(void)
{
	return map_at(maps(), MAP_POOLS, 0);
}

uint32_t *generations_followed(uint32_t id)
{
	return (uint32_t *)map_at(maps(), MAP_FOLLOWED, 0) + id;
}

void generations_slots(uint32_t current, uint32_t previous)
{
	const struct sl_registry_pool *pool = registry(rig_instance())->pool;
	uint32_t *slot = (uint32_t *)map_at(maps(), MAP_SLOTS, 0) + pool->slot_base;

	for (uint32_t i = 0; i < pool->slots; i++)
		slot[i] = SL_SLOT(current, previous);
}

void generations_frontend_flags(uint8_t flags)
{
	struct sl_frontend *f = map_at(maps(), MAP_FRONTENDS, bank());

	for (uint32_t i = 0; i < items(MAP_FRONTENDS, sizeof(*f)); i++)
		if (f[i].key)
			f[i].flags = flags;
}

/* Whoever follows a previous owner notes the time. */
uint32_t generations_now(void)
{
	uint32_t id = generations_id(21), now;
	struct frame in, out;

	generations_slots(generations_id(22), id);
	frame_build(&in, PACKET(ETH(), IP4(.dst = "203.0.113.10"), TCP(.sport = 9, .flags = ACK)), NULL);
	*generations_followed(id) = 0;
	assert_int_equal(rig_run(&in, &out), XDP_TX);
	now = *generations_followed(id);
	assert_int_not_equal(now, 0);
	return now;
}

/* ---- records ---------------------------------------------------------------------- */

static struct sl_record *all_records(uint32_t *n)
{
	*n = items(MAP_RECORDS, sizeof(struct sl_record));
	return map_at(maps(), MAP_RECORDS, 0);
}

void generations_forget(void)
{
	uint32_t n;
	struct sl_record *r = all_records(&n);

	memset(r, 0, n * sizeof(*r));
}

void generations_crowd(bool confirmed, uint32_t age)
{
	uint32_t n, now = generations_now();
	struct sl_record *r = all_records(&n);

	for (uint32_t i = 0; i < n; i++)
		r[i] = (struct sl_record){ (i + 1000ull) << 1 | confirmed,
					   SL_RECORD(generations_id(21), 0, 0u, now - age) };
}

struct sl_record *generations_record(void)
{
	uint32_t n;
	struct sl_record *r = all_records(&n), *found = NULL;

	for (uint32_t i = 0; i < n; i++) {
		if (!r[i].tag)
			continue;
		assert_null(found);
		found = &r[i];
	}
	return found;
}

void generations_age(struct sl_record *r, uint32_t units)
{
	r->is -= (uint64_t)units << 48;
}
