/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An instance: opened, made if need be, closed, purged. */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <sluice/scope.h>

#include "hop.h"
#include "instance.h"
#include "links.h"
#include "lock.h"
#include "netns.h"
#include "outgrown.h"
#include "probes.h"
#include "program.h"

enum { LOCK_TRIES = 100 };

const char *sl_run_dir(const struct sl_instance *inst)
{
	return inst->run;
}

uint64_t sl_running_digest(const struct sl_instance *inst)
{
	const struct sl_bank *bank =
		map_at(&inst->maps, MAP_BANKS, active(inst));

	return bank->digest;
}

uint32_t sl_running_serial(const struct sl_instance *inst)
{
	return serial(inst);
}

uint64_t sl_digest(const char *text, size_t length)
{
	uint64_t digest = XXH3_64bits(text, length);

	return digest ? digest : 1;
}

/* ---- directories ------------------------------------------------------ */

static int make_dirs(const struct sl_instance *inst, struct sl_error *x)
{
	char links[PIN_PATH];
	int err = pin_make_dir(PIN_ROOT, x);

	snprintf(links, sizeof(links), "%s/links", inst->dir);
	if (!err)
		err = pin_make_dir(inst->dir, x);
	if (!err)
		err = pin_make_dir(links, x);
	if (!err)
		err = pin_make_dir(RUN_ROOT, x);
	return err ? err : pin_make_dir(inst->run, x);
}

static bool exists(const struct sl_instance *inst)
{
	char path[PIN_PATH];

	snprintf(path, sizeof(path), "%s/maps", inst->dir);
	return !access(path, F_OK);
}

static int make_maps(const struct sl_instance *inst, struct sl_error *x)
{
	struct map_sizes least = maps_least();
	struct sl_registry *r;
	struct sl_control *c;
	__u64 secret[2];
	struct maps m;
	int err = maps_make(&m, NULL, &least, x);

	if (err)
		return err;
	c = map_at(&m, MAP_CONTROL, 0);
	if (getrandom(c->limit_key, sizeof(c->limit_key), 0) != sizeof(c->limit_key) ||
	    getrandom(secret, sizeof(secret), 0) != sizeof(secret)) {
		maps_close(&m);
		return sl_fail(x, EIO, "instance %s: no random numbers", inst->name);
	}
	sl_sip_key(secret, c->record_key);
	r = map_at(&m, MAP_REGISTRY, 0);
	r->abi = SL_ABI;
	for (uint32_t bank = 0; bank < SL_BANKS && !err; bank++) {
		struct sl_members *head = map_half(&m, MAP_MEMBERS, bank, x);

		if (head)
			head->classes = 1;
		else
			err = -ENOMEM;
	}
	if (!err)
		err = maps_pin(&m, inst->dir, x);
	maps_close(&m);
	return err;
}

/* ---- opening ---------------------------------------------------------- */

static void open_program(struct sl_instance *inst)
{
	struct program_info info = { 0 };
	char path[PIN_PATH];

	snprintf(path, sizeof(path), "%s/prog", inst->dir);
	sl_scope_close(&inst->prog);
	inst->prog = bpf_obj_get(path);
	inst->prog_id = 0;
	if (inst->prog >= 0 && !program_look(inst->prog, &info))
		inst->prog_id = info.id;
	if (maps_knobs(&inst->maps, &inst->knobs))
		inst->knobs = (struct sl_knobs){ 0 };
}

static int elsewhere(const struct sl_instance *inst, uint64_t netns,
		     struct sl_error *x)
{
	char name[NETNS_NAME];

	if (!netns_name(netns, name))
		return sl_fail(
			x, EXDEV,
			"instance %s: its interfaces are in another network namespace: run sluice there",
			inst->name);
	return sl_fail(
		x, EXDEV,
		"instance %s: its interfaces are in network namespace %s: nsenter --net=/run/netns/%s sluice ...",
		inst->name, name, name);
}

/* An index, and a name, mean an interface in one network namespace only. */
static int check_netns(const struct sl_instance *inst,
		       const struct links *links, struct sl_error *x)
{
	uint64_t here = netns_here(), there = registry(inst)->netns;

	for (size_t i = 0; i < links->n; i++)
		if (links->link[i].ifindex && there && here != there)
			return elsewhere(inst, there, x);
	registry(inst)->netns = here;
	return 0;
}

/* Pins and links that do not belong together: a killed command's. */
static int look_for_damage(struct sl_instance *inst, struct sl_error *x)
{
	struct links links = { 0 };
	int err = links_read(inst, &links, x);

	if (!err)
		err = check_netns(inst, &links, x);
	if (err) {
		links_free(&links);
		return err;
	}
	inst->repair =
		inst->prog >= 0 && !program_uses(inst->prog, &inst->maps);
	for (size_t i = 0; i < links.n; i++)
		if (links.link[i].ifindex &&
		    links.link[i].prog_id != inst->prog_id)
			inst->repair = true;
	links_free(&links);
	return 0;
}

