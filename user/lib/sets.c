/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sets: edits of their elements, and looking at them. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "expire.h"
#include "transact.h"

void sl_config_set(struct sl_instance *inst, const struct sl_config *conf)
{
	inst->conf = conf;
}

static int find(const struct sl_instance *inst, const char *set,
		struct sl_error *x)
{
	int id = *set ? registry_set(registry(inst), set) : -1;

	return id < 0 ? sl_fail(x, ENOENT, "set %s: no such set", set) : id;
}

/* ---- edits ------------------------------------------------------------ */

static int edit(struct sl_instance *inst, const struct edit *e, size_t *changed,
		struct sl_error *x)
{
	if (!inst->conf)
		return sl_fail(
			x, EINVAL,
			"set %s: the running configuration is not known: apply one first",
			e->set);
	for (size_t i = 0; i < inst->conf->n_sets; i++)
		if (!strcmp(inst->conf->sets[i].name, e->set))
			return transact(inst, inst->conf,
					sl_running_digest(inst), e, changed, x);
	return sl_fail(x, ENOENT, "set %s: no such set", e->set);
}

int sl_set_add(struct sl_instance *inst, const char *set,
	       const struct sl_prefix *p, size_t n, uint64_t for_ms,
	       size_t *changed, struct sl_error *x)
{
	struct edit e = { .kind = EDIT_ADD, .set = set, .prefix = p, .n = n };

	if (for_ms)
		e.expires = elements_now() + for_ms * 1000000u;
	return edit(inst, &e, changed, x);
}

int sl_set_del(struct sl_instance *inst, const char *set,
	       const struct sl_prefix *p, size_t n, size_t *changed,
	       struct sl_error *x)
{
	struct edit e = { .kind = EDIT_DEL, .set = set, .prefix = p, .n = n };

	return edit(inst, &e, changed, x);
}

int sl_set_load(struct sl_instance *inst, const char *set,
		const struct sl_prefix *p, size_t n, struct sl_error *x)
{
	struct edit e = { .kind = EDIT_LOAD, .set = set, .prefix = p, .n = n };

	return edit(inst, &e, NULL, x);
}

int sl_sets_expire(struct sl_instance *inst, uint64_t most_ms, struct sl_expired *done,
		   struct sl_error *x)
{
	const struct edit nothing = { .kind = EDIT_DEL, .set = "" };
	struct sl_expired result = { 0 };
	int err;

	if (inst->how == SL_OPEN_READ)
		return sl_fail(x, EPERM, "instance %s: opened to look only", inst->name);
	if (!inst->conf)
		return sl_fail(x, EINVAL, "sets: the running configuration is not known: apply one first");
	err = expire(inst, most_ms, &result.removed, &result.more, x);
	if (err == EDIT_ANEW)
		err = transact_anew(inst, inst->conf, sl_running_digest(inst), &nothing, NULL, x);
	if (!err)
		*done = result;
	return err;
}

/* ---- looking ---------------------------------------------------------- */

/* One set; when its elements end is asked of the map, one by one: there may be
 * more than memory is meant for. */
struct looking {
	const struct sl_instance *inst;
	struct truth truth;
	uint64_t now;
	uint16_t id;
	uint32_t serial, swept;		/* of the truth */
	bool moved;			/* it has changed meanwhile */
};

static int look(const struct sl_instance *inst, const char *set,
		struct looking *l, struct sl_error *x)
{
	int id = find(inst, set, x);

	if (id < 0)
		return id;
	*l = (struct looking){ .inst = inst, .now = elements_now(), .id = (uint16_t)id,
			       .serial = serial(inst) };
	id = elements_truth(inst, &l->truth, x);
	if (!id)
		l->swept = __atomic_load_n(&l->truth.head->swept, __ATOMIC_ACQUIRE);
	return id;
}

static void look_away(struct looking *l)
{
	truth_close(&l->truth);
}

static uint32_t swept(const struct looking *l)
{
	return __atomic_load_n(&l->truth.head->swept, __ATOMIC_ACQUIRE);
}

/* Who has no expiry has none, or has just lost it with all else. */
static bool is_still(struct looking *l, const struct image_item *i)
{
	struct truth now;

	if (l->swept % 2 || l->swept != swept(l) || l->serial != serial(l->inst)) {
		l->moved = true;
		l->serial = serial(l->inst);
		if (!elements_truth(l->inst, &now, NULL)) {
			truth_close(&l->truth);
			l->truth = now;
		}
		l->swept = swept(l);
	}
	return !l->moved || truth_has(&l->truth, i);
}

