// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The metrics: rows that carry labels, families that read a field of each row. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "process.h"
#include "prom.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "write_value copies the low octets");

enum kind { COUNTER, GAUGE };
enum unit { PLAIN, FROM_MS, FROM_US };	/* what is shown is in seconds */

enum rows {
	ONE, BUILD, REASON, EVENT, INTERFACE, LINK, RULE, SERVICE, SERVICE_POOL, POOL,
	BACKEND, CHECK, SET, LIMIT, ADDRESS, ANNOUNCE, ROWS
};

struct one {
	uint64_t up, serial, swaps, instructions, map_bytes, records, record_room;
	uint64_t waiting, waits_ms, drained, bird_knows;
	struct process process;
};

struct limit { const char *name; uint64_t most, used; };

struct family {
	const char *name;
	enum kind kind;
	enum rows rows;
	size_t offset, size;		/* of the field; size 0: the value is 1 */
	enum unit unit;
	const char *label;		/* one more */
	const char *help;
};

#define AT(type, member) offsetof(struct type, member), sizeof(((struct type *)0)->member)
#define TRAFFIC(name, rows, type, member) \
	{ "sluice_" name "_packets_total", COUNTER, rows, AT(type, member packets), PLAIN, NULL, "Packets, by " name "." }, \
	{ "sluice_" name "_bytes_total", COUNTER, rows, AT(type, member bytes), PLAIN, NULL, "Octets of these packets, by " name "." }

