/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Checks of an interface's driver: its XDP, who else is there, what it merges. */
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include "exam.h"

/* Drivers and the kernel that brought their XDP, for kernels that do not tell. */
static const struct { const char *driver; unsigned major, minor; } natives[] = {
	{ "bnxt_en", 4, 11 }, { "bonding", 5, 15 }, { "cpsw", 5, 3 }, { "ena", 5, 6 },
	{ "fec", 6, 2 }, { "fsl_dpa", 5, 11 }, { "fsl_dpaa2_eth", 5, 0 }, { "fsl_enetc", 5, 13 },
	{ "gve", 6, 4 }, { "hv_netvsc", 5, 6 }, { "i40e", 4, 13 }, { "ice", 5, 5 },
	{ "igb", 5, 10 }, { "igc", 5, 13 }, { "ixgbe", 4, 12 }, { "ixgbevf", 4, 17 },
	{ "mana", 5, 17 }, { "mlx4_en", 4, 8 }, { "mlx5_core", 4, 9 }, { "mvneta", 5, 5 },
	{ "mvpp2", 5, 9 }, { "netsec", 5, 3 }, { "nfp", 4, 10 }, { "nicvf", 4, 12 },
	{ "qede", 4, 10 }, { "sfc", 5, 5 }, { "stmmac", 5, 13 }, { "tun", 4, 14 },
	{ "veth", 4, 19 }, { "virtio_net", 4, 10 }, { "vif", 5, 9 }, { "vmxnet3", 6, 6 },
};

/* Bits of a virtio device's features. */
enum {
	VIRTIO_GUEST_CSUM = 1, VIRTIO_CTRL_GUEST_OFFLOADS = 2,
	VIRTIO_GUEST_TSO4 = 7, VIRTIO_GUEST_UFO = 10,
	VIRTIO_GUEST_USO4 = 54, VIRTIO_GUEST_USO6 = 55,
};

static bool has_bit(const char *bits, size_t n)
{
	return strlen(bits) > n && bits[n] == '1';
}

/* It refuses native programs while the hypervisor may hand it merged or
 * unsummed packets that it cannot forbid. */
static bool virtio_refuses(struct doctor_exam *exam)
{
	char bits[LINE];
	bool merges;

	if (strcmp(exam->nic->driver, "virtio_net") || !exam->nic->in_sys ||
	    file_text(exam->host, bits, sizeof(bits), "sys/class/net/%s/device/features", exam->nic->name))
		return false;
	merges = has_bit(bits, VIRTIO_GUEST_CSUM) || has_bit(bits, VIRTIO_GUEST_USO4) || has_bit(bits, VIRTIO_GUEST_USO6);
	for (size_t bit = VIRTIO_GUEST_TSO4; bit <= VIRTIO_GUEST_UFO; bit++)
		merges |= has_bit(bits, bit);
	return merges && !has_bit(bits, VIRTIO_CTRL_GUEST_OFFLOADS);
}

/* Why a native program does not get on it; NULL: it does, or that is not known. */
static const char *refusal(struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;

	if (!strcmp(nic->kind, "vlan"))
		return "a VLAN device has none: attach to the device below it";
	if (!strcmp(nic->kind, "bond"))
		return "a bond hands packets on: attach to the devices below it";
	if (virtio_refuses(exam))
		return "the hypervisor merges packets, and the device cannot turn that off";
	if (!nic->can.err && !(nic->can.features & DOCTOR_XDP_BASIC))
		return "the driver has none";
	return NULL;
}

/* By the table: 1 it has, 0 it comes later, -1 the table does not know. */
static int by_table(struct doctor_exam *exam, const char **since)
{
	static char text[16];
	struct kernel kernel = kernel_of(exam->host);

	for (size_t i = 0; i < sizeof(natives) / sizeof(natives[0]); i++) {
		if (strcmp(natives[i].driver, exam->nic->driver))
			continue;
		snprintf(text, sizeof(text), "%u.%u", natives[i].major, natives[i].minor);
		*since = text;
		return !kernel_before(&kernel, natives[i].major, natives[i].minor);
	}
	return -1;
}

