/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables that packets write, outgrown by larger ones. */
#include <errno.h>
#include <stdio.h>

#include "bank.h"
#include "outgrown.h"
#include "program.h"
#include "records.h"
#include "ticks.h"

enum { TRIES = 10 };

static const enum map_id written[] = { MAP_FOLLOWED, MAP_RECORDS };
enum { N_WRITTEN = sizeof(written) / sizeof(*written) };

static void dir_of(const struct sl_instance *inst, char path[PIN_PATH])
{
	snprintf(path, PIN_PATH, "%s/maps_old", inst->dir);
}

static void path_of(const struct sl_instance *inst, enum map_id id, char path[PIN_PATH])
{
	snprintf(path, PIN_PATH, "%s/maps_old/%s", inst->dir, map_name(id));
}

static bool has_other(const struct maps *old, const struct maps *to, enum map_id id)
{
	return old->map[id].id != to->map[id].id;
}

static bool is_outgrown(const struct maps *old, const struct maps *to)
{
	bool is = false;

	for (int i = 0; i < N_WRITTEN; i++)
		is |= has_other(old, to, written[i]);
	return is;
}

/* ---- pins ------------------------------------------------------------------ */

static int keep(const struct sl_instance *inst, struct sl_error *x)
{
	char path[PIN_PATH];
	int err;

	dir_of(inst, path);
	err = pin_make_dir(path, x);
	for (int i = 0; i < N_WRITTEN && !err; i++) {
		path_of(inst, written[i], path);
		err = pin(inst->maps.map[written[i]].fd, path, x);
	}
	return err;
}

void outgrown_remove(const struct sl_instance *inst)
{
	char path[PIN_PATH];

	dir_of(inst, path);
	pin_remove_dir(path);
}

/* False: there are none, or not all: nothing has been done, or all is. */
static bool open_kept(const struct sl_instance *inst, struct maps *kept)
{
	char path[PIN_PATH];
	bool has_all = true;

	maps_init(kept);
	for (int i = 0; i < N_WRITTEN && has_all; i++) {
		path_of(inst, written[i], path);
		has_all = !map_open(&kept->map[written[i]], written[i], path, true, NULL);
	}
	if (!has_all)
		maps_close(kept);
	return has_all;
}

/* ---- a change of tables ------------------------------------------------------ */

static bool is_read(const struct sl_instance *inst, const struct links *links, const struct maps *to)
{
	if (to != &inst->maps || !program_uses(inst->prog, to))
		return false;
	for (size_t i = 0; i < links->n; i++)
		if (links->link[i].ifindex && links->link[i].prog_id == inst->prog_id)
			return true;
	return false;
}

/* Both tables are full for newcomers then, and have the same records. To swap the
 * links there is a unit of time at least. */
static void copy_full(const struct sl_instance *inst, const struct maps *kept, const struct maps *to)
{
	for (int i = 0; i < TRIES; i++) {
		uint32_t began = ticks_now();

		records_close(kept, to, began);
		grace_wait(&inst->grace);
		records_open(to);
		records_merge(to, kept);
		records_close(to, to, began);
		if (ticks_now() - began < 2)
			break;
	}
}

int outgrown_hold(const struct sl_instance *inst, const struct links *links, const struct maps *to, struct sl_error *x)
{
	struct maps kept;
	int err = 0;

	if (inst->prog < 0)
		return 0;
	if (is_outgrown(&inst->maps, to))
		err = keep(inst, x);
	if (err || !open_kept(inst, &kept))
		return err;
	if (has_other(&kept, to, MAP_RECORDS)) {
		if (!is_read(inst, links, to))
			records_clear(to);	/* a killed command's copy is old */
		copy_full(inst, &kept, to);
	}
	maps_close(&kept);
	return 0;
}

void outgrown_release(const struct sl_instance *inst, const struct maps *to)
{
	struct maps kept;

	if (!open_kept(inst, &kept))
		return;
	if (has_other(&kept, to, MAP_RECORDS))
		records_open(to);
	grace_wait(&inst->grace);
	bank_follow(to, &kept);
	maps_close(&kept);
	outgrown_remove(inst);
}

int outgrown_mend(struct sl_instance *inst, struct sl_error *x)
{
	struct maps kept;
	int err = 0;

	if (!open_kept(inst, &kept)) {
		outgrown_remove(inst);
		return 0;
	}
	if (!is_outgrown(&kept, &inst->maps)) {
		records_open(&kept);
		outgrown_remove(inst);
	} else if (!inst->repair) {
		err = grace_make(&inst->grace, x);
		if (!err)
			outgrown_release(inst, &inst->maps);
	}
	maps_close(&kept);
	return err;
}
