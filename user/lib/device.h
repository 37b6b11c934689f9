/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel says about a network device, and why XDP does not get on it. */
#ifndef SL_DEVICE_H
#define SL_DEVICE_H

#include <sluice/sluice.h>

struct device {
	char name[16], kind[16];	/* kind "vlan", "bond" ..., "" hardware */
	uint8_t mac[6];
	uint16_t type;			/* ARPHRD_* */
	uint32_t mtu;
	bool runs;			/* up, and its carrier too */
	bool lro, untags;		/* by device_offloads(); VLAN tags */
};

int device_look(uint32_t ifindex, struct device *out);	/* -ENODEV */
int device_mode(uint32_t ifindex);	/* XDP_ATTACHED_* */
/* Has its driver XDP of its own? True also where the kernel (before 6.3) does
 * not tell. */
bool device_native(uint32_t ifindex);
/* Can packets of other devices leave by it? True also where nobody tells. */
bool device_sends(uint32_t ifindex);
/* First address of this family on it; family 0 in *out: none. */
void device_address(const char *name, uint8_t family, struct sl_address *out);
/* What it does to frames before XDP sees them; false where it does not say. */
void device_offloads(const char *name, struct device *d);

/* The sentence for a device that refused a link with `err`; returns -err. */
int device_refused(const struct device *d, enum sl_mode mode, int err, struct sl_error *x);
/* The same, after looking at the device; who is there is named. */
int device_refusal(const char *ifname, enum sl_mode mode, int err, struct sl_error *x);

#endif
