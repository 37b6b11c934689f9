// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The routes to service addresses, and the file that BIRD includes. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "routes.h"

/* A backend that drains gets nothing new; with a panic threshold checks do not count
 * when nobody is up. */
bool announce_serves(const struct sl_pool_conf *pool, const struct sl_backend_conf *backend,
		     const struct health_state *health)
{
	if (backend->state != SL_BACKEND_UP || !backend->weight)
		return false;
	return !health->is_checked || health->is_up || pool->panic_percent;
}

/* ---- which ------------------------------------------------------------ */

static int by_address(const void *one, const void *other)
{
	const struct announced *a = one, *b = other;

	return memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static bool is_served(const struct sl_config *conf, const char *pool, const bool *pools)
{
	for (size_t i = 0; i < conf->n_pools; i++)
		if (!strcmp(conf->pools[i].name, pool))
			return pools[i];
	return false;
}

/* Those that follow each other are one: out if any of them is. */
static size_t merge(struct announced *list, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (kept && !by_address(&list[kept - 1], &list[i]))
			list[kept - 1].is_out |= list[i].is_out;
		else
			list[kept++] = list[i];
	}
	return kept;
}

int routes_list(struct announce_state *now, const struct sl_config *conf, const bool *pools, bool may_be)
{
	struct announced *list;
	size_t n = 0, room = 1;

	for (size_t i = 0; i < conf->n_services; i++)
		room += conf->services[i].n_addresses;
	list = calloc(room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < conf->n_services; i++) {
		const struct sl_service_conf *s = &conf->services[i];
		bool is_out = may_be && is_served(conf, s->pool, pools);

		for (size_t j = 0; j < s->n_addresses; j++, n++) {
			list[n].addr = s->addresses[j];
			list[n].is_out = is_out;
			conf_address_text(&list[n].addr, list[n].address);
		}
	}
	qsort(list, n, sizeof(*list), by_address);
	now->list = list;
	now->n = merge(list, n);
	return 0;
}

/* ---- the file --------------------------------------------------------- */

static void write_protocol(struct sheet *out, const struct announce_state *state,
			   const char *instance, uint8_t family)
{
	/* other names than `default` may have what BIRD takes in quotes only */
	if (!strcmp(instance, "default"))
		sheet_print(out, "protocol static sluice%u {\n\tipv%u;\n", family, family);
	else
		sheet_print(out, "protocol static 'sluice%u.%s' {\n\tipv%u;\n", family, instance, family);
	for (size_t i = 0; i < state->n; i++)
		if (state->list[i].is_out && state->list[i].addr.family == family)
			sheet_print(out, "\troute %s/%u blackhole;\n", state->list[i].address,
				    family == 4 ? 32u : 128u);
	sheet_add(out, "}\n");
}

void announce_write(struct sheet *out, const struct announce_state *state, const char *instance)
{
	sheet_print(out, "# Written by sluiced, again with each change: what instance %s announces.\n", instance);
	write_protocol(out, state, instance, 4);
	write_protocol(out, state, instance, 6);
}

static int write_all(int fd, const char *s, size_t n)
{
	ssize_t done;

	for (; n; s += done, n -= (size_t)done) {
		done = write(fd, s, n);
		if (done < 0 && errno == EINTR)
			done = 0;
		else if (done < 0)
			return -1;
	}
	return fchmod(fd, 0644);
}

/* The directory too, whatever the umask: BIRD is somebody else. */
static int open_beside(char *beside)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
	int fd = open(beside, flags, 0644);
	char *slash = strrchr(beside, '/');

	if (fd >= 0 || errno != ENOENT)
		return fd;
	*slash = 0;
	if (!mkdir(beside, 0755))
		chmod(beside, 0755);
	*slash = '/';
	return open(beside, flags, 0644);
}

int routes_put(const char *path, const struct sheet *text, struct sl_error *x)
{
	char beside[SL_FILE_PATH + 8];
	int fd, err = 0;

	snprintf(beside, sizeof(beside), "%s.new", path);
	fd = open_beside(beside);
	if (fd < 0)
		return sl_fail_errno(x, "%s", path);
	if (write_all(fd, text->s, text->n) || rename(beside, path))
		err = sl_fail_errno(x, "%s", path);
	close(fd);
	if (err)
		unlink(beside);
	return err;
}
