/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The program on interfaces: links that are pinned, so that they stay. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <sluice/scope.h>

#include "device.h"
#include "interfaces.h"
#include "links.h"

/* ---- reading ---------------------------------------------------------- */

static void link_path(const struct sl_instance *inst, const char *ifname,
		      char path[PIN_PATH])
{
	char pinned[32];

	pin_name(pinned, sizeof(pinned), ifname);
	snprintf(path, PIN_PATH, "%s/links/%s", inst->dir, pinned);
}

static int read_link(const struct sl_instance *inst, struct link *l,
		     struct sl_error *x)
{
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);
	char path[PIN_PATH];
	uint32_t now;

	link_path(inst, l->name, path);
	l->fd = bpf_obj_get(path);
	if (l->fd < 0)
		return sl_fail_errno(x, "%s", path);
	if (bpf_obj_get_info_by_fd(l->fd, &info, &length))
		return sl_fail_errno(x, "%s", path);
	now = if_nametoindex(l->name);
	l->ifindex = info.xdp.ifindex;
	l->prog_id = info.prog_id;
	l->exists = now != 0;
	l->moved = now && now != l->ifindex;
	l->mode = l->ifindex && device_mode(l->ifindex) == XDP_ATTACHED_SKB
			  ? SL_MODE_GENERIC
			  : SL_MODE_NATIVE;
	return 0;
}

static int add_link(const struct sl_instance *inst, struct links *links,
		    const char *pinned, struct sl_error *x)
{
	struct link *grown =
		realloc(links->link, (links->n + 1) * sizeof(*grown));

	if (!grown)
		return sl_fail(x, ENOMEM, "links: no memory");
	links->link = grown;
	grown = &grown[links->n++];
	*grown = (struct link){ .fd = -1 };
	memccpy(grown->name, pinned, 0, sizeof(grown->name) - 1);
	pin_unname(grown->name);
	return read_link(inst, grown, x);
}

void links_free(struct links *links)
{
	for (size_t i = 0; i < links->n; i++)
		sl_scope_close(&links->link[i].fd);
	free(links->link);
	*links = (struct links){ 0 };
}

int links_read(const struct sl_instance *inst, struct links *out,
	       struct sl_error *x)
{
	struct links links = { 0 };
	char path[PIN_PATH];
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/links", inst->dir);
	dir = opendir(path);
	if (!dir && errno != ENOENT)
		return sl_fail_errno(x, "%s", path);
	while (dir && !err && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			err = add_link(inst, &links, entry->d_name, x);
	if (dir)
		closedir(dir);
	if (err) {
		links_free(&links);
		return err;
	}
	*out = links;
	return 0;
}

static const struct link *find(const struct links *links, const char *name)
{
	for (size_t i = 0; i < links->n; i++)
		if (!strcmp(links->link[i].name, name))
			return &links->link[i];
	return NULL;
}

static const struct sl_interface_conf *asked(const struct sl_config *conf,
					     const char *name)
{
	for (size_t i = 0; i < conf->n_interfaces; i++)
		if (!strcmp(conf->interfaces[i].name, name))
			return &conf->interfaces[i];
	return NULL;
}

static bool serves(const struct link *l, const struct sl_interface_conf *want)
{
	return l && l->ifindex && !l->moved && l->mode == want->mode;
}

/* A device that was attached and is away does not hold up other changes. */
static bool away(const struct link *l)
{
	return l && !l->exists;
}

/* ---- attaching -------------------------------------------------------- */

bool links_differ(const struct sl_instance *inst, const struct links *links,
		  const struct sl_config *conf)
{
	for (size_t i = 0; i < links->n; i++)
		if (!asked(conf, links->link[i].name))
			return true;
	for (size_t i = 0; i < conf->n_interfaces; i++) {
		const struct sl_interface_conf *c = &conf->interfaces[i];
		const struct link *l = find(links, c->name);

		if (away(l))
			continue;
		if (!serves(l, c) || interface_differs(inst, l->ifindex, c))
			return true;
	}
	return false;
}

int links_check(const struct links *links, const struct sl_config *conf,
		struct sl_error *x)
{
	int err = 0;

