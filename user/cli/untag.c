/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tags that the NIC takes off are none to XDP: rules that look for them are told. */
#include "cli.h"

static const struct sl_rule_conf *looks_at_tags(const struct sl_config *conf)
{
	for (size_t i = 0; i < conf->filter.n_rules; i++)
		if (conf->filter.rules[i].vlan.n)
			return &conf->filter.rules[i];
	return NULL;
}

void note_untagged(struct cli *cli, const struct sl_config *conf)
{
	const struct sl_rule_conf *rule = looks_at_tags(conf);

	for (size_t i = 0; rule && i < conf->n_interfaces; i++) {
		const char *name = conf->interfaces[i].name;

		if (sl_interface_untags(name))
			output_note(cli->out, "%s: rx-vlan-offload is on: tags that the device takes off are none to rule %s: ethtool -K %s rx-vlan-offload off", name, rule->name, name);
	}
}