/* A name stands in rows that follow each other. */
static const struct family families[] = {
	{ "sluice_build_info", GAUGE, BUILD, 0, 0, PLAIN, NULL, "What this sluiced was built from; always 1." },
	{ "sluice_up", GAUGE, ONE, AT(one, up), PLAIN, NULL, "1 if the instance runs a program." },
	{ "sluice_changes_total", COUNTER, ONE, AT(one, serial), PLAIN, NULL, "Changes of what decides verdicts, edits of sets included." },
	{ "sluice_program_swaps_total", COUNTER, ONE, AT(one, swaps), PLAIN, NULL, "Programs that replaced another since sluiced started." },
	{ "sluice_program_instructions", GAUGE, ONE, AT(one, instructions), PLAIN, NULL, "Instructions that the verifier went through." },
	{ "sluice_map_bytes", GAUGE, ONE, AT(one, map_bytes), PLAIN, NULL, "Kernel memory of the instance's maps." },
	{ "sluice_packets_total", COUNTER, REASON, AT(sl_reason_count, packets), PLAIN, NULL, "Packets, by the reason why each ended as it did." },
	{ "sluice_bytes_total", COUNTER, REASON, AT(sl_reason_count, bytes), PLAIN, NULL, "Octets of these packets." },
	{ "sluice_dropped_packets_total", COUNTER, REASON, AT(sl_reason_count, dropped), PLAIN, NULL, "Those of these packets that were dropped." },
	{ "sluice_events_total", COUNTER, EVENT, 0, 8, PLAIN, NULL, "What was counted beside a reason." },
	TRAFFIC("interface", INTERFACE, sl_named_interface, count.),
	{ "sluice_interface_dropped_packets_total", COUNTER, INTERFACE, AT(sl_named_interface, count.dropped), PLAIN, NULL, "Packets that came in here and were dropped." },
	{ "sluice_interface_sent_packets_total", COUNTER, INTERFACE, AT(sl_named_interface, count.sent), PLAIN, NULL, "Packets that came in here and were sent on." },
	{ "sluice_interface_attached", GAUGE, LINK, AT(sl_link_status, ifindex), PLAIN, NULL, "1 if the program is on the interface, 0 if the device is gone." },
	TRAFFIC("rule", RULE, sl_named_rule, count.),
	{ "sluice_service_info", GAUGE, SERVICE_POOL, 0, 0, PLAIN, NULL, "Which pool serves a service; always 1." },
	TRAFFIC("service", SERVICE, view_service, count.),
	{ "sluice_service_flows_total", COUNTER, SERVICE, AT(view_service, count.flows), PLAIN, NULL, "TCP flows that were opened, by service." },
	{ "sluice_pool_slots", GAUGE, POOL, AT(view_pool, slots.stable), PLAIN, "state=\"stable\"", "Slots of a pool, by state." },
	{ "sluice_pool_slots", GAUGE, POOL, AT(view_pool, slots.changing), PLAIN, "state=\"changing\"", NULL },
	{ "sluice_pool_slots", GAUGE, POOL, AT(view_pool, slots.settling), PLAIN, "state=\"settling\"", NULL },
	{ "sluice_pool_waiting_seconds", GAUGE, POOL, AT(view_pool, slots.waits_ms), FROM_MS, NULL, "So long not all slots of the pool are stable." },
	{ "sluice_pool_backends", GAUGE, POOL, AT(view_pool, n_backends), PLAIN, NULL, "Backends of a pool." },
	{ "sluice_pool_backends_up", GAUGE, POOL, AT(view_pool, up), PLAIN, NULL, "Backends of a pool that may be used and are not known to be down." },
	{ "sluice_pool_backends_in_use", GAUGE, POOL, AT(view_pool, in_use), PLAIN, NULL, "Backends of a pool that own slots." },
	TRAFFIC("backend", BACKEND, view_backend, ),
	{ "sluice_backend_flows_total", COUNTER, BACKEND, AT(view_backend, flows), PLAIN, NULL, "TCP flows that were opened, by backend." },
	{ "sluice_backend_slots", GAUGE, BACKEND, AT(view_backend, slots), PLAIN, NULL, "Slots that the backend owns." },
	{ "sluice_backend_weight", GAUGE, BACKEND, AT(view_backend, weight), PLAIN, NULL, "Its configured weight." },
	{ "sluice_backend_next_hop", GAUGE, BACKEND, AT(view_backend, resolved), PLAIN, NULL, "1 if its next hop is resolved." },
	{ "sluice_check_up", GAUGE, CHECK, AT(view_backend, health.is_up), PLAIN, NULL, "1 if the check of the backend says up." },
	{ "sluice_check_soft_failure", GAUGE, CHECK, AT(view_backend, health.is_soft), PLAIN, NULL, "1 if it answers, and says no." },
	{ "sluice_check_latency_seconds", GAUGE, CHECK, AT(view_backend, health.latency_us), FROM_US, NULL, "How long its last probe took." },
	{ "sluice_check_probes_total", COUNTER, CHECK, AT(view_backend, health.probes), PLAIN, NULL, "Probes of the backend." },
	{ "sluice_check_failures_total", COUNTER, CHECK, AT(view_backend, health.failed), PLAIN, NULL, "Probes that failed." },
	{ "sluice_check_changes_total", COUNTER, CHECK, AT(view_backend, health.changes), PLAIN, NULL, "Changes between up and down." },
	{ "sluice_set_elements", GAUGE, SET, AT(view_set, elements), PLAIN, NULL, "Elements of a set." },
	{ "sluice_records", GAUGE, ONE, AT(one, records), PLAIN, NULL, "Live records of flows." },
	{ "sluice_record_room", GAUGE, ONE, AT(one, record_room), PLAIN, NULL, "As many records fit." },
	{ "sluice_waiting_pools", GAUGE, ONE, AT(one, waiting), PLAIN, NULL, "Pools with slots that are not stable." },
	{ "sluice_waiting_seconds", GAUGE, ONE, AT(one, waits_ms), FROM_MS, NULL, "How long the one that waits longest has." },
	{ "sluice_limit", GAUGE, LIMIT, AT(limit, most), PLAIN, NULL, "Ceilings of the configuration." },
	{ "sluice_limit_used", GAUGE, LIMIT, AT(limit, used), PLAIN, NULL, "How much of a ceiling is used." },
	{ "sluice_announced", GAUGE, ADDRESS, AT(announced, is_out), PLAIN, NULL, "1 if a route to the service address is announced." },
	{ "sluice_announce_drained", GAUGE, ONE, AT(one, drained), PLAIN, NULL, "1 if the host is drained: nothing is announced." },
	{ "sluice_announce_accepted", GAUGE, ANNOUNCE, AT(one, bird_knows), PLAIN, NULL, "1 if the routing daemon took what is announced." },
	{ "process_start_time_seconds", GAUGE, ONE, AT(one, process.start_ms), FROM_MS, NULL, "When sluiced started, since the epoch." },
	{ "process_cpu_seconds_total", COUNTER, ONE, AT(one, process.cpu_ms), FROM_MS, NULL, "Processor time of sluiced's control process." },
	{ "process_resident_memory_bytes", GAUGE, ONE, AT(one, process.resident), PLAIN, NULL, "Its resident memory." },
	{ "process_open_fds", GAUGE, ONE, AT(one, process.fds), PLAIN, NULL, "Its open descriptors." },
};

