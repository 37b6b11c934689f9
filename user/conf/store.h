/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Texts as files: read whole, written so that nobody sees half of one. */
#ifndef CONF_STORE_H
#define CONF_STORE_H

#include <limits.h>

#include "conf.h"

struct path { char text[PATH_MAX]; };

/* "": it would be too long, so there is no such file. */
struct path path_in(const char *dir, const char *file);
struct path path_run(const char *instance, const char *file);	/* in /run/sluice */

/* There in the run directory while the host is drained: `announce drain` puts it
 * there, sluiced announces nothing meanwhile. */
#define RUN_DRAINED "drained"

/* *text is malloc'd and ends with a NUL; -ENOENT when there is no such file. */
int text_read(const char *path, char **text, struct sl_error *x);

/* A configuration that sluice wrote (CONF_RUNNING): its errors are one
 * sentence, for nobody should meet them. -ENOENT as above. */
int stored_parse(const char *path, const char *text, struct sl_config **conf, struct sl_error *x);
int stored_read(const char *path, char **text, struct sl_config **conf, struct sl_error *x);

/* Mode 0640. Written beside `path`, then renamed over it. */
int text_write(const char *path, const char *text, struct sl_error *x);

/* The same for a path of the user's: behind a link; into what is no file. */
int text_save(const char *path, const char *text, struct sl_error *x);

#endif
