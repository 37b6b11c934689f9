/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records of flows, told by name. */
#include <string.h>

#include "instance.h"
#include "records.h"
#include "registry.h"
#include "ticks.h"

struct teller {
	const struct sl_instance *inst;
	uint32_t now;
	int (*each)(void *arg, const struct sl_flow *flow);
	void *arg;
	bool stopped;
};

static bool name_flow(const struct sl_registry *r, struct sl_record record, struct sl_flow *flow)
{
	uint32_t pool = SL_RECORD_POOL(record.is), id = SL_RECORD_BACKEND(record.is);
	const struct sl_registry_backend *backend = &r->backend[id % SL_BACKENDS_MAX];

	if (id >= SL_BACKENDS_MAX || backend->pool != pool + 1 || !r->pool[pool].name[0])
		return false;
	memcpy(flow->pool, r->pool[pool].name, sizeof(flow->pool));
	flow->backend.family = backend->family;
	memcpy(flow->backend.octet, backend->addr, sizeof(flow->backend.octet));
	return true;
}

/* Drops none. */
static bool tell(void *arg, struct sl_record record)
{
	struct teller *t = arg;
	struct sl_flow flow = { .confirmed = record.tag & 1 };

	if (t->stopped || !record_is_live(&t->inst->maps, record, t->now) ||
	    !name_flow(registry(t->inst), record, &flow))
		return false;
	flow.age_ms = ticks_to_ms(sl_record_age(record.is, t->now));
	t->stopped = t->each(t->arg, &flow) != 0;
	return false;
}

void sl_flows_list(struct sl_instance *inst, int (*each)(void *arg, const struct sl_flow *flow),
		   void *arg)
{
	struct teller t = { .inst = inst, .now = ticks_now(), .each = each, .arg = arg };

	records_sweep(&inst->maps, tell, &t);
}
