/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Checks of the receive path behind the driver: what CPUs lost, and their limits. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/scope.h>

#include "exam.h"

/* ---- softnet_stat --------------------------------------------------------- */

struct lost { unsigned cpu; uint32_t dropped, squeezed; };

/* One CPU a line, in hexadecimal: processed, dropped, squeezed, ...; the 13th is the
 * CPU. Moves on; false: there is no more. */
static bool next_line(const char **at, unsigned line, struct lost *out)
{
	unsigned long field[13] = { 0 };
	size_t n = 0;
	char *end;

	if (!**at)
		return false;
	while (**at && **at != '\n') {
		unsigned long value = strtoul(*at, &end, 16);

		if (end == *at)
			return false;
		if (n < 13)
			field[n++] = value;
		*at = end + strspn(end, " ");
	}
	*at += **at == '\n';
	*out = (struct lost){ n == 13 ? (unsigned)field[12] : line, (uint32_t)field[1], (uint32_t)field[2] };
	return n > 2;
}

static struct lost lost_before(const char *text, unsigned cpu)
{
	struct lost lost;

	for (unsigned line = 0; text && next_line(&text, line, &lost); line++)
		if (lost.cpu == cpu)
			return lost;
	return (struct lost){ .cpu = cpu };
}

static void mend_lost(struct doctor_exam *exam, const struct lost *lost)
{
	long long value;

	if (lost->dropped && !file_number(exam->host, &value, "proc/sys/net/core/netdev_max_backlog"))
		mend_sysctl(exam, value * 4, "net.core.netdev_max_backlog");
	if (lost->squeezed && !file_number(exam->host, &value, "proc/sys/net/core/netdev_budget"))
		mend_sysctl(exam, value * 2, "net.core.netdev_budget");
	if (lost->squeezed && !file_number(exam->host, &value, "proc/sys/net/core/netdev_budget_usecs"))
		mend_sysctl(exam, value * 2, "net.core.netdev_budget_usecs");
}

static void look_rate(struct doctor_exam *exam, const struct lost *lost)
{
	double seconds = exam->host->waited_ms / 1000.0;
	struct lost before = lost_before(exam->host->softnet, lost->cpu);
	struct lost now = { lost->cpu, lost->dropped - before.dropped, lost->squeezed - before.squeezed };

	if (!now.dropped && now.squeezed < seconds)
		return;
	found(exam, now.dropped ? DOCTOR_BAD : DOCTOR_WARN, "CPU %u: %.1f packets a second dropped, %.1f rounds a second cut short",
	      now.cpu, now.dropped / seconds, now.squeezed / seconds);
	mend_lost(exam, &now);
}

static void look_total(struct doctor_exam *exam, const struct lost *lost)
{
	if (!lost->dropped)
		return;
	found(exam, DOCTOR_WARN, "CPU %u: %u packets dropped since the host started", lost->cpu, lost->dropped);
	advise(exam, "are they more now? sluice doctor without --quick tells");
}

void look_softnet(struct doctor_exam *exam)
{
	autofree char *text = file_whole(exam->host, "proc/net/softnet_stat");
	bool rate = exam->host->softnet && exam->host->waited_ms;
	size_t before = exam->report->n;
	const char *at = text;
	struct lost lost;
	unsigned line = 0;

	for (; text && next_line(&at, line, &lost); line++) {
		if (rate)
			look_rate(exam, &lost);
		else
			look_total(exam, &lost);
	}
	if (!line)
		found(exam, DOCTOR_UNKNOWN, "/proc/net/softnet_stat is not to be read");
	else if (exam->report->n == before && rate)
		found(exam, DOCTOR_OK, "%u CPUs dropped nothing for %.1f s", line, exam->host->waited_ms / 1000.0);
	else if (exam->report->n == before)
		found(exam, DOCTOR_OK, "%u CPUs dropped nothing since the host started", line);
}

/* ---- limits ---------------------------------------------------------------- */

enum { BUDGET = 300, BUDGET_USECS = 2000, BACKLOG = 1000, SOMAXCONN = 1024, SOMAXCONN_GOOD = 4096 };

void look_budget(struct doctor_exam *exam)
{
	long long packets, usecs;

	if (!core_sysctl(exam, "netdev_budget", &packets) || !core_sysctl(exam, "netdev_budget_usecs", &usecs))
		return;
	if (packets >= BUDGET && usecs >= BUDGET_USECS) {
		found(exam, DOCTOR_OK, "%lld packets, %lld us", packets, usecs);
		return;
	}
	found(exam, DOCTOR_WARN, "%lld packets, %lld us", packets, usecs);
	if (packets < BUDGET)
		mend_sysctl(exam, BUDGET, "net.core.netdev_budget");
	if (usecs < BUDGET_USECS)
		mend_sysctl(exam, 4 * BUDGET_USECS, "net.core.netdev_budget_usecs");
}

void look_backlog(struct doctor_exam *exam)
{
	long long packets;

	if (!core_sysctl(exam, "netdev_max_backlog", &packets))
		return;
	found(exam, packets < BACKLOG ? DOCTOR_WARN : DOCTOR_OK, "%lld packets", packets);
	if (packets < BACKLOG)
		mend_sysctl(exam, BACKLOG, "net.core.netdev_max_backlog");
}

void look_busy_poll(struct doctor_exam *exam)
{
	static const char *const keys[] = { "busy_poll", "busy_read" };
	long long usecs[2];

	for (size_t i = 0; i < 2; i++)
		if (!core_sysctl(exam, keys[i], &usecs[i]))
			return;
	if (!usecs[0] && !usecs[1]) {
		found(exam, DOCTOR_OK, "off");
		return;
	}
	found(exam, DOCTOR_WARN, "poll for %lld us, read for %lld us", usecs[0], usecs[1]);
	for (size_t i = 0; i < 2; i++)
		if (usecs[i])
			mend_sysctl(exam, 0, "net.core.%s", keys[i]);
}

void look_somaxconn(struct doctor_exam *exam)
{
	long long most;

	if (!core_sysctl(exam, "somaxconn", &most))
		return;
	found(exam, most < SOMAXCONN ? DOCTOR_WARN : DOCTOR_OK, "%lld connections", most);
	if (most < SOMAXCONN)
		mend_sysctl(exam, SOMAXCONN_GOOD, "net.core.somaxconn");
}
