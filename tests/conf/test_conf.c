// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The configuration's pairs: NN.in gives NN.ok (what conf_emit prints) or
 * NN.err (the report), and NN.warn if there are warnings. One result a pair.
 * `test_conf FILE` prints what FILE gives. The file's directory shows as DIR.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sluice/scope.h>
#include <user/conf/conf.h>

static int results, misses;

static void result(int good, const char *name)
{
	results++;
	misses += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", results, name);
}

/* NULL: there is no such file. */
static char *slurp(const char *file)
{
	FILE *in = fopen(file, "re");
	char *text = NULL;
	size_t length = 0;

	if (!in)
		return NULL;
	if (getdelim(&text, &length, EOF, in) < 0 && !text)
		text = strdup("");
	if (text && feof(in) && !length)
		*text = '\0';
	fclose(in);
	return text;
}

/* What two texts have in common but for this machine's directory. */
static void replace(char *text, const char *what, const char *with)
{
	size_t n = strlen(what), m = strlen(with);
	char *at = text;

	while (n >= m && (at = strstr(at, what))) {
		memcpy(at, with, m);
		memmove(at + m, at + n, strlen(at + n) + 1);
		at += m;
	}
}

static int same(const char *want, const char *got)
{
	size_t n = want ? strlen(want) : 0, m = got ? strlen(got) : 0;

	while (n && want[n - 1] == '\n')
		n--;
	while (m && got[m - 1] == '\n')
		m--;
	if (n == m && (!n || !memcmp(want, got, n)))
		return 1;
	printf("# want: %s\n# got: %s\n", want ? want : "", got ? got : "");
	return 0;
}

static char *with_end(const char *base, const char *end)
{
	char *name = NULL;

	return asprintf(&name, "%s.%s", base, end) < 0 ? NULL : name;
}

/* What is printed must parse, and to the same. */
static int reads_back(const struct sl_config *conf, const char *text)
{
	static const unsigned how[] = { 0, CONF_FULL };
	int good = 1;
	size_t i;

	for (i = 0; i < 2; i++) {
		struct conf_report report = { 0 };
		struct sl_config *back = NULL;
		autofree char *first = conf_emit(conf, how[i]);
		autofree char *again = NULL, *diff = NULL;

		if (conf_parse("emitted", first, strlen(first), 0, &back, &report)) {
			printf("# does not parse: %s\n%s", report.errors, first);
			good = 0;
		} else {
			again = conf_emit(back, 0);
			diff = conf_diff(conf, back);
			good &= same(text, again) && same("", diff);
		}
		conf_report_clear(&report);
		conf_free(back);
	}
	return good;
}

static int pair_holds(const char *file, const char *ok, const char *err,
		      const char *warn, int print)
{
	char here[4096] = "";
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	autofree char *text = NULL;
	int good, bad = conf_read(file, 0, &conf, &report);

	if (getcwd(here, sizeof(here)) && report.errors)
		replace(report.errors, here, "DIR");
	text = bad ? NULL : conf_emit(conf, 0);
	good = bad ? report.n_errors && !ok : ok && reads_back(conf, text);
	if (text)
		replace(text, here, "DIR");
	if (print)
		printf("%s\n%s\n", bad ? report.errors : text,
		       !bad && report.warnings ? report.warnings : "");
	else
		good = same(bad ? err : ok, bad ? report.errors : text) &&
		       (bad || same(warn, report.warnings)) && good;
	conf_report_clear(&report);
	conf_free(conf);
	return good;
}

static void run_pair(const char *file)
{
	autofree char *base = strndup(file, strlen(file) - 3);
	autofree char *ok_name = with_end(base, "ok");
	autofree char *err_name = with_end(base, "err");
	autofree char *warn_name = with_end(base, "warn");
	autofree char *ok = slurp(ok_name), *err = slurp(err_name);
	autofree char *warn = slurp(warn_name), *first = slurp(file);
	char name[120];

	snprintf(name, sizeof(name), "%s %.*s", base,
		 first && *first == '#' ? (int)strcspn(first, "\n") : 0,
		 first ? first : "");
	replace(name, " # ", " ");
	result(pair_holds(file, ok, err, warn, 0), name);
}

/* What we hand out must be right, without a warning. */
static void run_example(const char *file)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	int err = conf_read(file, 0, &conf, &report);

	if (report.errors || report.warnings)
		printf("# %s\n", report.errors ? report.errors : report.warnings);
	result(!err && !report.n_warnings, file);
	conf_report_clear(&report);
	conf_free(conf);
}

int main(int argc, char **argv)
{
	glob_t pairs;
	size_t i;

	if (argc > 1)
		return !pair_holds(argv[1], NULL, NULL, NULL, 1);
	if (chdir("tests/conf") || glob("*.in", 0, NULL, &pairs))
		return 1;
	for (i = 0; i < pairs.gl_pathc; i++)
		run_pair(pairs.gl_pathv[i]);
	globfree(&pairs);
	if (glob("../../examples/*.yaml", 0, NULL, &pairs))
		return 1;
	for (i = 0; i < pairs.gl_pathc; i++)
		run_example(pairs.gl_pathv[i]);
	globfree(&pairs);
	printf("1..%d\n", results);
	return misses != 0;
}
