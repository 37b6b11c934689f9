/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One line for each change of state, on stderr: for people ("web 10.0.0.7: down:
 * connection refused"), or as a JSON object a line (--log json) for machines.
 * Never a line per packet, per check or per scrape.
 */
#ifndef SLUICE_LOG_H
#define SLUICE_LOG_H

enum log_form { LOG_TEXT, LOG_JSON };
enum log_level { LOG_IS_ERROR, LOG_IS_WARNING, LOG_IS_NOTICE, LOG_IS_DEBUG };

/* `process`: "parent", "control", "health". */
void log_open(enum log_form form, const char *process);

/* `object`: what the line is about ("pool web", "eth0"); the sentence follows it. */
void log_line(enum log_level level, const char *object, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
