/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sets: edits of their elements, and looking at them. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- looking ---------------------------------------------------------- */

static void describe(const struct sl_element_key *key,
		     const struct sl_element *v, uint64_t now,
		     struct sl_element_info *out)
{
	*out = (struct sl_element_info){ .prefix = element_prefix(key) };
	if (v->expires) /* what is left is never "never" */
		out->expires_in_ms = (v->expires - now + 999999) / 1000000;
}

static void cut(struct sl_prefix *p, uint8_t length)
{
	for (unsigned bit = length; bit < 128; bit++)
		p->addr.octet[bit / 8] =
			(uint8_t)(p->addr.octet[bit / 8] & ~(0x80u >> bit % 8));
	p->length = length;
}

int sl_set_test(struct sl_instance *inst, const char *set,
		const struct sl_prefix *p, struct sl_element_info *found,
		struct sl_error *x)
{
	int id = find(inst, set, x), map = inst->maps.map[MAP_ELEMENTS].fd;
	uint32_t at = serial(inst);
	uint64_t now = elements_now();
	struct sl_prefix wider = *p;
	struct sl_element v;

	if (id < 0)
		return id;
	for (int length = p->length; length >= 0; length--) {
		struct sl_element_key key;

		cut(&wider, (uint8_t)length);
		key = element_key((uint16_t)id, &wider);
		if (bpf_map_lookup_elem(map, &key, &v) ||
		    !element_visible(&v, at) || !element_live(&v, now))
			continue;
		describe(&key, &v, now, found);
		return 1;
	}
	return 0;
}

int sl_set_list(struct sl_instance *inst, const char *set,
		int (*each)(void *arg, const struct sl_element_info *e),
		void *arg, struct sl_error *x)
{
	int id = find(inst, set, x), err, stop = 0;
	uint64_t now = elements_now();
	struct elements all = { 0 };
	struct sl_element_info e;

	if (id < 0)
		return id;
	err = elements_read(inst, serial(inst), id, &all, NULL, x);
	for (size_t i = 0; i < all.n && !stop; i++) {
		if (!element_live(&all.e[i].value, now))
			continue;
		describe(&all.e[i].key, &all.e[i].value, now, &e);
		stop = each(arg, &e);
	}
	elements_free(&all);
	return err;
}

int sl_set_count(struct sl_instance *inst, const char *set, uint64_t *n,
		 struct sl_error *x)
{
	int id = find(inst, set, x);

	return id < 0 ? id : elements_count(inst, id, n, x);
}
