/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Elements that expire: read, written and cleaned in batches. */
#include <bpf/bpf.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include <sluice/grow.h>
#include <sluice/scope.h>

#include "elements.h"

enum { BATCH = 16384 };

struct batch {
	struct sl_element_key *key;
	struct sl_element *value;
	uint32_t n, room, cursor;
	bool started, last;
};

uint64_t elements_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* In order of set, family, address, length. */
static int element_compare(const void *a, const void *b)
{
	const struct sl_element_key *p = &((const struct element *)a)->key;
	const struct sl_element_key *q = &((const struct element *)b)->key;
	int order;

	if (p->set != q->set)
		return p->set < q->set ? -1 : 1;
	if (p->family != q->family)
		return p->family < q->family ? -1 : 1;
	order = memcmp(p->addr, q->addr, sizeof(p->addr));
	return order ? order : p->length - q->length;
}

struct sl_element_key element_key(uint16_t set, const struct sl_prefix *p)
{
	struct sl_element_key key = { .family = p->addr.family,
				      .length = p->length,
				      .set = set };

	memcpy(key.addr, p->addr.octet, sizeof(key.addr));
	return key;
}

static uint64_t be64(const uint8_t *octet)
{
	uint64_t value;

	memcpy(&value, octet, sizeof(value));
	return be64toh(value);
}

static void octets(const struct image_item *i, uint8_t to[16])
{
	const uint64_t half[2] = { htobe64(i->hi), htobe64(i->lo) };

	memcpy(to, half, sizeof(half));
}

struct sl_element_key element_of(const struct image_item *i)
{
	struct sl_element_key key = { .family = i->family, .length = i->length, .set = i->list };

	octets(i, key.addr);
	return key;
}

struct image_item element_item(const struct sl_element_key *key)
{
	return (struct image_item){
		.hi = be64(key->addr), .lo = be64(key->addr + 8),
		.list = key->set, .length = key->length, .family = key->family,
	};
}

struct sl_prefix element_prefix(const struct image_item *i)
{
	struct sl_prefix p = { .addr.family = i->family, .length = i->length };

	octets(i, p.addr.octet);
	return p;
}

int elements_truth(const struct sl_instance *inst, struct truth *t, struct sl_error *x)
{
	void *half = map_half(&inst->maps, MAP_MEMBERS, active(inst), x);
	int err;

	if (!half)
		return -ENOMEM;
	err = truth_open(t, half, inst->maps.map[MAP_MEMBERS].stride, serial(inst));
	if (err == -ENOMEM)
		return sl_fail(x, err, "elements: not enough memory");
	if (err)
		return sl_fail(x, err, "elements: damaged, or written meanwhile: try again");
	return 0;
}

/* ---- batches ---------------------------------------------------------- */

static int batch_room(struct batch *b, uint32_t room)
{
	void *key = realloc(b->key, room * sizeof(*b->key)), *value;

	if (!key)
		return -ENOMEM;
	b->key = key;
	value = realloc(b->value, room * sizeof(*b->value));
	if (!value)
		return -ENOMEM;
	b->value = value;
	b->room = room;
	return 0;
}

static void batch_free(struct batch *b)
{
	free(b->key);
	free(b->value);
}

/* The next elements of the map; n = 0 at the end. */
static int batch_next(int map, struct batch *b)
{
	int err = b->room ? 0 : batch_room(b, BATCH);

	b->n = 0;
	while (!err && !b->last) {
		b->n = b->room;
		if (!bpf_map_lookup_batch(map, b->started ? &b->cursor : NULL,
					  &b->cursor, b->key, b->value, &b->n,
					  NULL)) {
			b->started = true;
			break;
		}
		if (errno == ENOENT) {
			b->last = true;
			break;
		}
		if (errno != ENOSPC) /* ENOSPC: one bucket holds more */
			return -errno;
		err = batch_room(b, b->room * 2);
	}
	return err;
}

/* ---- reading ---------------------------------------------------------- */

static int keep(struct elements *all, size_t *room, const struct element *e)
{
	struct element *grown = sl_grown(all->e, all->n, room, sizeof(*grown), 1024);

	if (!grown)
		return -ENOMEM;
	all->e = grown;
	grown[all->n++] = *e;
	return 0;
}

static bool valid(const struct sl_members *head, const struct sl_element_key *key,
		  const struct sl_element *value)
{
	return key->set < SL_SETS_MAX &&
	       value->generation == head->generation[key->set];
}

/* Calls each() for those that hold; *void_ones: how many do not. */
static int scan(const struct sl_instance *inst, int (*each)(void *arg, const struct element *e),
		void *arg, size_t *void_ones)
{
	const struct sl_members *head = map_half(&inst->maps, MAP_MEMBERS, active(inst), NULL);
	struct batch b = { 0 };
	int err = head ? 0 : -ENOMEM;

	while (!err && !b.last) {
		err = batch_next(inst->maps.map[MAP_EXPIRY].fd, &b);
		for (uint32_t i = 0; i < b.n && !err; i++) {
			const struct element e = { b.key[i], b.value[i] };

			if (valid(head, &e.key, &e.value))
				err = each(arg, &e);
			else
				*void_ones += 1;
		}
	}
	batch_free(&b);
	return err;
}

