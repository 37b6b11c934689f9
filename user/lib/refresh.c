/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ways to backends follow the world. Where an entry differs in one word of 8 octets,
 * that is stored; where one differs in more, packets would see half of it: then the
 * other bank becomes a copy with the new entries, and the banks turn.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "backends.h"
#include "bank.h"
#include "hop.h"
#include "interfaces.h"
#include "links.h"
#include "program.h"
#include "registry.h"
#include "ways.h"

enum { WORDS = sizeof(struct sl_backend) / sizeof(uint64_t) };

union entry { struct sl_backend b; uint64_t word[WORDS]; };

struct refresh {
	struct sl_instance *inst;
	struct sl_hops out;
	struct paths *paths;
	union entry *want;		/* by id; family 0: as it is */
	uint32_t n;			/* entries of the table */
	bool turns;
	/* by the registry's index; NULL: it is no more */
	const struct sl_pool_conf *pool[SL_POOLS_MAX];
};

static struct sl_backend *table(const struct refresh *r, uint32_t bank)
{
	return map_at(&r->inst->maps, MAP_BACKENDS, bank);
}

/* ---- what should be ------------------------------------------------------------ */

/* A new neighbour is being looked for, or the old one does not answer: what was there
 * is better than nothing while its device has a route. */
static bool keeps(const struct path *p, const struct sl_backend *has)
{
	if (!p || !p->found || !p->has_neighbour || *p->refusal || has->hop != SL_HOP_OUT)
		return false;
	return p->neighbour != NEIGHBOUR_DEAD || has->ifindex == p->hop.ifindex;
}

/* By the same device; by another one, all of the entry stays as it is. */
static void keep(const struct path *p, const struct sl_backend *has, struct hop *hop)
{
	hop->kind = SL_HOP_OUT;
	hop->ifindex = p->hop.ifindex;
	memcpy(hop->dst_mac, has->dst_mac, 6);
	memcpy(hop->src_mac, p->hop.src_mac, 6);
}

/* The kernel's own lookup, which the program may not have, finds nothing either. */
static void let_kernel_look(const struct refresh *r, const struct sl_pool_conf *pool, struct sl_backend *b)
{
	if (b->hop == SL_HOP_FIB && pool->next_hop == SL_NEXT_AUTO &&
	    !(r->inst->knobs.features & SL_F_FIB))
		b->hop = SL_HOP_NONE;
}

static void note(struct refresh *r, const struct path *p, bool kept)
{
	struct sl_hops *o = &r->out;

	if (!p)
		return;
	o->unreached += !p->found;
	o->waiting += kept && p->neighbour != NEIGHBOUR_DEAD;
}

static int want(struct refresh *r, const struct sl_pool_conf *pool, uint32_t id)
{
	const struct sl_registry_backend *named = &registry(r->inst)->backend[id];
	struct sl_backend_conf backend = { .addr.family = named->family };
	struct sl_pool_conf one = *pool;
	const struct sl_backend *has = &table(r, active(r->inst))[id];
	struct sl_backend *b = &r->want[id].b;
	struct sl_error why = { "" };
	const struct path *p;
	struct hop hop;
	bool kept;
	int err;

	memcpy(backend.addr.octet, named->addr, sizeof(named->addr));
	one.backends = &backend;
	one.n_backends = 1;
	err = hop_look(r->inst->conf, &one, &backend.addr, r->paths, &p, &hop, &why);
	if (err && err != -EINVAL)
		return err;
	if (err)
		memcpy(r->out.refused, why.text, sizeof(r->out.refused) - 1);
	kept = !err && hop.kind == SL_HOP_FIB && pool->next_hop == SL_NEXT_AUTO && keeps(p, has);
	if (kept)
		keep(p, has, &hop);
	note(r, p, kept);
	if (kept && has->ifindex != p->hop.ifindex)
		return 0;
	backend_make(&one, 0, &hop, b);
	let_kernel_look(r, pool, b);
	backend_die_with(b, has);
	return 0;
}

static void find_pools(struct refresh *r)
{
	const struct sl_config *conf = r->inst->conf;

	for (size_t i = 0; i < conf->n_pools; i++) {
		int at = registry_pool(registry(r->inst), conf->pools[i].name);

		if (at >= 0)
			r->pool[at] = &conf->pools[i];
	}
}

/* Those that were removed and still have flows, too. */
static int want_all(struct refresh *r)
{
	const struct sl_registry *all = registry(r->inst);
	int err = 0;

	for (uint32_t id = 1; id < r->n && id < SL_BACKENDS_MAX && !err; id++) {
		const struct sl_registry_backend *b = &all->backend[id];
		const struct sl_pool_conf *pool = b->pool ? r->pool[b->pool - 1] : NULL;

		if (pool && table(r, active(r->inst))[id].family)
			err = want(r, pool, id);
	}
	return err;
}

/* ---- what differs ------------------------------------------------------------------ */

static int differing(const struct refresh *r, uint32_t id, int *word)
{
	const union entry *has = (const union entry *)&table(r, active(r->inst))[id];
	int n = 0;

	for (int i = 0; i < WORDS; i++)
		if (has->word[i] != r->want[id].word[i]) {
			n++;
			*word = i;
		}
	return n;
}

