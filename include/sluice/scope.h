/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory and descriptors released by scope. Start them as NULL or -1. */
#ifndef SLUICE_SCOPE_H
#define SLUICE_SCOPE_H

#include <stdlib.h>
#include <unistd.h>

static inline void sl_scope_free(void *p)
{
	free(*(void **)p);
}

static inline void sl_scope_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define autofree __attribute__((cleanup(sl_scope_free)))
#define autoclose __attribute__((cleanup(sl_scope_close)))

#endif
