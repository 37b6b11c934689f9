/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The health process: it lives as long as control does. */
#include "health.h"

#include <poll.h>
#include <sys/socket.h>

int health_run(int control)
{
	struct pollfd wait = { .fd = control, .events = POLLIN };
	struct health_check check;

	while (poll(&wait, 1, -1) >= 0)
		if (recv(control, &check, sizeof(check), 0) == 0)
			return 0;
	return 1;
}
