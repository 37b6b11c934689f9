/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where rules send packets: interfaces and CPUs. */
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "targets.h"

enum { CPU_QUEUE = 2048 };	/* packets that may wait for a CPU */

/* ---- finding ---------------------------------------------------------- */

static bool online(uint32_t cpu)
{
	char path[64], state = '1';
	FILE *f;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u", cpu);
	if (cpu >= map_cpus() || access(path, F_OK))
		return false;
	strcat(path, "/online");	/* a CPU that cannot leave has none */
	f = fopen(path, "re");
	if (f && fread(&state, 1, 1, f) != 1)
		state = '1';
	if (f)
		fclose(f);
	return state == '1';
}

static int check_cpus(const struct sl_rule_conf *r, struct sl_error *x)
{
	for (size_t i = 0; i < r->cpus.n; i++)
		for (uint32_t cpu = r->cpus.item[i].low; cpu <= r->cpus.item[i].high; cpu++)
			if (!online(cpu))
				return sl_fail(x, ENODEV,
					       "rule %s: CPU %u: not there, or offline: this machine has %u, from 0",
					       r->name, cpu, map_cpus());
	return 0;
}

/* In generic mode any device will do. A veth sends once its peer receives by XDP,
 * which need not be so before anything is attached. */
static bool must_send(const struct sl_config *conf, const struct device *d)
{
	bool native = !conf->n_interfaces && strcmp(d->kind, "veth") != 0;

	for (size_t i = 0; i < conf->n_interfaces; i++)
		native |= conf->interfaces[i].mode == SL_MODE_NATIVE;
	return native;
}

static int find_device(const struct sl_config *conf,
		       const struct sl_rule_conf *r, uint32_t *out,
		       struct sl_error *x)
{
	uint32_t ifindex = if_nametoindex(r->target);
	struct device d;

	if (!ifindex || device_look(ifindex, &d))
		return sl_fail(x, ENODEV, "rule %s: %s: no such interface",
			       r->name, r->target);
	if (must_send(conf, &d) && !device_sends(ifindex))
		return sl_fail(x, EOPNOTSUPP,
			       "rule %s: %s: it cannot send by XDP: %s",
			       r->name, r->target,
			       strcmp(d.kind, "veth") ?
				       "expected an interface whose driver can" :
				       "its peer must receive by XDP");
	*out = ifindex;
	return 0;
}

int targets_find(const struct sl_config *conf, uint32_t **devices,
		 struct sl_error *x)
{
	const struct sl_filter_conf *f = &conf->filter;
	uint32_t *found = calloc(f->n_rules + 1, sizeof(*found));
	int err = 0;

	if (!found)
		return sl_fail(x, ENOMEM, "rules: no memory");
	for (size_t i = 0; i < f->n_rules && !err; i++) {
		if (f->rules[i].action == SL_DO_REDIRECT)
			err = find_device(conf, &f->rules[i], &found[i], x);
		if (f->rules[i].action == SL_DO_CPU)
			err = check_cpus(&f->rules[i], x);
	}
	if (err)
		free(found);
	else
		*devices = found;
	return err;
}

int targets_running(const struct sl_instance *inst,
		    const struct sl_config *conf, uint32_t **devices)
{
	const struct sl_bank *bank = map_at(&inst->maps, MAP_BANKS, active(inst));
	size_t n = conf->filter.n_rules;
	char name[IF_NAMESIZE];
	uint32_t *found = calloc(n + 1, sizeof(*found));

	if (!found)
		return -ENOMEM;
	for (size_t i = 0; i < n && i < SL_RULES_MAX; i++)
		if (bank->rule[i].action == SL_ACT_REDIRECT &&
		    if_indextoname(bank->rule[i].target, name))
			found[i] = bank->rule[i].target;
	*devices = found;
	return 0;
}

/* ---- the maps --------------------------------------------------------- */

static int write_device(const struct maps *m, uint32_t key,
			const struct sl_rule *rule, struct sl_error *x)
{
	int fd = m->map[MAP_DEVICES].fd;

	if (rule->action != SL_ACT_REDIRECT || !rule->target) {
		bpf_map_delete_elem(fd, &key);
		return 0;
	}
	if (bpf_map_update_elem(fd, &key, &rule->target, BPF_ANY))
		return sl_fail_errno(x, "interface %u of a rule", rule->target);
	return 0;
}

/* An entry that there is stays: another one would lose what waits in it. */
static int write_cpu(const struct maps *m, uint32_t cpu, struct sl_error *x)
{
	int fd = m->map[MAP_CPUS].fd;
	uint32_t queue = 0;

	if (!bpf_map_lookup_elem(fd, &cpu, &queue) && queue)
		return 0;
	queue = CPU_QUEUE;
	if (bpf_map_update_elem(fd, &cpu, &queue, BPF_ANY))
		return sl_fail_errno(x, "CPU %u of a rule", cpu);
	return 0;
}

int targets_write(const struct sl_instance *inst, uint32_t place,
		  const struct sl_bank *bank, struct sl_error *x)
{
	int err = 0;

	for (uint32_t i = 0; i < SL_RULES_MAX && !err; i++) {
		const struct sl_rule *rule = &bank->rule[i];

		err = write_device(&inst->maps, place * SL_RULES_MAX + i, rule, x);
		for (uint32_t c = 0; rule->action == SL_ACT_CPU && c < rule->targets && !err; c++)
			err = write_cpu(&inst->maps, bank->cpu[rule->target + c], x);
	}
	return err;
}

void targets_sweep(const struct sl_instance *inst, const struct sl_bank *bank)
{
	for (uint32_t cpu = 0; cpu < map_cpus(); cpu++) {
		bool used = false;

		for (uint32_t i = 0; i < SL_RULES_MAX; i++)
			for (uint32_t c = 0; bank->rule[i].action == SL_ACT_CPU && c < bank->rule[i].targets; c++)
				used |= bank->cpu[bank->rule[i].target + c] == cpu;
		if (!used)
			bpf_map_delete_elem(inst->maps.map[MAP_CPUS].fd, &cpu);
	}
}
