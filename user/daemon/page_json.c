// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* status.json: what the page's script draws, and others may read. */
#include <time.h>

#include "page.h"
#include "page_parts.h"

static void member(struct sheet *t, const char *name, uint64_t n)
{
	sheet_print(t, ",\"%s\":", name);
	sheet_number(t, n);
}

static void write_reasons(struct sheet *t, const struct view *v)
{
	sheet_add(t, ",\"reasons\":{");
	for (int i = 1; i < SL_REASON_COUNT; i++) {
		const struct sl_reason_count *r = &v->stats->reasons[i];

		sheet_print(t, "%s\"%s\":{\"packets\":%llu,\"bytes\":%llu,\"dropped\":%llu}", i > 1 ? "," : "",
			    sl_reason_name(i), (unsigned long long)r->packets,
			    (unsigned long long)r->bytes, (unsigned long long)r->dropped);
	}
	sheet_add(t, "}");
}

static void write_backend(struct sheet *t, const struct view_backend *b)
{
	sheet_add(t, "{\"address\":");
	sheet_json(t, b->address);
	sheet_print(t, ",\"state\":\"%s\"", view_standing_text(b));
	member(t, "weight", b->weight);
	member(t, "slots", b->slots);
	member(t, "packets", b->packets);
	member(t, "bytes", b->bytes);
	member(t, "flows", b->flows);
	if (b->health.is_checked) {
		sheet_print(t, ",\"check\":{\"up\":%s,\"reason\":", b->health.is_up ? "true" : "false");
		sheet_json(t, b->health.reason);
		member(t, "latency_us", b->health.latency_us);
		sheet_add(t, "}");
	}
	sheet_add(t, "}");
}

static void write_pools(struct sheet *t, const struct view *v)
{
	sheet_add(t, ",\"pools\":[");
	for (size_t i = 0; i < v->n_pools; i++) {
		const struct view_pool *p = &v->pools[i];

		sheet_add(t, i ? ",{\"name\":" : "{\"name\":");
		sheet_json(t, p->conf->name);
		member(t, "slots", p->slots.slots);
		member(t, "stable", p->slots.stable);
		member(t, "changing", p->slots.changing);
		member(t, "settling", p->slots.settling);
		sheet_add(t, ",\"backends\":[");
		for (size_t j = 0; j < p->n_backends; j++) {
			sheet_add(t, j ? "," : "");
			write_backend(t, &p->backends[j]);
		}
		sheet_add(t, "]}");
	}
	sheet_add(t, "]");
}

static void write_announce(struct sheet *t, const struct announce_state *a)
{
	sheet_print(t, ",\"drained\":%s,\"announced\":[", a->is_drained ? "true" : "false");
	for (size_t i = 0, n = 0; i < a->n; i++) {
		if (!a->list[i].is_out)
			continue;
		sheet_add(t, n++ ? "," : "");
		sheet_json(t, a->list[i].address);
	}
	sheet_add(t, "]");
}

void page_json(struct sheet *t, const struct view *v, const struct announce_state *announce)
{
	struct page_totals sum = { 0 };
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (v->status)
		sum = page_totals(v);
	sheet_add(t, "{\"instance\":");
	sheet_json(t, v->control->instance);
	member(t, "now_ms", (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
	sheet_print(t, ",\"runs\":%s", v->status ? "true" : "false");
	sheet_add(t, ",\"totals\":{\"packets\":");
	sheet_number(t, sum.packets);
	member(t, "bytes", sum.bytes);
	member(t, "sent", sum.sent);
	member(t, "dropped", sum.dropped);
	sheet_add(t, "}");
	if (v->status) {
		write_reasons(t, v);
		write_pools(t, v);
	} else {
		sheet_add(t, ",\"reasons\":{},\"pools\":[]");
	}
	write_announce(t, announce);
	sheet_add(t, "}\n");
}
