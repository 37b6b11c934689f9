/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A private instance for one test program: made, configured, and gone at the
 * end. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/packet/harness.h"
#include "tests/packet/rig.h"
#include "user/conf/conf.h"

#define PINS "/sys/fs/bpf/sluice"
#define OURS "test-" /* instances are test-PID */

static char name[SL_NAME_LEN];
static struct sl_instance *instance;
static const char *applied; /* what runs now */
static int prog_fd = -1;

int rig_prog_fd(void)
{
	return prog_fd;
}

struct sl_instance *rig_instance(void)
{
	return instance;
}

const char *rig_instance_name(void)
{
	return name;
}

struct sl_stats *rig_stats(void)
{
	struct sl_stats *stats = NULL;
	struct sl_error x;

	if (sl_stats_read(instance, -1, &stats, &x))
		fail_msg("%s", x.text);
	return stats;
}

uint32_t rig_prog_id(void)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(prog_fd, &info, &size))
		fail_msg("program: %s", strerror(errno));
	return info.id;
}

const char *rig_address_text(const struct sl_address *a, char *text,
			     size_t size)
{
	return inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->octet, text,
			 (socklen_t)size);
}

void rig_reopen(void)
{
	char path[128];

	if (prog_fd >= 0)
		close(prog_fd);
	snprintf(path, sizeof(path), PINS "/%s/prog", name);
	prog_fd = bpf_obj_get(path);
	if (prog_fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
}

void rig_use(int prog)
{
	if (prog_fd >= 0)
		close(prog_fd);
	prog_fd = prog;
	applied = NULL;
}

void rig_apply_again(const char *config)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	struct sl_error x;

	applied = NULL;
	if (conf_parse("test.yaml", config, strlen(config), 0, &conf, &report))
		fail_msg("%s", report.errors ? report.errors : "no memory");
	conf_report_clear(&report);
	if (!instance && sl_open(&instance, name, SL_OPEN_CREATE, &x))
		fail_msg("%s", x.text);
	if (sl_apply(instance, conf, sl_digest(config, strlen(config)), &x))
		fail_msg("%s", x.text);
	conf_free(conf);
	rig_reopen();
	applied = config;
}

void rig_apply(const char *config)
{
	if (!applied || strcmp(applied, config))
		rig_apply_again(config);
}

/* ---- trials as tests --------------------------------------------------- */

static void trial_run(void **state)
{
	const struct trial *t = *state;
	static struct outcome o;
	struct frame in;

	rig_apply(t->config);
	frame_build(&in, t->packet, NULL);
	rig_send_frame(&in, &o);
	expect_verdict(&o, t->action, t->reason);
	expect_text(o.rules, t->rules ? t->rules : "");
	if (t->out)
		expect_frame(&o.frame, t->out);
	else
		expect_same_frame(&o.frame, &in);
}

static int fresh_test(void **state)
{
	(void)state;
	rig_defaults();
	return 0;
}

static struct CMUnitTest *all_tests(const struct trial *trials, size_t n_trials,
				    const struct CMUnitTest *tests,
				    size_t n_tests)
{
	struct CMUnitTest *all = calloc(n_trials + n_tests, sizeof(*all));

	if (!all)
		abort();
	for (size_t i = 0; i < n_trials; i++) {
		all[i].name = trials[i].name;
		all[i].test_func = trial_run;
		all[i].initial_state = (void *)(uintptr_t)&trials[i];
	}
	if (n_tests)
		memcpy(all + n_trials, tests, n_tests * sizeof(*all));
	for (size_t i = 0; i < n_trials + n_tests; i++) {
		if (!all[i].setup_func)
			all[i].setup_func = fresh_test;
	}
	return all;
}

/* ---- the program ------------------------------------------------------- */

static void purge(const char *which)
{
	struct sl_instance *inst = NULL;
	struct sl_error x;

	if (sl_open(&inst, which, SL_OPEN_REMOVE, &x)) {
		printf("# %s\n", x.text);
		return;
	}
	if (sl_purge(inst, &x))
		printf("# %s\n", x.text);
	sl_close(inst);
}

/* What test programs left that are no more. */
static void purge_stale(void)
{
	DIR *dir = opendir(PINS);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		int pid = 0;

		if (!strncmp(entry->d_name, OURS, strlen(OURS)))
			pid = atoi(entry->d_name + strlen(OURS));
		if (pid > 0 && kill(pid, 0) && errno == ESRCH)
			purge(entry->d_name);
	}
	if (dir)
		closedir(dir);
}

static int run_all(struct CMUnitTest *all, size_t n)
{
	int failed;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNET)) {
		printf("not ok 1 - a network namespace of our own: %s\n",
		       strerror(errno));
		return 1;
	}
	failed = _cmocka_run_group_tests("packet", all, n, NULL, NULL);
	printf("# %lu assertions on verdict, reason and bytes\n",
	       rig_assertions());
	sl_close(instance);
	free(all);
	return failed != 0;
}

/* A child runs the tests, so that the instance goes however they end. */
int rig_main(const struct trial *trials, size_t n_trials,
	     const struct CMUnitTest *tests, size_t n_tests)
{
	struct sl_error x;
	int status = 0;
	pid_t child;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid() || sl_kernel_check(&x)) {
		printf("1..1\nok 1 - packets through the program # SKIP %s\n",
		       geteuid() ? "needs root" : x.text);
		return 0;
	}
	purge_stale();
	snprintf(name, sizeof(name), OURS "%d", getpid());
	child = fork();
	if (!child)
		exit(run_all(all_tests(trials, n_trials, tests, n_tests),
			     n_trials + n_tests));
	if (child < 0 || waitpid(child, &status, 0) < 0)
		status = 1;
	purge(name);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
