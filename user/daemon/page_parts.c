// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The parts of the status page, as tables that need no script. */
#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "page_cells.h"
#include "page_parts.h"

/* ---- the head --------------------------------------------------------- */

void page_instance(struct sheet *t, const struct view *v, const struct announce_state *a)
{
	(void)a;
	sheet_html(t, v->control->instance);
}

void page_version(struct sheet *t, const struct view *v, const struct announce_state *a)
{
	(void)v, (void)a;
	sheet_html(t, SL_VERSION);
}

static size_t attached(const struct view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->status->n_links; i++)
		n += v->status->links[i].ifindex != 0;
	return n;
}

static size_t dead_pools(const struct view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n_pools; i++)
		n += v->pools[i].n_backends && !v->pools[i].in_use;
	return n;
}

static size_t down_of(const struct view_pool *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_backends; i++)
		n += p->backends[i].health.is_checked && !p->backends[i].health.is_up;
	return n;
}

static size_t down_backends(const struct view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n_pools; i++)
		n += down_of(&v->pools[i]);
	return n;
}

void page_state(struct sheet *t, const struct view *v, const struct announce_state *a)
{
	size_t n;

	if (!v->status)
		sheet_add(t, "<span class=\"tag bad\">nothing runs</span>");
	else if ((n = dead_pools(v)))
		sheet_print(t, "<span class=\"tag bad\">%zu pool%s without a backend</span>", n, n > 1 ? "s" : "");
	else if ((n = down_backends(v)))
		sheet_print(t, "<span class=\"tag warn\">%zu backend%s down</span>", n, n > 1 ? "s" : "");
	else if (!attached(v))
		sheet_add(t, "<span class=\"tag warn\">attached nowhere</span>");
	else
		sheet_add(t, "<span class=\"tag good\">all is well</span>");
	if (a->is_drained)
		sheet_add(t, " <span class=\"tag warn\">host drained</span>");
}

struct page_totals page_totals(const struct view *v)
{
	struct page_totals sum = { 0 };

	for (int i = 1; i < SL_REASON_COUNT; i++) {
		const struct sl_reason_count *r = &v->stats->reasons[i];

		sum.packets += r->packets;
		sum.bytes += r->bytes;
		sum.dropped += r->dropped;
		if (i == SL_FORWARDED || i == SL_ANSWERED || i == SL_REDIRECTED)
			sum.sent += r->packets;
	}
	return sum;
}

static void figure(struct sheet *t, const char *name, uint64_t n)
{
	sheet_print(t, "<div><dt>%s</dt><dd>", name);
	add_number(t, n);
}

void page_figures(struct sheet *t, const struct view *v, const struct announce_state *a)
{
	struct page_totals sum = page_totals(v);
	uint64_t up = 0;

	(void)a;
	for (size_t i = 0; i < v->n_pools; i++)
		up += v->pools[i].up;
	sheet_add(t, "<dl class=\"figures\">");
	figure(t, "Sent to backends", sum.sent);
	sheet_add(t, "<small>packets</small></dd></div>");
	figure(t, "Passed", sum.packets - sum.sent - sum.dropped);
	sheet_add(t, "<small>packets</small></dd></div>");
	figure(t, "Dropped", sum.dropped);
	sheet_print(t, "<small>%.2f %% of all</small></dd></div>",
		    sum.packets ? 100.0 * (double)sum.dropped / (double)sum.packets : 0.0);
	figure(t, "Backends up", up);
	sheet_print(t, "<small>of %zu</small></dd></div>", v->n_backends);
	figure(t, "Set elements", v->status->elements);
	sheet_add(t, "<small>");
	add_bytes(t, v->status->map_bytes);
	sheet_add(t, " of maps in all</small></dd></div></dl>\n");
}