/* ---- rows, and their labels ------------------------------------------- */

struct table {
	const char *base;
	size_t stride, n;
	struct sheet labels;
	size_t *at;			/* n + 1: where each row's labels begin */
};

static void label(struct sheet *t, const char *name, const char *value)
{
	sheet_add(t, name);
	sheet_add(t, "=\"");
	sheet_label(t, value);
	sheet_add(t, "\"");
}

static void label_row(struct sheet *t, enum rows rows, const void *row, size_t i)
{
	const struct view_backend *b = row;

	switch (rows) {
	case REASON:
		label(t, "reason", sl_reason_name((int)i + 1));
		break;
	case EVENT:
		label(t, "event", sl_event_name((int)i));
		break;
	case INTERFACE:
		label(t, "interface", ((const struct sl_named_interface *)row)->name);
		break;
	case LINK:
		label(t, "interface", ((const struct sl_link_status *)row)->interface);
		break;
	case RULE:
		label(t, "rule", ((const struct sl_named_rule *)row)->name);
		break;
	case SERVICE:
	case SERVICE_POOL:
		label(t, "service", ((const struct view_service *)row)->conf->name);
		if (rows == SERVICE)
			break;
		sheet_add(t, ",");
		label(t, "pool", ((const struct view_service *)row)->conf->pool);
		break;
	case POOL:
		label(t, "pool", ((const struct view_pool *)row)->conf->name);
		break;
	case BACKEND:
		label(t, "pool", b->pool);
		sheet_add(t, ",");
		label(t, "backend", b->address);
		break;
	case SET:
		label(t, "set", ((const struct view_set *)row)->name);
		break;
	case LIMIT:
		label(t, "resource", ((const struct limit *)row)->name);
		break;
	case ADDRESS:
		label(t, "address", ((const struct announced *)row)->address);
		break;
	case BUILD:
		label(t, "version", SL_VERSION);
		sheet_add(t, ",");
		label(t, "libbpf", sl_libbpf_version());
		break;
	default:
		break;
	}
}

static void table_label(struct table *t, enum rows rows)
{
	t->at = calloc(t->n + 1, sizeof(*t->at));
	for (size_t i = 0; t->at && i < t->n; i++) {
		label_row(&t->labels, rows, t->base + i * t->stride, i);
		t->at[i + 1] = t->labels.n;
	}
}

static void write_value(struct sheet *out, const struct family *f, const char *row)
{
	uint64_t n = f->size ? 0 : 1;

	memcpy(&n, row + f->offset, f->size);
	if (f->rows == LINK)
		n = n != 0;
	sheet_octets(out, " ", 1);
	if (f->unit == PLAIN)
		sheet_number(out, n);
	else
		sheet_decimal(out, n, f->unit == FROM_MS ? 1000 : 1000000);
	sheet_octets(out, "\n", 1);
}

static void write_row(struct sheet *out, const struct family *f, size_t length,
		      const struct table *t, size_t i)
{
	const char *labels = t->labels.s + t->at[i], *row = t->base + i * t->stride;
	size_t n = t->at[i + 1] - t->at[i];

	if (f->rows == CHECK && !((const struct view_backend *)(const void *)row)->health.is_checked)
		return;
	sheet_octets(out, f->name, length);
	if (n || f->label)
		sheet_octets(out, "{", 1);
	sheet_octets(out, n ? labels : "", n);
	if (n && f->label)
		sheet_octets(out, ",", 1);
	if (f->label)
		sheet_add(out, f->label);
	if (n || f->label)
		sheet_octets(out, "}", 1);
	write_value(out, f, row);
}

