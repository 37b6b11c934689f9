/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A configuration for tests of what is done with one. */
#ifndef TESTS_CONF_CONFIG_H
#define TESTS_CONF_CONFIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "user/conf/conf.h"

/* As running.yaml is read; the test fails if it is none. For the caller to free. */
struct sl_config *config(const char *text);

#endif