int instance_reload(struct sl_instance *inst, struct sl_error *x)
{
	bool write = inst->how != SL_OPEN_READ;
	struct maps m;
	int err = maps_open(&m, inst->dir, write, x);

	if (err == -EPROTO)
		return sl_fail(
			x, EINVAL,
			"instance %s: made by another version of sluice: detach --all --purge, then apply again",
			inst->name);
	if (err)
		return err;
	maps_close(&inst->maps);
	inst->maps = m;
	open_program(inst);
	if (!write)
		return 0;
	err = look_for_damage(inst, x);
	return err ? err : outgrown_mend(inst, x);
}

static void remove_staged(const struct sl_instance *inst)
{
	char path[PIN_PATH];

	snprintf(path, sizeof(path), "%s/prog_new", inst->dir);
	unlink(path);
	maps_clean(inst->dir);
}

static int absent(const struct sl_instance *inst, struct sl_error *x)
{
	return sl_fail(x, ENOENT,
		       "instance %s: not running: attach or apply starts it",
		       inst->name);
}

/* A purge may take away at once what was made. */
static int lock(struct sl_instance *inst, bool wait, struct sl_error *x)
{
	int err = -ENOENT;

	for (int i = 0; err == -ENOENT && i < LOCK_TRIES; i++) {
		err = make_dirs(inst, x);
		if (err)
			continue;
		inst->lock = lock_take(inst->run, wait, x);
		err = inst->lock < 0 ? inst->lock : 0;
	}
	return err;
}

static int open_locked(struct sl_instance *inst, bool wait, struct sl_error *x)
{
	int err;

	if (inst->how == SL_OPEN_CHANGE && !exists(inst))
		return absent(inst, x);
	err = lock(inst, wait, x);
	if (err)
		return err;
	if (inst->how == SL_OPEN_REMOVE)
		return 0;
	if (!exists(inst) && inst->how == SL_OPEN_CHANGE)
		return absent(inst, x);
	if (!exists(inst)) { /* purged while this waited, or new */
		err = make_dirs(inst, x);
		if (!err)
			err = make_maps(inst, x);
	}
	if (!err)
		remove_staged(inst);
	return err ? err : instance_reload(inst, x);
}

int sl_open(struct sl_instance **inst, const char *name, enum sl_open how,
	    struct sl_error *x)
{
	struct sl_instance *made = calloc(1, sizeof(*made));
	char pinned[SL_NAME_LEN];
	int err;

	if (!made)
		return sl_fail(x, ENOMEM, "instance %s: no memory", name);
	made->how = how == SL_OPEN_TRY ? SL_OPEN_CHANGE : how;
	made->lock = made->prog = -1;
	made->grace = GRACE_NONE;
	maps_init(&made->maps);
	made->hops = paths_new();
	snprintf(made->name, sizeof(made->name), "%s", name);
	pin_name(pinned, sizeof(pinned), made->name);
	snprintf(made->dir, sizeof(made->dir), PIN_ROOT "/%s", pinned);
	snprintf(made->run, sizeof(made->run), RUN_ROOT "/%s", made->name);
	if (!made->hops)
		err = sl_fail(x, ENOMEM, "instance %s: no memory", name);
	else if (how != SL_OPEN_READ)
		err = open_locked(made, how != SL_OPEN_TRY, x);
	else
		err = exists(made) ? instance_reload(made, x) : absent(made, x);
	if (err)
		sl_close(made);
	else
		*inst = made;
	return err;
}

void sl_close(struct sl_instance *inst)
{
	if (!inst)
		return;
	maps_close(&inst->maps);
	sl_scope_close(&inst->prog);
	sl_scope_close(&inst->lock);
	grace_close(&inst->grace);
	paths_free(inst->hops);
	free(inst);
}

/* ---- purging ---------------------------------------------------------- */

int sl_detach(struct sl_instance *inst, struct sl_error *x)
{
	static const struct sl_config nothing = { .n_interfaces = 0 };

	if (inst->how == SL_OPEN_READ)
		return sl_fail(x, EPERM, "instance %s: opened to look only",
			       inst->name);
	probes_remove(inst);
	return links_detach(inst, &nothing, x);
}

static void let_neighbours_go(void)
{
	struct paths *none = paths_new();

	if (none)
		paths_let_go(none);
	paths_free(none);
}

/* Links first: packets go on as if there were no program. */
int sl_purge(struct sl_instance *inst, struct sl_error *x)
{
	char path[PIN_PATH], staged[PIN_PATH];
	int err = sl_detach(inst, x);

	if (err)
		return err;
	let_neighbours_go();
	snprintf(path, sizeof(path), "%s/links", inst->dir);
	pin_remove_dir(path);
	snprintf(path, sizeof(path), "%s/prog", inst->dir);
	unlink(path);
	remove_staged(inst);
	outgrown_remove(inst);
	snprintf(path, sizeof(path), "%s/maps", inst->dir);
	snprintf(staged, sizeof(staged), "%s/maps_new", inst->dir);
	if (rename(path, staged) && errno != ENOENT)
		return sl_fail_errno(x, "%s", path);
	pin_remove_dir(staged);
	if (rmdir(inst->dir) && errno != ENOENT)
		return sl_fail_errno(x, "%s", inst->dir);
	rmdir(PIN_ROOT);
	pin_remove_dir(inst->run);
	return 0;
}
