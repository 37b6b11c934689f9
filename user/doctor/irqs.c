/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Checks of interrupts: on which CPUs, at whose memory, behind which IOMMU. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "exam.h"

/* ---- the interrupts of receive queues ------------------------------------ */

struct numbers { unsigned number[IRQS]; size_t n; };

static bool add_number(const char *name, void *arg)
{
	struct numbers *numbers = arg;

	numbers->number[numbers->n++] = (unsigned)strtoul(name, NULL, 10);
	return numbers->n == IRQS;
}

static bool is_one_of(const struct numbers *numbers, unsigned number)
{
	for (size_t i = 0; i < numbers->n; i++)
		if (numbers->number[i] == number)
			return true;
	return false;
}

/* Drivers name interrupts as they like: these words are not of receiving. */
static bool is_receiving(const char *name)
{
	static const char *const others[] = {
		"config", "output", "async", "misc", "mgm", "-tx-", "-Tx-", "ctrl", "event", "admin", "ll_ts", "pages", "cmd",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strstr(name, others[i]))
			return false;
	return true;
}

static void cpus_of_irq(const struct doctor_host *host, unsigned number, struct cpus *out)
{
	char list[2 * LINE] = "";

	if (file_text(host, list, sizeof(list), "proc/irq/%u/effective_affinity_list", number) || !list[0])
		file_text(host, list, sizeof(list), "proc/irq/%u/smp_affinity_list", number);
	cpus_read(list, out);
}

/* A line of /proc/interrupts: "38:  0  105731  PCI-MSIX ...  virtio2-input.0". */
static void take_line(struct doctor_exam *exam, const struct numbers *ours, const char *line, struct irqs *out)
{
	const char *name = strrchr(line, ' ');
	char *end;
	unsigned number = (unsigned)strtoul(line, &end, 10);
	struct irq *grown;
	struct cpus cpus;

	if (*end != ':' || !name || !is_one_of(ours, number) || !is_receiving(name + 1))
		return;
	if (!strcmp(name + 1, exam->nic->name) && ours->n > 1)
		return;	/* of the device itself, beside those of its queues */
	cpus_of_irq(exam->host, number, &cpus);
	if (!cpus_count(&cpus))
		return;
	grown = realloc(out->irq, (out->n + 1) * sizeof(*grown));
	if (!grown)
		return;
	out->irq = grown;
	grown[out->n++] = (struct irq){ number, cpus };
}

void irqs_of(struct doctor_exam *exam, struct irqs *out)
{
	autofree char *lines = file_whole(exam->host, "proc/interrupts");
	struct numbers ours = { .n = 0 };
	struct path path;
	char *rest = lines, *line;

	*out = (struct irqs){ 0 };
	if (!lines || !device_path(exam, "msi_irqs", &path))
		return;
	each_name(exam->host, path.text, add_number, &ours);
	while ((line = strsep(&rest, "\n")))
		take_line(exam, &ours, line, out);
}

struct cpus cpus_near(const struct doctor_exam *exam)
{
	struct path path;
	struct cpus cpus = { 0 };
	char list[2 * LINE];

	if (device_path(exam, "local_cpulist", &path) && !file_text(exam->host, list, sizeof(list), "%s", path.text))
		cpus_read(list, &cpus);
	if (!cpus_count(&cpus) && !file_text(exam->host, list, sizeof(list), "sys/devices/system/cpu/online"))
		cpus_read(list, &cpus);
	return cpus;
}

void mend_irqs(struct doctor_exam *exam, const struct irqs *irqs)
{
	struct cpus near = cpus_near(exam);

	for (size_t i = 0; i < irqs->n; i++)
		mend(exam, "echo %u >/proc/irq/%u/smp_affinity_list", cpus_nth(&near, (unsigned)i), irqs->irq[i].number);
}

/* ---- on which CPUs ------------------------------------------------------- */

void look_irqs(struct doctor_exam *exam)
{
	unsigned cpus = cpus_online(exam->host), wanted, used;
	struct cpus all = { 0 };
	struct irqs irqs;

	if (!exam->nic->hardware || cpus == 1)
		return;
	irqs_of(exam, &irqs);
	for (size_t i = 0; i < irqs.n; i++)
		for (size_t at = 0; at < CPUS / 64; at++)
			all.bits[at] |= irqs.irq[i].cpus.bits[at];
	used = cpus_count(&all);
	wanted = irqs.n < cpus ? (unsigned)irqs.n : cpus;
	if (!irqs.n) {
		found(exam, DOCTOR_UNKNOWN, "none of its interrupts is found in /proc/interrupts");
	} else if (used >= wanted) {
		found(exam, DOCTOR_OK, "%zu for receiving, on %u of %u CPUs", irqs.n, used, cpus);
	} else {
		found(exam, DOCTOR_WARN, "%zu for receiving, on %u of %u CPUs", irqs.n, used, cpus);
		mend_irqs(exam, &irqs);
	}
	free(irqs.irq);
}

