/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A host for the doctor, made of a row: files, an interface, what runs. */
#ifndef DOCTOR_RIG_H
#define DOCTOR_RIG_H

#include "user/doctor/doctor.h"

enum { NOTHING = -1 };		/* the check does not apply */

struct ill {
	const char *check;
	int state;
	const char *seen, *mend;	/* parts of what is said; mend NULL: nothing is to be mended */
	struct doctor_nic nic;		/* of no name: there is none */
	const char *files[12];		/* "path=what is in it" */
	const char *conf;		/* as in a file, after "sluice: 1"; NULL: nothing runs */
	const struct sl_status *status;
	const struct sl_stats *stats;
	const struct sl_pool_mss *mss;
	const char *softnet;		/* two seconds ago */
	const char *tunnel, *absent, *closed;
	const struct doctor_way *way;
};

/* An interface that is well, in hardware; and one that is not. */
#define CARD .name = "eth0", .driver = "ice", .ifindex = 2, .mtu = 1500, .up = true, .ethernet = true, .hardware = true, .in_sys = true
#define VETH .name = "eth0", .driver = "veth", .kind = "veth", .ifindex = 2, .mtu = 1500, .up = true, .ethernet = true

/* What the checks find on that host; asserts that it can be made. */
void doctor_rig_examine(const struct ill *ill, struct doctor_report *report);

#endif
