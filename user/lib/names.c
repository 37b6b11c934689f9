/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The names of reasons, events and features, as users see them. */
#include <sluice/sluice.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const char *const reasons[] = {
	"none",
#define X(upper, lower, ...) #lower,
	SL_REASONS(X)
#undef X
};

static const char *const events[] = {
#define X(upper, lower, ...) #lower,
	SL_EVENTS(X)
#undef X
};

static const char *const features[] = {
	"class4", "class6", "from", "to", "kind", "sport", "dport", "type",
	"vlan", "count", "martians", "anomalies", "checksum", "management",
	"policy", "decap", "balance", "outer4", "outer6", "fill", "fib",
	"redirect", "length", "ttl", "limit", "sample", "steer", "dry_run",
	"track", "gue", "l2", "quic",
};

_Static_assert(COUNT(reasons) == SL_REASON_COUNT, "a reason has no name");
_Static_assert(COUNT(events) == SL_EVENT_COUNT, "an event has no name");
_Static_assert(1ull << (COUNT(features) - 1) == SL_F_QUIC,
	       "a feature has no name");

static const char *name_of(const char *const *table, int n, int i)
{
	return i < 0 || i >= n ? NULL : table[i];
}

const char *sl_reason_name(int reason)
{
	return name_of(reasons, COUNT(reasons), reason);
}

const char *sl_event_name(int event)
{
	return name_of(events, COUNT(events), event);
}

const char *sl_feature_name(int bit)
{
	return name_of(features, COUNT(features), bit);
}