static void refused(struct doctor_exam *exam, const char *why)
{
	const struct sl_interface_conf *conf = interface_conf(exam);
	bool chosen = conf && conf->mode == SL_MODE_GENERIC;

	found(exam, chosen ? DOCTOR_WARN : DOCTOR_BAD, "%s: %s%s", exam->nic->driver[0] ? exam->nic->driver : exam->nic->kind, why,
	      chosen ? "; generic, as configured" : "");
	if (virtio_refuses(exam))
		advise(exam, "to the hypervisor: guest_csum=off,guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off, or offer ctrl_guest_offloads");
	if (!chosen)
		advise(exam, "sluice attach %s --mode generic works, slower", word_of(exam->nic->name).text);
}

void look_xdp_driver(struct doctor_exam *exam)
{
	const struct sl_interface_conf *conf = interface_conf(exam);
	const struct doctor_nic *nic = exam->nic;
	const char *why = refusal(exam), *since = NULL;
	int known = nic->can.err ? by_table(exam, &since) : 1;

	if (why) {
		refused(exam, why);
	} else if (!known) {
		found(exam, DOCTOR_BAD, "%s: native XDP comes with kernel %s", nic->driver, since);
		advise(exam, "sluice attach %s --mode generic works, slower", word_of(nic->name).text);
	} else if (known < 0) {
		found(exam, DOCTOR_UNKNOWN, "%s: this kernel does not tell, and sluice does not know the driver", nic->driver[0] ? nic->driver : "no name");
	} else if (conf && conf->mode == SL_MODE_GENERIC) {
		found(exam, DOCTOR_WARN, "%s: native XDP is there, generic is configured", nic->driver);
		advise(exam, "mode: native for %s in the file, or sluice attach %s --mode native", nic->name, word_of(nic->name).text);
	} else {
		found(exam, DOCTOR_OK, "%s: native XDP%s%s", nic->driver, since ? " since " : "", since ? since : "");
	}
}

/* ---- who is there ------------------------------------------------------- */

static bool is_ours(const struct doctor_exam *exam)
{
	const struct sl_status *status = exam->host->status;

	for (size_t i = 0; status && i < status->n_links; i++)
		if (status->links[i].ifindex == exam->nic->ifindex)
			return true;
	return false;
}

void look_xdp_program(struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;
	bool wanted = interface_conf(exam);

	if (!nic->xdp.prog_id && wanted) {
		found(exam, DOCTOR_BAD, "none, but it is configured");
		advise(exam, "sluice -I %s attach %s", exam->host->instance, word_of(nic->name).text);
	} else if (!nic->xdp.prog_id) {
		found(exam, DOCTOR_OK, "none");
	} else if (is_ours(exam)) {
		found(exam, DOCTOR_OK, "program %u, of instance %s", nic->xdp.prog_id, exam->host->instance);
	} else if ((wanted || exam->host->absent) && !exam->host->status) {
		found(exam, DOCTOR_UNKNOWN, "program %u; whose it is, root can see", nic->xdp.prog_id);
	} else {
		found(exam, DOCTOR_BAD, "program %u, of somebody else", nic->xdp.prog_id);
		advise(exam, "bpftool prog show id %u names it; its owner, or ip link set dev %s xdp off, takes it off", nic->xdp.prog_id, word_of(nic->name).text);
	}
}

void look_xdp_send(struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;
	bool is_veth = !strcmp(nic->kind, "veth");

	if (!host_sends(exam->host) || !interface_conf(exam) || !nic->xdp.prog_id)
		return;
	if (nic->can.err) {
		found(exam, DOCTOR_UNKNOWN, "this kernel does not tell: 6.3 does");
	} else if (nic->can.features & DOCTOR_XDP_SENDS) {
		found(exam, DOCTOR_OK, "packets of other interfaces leave by it");
	} else if (is_veth) {
		found(exam, DOCTOR_BAD, "what is sent by it is lost: its other end has no program");
		advise(exam, "at the other end: sluice -I other attach IFACE");
	} else {
		found(exam, DOCTOR_WARN, "%s: packets of other interfaces cannot leave by it", nic->driver);
		advise(exam, "let backends be reached by the interface that requests come in by");
	}
}

