/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What this process takes, as the kernel counts it. */
#ifndef SLUICE_PROCESS_H
#define SLUICE_PROCESS_H

#include <stdint.h>

struct process {
	uint64_t start_ms;		/* since the epoch */
	uint64_t cpu_ms, resident, fds;	/* octets; open descriptors */
};

/* What cannot be found out is 0. */
void process_look(struct process *p);

#endif