	for (size_t i = 0; i < conf->n_interfaces && !err; i++) {
		const struct sl_interface_conf *c = &conf->interfaces[i];
		const struct link *l = find(links, c->name);

		if (!away(l) && (!l || !l->ifindex || l->moved))
			err = sl_interface_check(c->name, c->mode, x);
	}
	return err;
}

static int attach(struct sl_instance *inst, const struct sl_interface_conf *c,
		  int prog, struct sl_error *x)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts,
		    .flags = c->mode == SL_MODE_GENERIC ? XDP_FLAGS_SKB_MODE
							: XDP_FLAGS_DRV_MODE);
	uint32_t ifindex = if_nametoindex(c->name);
	char path[PIN_PATH];
	autoclose int fd = -1;
	int err;

	if (!ifindex)
		return sl_fail(x, ENODEV, "%s: no such interface: expected one that ip link shows", c->name);
	err = interface_list(inst, ifindex, c, x);
	if (err)
		return err;
	fd = bpf_link_create(prog, (int)ifindex, BPF_XDP, &opts);
	if (fd < 0)
		return device_refusal(c->name, c->mode, errno, x);
	link_path(inst, c->name, path);
	unlink(path);
	return pin(fd, path, x);
}

/* Another mode needs another link; the old one comes back if that fails. */
static int attach_again(struct sl_instance *inst, const struct link *old,
			const struct sl_interface_conf *c, int prog,
			struct sl_error *x)
{
	struct sl_interface_conf before = *c;
	char path[PIN_PATH];
	bool live = old->ifindex && !old->moved;
	int err;

	link_path(inst, c->name, path);
	unlink(path);
	if (old->ifindex && bpf_link_detach(old->fd))
		return sl_fail_errno(x, "%s: detaching", c->name);
	err = attach(inst, c, prog, x);
	before.mode = old->mode;
	if (err && live)
		attach(inst, &before, prog, NULL);
	return err;
}

/* Detached by hand: a link that is only let go of goes some time later. */
static void detach(const struct sl_instance *inst, const char *name)
{
	char path[PIN_PATH];
	autoclose int fd = -1;

	link_path(inst, name, path);
	fd = bpf_obj_get(path);
	unlink(path);
	if (fd >= 0)
		bpf_link_detach(fd);
}

/* As it was: not attached, or in its old mode and with its old MACs. */
static void restore(struct sl_instance *inst, const struct link *was,
		    const struct sl_interface_conf *c, int prog)
{
	const struct sl_interface_conf *old =
		inst->conf ? asked(inst->conf, c->name) : NULL;
	struct sl_interface_conf before = old ? *old : *c;
	struct links now = { 0 };
	const struct link *l;

	if (!was)
		detach(inst, c->name);
	if (!was || away(was) || links_read(inst, &now, NULL))
		return;
	before.mode = was->mode;
	l = find(&now, c->name);
	if (l && serves(was, &before) && !serves(l, &before))
		attach_again(inst, l, &before, prog, NULL);
	else if (l && l->ifindex)
		interface_list(inst, l->ifindex, &before, NULL);
	links_free(&now);
}

int links_attach(struct sl_instance *inst, const struct links *links,
		 const struct sl_config *conf, int prog, struct sl_error *x)
{
	int err = 0;
	size_t i;

	for (i = 0; i < conf->n_interfaces && !err; i++) {
		const struct sl_interface_conf *c = &conf->interfaces[i];
		const struct link *l = find(links, c->name);

		if (away(l))
			continue;
		if (!l)
			err = attach(inst, c, prog, x);
		else if (!serves(l, c))
			err = attach_again(inst, l, c, prog, x);
		else
			err = interface_list(inst, l->ifindex, c, x);
	}
	if (!err)
		return 0;
	while (i--)
		restore(inst, find(links, conf->interfaces[i].name),
			&conf->interfaces[i], prog);
	return err;
}

int links_swap(const struct links *links, int prog, struct sl_error *x)
{
	LIBBPF_OPTS(bpf_link_update_opts, opts);

	for (size_t i = 0; i < links->n; i++) {
		const struct link *l = &links->link[i];

		if (l->ifindex && bpf_link_update(l->fd, prog, &opts) &&
		    errno != ENOLINK)
			return sl_fail_errno(x, "%s: another program", l->name);
	}
	return 0;
}

int links_detach(const struct sl_instance *inst, const struct sl_config *conf,
		 struct sl_error *x)
{
	struct links links = { 0 };
	int err = links_read(inst, &links, x);

	if (err)
		return err;
	for (size_t i = 0; i < links.n; i++)
		if (!asked(conf, links.link[i].name))
			detach(inst, links.link[i].name);
	links_free(&links);
	return 0;
}

int links_forget(struct sl_instance *inst, struct sl_error *x)
{
	struct links links = { 0 };
	uint32_t *live = NULL;
	int err = links_read(inst, &links, x);

	if (!err)
		live = calloc(links.n + 1, sizeof(*live));
	for (size_t i = 0; live && i < links.n; i++)
		live[i] = links.link[i].ifindex;
	if (live)
		interfaces_forget(inst, live, links.n);
	free(live);
	links_free(&links);
	return err;
}
