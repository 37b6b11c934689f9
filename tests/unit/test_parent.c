/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose child a process is, whatever it calls itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sluice/sluice.h>

static int parent_of_one_named(const char *name)
{
	int named[2], over[2], parent = -1;
	char octet = 0;
	pid_t pid;

	assert_false(pipe(named) || pipe(over));
	pid = fork();
	if (!pid) {
		close(over[1]);
		prctl(PR_SET_NAME, name);
		_exit(write(named[1], &octet, 1) != 1 || read(over[0], &octet, 1) != 0);
	}
	close(over[0]);
	close(named[1]);
	if (pid > 0 && read(named[0], &octet, 1) == 1)
		parent = sl_parent_of(pid);
	close(named[0]);
	close(over[1]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return parent;
}

static void a_name_with_brackets_hides_no_parent(void **state)
{
	(void)state;
	assert_int_equal(parent_of_one_named("sluice"), getpid());
	assert_int_equal(parent_of_one_named("(sd-pam) 1 2 3"), getpid());
	assert_int_equal(parent_of_one_named(") S 1 ("), getpid());
	assert_int_equal(sl_parent_of(getpid()), getppid());
}

static void nobody_has_no_parent(void **state)
{
	(void)state;
	assert_int_equal(sl_parent_of(-1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_with_brackets_hides_no_parent),
		cmocka_unit_test(nobody_has_no_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
