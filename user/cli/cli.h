/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The command: words -> structs -> library. One row per command feeds
 * dispatch, --help and the check of options and arguments.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/sluice.h>

#include "../conf/change.h"
#include "../conf/conf.h"
#include "../conf/propose.h"
#include "output.h"

/* How sluice ends. */
enum {
	DONE = 0,
	REFUSED = 1,		/* by the world; or "no" */
	USAGE = 2,		/* the words, or the configuration */
	ABSENT = 3,		/* not attached, not running */
	LOCKED = 4,
};

/* What the options of options.c said; those without argument are bool. */
struct options {
	const char *instance, *mode, *via, *lasting, *weight, *confirm;
	const char *address, *tcp, *udp, *pool;
	bool json, quiet, help, version;
	bool all, purge, full, secrets, yes, force, skip_bad, now, per_cpu;
	bool fix_script, quick, list;		/* of doctor */
};

/* Which options a command takes: bits of struct command.options. */
enum {
	OPT_GLOBAL = 1 << 0,
	OPT_MODE = 1 << 1,
	OPT_VIA = 1 << 2,
	OPT_ALL = 1 << 3,
	OPT_PURGE = 1 << 4,
	OPT_FULL = 1 << 5,
	OPT_SECRETS = 1 << 6,
	OPT_YES = 1 << 7,
	OPT_FORCE = 1 << 8,
	OPT_SKIP_BAD = 1 << 9,
	OPT_NOW = 1 << 10,
	OPT_PER_CPU = 1 << 11,
	OPT_FOR = 1 << 12,
	OPT_WEIGHT = 1 << 13,
	OPT_CONFIRM = 1 << 14,
	OPT_FRONTENDS = 1 << 15,
	OPT_DOCTOR = 1 << 24,
};

struct cli {
	struct options opt;
	const char *instance;
	char **word;		/* what follows the command's own words */
	int n_words;
	struct output *out;
	struct sl_error x;
};

struct command {
	const char *noun, *verb;	/* verb NULL: the noun alone */
	const char *args;
	const char *what;		/* one line for --help; "": not for people */
	unsigned options;
	int min, max;			/* arguments; max -1: any number */
	int (*run)(struct cli *cli);	/* returns how sluice ends */
};

extern const struct command commands[];
extern const size_t n_commands;

/* ---- options.c: words become options; 0 or USAGE (and says why) */
int options_parse(struct cli *cli, int *argc, char **argv);
/* An option that this command does not take: its name, or NULL. */
const char *option_foreign(const struct options *opt, unsigned allowed);
void options_help(unsigned which);
/* Row i: its name and who takes it; NULL: there are no more. */
const char *option_at(size_t i, unsigned *bit);
/* Which option a word is, with what its value is called (NULL: it has none); "": one
 * that there is not; NULL: it is no option. */
const char *option_in(const char *word, const char **arg);

/* ---- help.c: on stdout */
void help_all(void);
void help_noun(const char *noun);
void help_command(const struct command *command);

