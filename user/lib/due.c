/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which element ends next: a heap in memory that is shared with the kernel. */
#include <errno.h>
#include <string.h>

#include "due.h"
#include "elements.h"

static bool before(const struct sl_due *a, const struct sl_due *b)
{
	if (a->expires != b->expires)
		return a->expires < b->expires;
	return memcmp(&a->key, &b->key, sizeof(a->key)) < 0;
}

static void sink(struct due *d, uint32_t i, const struct sl_due *e)
{
	uint32_t n = d->head->n, child;

	while ((child = 2 * i) <= n) {
		if (child < n && before(&d->at[child + 1], &d->at[child]))
			child++;
		if (!before(&d->at[child], e))
			break;
		d->at[i] = d->at[child];
		i = child;
	}
	d->at[i] = *e;
}

int due_open(const struct sl_instance *inst, struct due *d, struct sl_error *x)
{
	struct sl_due *at = map_half(&inst->maps, MAP_DUE, 0, x);

	if (!at)
		return -ENOMEM;
	d->head = (struct sl_due_head *)at;
	d->at = at;
	d->room = (uint32_t)(inst->maps.map[MAP_DUE].stride / sizeof(*at)) - 1;
	return 0;
}

const struct sl_due *due_first(const struct due *d)
{
	return d->head->n ? &d->at[1] : NULL;
}

int due_put(struct due *d, const struct sl_due *e)
{
	const struct sl_due new = *e;
	uint32_t i = d->head->n + 1;

	if (i > d->room)
		return -ENOSPC;
	for (; i > 1 && before(&new, &d->at[i / 2]); i /= 2)
		d->at[i] = d->at[i / 2];
	d->at[i] = new;
	__atomic_store_n(&d->head->n, d->head->n + 1, __ATOMIC_RELEASE);
	return 0;
}

void due_pop(struct due *d)
{
	struct sl_due last = d->at[d->head->n];

	if (--d->head->n)
		sink(d, 1, &last);
}

void due_begin(struct due *d)
{
	__atomic_store_n(&d->head->torn, 1, __ATOMIC_SEQ_CST);
}

void due_done(struct due *d)
{
	__atomic_store_n(&d->head->torn, 0, __ATOMIC_SEQ_CST);
}

int due_tear(const struct maps *m, struct sl_error *x)
{
	struct sl_due_head *head = map_half(m, MAP_DUE, 0, x);

	if (!head)
		return -ENOMEM;
	__atomic_store_n(&head->torn, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static int take(void *arg, const struct element *e)
{
	struct due *d = arg;
	uint32_t n = d->head->n + 1;

	if (n > d->room)
		return -ENOSPC;
	d->at[n] = (struct sl_due){ .expires = e->value.expires, .key = e->key };
	d->head->n = n;
	return 0;
}

int due_make(const struct sl_instance *inst, struct due *d)
{
	int err;

	due_begin(d);
	d->head->n = 0;
	err = elements_each(inst, take, d);
	if (err)
		return err;
	for (uint32_t i = d->head->n / 2; i; i--) {
		struct sl_due e = d->at[i];

		sink(d, i, &e);
	}
	due_done(d);
	return 0;
}

/* Depth first, by the numbers: the next one beside, or of the nearest above. */
int due_until(const struct due *d, uint64_t until,
	      int (*each)(void *arg, const struct sl_element_key *key), void *arg)
{
	uint32_t n = __atomic_load_n(&d->head->n, __ATOMIC_ACQUIRE), i = 1;
	int err = 0;

	if (n > d->room)
		n = d->room;
	while (i && i <= n && !err) {
		bool ended = d->at[i].expires <= until;

		if (ended)
			err = each(arg, &d->at[i].key);
		if (ended && 2 * i <= n) {
			i *= 2;
			continue;
		}
		while (i && (i % 2 || i == n))
			i /= 2;
		i += i != 0;
	}
	return err;
}
