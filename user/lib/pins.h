/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names in bpffs, which knows no dots: they are written as colons there. */
#ifndef SL_PINS_H
#define SL_PINS_H

#include <sluice/sluice.h>

enum { PIN_DIR = 64, PIN_PATH = 128 };	/* an instance's directory; below it */

#define PIN_ROOT "/sys/fs/bpf/sluice"
#define RUN_ROOT "/run/sluice"

void pin_name(char *out, size_t size, const char *name);	/* eth0.7 -> eth0:7 */
void pin_unname(char *name);				/* and back, in place */

/* 2770 root:sluice if that group exists, else 0700. Present is fine. */
int pin_make_dir(const char *path, struct sl_error *x);
int pin(int fd, const char *path, struct sl_error *x);
/* Pins at `staged`, then renames it over `path`. */
int pin_replace(int fd, const char *staged, const char *path, struct sl_error *x);
/* `staged` becomes `path`; what was there is at `staged` afterwards. */
int pin_swap_dir(const char *staged, const char *path, struct sl_error *x);
/* Removes a directory and the files in it; 1: it was there. */
int pin_remove_dir(const char *path);

#endif
