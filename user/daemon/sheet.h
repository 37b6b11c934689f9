/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text that grows: what the pages are written on. A failed allocation is
 * remembered, so that writers need not look: ask `failed` at the end.
 */
#ifndef SLUICE_SHEET_H
#define SLUICE_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sheet {			/* start it as {0} */
	char *s;		/* n octets, not terminated; NULL while empty */
	size_t n, room;
	bool failed;
};

void sheet_free(struct sheet *t);

bool sheet_grow(struct sheet *t, size_t n);	/* for n octets more */

static inline void sheet_octets(struct sheet *t, const char *s, size_t n)
{
	if (t->room - t->n <= n && !sheet_grow(t, n))
		return;
	memcpy(t->s + t->n, s, n);
	t->n += n;
}

void sheet_add(struct sheet *t, const char *s);
void sheet_number(struct sheet *t, uint64_t n);
/* `n` of a unit of which `per` make one, a power of ten: 1500 per 1000 is 1.5. */
void sheet_decimal(struct sheet *t, uint64_t n, uint64_t per);
void sheet_print(struct sheet *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Text of others, made harmless: between the tags or in an attribute of HTML; as
 * a JSON string, with its quotes; as the value of a label, without. What is not
 * UTF-8 is shown as ?. */
void sheet_html(struct sheet *t, const char *s);
void sheet_json(struct sheet *t, const char *s);
void sheet_label(struct sheet *t, const char *s);

#endif
