/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An instance, opened: where it lives, its lock, its maps, what runs. */
#ifndef SL_INSTANCE_H
#define SL_INSTANCE_H

#include <sluice/sluice.h>

#include "grace.h"
#include "maps.h"
#include "pins.h"

struct paths;

struct sl_instance {
	char name[SL_NAME_LEN];
	char dir[PIN_DIR];	/* of the pins */
	char run[PIN_DIR];
	enum sl_open how;
	int lock;		/* -1: opened to look */
	int prog;		/* the pinned program, -1 none */
	uint32_t prog_id;
	struct sl_knobs knobs;	/* of `prog` */
	struct maps maps;
	struct grace grace;
	bool repair;		/* pins and links do not agree: load anew */
	const struct sl_config *conf;	/* sl_config_set; the caller's */
	struct sl_survey *survey;	/* sl_survey_set; the caller's */
	struct paths *hops;	/* next hops found by this command */
};

static inline struct sl_control *control(const struct sl_instance *inst)
{
	return map_at(&inst->maps, MAP_CONTROL, 0);
}

static inline struct sl_registry *registry(const struct sl_instance *inst)
{
	return map_at(&inst->maps, MAP_REGISTRY, 0);
}

static inline uint64_t turn(const struct sl_instance *inst)
{
	return __atomic_load_n(&control(inst)->turn, __ATOMIC_ACQUIRE);
}

static inline uint32_t serial(const struct sl_instance *inst)
{
	return (uint32_t)(turn(inst) >> 1);
}

/* The bank that packets read. */
static inline uint32_t active(const struct sl_instance *inst)
{
	return (uint32_t)turn(inst) & 1;
}

/* Opens `prog` and its knobs again, after they were replaced. */
int instance_reload(struct sl_instance *inst, struct sl_error *x);

#endif
