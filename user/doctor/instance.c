/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Checks of what runs: the instance, its backends, what fits the way to them. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "exam.h"

const struct sl_interface_conf *interface_conf(const struct doctor_exam *exam)
{
	const struct sl_config *conf = exam->host->conf;

	for (size_t i = 0; conf && i < conf->n_interfaces; i++)
		if (!strcmp(conf->interfaces[i].name, exam->nic->name))
			return &conf->interfaces[i];
	return NULL;
}

bool host_sends(const struct doctor_host *host)
{
	const struct sl_config *conf = host->conf;

	for (size_t i = 0; conf && i < conf->filter.n_rules; i++)
		if (conf->filter.rules[i].action == SL_DO_REDIRECT)
			return true;
	return conf && conf->n_pools;
}

void look_instance(struct doctor_exam *exam)
{
	const struct doctor_host *host = exam->host;
	const struct sl_status *status = host->status;
	char names[LINE] = "";
	size_t used = 0, gone = 0;

	if (!host->conf) {
		if (host->absent)
			found(exam, DOCTOR_UNKNOWN, "%s", host->absent);
		else
			found(exam, DOCTOR_OK, "%s does not run", host->instance);
		return;
	}
	if (!status) {
		found(exam, DOCTOR_UNKNOWN, "%s", host->closed ? host->closed : "its maps are not to be read");
		return;
	}
	for (size_t i = 0; i < status->n_links; i++) {
		gone += !status->links[i].ifindex;
		if (status->links[i].ifindex && used < sizeof(names))
			used += (size_t)snprintf(names + used, sizeof(names) - used, " %s", status->links[i].interface);
	}
	if (gone) {
		found(exam, DOCTOR_BAD, "%s: %zu of its interfaces are gone", host->instance, gone);
		advise(exam, "sluice -I %s status names them; apply the file again when they are back", host->instance);
	} else if (!used) {
		found(exam, DOCTOR_WARN, "%s runs, and is attached nowhere", host->instance);
		advise(exam, "sluice -I %s attach IFACE", host->instance);
	} else {
		found(exam, DOCTOR_OK, "%s runs on%s", host->instance, names);
	}
}

/* ---- backends ----------------------------------------------------------- */

static const char *address_text(const struct sl_address *addr, char text[INET6_ADDRSTRLEN])
{
	return inet_ntop(addr->family == 4 ? AF_INET : AF_INET6, addr->octet, text, INET6_ADDRSTRLEN);
}

static const struct doctor_way *way_to(const struct doctor_host *host, const struct sl_address *addr)
{
	for (size_t i = 0; i < host->n_ways; i++)
		if (!memcmp(&host->ways[i].addr, addr, sizeof(*addr)))
			return &host->ways[i];
	return NULL;
}

/* Nothing is resolved for it; may be the kernel is asked for each packet. */
static void look_way_to(struct doctor_exam *exam, const struct sl_named_backend *b, const char *text)
{
	const struct doctor_way *way = way_to(exam->host, &b->addr);
	char via[INET6_ADDRSTRLEN];

	if (way && way->err) {
		found(exam, DOCTOR_BAD, "pool %s: %s: no route: %s", b->pool, text, strerror(way->err));
		advise(exam, "ip route add %s via GATEWAY", text);
	} else if (way && !way->is_known) {
		found(exam, DOCTOR_BAD, "pool %s: %s: the neighbour %s is not known", b->pool, text, address_text(&way->via, via));
		advise(exam, "does it answer: ping %s; then: sluice -I %s pool settle %s", text, exam->host->instance, b->pool);
	} else if (b->hop == SL_HOP_NONE) {
		found(exam, DOCTOR_BAD, "pool %s: %s: no next hop is known to sluice", b->pool, text);
		advise(exam, "apply the file again, or let sluiced run, which follows routes and neighbours");
	}
}

static void look_backend(struct doctor_exam *exam, const struct sl_named_backend *b)
{
	char text[INET6_ADDRSTRLEN];

	address_text(&b->addr, text);
	if (b->standing == SL_STANDS_DOWN)
		found(exam, DOCTOR_WARN, "pool %s: %s: down by its check for %llu s", b->pool, text, (unsigned long long)b->stands_ms / 1000);
	if (b->hop == SL_HOP_NONE || b->hop == SL_HOP_FIB)
		look_way_to(exam, b, text);
}

static bool is_usable(const struct sl_named_backend *b)
{
	return b->hop != SL_HOP_NONE && !b->dead && b->slots;
}

static size_t look_pool(struct doctor_exam *exam, const char *pool)
{
	const struct sl_stats *stats = exam->host->stats;
	size_t n = 0, usable = 0;

	for (size_t i = 0; i < stats->n_backends; i++) {
		if (strcmp(stats->backends[i].pool, pool))
			continue;
		n++;
		usable += is_usable(&stats->backends[i]);
		look_backend(exam, &stats->backends[i]);
	}
	if (!usable)
		found(exam, DOCTOR_BAD, "pool %s: none of %zu backends can be sent to", pool, n);
	return usable;
}

void look_backends(struct doctor_exam *exam)
{
	const struct doctor_host *host = exam->host;
	size_t usable = 0, before = exam->report->n;

	if (!host->conf || !host->conf->n_pools)
		return;
	if (!host->stats) {
		found(exam, DOCTOR_UNKNOWN, "%s", host->closed ? host->closed : "its maps are not to be read");
		return;
	}
	for (size_t i = 0; i < host->conf->n_pools; i++)
		usable += look_pool(exam, host->conf->pools[i].name);
	if (exam->report->n == before)
		found(exam, DOCTOR_OK, "%zu can be sent to", usable);
}

/* ---- what fits ---------------------------------------------------------- */

enum { MTU_USUAL = 1500, MTU_LEAST6 = 1280 };

/* The largest packets that clients send to us. */
static uint32_t arriving(const struct doctor_host *host)
{
	uint32_t most = 0;

	for (size_t i = 0; i < host->n_nics; i++)
		if (host->nics[i].mtu > most)
			most = host->nics[i].mtu;
	return most && most < MTU_USUAL ? most : MTU_USUAL;
}

static void look_way(struct doctor_exam *exam, const struct sl_pool_mss *mss)
{
	static const char *const encaps[] = { "ipip", "gue", "l2" };
	uint32_t wanted = arriving(exam->host);

	if (mss->fits >= wanted)
		return;
	found(exam, mss->fits < MTU_LEAST6 ? DOCTOR_BAD : DOCTOR_WARN, "pool %s: packets of %u fit the way to its backends (%s), clients send %u",
	      mss->name, mss->fits, encaps[mss->encap], wanted);
	advise(exam, "on each device of the way, if its switches carry it: ip link set dev IFACE mtu %u more", wanted - mss->fits);
	advise(exam, "or on each backend: ip route change default via GATEWAY advmss %u", mss->mss4);
}

void look_pool_mtu(struct doctor_exam *exam)
{
	const struct doctor_host *host = exam->host;
	size_t before = exam->report->n;

	if (!host->conf || !host->conf->n_pools)
		return;
	if (!host->mss) {
		found(exam, DOCTOR_UNKNOWN, "%s", host->closed ? host->closed : "its maps are not to be read");
		return;
	}
	for (size_t i = 0; i < host->n_mss; i++)
		look_way(exam, &host->mss[i]);
	if (exam->report->n == before)
		found(exam, DOCTOR_OK, "packets of %u fit the way to all backends", arriving(host));
}
