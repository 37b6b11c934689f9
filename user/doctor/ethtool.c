/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a driver tells by ethtool's requests. */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <sluice/scope.h>

#include "ask.h"

struct talk { int sock; struct doctor_nic *nic; };

/* `what` begins with its command; 0 or errno. */
static int request(const struct talk *talk, void *what)
{
	struct ifreq request = { .ifr_data = what };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", talk->nic->name);
	return ioctl(talk->sock, SIOCETHTOOL, &request) ? errno : 0;
}

static void ask_driver(const struct talk *talk)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	if (request(talk, &info))
		return;
	snprintf(talk->nic->driver, sizeof(talk->nic->driver), "%s", info.driver);
	talk->nic->hardware = !talk->nic->kind[0] && info.bus_info[0] && strcmp(info.bus_info, "N/A");
}

static void ask_queues(const struct talk *talk)
{
	struct ethtool_channels c = { .cmd = ETHTOOL_GCHANNELS };

	talk->nic->queues.err = request(talk, &c);
	talk->nic->queues.rx = c.rx_count + c.combined_count;
	talk->nic->queues.max = c.combined_count || !c.rx_count ? c.max_combined : c.max_rx;
}

static void ask_ring(const struct talk *talk)
{
	struct ethtool_ringparam ring = { .cmd = ETHTOOL_GRINGPARAM };

	talk->nic->ring.err = request(talk, &ring);
	talk->nic->ring.rx = ring.rx_pending;
	talk->nic->ring.max = ring.rx_max_pending;
}

static void ask_coalesce(const struct talk *talk)
{
	struct ethtool_coalesce c = { .cmd = ETHTOOL_GCOALESCE };

	talk->nic->coalesce.err = request(talk, &c);
	talk->nic->coalesce.usecs = c.rx_coalesce_usecs;
	talk->nic->coalesce.frames = c.rx_max_coalesced_frames;
	talk->nic->coalesce.adaptive = c.use_adaptive_rx_coalesce;
}

static void ask_table(const struct talk *talk)
{
	struct ethtool_rxfh_indir size = { .cmd = ETHTOOL_GRXFHINDIR };
	autofree struct ethtool_rxfh_indir *table = NULL;
	struct doctor_nic *nic = talk->nic;

	nic->rss.err = request(talk, &size);
	if (nic->rss.err || !size.size)
		return;
	table = calloc(1, sizeof(*table) + size.size * sizeof(uint32_t));
	nic->rss.queue = calloc(size.size, sizeof(*nic->rss.queue));
	if (!table || !nic->rss.queue) {
		nic->rss.err = ENOMEM;
		return;
	}
	*table = (struct ethtool_rxfh_indir){ .cmd = ETHTOOL_GRXFHINDIR, .size = size.size };
	nic->rss.err = request(talk, table);
	memcpy(nic->rss.queue, table->ring_index, size.size * sizeof(uint32_t));
	nic->rss.n = nic->rss.err ? 0 : size.size;
}

static void ask_udp_hash(const struct talk *talk)
{
	struct ethtool_rxnfc hash = { .cmd = ETHTOOL_GRXFH, .flow_type = UDP_V4_FLOW };
	const uint64_t ports = RXH_L4_B_0_1 | RXH_L4_B_2_3;

	talk->nic->udp_hash.err = request(talk, &hash);
	talk->nic->udp_hash.by_ports = (hash.data & ports) == ports;
}

/* ---- offloads: features have names, and the names numbers ------------------ */

struct feature { bool on, fixed; };

static struct ethtool_gstrings *feature_names(const struct talk *talk, int *err)
{
	struct { struct ethtool_sset_info info; uint32_t n; } count = {	/* n: where info.data is */
		.info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES },
	};
	struct ethtool_gstrings *names;

	*err = request(talk, &count);
	if (*err)
		return NULL;
	names = calloc(1, sizeof(*names) + count.n * ETH_GSTRING_LEN);
	*err = names ? 0 : ENOMEM;
	if (!names)
		return NULL;
	*names = (struct ethtool_gstrings){ .cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES, .len = count.n };
	*err = request(talk, names);
	return names;
}

static struct feature feature_of(const struct ethtool_gstrings *names, const struct ethtool_gfeatures *bits, const char *name)
{
	for (uint32_t i = 0; i < names->len; i++) {
		const struct ethtool_get_features_block *block = &bits->features[i / 32];
		uint32_t bit = 1u << i % 32;

		if (!strncmp((const char *)names->data + (size_t)i * ETH_GSTRING_LEN, name, ETH_GSTRING_LEN))
			return (struct feature){ block->active & bit, !(block->available & bit) || block->never_changed & bit };
	}
	return (struct feature){ false, true };
}

static void ask_offload(const struct talk *talk)
{
	struct doctor_nic *nic = talk->nic;
	autofree struct ethtool_gstrings *names = feature_names(talk, &nic->offload.err);
	autofree struct ethtool_gfeatures *bits = NULL;
	struct feature vlan;
	uint32_t blocks;

	if (nic->offload.err)
		return;
	blocks = (names->len + 31) / 32;
	bits = calloc(1, sizeof(*bits) + blocks * sizeof(bits->features[0]));
	if (!bits) {
		nic->offload.err = ENOMEM;
		return;
	}
	*bits = (struct ethtool_gfeatures){ .cmd = ETHTOOL_GFEATURES, .size = blocks };
	nic->offload.err = request(talk, bits);
	vlan = feature_of(names, bits, "rx-vlan-hw-parse");
	nic->offload.gro = feature_of(names, bits, "rx-gro").on;
	nic->offload.lro = feature_of(names, bits, "rx-lro").on;
	nic->offload.merges = feature_of(names, bits, "rx-gro-hw").on;
	nic->offload.untags = vlan.on;
	nic->offload.untags_fixed = vlan.fixed;
}

void ask_ethtool(struct doctor_nic *nic)
{
	autoclose int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct talk talk = { sock, nic };

	ask_driver(&talk);
	ask_queues(&talk);
	ask_ring(&talk);
	ask_coalesce(&talk);
	ask_table(&talk);
	ask_udp_hash(&talk);
	ask_offload(&talk);
}
