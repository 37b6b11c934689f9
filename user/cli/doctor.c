/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* doctor: is this host set up for what runs here? */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "../doctor/doctor.h"
#include "cli.h"

enum { WAIT_MS = 3000 };

/* What runs, as far as whoever asks may see it. */
struct seen {
	struct sl_config *conf;
	struct sl_instance *inst;
	struct sl_status *status;
	struct sl_stats *stats;
	struct sl_pool_mss *mss;
	struct sl_error absent, closed;
};

static void seen_close(struct seen *seen)
{
	sl_stats_free(seen->stats);
	sl_status_free(seen->status);
	sl_close(seen->inst);
	free(seen->mss);
	if (seen->conf)
		conf_free(seen->conf);
}

/* Not by open.c: that mounts what is missing. */
static void seen_open(struct cli *cli, struct seen *seen, struct doctor_host *host)
{
	int err = running_read(cli->instance, &seen->conf, &seen->absent);

	host->conf = seen->conf;
	if (err && err != -ENOENT)
		host->absent = seen->absent.text;
	if (err)
		return;
	err = sl_open(&seen->inst, cli->instance, SL_OPEN_READ, &seen->closed);
	if (!err)
		err = sl_status_read(seen->inst, &seen->status, &seen->closed);
	if (!err)
		err = sl_stats_read(seen->inst, -1, &seen->stats, &seen->closed);
	if (!err)
		err = sl_mss_read(seen->inst, &seen->mss, &host->n_mss, &seen->closed);
	if (err) {
		host->closed = seen->closed.text;
		return;
	}
	host->status = seen->status;
	host->stats = seen->stats;
	host->mss = seen->mss;
}

/* ---- what is shown ------------------------------------------------------- */

/* A text of lines as a list, without the "# " of advice if `advice` are wanted, else
 * those without it. */
static json_t *lines_of(const char *text, bool advice)
{
	json_t *list = json_array();

	for (size_t length; text && *text; text += length + 1) {
		bool is_advice = !strncmp(text, "# ", 2);

		length = strcspn(text, "\n");
		if (is_advice == advice)
			json_array_append_new(list, json_stringn(text + 2 * is_advice, length - 2 * is_advice));
	}
	return list;
}

static json_t *finding_json(const struct doctor_finding *f)
{
	return json_pack("{s:s,s:s?,s:s,s:s,s:s,s:o,s:o}", "check", f->check->name,
			 "interface", f->interface[0] ? f->interface : NULL,
			 "state", doctor_state_name(f->state), "seen", f->seen,
			 "why", f->check->why, "mend", lines_of(f->mend, false),
			 "advice", lines_of(f->mend, true));
}

static void finding_show(struct cli *cli, const struct doctor_finding *f)
{
	output_line(cli->out, "%-8s %-14s %-10s %s", doctor_state_name(f->state), f->check->name, f->interface[0] ? f->interface : "-", f->seen);
	if (f->state == DOCTOR_OK || f->state == DOCTOR_UNKNOWN)
		return;
	output_line(cli->out, "         why: %s", f->check->why);
	for (const char *line = f->mend; line && *line; line += strcspn(line, "\n") + 1) {
		bool is_advice = !strncmp(line, "# ", 2);
		int length = (int)strcspn(line, "\n");

		output_line(cli->out, "         %s: %.*s", is_advice ? "advice" : "mend", length - 2 * is_advice, line + 2 * is_advice);
	}
}

static void show(struct cli *cli, const struct doctor_report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->n; i++) {
		json_array_append_new(list, finding_json(&report->finding[i]));
		finding_show(cli, &report->finding[i]);
	}
	output_line(cli->out, "%zu ok, %zu warn, %zu bad, %zu unknown", report->count[DOCTOR_OK], report->count[DOCTOR_WARN],
		    report->count[DOCTOR_BAD], report->count[DOCTOR_UNKNOWN]);
	output_member(cli->out, "findings", list);
	for (enum doctor_state state = DOCTOR_OK; state < DOCTOR_STATES; state++)
		output_member(cli->out, doctor_state_name(state), json_integer((json_int_t)report->count[state]));
}

static int script_show(struct cli *cli, const struct doctor_report *report)
{
	autofree char *text = doctor_script(report);

	if (!text)
		return fail_with(cli, REFUSED, "doctor: no memory");
	output_text(cli->out, text);
	return DONE;
}

/* ---- the table of checks -------------------------------------------------- */

static const struct column check_columns[] = {
	{ "name", "CHECK", COL_TEXT, 0 },
	{ "about", "ABOUT", COL_TEXT, 0 },
	{ "looks", "LOOKS AT", COL_TEXT, 0 },
};

static int list_checks(struct cli *cli)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < n_doctor_checks; i++) {
		const struct doctor_check *c = &doctor_checks[i];

		json_array_append_new(rows, json_pack("{s:s,s:s,s:s,s:s,s:s?,s:s?,s:s?,s:s?}",
			"name", c->name, "about", c->each ? "interface" : "host",
			"looks", c->looks, "why", c->why,
			"ok", c->says[DOCTOR_OK], "warn", c->says[DOCTOR_WARN],
			"bad", c->says[DOCTOR_BAD], "unknown", c->says[DOCTOR_UNKNOWN]));
	}
	output_table(cli->out, "checks", rows, check_columns, sizeof(check_columns) / sizeof(check_columns[0]));
	return DONE;
}

/* ---- the command ----------------------------------------------------------- */

static int examine(struct cli *cli, const struct doctor_host *host)
{
	struct doctor_report report = { 0 };
	int err = doctor_examine(host, &report, &cli->x), end = DONE;

	if (err)
		end = fail(cli, err);
	else if (cli->opt.fix_script)
		end = script_show(cli, &report);
	else
		show(cli, &report);
	if (!end && report.count[DOCTOR_BAD])
		end = REFUSED;
	doctor_report_clear(&report);
	return end;
}

int cmd_doctor(struct cli *cli)
{
	const char *ifname = cli->n_words ? cli->word[0] : NULL;
	struct doctor_host host = { .root = "", .instance = cli->instance };
	struct seen seen = { 0 };
	int err, end;

	if (cli->opt.fix_script && cli->opt.json)
		return fail_with(cli, USAGE, "doctor: --fix-script is a script, not JSON: expected one of the two; -j has what mends, too");
	if (cli->opt.list)
		return ifname ? fail_with(cli, USAGE, "doctor: --list is of all checks: expected no interface") : list_checks(cli);
	seen_open(cli, &seen, &host);
	err = doctor_host_look(&host, ifname, &cli->x);
	if (!err && !cli->opt.quick) {
		output_progress(cli->out, "looking at what the CPUs lose, for %d s ...", WAIT_MS / 1000);
		doctor_host_wait(&host, WAIT_MS);
		output_progress_end(cli->out);
	}
	end = err ? fail(cli, err) : examine(cli, &host);
	doctor_host_clear(&host);
	seen_close(&seen);
	return end;
}
