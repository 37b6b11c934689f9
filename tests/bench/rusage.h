/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a command costs as a whole process. */
#ifndef BENCH_RUSAGE_H
#define BENCH_RUSAGE_H

/* Runs it; prints milliseconds and the KiB that it had at most (tables of the
 * kernel that it mapped included) on standard error. 1: it failed. */
int rusage_run(char *const argv[]);

#endif