/* ---- pools ------------------------------------------------------------ */

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void cell_health(struct sheet *t, const struct view_backend *b)
{
	const struct health_state *h = &b->health;
	const char *state = view_standing_text(b);
	bool is_plain = b->standing != SL_STANDS_UP && b->standing != SL_STANDS_DOWN;

	if (h->is_checked && !h->is_up)
		sheet_print(t, "<td class=\"text\"><span class=\"tag %s\">%s</span> ",
			    h->is_soft ? "warn" : "bad", is_plain ? state : "down");
	else if (is_plain || b->standing == SL_STANDS_DOWN)
		sheet_print(t, "<td class=\"text\"><span class=\"tag quiet\">%s</span> ", state);
	else
		sheet_add(t, "<td class=\"text\"><span class=\"tag good\">up</span> ");
	if (h->is_checked)
		sheet_html(t, h->reason);
	if (h->is_checked && !h->is_up && h->since_ms) {
		sheet_add(t, " <span class=\"quiet\">for ");
		add_time(t, now_ms() - h->since_ms);
		sheet_add(t, "</span>");
	} else if (!h->is_checked)
		sheet_add(t, "<span class=\"quiet\">not checked</span>");
	if (!b->resolved)
		sheet_add(t, " <span class=\"warn\">no next hop yet</span>");
	sheet_add(t, "</td>");
}

static void cell_latency(struct sheet *t, const struct health_state *h)
{
	if (h->is_checked && h->probes)
		sheet_print(t, "<td class=\"n\">%.1f ms</td>", h->latency_us / 1000.0);
	else
		sheet_add(t, "<td class=\"n\"></td>");
}

static void backend_row(struct sheet *t, const struct view_pool *p, const struct view_backend *b)
{
	sheet_add(t, "<tr>");
	cell_text(t, b->address);
	cell_health(t, b);
	cell_share(t, b->slots, p->slots.slots, "");
	cell_number(t, b->weight);
	cell_number(t, b->packets);
	cell_bytes(t, b->bytes);
	cell_number(t, b->flows);
	cell_latency(t, &b->health);
	sheet_add(t, "</tr>\n");
}

static void pool_card(struct sheet *t, const struct view_pool *p)
{
	uint64_t moving = p->slots.changing + p->slots.settling;

	sheet_add(t, "<div class=\"card\"><h3>");
	sheet_html(t, p->conf->name);
	sheet_print(t, "<small class=\"%s\">", p->n_backends && !p->in_use ? "bad" : down_of(p) ? "warn" : "");
	sheet_print(t, "%u of %u up", (unsigned)p->up, (unsigned)p->n_backends);
	sheet_add(t, "</small><small>");
	add_number(t, p->slots.slots);
	sheet_add(t, " slots</small>");
	if (moving) {
		sheet_add(t, "<small class=\"warn\">");
		add_number(t, moving);
		sheet_add(t, " not stable for ");
		add_time(t, p->slots.waits_ms);
		sheet_add(t, "</small>");
	}
	sheet_add(t, "</h3>");
	table_open(t, NULL, COLUMNS("Backend", "Health", "Share", "#Weight", "#Packets", "#Octets", "#Flows", "#Latency"));
	for (size_t i = 0; i < p->n_backends; i++)
		backend_row(t, p, &p->backends[i]);
	table_close(t);
}

void page_pools(struct sheet *t, const struct view *v, const struct announce_state *a)
{
	(void)a;
	if (v->n_pools)
		sheet_add(t, "<h2>Pools</h2>\n");
	for (size_t i = 0; i < v->n_pools; i++)
		pool_card(t, &v->pools[i]);
}

/* ---- the other tables ------------------------------------------------- */

static void cell_frontends(struct sheet *t, const struct sl_service_conf *s)
{
	char text[INET6_ADDRSTRLEN];

	sheet_add(t, "<td class=\"text\">");
	for (size_t i = 0; i < s->n_addresses; i++) {
		inet_ntop(s->addresses[i].family == 6 ? AF_INET6 : AF_INET,
			  s->addresses[i].octet, text, sizeof(text));
		sheet_print(t, "%s%s", i ? ", " : "", text);
	}
	sheet_add(t, "<span class=\"quiet\">");
	for (size_t i = 0; i < s->n_ports; i++) {
		const struct sl_ports *p = &s->ports[i];

		sheet_print(t, " %s %u", p->proto == IPPROTO_TCP ? "tcp" : "udp", p->low);
		if (p->high != p->low)
			sheet_print(t, "-%u", p->high);
	}
	sheet_add(t, "</span></td>");
}

