/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The prefixes of all lists in memory: written, searched, edited. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "truth.h"

enum { CLASS_WORDS_SPARE = 32768 };

static size_t families(const struct image_item *item, size_t n)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (item[middle].family == 4)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t class_words(const struct classes *classes)
{
	size_t words = 0, n;

	for (uint32_t class = 1; class < classes_count(classes); class++) {
		classes_lists(classes, class, &n);
		words += n + 1;
	}
	return words;
}

size_t truth_size(const struct image_item *item, size_t n,
		  const struct classes *classes)
{
	size_t n4 = families(item, n);

	return sizeof(struct sl_members) + n4 * sizeof(struct sl_member4) +
	       (n - n4) * sizeof(struct sl_member6) +
	       (class_words(classes) + CLASS_WORDS_SPARE) * sizeof(uint16_t);
}

/* ---- writing ------------------------------------------------------------ */

static struct sl_member4 *first4(struct sl_members *head)
{
	return (struct sl_member4 *)(head + 1);
}

static struct sl_member6 *first6(struct sl_members *head)
{
	return (struct sl_member6 *)(first4(head) + head->n4);
}

static uint16_t *first_class(struct sl_members *head)
{
	return (uint16_t *)(first6(head) + head->n6);
}

/* Behind those that count: a killed command may have left words there. */
static uint16_t *end_of_classes(struct sl_members *head)
{
	uint16_t *end = first_class(head);

	for (uint32_t class = 1; class < head->classes; class++)
		end += *end + 1;
	return end;
}

/* They count from the last store on. */
static void write_classes(struct sl_members *head, const struct classes *classes)
{
	uint16_t *to = end_of_classes(head);
	const uint16_t *list;
	size_t n;

	for (uint32_t class = head->classes; class < classes_count(classes); class++) {
		list = classes_lists(classes, class, &n);
		*to++ = (uint16_t)n;
		memcpy(to, list, n * sizeof(*to));
		to += n;
	}
	__atomic_store_n(&head->class_words, (uint32_t)(to - first_class(head)), __ATOMIC_RELEASE);
	__atomic_store_n(&head->classes, classes_count(classes), __ATOMIC_RELEASE);
}

static void note(struct sl_members *head, const struct image_item *i)
{
	head->lengths[i->family == 6][i->length] = 1;
}

