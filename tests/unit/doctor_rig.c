/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A host for the doctor: a tree of files below a temporary directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/doctor_rig.h"
#include "user/conf/conf.h"

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *at)
{
	(void)st;
	(void)what;
	(void)at;
	return remove(path);
}

/* "path=text" below `root`. */
static void put(const char *root, const char *file)
{
	const char *text = strchr(file, '=') + 1;
	char path[512];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%.*s", root, (int)(text - 1 - file), file);
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = 0;
		assert_true(!mkdir(path, 0755) || errno == EEXIST);
	}
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static struct sl_config *conf_of(const char *text)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	char whole[1024];
	int n = snprintf(whole, sizeof(whole), "{sluice: 1, seed: x, %s}\n", text);

	if (conf_parse("x.yaml", whole, (size_t)n, 0, &conf, &report))
		fail_msg("%s: %s", text, report.errors);
	conf_report_clear(&report);
	return conf;
}

void doctor_rig_examine(const struct ill *ill, struct doctor_report *report)
{
	char root[] = "/tmp/sluice-doctor-XXXXXX";
	struct doctor_nic nic = ill->nic;
	struct doctor_host host = {
		.root = root, .instance = "default", .nics = &nic, .n_nics = nic.name[0] != 0,
		.absent = ill->absent, .closed = ill->closed, .status = ill->status, .stats = ill->stats,
		.mss = ill->mss, .n_mss = ill->mss != NULL,
		.ways = (struct doctor_way *)ill->way, .n_ways = ill->way != NULL,
		.softnet = (char *)ill->softnet, .waited_ms = ill->softnet ? 2000 : 0,
	};
	struct sl_config *conf = ill->conf ? conf_of(ill->conf) : NULL;
	struct sl_error x;

	host.conf = conf;
	if (ill->tunnel)
		snprintf(host.tunnels[host.n_tunnels++], 16, "%s", ill->tunnel);
	assert_non_null(mkdtemp(root));
	put(root, "sys/devices/system/cpu/online=0-3");
	for (size_t i = 0; ill->files[i]; i++)
		put(root, ill->files[i]);
	assert_int_equal(doctor_examine(&host, report, &x), 0);
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	if (conf)
		conf_free(conf);
}
