/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lists of CPUs as the kernel writes them. */
#include <stdlib.h>

#include "exam.h"

void cpus_add(struct cpus *cpus, unsigned cpu)
{
	if (cpu < CPUS)
		cpus->bits[cpu / 64] |= 1ull << cpu % 64;
}

bool cpus_has(const struct cpus *cpus, unsigned cpu)
{
	return cpu < CPUS && cpus->bits[cpu / 64] >> cpu % 64 & 1;
}

unsigned cpus_count(const struct cpus *cpus)
{
	unsigned n = 0;

	for (size_t i = 0; i < CPUS / 64; i++)
		n += (unsigned)__builtin_popcountll(cpus->bits[i]);
	return n;
}

unsigned cpus_nth(const struct cpus *cpus, unsigned n)
{
	unsigned count = cpus_count(cpus);

	n = count ? n % count : 0;
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		if (cpus_has(cpus, cpu) && !n--)
			return cpu;
	return 0;
}

void cpus_read(const char *list, struct cpus *out)
{
	unsigned long low, high;
	char *end;

	*out = (struct cpus){ 0 };
	for (const char *at = list;; at = end + 1) {
		low = high = strtoul(at, &end, 10);
		if (end == at)
			return;
		if (*end == '-')
			high = strtoul(end + 1, &end, 10);
		for (; low <= high && low < CPUS; low++)
			cpus_add(out, (unsigned)low);
		if (*end != ',')
			return;
	}
}

unsigned cpus_online(const struct doctor_host *host)
{
	struct cpus cpus;
	char list[LINE];

	if (file_text(host, list, sizeof(list), "sys/devices/system/cpu/online"))
		return 1;
	cpus_read(list, &cpus);
	return cpus_count(&cpus) ? cpus_count(&cpus) : 1;
}
