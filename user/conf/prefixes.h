/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Order among prefixes: family, address, length. */
#ifndef CONF_PREFIXES_H
#define CONF_PREFIXES_H

#include <sluice/config.h>

int prefix_compare(const struct sl_prefix *a, const struct sl_prefix *b);
/* Sorts, drops what is there twice, returns how many are left. */
size_t prefixes_sort(struct sl_prefix *p, size_t n);

#endif
