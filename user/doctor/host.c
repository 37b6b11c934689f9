/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* This host: which interfaces are asked about, and what is known of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sluice/scope.h>

#include "ask.h"
#include "exam.h"

/* /sys may be of another network namespace, whose interfaces have the same names. */
static bool is_in_sys(const struct doctor_host *host, const struct doctor_nic *nic)
{
	const uint8_t *mac = nic->mac;
	char own[32], there[32];
	long long index;

	snprintf(own, sizeof(own), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return !file_number(host, &index, "sys/class/net/%s/ifindex", nic->name) && index == nic->ifindex &&
	       !file_text(host, there, sizeof(there), "sys/class/net/%s/address", nic->name) && !strcmp(own, there);
}

static bool is_configured(const struct sl_config *conf, const char *name)
{
	for (size_t i = 0; conf && i < conf->n_interfaces; i++)
		if (!strcmp(conf->interfaces[i].name, name))
			return true;
	return false;
}

/* How much an interface looks as if it were meant, when none is named. */
enum { NOT, VETH, HARDWARE, CONFIGURED };

static int meant(const struct doctor_host *host, const struct doctor_nic *nic)
{
	if (is_configured(host->conf, nic->name))
		return CONFIGURED;
	if (!nic->up || !nic->ethernet)
		return NOT;
	if (nic->hardware)
		return HARDWARE;
	return strcmp(nic->kind, "veth") ? NOT : VETH;
}

static int most_meant(const struct doctor_host *host)
{
	int most = NOT;

	for (size_t i = 0; i < host->n_nics; i++)
		if (meant(host, &host->nics[i]) > most)
			most = meant(host, &host->nics[i]);
	return most;
}

/* Keeps the one of this name, or (NULL) those that are meant most. */
static void keep(struct doctor_host *host, const char *ifname)
{
	int most = most_meant(host);
	size_t kept = 0;

	for (size_t i = 0; i < host->n_nics; i++) {
		struct doctor_nic *nic = &host->nics[i];
		bool wanted = ifname ? !strcmp(nic->name, ifname) : most && meant(host, nic) == most;

		if (wanted)
			host->nics[kept++] = *nic;
		else
			free(nic->rss.queue);
	}
	host->n_nics = kept;
}

/* Devices that take IPv4 packets out of others. */
static void note_tunnel(struct doctor_host *host, const struct doctor_nic *nic)
{
	size_t room = sizeof(host->tunnels) / sizeof(host->tunnels[0]);

	if (nic->up && host->n_tunnels < room && (!strcmp(nic->kind, "ipip") || !strcmp(nic->kind, "ip6tnl")))
		memcpy(host->tunnels[host->n_tunnels++], nic->name, sizeof(nic->name));
}

int doctor_host_look(struct doctor_host *host, const char *ifname, struct sl_error *x)
{
	int err = ask_links(&host->nics, &host->n_nics);

	if (err)
		return sl_fail(x, err, "interfaces: the kernel does not list them: %s", strerror(-err));
	for (size_t i = 0; i < host->n_nics; i++) {
		note_tunnel(host, &host->nics[i]);
		ask_ethtool(&host->nics[i]);
	}
	keep(host, ifname);
	if (ifname && !host->n_nics)
		return sl_fail(x, ENODEV, "%s: no such interface", ifname);
	for (size_t i = 0; i < host->n_nics; i++) {
		host->nics[i].in_sys = is_in_sys(host, &host->nics[i]);
		ask_features(&host->nics[i]);
		ask_filters(&host->nics[i]);
	}
	ask_ways(host);
	return 0;
}

void doctor_host_wait(struct doctor_host *host, uint32_t ms)
{
	struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	host->softnet = file_whole(host, "proc/net/softnet_stat");
	while (nanosleep(&left, &left) && errno == EINTR)
		;
	host->waited_ms = ms;
}

void doctor_host_clear(struct doctor_host *host)
{
	for (size_t i = 0; i < host->n_nics; i++)
		free(host->nics[i].rss.queue);
	free(host->nics);
	free(host->softnet);
	free(host->ways);
	host->nics = NULL;
	host->softnet = NULL;
	host->ways = NULL;
	host->n_nics = host->n_ways = 0;
}
