/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Configurations that sluice wrote itself, read back. */
#include <stdio.h>
#include <string.h>

#include <sluice/scope.h>

#include "store.h"

int stored_parse(const char *path, const char *text, struct sl_config **conf,
		 struct sl_error *x)
{
	struct conf_report report = { 0 };
	int err;

	err = conf_parse(path, text, strlen(text), CONF_RUNNING, conf, &report);
	if (err && report.errors)
		sl_fail(x, err, "%.*s", (int)strcspn(report.errors, "\n"),
			report.errors);
	else if (err)
		sl_fail(x, err, "%s: %s", path, strerror(-err));
	conf_report_clear(&report);
	return err;
}

int stored_read(const char *path, char **text, struct sl_config **conf,
		struct sl_error *x)
{
	autofree char *got = NULL;
	int err;

	err = text_read(path, &got, x);
	if (err)
		return err;
	err = stored_parse(path, got, conf, x);
	if (err)
		return err;
	*text = got;
	got = NULL;
	return 0;
}
