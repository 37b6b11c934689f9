/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Interfaces go, come back, and get other names: one line for each change. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "watch.h"

enum fate {
	FATE_UNKNOWN,
	FATE_ATTACHED,
	FATE_GONE,
	FATE_BACK,		/* a device of that name, without the program */
	FATE_RENAMED,
};

struct interface {
	char name[IFNAMSIZ];
	enum fate fate;
	char now[IFNAMSIZ];	/* RENAMED: to this */
	uint32_t mtu;
};

static struct {
	struct interface *of;
	size_t n;
	int failed;		/* how looking did last */
} known;

static struct interface *find(const char *name)
{
	for (size_t i = 0; i < known.n; i++)
		if (!strcmp(known.of[i].name, name))
			return &known.of[i];
	return NULL;
}

static struct interface *find_or_add(const char *name)
{
	struct interface *i = find(name), *grown;

	if (i)
		return i;
	grown = realloc(known.of, (known.n + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	known.of = grown;
	i = &grown[known.n++];
	*i = (struct interface){ .fate = FATE_UNKNOWN };
	snprintf(i->name, sizeof(i->name), "%s", name);
	return i;
}

static enum fate fate_of(const char *name, const struct sl_link_status *link, char now[IFNAMSIZ])
{
	uint32_t device = if_nametoindex(name);

	if (device)
		return link && link->ifindex == device ? FATE_ATTACHED : FATE_BACK;
	return link && link->ifindex && if_indextoname(link->ifindex, now) ? FATE_RENAMED : FATE_GONE;
}

/* At the start what is as it should be is nothing to tell. */
static void say(const struct interface *was, enum fate fate, const char *now)
{
	switch (fate) {
	case FATE_ATTACHED:
		if (was->fate != FATE_UNKNOWN)
			log_line(LOG_IS_NOTICE, was->name, "attached again");
		break;
	case FATE_GONE:
		log_line(LOG_IS_WARNING, was->name, "no such interface any more: attached again when it comes back");
		break;
	case FATE_BACK:
		log_line(LOG_IS_NOTICE, was->name, "is there, without the program: it is attached");
		break;
	case FATE_RENAMED:
		log_line(LOG_IS_WARNING, was->name, "its name is %s now: the program stays on it: change the configuration, or the name", now);
		break;
	case FATE_UNKNOWN:
		break;
	}
}

static void see_mtu(struct interface *i, uint32_t mtu)
{
	if (i->mtu && mtu && i->mtu != mtu)
		log_line(LOG_IS_NOTICE, i->name, "MTU %u, was %u", mtu, i->mtu);
	if (mtu)
		i->mtu = mtu;
}

static bool see(struct interface *i, const struct sl_link_status *link)
{
	char now[IFNAMSIZ] = "";
	enum fate fate = fate_of(i->name, link, now);

	if (fate != i->fate || strcmp(now, i->now) != 0)
		say(i, fate, now);
	i->fate = fate;
	memcpy(i->now, now, sizeof(now));
	if (link)
		see_mtu(i, link->mtu);
	return fate == FATE_BACK;
}

static const struct sl_link_status *link_of(const struct sl_link_status *link, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(link[i].interface, name))
			return &link[i];
	return NULL;
}

static int read_links(struct control *c, struct sl_link_status **link, size_t *n)
{
	struct sl_instance *inst = NULL;
	struct sl_error x = { "" };
	int err = control_read(c, &inst, &x);

	if (!err)
		err = sl_links_read(inst, link, n, &x);
	sl_close(inst);
	if (err && err != -ENOENT && err != known.failed)
		log_line(LOG_IS_ERROR, "interfaces", "%s", x.text);
	known.failed = err;
	return err;
}

int interfaces_look(struct control *c, bool *lacks)
{
	struct sl_link_status *link = NULL;
	size_t n = 0;
	int err = read_links(c, &link, &n);

	if (err)
		return err;
	for (size_t i = 0; i < c->conf->n_interfaces; i++) {
		const char *name = c->conf->interfaces[i].name;
		struct interface *of = find_or_add(name);

		*lacks |= of && see(of, link_of(link, n, name));
	}
	free(link);
	return 0;
}

void interfaces_forget_all(void)
{
	free(known.of);
	known.of = NULL;
	known.n = 0;
	known.failed = 0;
}
