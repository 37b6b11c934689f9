/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines of the log: one each, whatever others wrote into them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/daemon/log.h"

static int log_fd, stderr_fd;

/* What is logged from here on is seen(). */
static void listen_again(enum log_form form)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	log_fd = dup(fileno(file));
	fclose(file);
	dup2(log_fd, STDERR_FILENO);
	log_open(form, "control");
}

static const char *seen(void)
{
	static char text[4096];
	ssize_t n = pread(log_fd, text, sizeof(text) - 1, 0);

	dup2(stderr_fd, STDERR_FILENO);
	close(log_fd);
	assert_true(n >= 0);
	text[n] = 0;
	return text;
}

static void people_read_object_and_sentence(void **state)
{
	const char *text;

	(void)state;
	unsetenv("JOURNAL_STREAM");
	listen_again(LOG_TEXT);
	log_line(LOG_IS_WARNING, "pool web: 10.0.0.7", "down: %s", "connection refused");
	text = seen();
	assert_non_null(strstr(text, " warning: pool web: 10.0.0.7: down: connection refused\n"));
	assert_int_equal(text[4], '-');		/* the date */
}

static void the_journal_gets_a_level_and_no_time(void **state)
{
	char stream[64];
	struct stat st;

	(void)state;
	listen_again(LOG_TEXT);
	assert_false(fstat(STDERR_FILENO, &st));
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open(LOG_TEXT, "control");
	log_line(LOG_IS_ERROR, "eth0", "gone");
	unsetenv("JOURNAL_STREAM");
	assert_string_equal(seen(), "<3>error: eth0: gone\n");
}

static void programs_read_an_object_a_line(void **state)
{
	json_t *line;

	(void)state;
	listen_again(LOG_JSON);
	log_line(LOG_IS_NOTICE, "pool web", "it said \"%s\"", "no");
	line = json_loads(seen(), 0, NULL);
	assert_non_null(line);
	assert_string_equal(json_string_value(json_object_get(line, "level")), "notice");
	assert_string_equal(json_string_value(json_object_get(line, "process")), "control");
	assert_string_equal(json_string_value(json_object_get(line, "object")), "pool web");
	assert_string_equal(json_string_value(json_object_get(line, "text")), "it said \"no\"");
	assert_non_null(json_object_get(line, "time"));
	json_decref(line);
}

/* A script's first line may be anything. */
static void a_sentence_stays_on_its_line(void **state)
{
	static const char evil[] = "a\nb\033[2J\xff\xfe";
	const char *text;

	(void)state;
	listen_again(LOG_TEXT);
	log_line(LOG_IS_NOTICE, "x", "%s", evil);
	text = seen();
	assert_non_null(strstr(text, "x: a?b?[2J??\n"));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	listen_again(LOG_JSON);
	log_line(LOG_IS_NOTICE, "x", "%s", evil);
	assert_non_null(strstr(seen(), "a?b?[2J??"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_read_object_and_sentence),
		cmocka_unit_test(the_journal_gets_a_level_and_no_time),
		cmocka_unit_test(programs_read_an_object_a_line),
		cmocka_unit_test(a_sentence_stays_on_its_line),
	};

	stderr_fd = dup(STDERR_FILENO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