static bool is_irqbalance(const char *name, void *arg)
{
	char comm[32];

	return *name >= '0' && *name <= '9' && !file_text(arg, comm, sizeof(comm), "proc/%s/comm", name) && !strcmp(comm, "irqbalance");
}

void look_irqbalance(struct doctor_exam *exam)
{
	struct doctor_host host = *exam->host;
	bool several = false;

	for (size_t i = 0; i < host.n_nics; i++)
		several |= host.nics[i].hardware && !host.nics[i].queues.err && host.nics[i].queues.rx > 1;
	if (!each_name(&host, "proc", is_irqbalance, &host)) {
		found(exam, DOCTOR_OK, "does not run");
	} else if (!several) {
		found(exam, DOCTOR_OK, "runs; no interface has several queues");
	} else {
		found(exam, DOCTOR_WARN, "runs");
		advise(exam, "systemctl disable --now irqbalance, or ban the interrupts of the interfaces: IRQBALANCE_ARGS=--banirq=N");
	}
}

/* ---- at whose memory ----------------------------------------------------- */

static unsigned nodes_of(const struct doctor_host *host)
{
	struct cpus nodes;
	char list[LINE];

	if (file_text(host, list, sizeof(list), "sys/devices/system/node/online"))
		return 1;
	cpus_read(list, &nodes);
	return cpus_count(&nodes);
}

static void look_node(struct doctor_exam *exam, long long node)
{
	struct cpus here;
	struct irqs irqs;
	char list[2 * LINE] = "";
	size_t away = 0;

	file_text(exam->host, list, sizeof(list), "sys/devices/system/node/node%lld/cpulist", node);
	cpus_read(list, &here);
	irqs_of(exam, &irqs);
	for (size_t i = 0; i < irqs.n; i++) {
		size_t at = 0;

		while (at < CPUS / 64 && !(irqs.irq[i].cpus.bits[at] & ~here.bits[at]))
			at++;
		away += at < CPUS / 64;
	}
	if (!irqs.n || !cpus_count(&here)) {
		found(exam, DOCTOR_UNKNOWN, "at node %lld; none of its interrupts is found in /proc/interrupts", node);
		return;
	}
	found(exam, away ? DOCTOR_WARN : DOCTOR_OK, "at node %lld; %zu of its %zu interrupts for receiving go to another", node, away, irqs.n);
	if (away)
		mend_irqs(exam, &irqs);
	free(irqs.irq);
}

void look_numa(struct doctor_exam *exam)
{
	long long node = -1;
	struct path path;

	if (!exam->nic->hardware)
		return;
	if (nodes_of(exam->host) <= 1)
		found(exam, DOCTOR_OK, "one node");
	else if (!device_path(exam, "numa_node", &path) || file_number(exam->host, &node, "%s", path.text) || node < 0)
		found(exam, DOCTOR_UNKNOWN, "the host does not say at which node it is");
	else
		look_node(exam, node);
}

void look_iommu(struct doctor_exam *exam)
{
	struct path path;
	char type[32];

	if (!exam->nic->hardware)
		return;
	if (!exam->nic->in_sys) {
		found(exam, DOCTOR_UNKNOWN, "/sys shows another network namespace");
	} else if (!device_path(exam, "iommu_group/type", &path)) {
		found(exam, DOCTOR_OK, "none before it");
	} else if (file_text(exam->host, type, sizeof(type), "%s", path.text)) {
		found(exam, DOCTOR_UNKNOWN, "its group does not say");
	} else if (strcmp(type, "DMA")) {
		found(exam, DOCTOR_OK, "%s", type);
	} else {
		found(exam, DOCTOR_WARN, "DMA: each mapping is flushed at once");
		mend(exam, "echo DMA-FQ >/%s", word_of(path.text).text);
		advise(exam, "or iommu.passthrough=1 on the kernel's command line, where devices are trusted");
	}
}
