/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Types that only rules use, and what the filter's files share. */
#ifndef CONF_FILTER_H
#define CONF_FILTER_H

#include "schema.h"

extern const struct type type_protocols, type_flags, type_fragment,
	type_family, type_action, type_sample;

void caution_negated(struct reader *r, const struct node *node,
		     const struct key *key);

#endif
