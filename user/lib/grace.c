/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Waiting until no packet holds what it read before. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>

#include <sluice/scope.h>

#include "grace.h"

static bool has_barrier(void)
{
	long commands = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);

	return commands > 0 && commands & MEMBARRIER_CMD_GLOBAL;
}

static int make_maps(struct grace *g, struct sl_error *x)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);

	if (g->inner < 0)
		g->inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "grace", 4, 4, 1,
					  NULL);
	if (g->inner < 0)
		return sl_fail_errno(x, "map grace");
	opts.inner_map_fd = (uint32_t)g->inner;
	g->outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "graces", 4, 4, 1,
				  &opts);
	if (g->outer < 0)
		return sl_fail_errno(x, "map graces");
	return 0;
}

int grace_make(struct grace *g, struct sl_error *x)
{
	int err;

	if (g->outer >= 0 || g->barrier)
		return 0;
	err = make_maps(g, x);
	if (err == -EPERM && has_barrier()) {
		g->barrier = true;
		return 0;
	}
	return err;
}

void grace_wait(const struct grace *g)
{
	uint32_t zero = 0;

	if (g->barrier)
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	else
		bpf_map_update_elem(g->outer, &zero, &g->inner, BPF_ANY);
}

void grace_close(struct grace *g)
{
	sl_scope_close(&g->inner);
	sl_scope_close(&g->outer);
	*g = GRACE_NONE;
}
