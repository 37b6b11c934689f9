/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What checks are made of: files of the tree, lists of CPUs, findings. */
#ifndef EXAM_H
#define EXAM_H

#include "doctor.h"

struct doctor_exam {
	const struct doctor_host *host;
	const struct doctor_nic *nic;		/* NULL: a check of the host */
	const struct doctor_check *check;
	struct doctor_report *report;
	bool failed;				/* no memory */
};

#define PRINTS(at, args) __attribute__((format(printf, at, args)))

/* ---- report.c */
void found(struct doctor_exam *exam, enum doctor_state state, const char *seen, ...) PRINTS(3, 4);
/* A command that mends the last finding; advice: one that the script does not run. */
void mend(struct doctor_exam *exam, const char *command, ...) PRINTS(2, 3);
void advise(struct doctor_exam *exam, const char *command, ...) PRINTS(2, 3);
/* A name as a word of a shell: as it is, or in single quotes. */
struct word { char text[288]; };
struct word word_of(const char *name);

/* ---- files.c: paths are relative to the tree, without a slash before */
enum { LINE = 256 };

/* Its octets without the last newline, cut to fit; 0 or -errno. */
int file_text(const struct doctor_host *host, char *text, size_t size, const char *path, ...) PRINTS(4, 5);
int file_number(const struct doctor_host *host, long long *number, const char *path, ...) PRINTS(3, 4);
char *file_whole(const struct doctor_host *host, const char *path);	/* malloc'd, or NULL */
/* Calls each() with every name in a directory till it says true; did it? */
bool each_name(const struct doctor_host *host, const char *path, bool (*each)(const char *name, void *arg), void *arg);
/* Where /sys has the device of the exam's interface that has `file` (a virtio device
 * lies below the PCI device): a path; false: nowhere. */
struct path { char text[256]; };
bool device_path(const struct doctor_exam *exam, const char *file, struct path *out);
/* "sysctl -w ..." of a key in /proc/sys, by slashes, as names may have dots. */
void mend_sysctl(struct doctor_exam *exam, long long value, const char *key, ...) PRINTS(3, 4);
/* Reads sysctl net.core.KEY; else finds it unknown, as namespaces other than the first do not show it. */
bool core_sysctl(struct doctor_exam *exam, const char *key, long long *value);

/* The running kernel; 0.0 when it is not to be read. */
struct kernel { unsigned major, minor; char release[64]; };
struct kernel kernel_of(const struct doctor_host *host);
bool kernel_before(const struct kernel *kernel, unsigned major, unsigned minor);

/* ---- cpus.c */
enum { CPUS = 4096 };
struct cpus { uint64_t bits[CPUS / 64]; };

void cpus_add(struct cpus *cpus, unsigned cpu);
bool cpus_has(const struct cpus *cpus, unsigned cpu);
unsigned cpus_count(const struct cpus *cpus);
/* The nth of them, from 0, beginning anew after the last; 0 of none. */
unsigned cpus_nth(const struct cpus *cpus, unsigned n);
void cpus_read(const char *list, struct cpus *out);	/* "0-3,8" */
unsigned cpus_online(const struct doctor_host *host);	/* 1 where it is not to be read */

/* ---- irqs.c: interrupts of an interface's receive queues */
enum { IRQS = 512 };
struct irq { unsigned number; struct cpus cpus; };
struct irqs { struct irq *irq; size_t n; };

/* n 0: none are found. Free irq->irq. */
void irqs_of(struct doctor_exam *exam, struct irqs *out);
/* The CPUs at the interface's memory; all where that is not known. */
struct cpus cpus_near(const struct doctor_exam *exam);
void mend_irqs(struct doctor_exam *exam, const struct irqs *irqs);

/* Is it one of the interfaces of what runs? */
const struct sl_interface_conf *interface_conf(const struct doctor_exam *exam);
bool host_sends(const struct doctor_host *host);	/* it has pools, or rules that redirect */
unsigned rx_queues(const struct doctor_exam *exam);	/* 0: not known */

/* ---- the checks, by file */
void look_kernel(struct doctor_exam *exam);
void look_btf(struct doctor_exam *exam);
void look_jit(struct doctor_exam *exam);
void look_jit_harden(struct doctor_exam *exam);
void look_bpffs(struct doctor_exam *exam);
void look_memory(struct doctor_exam *exam);

void look_instance(struct doctor_exam *exam);
void look_backends(struct doctor_exam *exam);
void look_pool_mtu(struct doctor_exam *exam);

void look_xdp_driver(struct doctor_exam *exam);
void look_xdp_program(struct doctor_exam *exam);
void look_xdp_send(struct doctor_exam *exam);
void look_xdp_queues(struct doctor_exam *exam);
void look_tc_programs(struct doctor_exam *exam);
void look_vlan_offload(struct doctor_exam *exam);
void look_lro(struct doctor_exam *exam);
void look_gro(struct doctor_exam *exam);

void look_queues(struct doctor_exam *exam);
void look_rss(struct doctor_exam *exam);
void look_rss_udp(struct doctor_exam *exam);
void look_ring(struct doctor_exam *exam);
void look_coalescing(struct doctor_exam *exam);
void look_rps(struct doctor_exam *exam);
void look_rfs(struct doctor_exam *exam);

void look_irqs(struct doctor_exam *exam);
void look_irqbalance(struct doctor_exam *exam);
void look_numa(struct doctor_exam *exam);
void look_iommu(struct doctor_exam *exam);

void look_softnet(struct doctor_exam *exam);
void look_budget(struct doctor_exam *exam);
void look_backlog(struct doctor_exam *exam);
void look_busy_poll(struct doctor_exam *exam);
void look_somaxconn(struct doctor_exam *exam);

void look_rp_filter(struct doctor_exam *exam);
void look_tunnels(struct doctor_exam *exam);
void look_forwarding(struct doctor_exam *exam);
void look_arp(struct doctor_exam *exam);
void look_conntrack(struct doctor_exam *exam);

#endif
