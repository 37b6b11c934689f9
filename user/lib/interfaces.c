/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The `interfaces` map: which MACs are an interface's own. */
#include <errno.h>
#include <string.h>

#include "device.h"
#include "interfaces.h"
#include "counts.h"

/* A search ends at a free entry, so what goes leaves something behind. */
enum { GONE = -1 };

static bool is_unused(const struct sl_interface *e)
{
	return !e->ifindex || e->ifindex == (uint32_t)GONE;
}

static struct sl_interface *entry_of(const struct sl_instance *inst,
				     uint32_t ifindex, uint32_t *at)
{
	struct sl_interface *e, *unused = NULL;

	for (uint32_t i = 0; i < SL_INTERFACE_PROBES; i++) {
		uint32_t n = (ifindex + i) & (SL_INTERFACES_MAX - 1);

		e = map_at(&inst->maps, MAP_INTERFACES, n);
		if (e->ifindex == ifindex || (is_unused(e) && !unused)) {
			unused = e;
			*at = n;
		}
		if (e->ifindex == ifindex)
			return e;
	}
	return unused;
}

static uint32_t macs_wanted(uint32_t ifindex, const struct sl_interface_conf *c,
			    uint64_t mac[SL_MACS_MAX])
{
	struct device d;
	uint32_t n = 0;

	memset(mac, 0, SL_MACS_MAX * sizeof(*mac));
	if (!device_look(ifindex, &d))
		memcpy(&mac[n++], d.mac, 6);
	for (size_t i = 0; i < c->n_macs && n < SL_MACS_MAX; i++)
		memcpy(&mac[n++], c->macs[i], 6);
	return n;
}

bool interface_differs(const struct sl_instance *inst, uint32_t ifindex,
		       const struct sl_interface_conf *c)
{
	uint64_t mac[SL_MACS_MAX];
	uint32_t at, n = macs_wanted(ifindex, c, mac);
	const struct sl_interface *e = entry_of(inst, ifindex, &at);

	return !e || e->ifindex != ifindex || e->macs != n ||
	       memcmp(e->mac, mac, sizeof(mac)) != 0;
}

int interface_list(struct sl_instance *inst, uint32_t ifindex,
		   const struct sl_interface_conf *c, struct sl_error *x)
{
	uint64_t mac[SL_MACS_MAX];
	uint32_t at = 0, n = macs_wanted(ifindex, c, mac);
	struct sl_interface *e = entry_of(inst, ifindex, &at);

	if (!e)
		return sl_fail(
			x, ENOSPC,
			"%s: too many interfaces with an index like %u: detach another",
			c->name, ifindex);
	if (e->ifindex != ifindex)
		counts_retire(&inst->maps, at);
	for (int i = 0; i < SL_MACS_MAX; i++)
		__atomic_store_n(&e->mac[i], mac[i], __ATOMIC_RELAXED);
	__atomic_store_n(&e->macs, n, __ATOMIC_RELEASE);
	__atomic_store_n(&e->ifindex, ifindex, __ATOMIC_RELEASE);
	return 0;
}

void interfaces_forget(struct sl_instance *inst, const uint32_t *live, size_t n)
{
	for (uint32_t i = 0; i < SL_INTERFACES_MAX; i++) {
		struct sl_interface *e = map_at(&inst->maps, MAP_INTERFACES, i);
		bool used = is_unused(e);

		for (size_t l = 0; l < n; l++)
			used |= live[l] == e->ifindex;
		if (!used)
			__atomic_store_n(&e->ifindex, (uint32_t)GONE,
					 __ATOMIC_RELEASE);
	}
}
