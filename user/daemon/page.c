// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The status page: page.html with its places filled. */
#include <arpa/inet.h>
#include <string.h>

#include "page.h"
#include "page_parts.h"

/* page.html, page.css and page.js, linked as they are. */
extern const char _binary_page_html_start[], _binary_page_html_end[];
extern const char _binary_page_css_start[], _binary_page_css_end[];
extern const char _binary_page_js_start[], _binary_page_js_end[];

static const struct {
	const char *name;
	void (*write)(struct sheet *out, const struct view *v, const struct announce_state *a);
	bool always;			/* also of an empty view */
} places[] = {
	{ "instance", page_instance, true },
	{ "version", page_version, true },
	{ "state", page_state, true },
	{ "figures", page_figures, false },
	{ "pools", page_pools, false },
	{ "services", page_services, false },
	{ "reasons", page_reasons, false },
	{ "rules", page_rules, false },
	{ "sets", page_sets, false },
	{ "interfaces", page_interfaces, false },
	{ "announce", page_announce, true },
};

static void fill_place(struct sheet *out, const char *name, size_t length, const struct view *v,
		       const struct announce_state *announce)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (strlen(places[i].name) == length && !strncmp(places[i].name, name, length) &&
		    (v->status || places[i].always))
			places[i].write(out, v, announce);
}

void page_html(struct sheet *out, const struct view *v, const struct announce_state *announce)
{
	const char *at = _binary_page_html_start, *end = _binary_page_html_end;
	const char *open, *close;

	while ((open = memmem(at, (size_t)(end - at), "{{", 2))) {
		close = memmem(open, (size_t)(end - open), "}}", 2);
		if (!close)
			break;
		sheet_octets(out, at, (size_t)(open - at));
		fill_place(out, open + 2, (size_t)(close - open) - 2, v, announce);
		at = close + 2;
	}
	sheet_octets(out, at, (size_t)(end - at));
}

void page_css(struct sheet *out)
{
	sheet_octets(out, _binary_page_css_start, (size_t)(_binary_page_css_end - _binary_page_css_start));
}

void page_js(struct sheet *out)
{
	sheet_octets(out, _binary_page_js_start, (size_t)(_binary_page_js_end - _binary_page_js_start));
}