void page_services(struct sheet *t, const struct view *v, const struct announce_state *a)
{
	(void)a;
	if (!v->n_services)
		return;
	table_open(t, "Services", COLUMNS("Service", "Addresses and ports", "Pool", "#Packets", "#Octets", "#Flows"));
	for (size_t i = 0; i < v->n_services; i++) {
		const struct view_service *s = &v->services[i];

		sheet_add(t, "<tr>");
		cell_text(t, s->conf->name);
		cell_frontends(t, s->conf);
		cell_text(t, s->conf->pool);
		cell_number(t, s->count.packets);
		cell_bytes(t, s->count.bytes);
		cell_number(t, s->count.flows);
		sheet_add(t, "</tr>\n");
	}
	table_close(t);
}

static const char *const meanings[] = {
#define X(name, text, verdict, when) [SL_##name] = when,
	SL_REASONS(X)
#undef X
};

void page_reasons(struct sheet *t, const struct view *v, const struct announce_state *a)
{
	struct page_totals sum = page_totals(v);

	(void)a;
	table_open(t, "Packets, by what became of them",
		   COLUMNS("Reason", "That is", "#Packets", "#Now", "#Dropped", "Share of drops"));
	for (int i = 1; i < SL_REASON_COUNT; i++) {
		const struct sl_reason_count *r = &v->stats->reasons[i];

		if (!r->packets)
			continue;
		sheet_add(t, "<tr>");
		cell_text(t, sl_reason_name(i));
		sheet_print(t, "<td class=\"text quiet\">%s</td>", meanings[i]);
		cell_number(t, r->packets);
		sheet_print(t, "<td class=\"n\" data-rate=\"%s\"></td>", sl_reason_name(i));
		cell_number(t, r->dropped);
		if (r->dropped)
			cell_share(t, r->dropped, sum.dropped, "dropped");
		else
			sheet_add(t, "<td></td>");
		sheet_add(t, "</tr>\n");
	}
	table_close(t);
}

void page_rules(struct sheet *t, const struct view *v, const struct announce_state *a)
{
	(void)a;
	if (!v->stats->n_rules)
		return;
	table_open(t, "Rules", COLUMNS("Rule", "#Packets", "#Octets"));
	for (size_t i = 0; i < v->stats->n_rules; i++) {
		sheet_add(t, "<tr>");
		cell_text(t, v->stats->rules[i].name);
		cell_number(t, v->stats->rules[i].count.packets);
		cell_bytes(t, v->stats->rules[i].count.bytes);
		sheet_add(t, "</tr>\n");
	}
	table_close(t);
}

void page_sets(struct sheet *t, const struct view *v, const struct announce_state *a)
{
	(void)a;
	if (!v->n_sets)
		return;
	table_open(t, "Sets", COLUMNS("Set", "#Elements"));
	for (size_t i = 0; i < v->n_sets; i++) {
		sheet_add(t, "<tr>");
		cell_text(t, v->sets[i].name);
		cell_number(t, v->sets[i].elements);
		sheet_add(t, "</tr>\n");
	}
	table_close(t);
}

void page_interfaces(struct sheet *t, const struct view *v, const struct announce_state *a)
{
	(void)a;
	if (!v->stats->n_interfaces)
		return;
	table_open(t, "Interfaces", COLUMNS("Interface", "#Packets", "#Octets", "#Sent", "#Dropped"));
	for (size_t i = 0; i < v->stats->n_interfaces; i++) {
		const struct sl_named_interface *n = &v->stats->interfaces[i];

		sheet_add(t, "<tr>");
		cell_text(t, n->name);
		cell_number(t, n->count.packets);
		cell_bytes(t, n->count.bytes);
		cell_number(t, n->count.sent);
		cell_number(t, n->count.dropped);
		sheet_add(t, "</tr>\n");
	}
	table_close(t);
}

void page_announce(struct sheet *t, const struct view *v, const struct announce_state *a)
{
	(void)v;
	if (!a->is_on)
		return;
	table_open(t, "Announcements", COLUMNS("Address", "Route"));
	for (size_t i = 0; i < a->n; i++) {
		sheet_add(t, "<tr>");
		cell_text(t, a->list[i].address);
		if (a->list[i].is_out)
			sheet_add(t, "<td><span class=\"tag good\">announced</span></td></tr>\n");
		else
			sheet_print(t, "<td><span class=\"tag warn\">withdrawn</span> <span class=\"quiet\">%s</span></td></tr>\n",
				    announce_why_not(a));
	}
	if (!a->bird_knows)
		sheet_add(t, "<tr><td colspan=\"2\" class=\"bad\">BIRD has not taken this yet</td></tr>\n");
	table_close(t);
}
