// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Live edits of services, and whether an edited config is one that a file may be. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "schema.h"

struct sl_service_conf *conf_service_find(struct sl_config *conf, const char *name)
{
	for (size_t i = 0; i < conf->n_services; i++)
		if (!strcmp(conf->services[i].name, name))
			return &conf->services[i];
	return NULL;
}

static void read_service(struct reader *r, const char *text,
			 struct sl_service_conf *service)
{
	const struct node *node = tree_read(r, text, strlen(text));

	if (node)
		schema_read(r, node, &schema_service, service);
	else if (!r->errors.total)
		fault(r, NULL, "%s", strerror(ENOMEM));
}

int conf_service_add(struct sl_config *conf, const char *name, const char *text,
		     struct conf_report *report)
{
	size_t n = conf->n_services;
	struct sl_service_conf *list = arena_grown(conf->arena, conf->services, n, sizeof(*list));
	struct reader r = { .file = name, .conf = conf };
	int err;

	if (conf_service_find(conf, name))
		return -EEXIST;
	r.scratch = arena_new();
	if (list && r.scratch) {
		schema_default(&schema_service, &list[n]);
		snprintf(list[n].name, sizeof(list[n].name), "%s", name);
		read_service(&r, text, &list[n]);
	}
	err = reader_end(&r, report);
	if (err)
		return err;
	conf->services = list;
	conf->n_services++;
	return 0;
}

int conf_service_del(struct sl_config *conf, const char *name)
{
	struct sl_service_conf *service = conf_service_find(conf, name);

	if (!service)
		return -ENOENT;
	array_remove(conf->services, &conf->n_services, service, sizeof(*service));
	return 0;
}

/* ---- the whole, after an edit ------------------------------------------ */

const char *conf_sentence(const char *line)
{
	for (int i = 0; i < 3 && strchr(line, ':'); i++)
		line = strchr(line, ':') + 1;
	return line + strspn(line, " ");
}

static bool has_sentence(const char *lines, const char *sentence, size_t n)
{
	for (; lines && *lines; lines += lines[0] == '\n') {
		const char *at = conf_sentence(lines);

		lines += strcspn(lines, "\n");
		if ((size_t)(lines - at) == n && !strncmp(at, sentence, n))
			return true;
	}
	return false;
}

/* Takes out of `lines` what `before` says as well; counts what is left. */
static void forget_old(char *lines, size_t *left, const char *before)
{
	char *to = lines;

	*left = 0;
	for (const char *line = lines, *next; *line; line = next) {
		const char *at = conf_sentence(line);
		size_t n = strcspn(line, "\n");

		next = line + n + (line[n] == '\n');
		if (has_sentence(before, at, (size_t)(line + n - at)))
			continue;
		if ((*left)++)
			*to++ = '\n';
		memmove(to, line, n);
		to += n;
	}
	*to = 0;
}

int conf_recheck(const struct sl_config *conf, const char *before,
		 struct conf_report *report)
{
	autofree char *text = conf_emit(conf, 0);
	struct conf_report old = { 0 };
	struct sl_config *read = NULL;
	int err;

	if (!text)
		return -ENOMEM;
	err = conf_parse("edit", text, strlen(text), CONF_RUNNING, &read, report);
	conf_free(read);
	read = NULL;
	if (report->warnings && before &&
	    !conf_parse("edit", before, strlen(before), CONF_RUNNING, &read, &old))
		forget_old(report->warnings, &report->n_warnings, old.warnings);
	conf_free(read);
	conf_report_clear(&old);
	if (report->warnings && !*report->warnings) {
		free(report->warnings);
		report->warnings = NULL;
	}
	return err;
}
