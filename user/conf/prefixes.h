/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lists of prefixes in memory: growing, split from ranges, sorted. */
#ifndef CONF_PREFIXES_H
#define CONF_PREFIXES_H

#include <sluice/config.h>

struct prefixes {
	struct sl_prefix *item;		/* free() it */
	size_t n, room;
};

int prefixes_add(struct prefixes *list, const struct sl_prefix *p);	/* -ENOMEM */
/* The fewest prefixes that cover low to high, ends included. -EINVAL: of two
 * families, or from high to low; -ENOMEM. */
int prefixes_add_range(struct prefixes *list, const struct sl_address *low, const struct sl_address *high);

/* Sorts by family, address, length, where they are; drops what is there twice;
 * returns how many are left. */
size_t prefixes_sort(struct sl_prefix *p, size_t n);

#endif
