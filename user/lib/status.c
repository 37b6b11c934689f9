/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What runs: the program, its links, what the maps take. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts.h"
#include "device.h"
#include "expire.h"
#include "links.h"
#include "program.h"
#include "records.h"
#include "ticks.h"

/* What the kernel charges for a map. */
static uint64_t map_bytes(int fd)
{
	char path[64], line[128];
	unsigned long long bytes = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	fclose(f);
	return bytes;
}

int sl_links_read(struct sl_instance *inst, struct sl_link_status **list, size_t *n,
		  struct sl_error *x)
{
	struct sl_link_status *all;
	struct links links = { 0 };
	int err = links_read(inst, &links, x);

	if (err)
		return err;
	all = calloc(links.n + 1, sizeof(*all));
	for (size_t i = 0; all && i < links.n; i++) {
		const struct link *l = &links.link[i];
		struct device d = { .mtu = 0 };

		memcpy(all[i].interface, l->name, sizeof(all[i].interface));
		all[i].ifindex = l->ifindex;
		all[i].mode = l->mode;
		all[i].prog_id = l->prog_id;
		if (l->ifindex && !device_look(l->ifindex, &d))
			all[i].mtu = d.mtu;
	}
	if (all) {
		*list = all;
		*n = links.n;
	}
	links_free(&links);
	return all ? 0 : sl_fail(x, ENOMEM, "interfaces: no memory");
}

int sl_attached(struct sl_instance *inst, size_t *n, struct sl_error *x)
{
	struct links links = { 0 };
	int err = links_read(inst, &links, x);

	if (err)
		return err;
	*n = 0;
	for (size_t i = 0; i < links.n; i++)
		*n += inst->prog_id && links.link[i].ifindex;
	links_free(&links);
	return 0;
}

struct live { const struct sl_instance *inst; uint32_t now; uint64_t n; };

static bool count_live(void *arg, struct sl_record r)
{
	struct live *l = arg;

	l->n += record_is_live(&l->inst->maps, r, l->now);
	return false;
}

static void fill_records(const struct sl_instance *inst, struct sl_status *s)
{
	struct live l = { inst, ticks_now(), 0 };

	records_sweep(&inst->maps, count_live, &l);
	s->records = l.n;
	s->record_room = inst->maps.map[MAP_RECORDS].stride / sizeof(struct sl_record);
	counts_read(&inst->maps, COUNTS_AT(event[SL_EVENT_RECORD_PRESSURE]), -1,
		    &s->record_pressure, sizeof(s->record_pressure));
}

static void fill_pools(const struct sl_instance *inst, struct sl_status *s)
{
	uint32_t now = ticks_now(), most = 0;

	for (uint32_t i = 0; i < SL_POOLS_MAX; i++) {
		const struct sl_registry_pool *p = &registry(inst)->pool[i];

		if (!p->name[0] || !p->since)
			continue;
		s->waiting_pools++;
		if ((int32_t)(now - p->since) > (int32_t)most)
			most = now - p->since;
	}
	s->waits_ms = ticks_to_ms(most);
}

int sl_status_read(struct sl_instance *inst, struct sl_status **status,
		   struct sl_error *x)
{
	struct sl_status *s = calloc(1, sizeof(*s));
	uint64_t elements[SL_SETS_MAX] = { 0 };
	struct program_info info = { 0 };
	int err;

	if (!s)
		return sl_fail(x, ENOMEM, "status: no memory");
	err = sl_links_read(inst, &s->links, &s->n_links, x);
	if (!err)
		err = elements_count(inst, elements, x);
	if (err) {
		sl_status_free(s);
		return err;
	}
	for (int set = 0; set < SL_SETS_MAX; set++)
		s->elements += elements[set];
	fill_records(inst, s);
	fill_pools(inst, s);
	s->prog_id = inst->prog_id;
	s->features = inst->knobs.features;
	s->serial = serial(inst);
	if (inst->prog >= 0 && !program_look(inst->prog, &info))
		s->instructions = info.instructions;
	for (int i = 0; i < MAP_COUNT; i++)
		if (inst->maps.map[i].fd >= 0)
			s->map_bytes += map_bytes(inst->maps.map[i].fd);
	*status = s;
	return 0;
}

void sl_status_free(struct sl_status *s)
{
	if (s)
		free(s->links);
	free(s);
}
