/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --help, of everything, a noun or a command, from the rows of commands.c. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static void words_of(const struct command *command, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s%s%s", command->noun,
		 command->verb ? " " : "", command->verb ? command->verb : "",
		 *command->args ? " " : "", command->args);
}

static void line(const struct command *command)
{
	char text[128];

	if (!*command->what)
		return;
	words_of(command, text, sizeof(text));
	if (strlen(text) > 36)
		output_help("  %s\n  %-36s  %s", text, "", command->what);
	else
		output_help("  %-36s  %s", text, command->what);
}

void help_all(void)
{
	output_help("sluice: an XDP packet filter and layer-4 load balancer\n");
	output_help("usage: sluice [-I INSTANCE] [-j] [-q] COMMAND ...\n");
	for (size_t i = 0; i < n_commands; i++)
		line(&commands[i]);
	output_help("\noptions:");
	options_help(OPT_GLOBAL);
	output_help("\nexit: 0 done, 1 refused or \"no\", 2 usage or configuration, 3 not running, 4 locked");
	output_help("manual: sluice(8), sluice.yaml(5)");
}

void help_noun(const char *noun)
{
	output_help("usage: sluice %s ...\n", noun);
	for (size_t i = 0; i < n_commands; i++)
		if (!strcmp(commands[i].noun, noun))
			line(&commands[i]);
	output_help("\noptions:");
	options_help(OPT_GLOBAL);
}

void help_command(const struct command *command)
{
	char text[128];

	words_of(command, text, sizeof(text));
	output_help("usage: sluice %s\n", text);
	output_help("  %s\n", command->what);
	output_help("options:");
	options_help(command->options);
	options_help(OPT_GLOBAL);
}
