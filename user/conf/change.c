/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One change of an instance, so that a kill at any moment can be repaired. */
#include "change.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sluice/scope.h>

#include "confirm.h"
#include "store.h"

static struct path path_of(const struct change *c, const char *file)
{
	return path_in(sl_run_dir(c->inst), file);
}

static void leave_elements_alone(struct sl_config *conf)
{
	for (size_t i = 0; i < conf->n_sets; i++)
		conf->sets[i].unread = true;
}

static void adopt(struct change *c, struct sl_config *conf, char *text)
{
	if (c->running)
		conf_free(c->running);
	free(c->running_text);
	c->running = conf;
	c->running_text = text;
	leave_elements_alone(conf);
}

static int load_running(struct change *c, struct sl_error *x)
{
	struct path path = path_of(c, "running.yaml");
	struct sl_config *conf = NULL;
	char *text = NULL;
	int err;

	err = stored_read(path.text, &text, &conf, x);
	if (err == -ENOENT)
		err = conf_empty(&conf);
	if (err)
		return err;
	adopt(c, conf, text);
	c->fresh = !text && !sl_running_digest(c->inst);
	c->lost = !text && !c->fresh;
	return 0;
}

/* next.yaml becomes running.yaml, that one previous.yaml. Every step leaves a
 * running.yaml, and next.yaml goes with the last. */
static int rotate(struct change *c, struct sl_error *x)
{
	struct path next = path_of(c, "next.yaml");
	struct path running = path_of(c, "running.yaml");
	struct path previous = path_of(c, "previous.yaml");
	struct path spare = path_of(c, "previous.yaml.new");

	unlink(spare.text);
	if (!link(running.text, spare.text) &&
	    rename(spare.text, previous.text))
		return sl_fail_errno(x, "%s", previous.text);
	unlink(spare.text);	/* a rename to the same file leaves it */
	if (rename(next.text, running.text))
		return sl_fail_errno(x, "%s", running.text);
	unlink(path_of(c, ROLLED_BACK).text);
	return 0;
}

static void drop_next(struct change *c)
{
	unlink(path_of(c, "next.yaml").text);
}

/* The kernel was brought to next.yaml: what is left is to clean and to say so.
 * Takes `text`. */
static int finish(struct change *c, char *text, struct sl_error *x)
{
	struct path path = path_of(c, "next.yaml");
	struct sl_config *conf = NULL;
	struct sl_error why = { "" };
	int err;

	err = stored_parse(path.text, text, &conf, x);
	if (err) {
		free(text);
		return err;
	}
	adopt(c, conf, text);
	c->fresh = c->lost = false;
	/* what fails here is tried again by the command's own apply */
	err = sl_apply(c->inst, c->running, sl_digest(text, strlen(text)), &why);
	snprintf(c->repaired, sizeof(c->repaired), "finished the change that a killed command left%s%.300s",
		 err ? ", but: " : "", err ? why.text : "");
	return rotate(c, x);
}

static void undo(struct change *c, const char *did)
{
	const char *text = c->running_text;
	struct sl_error why = { "" };
	int err = 0;

	if (text)
		err = sl_apply(c->inst, c->running,
			       sl_digest(text, strlen(text)), &why);
	snprintf(c->repaired, sizeof(c->repaired), "%s that a killed command left%s%.300s",
		 did, err ? ", but: " : "", err ? why.text : "");
	if (!err)
		drop_next(c);
}

static void undo_apply(struct change *c, const char *text)
{
	undo(c, "undid the change");
	unconfirmed_forget(c, sl_digest(text, strlen(text)));
}

/* Behind running.yaml's text in next.yaml: the set that is edited, and when. */
static const char set_mark[] = "# set %31s at %u\n";

static bool marks_set(const struct change *c, const char *text, char *did,
		      size_t size)
{
	size_t n = c->running_text ? strlen(c->running_text) : 0;
	char set[SL_NAME_LEN];
	uint32_t serial;

	if (!n || strncmp(text, c->running_text, n) ||
	    sscanf(text + n, set_mark, set, &serial) != 2)
		return false;
	snprintf(did, size, "%s the edit of set %s",
		 sl_running_serial(c->inst) == serial ? "undid" : "finished",
		 set);
	return true;
}

static int repair(struct change *c, struct sl_error *x)
{
	struct path path = path_of(c, "next.yaml");
	char *text = NULL, did[SL_NAME_LEN + 32];
	int err;

	err = text_read(path.text, &text, x);
	if (err)
		return err == -ENOENT ? 0 : err;
	if (marks_set(c, text, did, sizeof(did)))
		undo(c, did);
	else if (c->running_text && !strcmp(text, c->running_text))
		undo(c, "cleaned up the change");
	else if (sl_digest(text, strlen(text)) == sl_running_digest(c->inst))
		return finish(c, text, x);
	else
		undo_apply(c, text);
	free(text);
	return 0;
}

static int open_steps(struct change *c, const char *instance, enum sl_open how,
		      struct sl_error *x)
{
	int err;

