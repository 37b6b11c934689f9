/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One HTTP request, as far as somebody who only serves pages must know it. Pure. */
#ifndef SLUICE_REQUEST_H
#define SLUICE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

enum { REQUEST_MAX = 8192 };	/* octets of a whole one */

struct request {
	char path[256];		/* without query; "" if status is not 200 */
	bool is_head;
	bool stays;		/* the connection is kept for another */
	int status;		/* 200, or why it is refused */
};

/* Reads the request that text begins with. Its length in octets; 0: the rest has
 * not come yet. What cannot be understood, or has no end within REQUEST_MAX, is one
 * request that is refused. */
size_t request_read(const char *text, size_t length, struct request *out);

const char *request_status_text(int status);	/* "Not Found" */

#endif
