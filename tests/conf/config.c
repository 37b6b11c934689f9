/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A configuration for tests of what is done with one. */
#include <string.h>

#include "tests/conf/config.h"

struct sl_config *config(const char *text)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	int err = conf_parse("c", text, strlen(text), CONF_RUNNING, &conf, &report);

	if (err)
		print_error("%s\n", report.errors);
	assert_int_equal(err, 0);
	conf_report_clear(&report);
	return conf;
}
