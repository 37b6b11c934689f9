/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which libbpf this is. */
#include <bpf/libbpf.h>

#include <sluice/sluice.h>

const char *sl_libbpf_version(void)
{
	const char *version = libbpf_version_string();

	return *version == 'v' ? version + 1 : version;
}
