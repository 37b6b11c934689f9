/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Health probes that travel as clients' packets do: who they are for, by mark. */
#include "probes.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <sluice/probe.h>
#include <sluice/scope.h>

#include "backends.h"
#include "device.h"
#include "hop.h"
#include "probe_tc.h"
#include "registry.h"

enum { ID_BITS = 13, INSTANCE_BITS = 11 };	/* of a mark, below its first octet */
_Static_assert(SL_BACKENDS_MAX == 1 << ID_BITS, "marks have no room for ids");

/* ---- who is probed --------------------------------------------------------- */

static uint32_t mark_of(const struct sl_instance *inst, uint32_t id)
{
	uint64_t digest = XXH3_64bits(inst->name, strlen(inst->name));

	return SL_PROBE_MARK | (uint32_t)(digest & ((1 << INSTANCE_BITS) - 1)) << ID_BITS | id;
}

static const struct sl_address *vip_of(const struct sl_config *conf, const char *pool, uint8_t family)
{
	for (size_t i = 0; i < conf->n_services; i++) {
		const struct sl_service_conf *s = &conf->services[i];

		for (size_t j = 0; !strcmp(s->pool, pool) && j < s->n_addresses; j++)
			if (s->addresses[j].family == family)
				return &s->addresses[j];
	}
	return NULL;
}

/* NULL: no probe of this backend goes that way. */
static const struct sl_address *probed_for(const struct sl_config *conf, const struct sl_pool_conf *pool,
					   const struct sl_address *backend)
{
	if (!conf->n_interfaces || !pool->check.type || pool->check.via != SL_VIA_ENCAP)
		return NULL;
	return vip_of(conf, pool->name, backend->family);
}

static struct sl_probe_target target_of(const struct sl_pool_conf *pool, const struct sl_address *to,
					const struct sl_address *vip)
{
	const struct sl_prefix *source = &pool->source[to->family == 6];
	struct sl_probe_target t = {
		.family = to->family, .gue_port = htons(pool->gue_port),
		.by = pool->encap == SL_ENCAP_GUE ? SL_PROBE_GUE :
		      pool->encap == SL_ENCAP_L2 ? SL_PROBE_L2 : SL_PROBE_IPIP,
	};

	backend_words(t.vip, vip);
	backend_words(t.to, to);
	if (source->addr.family) {
		backend_words(t.src, &source->addr);
		t.fill = htonl(backend_host_bits(source));
	}
	if (pool->next_hop == SL_NEXT_MAC)
		memcpy(t.mac, pool->mac, sizeof(t.mac));
	return t;
}

/* Calls each() for each backend that is probed so; stops at non-zero. */
static int each_target(const struct sl_config *conf, uint16_t *const *id,
		       int (*each)(void *arg, uint16_t id, const struct sl_address *to, const struct sl_probe_target *t),
		       void *arg)
{
	int err = 0;

	for (size_t p = 0; p < conf->n_pools; p++) {
		const struct sl_pool_conf *pool = &conf->pools[p];

		for (size_t i = 0; i < pool->n_backends && !err; i++) {
			const struct sl_address *to = &pool->backends[i].addr;
			const struct sl_address *vip = probed_for(conf, pool, to);
			struct sl_probe_target t;

			if (!vip)
				continue;
			t = target_of(pool, to, vip);
			err = each(arg, id[p][i], to, &t);
		}
	}
	return err;
}

/* ---- interfaces -------------------------------------------------------------- */

struct way {
	const struct sl_instance *inst;
	struct probe_tc tc;
	struct paths *paths;
	struct devices { uint32_t ifindex[64]; size_t n; } by;
	bool ids[SL_BACKENDS_MAX];
};

static void add_device(struct devices *by, uint32_t ifindex)
{
	struct device d;

	for (size_t i = 0; i < by->n; i++)
		if (by->ifindex[i] == ifindex)
			return;
	if (ifindex && by->n < sizeof(by->ifindex) / sizeof(*by->ifindex) &&
	    !device_look(ifindex, &d) && d.type == ARPHRD_ETHER)
		by->ifindex[by->n++] = ifindex;
}

static int add_way(void *arg, uint16_t id, const struct sl_address *to, const struct sl_probe_target *t)
{
	struct way *w = arg;

	(void)t;
	w->ids[id] = true;
	add_device(&w->by, hop_device(w->paths, to));
	return 0;
}

/* Where probes leave, and where their answers may come. */
static bool find_ways(struct way *w, const struct sl_instance *inst, const struct sl_config *conf,
		      uint16_t *const *id)
{
	*w = (struct way){ .inst = inst, .tc = PROBE_TC_NONE, .paths = paths_new() };
	if (w->paths)
		each_target(conf, id, add_way, w);
	paths_free(w->paths);
	for (uint32_t i = 1; i < SL_BACKENDS_MAX; i++) {
		if (!w->ids[i])
			continue;
		for (size_t j = 0; j < conf->n_interfaces; j++)
			add_device(&w->by, if_nametoindex(conf->interfaces[j].name));
		return true;
	}
	return false;
}

