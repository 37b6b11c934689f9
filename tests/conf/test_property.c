// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Random configurations: what is written is read back to the same; and
 * damaged files: nothing breaks, and what is still accepted comes back. */
#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sluice/scope.h>
#include <user/conf/conf.h>

enum { CONFIGS = 300, DAMAGES = 40 };

static uint64_t state = 1;

static unsigned pick(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

static const char *one(const char *const *words)
{
	unsigned n = 0;

	while (words[n])
		n++;
	return words[pick(n)];
}
#define ONE(...) one((const char *const[]){ __VA_ARGS__, NULL })

static void put_address(FILE *out)
{
	if (pick(2))
		fprintf(out, "%u.%u.%u.%u", 1 + pick(200), pick(256), pick(256),
			pick(256));
	else
		fprintf(out, "\"2001:db8:%x::%x\"", pick(65536), pick(65536));
}

static void put_prefix(FILE *out, const char *not)
{
	if (pick(2))
		fprintf(out, "\"%s%u.%u.0.0/%u\"", not, 1 + pick(200),
			pick(256), 16 + pick(17));
	else
		fprintf(out, "\"%s2001:db8:%x::/%u\"", not, pick(65536),
			48 + pick(81));
}

static void put_range(FILE *out, unsigned most)
{
	unsigned low = 1 + pick(most), high = low + pick(most - low + 1);

	if (pick(2))
		fprintf(out, "\"%s%u\"", ONE("", "", "!"), low);
	else
		fprintf(out, "\"%s%u-%u\"", ONE("", "", "!"), low, high);
}

static void put_ranges(FILE *out, const char *key, unsigned most)
{
	unsigned n = 1 + pick(3);

	fprintf(out, "%s: [", key);
	while (n--) {
		put_range(out, most);
		fprintf(out, n ? ", " : "], ");
	}
}

static void put_items(FILE *out, const char *key)
{
	unsigned n = 1 + pick(3);

	fprintf(out, "%s: [", key);
	while (n--) {
		if (pick(2))
			fprintf(out, "\"%sset%u\"", ONE("", "!"), pick(4));
		else
			put_prefix(out, ONE("", "!"));
		fprintf(out, n ? ", " : "], ");
	}
}

static void put_flags(FILE *out)
{
	fprintf(out, "flags: [\"%s\", \"!%s\"], ",
		ONE("syn", "syn/syn,ack", "none/fin,rst", "fin,psh,urg"),
		ONE("ack/ack,rst", "ece,cwr/ece,cwr,urg"));
}

static void put_rule(FILE *out, unsigned i)
{
	fprintf(out, "    - {");
	if (pick(3))
		fprintf(out, "name: r%u, ", i);
	if (pick(2))
		put_items(out, "from");
	if (pick(3) == 0)
		put_items(out, "to");
	if (pick(4) == 0) {
		fprintf(out, "proto: tcp, ");
		put_flags(out);
	} else if (pick(4) == 0) {
		fprintf(out, "proto: [icmp, icmpv6], ");
		put_ranges(out, "icmp_type", 255);
	} else if (pick(2)) {
		put_ranges(out, "proto", 255);
	} else {
		put_ranges(out, "sport", 65535);
		put_ranges(out, "dport", 65535);
	}
	if (pick(4) == 0)
		put_ranges(out, "vlan", 4094);
	if (pick(4) == 0)
		fprintf(out, "fragment: %s, ", ONE("no", "first", "later", "any",
						   "[no, later]", "[any, no]"));
	if (pick(4) == 0)
		fprintf(out, "family: %s, ", ONE("4", "6"));
	if (pick(4) == 0)
		put_ranges(out, "length", 65535);
	if (pick(4) == 0)
		put_ranges(out, "ttl", 255);
	if (pick(4) == 0)
		fprintf(out, "sample: 1/%u, ", 1 + pick(1000));
	if (pick(4) == 0)
		fprintf(out, "dry_run: true, ");
	if (pick(4) == 0)
		fprintf(out, "rate: {%s, per: %s}, ",
			ONE("packets: 1k/s, burst: 50", "packets: 7/s",
			    "bits: 3Mbit/s, burst: 1Mbit", "bits: 1bit/s"),
			ONE("source", "source/24, per6: source/56",
			    "destination/32", "rule"));
	fprintf(out, "action: %s}\n", ONE("pass", "drop", "count",
					  "redirect:eth1", "\"cpu:0-3,5\""));
}

static void put_filter(FILE *out)
{
	unsigned i, n = pick(12);

	fprintf(out, "filter:\n  dry_run: %s\n  policy: %s\n  martians: %s\n  ip_options: %s\n",
		ONE("false", "true"),
		ONE("pass", "drop"), ONE("pass", "drop"),
		ONE("pass", "drop_source_route", "drop"));
	if (pick(2))
		fprintf(out, "  non_ip: %s\n", ONE("pass", "drop"));
	fprintf(out, "  essential: %s\n  established: %s\n",
		ONE("true", "false"), ONE("true", "false"));
	if (pick(2))
		fprintf(out, "  management: {from: [10.0.0.0/8, \"fd00::/8\"], tcp: [22, 80-90], udp: 161}\n");
	if (pick(2))
		fprintf(out, "  replies: {udp: [53, 123]}\n");
	fprintf(out, "  rules:%s\n", n ? "" : " []");
	for (i = 0; i < n; i++)
		put_rule(out, i);
}

static void put_pool(FILE *out, unsigned p)
{
	unsigned i, n = pick(6);

	fprintf(out, "  pool%u:\n    hash: %s\n    next_hop: %s\n    slots: %u\n", p,
		ONE("5tuple", "source"), ONE("auto", "fib", "\"02:00:00:00:00:aa\""),
		64u << pick(12));
	if (pick(2))
		fprintf(out, "    source: %s\n", ONE("10.255.0.0/16",
			"[10.255.0.0/16, \"fd00::/64\"]", "\"fd00::/64\""));
	if (pick(2))
		fprintf(out, "    check: {type: %s, interval: %s, rise: %u, fall: %u, timeout: %ums}\n",
			ONE("none", "tcp, port: 80, via: encap", "dns, name: a.example",
			    "https, expect: 301, path: \"/x?y=%20\", host: \"[::1]\"",
			    "script, file: /absent/program"),
			ONE("1h", "100ms", "7s", "2"), 1 + pick(100), 1 + pick(100),
			10 + pick(9000));
	fprintf(out, "    backends:%s\n", n ? "" : " []");
	for (i = 0; i < n; i++)
		fprintf(out, "      - {address: \"%s%u\", weight: %u, state: %s}\n",
			ONE("10.0.0.", "2001:db8::"), i + 1, pick(1001),
			ONE("up", "disabled"));
}

static void put_services(FILE *out)
{
	unsigned i, n = pick(5);

	fprintf(out, "services:%s\n", n ? "" : " {}");
	for (i = 0; i < n; i++) {
		fprintf(out, "  s%u: {addresses: [192.0.2.%u, \"2001:db8::%x\"], tcp: [%u, %u-%u], ",
			i, i, i + 16, 1 + pick(99), 100 + pick(99), 200 + pick(99));
		fprintf(out, "%spool: pool%u}\n", ONE("", "udp: 443, "), pick(2));
	}
}

static char *random_text(size_t *length)
{
	unsigned i;
	char *text = NULL;
	FILE *out = open_memstream(&text, length);

	fprintf(out, "sluice: 1\ninterfaces: %s\n",
		ONE("{}", "{eth0: {}, \"a#b\": {mode: generic}}",
		    "{eth0: {macs: [\"02:00:00:00:00:01\"]}}"));
	fprintf(out, "limits: {flows: %u}\nseed: %s\n", 1 + pick(1000),
		ONE("s", "\"null\"", "\"a\\\"b\\\\ \\u263a\"", "\"***\""));
	fprintf(out, "sets:\n  set0: {}\n  set1: {file: /absent}\n  set2: {prefixes: []}\n  set3: {prefixes: [");
	for (i = pick(5); i > 0; i--) {
		put_address(out);
		fprintf(out, ", ");
	}
	fprintf(out, "10.0.0.0/8]}\n");
	put_filter(out);
	fprintf(out, "pools:\n");
	put_pool(out, 0);
	put_pool(out, 1);
	put_services(out);
	if (pick(2))
		fprintf(out, "decap: {addresses: [10.0.0.2, \"fd00::2\"], from: 10.0.0.0/24}\n");
	fclose(out);
	return text;
}

static struct sl_config *parse(const char *text, size_t length, int must)
{
	struct conf_report report = { 0 };
	struct sl_config *conf = NULL;
	int err = conf_parse("p", text, length, CONF_RUNNING, &conf, &report);

	if (err && must)
		print_error("%s\n%s\n", report.errors, text);
	assert_true(!err || (err == -EINVAL && !must && report.n_errors));
	conf_report_clear(&report);
	return conf;
}

static void comes_back(const struct sl_config *conf, unsigned flags)
{
	autofree char *text = conf_emit(conf, 0);
	autofree char *written = conf_emit(conf, flags);
	struct sl_config *back = parse(written, strlen(written), 1);
	autofree char *again = conf_emit(back, 0);
	autofree char *diff = conf_diff(conf, back);

	assert_string_equal(text, again);
	assert_string_equal(diff, "");
	conf_free(back);
}

static void random_configurations_come_back(void **unused)
{
	struct sl_config *conf;
	size_t length;
	int i;

	(void)unused;
	for (i = 0; i < CONFIGS; i++) {
		autofree char *text = random_text(&length);

		conf = parse(text, length, 1);
		comes_back(conf, 0);
		comes_back(conf, CONF_FULL);
		conf_free(conf);
	}
}

static size_t damage(char *text, size_t n)
{
	static const char chars[] = "{}[]:,-#&*!|>'\"%@` \n\t0a\xff";
	unsigned i, times = 1 + pick(3);
	size_t at, cut;

	for (i = 0; i < times && n > 2; i++) {
		at = pick((unsigned)n);
		cut = pick(2) ? 0 : pick(8) % (n - at);
		memmove(text + at, text + at + cut, n - at - cut);
		n -= cut;
		text[at] = chars[pick(sizeof(chars))];
	}
	return n;
}

static void damaged_files_break_nothing(void **unused)
{
	struct sl_config *conf;
	glob_t files;
	size_t i, n;
	int j;

	(void)unused;
	assert_int_equal(glob("tests/conf/*.in", 0, NULL, &files), 0);
	for (i = 0; i < files.gl_pathc; i++) {
		char text[4096], copy[4096];
		FILE *in = fopen(files.gl_pathv[i], "re");

		assert_non_null(in);
		n = fread(text, 1, sizeof(text), in);
		fclose(in);
		for (j = 0; j < DAMAGES; j++) {
			memcpy(copy, text, n);
			conf = parse(copy, damage(copy, n), 0);
			if (conf)
				comes_back(conf, pick(2) ? CONF_FULL : 0);
			conf_free(conf);
		}
	}
	globfree(&files);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_configurations_come_back),
		cmocka_unit_test(damaged_files_break_nothing),
	};

	if (argc > 1)		/* another start, for longer searches */
		state = strtoull(argv[1], NULL, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
