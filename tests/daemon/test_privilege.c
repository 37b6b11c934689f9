/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a process can do to an instance when it is control, or health. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "user/conf/change.h"
#include "user/daemon/privilege.h"

static const char text[] =
	"sluice: 1\n"
	"seed: fixed\n"
	"sets: {bans: {}}\n"
	"filter: {rules: [{from: bans, action: drop}]}\n"
	"pools:\n"
	"  web:\n"
	"    next_hop: \"02:00:00:00:00:aa\"\n"
	"    backends: [{address: 10.0.0.21}, {address: 10.0.0.22}]\n"
	"services:\n"
	"  www: {addresses: [192.0.2.80], tcp: [80], pool: web}\n";
static const char more[] =	/* takes another program */
	"sluice: 1\n"
	"seed: fixed\n"
	"sets: {bans: {}}\n"
	"filter: {martians: drop, rules: [{from: bans, action: drop}]}\n";

static char instance[32];

static int apply(const char *config, struct sl_error *x)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	struct change c;
	bool changed;
	int err = conf_parse("test", config, strlen(config), 0, &conf, &report);

	conf_report_clear(&report);
	if (err)
		return sl_fail(x, err, "test: not read");
	err = change_open(&c, instance, SL_OPEN_CREATE, x);
	if (!err) {
		err = change_commit(&c, conf, &changed, x);
		change_close(&c);
	}
	conf_free(conf);
	return err;
}

static int make_instance(void **state)
{
	struct sl_error x = { "" };

	(void)state;
	snprintf(instance, sizeof(instance), "dtest%d", (int)getpid());
	if (apply(text, &x))
		return printf("# %s\n", x.text), -1;
	return 0;
}

static int remove_instance(void **state)
{
	struct sl_instance *inst = NULL;

	(void)state;
	if (sl_open(&inst, instance, SL_OPEN_REMOVE, NULL))
		return -1;
	sl_purge(inst, NULL);
	sl_close(inst);
	return 0;
}

/* In a process of its own: what it gives up, it gives up for good. NULL: as it should
 * be; else what was not. */
static void in_process(int (*become)(struct sl_error *x), const char *(*body)(void))
{
	char said[512] = "nothing said";
	struct sl_error x = { "" };
	const char *wrong;
	int pipe_fd[2], status;
	pid_t pid;

	assert_false(pipe(pipe_fd));
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		sl_prepare();
		wrong = become(&x) ? x.text : body();
		dprintf(pipe_fd[1], "%s", wrong ? wrong : "good");
		_exit(0);
	}
	close(pipe_fd[1]);
	waitpid(pid, &status, 0);
	status = (int)read(pipe_fd[0], said, sizeof(said) - 1);
	close(pipe_fd[0]);
	said[status > 0 ? status : 0] = 0;
	assert_string_equal(said, "good");
}

static char sentence[600];

static const char *wrong(const char *what, const struct sl_error *x)
{
	snprintf(sentence, sizeof(sentence), "%s: %s", what, x->text);
	return sentence;
}

/* ---- control ------------------------------------------------------------------- */

static const char *change_health(void)
{
	struct sl_error x = { "" };
	struct sl_settled settled;
	struct change c;
	const struct sl_address *addr;
	const char *bad = NULL;

	if (change_open(&c, instance, SL_OPEN_CHANGE, &x))
		return wrong("open", &x);
	addr = &c.running->pools[0].backends[0].addr;
	if (sl_backend_health(c.inst, "web", addr, false, &x) ||
	    sl_backend_health(c.inst, "web", addr, true, &x))
		bad = wrong("health", &x);
	else if (sl_pool_settle(c.inst, NULL, &settled, &x))
		bad = wrong("settle", &x);
	change_close(&c);
	return bad;
}

static void control_changes_states_and_settles(void **state)
{
	(void)state;
	in_process(privilege_drop, change_health);
}

static const char *edit_sets(void)
{
	struct sl_prefix prefix[600];
	struct sl_error x = { "" };
	const char *bad = NULL;
	struct change c;
	size_t n = 0;
	char word[32];

	for (unsigned i = 0; i < 600; i++) {
		snprintf(word, sizeof(word), "198.18.%u.%u", i / 256, i % 256);
		if (conf_prefix(word, &prefix[i], &x))
			return wrong("prefix", &x);
	}
	if (change_open(&c, instance, SL_OPEN_CHANGE, &x))
		return wrong("open", &x);
	if (sl_set_add(c.inst, "bans", prefix, 600, 1000, &n, &x) || n != 600)
		bad = wrong("add", &x);
	else if (sl_set_del(c.inst, "bans", prefix, 1, &n, &x) || n != 1)
		bad = wrong("del", &x);
	change_close(&c);
	return bad;
}

