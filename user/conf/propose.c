/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an apply of a file refuses, and what it notes, before it changes anything. */
#include "propose.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sluice/scope.h>

static void note(const struct notes *notes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note(const struct notes *notes, const char *format, ...)
{
	autofree char *sentence = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&sentence, format, args) < 0)
		sentence = NULL;
	va_end(args);
	if (sentence)
		notes->note(notes->arg, sentence);
}

static const struct sl_rule_conf *looks_at_tags(const struct sl_config *conf)
{
	for (size_t i = 0; i < conf->filter.n_rules; i++)
		if (conf->filter.rules[i].vlan.n)
			return &conf->filter.rules[i];
	return NULL;
}

/* Tags that the NIC takes off are none to XDP. */
void note_untagged(const struct notes *notes, const struct sl_config *conf)
{
	const struct sl_rule_conf *rule = looks_at_tags(conf);

	for (size_t i = 0; rule && i < conf->n_interfaces; i++) {
		const char *name = conf->interfaces[i].name;

		if (sl_interface_untags(name))
			note(notes, "%s: rx-vlan-offload is on: tags that the device takes off are none to rule %s: ethtool -K %s rx-vlan-offload off", name, rule->name, name);
	}
}

static int refuse_shrinking(struct sl_config *old, const struct sl_config *now,
			    struct sl_error *x)
{
	for (size_t i = 0; i < now->n_pools; i++) {
		const struct sl_pool_conf *to = &now->pools[i];
		const struct sl_pool_conf *from = conf_pool_find(old, to->name);

		if (from && to->slots < from->slots)
			return sl_fail(x, EPERM, "pool %s: slots: %u where %u run moves nearly every flow: sluice apply --force does it", to->name, to->slots, from->slots);
	}
	return 0;
}

int change_propose(struct change *c, struct sl_config *conf, bool shrink, const struct notes *notes, struct sl_error *x)
{
	int err;

	if (conf->seed && !strcmp(conf->seed, "***") && !c->running->seed)
		note(notes, "seed ***: none runs here to keep: a random one is made, and other nodes will choose other backends");
	err = conf_seed_settle(conf, c->running);
	if (err)
		return sl_fail(x, err, "seed: %s", strerror(-err));
	if (!shrink)
		err = refuse_shrinking(c->running, conf, x);
	if (err)
		return err;
	note_untagged(notes, conf);
	return change_prepare(c, conf, x);
}
