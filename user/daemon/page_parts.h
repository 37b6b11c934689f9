/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of the status page: HTML, every text of others escaped. */
#ifndef SLUICE_PAGE_PARTS_H
#define SLUICE_PAGE_PARTS_H

#include "announce.h"
#include "sheet.h"
#include "view.h"

/* Of an empty view too. */
void page_instance(struct sheet *t, const struct view *v, const struct announce_state *a);
void page_version(struct sheet *t, const struct view *v, const struct announce_state *a);
void page_state(struct sheet *t, const struct view *v, const struct announce_state *a);
void page_announce(struct sheet *t, const struct view *v, const struct announce_state *a);
/* Of what runs. */
void page_figures(struct sheet *t, const struct view *v, const struct announce_state *a);
void page_pools(struct sheet *t, const struct view *v, const struct announce_state *a);
void page_services(struct sheet *t, const struct view *v, const struct announce_state *a);
void page_reasons(struct sheet *t, const struct view *v, const struct announce_state *a);
void page_rules(struct sheet *t, const struct view *v, const struct announce_state *a);
void page_sets(struct sheet *t, const struct view *v, const struct announce_state *a);
void page_interfaces(struct sheet *t, const struct view *v, const struct announce_state *a);

/* What packets came to in all. */
struct page_totals { uint64_t packets, bytes, dropped, sent; };

struct page_totals page_totals(const struct view *v);

#endif
