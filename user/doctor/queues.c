/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Checks of how packets spread: queues, their rings, RSS and its stand-ins. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exam.h"

static bool count_rx(const char *name, void *arg)
{
	*(unsigned *)arg += !strncmp(name, "rx-", 3);
	return false;
}

unsigned rx_queues(const struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;
	struct path path;
	unsigned n = 0;

	if (!nic->queues.err)
		return nic->queues.rx;
	snprintf(path.text, sizeof(path.text), "sys/class/net/%s/queues", nic->name);
	if (nic->in_sys)
		each_name(exam->host, path.text, count_rx, &n);
	return n;
}

void look_queues(struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;
	unsigned cpus = cpus_online(exam->host), rx = rx_queues(exam);
	unsigned most = nic->queues.err ? rx : nic->queues.max;

	if (!nic->hardware)
		return;
	if (!rx) {
		found(exam, DOCTOR_UNKNOWN, "the driver does not tell");
		return;
	}
	found(exam, rx < cpus ? DOCTOR_WARN : DOCTOR_OK, "%u, of %u that it has, for %u CPUs", rx, most, cpus);
	if (rx >= cpus)
		return;
	if (rx < most)
		mend(exam, "ethtool -L %s combined %u", word_of(nic->name).text, most < cpus ? most : cpus);
	else if (rx == 1)
		advise(exam, "a rule with `action: cpu:LIST` spreads over CPUs what is passed to the host's stack; a virtual machine's hypervisor can give more queues");
	else
		advise(exam, "let its interrupts have CPUs of their own; see irqs");
}

/* ---- the indirection table ---------------------------------------------- */

struct share { unsigned used, least, most; };

static struct share shares(const struct doctor_nic *nic, unsigned rx)
{
	unsigned *count = calloc(rx, sizeof(*count));
	struct share share = { .least = (unsigned)nic->rss.n };

	for (size_t i = 0; count && i < nic->rss.n; i++)
		if (nic->rss.queue[i] < rx)
			count[nic->rss.queue[i]]++;
	for (unsigned i = 0; count && i < rx; i++) {
		share.used += count[i] > 0;
		if (count[i] && count[i] < share.least)
			share.least = count[i];
		if (count[i] > share.most)
			share.most = count[i];
	}
	free(count);
	return share;
}

void look_rss(struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;
	unsigned rx = rx_queues(exam);
	struct share share;

	if (!nic->hardware || rx < 2)
		return;
	if (nic->rss.err || !nic->rss.n) {
		found(exam, DOCTOR_UNKNOWN, "the driver does not show its table");
		return;
	}
	share = shares(nic, rx);
	if (share.used == rx && share.most <= 2 * share.least) {
		found(exam, DOCTOR_OK, "all %u queues, evenly", rx);
		return;
	}
	if (share.used < rx)
		found(exam, DOCTOR_WARN, "%u of %u queues get packets", share.used, rx);
	else
		found(exam, DOCTOR_WARN, "one queue gets %u parts of %zu, another %u", share.most, nic->rss.n, share.least);
	mend(exam, "ethtool -X %s equal %u", word_of(nic->name).text, rx);
}

static bool serves_udp(const struct sl_config *conf)
{
	for (size_t i = 0; conf && i < conf->n_services; i++)
		for (size_t at = 0; at < conf->services[i].n_ports; at++)
			if (conf->services[i].ports[at].proto == IPPROTO_UDP)
				return true;
	return false;
}

void look_rss_udp(struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;

	if (!nic->hardware || rx_queues(exam) < 2 || !serves_udp(exam->host->conf))
		return;
	if (nic->udp_hash.err) {
		found(exam, DOCTOR_UNKNOWN, "the driver does not tell");
	} else if (nic->udp_hash.by_ports) {
		found(exam, DOCTOR_OK, "by addresses and ports");
	} else {
		found(exam, DOCTOR_WARN, "by addresses alone");
		mend(exam, "ethtool -N %s rx-flow-hash udp4 sdfn", word_of(nic->name).text);
		mend(exam, "ethtool -N %s rx-flow-hash udp6 sdfn", word_of(nic->name).text);
	}
}

/* ---- rings and interrupts per packet ------------------------------------- */

enum { RING_ENOUGH = 1024, RING_GOOD = 2048, USECS_MOST = 200 };

void look_ring(struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;

	if (!nic->hardware)
		return;
	if (nic->ring.err || !nic->ring.max) {
		found(exam, DOCTOR_UNKNOWN, "the driver does not tell");
	} else if (nic->ring.rx >= RING_ENOUGH || nic->ring.rx >= nic->ring.max) {
		found(exam, DOCTOR_OK, "%u of %u", nic->ring.rx, nic->ring.max);
	} else {
		found(exam, DOCTOR_WARN, "%u of %u", nic->ring.rx, nic->ring.max);
		mend(exam, "ethtool -G %s rx %u", word_of(nic->name).text, nic->ring.max < RING_GOOD ? nic->ring.max : RING_GOOD);
	}
}

