/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What fits a pool's way: from the MTUs and the outer headers of its backends. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "instance.h"

enum { HEADERS4 = 20 + 20, HEADERS6 = 40 + 20 };	/* of IP and TCP */

static const struct sl_backend *backend_at(const struct sl_instance *inst, uint32_t id)
{
	const struct sl_backend *table = map_at(&inst->maps, MAP_BACKENDS, active(inst));

	return id < inst->maps.map[MAP_BACKENDS].stride / sizeof(*table) ? &table[id] : NULL;
}

static enum sl_encap encap_of(const struct sl_backend *b)
{
	if (b->flags & SL_BACKEND_L2)
		return SL_ENCAP_L2;
	return b->flags & SL_BACKEND_GUE ? SL_ENCAP_GUE : SL_ENCAP_IPIP;
}

static uint32_t without(uint32_t size, uint32_t headers)
{
	return size > headers ? size - headers : 0;
}

/* The narrowest way counts. False: no backend of the pool is in use. */
static bool fill(const struct sl_instance *inst, uint32_t pool, struct sl_pool_mss *out)
{
	const struct sl_registry *r = registry(inst);

	*out = (struct sl_pool_mss){ .fits = UINT32_MAX };
	memcpy(out->name, r->pool[pool].name, sizeof(out->name));
	for (uint32_t id = 1; id < SL_BACKENDS_MAX; id++) {
		const struct sl_backend *b = backend_at(inst, id);
		uint32_t fits;

		if (!b || r->backend[id].pool != pool + 1 || !b->family)
			continue;
		fits = without(b->mtu, b->outer);
		if (fits < out->fits)
			out->fits = fits;
		out->encap = encap_of(b);
	}
	out->mss4 = without(out->fits, HEADERS4);
	out->mss6 = without(out->fits, HEADERS6);
	return out->fits != UINT32_MAX;
}

int sl_mss_read(struct sl_instance *inst, struct sl_pool_mss **list, size_t *n,
		struct sl_error *x)
{
	struct sl_pool_mss *all = calloc(SL_POOLS_MAX, sizeof(*all));
	size_t used = 0;

	if (!all)
		return sl_fail(x, ENOMEM, "status: no memory");
	for (uint32_t i = 0; i < SL_POOLS_MAX; i++)
		if (registry(inst)->pool[i].name[0])
			used += fill(inst, i, &all[used]);
	*list = all;
	*n = used;
	return 0;
}