static void write_family(struct sheet *out, const struct family *f, const struct table *t)
{
	static const char *const kinds[] = { [COUNTER] = "counter", [GAUGE] = "gauge" };
	size_t length = strlen(f->name);

	if (!t->n || !t->at)
		return;
	if (f->help)
		sheet_print(out, "# HELP %s %s\n# TYPE %s %s\n", f->name, f->help,
			    f->name, kinds[f->kind]);
	for (size_t i = 0; i < t->n; i++)
		write_row(out, f, length, t, i);
}

/* ---- where the rows are ----------------------------------------------- */

static struct one one_of(const struct view *v, const struct prom_process *p)
{
	struct one one = {
		.up = p->runs, .swaps = p->swaps,
		.drained = p->announce->is_drained, .bird_knows = p->announce->bird_knows,
	};

	process_look(&one.process);
	if (!v->status)
		return one;
	one.serial = v->status->serial;
	one.instructions = v->status->instructions;
	one.map_bytes = v->status->map_bytes;
	one.records = v->status->records;
	one.record_room = v->status->record_room;
	one.waiting = v->status->waiting_pools;
	one.waits_ms = v->status->waits_ms;
	return one;
}

enum { LIMITS = 5 };

static void fill_limits(struct limit limits[LIMITS], const struct view *v)
{
	const struct sl_limits *most = &v->conf->limits;
	uint64_t slots = 0;

	for (size_t i = 0; i < v->n_pools; i++)
		slots += v->pools[i].conf->slots;
	limits[0] = (struct limit){ "services", most->services, v->n_services };
	limits[1] = (struct limit){ "backends", most->backends, v->n_backends };
	limits[2] = (struct limit){ "slots", most->slots, slots };
	limits[3] = (struct limit){ "prefixes", most->prefixes, v->status->elements };
	limits[4] = (struct limit){ "flows", most->flows, v->status->records };
}

#define TABLE(rows, list, number) \
	tables[rows] = (struct table){ .base = (const char *)(list), .stride = sizeof(*(list)), .n = (number) }

static void find_rows(struct table tables[ROWS], const struct view *v)
{
	const struct sl_stats *s = v->stats;

	TABLE(REASON, &s->reasons[1], SL_REASON_COUNT - 1);
	TABLE(EVENT, s->events, SL_EVENT_COUNT);
	TABLE(INTERFACE, s->interfaces, s->n_interfaces);
	TABLE(LINK, v->status->links, v->status->n_links);
	TABLE(RULE, s->rules, s->n_rules);
	TABLE(SERVICE, v->services, v->n_services);
	TABLE(SERVICE_POOL, v->services, v->n_services);
	TABLE(POOL, v->pools, v->n_pools);
	TABLE(BACKEND, v->backends, v->n_backends);
	TABLE(SET, v->sets, v->n_sets);
}

/* Checks are of backends. */
static enum rows labels_of(enum rows rows)
{
	return rows == CHECK ? BACKEND : rows;
}

void prom_write(struct sheet *out, const struct view *v, const struct prom_process *p)
{
	struct one one = one_of(v, p);
	struct limit limits[LIMITS];
	struct table tables[ROWS] = { 0 };

	TABLE(ONE, &one, 1);
	TABLE(BUILD, &one, 1);
	TABLE(ADDRESS, p->announce->list, p->announce->n);
	TABLE(ANNOUNCE, &one, p->announce->is_on);
	if (p->runs) {
		fill_limits(limits, v);
		find_rows(tables, v);
		TABLE(LIMIT, limits, LIMITS);
	}
	for (int i = 0; i < ROWS; i++)
		table_label(&tables[i], (enum rows)i);
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		write_family(out, &families[i], &tables[labels_of(families[i].rows)]);
	for (int i = 0; i < ROWS; i++) {
		out->failed |= tables[i].labels.failed || !tables[i].at;
		sheet_free(&tables[i].labels);
		free(tables[i].at);
	}
}
