/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Why XDP does not get on a device: before it is tried, and afterwards. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <sluice/scope.h>

#include "device.h"

enum { MTU_USUAL = 1500 };

static int not_native(const char *ifname, struct sl_error *x)
{
	return sl_fail(
		x, EOPNOTSUPP,
		"%s: its driver has no native XDP as the device is set up: use --mode generic (slower)",
		ifname);
}

/* Its name needs CAP_SYS_ADMIN; without it there is the id. */
static int foreign(const char *ifname, uint32_t id, struct sl_error *x)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);
	autoclose int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length) || !*info.name)
		snprintf(info.name, sizeof(info.name), "unnamed");
	return sl_fail(
		x, EBUSY,
		"%s: program %s (id %u) is attached by somebody else: detach it first",
		ifname, info.name, id);
}

int sl_interface_check(const char *ifname, enum sl_mode mode,
		       struct sl_error *x)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	uint32_t ifindex = if_nametoindex(ifname), id;
	struct device d;

	if (!ifindex || device_look(ifindex, &d))
		return sl_fail(x, ENODEV, "%s: no such interface: expected one that ip link shows", ifname);
	if (mode == SL_MODE_NATIVE && !strcmp(d.kind, "vlan"))
		return sl_fail(
			x, EOPNOTSUPP,
			"%s: a VLAN device has no native XDP: attach to the device below it, or use --mode generic",
			ifname);
	if (mode == SL_MODE_NATIVE && !strcmp(d.kind, "bond"))
		return sl_fail(
			x, EOPNOTSUPP,
			"%s: a bond hands native XDP packets of the devices below it: attach to each of those, or use --mode generic",
			ifname);
	if (mode == SL_MODE_NATIVE && !device_native(ifindex))
		return not_native(ifname, x);
	if (bpf_xdp_query((int)ifindex, 0, &opts))
		return 0; /* the attempt will tell */
	id = opts.prog_id       ? opts.prog_id
	     : opts.drv_prog_id ? opts.drv_prog_id
				: opts.skb_prog_id;
	return id ? foreign(ifname, id, x) : 0;
}

/* Drivers have no common number for what is wrong; these say "not so". */
static bool is_about_setup(int err)
{
	return err == EINVAL || err == EOPNOTSUPP || err == ERANGE ||
	       err == ENOSPC || err == E2BIG || err == EMSGSIZE;
}

int device_refused(const struct device *d, enum sl_mode mode, int err,
		   struct sl_error *x)
{
	bool setup = is_about_setup(err) && mode == SL_MODE_NATIVE;
	bool large = d->mtu > MTU_USUAL;

	if (setup && d->lro && err != ERANGE)
		return sl_fail(
			x, err,
			"%s: the driver refuses XDP while LRO is on%s: ethtool -K %s lro off, or use --mode generic",
			d->name, large ? ", and perhaps at so large an MTU" : "",
			d->name);
	if (setup && large && err == EOPNOTSUPP)
		return sl_fail(
			x, err,
			"%s: its driver has no native XDP, or none at an MTU of %u: lower the MTU, or use --mode generic (slower)",
			d->name, d->mtu);
	if (err == ERANGE || (setup && large))
		return sl_fail(
			x, err,
			"%s: the driver refuses XDP at an MTU of %u: lower the MTU, or use --mode generic",
			d->name, d->mtu);
	if (setup && err == EOPNOTSUPP)
		return not_native(d->name, x);
	if (setup)
		return sl_fail(
			x, err,
			"%s: the driver refuses XDP as the device is set up now (queues, headroom): use --mode generic",
			d->name);
	errno = err;
	return sl_fail_errno(x, "%s: attaching", d->name);
}

int device_refusal(const char *ifname, enum sl_mode mode, int err,
		   struct sl_error *x)
{
	struct device d = { .mtu = 0 };
	int busy;

	if (err == EBUSY || err == EEXIST) {
		busy = sl_interface_check(ifname, mode, x);
		return busy ? busy
			    : sl_fail(x, EBUSY,
				      "%s: a program is attached by somebody else: detach it first",
				      ifname);
	}
	device_look(if_nametoindex(ifname), &d);
	device_offloads(ifname, &d);
	snprintf(d.name, sizeof(d.name), "%s", ifname);
	return device_refused(&d, mode, err, x);
}