static void control_edits_sets(void **state)
{
	(void)state;
	in_process(privilege_drop, edit_sets);
}

static const char *load_program(void)
{
	struct sl_error x = { "" };
	int err = apply(more, &x);

	return err == -EPERM ? NULL : wrong("a program was loaded", &x);
}

static void control_loads_no_program(void **state)
{
	(void)state;
	in_process(privilege_drop, load_program);
}

static void what_control_could_not_apply_changed_nothing(void **state)
{
	struct sl_error x = { "" };
	struct change c;
	bool changed = true;

	(void)state;
	in_process(privilege_drop, load_program);
	assert_false(change_open(&c, instance, SL_OPEN_CHANGE, &x));
	assert_int_equal(c.running->n_pools, 1);
	assert_false(change_commit(&c, c.running, &changed, &x));
	assert_false(changed);
	change_close(&c);
}

static int link_fd, next_fd;

static int pass_program(void)
{
	static const struct bpf_insn insn[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "GPL", insn, 2, NULL);
}

static const char *update_link(void)
{
	if (bpf_link_update(link_fd, next_fd, NULL))
		return strerror(errno);
	return pass_program() < 0 ? NULL : "a program was loaded";
}

/* In a namespace of its own, whose loopback gets a program. */
static int open_link(struct sl_error *x)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_SKB_MODE);
	int err = unshare(CLONE_NEWNET) ? sl_fail_errno(x, "namespace") : 0;

	if (err)
		return err;
	next_fd = pass_program();
	link_fd = bpf_link_create(pass_program(), 1, BPF_XDP, &options);
	return link_fd < 0 || next_fd < 0 ? sl_fail_errno(x, "link") : privilege_drop(x);
}

static void control_updates_a_link_that_it_has(void **state)
{
	(void)state;
	in_process(open_link, update_link);
}

/* ---- the lock -------------------------------------------------------------------- */

static void a_try_does_not_wait_for_the_lock(void **state)
{
	struct sl_instance *holder = NULL, *other = NULL;
	struct sl_error x = { "" };

	(void)state;
	assert_false(sl_open(&holder, instance, SL_OPEN_CHANGE, &x));
	assert_int_equal(sl_open(&other, instance, SL_OPEN_TRY, &x), -EAGAIN);
	assert_null(other);
	assert_non_null(strstr(x.text, "held by process"));
	sl_close(holder);
	assert_false(sl_open(&other, instance, SL_OPEN_TRY, &x));
	sl_close(other);
}

/* ---- health ------------------------------------------------------------------------ */

static const char *open_maps(void)
{
	struct sl_instance *inst = NULL;
	struct sl_error x = { "" };
	char path[128];

	if (!sl_open(&inst, instance, SL_OPEN_READ, &x))
		return "the instance was opened";
	snprintf(path, sizeof(path), "/sys/fs/bpf/sluice/%s/maps/control", instance);
	if (!access(path, F_OK) || errno != EACCES)
		return "the pins are seen";
	snprintf(path, sizeof(path), "/run/sluice/%s/running.yaml", instance);
	if (open(path, O_RDONLY) >= 0)
		return "running.yaml is read";
	return setuid(0) ? NULL : "it is root again";
}

static void health_opens_no_map(void **state)
{
	(void)state;
	in_process(privilege_become_nobody, open_maps);
}

static const char *mark(void)
{
	int sock = socket(AF_INET, SOCK_STREAM, 0), value = 7;

	return setsockopt(sock, SOL_SOCKET, SO_MARK, &value, sizeof(value)) ? strerror(errno) : NULL;
}

static void health_marks_its_probes(void **state)
{
	(void)state;
	in_process(privilege_become_nobody, mark);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_changes_states_and_settles),
		cmocka_unit_test(control_edits_sets),
		cmocka_unit_test(control_loads_no_program),
		cmocka_unit_test(control_updates_a_link_that_it_has),
		cmocka_unit_test(what_control_could_not_apply_changed_nothing),
		cmocka_unit_test(a_try_does_not_wait_for_the_lock),
		cmocka_unit_test(health_opens_no_map),
		cmocka_unit_test(health_marks_its_probes),
	};

	if (geteuid()) {
		printf("ok 1 - privileges # SKIP needs root\n1..1\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, make_instance, remove_instance);
}