/* virtio has queues of its own for what XDP sends, if there are enough. */
void look_xdp_queues(struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;
	struct cpus cpus;
	char list[LINE];
	unsigned possible;

	if (strcmp(nic->driver, "virtio_net") || nic->queues.err || !host_sends(exam->host) ||
	    file_text(exam->host, list, sizeof(list), "sys/devices/system/cpu/possible"))
		return;
	cpus_read(list, &cpus);
	possible = cpus_count(&cpus);
	if (nic->queues.rx + possible <= nic->queues.max) {
		found(exam, DOCTOR_OK, "%u of %u queues are free, for %u CPUs", nic->queues.max - nic->queues.rx, nic->queues.max, possible);
		return;
	}
	found(exam, DOCTOR_WARN, "%u of %u queues are free, for %u CPUs", nic->queues.max - nic->queues.rx, nic->queues.max, possible);
	if (nic->queues.max > possible)
		mend(exam, "ethtool -L %s combined %u", word_of(nic->name).text, nic->queues.max - possible);
	else
		advise(exam, "to the hypervisor: %u queues", 2 * possible);
}

void look_tc_programs(struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;

	if (nic->filters.err)
		found(exam, DOCTOR_UNKNOWN, "%s", strerror(nic->filters.err));
	else if (!nic->filters.n)
		found(exam, DOCTOR_OK, "none");
	else if (!host_sends(exam->host))
		found(exam, DOCTOR_OK, "%s: sees what sluice passes", nic->filters.names);
	else
		found(exam, DOCTOR_WARN, "%s: does not see what sluice sends to backends", nic->filters.names);
}

/* ---- what it does to packets before -------------------------------------- */

static const char *rule_of_vlans(const struct sl_config *conf)
{
	for (size_t i = 0; conf && i < conf->filter.n_rules; i++)
		if (conf->filter.rules[i].vlan.n)
			return conf->filter.rules[i].name;
	return NULL;
}

void look_vlan_offload(struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;
	const char *rule = rule_of_vlans(exam->host->conf);

	if (nic->offload.err) {
		found(exam, DOCTOR_UNKNOWN, "%s", strerror(nic->offload.err));
	} else if (!nic->offload.untags || !rule) {
		found(exam, DOCTOR_OK, nic->offload.untags ? "on; no rule looks at VLANs" : "off");
	} else {
		found(exam, DOCTOR_BAD, "on: rule %s does not see the tags that the device takes off", rule);
		if (nic->offload.untags_fixed)
			advise(exam, "the driver cannot turn it off: match what tells the VLANs apart, as addresses");
		else
			mend(exam, "ethtool -K %s rxvlan off", word_of(nic->name).text);
	}
}

void look_lro(struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;
	bool merges = nic->offload.merges && strcmp(nic->driver, "virtio_net");

	if (!nic->hardware)
		return;
	if (nic->offload.err) {
		found(exam, DOCTOR_UNKNOWN, "%s", strerror(nic->offload.err));
		return;
	}
	if (!nic->offload.lro && !merges) {
		found(exam, DOCTOR_OK, "off");
		return;
	}
	found(exam, DOCTOR_WARN, "%s%s%s on", nic->offload.lro ? "LRO" : "", nic->offload.lro && merges ? " and " : "", merges ? "GRO in hardware" : "");
	if (nic->offload.lro)
		mend(exam, "ethtool -K %s lro off", word_of(nic->name).text);
	if (merges)
		mend(exam, "ethtool -K %s rx-gro-hw off", word_of(nic->name).text);
}

void look_gro(struct doctor_exam *exam)
{
	const struct doctor_nic *nic = exam->nic;

	if (!nic->hardware)
		return;
	if (nic->offload.err) {
		found(exam, DOCTOR_UNKNOWN, "%s", strerror(nic->offload.err));
	} else if (nic->offload.gro) {
		found(exam, DOCTOR_OK, "on");
	} else {
		found(exam, DOCTOR_WARN, "off");
		mend(exam, "ethtool -K %s gro on", word_of(nic->name).text);
	}
}