/* ---- say.c: sentences, and how sluice ends after them */
int fail_with(struct cli *cli, int end, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* cli->x says why: EINVAL is USAGE, everything else REFUSED. */
int fail(struct cli *cli, int err);
/* The same after an open or a running_read(): LOCKED, ABSENT as well. */
int fail_open(struct cli *cli, int err);
/* Prints errors and warnings of a file; USAGE if `err`. Clears the report. */
int report_end(struct cli *cli, struct conf_report *report, int err);
/* The same of words: "who: sentence", without a place in a file. */
int report_sentences(struct cli *cli, const char *who, struct conf_report *report, int err);
/* Notes of what is applied: output_note(). */
struct notes notes_of(struct cli *cli);
/* "key: value", or "key: [a, b]" of "a,b". */
struct text;
void put_list(struct text *t, const char *key, const char *value);

/* ---- open.c: each says why and returns how to end, or 0 */
/* Is this a kernel, and a user, to work with? The others ask that first. */
int check_kernel(struct cli *cli);
int open_look(struct cli *cli, struct sl_instance **inst);
int open_change(struct cli *cli, struct change *c, enum sl_open how);
int running_look(struct cli *cli, struct sl_config **conf);
/* What was asked and what it counted; close it in any case. */
struct look {
	struct sl_config *conf;
	struct sl_instance *inst;
	struct sl_stats *stats;
};
int look_open(struct cli *cli, struct look *look);
void look_close(struct look *look);
/* Commit, say which slots move, "nothing changed" or what changed, close. */
int commit_and_close(struct cli *cli, struct change *c, const char *what);
/* The same of an edit of pools or services, after what the file would say of it. */
int recheck_and_close(struct cli *cli, struct change *c, const char *who, const char *what);

/* ---- confirm.c: changes that are rolled back unless they are confirmed */
/* Is `--confirm` a time? 0 without it. */
int confirm_time(struct cli *cli, uint64_t *for_ms);
/* Another apply waits for its confirming: says so. */
int confirm_refuse(struct cli *cli);
/* The same as a note, for edits that would go with it. */
void confirm_note(struct cli *cli);
/* change_commit(); for_ms > 0: and starts the process that takes it back. */
int confirm_commit(struct cli *cli, struct change *c, const struct sl_config *conf, const char *what, uint64_t for_ms, bool *changed);
/* For status. */
void confirm_show(struct cli *cli);

/* ---- session.c: REFUSED if `conf` would shut out who gives the command from
 * afar, unless he said so; `edit`: or unless it was so before */
int session_guard(struct cli *cli, const struct change *c, const struct sl_config *conf, bool edit);

/* ---- find.c: NULL when there is no such thing, and says so (REFUSED) */
struct sl_pool_conf *pool_find(struct cli *cli, struct sl_config *conf, const char *name);
struct sl_set_conf *set_find(struct cli *cli, struct sl_config *conf, const char *name);
struct sl_service_conf *service_find(struct cli *cli, struct sl_config *conf, const char *name);
/* By name or number; -1: none such. */
int rule_find(struct cli *cli, const struct sl_config *conf, const char *word);
/* What is counted for a backend of a pool; NULL: it has no number. */
const struct sl_named_backend *stats_find(const struct sl_stats *stats, const char *pool, const struct sl_address *addr);
/* What is counted for a rule, zeros if nothing is. */
struct sl_rule_count stats_rule(const struct sl_stats *stats, const char *name);

/* ---- plan.c: what an apply would change; false when that is nothing */
bool plan_show(struct cli *cli, const struct sl_config *old, const struct sl_config *now, const struct sl_plan *plan);

/* Pools whose slots change owners, a line each; a list for programs. */
void plan_pools_show(struct cli *cli, const struct sl_plan *plan);

/* ---- announce.c: for status */
void announce_show(struct cli *cli);

/* ---- the commands, by noun */
int cmd_attach(struct cli *cli);
int cmd_detach(struct cli *cli);
int cmd_status(struct cli *cli);
int cmd_apply(struct cli *cli);
int cmd_check(struct cli *cli);
int cmd_diff(struct cli *cli);
int cmd_config_show(struct cli *cli);
int cmd_config_save(struct cli *cli);
int cmd_set_add(struct cli *cli);
int cmd_set_del(struct cli *cli);
int cmd_set_test(struct cli *cli);
int cmd_set_load(struct cli *cli);
int cmd_set_flush(struct cli *cli);
int cmd_set_verify(struct cli *cli);
int cmd_set_list(struct cli *cli);
int cmd_confirm(struct cli *cli);
int cmd_rollback(struct cli *cli);
int cmd_rule_list(struct cli *cli);
int cmd_rule_add(struct cli *cli);
int cmd_rule_del(struct cli *cli);
int cmd_rule_move(struct cli *cli);
int cmd_pool_list(struct cli *cli);
int cmd_pool_settle(struct cli *cli);
int cmd_backend_add(struct cli *cli);
int cmd_backend_set(struct cli *cli);
int cmd_backend_drain(struct cli *cli);
int cmd_backend_enable(struct cli *cli);
int cmd_backend_disable(struct cli *cli);
int cmd_backend_del(struct cli *cli);
int cmd_backend_list(struct cli *cli);
int cmd_service_add(struct cli *cli);
int cmd_service_del(struct cli *cli);
int cmd_service_list(struct cli *cli);
int cmd_flows_list(struct cli *cli);
int cmd_announce_drain(struct cli *cli);
int cmd_announce_resume(struct cli *cli);
int cmd_stats(struct cli *cli);
int cmd_stats_reset(struct cli *cli);
int cmd_import_ipvs(struct cli *cli);
int cmd_completion_bash(struct cli *cli);
int cmd_completion_words(struct cli *cli);
int cmd_doctor(struct cli *cli);
int cmd_version(struct cli *cli);

#endif
