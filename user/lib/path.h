/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The way to an address, as the kernel knows it: route, egress device, neighbour. */
#ifndef SL_PATH_H
#define SL_PATH_H

#include "compile.h"

enum neighbour {
	NEIGHBOUR_NONE,		/* the kernel has nothing about it */
	NEIGHBOUR_ASKED,	/* it is asking */
	NEIGHBOUR_DEAD,		/* it has asked in vain */
	NEIGHBOUR_KNOWN,
};

struct path {
	struct sl_address to;	/* the backend */
	struct sl_address via;	/* the neighbour: a gateway, or `to` */
	bool found;		/* a unicast route that can be used now */
	bool has_neighbour;	/* its device has such */
	enum neighbour neighbour;
	bool is_held;		/* the kernel keeps the neighbour fresh, or it is permanent */
	uint32_t patience_ms;	/* somebody waits so long for it: once; 0: no more */
	bool was_asked;
	char refusal[16];	/* "VLAN", "bond": XDP cannot send through; "": it can */
	char device[16];
	struct hop hop;		/* OUT if the neighbour is known, else FIB */
};

/* The egress devices that were looked at, and a socket: for one look at the world. */
struct paths;

struct paths *paths_new(void);		/* NULL: no memory */
void paths_free(struct paths *p);

/* The way to `to`, looked up once. NULL: no memory. Valid until the next. */
struct path *path_look(struct paths *p, const struct sl_address *to);
/* All that were looked up. */
struct path *path_at(struct paths *p, size_t i);	/* NULL: no more */

uint32_t path_ifindex(struct paths *p, const char *name);	/* 0: there is no such device */
/* What is on the wire of a device; false: there is no such device. */
bool path_device(struct paths *p, uint32_t ifindex, uint8_t family, uint32_t *mtu, struct sl_address *source);

/* What the kernel says of its neighbour now. */
void path_look_again(struct paths *p, struct path *path);

/* These need CAP_NET_ADMIN; what fails is left out. */
void path_ask(struct paths *p, const struct path *path);	/* has the kernel ask */
/* Has the kernel ask, and ask again, before what it knows is too old; until path_let_go. */
void path_hold(struct paths *p, const struct path *path);
/* Lets go of all that was held and is not in `p`. */
void paths_let_go(struct paths *p);

#endif
