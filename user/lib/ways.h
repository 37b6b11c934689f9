/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ways to backends that were looked up before the lock is taken. */
#ifndef SL_WAYS_H
#define SL_WAYS_H

#include "path.h"

struct sl_ways {
	struct paths *paths;
	size_t pool, backend;	/* of the configuration: where it goes on */
};

#endif
