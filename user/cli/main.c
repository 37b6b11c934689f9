/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sluice(8): finds the command that the words name and runs it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static bool is_noun(const char *word)
{
	for (size_t i = 0; i < n_commands; i++)
		if (!strcmp(commands[i].noun, word))
			return true;
	return false;
}

/* The row of these words, the verb's before the noun's own; NULL: none. */
static const struct command *find(const char *noun, const char *verb)
{
	const struct command *found = NULL;

	for (size_t i = 0; i < n_commands; i++) {
		if (strcmp(commands[i].noun, noun))
			continue;
		if (!commands[i].verb)
			found = &commands[i];
		else if (verb && !strcmp(commands[i].verb, verb))
			return &commands[i];
	}
	return found;
}

/* noun NULL: all nouns, else its verbs. */
static size_t words_after(const char *noun, const char **words)
{
	size_t n = 0;

	for (size_t i = 0; i < n_commands; i++) {
		const char *word = noun ? commands[i].verb : commands[i].noun;

		if ((noun && strcmp(commands[i].noun, noun)) || !*commands[i].what)
			continue;
		if (word && (!n || strcmp(words[n - 1], word)))
			words[n++] = word;
	}
	return n;
}

static int no_such_command(struct cli *cli, const char *noun, const char *verb)
{
	const char **words = calloc(n_commands, sizeof(*words));
	const char *near = NULL, *word = verb ? verb : noun;
	bool known = is_noun(noun);

	if (words && word)
		near = conf_nearest(word, words,
				    words_after(known ? noun : NULL, words));
	free(words);
	if (known && !verb)
		return fail_with(cli, USAGE, "%s: what about it: see sluice %s --help", noun, noun);
	if (near)
		return fail_with(cli, USAGE, "%s%s%s: no such command: did you mean %s", known ? noun : "", known ? " " : "", word, near);
	return fail_with(cli, USAGE, "%s%s%s: no such command: see sluice --help", known ? noun : "", known ? " " : "", word);
}

static int run(struct cli *cli, const struct command *command)
{
	const char *foreign = option_foreign(&cli->opt, command->options);
	const char *verb = command->verb ? command->verb : "";
	const char *gap = command->verb ? " " : "";

	if (foreign)
		return fail_with(cli, USAGE, "%s%s%s: takes no --%s: see sluice %s%s%s --help", command->noun, gap, verb, foreign, command->noun, gap, verb);
	if (cli->n_words < command->min)
		return fail_with(cli, USAGE, "%s%s%s: expected %s", command->noun, gap, verb, command->args);
	if (command->max >= 0 && cli->n_words > command->max)
		return fail_with(cli, USAGE, "%s%s%s: %s: one word too many: expected %s", command->noun, gap, verb, cli->word[command->max], *command->args ? command->args : "none");
	return command->run(cli);
}

static int help(struct cli *cli, const struct command *command)
{
	if (!cli->n_words)
		help_all();
	else if (command && (command->verb || cli->n_words > 1))
		help_command(command);
	else if (is_noun(cli->word[0]) && find(cli->word[0], NULL) == NULL)
		help_noun(cli->word[0]);
	else if (command)
		help_command(command);
	else
		return no_such_command(cli, cli->word[0], NULL);
	return DONE;
}

static int dispatch(struct cli *cli)
{
	const struct command *command = NULL;
	const char *verb = cli->n_words > 1 ? cli->word[1] : NULL;

	if (cli->opt.version)
		return cmd_version(cli);
	if (cli->n_words)
		command = find(cli->word[0], verb);
	if (cli->opt.help)
		return help(cli, command);
	if (!cli->n_words)
		return fail_with(cli, USAGE, "no command: see sluice --help");
	if (!command)
		return no_such_command(cli, cli->word[0],
				       is_noun(cli->word[0]) ? verb : NULL);
	cli->word += command->verb ? 2 : 1;
	cli->n_words -= command->verb ? 2 : 1;
	return run(cli, command);
}

/* -I, then SLUICE_INSTANCE, then "default". */
static int choose_instance(struct cli *cli)
{
	const char *name = cli->opt.instance;

	if (!name)
		name = getenv("SLUICE_INSTANCE");
	if (!name || (!*name && !cli->opt.instance))
		name = "default";
	if (!conf_name_ok(name))
		return fail_with(cli, USAGE, "instance %s: expected a letter, then up to 30 letters, digits, _ . -", name);
	cli->instance = name;
	return 0;
}

/* A file opened as 1 or 2 would get what is printed. */
static void keep_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct cli cli = { 0 };
	int end;

	keep_standard_files();
	end = options_parse(&cli, &argc, argv);
	if (end)
		return end;
	cli.n_words = argc;
	cli.out = output_new(cli.opt.json, cli.opt.quiet);
	if (!cli.out)
		return fail_with(&cli, REFUSED, "no memory");
	end = choose_instance(&cli);
	if (!end)
		end = dispatch(&cli);
	if (output_end(cli.out) && !end)
		return fail_with(&cli, REFUSED, "standard output: it was not written");
	return end;
}
