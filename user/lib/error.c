/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sentences for errors: a number for the program, a line for a person. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sluice/sluice.h>

int sl_fail(struct sl_error *x, int err, const char *format, ...)
{
	va_list args;

	if (x) {
		va_start(args, format);
		vsnprintf(x->text, sizeof(x->text), format, args);
		va_end(args);
	}
	return err < 0 ? err : -err;
}

int sl_fail_errno(struct sl_error *x, const char *format, ...)
{
	int saved = errno ? errno : EIO;
	va_list args;
	size_t used;

	if (x) {
		va_start(args, format);
		vsnprintf(x->text, sizeof(x->text), format, args);
		va_end(args);
		used = strlen(x->text);
		snprintf(x->text + used, sizeof(x->text) - used, ": %s",
			 strerror(saved));
	}
	return -saved;
}