	err = sl_open(&c->inst, instance, how, x);
	if (!err)
		err = load_running(c, x);
	if (!err)
		err = repair(c, x);
	if (err)
		return err;
	unconfirmed_tidy(c);
	sl_config_set(c->inst, c->running);
	if (how == SL_OPEN_CREATE)
		return 0;
	if (c->fresh)
		return sl_fail(x, ENOENT, "instance %s is not running", instance);
	if (c->lost)
		return sl_fail(x, EINVAL, "instance %s: %s/running.yaml is missing: apply the configuration again", instance, sl_run_dir(c->inst));
	return 0;
}

int change_open(struct change *c, const char *instance, enum sl_open how,
		struct sl_error *x)
{
	int err;

	memset(c, 0, sizeof(*c));
	err = open_steps(c, instance, how, x);
	if (err)
		change_close(c);
	return err;
}

int change_prepare(struct change *c, const struct sl_config *conf,
		   struct sl_error *x)
{
	autofree char *text = conf_emit(conf, 0);
	struct sl_plan *plan = NULL;
	int err;

	if (!text)
		return sl_fail(x, ENOMEM, "no memory for the configuration");
	err = sl_plan_make(c->inst, conf, &plan, x);
	if (err)
		return err;
	sl_plan_free(c->plan);
	free(c->next_text);
	c->plan = plan;
	c->differs = !c->running_text || strcmp(text, c->running_text) ||
		sl_digest(text, strlen(text)) != sl_running_digest(c->inst) ||
		!sl_plan_empty(plan);
	c->next_text = text;
	text = NULL;
	return 0;
}

/* The text of all but the backends; NULL: no memory. */
static char *without_backends(const struct sl_config *conf)
{
	autofree struct sl_pool_conf *pools = calloc(conf->n_pools + 1, sizeof(*pools));
	struct sl_config bare = *conf;

	if (!pools)
		return NULL;
	for (size_t i = 0; i < conf->n_pools; i++) {
		pools[i] = conf->pools[i];
		pools[i].n_backends = 0;
	}
	bare.pools = pools;
	return conf_emit(&bare, 0);
}

static bool only_backends_differ(const struct sl_config *a, const struct sl_config *b)
{
	autofree char *one = without_backends(a), *other = without_backends(b);

	return one && other && !strcmp(one, other);
}

/* What runs, as it was before it was edited; NULL: that is not known, or more than
 * backends of pools must change. */
static struct sl_config *for_backends(const struct change *c, const struct sl_config *conf)
{
	const struct sl_plan *plan = c->plan;
	const char *text = c->running_text;
	struct sl_config *was = NULL;

	if (!plan || !text || !strcmp(text, c->next_text) ||
	    sl_digest(text, strlen(text)) != sl_running_digest(c->inst) ||
	    plan->program || plan->interfaces || plan->repair || plan->n_sets ||
	    stored_parse("running.yaml", text, &was, NULL))
		return NULL;
	if (only_backends_differ(was, conf))
		return was;
	conf_free(was);
	return NULL;
}

static int apply(struct change *c, const struct sl_config *conf, struct sl_error *x)
{
	uint64_t digest = sl_digest(c->next_text, strlen(c->next_text));
	struct sl_config *was = for_backends(c, conf);
	int err;

	if (!was)
		return sl_apply(c->inst, conf, digest, x);
	sl_config_set(c->inst, was);
	err = sl_pools_apply(c->inst, conf, digest, x);
	sl_config_set(c->inst, c->running);
	conf_free(was);
	return err;
}

int change_commit(struct change *c, const struct sl_config *conf, bool *changed,
		  struct sl_error *x)
{
	int err;

	err = c->plan ? 0 : change_prepare(c, conf, x);
	if (err)
		return err;
	*changed = c->differs;
	if (!c->differs)
		return 0;
	err = text_write(path_of(c, "next.yaml").text, c->next_text, x);
	if (err)
		return err;
	err = apply(c, conf, x);
	if (err) {
		drop_next(c);
		return err;
	}
	c->fresh = c->lost = false;
	return rotate(c, x);
}

int change_begin_set(struct change *c, const char *set, struct sl_error *x)
{
	size_t n = strlen(c->running_text), room = n + sizeof(set_mark) + 64;
	autofree char *text = malloc(room);
	int used;

	if (!text)
		return sl_fail(x, ENOMEM, "no memory for the configuration");
	used = snprintf(text, room, "%s", c->running_text);
	snprintf(text + used, room - (size_t)used, "# set %s at %u\n", set,
		 sl_running_serial(c->inst));
	return text_write(path_of(c, "next.yaml").text, text, x);
}

int change_end_set(struct change *c, struct sl_error *x)
{
	struct path path = path_of(c, "next.yaml");

	if (unlink(path.text))
		return sl_fail_errno(x, "%s", path.text);
	return 0;
}

void change_close(struct change *c)
{
	if (c->inst && c->fresh)
		sl_purge(c->inst, NULL);
	sl_plan_free(c->plan);
	free(c->next_text);
	free(c->running_text);
	if (c->running)
		conf_free(c->running);
	sl_close(c->inst);
	memset(c, 0, sizeof(*c));
}

int running_read(const char *instance, struct sl_config **conf,
		 struct sl_error *x)
{
	struct path path = path_run(instance, "running.yaml");
	autofree char *text = NULL;
	int err;

	err = stored_read(path.text, &text, conf, x);
	if (err == -ENOENT)
		return sl_fail(x, err, "instance %s is not running", instance);
	return err;
}
