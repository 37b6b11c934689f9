/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What waits for time to pass: read from single maps, for who asks often. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <sluice/scope.h>

#include "elements.h"
#include "records.h"
#include "ticks.h"

enum {
	SETTLE_SHARE = 64,		/* of settle_after: so often slots are looked at */
	SETTLE_MOST_MS = 15 * 1000,	/* but so often at least */
	SETS_AT_ONCE = 1024,
};

/* ---- one map of an instance that is not opened ------------------------------ */

struct glance { void *memory; size_t length; };

static int glance(const char *instance, const char *map, size_t octets, struct glance *out,
		  struct sl_error *x)
{
	char path[PIN_PATH], pinned[SL_NAME_LEN];
	autoclose int fd = -1;

	pin_name(pinned, sizeof(pinned), instance);
	snprintf(path, sizeof(path), PIN_ROOT "/%s/maps/%s", pinned, map);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return sl_fail_errno(x, "%s", path);
	out->memory = mmap(NULL, octets, PROT_READ, MAP_SHARED, fd, 0);
	out->length = octets;
	return out->memory == MAP_FAILED ? sl_fail_errno(x, "map %s", map) : 0;
}

static void look_away(struct glance *g)
{
	munmap(g->memory, g->length);
}

/* ---- elements ------------------------------------------------------------------ */

static uint64_t until(uint64_t when)
{
	uint64_t now = elements_now();

	return when > now ? (when - now + 999999) / 1000000 : 0;
}

static int look_at_elements(const char *instance, uint64_t *ms, struct sl_error *x)
{
	const struct sl_due_head *head;
	const struct sl_due *due;
	struct glance g = { NULL, 0 };
	int err = glance(instance, "due", 2 * sizeof(*due), &g, x);

	if (err || !g.memory)
		return err;
	head = g.memory;
	due = g.memory;
	*ms = head->torn ? 0 : head->n ? until(due[1].expires) : SL_NEVER;
	look_away(&g);
	return 0;
}

/* ---- slots ------------------------------------------------------------------------ */

static bool is_leaving(const struct sl_registry *r)
{
	for (uint32_t id = 1; id < SL_BACKENDS_MAX; id++)
		if (r->backend[id].pool && r->backend[id].standing == SL_STANDS_REMOVED)
			return true;
	return false;
}

/* Units of time from one look to the next; 0: nothing waits. */
static uint32_t settles_every(const struct sl_registry *r)
{
	uint32_t least = UINT32_MAX, most = ticks_from_ms(SETTLE_MOST_MS);

	for (uint32_t i = 0; i < SL_POOLS_MAX; i++)
		if (r->pool[i].name[0] && r->pool[i].since && r->pool[i].after / SETTLE_SHARE < least)
			least = r->pool[i].after / SETTLE_SHARE;
	if (least == UINT32_MAX)
		return is_leaving(r) ? most : 0;
	return least < 1 ? 1 : least < most ? least : most;
}

static int look_at_slots(const char *instance, uint64_t *ms, struct sl_error *x)
{
	const struct sl_registry *r;
	struct glance g = { NULL, 0 };
	uint32_t every, past;
	int err = glance(instance, "registry", sizeof(*r), &g, x);

	if (err || !g.memory)
		return err;
	r = g.memory;
	if (r->abi != SL_ABI) {
		look_away(&g);
		return sl_fail(x, EINVAL, "instance %s: made by another version of sluice", instance);
	}
	every = settles_every(r);
	past = ticks_now() - r->settled;
	*ms = !every ? SL_NEVER : past >= every ? 0 : ticks_to_ms(every - past);
	look_away(&g);
	return 0;
}

int sl_clock_look(const char *instance, struct sl_clock *out, struct sl_error *x)
{
	struct sl_clock c = { 0, 0 };
	int err = look_at_slots(instance, &c.settles, x);

	if (!err)
		err = look_at_elements(instance, &c.expires, x);
	if (!err)
		*out = c;
	return err;
}

/* ---- records ------------------------------------------------------------------------ */

struct age { const struct maps *maps; uint32_t now; };

static bool is_old(void *arg, struct sl_record r)
{
	const struct age *a = arg;

	return !record_is_live(a->maps, r, a->now);
}

static bool is_old_fragment(void *arg, struct sl_record r)
{
	const struct age *a = arg;

	return !sl_record_is_live(r.tag, r.is, a->now, 0);
}

int sl_records_age(struct sl_instance *inst, uint32_t *from, uint64_t most_ms, struct sl_error *x)
{
	struct age age = { &inst->maps, ticks_now() };
	uint64_t end = elements_now() + most_ms * 1000000;

	if (inst->how == SL_OPEN_READ)
		return sl_fail(x, EPERM, "instance %s: opened to look only", inst->name);
	if (inst->repair)	/* packets may write tables that are not these */
		return 0;
	if (!*from)
		records_sweep_fragments(&inst->maps, is_old_fragment, &age);
	do
		*from = records_sweep_some(&inst->maps, *from, SETS_AT_ONCE, is_old, &age);
	while (*from && elements_now() < end);
	return 0;
}