void truth_write(void *half, const struct image_item *item, size_t n,
		 const struct classes *classes, uint32_t image_used)
{
	struct sl_members *head = half;
	size_t n4 = families(item, n);
	struct sl_member4 *to4;
	struct sl_member6 *to6;

	__atomic_store_n(&head->made, UINT32_MAX, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memset(head, 0, offsetof(struct sl_members, made));
	memset(head->generation, 0, offsetof(struct sl_members, edit) -
	       offsetof(struct sl_members, generation));
	head->n4 = (uint32_t)n4;
	head->n6 = (uint32_t)(n - n4);
	head->image_used = image_used;
	head->classes = 1;
	to4 = first4(head);
	to6 = first6(head);
	for (size_t i = 0; i < n; i++) {
		const struct image_item *e = &item[i];

		note(head, e);
		if (e->list < SL_SETS_MAX) {
			head->count[e->list]++;
			head->timed |= (uint64_t)e->apart << e->list;
		}
		if (i < n4)
			*to4++ = (struct sl_member4){ (uint32_t)(e->hi >> 32), e->list, e->length, 0 };
		else
			*to6++ = (struct sl_member6){ e->hi, e->lo, e->list, e->length, 0, { 0 } };
	}
	write_classes(head, classes);
}

/* ---- reading ------------------------------------------------------------ */

static bool timed(const struct truth *t, uint16_t list)
{
	return list < SL_SETS_MAX && t->head->timed >> list & 1;
}

static struct image_item base_item(const struct truth *t, size_t i)
{
	const struct sl_member4 *a = &t->v4[i];
	const struct sl_member6 *b = &t->v6[i - t->n4];

	if (i < t->n4)
		return (struct image_item){ (uint64_t)a->address << 32, 0, a->list, a->length, 4, timed(t, a->list) };
	return (struct image_item){ b->high, b->low, b->list, b->length, 6, timed(t, b->list) };
}

static uint8_t *base_gone(const struct truth *t, size_t i)
{
	return (uint8_t *)(i < t->n4 ? &t->v4[i].gone : &t->v6[i - t->n4].gone);
}

static size_t base_n(const struct truth *t)
{
	return t->n4 + t->n6;
}

/* The first that is not before `item`. */
static size_t base_find(const struct truth *t, const struct image_item *item)
{
	size_t low = item->family == 4 ? 0 : t->n4;
	size_t high = item->family == 4 ? t->n4 : base_n(t);

	while (low < high) {
		size_t middle = (low + high) / 2;
		struct image_item at = base_item(t, middle);

		if (image_order(&at, item) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t edit_find(const struct truth *t, const struct image_item *item)
{
	size_t low = 0, high = t->n_edits;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (image_order(&t->edit[middle].item, item) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool truth_find(const struct truth *t, const struct image_item *item, struct truth_place *at)
{
	struct image_item base;

	at->edit = edit_find(t, item);
	at->base = base_find(t, item);
	if (at->edit < t->n_edits && !image_order(&t->edit[at->edit].item, item))
		return !t->edit[at->edit].gone;
	if (at->base == base_n(t) || *base_gone(t, at->base))
		return false;
	base = base_item(t, at->base);
	return !image_order(&base, item);
}

bool truth_has(const struct truth *t, const struct image_item *item)
{
	struct truth_place at;

	return truth_find(t, item, &at);
}

static void leave(uint8_t *of, uint8_t value)
{
	__atomic_store_n(of, value, __ATOMIC_RELEASE);
}

/* Each edit changed something when it was made: before it was added, it was none. */
void truth_end(struct truth *t, const struct image_item *item, const struct truth_place *at)
{
	struct truth_edit *e = &t->edit[at->edit];

	if (at->edit < t->n_edits && !image_order(&e->item, item)) {
		leave(&t->head->edit[e->at].family, item->family | SL_MEMBER_VOID);
		e->gone = true;
	} else {
		leave(base_gone(t, at->base), 1);
		t->head->count[item->list]--;
	}
	t->count[item->list]--;
}

void truth_recount(struct sl_members *head)
{
	const struct truth t = { .head = head, .v4 = first4(head), .v6 = first6(head),
				 .n4 = head->n4, .n6 = head->n6 };

	memset(head->count, 0, sizeof(head->count));
	for (size_t i = 0; i < base_n(&t); i++) {
		struct image_item item = base_item(&t, i);

		if (item.list < SL_SETS_MAX)
			head->count[item.list] += !*base_gone(&t, i);
	}
}

struct truth_place truth_seek(const struct truth *t, const struct image_item *from)
{
	return (struct truth_place){ base_find(t, from), edit_find(t, from) };
}

bool truth_next(const struct truth *t, struct truth_place *at, struct image_item *out)
{
	while (at->base < base_n(t) || at->edit < t->n_edits) {
		const struct truth_edit *e = &t->edit[at->edit];
		struct image_item base = { .family = 0 };
		int order = at->edit == t->n_edits ? -1 : 1;

		if (at->base < base_n(t)) {
			base = base_item(t, at->base);
			if (at->edit < t->n_edits)
				order = image_order(&base, &e->item);
		}
		at->base += order <= 0;
		at->edit += order >= 0;
		if (order < 0) {
			if (*base_gone(t, at->base - 1))
				continue;
			*out = base;
			return true;
		}
		if (!e->gone) {
			*out = e->item;
			return true;
		}
	}
	return false;
}

/* ---- edits -------------------------------------------------------------- */

/* The true ones are the first ones. */
static size_t truth_edits(const struct truth *t, uint32_t serial)
{
	size_t n = t->head->edits < SL_MEMBER_EDITS ? t->head->edits : SL_MEMBER_EDITS;

	while (n && (int32_t)(t->head->edit[n - 1].serial - serial) > 0)
		n--;
	return n;
}

struct numbered { struct truth_edit edit; size_t number; };

static int by_item(const void *left, const void *right)
{
	const struct numbered *a = left, *b = right;
	int order = image_order(&a->edit.item, &b->edit.item);

	return order ? order : (a->number > b->number) - (a->number < b->number);
}

/* Of each item the last edit, in order. Each changed something when it was made. */
static int sort_edits(struct truth *t, struct numbered *all, size_t n)
{
	struct truth_edit *edit = calloc(n + 1, sizeof(*edit));
	size_t kept = 0;

	if (!edit)
		return -ENOMEM;
	if (n)
		qsort(all, n, sizeof(*all), by_item);
	for (size_t i = 0; i < n; i++) {
		if (kept && !image_order(&edit[kept - 1].item, &all[i].edit.item))
			kept--;
		edit[kept++] = all[i].edit;
	}
	free(t->edit);
	t->edit = edit;
	t->n_edits = kept;
	return 0;
}

static void count(struct truth *t, const struct truth_edit *e)
{
	t->count[e->item.list % SL_SETS_MAX] += e->gone ? UINT32_MAX : 1;
}

/* A half that is being written anew may say anything. */
static bool looks_whole(const struct truth *t)
{
	return sizeof(*t->head) + t->n4 * sizeof(*t->v4) + t->n6 * sizeof(*t->v6) <= t->size;
}

int truth_open(struct truth *t, void *half, size_t size, uint32_t serial)
{
	struct sl_members *head = half;
	struct numbered *all;
	size_t n, made = 0;
	int err;

	*t = (struct truth){ .head = head, .v4 = first4(head), .size = size,
			     .made = __atomic_load_n(&head->made, __ATOMIC_ACQUIRE) };
	t->n4 = head->n4;
	t->n6 = head->n6;
	t->v6 = (const struct sl_member6 *)(t->v4 + t->n4);
	if (!looks_whole(t))
		return -EINVAL;
	memcpy(t->count, head->count, sizeof(t->count));
	n = truth_edits(t, serial);
	all = calloc(n + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		const struct sl_member_edit *e = &head->edit[i];

		if (e->family & SL_MEMBER_VOID)
			continue;
		all[made].number = made;
		all[made].edit = (struct truth_edit){
			{ e->high, e->low, e->list, e->length, e->family & 7, timed(t, e->list) },
			e->family & SL_MEMBER_GONE, i,
		};
		count(t, &all[made++].edit);
	}
	err = sort_edits(t, all, made);
	free(all);
	return err;
}

bool truth_stands(const struct truth *t)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&t->head->made, __ATOMIC_RELAXED) == t->made &&
	       t->made != UINT32_MAX;
}

void truth_close(struct truth *t)
{
	free(t->edit);
	*t = (struct truth){ 0 };
}

int truth_foresee(struct truth *t, const struct truth_edit *edit, size_t n)
{
	size_t had = t->n_edits;
	struct numbered *all = calloc(had + n + 1, sizeof(*all));
	int err;

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < had + n; i++) {
		all[i].number = i;
		all[i].edit = i < had ? t->edit[i] : edit[i - had];
	}
	err = sort_edits(t, all, had + n);
	for (size_t i = 0; i < n && !err; i++)
		count(t, &edit[i]);
	free(all);
	return err;
}

int truth_append(struct truth *t, const struct truth_edit *edit, size_t n,
		 uint32_t serial)
{
	size_t used = truth_edits(t, serial - 1);

	if (n > SL_MEMBER_EDITS - used)
		return -ENOSPC;
	for (size_t i = 0; i < n; i++) {
		const struct image_item *e = &edit[i].item;

		note(t->head, e);
		t->head->edit[used + i] = (struct sl_member_edit){
			e->hi, e->lo, serial, e->list, e->length,
			(uint8_t)(e->family | (edit[i].gone ? SL_MEMBER_GONE : 0)),
		};
	}
	t->head->edits = (uint32_t)(used + n);
	return 0;
}

/* ---- classes ------------------------------------------------------------ */

int truth_classes(const struct truth *t, uint32_t limit, struct classes **out)
{
	struct classes *classes = classes_new(limit);
	const uint16_t *from = first_class(t->head);
	const uint16_t *end = from + t->head->class_words;
	int made = 0;

	if (!classes)
		return -ENOMEM;
	for (uint32_t class = 1; class < t->head->classes; class++) {
		if (from >= end || *from > end - from - 1)
			made = -EINVAL;
		else
			made = classes_put(classes, from + 1, *from);
		if (made != (int)class)
			break;
		from += *from + 1;
	}
	if (classes_count(classes) != t->head->classes) {
		classes_free(classes);
		return made < 0 ? made : -EINVAL;
	}
	*out = classes;
	return 0;
}

int truth_add_classes(struct truth *t, const struct classes *classes)
{
	size_t at = (size_t)((char *)first_class(t->head) - (char *)t->head);

	if (at + class_words(classes) * sizeof(uint16_t) > t->size)
		return -ENOSPC;
	write_classes(t->head, classes);
	return 0;
}