int elements_each(const struct sl_instance *inst, int (*each)(void *arg, const struct element *e), void *arg)
{
	size_t void_ones = 0;

	return scan(inst, each, arg, &void_ones);
}

struct reading { struct elements all; size_t room; };

static int take(void *arg, const struct element *e)
{
	struct reading *r = arg;

	return keep(&r->all, &r->room, e);
}

int elements_read(const struct sl_instance *inst, struct elements *out,
		  size_t *others, struct sl_error *x)
{
	struct reading r = { .room = 0 };
	int err;

	*others = 0;
	err = scan(inst, take, &r, others);
	if (err) {
		free(r.all.e);
		return sl_fail(x, err, "elements: %s", strerror(-err));
	}
	if (r.all.n)
		qsort(r.all.e, r.all.n, sizeof(*r.all.e), element_compare);
	*out = r.all;
	return 0;
}

uint64_t elements_end(const struct elements *all, const struct sl_element_key *key)
{
	const struct element wanted = { .key = *key }, *found = NULL;

	if (all->n)
		found = bsearch(&wanted, all->e, all->n, sizeof(*all->e), element_compare);
	return found ? found->value.expires : 0;
}

void elements_free(struct elements *all)
{
	free(all->e);
	*all = (struct elements){ 0 };
}

uint64_t elements_end_now(const struct sl_instance *inst, uint32_t generation,
			  const struct sl_element_key *key)
{
	struct sl_element v;

	if (bpf_map_lookup_elem(inst->maps.map[MAP_EXPIRY].fd, key, &v))
		return 0;
	return v.generation == generation ? v.expires : 0;
}

/* ---- writing ---------------------------------------------------------- */

static int write_batch(int map, const struct sl_element_key *key,
		       const struct sl_element *value, uint32_t n)
{
	uint32_t done = n;

	return bpf_map_update_batch(map, key, value, &done, NULL) ? -errno : 0;
}

int elements_write(const struct sl_instance *inst, const struct element *e,
		   size_t n, struct sl_error *x)
{
	struct batch b = { 0 };
	int err = n ? batch_room(&b, n < BATCH ? (uint32_t)n : BATCH) : 0;

	while (n && !err) {
		for (b.n = 0; b.n < b.room && b.n < n; b.n++) {
			b.key[b.n] = e[b.n].key;
			b.value[b.n] = e[b.n].value;
		}
		err = write_batch(inst->maps.map[MAP_EXPIRY].fd, b.key,
				  b.value, b.n);
		e += b.n;
		n -= b.n;
	}
	batch_free(&b);
	return err ? sl_fail(x, err, "elements: %s", strerror(-err)) : 0;
}

void elements_remove(const struct sl_instance *inst, const struct sl_element_key *key)
{
	bpf_map_delete_elem(inst->maps.map[MAP_EXPIRY].fd, key);
}

static int delete_all(int map, struct batch *b, const struct elements *gone)
{
	uint32_t n;

	for (size_t i = 0; i < gone->n; i += n) {
		n = 0;
		while (n < b->room && i + n < gone->n) {
			b->key[n] = gone->e[i + n].key;
			n++;
		}
		b->n = n;
		if (bpf_map_delete_batch(map, b->key, &b->n, NULL))
			return -errno;
	}
	return 0;
}

/* Found first, changed afterwards: a batch walks what it must not change. */
int elements_clean(const struct sl_instance *inst, struct sl_error *x)
{
	int map = inst->maps.map[MAP_EXPIRY].fd, err;
	struct elements gone = { 0 };
	struct batch b = { 0 };
	struct truth t;
	size_t room = 0;

	err = elements_truth(inst, &t, x);
	if (err)
		return err;
	while (!err && !b.last) {
		err = batch_next(map, &b);
		for (uint32_t i = 0; i < b.n && !err; i++) {
			const struct element e = { b.key[i], b.value[i] };
			struct image_item item = element_item(&e.key);

			if (!valid(t.head, &e.key, &e.value) || !truth_has(&t, &item))
				err = keep(&gone, &room, &e);
		}
	}
	if (!err)
		err = delete_all(map, &b, &gone);
	batch_free(&b);
	free(gone.e);
	truth_close(&t);
	return err ? sl_fail(x, err, "elements: %s", strerror(-err)) : 0;
}

int elements_copy(int to, int from, struct sl_error *x)
{
	struct batch b = { 0 };
	int err = 0;

	while (!err && !b.last) {
		err = batch_next(from, &b);
		if (!err && b.n)
			err = write_batch(to, b.key, b.value, b.n);
	}
	batch_free(&b);
	return err ? sl_fail(x, err, "elements: %s", strerror(-err)) : 0;
}
