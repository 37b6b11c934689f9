/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Elements of sets that an unconfirmed apply takes away, kept to come back:
 * unconfirmed-SET has one a line and, behind it, when it expires. */
#include "kept.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sluice/grow.h>
#include <sluice/scope.h>

#include "arena.h"
#include "confirm.h"
#include "store.h"

#define PREFIX "unconfirmed-"

static struct path path_of(const struct change *c, const char *set)
{
	char file[sizeof(PREFIX) + SL_NAME_LEN];

	snprintf(file, sizeof(file), PREFIX "%s", set);
	return path_in(sl_run_dir(c->inst), file);
}

/* ---- writing -------------------------------------------------------------- */

static bool stays(const struct change *c, const struct sl_config *conf,
		  const struct sl_set_conf *set)
{
	for (size_t i = 0; i < c->plan->n_sets; i++)
		if (!strcmp(c->plan->sets[i].name, set->name))
			return false;
	for (size_t i = 0; i < conf->n_sets; i++)
		if (!strcmp(conf->sets[i].name, set->name))
			return true;
	return false;
}

struct writing {
	FILE *to;
	uint64_t now;	/* one for all, so that batches stay batches */
};

static int write_element(void *arg, const struct sl_element_info *e)
{
	const struct writing *w = arg;
	char text[CONF_PREFIX_TEXT];

	fputs(conf_prefix_text(&e->prefix, text), w->to);
	if (e->expires_in_ms)
		fprintf(w->to, " %" PRIu64, w->now + e->expires_in_ms);
	fputc('\n', w->to);
	return 0;
}

static int write_set(struct change *c, const char *set, struct sl_error *x)
{
	struct path path = path_of(c, set);
	struct writing w = { fopen(path.text, "we"), boot_ms() };
	int err;

	if (!w.to)
		return sl_fail_errno(x, "%s", path.text);
	err = sl_set_list(c->inst, set, NULL, write_element, &w, x);
	if (ferror(w.to) && !err)
		err = sl_fail(x, EIO, "%s: %s", path.text, strerror(EIO));
	if (fclose(w.to) && !err)
		err = sl_fail_errno(x, "%s", path.text);
	return err;
}

int kept_write(struct change *c, const struct sl_config *conf,
	       struct sl_error *x)
{
	int err = 0;

	for (size_t i = 0; i < c->running->n_sets && !err; i++) {
		const struct sl_set_conf *set = &c->running->sets[i];

		if (!stays(c, conf, set))
			err = write_set(c, set->name, x);
	}
	return err;
}

/* ---- reading -------------------------------------------------------------- */

static int read_set(struct change *c, struct sl_config *conf,
		    struct sl_set_conf *set, struct sl_error *x)
{
	struct path path = path_of(c, set->name);
	struct conf_report report = { 0 };
	FILE *in = fopen(path.text, "re");
	struct sl_prefix *list = NULL;
	size_t n = 0;
	int err;

	if (!in)
		return errno == ENOENT ? 0 : sl_fail_errno(x, "%s", path.text);
	c->differs = true;
	err = conf_prefix_list(path.text, in, 0, &list, &n, &report);
	fclose(in);
	conf_report_clear(&report);
	if (err)
		return sl_fail(x, err, "%s: damaged: apply a configuration again", path.text);
	/* an empty list is one too */
	set->prefixes = list ? arena_adopt(conf->arena, list) :
			       arena_array(conf->arena, 1, sizeof(*list));
	if (!set->prefixes)
		return sl_fail(x, ENOMEM, "set %s: no memory", set->name);
	set->n_prefixes = n;
	set->unread = false;
	return 0;
}

static int read_sets(struct change *c, struct sl_config *conf, bool in_text,
		     struct sl_error *x)
{
	int err = 0;

	for (size_t i = 0; i < conf->n_sets && !err; i++)
		if ((conf->sets[i].kind == SL_SET_PREFIXES) == in_text)
			err = read_set(c, conf, &conf->sets[i], x);
	return err;
}

/* Live edits of prefixes that the text says are no part of the text. */
int kept_read(struct change *c, struct sl_config *conf, struct sl_error *x)
{
	int err;

	for (size_t i = 0; i < conf->n_sets; i++)
		conf->sets[i].unread = true;	/* not kept: it did not change */
	err = read_sets(c, conf, false, x);
	if (!err)
		err = change_prepare(c, conf, x);
	return err ? err : read_sets(c, conf, true, x);
}

/* ---- expiry --------------------------------------------------------------- */

/* Elements that were added together expire together. */
struct batch {
	struct sl_prefix *p;
	size_t n, room;
	uint64_t expires;
};

static int put(struct change *c, const char *set, struct batch *b,
	       struct sl_error *x)
{
	uint64_t now = boot_ms();
	size_t changed;
	int err;

	if (!b->n)
		return 0;
	if (b->expires > now)
		err = sl_set_add(c->inst, set, b->p, b->n, b->expires - now,
				 &changed, x);
	else
		err = sl_set_del(c->inst, set, b->p, b->n, &changed, x);
	b->n = 0;
	return err;
}

static int take(struct batch *b, const char *line, struct sl_error *x)
{
	struct sl_prefix *p = sl_grown(b->p, b->n, &b->room, sizeof(*p), 64);
	char word[CONF_PREFIX_TEXT];

	if (!p)
		return sl_fail(x, ENOMEM, "set: no memory");
	b->p = p;
	if (sscanf(line, "%63s", word) != 1)
		return 0;
	return conf_prefix(word, &p[b->n], x) ? -EINVAL : (b->n++, 0);
}

static int expire_set(struct change *c, const char *set, FILE *in,
		      struct sl_error *x)
{
	autofree char *line = NULL;
	struct batch b = { 0 };
	uint64_t expires;
	size_t room = 0;
	int err = 0;

	while (!err && getline(&line, &room, in) >= 0) {
		if (sscanf(line, "%*s %" SCNu64, &expires) != 1)
			continue;
		if (expires != b.expires)
			err = put(c, set, &b, x);
		b.expires = expires;
		if (!err)
			err = take(&b, line, x);
	}
	if (!err)
		err = put(c, set, &b, x);
	free(b.p);
	return err;
}

int kept_expire(struct change *c, const struct sl_config *conf,
		struct sl_error *x)
{
	int err = 0;

	sl_config_set(c->inst, conf);
	for (size_t i = 0; i < conf->n_sets && !err; i++) {
		FILE *in = fopen(path_of(c, conf->sets[i].name).text, "re");

		if (!in)
			continue;
		err = expire_set(c, conf->sets[i].name, in, x);
		fclose(in);
	}
	sl_config_set(c->inst, c->running);
	return err;
}

void kept_remove(struct change *c)
{
	DIR *dir = opendir(sl_run_dir(c->inst));
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1))
			unlink(path_in(sl_run_dir(c->inst), entry->d_name).text);
	if (dir)
		closedir(dir);
}
