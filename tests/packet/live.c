/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One CPU, its counters where they lie, and prefixes as the library takes them. */
#include <sched.h>
#include <string.h>

#include "tests/packet/harness.h"
#include "tests/packet/live.h"
#include "user/lib/instance.h"

void live_stay(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)sched_getcpu(), &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

const struct sl_counts *live_counts(void)
{
	const struct sl_counts *all;

	rig_reopen();
	all = map_at(&rig_instance()->maps, MAP_COUNTS, 0);
	return &all[sched_getcpu()];
}

struct sl_prefix live_prefix(const struct m_prefix *p)
{
	struct sl_prefix out = { .addr.family = (uint8_t)p->addr.family, .length = (uint8_t)p->length };

	memcpy(out.addr.octet, p->addr.octet, sizeof(out.addr.octet));
	return out;
}
