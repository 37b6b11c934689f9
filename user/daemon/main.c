/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sluiced(8): its options, and which of its processes this is. */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "daemon.h"
#include "health.h"
#include "privilege.h"

static int health(const struct daemon *d)
{
	struct sl_error x;

	(void)d;
	if (privilege_become_nobody(&x)) {
		log_line(LOG_IS_ERROR, "health", "%s", x.text);
		return DAEMON_REFUSED;
	}
	return health_run(CHILD_SOCKET);
}

static const struct role {
	const char *name;
	const char *process;		/* as ps(1) shows it: 15 letters at most */
	bool has_socket;
	int (*run)(const struct daemon *d);
} roles[] = {
	{ "parent", "sluiced", false, parent_run },
	{ "control", "sluiced-control", true, control_run },
	{ "health", "sluiced-health", true, health },
	{ "apply", "sluiced-apply", false, apply_run },
	{ "again", "sluiced-again", false, again_run },
};

static const struct option options[] = {
	{ "instance", required_argument, NULL, 'I' },
	{ "config", required_argument, NULL, 'c' },
	{ "log", required_argument, NULL, 'l' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "role", required_argument, NULL, 'r' },	/* sluiced's own */
	{ 0 },
};

static const char help[] =
	"Usage: sluiced [-I INSTANCE] [-c FILE] [--log text|json]\n"
	"\n"
	"Health, expiry, neighbours, metrics and announcements of an instance of sluice,\n"
	"in the foreground. Packets do not need it: when it ends, they go on.\n"
	"\n"
	"  -I, --instance NAME     which instance; else SLUICE_INSTANCE, else \"default\"\n"
	"  -c, --config FILE       apply this first, and again at SIGHUP\n"
	"      --log text|json     lines for people (default), or an object a line\n"
	"  -h, --help              this text\n"
	"      --version\n"
	"\n"
	"SIGHUP applies FILE again, SIGTERM and SIGINT end it. See sluiced(8).\n";

static int usage(const char *word, const char *what)
{
	fprintf(stderr, "sluiced: %s%s%s\n", word, *word ? ": " : "", what);
	return DAEMON_USAGE;
}

static const struct role *find_role(const char *name)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (!strcmp(roles[i].name, name))
			return &roles[i];
	return NULL;
}

static int take(struct daemon *d, const struct role **role, int letter)
{
	switch (letter) {
	case 'I':
		d->instance = optarg;
		return 0;
	case 'c':
		d->file = optarg;
		return strcmp(optarg, "-") ? 0 : usage("-c -", "expected a file, which SIGHUP can read again");
	case 'l':
		d->form = strcmp(optarg, "json") ? LOG_TEXT : LOG_JSON;
		return !strcmp(optarg, "json") || !strcmp(optarg, "text") ?
			0 : usage(optarg, "no such form of the log: expected text or json");
	case 'r':
		*role = find_role(optarg);
		return *role ? 0 : usage(optarg, "no such process");
	default:
		return usage("", "see sluiced --help");
	}
}

/* -1: go on; else how to end. */
static int parse(struct daemon *d, const struct role **role, int argc, char **argv)
{
	int letter, end;

	while ((letter = getopt_long(argc, argv, "I:c:h", options, NULL)) >= 0) {
		if (letter == 'h' || letter == 'V') {
			printf(letter == 'h' ? "%s" : "sluiced %s\n", letter == 'h' ? help : SL_VERSION);
			return fflush(stdout) ? DAEMON_REFUSED : DAEMON_DONE;
		}
		end = take(d, role, letter);
		if (end)
			return end;
	}
	if (optind < argc)
		return usage(argv[optind], "one word too many: see sluiced --help");
	if (!d->instance)
		d->instance = getenv("SLUICE_INSTANCE");
	if (!d->instance || !*d->instance)
		d->instance = "default";
	if (!conf_name_ok(d->instance))
		return usage(d->instance, "no instance's name: expected a letter, then up to 30 letters, digits, _ . -");
	return -1;
}

/* What is opened next shall not be taken for standard error. */
static void keep_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO && !fcntl(fd, F_SETFD, 0));
	if (fd > STDERR_FILENO)
		close(fd);
}

static bool is_socket(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISSOCK(st.st_mode);
}

int main(int argc, char **argv)
{
	struct daemon d = { .form = LOG_TEXT };
	const struct role *role = &roles[0];
	int end;

	keep_standard_files();
	end = parse(&d, &role, argc, argv);
	if (end >= 0)
		return end;
	if (role->has_socket && !is_socket(CHILD_SOCKET))
		return usage(role->name, "only sluiced itself starts this process");
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, role->process);
	log_open(d.form, role->name);
	if (role->has_socket)
		fcntl(CHILD_SOCKET, F_SETFD, FD_CLOEXEC);
	return role->run(&d);
}
