/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* version: of sluice, libbpf and the kernel. */
#include <sys/utsname.h>

#include "cli.h"

#define KERNEL_NEEDED "6.1"

int cmd_version(struct cli *cli)
{
	struct utsname kernel;

	if (uname(&kernel))
		kernel.release[0] = 0;
	output_line(cli->out, "sluice %s", SL_VERSION);
	output_line(cli->out, "libbpf %s", sl_libbpf_version());
	output_line(cli->out, "kernel %s; %s or newer is needed", kernel.release, KERNEL_NEEDED);
	output_member(cli->out, "sluice", json_string(SL_VERSION));
	output_member(cli->out, "libbpf", json_string(sl_libbpf_version()));
	output_member(cli->out, "kernel", json_string(kernel.release));
	output_member(cli->out, "kernel_needed", json_string(KERNEL_NEEDED));
	output_member(cli->out, "abi", json_integer(SL_ABI));
	return DONE;
}
