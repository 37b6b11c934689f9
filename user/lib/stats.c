/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counters: per-CPU arrays, read by name, set to zero. */
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <sluice/scope.h>

#include "bank.h"
#include "counts.h"
#include "instance.h"
#include "registry.h"
#include "survey.h"
#include "ticks.h"

int sl_cpus(void)
{
	return (int)map_cpus();
}

static void read_reasons(const struct sl_instance *inst, int cpu,
			 struct sl_stats *s)
{
	for (uint32_t i = 0; i < SL_REASON_COUNT; i++)
		s->reasons[i] = counts_reason(&inst->maps, i, cpu);
	counts_read(&inst->maps, COUNTS_AT(event), cpu, s->events,
		    sizeof(s->events));
}

/* In the order in which packets meet them. */
static int read_rules(const struct sl_instance *inst, int cpu,
		      struct sl_stats *s)
{
	const struct sl_bank *b = map_at(&inst->maps, MAP_BANKS, active(inst));

	s->rules = calloc(SL_RULES_MAX, sizeof(*s->rules));
	if (!s->rules)
		return -ENOMEM;
	for (uint32_t i = 0; i < SL_RULES_MAX; i++) {
		struct sl_named_rule *r = &s->rules[s->n_rules];
		uint32_t counter = b->rule[i].counter % SL_RULES_MAX;

		if (!(b->rules.word[i / 64] >> i % 64 & 1))
			continue;
		memcpy(r->name, registry(inst)->rule[counter].name,
		       sizeof(r->name));
		counts_read(&inst->maps, COUNTS_AT(rule[counter]), cpu,
			    &r->count, sizeof(r->count));
		s->n_rules++;
	}
	return 0;
}

static int read_services(const struct sl_instance *inst, int cpu,
			 struct sl_stats *s)
{
	s->services = calloc(SL_SERVICES_MAX, sizeof(*s->services));
	if (!s->services)
		return -ENOMEM;
	for (uint32_t i = 0; i < SL_SERVICES_MAX; i++) {
		struct sl_named_service *v = &s->services[s->n_services];

		if (!registry(inst)->service[i].name[0])
			continue;
		memcpy(v->name, registry(inst)->service[i].name,
		       sizeof(v->name));
		counts_read(&inst->maps, COUNTS_AT(service[i]), cpu, &v->count,
			    sizeof(v->count));
		s->n_services++;
	}
	return 0;
}

static int read_backends(const struct sl_instance *inst, int cpu,
			 struct sl_stats *s)
{
	autofree uint32_t *owns = calloc(SL_BACKENDS_MAX, sizeof(*owns));
	const struct sl_registry *r = registry(inst);
	int err;

	s->backends = calloc(SL_BACKENDS_MAX, sizeof(*s->backends));
	if (!s->backends || !owns)
		return -ENOMEM;
	err = survey_read(inst, s, owns);
	for (uint16_t id = 1; id < SL_BACKENDS_MAX && !err; id++) {
		struct sl_named_backend *b = &s->backends[s->n_backends];
		struct hop hop = { .kind = SL_HOP_NONE };

		if (!r->backend[id].pool)
			continue;
		memcpy(b->pool, r->pool[r->backend[id].pool - 1].name,
		       sizeof(b->pool));
		b->addr.family = r->backend[id].family;
		memcpy(b->addr.octet, r->backend[id].addr,
		       sizeof(b->addr.octet));
		b->slots = owns[id];
		b->standing = r->backend[id].standing;
		b->dead = r->backend[id].dead;
		b->stands_ms = ticks_ms_since(r->backend[id].since);
		bank_hop(&inst->maps, active(inst), id, &hop);
		b->hop = hop.kind;
		b->ifindex = hop.ifindex;
		counts_read(&inst->maps, COUNTS_AT(backend[id]), cpu, &b->count,
			    sizeof(b->count));
		s->n_backends++;
	}
	return err;
}

static void add_count(struct sl_interface_count *to, const struct sl_interface_count *more)
{
	to->packets += more->packets;
	to->bytes += more->bytes;
	to->sent += more->sent;
	to->dropped += more->dropped;
}

/* The last one is of interfaces that are not listed, or not there any more: they have
 * no name, so they are one. */
static int read_interfaces(const struct sl_instance *inst, int cpu,
			   struct sl_stats *s)
{
	struct sl_interface_count others = counts_interface(&inst->maps, SL_INTERFACES_MAX, cpu);

	s->interfaces = calloc(SL_INTERFACES_MAX + 1, sizeof(*s->interfaces));
	if (!s->interfaces)
		return -ENOMEM;
	for (uint32_t i = 0; i < SL_INTERFACES_MAX; i++) {
		struct sl_named_interface *n = &s->interfaces[s->n_interfaces];
		const struct sl_interface *e = map_at(&inst->maps, MAP_INTERFACES, i);

		if (!e || !e->ifindex || e->ifindex == UINT32_MAX)
			continue;
		n->count = counts_interface(&inst->maps, i, cpu);
		n->ifindex = e->ifindex;
		if (if_indextoname(e->ifindex, n->name))
			s->n_interfaces++;
		else
			add_count(&others, &n->count);
	}
	s->interfaces[s->n_interfaces] = (struct sl_named_interface){ "other", 0, others };
	s->n_interfaces += others.packets != 0;
	return 0;
}

int sl_stats_read(struct sl_instance *inst, int cpu, struct sl_stats **stats,
		  struct sl_error *x)
{
	struct sl_stats *s;
	int err;

	if (cpu >= sl_cpus())
		return sl_fail(x, EINVAL, "cpu %d: there are %d, from 0", cpu,
			       sl_cpus());
	s = calloc(1, sizeof(*s));
	err = s ? read_rules(inst, cpu, s) : -ENOMEM;
	if (!err)
		err = read_services(inst, cpu, s);
	if (!err)
		err = read_backends(inst, cpu, s);
	if (!err)
		err = read_interfaces(inst, cpu, s);
	if (!err)
		read_reasons(inst, cpu, s);
	if (err) {
		sl_stats_free(s);
		return sl_fail(x, err, "counters: %s", strerror(-err));
	}
	*stats = s;
	return 0;
}

void sl_stats_free(struct sl_stats *s)
{
	if (!s)
		return;
	free(s->rules);
	free(s->services);
	free(s->pools);
	free(s->backends);
	free(s->interfaces);
	free(s);
}

int sl_stats_reset(struct sl_instance *inst, struct sl_error *x)
{
	if (inst->how == SL_OPEN_READ)
		return sl_fail(x, EPERM, "instance %s: opened to look only",
			       inst->name);
	if (counts_zero(&inst->maps, 0, sizeof(struct sl_counts)))
		return sl_fail(x, ENOMEM, "counters: no memory");
	return 0;
}
