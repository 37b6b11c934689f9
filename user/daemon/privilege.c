/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Capabilities, users and groups that a process of sluiced does without. */
#include "privilege.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define GROUP "sluice"

/* Control keeps those of these that exist: who may open the instance, and who may
 * talk to BIRD. */
static const char *const groups[] = { GROUP, "bird" };

static int no_new_privileges(struct sl_error *x)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return sl_fail_errno(x, "privileges");
	return 0;
}

int privilege_join(struct sl_error *x)
{
	gid_t ids[sizeof(groups) / sizeof(*groups)];
	struct group *group;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		if ((group = getgrnam(groups[i])))
			ids[n++] = group->gr_gid;
	if (setgroups(n, ids))
		return sl_fail_errno(x, "groups");
	return 0;
}

int privilege_drop(struct sl_error *x)
{
	int err = privilege_join(x);

	if (err)
		return err;
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_apply(CAPNG_SELECT_ALL))
		return sl_fail(x, EPERM, "capabilities: they cannot be dropped: sluiced needs CAP_SETPCAP for it");
	return no_new_privileges(x);
}

/* The group that may open maps is not health's. */
static int choose_user(const struct passwd **user, struct sl_error *x)
{
	struct group *group = getgrnam(GROUP);

	*user = getpwnam("sluice-health");
	if (!*user)
		*user = getpwnam("nobody");
	if (!*user)
		return sl_fail(x, ENOENT, "health: neither user sluice-health nor nobody exists");
	if (!(*user)->pw_uid)
		return sl_fail(x, EINVAL, "user %s: has number 0: expected one without rights", (*user)->pw_name);
	if (group && (*user)->pw_gid == group->gr_gid)
		return sl_fail(x, EINVAL, "user %s: is of group " GROUP ", which may open maps: expected another", (*user)->pw_name);
	return 0;
}

int privilege_become_nobody(struct sl_error *x)
{
	const struct passwd *user;
	int err = choose_user(&user, x);
	bool raw;

	if (err)
		return err;
	capng_get_caps_process();
	raw = capng_have_capability(CAPNG_PERMITTED, CAP_NET_RAW);
	capng_clear(CAPNG_SELECT_ALL);
	if (raw)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_RAW);
	err = capng_change_id((int)user->pw_uid, (int)user->pw_gid,
			      CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT);
	if (err)
		return sl_fail(x, EPERM, "health: it cannot become user %s (%d)", user->pw_name, err);
	return no_new_privileges(x);
}