/* virtio shows numbers that are no setting of a device. */
void look_coalescing(struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;
	bool each = !nic->coalesce.usecs && nic->coalesce.frames <= 1;

	if (!nic->hardware || !strcmp(nic->driver, "virtio_net"))
		return;
	if (nic->coalesce.err) {
		found(exam, DOCTOR_UNKNOWN, "the driver does not tell");
	} else if (nic->coalesce.adaptive) {
		found(exam, DOCTOR_OK, "adaptive");
	} else if (each || nic->coalesce.usecs > USECS_MOST) {
		found(exam, DOCTOR_WARN, "%u us, %u frames", nic->coalesce.usecs, nic->coalesce.frames);
		mend(exam, "ethtool -C %s adaptive-rx on", word_of(nic->name).text);
		advise(exam, "where the driver has no adaptive-rx: ethtool -C %s rx-usecs 16", word_of(nic->name).text);
	} else {
		found(exam, DOCTOR_OK, "%u us, %u frames", nic->coalesce.usecs, nic->coalesce.frames);
	}
}

/* ---- what stands in for RSS ---------------------------------------------- */

/* A mask in hexadecimal, of any length, with commas. */
static bool mask_is_empty(const char *mask)
{
	return !mask[strspn(mask, "0,\n")];
}

/* Queues of which `file` has a mask or a number that is not 0. */
static unsigned queues_with(const struct doctor_exam *exam, unsigned rx, const char *file)
{
	char text[2 * LINE];
	unsigned n = 0;

	for (unsigned i = 0; i < rx; i++)
		n += !file_text(exam->host, text, sizeof(text), "sys/class/net/%s/queues/rx-%u/%s", exam->nic->name, i, file) && !mask_is_empty(text);
	return n;
}

/* All CPUs online, as a mask that the kernel reads. */
static void all_cpus(const struct doctor_host *host, char *text, size_t size)
{
	unsigned cpus = cpus_online(host), words = (cpus + 31) / 32;
	size_t used = 0;

	text[0] = 0;
	for (unsigned i = 0; i < words && used < size; i++) {
		unsigned here = i || !(cpus % 32) ? 32 : cpus % 32;

		used += (size_t)snprintf(text + used, size - used, "%s%llx", i ? "," : "", (1ull << here) - 1);
	}
}

void look_rps(struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;
	unsigned cpus = cpus_online(exam->host), rx = rx_queues(exam), on;
	char mask[LINE];

	if (!nic->hardware || !rx || !nic->in_sys || cpus == 1)
		return;
	on = queues_with(exam, rx, "rps_cpus");
	if (rx == 1 && !on) {
		found(exam, DOCTOR_WARN, "off, with one queue for %u CPUs", cpus);
		all_cpus(exam->host, mask, sizeof(mask));
		mend(exam, "echo %s >/sys/class/net/%s/queues/rx-0/rps_cpus", mask, word_of(nic->name).text);
	} else if (rx >= cpus && on) {
		found(exam, DOCTOR_WARN, "on for %u queues, though there is one for each CPU", on);
		mend(exam, "for q in /sys/class/net/%s/queues/rx-*/rps_cpus; do echo 0 >\"$q\"; done", word_of(nic->name).text);
	} else if (on) {
		found(exam, DOCTOR_OK, "on for %u of %u queues", on, rx);
	} else {
		found(exam, DOCTOR_OK, "off");
	}
}

void look_rfs(struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;
	unsigned rx = rx_queues(exam), on;
	long long entries;

	if (!nic->hardware || !rx || !nic->in_sys || cpus_online(exam->host) == 1)
		return;
	if (!core_sysctl(exam, "rps_sock_flow_entries", &entries))
		return;
	on = queues_with(exam, rx, "rps_flow_cnt");
	if (entries && !on) {
		found(exam, DOCTOR_WARN, "%lld entries, but no queue uses them", entries);
		mend(exam, "for q in /sys/class/net/%s/queues/rx-*/rps_flow_cnt; do echo %lld >\"$q\"; done", word_of(nic->name).text, entries / rx);
	} else if (!entries && on) {
		found(exam, DOCTOR_WARN, "on for %u queues, but the table has no entries", on);
		mend_sysctl(exam, 32768, "net.core.rps_sock_flow_entries");
	} else if (on) {
		found(exam, DOCTOR_OK, "on, %lld entries", entries);
	} else {
		found(exam, DOCTOR_OK, "off");
	}
}
