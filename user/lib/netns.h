/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Network namespaces: which one this is, and what people call one. */
#ifndef SL_NETNS_H
#define SL_NETNS_H

#include <stdbool.h>
#include <stdint.h>

enum { NETNS_NAME = 256 };

/* Its inode; 0: not to be found out. */
uint64_t netns_here(void);
/* As ip-netns(8) names it; false: no name. */
bool netns_name(uint64_t netns, char name[NETNS_NAME]);

#endif
