/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Checks of the host's IP: filters, forwarding, ARP, connection tracking. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "exam.h"

/* The larger of `all` and the interface's own counts; -1: not to be read. */
static long long larger(const struct doctor_host *host, const char *name, const char *key)
{
	long long all, own;

	if (file_number(host, &all, "proc/sys/net/ipv4/conf/all/%s", key) ||
	    file_number(host, &own, "proc/sys/net/ipv4/conf/%s/%s", name, key))
		return -1;
	return own > all ? own : all;
}

static bool is_backend(const struct doctor_host *host)
{
	return host->conf && host->conf->n_decap;
}

/* ---- rp_filter -------------------------------------------------------------- */

void look_rp_filter(struct doctor_exam *exam)
{
	long long filter;

	if (!is_backend(exam->host) || !interface_conf(exam))
		return;
	filter = larger(exam->host, exam->nic->name, "rp_filter");
	if (filter < 0) {
		found(exam, DOCTOR_UNKNOWN, "net.ipv4.conf does not have it");
	} else if (filter != 1) {
		found(exam, DOCTOR_OK, "%lld", filter);
	} else {
		found(exam, DOCTOR_WARN, "1: a request is dropped where its answer leaves by another interface");
		mend_sysctl(exam, 2, "net/ipv4/conf/%s/rp_filter", exam->nic->name);
	}
}

void look_tunnels(struct doctor_exam *exam)
{
	const struct doctor_host *host = exam->host;
	size_t strict = 0;

	for (size_t i = 0; i < host->n_tunnels; i++) {
		if (larger(host, host->tunnels[i], "rp_filter") != 1)
			continue;
		strict++;
		found(exam, DOCTOR_BAD, "%s: rp_filter is 1: what it takes out of packets is dropped", host->tunnels[i]);
		mend_sysctl(exam, 2, "net/ipv4/conf/%s/rp_filter", host->tunnels[i]);
	}
	if (host->n_tunnels && !strict)
		found(exam, DOCTOR_OK, "%zu, none filters", host->n_tunnels);
}

/* ---- forwarding ------------------------------------------------------------- */

/* Does the program ask the kernel for routes to backends of this family? */
static bool asks_fib(const struct doctor_host *host, uint8_t family)
{
	for (size_t i = 0; host->conf && i < host->conf->n_pools; i++) {
		const struct sl_pool_conf *pool = &host->conf->pools[i];

		for (size_t at = 0; pool->next_hop == SL_NEXT_FIB && at < pool->n_backends; at++)
			if (pool->backends[at].addr.family == family)
				return true;
	}
	return false;
}

void look_forwarding(struct doctor_exam *exam)
{
	static const uint8_t families[] = { 4, 6 };
	size_t before = exam->report->n, asked = 0;
	long long on;

	if (!interface_conf(exam))
		return;
	for (size_t i = 0; i < 2; i++) {
		if (!asks_fib(exam->host, families[i]))
			continue;
		asked++;
		if (file_number(exam->host, &on, "proc/sys/net/ipv%d/conf/%s/forwarding", families[i], exam->nic->name)) {
			found(exam, DOCTOR_UNKNOWN, "net.ipv%d.conf does not have it", families[i]);
		} else if (!on) {
			found(exam, DOCTOR_BAD, "IPv%d: off, but a pool asks the kernel for the next hop, which then tells none", families[i]);
			mend_sysctl(exam, 1, "net/ipv%d/conf/%s/forwarding", families[i], exam->nic->name);
		}
	}
	if (exam->report->n == before && asked)
		found(exam, DOCTOR_OK, "on");
	else if (exam->report->n == before)
		found(exam, DOCTOR_OK, "not needed: next hops are resolved beforehand");
}

/* ---- ARP -------------------------------------------------------------------- */

void look_arp(struct doctor_exam *exam)
{
	long long ignore, announce;

	if (!is_backend(exam->host) || !interface_conf(exam))
		return;
	ignore = larger(exam->host, exam->nic->name, "arp_ignore");
	announce = larger(exam->host, exam->nic->name, "arp_announce");
	if (ignore < 0 || announce < 0) {
		found(exam, DOCTOR_UNKNOWN, "net.ipv4.conf does not have it");
		return;
	}
	if (ignore >= 1 && announce >= 2) {
		found(exam, DOCTOR_OK, "arp_ignore %lld, arp_announce %lld", ignore, announce);
		return;
	}
	found(exam, DOCTOR_WARN, "arp_ignore %lld, arp_announce %lld: it may answer for the service's address", ignore, announce);
	if (ignore < 1)
		mend_sysctl(exam, 1, "net/ipv4/conf/%s/arp_ignore", exam->nic->name);
	if (announce < 2)
		mend_sysctl(exam, 2, "net/ipv4/conf/%s/arp_announce", exam->nic->name);
}

/* ---- connection tracking ------------------------------------------------------ */

enum { FULL_PERCENT = 95, NEAR_PERCENT = 80 };

/* Answers that go through this host belong to requests that it never saw. */
static bool sees_half(const struct doctor_host *host)
{
	long long forwards;

	return host->conf && host->conf->n_pools && !file_number(host, &forwards, "proc/sys/net/ipv4/ip_forward") && forwards;
}

void look_conntrack(struct doctor_exam *exam)
{
	const struct doctor_host *host = exam->host;
	long long count, most, percent;

	if (file_number(host, &count, "proc/sys/net/netfilter/nf_conntrack_count")) {
		found(exam, DOCTOR_OK, "not there");
		return;
	}
	if (file_number(host, &most, "proc/sys/net/netfilter/nf_conntrack_max") || most <= 0) {
		found(exam, DOCTOR_UNKNOWN, "nf_conntrack_max is not to be read");
		return;
	}
	percent = count * 100 / most;
	if (percent >= NEAR_PERCENT) {
		found(exam, percent >= FULL_PERCENT ? DOCTOR_BAD : DOCTOR_WARN, "%lld of %lld connections", count, most);
		mend_sysctl(exam, most * 2, "net.netfilter.nf_conntrack_max");
		advise(exam, "or track less: rules with notrack in nft's chain of type filter hook prerouting priority raw");
	} else if (count && sees_half(host)) {
		found(exam, DOCTOR_WARN, "%lld of %lld connections; answers through this host look invalid to it, as it does not see what sluice sends", count, most);
		advise(exam, "nft add table inet raw; nft 'add chain inet raw pre { type filter hook prerouting priority raw; }'; nft add rule inet raw pre ip saddr SERVICE notrack");
	} else {
		found(exam, DOCTOR_OK, "%lld of %lld connections", count, most);
	}
}
