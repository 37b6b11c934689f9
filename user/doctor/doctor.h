/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is this host set up for sluice? One table of checks; each is a function of
 * a tree of files (/proc and /sys), of what is known of the interfaces, and of
 * what runs. Nothing is changed, printed or sent.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <sluice/sluice.h>

/* ---- what is looked at ------------------------------------------------- */

/* Each group of facts is there when its `err` is 0; else that says why not:
 * EOPNOTSUPP, the driver does not tell; EPERM, who asks may not. */
struct doctor_nic {
	char name[16], kind[16];	/* kind "veth", "vlan" ...; "": neither */
	char driver[32];
	uint8_t mac[6];
	uint32_t ifindex, mtu;
	bool up, ethernet;
	bool hardware;		/* on a bus, as a virtual machine's too */
	bool in_sys;		/* what /sys/class/net says of it is about it */
	struct { uint32_t mode, prog_id; } xdp;		/* id 0: no program */
	struct { int err; uint64_t features; } can;	/* NETDEV_XDP_ACT_*; ENOENT: the kernel does not list them */
	struct { int err; uint32_t rx, max; } queues;
	struct { int err; uint32_t rx, max; } ring;
	struct { int err; uint32_t usecs, frames; bool adaptive; } coalesce;
	struct { int err; uint32_t *queue; size_t n; } rss;	/* malloc'd */
	struct { int err; bool by_ports; } udp_hash;
	struct { int err; bool gro, lro, merges, untags, untags_fixed; } offload;	/* merges: rx-gro-hw */
	struct { int err; size_t n; char names[128]; } filters;	/* BPF at tc's ingress */
};

/* The kernel's way to a backend for which none was resolved beforehand. */
struct doctor_way {
	struct sl_address addr, via;	/* via: the neighbour that is sent to */
	int err;			/* there is no route, because */
	bool is_known;			/* the neighbour's MAC is */
};

/* linux/netdev.h, which came with 6.3 */
enum { DOCTOR_XDP_BASIC = 1, DOCTOR_XDP_SENDS = 4 };

struct doctor_host {
	const char *root;		/* "" this host; else a tree like it */
	struct doctor_nic *nics;	/* those that are asked about */
	size_t n_nics;
	char tunnels[8][16];		/* devices, up, that take IPv4 out of packets */
	size_t n_tunnels;

	const char *instance;
	const struct sl_config *conf;	/* what was asked last; NULL: see absent */
	const char *absent;		/* why conf is NULL; NULL: it does not run */
	const char *closed;		/* why status and all below are not there */
	const struct sl_status *status;
	const struct sl_stats *stats;
	const struct sl_pool_mss *mss;
	size_t n_mss;
	struct doctor_way *ways;	/* of backends in stats */
	size_t n_ways;

	char *softnet;			/* softnet_stat as it was ... */
	uint32_t waited_ms;		/* ... so long ago; 0: nobody waited */
};

/* Fills nics with the interface of this name, or (NULL) with those of `conf`, or with
 * those of the host: hardware, else veth; tunnels and ways. -ENODEV.
 * doctor_host_clear() after it. */
int doctor_host_look(struct doctor_host *host, const char *ifname, struct sl_error *x);
/* Waits for so long between two looks at what the CPUs lost. */
void doctor_host_wait(struct doctor_host *host, uint32_t ms);
void doctor_host_clear(struct doctor_host *host);

/* ---- checks and findings ------------------------------------------------ */

enum doctor_state { DOCTOR_OK, DOCTOR_WARN, DOCTOR_BAD, DOCTOR_UNKNOWN, DOCTOR_STATES };

const char *doctor_state_name(enum doctor_state state);	/* "ok" */

struct doctor_exam;

struct doctor_check {
	const char *name;
	const char *looks;	/* at what */
	const char *why;	/* it matters */
	const char *says[DOCTOR_STATES];	/* when it says that; NULL: it never does */
	void (*look)(struct doctor_exam *exam);
	bool each;		/* of each interface, else of the host */
};

extern const struct doctor_check doctor_checks[];
extern const size_t n_doctor_checks;

struct doctor_finding {
	const struct doctor_check *check;
	char interface[16];	/* "": the host */
	enum doctor_state state;
	char seen[224];
	char *mend;		/* commands, each ends with \n; "# " begins advice; NULL: none */
};

struct doctor_report {
	struct doctor_finding *finding;		/* malloc'd; in the order of the checks */
	size_t n, count[DOCTOR_STATES];
};

/* A check that does not apply finds nothing. -ENOMEM. */
int doctor_examine(const struct doctor_host *host, struct doctor_report *report, struct sl_error *x);
void doctor_report_clear(struct doctor_report *report);

/* The mends as a shell script; advice stays a comment. malloc'd; NULL: no memory. */
char *doctor_script(const struct doctor_report *report);

#endif
