/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `ipvsadm -Sn` prints, read and written as a file of sluice. */
#ifndef CONF_IPVS_H
#define CONF_IPVS_H

#include "conf.h"

/* The text of a file that does what the lines say. What cannot be said in it is an
 * error ("name:line: what, why"), with skip_bad a warning and left out; what
 * comes near it is a warning. *text: malloc'd. -EINVAL (see the report), -ENOMEM. */
int conf_ipvs_read(const struct conf_list *from, char **text, struct conf_report *report);

/* ---- between ipvs.c, which reads, and ipvs_write.c --------------------------- */

struct ipvs_server {
	struct sl_address addr;
	uint32_t weight;
};

struct ipvs_service {
	uint8_t proto;			/* IPPROTO_TCP, _UDP */
	struct sl_address addr;
	uint16_t port;
	size_t line;
	bool weighted;			/* its scheduler looks at weights */
	bool refused;			/* it was said why; its servers are passed over */
	enum sl_hash hash;
	enum sl_encap encap;		/* of all its servers */
	uint16_t gue_port;
	struct ipvs_server *servers;
	size_t n_servers;
};

/* malloc'd; NULL: no memory. */
char *ipvs_write(const struct ipvs_service *services, size_t n);

#endif
