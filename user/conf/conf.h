/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The configuration file: YAML <-> struct sl_config. Knows no BPF, no instance.
 */
#ifndef CONF_H
#define CONF_H

#include <stdio.h>

#include <sluice/sluice.h>

/* Every error and warning found, one line each: "file:line:column: what is
 * wrong: what would be right". */
struct conf_report {
	char *errors;		/* malloc'd, "" terminated lines joined by \n; NULL none */
	char *warnings;
	size_t n_errors, n_warnings;
};

void conf_report_clear(struct conf_report *report);

enum {
	CONF_RUNNING = 1,	/* running.yaml: do not read sets' files (unread = true) */
};

/* Reads `text`; relative `file:` keys are relative to `file`'s directory.
 * 0, -EINVAL (see the report), -ENOMEM. *conf is untouched on failure. */
int conf_parse(const char *file, const char *text, size_t length, unsigned flags, struct sl_config **conf, struct conf_report *report);
/* Opens and reads the file (64 MiB at most, else -EFBIG; "-" is standard input),
 * then conf_parse.
 * -errno of opening and reading; the report says it too. */
int conf_read(const char *file, unsigned flags, struct sl_config **conf, struct conf_report *report);
int conf_empty(struct sl_config **conf);	/* all defaults, no interfaces */
void conf_free(struct sl_config *conf);

enum {
	CONF_FULL = 1,		/* every key, also those with their default */
	CONF_HIDE_SECRETS = 2,	/* the seed as *** */
};

/* The text that conf_parse reads back to the same config. malloc'd, NULL: no memory.
 * The same config always gives the same text. */
char *conf_emit(const struct sl_config *conf, unsigned flags);

/* A seed of "***" or none: take the running one's if that was random or ***
 * asks for it, else make a random one, "random:" and 32 hex digits. */
int conf_seed_settle(struct sl_config *conf, const struct sl_config *running);

/* Lines "+ service www", "- pool old", "~ rule r1: action drop -> pass" in the
 * file's order. malloc'd, "" when nothing differs. */
char *conf_diff(const struct sl_config *old, const struct sl_config *now);

/* ---- words ------------------------------------------------------------ */

enum { CONF_PREFIX_TEXT = 64, CONF_LISTEN_TEXT = 128 };

/* "192.0.2.0/24", "2001:db8::1". Host bits set: -EINVAL, the sentence names the
 * prefix that was probably meant. IPv4-mapped IPv6: -EINVAL. */
int conf_prefix(const char *word, struct sl_prefix *out, struct sl_error *x);
/* Of one host: neither unspecified, a group's nor broadcast. */
int conf_address(const char *word, struct sl_address *out, struct sl_error *x);
/* A single address is written without its length. */
const char *conf_prefix_text(const struct sl_prefix *p, char text[CONF_PREFIX_TEXT]);
const char *conf_address_text(const struct sl_address *a, char text[CONF_PREFIX_TEXT]);
/* "127.0.0.1:9464", "[::1]:9464", "unix:/path", "off". */
const char *conf_listen_text(const struct sl_listen *listen, char text[CONF_LISTEN_TEXT]);
int conf_duration_ms(const char *word, uint64_t *ms, struct sl_error *x);	/* 10m, 1500ms; a bare number: seconds */
int conf_name_ok(const char *word);	/* [A-Za-z][A-Za-z0-9_.-]{0,30} */
const char *conf_nearest(const char *word, const char *const *words, size_t n);	/* did you mean; NULL: nothing near */
/* The same, of n items that each begin with their name. */
const char *conf_nearest_name(const char *name, const void *items, size_t n, size_t size);

/* ---- lists ------------------------------------------------------------ */

struct conf_list {
	const char *name;	/* for the report: "name:line: ..." */
	FILE *in;
	bool skip_bad;		/* bad lines are warnings */
	void (*progress)(void *arg, size_t lines);	/* now and then; may be NULL */
	void *arg;
};

/* One prefix or range (a-b, a - b) a line; # and ; begin comments, further words
 * mean nothing, unless they are prefixes too. A byte order mark and carriage
 * returns are skipped. All bad lines are counted, the first are reported; what is
 * no text at all is an error even if bad lines are not. Out: malloc'd, sorted,
 * no duplicates. */
int conf_list_read(const struct conf_list *from, struct sl_prefix **out, size_t *n, struct conf_report *report);
int conf_prefix_list(const char *name, FILE *in, int skip_bad, struct sl_prefix **out, size_t *n, struct conf_report *report);	/* the same, without progress */

/* ---- live edits of a config, in its own arena ------------------------- */

/* As the file says them: of sl_pool_conf. */
const char *conf_encap_word(int encap);
const char *conf_hash_word(int hash);
struct sl_pool_conf *conf_pool_find(struct sl_config *conf, const char *name);
struct sl_set_conf *conf_set_find(struct sl_config *conf, const char *name);
struct sl_backend_conf *conf_backend_find(struct sl_pool_conf *pool, const struct sl_address *addr);
/* -EEXIST; -ENOSPC: limits.backends is reached. */
int conf_backend_add(struct sl_config *conf, struct sl_pool_conf *pool, const struct sl_backend_conf *backend);
int conf_backend_del(struct sl_pool_conf *pool, const struct sl_address *addr);	/* -ENOENT */
/* Reads a rule as the file has it, `{name: x, ...}` (or `- {...}`), and puts it
 * last. Unnamed, it gets the first "rule-N" that is free from its place on.
 * As conf_parse; on failure the rules are as they were. */
int conf_rule_add(struct sl_config *conf, const char *file, const char *text, struct conf_report *report);
void conf_rule_del(struct sl_config *conf, size_t at);
void conf_rule_move(struct sl_config *conf, size_t from, size_t to);	/* `to`: its place then */
struct sl_service_conf *conf_service_find(struct sl_config *conf, const char *name);
/* Reads a service as the file has it, `{addresses: ..., tcp: ..., pool: ...}`, and
 * puts it last. -EEXIST; else as conf_rule_add. */
int conf_service_add(struct sl_config *conf, const char *name, const char *text, struct conf_report *report);
int conf_service_del(struct sl_config *conf, const char *name);	/* -ENOENT */
struct sl_interface_conf *conf_interface_find(struct sl_config *conf, const char *name);
int conf_interface_add(struct sl_config *conf, const char *name, enum sl_mode mode);	/* present: its mode is set; -EINVAL no name of a device, -ENOSPC */
int conf_interface_del(struct sl_config *conf, const char *name);	/* -ENOENT */

/* Would the file say this of an edited config? As conf_parse of its text; but the
 * warnings that the text `before` (NULL: none) gives too are left out. */
int conf_recheck(const struct sl_config *conf, const char *before, struct conf_report *report);
/* What a line of a report says, without its place in a text that nobody wrote. */
const char *conf_sentence(const char *line);

#endif