/* false: it has expired. */
static bool describe(struct looking *l, const struct image_item *i,
		     struct sl_element_info *out)
{
	const struct sl_members *head = l->truth.head;
	struct sl_element_key key = element_of(i);
	uint64_t ends = 0;

	if (head->next_expiry)
		ends = elements_end_now(l->inst, head->generation[l->id], &key);
	if (ends ? ends <= l->now : head->timed && !is_still(l, i))
		return false;
	*out = (struct sl_element_info){ .prefix = element_prefix(i) };
	if (ends) /* what is left is never "never" */
		out->expires_in_ms = (ends - l->now + 999999) / 1000000;
	return true;
}

static void cut(struct sl_prefix *p, uint8_t length)
{
	for (unsigned bit = length; bit < 128; bit++)
		p->addr.octet[bit / 8] =
			(uint8_t)(p->addr.octet[bit / 8] & ~(0x80u >> bit % 8));
	p->length = length;
}

/* 1: found, 0: not. */
static int search(struct looking *l, const struct sl_prefix *p,
		  struct sl_element_info *found)
{
	struct sl_prefix wider = *p;
	int member = 0;

	for (int length = p->length; length >= 0 && !member; length--) {
		struct sl_element_key key;
		struct image_item i;

		cut(&wider, (uint8_t)length);
		key = element_key(l->id, &wider);
		i = element_item(&key);
		member = truth_has(&l->truth, &i) && describe(l, &i, found);
	}
	return member;
}

int sl_set_test(struct sl_instance *inst, const char *set,
		const struct sl_prefix *p, struct sl_element_info *found,
		struct sl_error *x)
{
	struct sl_element_info info;
	struct looking l;
	int err, member;
	bool stands;

	do {
		err = look(inst, set, &l, x);
		if (err)
			return err;
		member = search(&l, p, &info);
		stands = truth_stands(&l.truth);
		look_away(&l);
	} while (!stands);
	if (member)
		*found = info;
	return member;
}

/* What one of the two is about, the other is. */
static bool related(const struct image_item *i, const struct image_item *within)
{
	unsigned n = i->length < within->length ? i->length : within->length;
	uint64_t hi = i->hi ^ within->hi, lo = i->lo ^ within->lo;

	if (i->family != within->family)
		return false;
	if (n <= 64)
		return !n || !(hi >> (64 - n));
	return !hi && !(lo >> (128 - n));
}

/* All that are in the set now and related to `within`, NULL: to anything; *n of
 * them. NULL: no memory. */
static struct image_item *gather(const struct looking *l, const struct sl_prefix *within, size_t *n)
{
	size_t room = l->truth.count[l->id], got = 0;
	struct image_item *item = calloc(room + 1, sizeof(*item));
	struct image_item i, near = { .family = 0 };
	struct truth_place at = { 0, 0 };

	if (within)
		near = image_item(within, l->id);
	while (item && got < room && truth_next(&l->truth, &at, &i))
		if (i.list == l->id && (!within || related(&i, &near)))
			item[got++] = i;
	*n = got;
	return item;
}

/* Gathered first: whoever gets them may take his time, and others change the set. */
int sl_set_list(struct sl_instance *inst, const char *set, const struct sl_prefix *within,
		int (*each)(void *arg, const struct sl_element_info *e),
		void *arg, struct sl_error *x)
{
	struct image_item *item = NULL;
	struct sl_element_info e;
	struct looking l;
	size_t n;
	int stop = 0, err;

	for (;;) {
		err = look(inst, set, &l, x);
		if (err)
			return err;
		item = gather(&l, within, &n);
		if (!item || truth_stands(&l.truth))
			break;
		free(item);
		look_away(&l);
	}
	for (size_t i = 0; item && i < n && !stop; i++)
		if (describe(&l, &item[i], &e))
			stop = each(arg, &e);
	look_away(&l);
	if (!item)
		return sl_fail(x, ENOMEM, "memory: not enough");
	free(item);
	return 0;
}

int sl_set_count(struct sl_instance *inst, const char *const *set, size_t n,
		 uint64_t *count, struct sl_error *x)
{
	uint64_t all[SL_SETS_MAX];
	int err = elements_count(inst, all, x), id;

	for (size_t i = 0; i < n && !err; i++) {
		id = find(inst, set[i], x);
		if (id < 0)
			return id;
		count[i] = all[id];
	}
	return err;
}
