/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The program on interfaces: pinned links, which outlive the command. */
#ifndef SL_LINKS_H
#define SL_LINKS_H

#include "instance.h"

struct link {
	char name[16];
	int fd;
	uint32_t ifindex;	/* 0: the device is gone, and the link dead */
	uint32_t prog_id;
	enum sl_mode mode;
	bool exists;		/* a device of this name */
	bool moved;		/* ... but it is another than the link's */
};

struct links { struct link *link; size_t n; };

int links_read(const struct sl_instance *inst, struct links *out, struct sl_error *x);
void links_free(struct links *links);

/* Would links_attach or links_detach do anything? */
bool links_differ(const struct sl_instance *inst, const struct links *links, const struct sl_config *conf);

/* Refuses what cannot be attached: no such interface, a foreign program. */
int links_check(const struct links *links, const struct sl_config *conf, struct sl_error *x);

/* Puts `prog` on the interfaces of conf that have no live link, writes the MACs
 * of all. On failure what it attached is detached again. */
int links_attach(struct sl_instance *inst, const struct links *links, const struct sl_config *conf, int prog, struct sl_error *x);
/* Every live link runs `prog` from here on. */
int links_swap(const struct links *links, int prog, struct sl_error *x);
/* Removes the links that conf does not ask for. */
int links_detach(const struct sl_instance *inst, const struct sl_config *conf, struct sl_error *x);
/* Forgets interfaces without a link; a grace period after links_detach. */
int links_forget(struct sl_instance *inst, struct sl_error *x);

#endif