static void compare(struct refresh *r)
{
	int n, word;

	for (uint32_t id = 1; id < r->n; id++) {
		if (!r->want[id].b.family)
			continue;
		n = differing(r, id, &word);
		if (n && backend_needs(&r->want[id].b) & ~r->inst->knobs.features) {
			r->want[id].b.family = 0;
			r->out.beyond++;
			continue;
		}
		r->out.changed += n > 0;
		r->turns |= n > 1;
	}
}

/* ---- storing it ----------------------------------------------------------------------- */

static void store_words(const struct refresh *r)
{
	int word;

	for (uint32_t id = 1; id < r->n; id++) {
		union entry *has = (union entry *)&table(r, active(r->inst))[id];

		if (r->want[id].b.family && differing(r, id, &word) == 1)
			__atomic_store_n(&has->word[word], r->want[id].word[word], __ATOMIC_RELEASE);
	}
}

static int turn_banks(struct refresh *r, struct sl_error *x)
{
	struct sl_instance *inst = r->inst;
	uint32_t bank = !active(inst), next = serial(inst) + 1;
	struct sl_members *head;
	int err = grace_make(&inst->grace, x);

	if (err)
		return err;
	grace_wait(&inst->grace);
	err = bank_copy(&inst->maps, !bank, x);
	head = err ? NULL : map_half(&inst->maps, MAP_MEMBERS, bank, x);
	if (!head)
		return err ? err : -ENOMEM;
	for (uint32_t id = 1; id < r->n; id++)
		if (r->want[id].b.family)
			table(r, bank)[id] = r->want[id].b;
	head->shown = next;
	__atomic_store_n(&head->made, next, __ATOMIC_RELEASE);
	__atomic_store_n(&control(inst)->turn, (uint64_t)next << 1 | bank, __ATOMIC_RELEASE);
	return 0;
}

/* Only of those that are attached: the others have no place there. */
static int list_macs(struct sl_instance *inst, struct sl_error *x)
{
	struct links links = { 0 };
	int err = links_read(inst, &links, x);

	for (size_t i = 0; i < links.n && !err; i++)
		for (size_t c = 0; c < inst->conf->n_interfaces && !err; c++) {
			const struct sl_interface_conf *conf = &inst->conf->interfaces[c];
			const struct link *l = &links.link[i];

			if (!strcmp(conf->name, l->name) && l->exists && !l->moved &&
			    interface_differs(inst, l->ifindex, conf))
				err = interface_list(inst, l->ifindex, conf, x);
		}
	links_free(&links);
	return err;
}

/* ---- all of it -------------------------------------------------------------------------- */

static int tell_neighbours(struct refresh *r)
{
	const struct path *p;

	for (size_t i = 0; (p = path_at(r->paths, i)); i++) {
		struct sl_neighbour *grown;

		if (!p->found || !p->has_neighbour)
			continue;
		grown = realloc(r->out.neighbour, (r->out.n + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		r->out.neighbour = grown;
		grown += r->out.n++;
		*grown = (struct sl_neighbour){ .addr = p->via, .ifindex = p->hop.ifindex,
						.is_known = p->neighbour == NEIGHBOUR_KNOWN,
						.is_held = p->is_held };
		memcpy(grown->mac, p->hop.dst_mac, 6);
	}
	return 0;
}

static int carry_out(struct refresh *r, struct sl_error *x)
{
	int err;

	find_pools(r);
	err = want_all(r);

	if (!err)
		err = tell_neighbours(r);
	if (err)
		return sl_fail(x, err, "next hops: no memory");
	compare(r);
	if (r->turns)
		err = turn_banks(r, x);
	else
		store_words(r);
	return err ? err : list_macs(r->inst, x);
}

/* Of a bank that is another program's, or whose repair waits, nothing is known. */
static int check(const struct sl_instance *inst, struct sl_error *x)
{
	const struct sl_members *head = map_half(&inst->maps, MAP_MEMBERS, active(inst), NULL);

	if (inst->how == SL_OPEN_READ)
		return sl_fail(x, EPERM, "instance %s: opened to look only", inst->name);
	if (!inst->conf)
		return sl_fail(x, EINVAL, "next hops: the running configuration is not known: apply one first");
	if (inst->repair || inst->prog < 0 || inst->knobs.object != program_object() ||
	    !head || head->shown != serial(inst))
		return sl_fail(x, EAGAIN, "instance %s: a killed command left something to repair: apply again", inst->name);
	return 0;
}

int sl_hops_refresh(struct sl_instance *inst, struct sl_ways *ways, struct sl_hops *out, struct sl_error *x)
{
	struct refresh r = { .inst = inst };
	int err = check(inst, x);

	if (err)
		return err;
	r.n = (uint32_t)(inst->maps.map[MAP_BACKENDS].stride / sizeof(struct sl_backend));
	r.want = calloc(r.n, sizeof(*r.want));
	r.paths = ways ? ways->paths : paths_new();
	err = r.want && r.paths ? carry_out(&r, x) : sl_fail(x, ENOMEM, "next hops: no memory");
	if (!ways)
		paths_free(r.paths);
	free(r.want);
	if (err)
		free(r.out.neighbour);
	else
		*out = r.out;
	return err;
}

int sl_hops_hold(struct sl_instance *inst, struct sl_error *x)
{
	struct paths *paths;

	if (!inst->conf)
		return sl_fail(x, EINVAL, "next hops: the running configuration is not known: apply one first");
	paths = paths_new();
	if (!paths)
		return sl_fail(x, ENOMEM, "next hops: no memory");
	hops_hold(inst->conf, paths);
	paths_free(paths);
	return 0;
}
