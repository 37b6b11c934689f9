/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What bpf/probe.bpf.c and the library share of health probes: it has its own maps. */
#ifndef SLUICE_PROBE_H
#define SLUICE_PROBE_H

#include <sluice/abi.h>

/*
 * A probe is sent to a backend's own address, with a mark; the first octet is ours,
 * the rest says which instance and which backend (user/lib/probes.c).
 */
enum { SL_PROBE_MARK = 0x51000000 };

enum sl_probe_by { SL_PROBE_IPIP, SL_PROBE_GUE, SL_PROBE_L2 };

/* By mark: what becomes of a probe. Addresses as in struct sl_backend. */
struct sl_probe_target {
	__u8   family;		/* of all: 4 or 6 */
	__u8   by;
	__be16 gue_port;
	__be32 fill;		/* host bits of `src`, which the port fills */
	__be32 vip[4];		/* the service's: whom the probe is for */
	__be32 to[4];		/* the backend's: where it goes */
	__be32 src[4];		/* of the outer header; zero: the probe's own */
	__u8   mac[6];		/* of the next hop; zero: as the stack found it */
	__u16  zero;
};

/* Probes that were sent, by what their answers have -> the backend's address. */
struct sl_probe_flow {
	__be32 vip[4], local[4];
	__be16 vip_port, local_port;
	__u8   family, proto;
	__u16  zero;
};

_Static_assert(sizeof(struct sl_probe_target) == 64, "map value has holes");
_Static_assert(sizeof(struct sl_probe_flow) == 40, "map key has holes");

#endif