static int put_target(void *arg, uint16_t id, const struct sl_address *to, const struct sl_probe_target *t)
{
	const struct way *w = arg;
	uint32_t mark = mark_of(w->inst, id);

	(void)to;
	return bpf_map_update_elem(w->tc.targets, &mark, t, BPF_ANY) ? -errno : 0;
}

int probes_prepare(struct sl_instance *inst, const struct sl_config *conf, uint16_t *const *id,
		   struct sl_error *x)
{
	autofree struct way *w = malloc(sizeof(*w));
	int err;

	if (!w)
		return sl_fail(x, ENOMEM, "probes: no memory");
	if (!find_ways(w, inst, conf, id))
		return 0;
	err = probe_tc_open(inst, &w->tc);
	if (err)
		err = probe_tc_load(inst, &w->tc, x);
	if (err)
		return err;
	err = each_target(conf, id, put_target, w);
	if (err)
		sl_fail(x, err, "probes: %s", strerror(-err));
	for (size_t i = 0; i < w->by.n && !err; i++)
		err = probe_tc_attach(inst, &w->tc, w->by.ifindex[i], x);
	probe_tc_close(&w->tc);
	return err;
}

static int target_differs(void *arg, uint16_t id, const struct sl_address *to,
			  const struct sl_probe_target *t)
{
	const struct way *w = arg;
	uint32_t mark = mark_of(w->inst, id);
	struct sl_probe_target now;

	(void)to;
	return bpf_map_lookup_elem(w->tc.targets, &mark, &now) || memcmp(&now, t, sizeof(now)) != 0;
}

bool probes_differ(const struct sl_instance *inst, const struct sl_config *conf, uint16_t *const *id)
{
	autofree struct way *w = malloc(sizeof(*w));
	bool differ;

	if (!w)
		return true;
	if (!find_ways(w, inst, conf, id))
		return probe_tc_is_there(inst);
	if (probe_tc_open(inst, &w->tc))
		return true;
	differ = each_target(conf, id, target_differs, w) != 0;
	for (size_t i = 0; i < w->by.n && !differ; i++)
		differ = !probe_tc_is_on(inst, &w->tc, w->by.ifindex[i]);
	probe_tc_close(&w->tc);
	return differ;
}

/* ---- what is needed no more ----------------------------------------------------- */

static void forget_targets(const struct way *w)
{
	uint32_t mark, next;
	int more = bpf_map_get_next_key(w->tc.targets, NULL, &next);

	while (!more) {
		mark = next;
		more = bpf_map_get_next_key(w->tc.targets, &mark, &next);
		if (!w->ids[mark & ((1 << ID_BITS) - 1)])
			bpf_map_delete_elem(w->tc.targets, &mark);
	}
}

static bool goes_by(const struct devices *by, uint32_t ifindex)
{
	for (size_t i = 0; i < by->n; i++)
		if (by->ifindex[i] == ifindex)
			return true;
	return false;
}

static void detach_others(const struct sl_instance *inst, const struct devices *by)
{
	struct if_nameindex *all = if_nameindex();

	for (size_t i = 0; all && all[i].if_index; i++)
		if (!goes_by(by, all[i].if_index))
			probe_tc_detach(inst, all[i].if_index);
	if (all)
		if_freenameindex(all);
}

void probes_remove(const struct sl_instance *inst)
{
	const struct devices none = { .n = 0 };

	if (!probe_tc_is_there(inst))
		return;
	detach_others(inst, &none);
	probe_tc_unpin(inst);
}

void probes_finish(struct sl_instance *inst, const struct sl_config *conf, uint16_t *const *id)
{
	autofree struct way *w = malloc(sizeof(*w));

	if (!w || !probe_tc_is_there(inst))
		return;
	if (!find_ways(w, inst, conf, id)) {
		probes_remove(inst);
		return;
	}
	if (probe_tc_open(inst, &w->tc))
		return;
	forget_targets(w);
	detach_others(inst, &w->by);
	probe_tc_close(&w->tc);
}

uint32_t sl_probe_mark(const struct sl_instance *inst, const char *pool, const struct sl_address *addr)
{
	int id = -1, index = registry_pool(registry(inst), pool);
	struct sl_probe_target t;
	autoclose int targets = -1;
	uint32_t mark;

	if (index >= 0)
		id = registry_backend(registry(inst), index, addr);
	if (id < 0)
		return 0;
	targets = probe_tc_targets(inst);
	mark = mark_of(inst, (uint32_t)id);
	return targets >= 0 && !bpf_map_lookup_elem(targets, &mark, &t) ? mark : 0;
}
