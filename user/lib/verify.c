/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What packets read, compared with what is built anew from the truth. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"

struct side {
	const uint32_t *word;
	uint32_t words;
	struct classes *classes;
};

struct comparison {
	struct side runs, built;
	struct sl_verify *result;
};

static bool equal(const struct comparison *c, uint16_t runs, uint16_t built)
{
	const uint16_t *a, *b;
	size_t n, m;

	if (runs >= classes_count(c->runs.classes))
		return false;
	a = classes_lists(c->runs.classes, runs, &n);
	b = classes_lists(c->built.classes, built, &m);
	return n == m && !memcmp(a, b, n * sizeof(*a));
}

static int compare(void *arg, const struct sl_address *at)
{
	struct comparison *c = arg;
	uint16_t runs = image_lookup(c->runs.word, c->runs.words, at);
	uint16_t built = image_lookup(c->built.word, c->built.words, at);

	c->result->compared++;
	if (equal(c, runs, built))
		return 0;
	if (!c->result->wrong++)
		c->result->first = *at;
	return 0;
}

/* All that the truth says. */
static int gather(const struct truth *t, struct image_item **out, size_t *n)
{
	struct truth_place at = { 0, 0 };
	size_t room = t->n4 + t->n6 + t->n_edits, got = 0;
	struct image_item *item = calloc(room + 1, sizeof(*item));

	if (!item)
		return -ENOMEM;
	while (got < room && truth_next(t, &at, &item[got]))
		got++;
	*out = item;
	*n = got;
	return 0;
}

static int build(const struct truth *t, struct side *s, struct sl_verify *result,
		 struct sl_error *x)
{
	struct image_item *item;
	struct image image;
	size_t n;
	int err = gather(t, &item, &n);

	if (err)
		return err;
	for (size_t i = 0; i < n; i++)
		result->elements += item[i].list < SL_SETS_MAX;
	s->classes = classes_new(SL_CLASSES_MAX - 1);
	err = s->classes ? image_build(item, n, s->classes, &image, x) : -ENOMEM;
	free(item);
	if (err)
		return err;
	s->word = image.word;
	s->words = image.words;
	return 0;
}

/* Do the rules make of each class what they should? */
static int check_rows(struct sl_instance *inst, const struct classes *classes,
		      struct sl_verify *result, struct sl_error *x)
{
	const struct sl_class *rows = map_at(&inst->maps, MAP_CLASSES, active(inst));
	uint32_t n = classes_count(classes);
	struct sl_class *want;
	int err;

	if (!inst->conf)
		return 0;
	if (n > inst->maps.map[MAP_CLASSES].stride / sizeof(*rows)) {
		result->wrong_rows = n;
		return 0;
	}
	want = calloc(n, sizeof(*want));
	err = want ? edit_rows(inst, inst->conf, classes, 0, want, x) : -ENOMEM;
	for (uint32_t i = 0; i < n && !err; i++)
		result->wrong_rows += memcmp(&want[i], &rows[i], sizeof(*rows)) != 0;
	free(want);
	return err;
}

static int verify(struct sl_instance *inst, struct truth *t, struct sl_verify *result,
		  struct sl_error *x)
{
	struct comparison c = { .result = result };
	int err = truth_classes(t, SL_CLASSES_MAX - 1, &c.runs.classes);

	if (err)
		return sl_fail(x, err, "sets: the table of classes is damaged: apply the configuration again");
	c.runs.words = (uint32_t)(inst->maps.map[MAP_IMAGES].stride / 4);
	err = build(t, &c.built, result, x);
	map_leave(&inst->maps, MAP_MEMBERS, active(inst));	/* room for the image */
	if (!err) {
		c.runs.word = map_half(&inst->maps, MAP_IMAGES, active(inst), x);
		err = c.runs.word ? 0 : -ENOMEM;
	}
	if (!err) {
		image_edges(c.built.word, c.built.words, compare, &c);
		image_edges(c.runs.word, c.runs.words, compare, &c);
		err = check_rows(inst, c.runs.classes, result, x);
	}
	image_free((void *)c.built.word, c.built.words);
	classes_free(c.built.classes);
	classes_free(c.runs.classes);
	return err;
}

/* Somebody has edited what was compared. */
static bool has_moved(const struct sl_instance *inst, uint32_t before, uint32_t swept)
{
	const struct sl_members *head = map_half(&inst->maps, MAP_MEMBERS, active(inst), NULL);

	return serial(inst) != before || (head && head->swept != swept);
}

int sl_set_verify(struct sl_instance *inst, struct sl_verify *out, struct sl_error *x)
{
	struct sl_verify result = { .elements = 0 };
	struct truth t;
	uint32_t serial_before, swept;
	bool moved;
	int err;

	do {
		err = elements_truth(inst, &t, x);
		if (err)
			return err;
		serial_before = serial(inst);
		swept = t.head->swept;
		result = (struct sl_verify){ .elements = 0 };
		err = verify(inst, &t, &result, x);
		moved = has_moved(inst, serial_before, swept);
		truth_close(&t);
	} while (!err && moved && (result.wrong || result.wrong_rows));
	if (err == -ENOMEM)
		sl_fail(x, err, "memory: not enough");
	if (!err)
		*out = result;
	return err;
}
