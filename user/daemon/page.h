/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The status page, whole without a script, and what its script asks for. */
#ifndef SLUICE_PAGE_H
#define SLUICE_PAGE_H

#include "announce.h"
#include "sheet.h"
#include "view.h"

/* An empty view: nothing runs. */
void page_html(struct sheet *out, const struct view *v, const struct announce_state *announce);
void page_json(struct sheet *out, const struct view *v, const struct announce_state *announce);
void page_css(struct sheet *out);
void page_js(struct sheet *out);

#endif
