/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What mends the findings, as a script to read and then to run. */
#include <stdio.h>
#include <stdlib.h>

#include "doctor.h"

static void put(FILE *out, const struct doctor_finding *f)
{
	fprintf(out, "\n# %s%s%s: %s\n", f->check->name, f->interface[0] ? " " : "", f->interface, f->seen);
	fprintf(out, "# %s\n%s", f->check->why, f->mend);
}

char *doctor_script(const struct doctor_report *report)
{
	char *text = NULL;
	size_t size, n = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("#!/bin/sh\n"
	      "# What sluice doctor would mend. Read it, then run it as root; what begins with\n"
	      "# a \"#\" wants a decision. Nothing of it outlives a reboot.\n", out);
	for (size_t i = 0; i < report->n; i++) {
		const struct doctor_finding *f = &report->finding[i];

		if (!f->mend || f->state == DOCTOR_OK)
			continue;
		put(out, f);
		n++;
	}
	if (!n)
		fputs("\n# nothing is to be mended\n", out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
